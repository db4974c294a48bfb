"""RECOVERY: a missing, raising or stuck transport must not reach the tools and their callers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import ClassVar, NamedTuple, TypeVar

from goldenpath.canary import RAISED, find
from goldenpath.checkers.base import ANSWERED, ASKED, Check, Fold
from goldenpath.checkers.same import same, shown
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.model import Entry, Kind, patience
from goldenpath.runs import Call, Run


class _OutcomeUnchanged(Fold):
    """RECOVERY-1 and -2, for a dispatcher: what comes of a call is what would with a transport.

    Where the same call goes wrong with a working transport as well, that is the control: then it is
    not the transport that changed it, and other rules speak of it.
    """

    transport: ClassVar[str]

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._controls: dict[str, bool] = {}
        self._cases: Counter[str] = Counter()
        self._changed: list[tuple[str, str, list[int]]] = []

    def call(self, call: Call) -> None:
        asked, answered = call.asked, call.answered
        if asked is None or answered is None or _open_anyway(call, answered):
            return
        end = call.ends[-1] if call.ends else None
        wrong, alike = changed(call.tool, end, answered), _alike(asked)
        if call.run.transport == "working":
            self._controls[alike] = self._controls.get(alike, False) or not wrong
        elif call.run.transport == self.transport and self._tested(call.run):
            self._cases[alike] += 1
            if wrong:
                witness = [asked.index, answered.index, *([end.index] if end else [])]
                self._changed.append((alike, wrong, witness))

    def _tested(self, run: Run) -> bool:
        return self.transport != "raising" or run.faults > 0

    def finish(self) -> None:
        bad = {alike for alike, good in self._controls.items() if not good}
        self.tally.chance(sum(n for alike, n in self._cases.items() if alike not in bad))
        for alike, wrong, witness in self._changed:
            if alike not in bad:
                self.tally.fail(f"with the transport {self.transport}, {wrong}", *witness)


def _alike(asked: Entry) -> str:
    """What two calls have in common that differ in nothing but their canaries."""
    value = asked.value
    given = {k: v for k, v in (value.get("parameters") or {}).items() if k != "query"}
    return f"{value.get('via', '')} {value['tool']} {given!r}"


class _AbsentChangesNothing(_OutcomeUnchanged):
    transport = "absent"


class _RaisingChangesNothing(_OutcomeUnchanged):
    transport = "raising"


def changed(tool: str, end: Entry | None, answered: Entry) -> str:
    """How the caller was told something else than what came of the tool, or nothing."""
    told = answered.value.get("text", answered.kind.value)
    if end is None:
        return f"{tool} did not run"
    if end.what == "cancelled":
        return f"{tool} was cancelled, though its caller had not given up"
    if end.what == "failed":
        if answered.kind is not Kind.FAIL:
            return f"{tool} failed as if it had not"
        if RAISED in told and end.value["error"] not in told:
            return f"{tool} failed and its caller was told of the transport instead: {told}"
        return ""
    if answered.kind is not Kind.OK:
        return f"{tool} succeeded and its caller was told {shown(told)}"
    returned, got = end.value["result"], answered.value["value"]
    if same(got, returned):
        return ""
    return f"{tool} returned {shown(returned)} and its caller got {shown(got)}"


def _open_anyway(call: Call, answered: Entry) -> bool:
    """Whether nothing follows from what the caller was told: it gave up, its session was ended
    meanwhile, or the call did not run and need not have with any transport: an unknown tool, a
    session that was cleaned up, a member that is not there.
    """
    if answered.given_up:
        return True
    if call.run.cleaning is not None and call.run.cleaning.index < answered.index:
        return True
    missing = answered.missing
    return not call.starts and (not call.held or missing)


def _run_unchanged(run: Run, tally: Tally, transport: str) -> None:
    """For an agent: every tool runs, and the answer comes back, known by its canary."""
    if run.session or run.transport != transport or run.answered is None:
        return
    if transport == "raising" and not run.faults:
        return
    tally.chance()
    idle = [call.tool for call in run.calls if not call.starts]
    if run.answered.kind is not Kind.OK:
        tally.fail(
            f"with the transport {transport}, a run of {run.owner} did not answer:"
            f" {shown(run.answered.value.get('text', ''))}",
            run.asked.index,
            run.answered.index,
        )
    elif idle:
        tally.fail(
            f"with the transport {transport}, {', '.join(idle)} did not run", run.asked.index
        )
    elif not _answers(run, run.answered):
        tally.fail(
            f"with the transport {transport}, the answer of a run of {run.owner} did not come back:"
            f" its caller got {shown(run.answered.value.get('value'))}",
            run.asked.index,
            run.answered.index,
        )


def _answers(run: Run, answered: Entry) -> bool:
    """Whether what came back holds the planned answer, or one of the agent's own that holds it."""
    planned = find((run.asked.value.get("plan") or {}).get("answer", ""))
    return all(token.text in str(answered.value) for token in planned)


def _absent_run(run: Run, tally: Tally) -> None:
    """RECOVERY-1, for an agent."""
    _run_unchanged(run, tally, "absent")


def _raising_run(run: Run, tally: Tally) -> None:
    """RECOVERY-2, for an agent."""
    _run_unchanged(run, tally, "raising")


#: A call that takes this many times its deadline by the clock, and was not ended by it, stood on a
#: loop that did not turn. Less than that can be a busy machine.
BLOCKED = 1.5


