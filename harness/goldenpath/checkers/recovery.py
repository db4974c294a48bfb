"""RECOVERY: a missing, raising or stuck transport must not reach the tools and their callers."""

from __future__ import annotations

import math
from collections import Counter
from typing import ClassVar

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
    if answered.kind is Kind.LOST and answered.value["why"] == "cancelled":
        return True
    if call.run.cleaning is not None and call.run.cleaning.index < answered.index:
        return True
    missing = answered.kind is Kind.FAIL and answered.value["by"] == "missing"
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
            f" {shown((run.answered.value or {}).get('text', ''))}",
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
        self._asked: dict[str, Entry] = {}
        self._stalled: set[str] = set()

    def entry(self, entry: Entry) -> None:
        if entry.kind is Kind.INVOKE:
            self._asked[entry.step or ""] = entry
            if entry.what == "create":
                stalled = entry.value.get("transport") == "stalled"
                (self._stalled.add if stalled else self._stalled.discard)(entry.actor)
            return
        asked = self._asked.pop(entry.step or "", entry)
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
        elif entry.kind is Kind.LOST and (entry.value or {}).get("why") == "deadline":
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
    take no longer than before. The quickest of each counts, so that a busy machine is no finding.
    """

    kinds = ASKED | ANSWERED

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._conditions: dict[str, str] = {}
        self._under_way: dict[str, str] = {}
        self._asked: dict[str, tuple[Entry, str]] = {}
        self._before: list[int] = []
        self._beside: dict[str, list[tuple[int, Entry, Entry]]] = {}

    def entry(self, entry: Entry) -> None:
        step = entry.step or ""
        if entry.kind is Kind.INVOKE:
            self._invoked(entry, step)
        elif step in self._asked:
            self._answered(*self._asked.pop(step), entry)
        else:
            self._under_way.pop(step, None)

    def _invoked(self, entry: Entry, step: str) -> None:
        if entry.what == "create":
            self._conditions[entry.actor] = entry.value.get("transport", "working")
        elif entry.what in ("execute", "run"):
            condition = self._conditions.get(entry.actor, "working")
            if condition in ("slow", "stalled"):
                self._under_way[step] = condition
            elif condition == "working":
                self._asked[step] = entry, next(iter(self._under_way.values()), "")

    def _answered(self, asked: Entry, beside: str, answer: Entry) -> None:
        if answer.kind is Kind.LOST and (answer.value or {}).get("why") != "deadline":
            return
        took = answer.at - asked.at
        if beside:
            self._beside.setdefault(beside, []).append((took, asked, answer))
        elif answer.kind is not Kind.LOST:
            self._before.append(took)

    def finish(self) -> None:
        if not self._before:
            return
        usual = min(self._before)
        for condition, calls in sorted(self._beside.items()):
            self.tally.chance(len(calls))
            took, asked, answer = min(calls, key=lambda call: call[0])
            hung = [call for call in calls if call[2].kind is Kind.LOST]
            if hung:
                took, asked, answer = hung[0]
            elif took < SLOWED or took < 4 * usual:
                continue
            self.tally.fail(
                f"while another user's consumer was {condition}, a call of {asked.actor}"
                f" {'did not return in' if hung else 'took'} {took / 1e6:.0f} ms; before, it took"
                f" {usual / 1e6:.1f} ms",
                asked.index,
                answer.index,
            )


#: Nanoseconds from which on a call counts as slowed: half of what one send to a slow user takes.
SLOWED = 50_000_000

CHECKS = (
    Check("RECOVERY-3", fold=_OthersAreNotSlowed),
    Check("RECOVERY-1", fold=_AbsentChangesNothing, run=_absent_run),
    Check("RECOVERY-2", fold=_RaisingChangesNothing, run=_raising_run),
    Check("RECOVERY-8", fold=_Returns),
    Check("RECOVERY-8a", fold=_ReturnsThoughStalled),
)