class _Returns(Fold):
    """RECOVERY-8: whatever the harness asked for came back before its deadline; what is asked by a
    user who has stalled is another rule's question.
    """

    kinds = ASKED | ANSWERED
    stalled: ClassVar[bool] = False

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._deadline = header.deadlines.get("call", math.inf)
        self._asked: dict[str | None, Entry] = {}
        self._stalled: set[str] = set()

    def entry(self, entry: Entry) -> None:
        if entry.kind is Kind.INVOKE:
            self._asked[entry.step] = entry
            if entry.what == "create":
                stalled = entry.value.get("transport") == "stalled"
                (self._stalled.add if stalled else self._stalled.discard)(entry.actor)
            return
        asked = self._asked.pop(entry.step, entry)
        if (entry.actor in self._stalled) is not self.stalled:
            return
        took = entry.at - asked.at
        if entry.kind in (Kind.OK, Kind.FAIL):
            self.tally.chance()
            if took > BLOCKED * patience(asked.value or {}, self._deadline) * 1e9:
                self.tally.doubt(
                    f"{entry.what} of {entry.actor} took {took / 1e9:.1f} seconds in which the loop"
                    " stood still: its deadline could not end it"
                )
        elif entry.hung:
            self.tally.chance()
            self.tally.fail(
                f"{entry.what} of {entry.actor} did not return within"
                f" {entry.value['seconds']} seconds",
                entry.index,
            )


class _ReturnsThoughStalled(_Returns):
    """RECOVERY-8a: also to a user who takes nothing any more."""

    stalled = True


class _OthersAreNotSlowed(Fold):
    """RECOVERY-3: while a user who is slow or has stalled is being served, the calls of another
    take no longer than before. Of each condition the call in the middle counts, so that a busy
    machine is no finding, and beside it calls that took very long, one after the other: a machine
    that stands still holds up one of them. A call that failed says nothing of how long one takes.
    """

    kinds = ASKED | ANSWERED

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._conditions: dict[str, str] = {}
        self._under_way: dict[str | None, str] = {}
        self._asked: dict[str | None, tuple[Entry, str]] = {}
        self._before: list[int] = []
        self._beside: dict[str, list[_Timed]] = {}

    def entry(self, entry: Entry) -> None:
        step = entry.step
        if entry.kind is Kind.INVOKE:
            self._invoked(entry, step)
        elif step in self._asked:
            self._answered(*self._asked.pop(step), entry)
        else:
            self._under_way.pop(step, None)

    def _invoked(self, entry: Entry, step: str | None) -> None:
        if entry.what == "create":
            self._conditions[entry.actor] = entry.value.get("transport", "working")
        elif entry.what in ("execute", "run"):
            condition = self._conditions.get(entry.actor, "working")
            if condition in ("slow", "stalled"):
                self._under_way[step] = condition
            elif condition == "working":
                self._asked[step] = entry, next(iter(self._under_way.values()), "")

    def _answered(self, asked: Entry, beside: str, answer: Entry) -> None:
        if answer.kind is not Kind.OK and not answer.hung:
            return
        call = _Timed(answer.at - asked.at, asked, answer)
        if beside:
            self._beside.setdefault(beside, []).append(call)
        elif not answer.hung:
            self._before.append(call.took)

    def finish(self) -> None:
        if not self._before:
            return
        self._before.sort()
        for condition, calls in sorted(self._beside.items()):
            self.tally.chance(len(calls))
            self._compare(f"while another user's consumer was {condition}", calls)

    def _compare(self, while_: str, calls: list[_Timed]) -> None:
        usual, longest = _middle(self._before), self._before[-1]
        middle = _middle(sorted(calls, key=lambda call: call.took))
        hung = [call for call in calls if call.answer.kind is Kind.LOST]
        long = [call for call in calls if call.took >= max(LONG, 4 * longest)]
        before = f"before, it took {usual / 1e6:.1f} ms"
        if hung:
            said = f"a call of {hung[0].said('did not return in')}; {before}"
            self.tally.fail(f"{while_}, {said}", *hung[0].witness)
        elif middle.took >= max(SLOWED, 4 * usual):
            self.tally.fail(f"{while_}, a call of {middle.said('took')}; {before}", *middle.witness)
        elif long:
            before = f"before, none took more than {longest / 1e6:.1f} ms"
            said = f"{while_}, a call of {long[0].said('took')}"
            later = [call for call in long if call.asked.at >= long[0].answer.at]
            if later:
                said += f", and then one of {later[0].said('took')}; {before}"
                self.tally.fail(said, *long[0].witness, *later[0].witness)
            else:
                self.tally.doubt(f"{said}, and no other; {before}: it may be the machine's fault")


class _Timed(NamedTuple):
    """A call, and how many nanoseconds it took."""

    took: int
    asked: Entry
    answer: Entry

    @property
    def witness(self) -> tuple[int, int]:
        return self.asked.index, self.answer.index

    def said(self, took: str) -> str:
        return f"{self.asked.actor} {took} {self.took / 1e6:.0f} ms"


T = TypeVar("T")


def _middle(ordered: Sequence[T]) -> T:
    """The one in the middle; of two the lower one."""
    return ordered[(len(ordered) - 1) // 2]


#: Nanoseconds from which on a call counts as slowed: half of what one send to a slow user takes.
SLOWED = 50_000_000

#: ... and from which on even a single call does: no busy machine takes that long for one, though
#: one that stands still may.
LONG = 20 * SLOWED

CHECKS = (
    Check("RECOVERY-3", fold=_OthersAreNotSlowed),
    Check("RECOVERY-1", fold=_AbsentChangesNothing, run=_absent_run),
    Check("RECOVERY-2", fold=_RaisingChangesNothing, run=_raising_run),
    Check("RECOVERY-8", fold=_Returns),
    Check("RECOVERY-8a", fold=_ReturnsThoughStalled),
)
