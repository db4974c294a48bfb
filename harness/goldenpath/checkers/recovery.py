"""RECOVERY: a missing, raising or stuck transport must not reach the tools and their callers."""

from __future__ import annotations

import math

from goldenpath.canary import RAISED, find
from goldenpath.checkers.base import ANSWERED, ASKED, Check, Fold
from goldenpath.checkers.same import same, shown
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.model import Entry, Kind
from goldenpath.runs import Call, Run


def _outcome_unchanged(call: Call, tally: Tally, transport: str) -> None:
    answered = call.answered
    if call.asked is None or call.run.transport != transport or answered is None:
        return
    if transport == "raising" and not call.run.faults:
        return
    if not call.starts and _refused_anyway(call, answered):
        return
    tally.chance()
    end = call.ends[-1] if call.ends else None
    changed = _changed(call.tool, end, answered)
    if changed:
        witness = [call.asked.index, answered.index, *([end.index] if end else [])]
        tally.fail(f"with the transport {transport}, {changed}", *witness)


def _changed(tool: str, end: Entry | None, answered: Entry) -> str:
    """How the caller was told something else than what came of the tool, or nothing."""
    told = answered.value.get("text", answered.kind.value)
    if end is None:
        return f"{tool} did not run"
    if end.what == "cancelled":
        gave_up = answered.kind is Kind.LOST and answered.value["why"] == "cancelled"
        return "" if gave_up else f"{tool} was cancelled, though its caller had not given up"
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


def _refused_anyway(call: Call, answered: Entry) -> bool:
    """Whether it need not have run with any transport: an unknown tool, a session that was cleaned
    up, a member that is not there, a caller that gave up.
    """
    given_up = answered.kind is Kind.LOST and answered.value["why"] == "cancelled"
    missing = answered.kind is Kind.FAIL and answered.value["by"] == "missing"
    return not call.held or given_up or missing


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


def _absent(call: Call, tally: Tally) -> None:
    """RECOVERY-1, for a dispatcher."""
    _outcome_unchanged(call, tally, "absent")


def _absent_run(run: Run, tally: Tally) -> None:
    """RECOVERY-1, for an agent."""
    _run_unchanged(run, tally, "absent")


def _raising(call: Call, tally: Tally) -> None:
    """RECOVERY-2, for a dispatcher."""
    _outcome_unchanged(call, tally, "raising")


def _raising_run(run: Run, tally: Tally) -> None:
    """RECOVERY-2, for an agent."""
    _run_unchanged(run, tally, "raising")


#: A call that takes this many times its deadline by the clock, and was not ended by it, stood on a
#: loop that did not turn. Less than that can be a busy machine.
BLOCKED = 1.5


class _Returns(Fold):
    """RECOVERY-8: whatever the harness asked for came back before its deadline."""

    kinds = ASKED | ANSWERED

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._longest = BLOCKED * header.deadlines.get("call", math.inf) * 1e9
        self._asked: dict[str, int] = {}

    def entry(self, entry: Entry) -> None:
        if entry.kind is Kind.INVOKE:
            self._asked[entry.step or ""] = entry.at
            return
        took = entry.at - self._asked.pop(entry.step or "", entry.at)
        if entry.kind in (Kind.OK, Kind.FAIL):
            self.tally.chance()
            if took > self._longest:
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


CHECKS = (
    Check("RECOVERY-1", call=_absent, run=_absent_run),
    Check("RECOVERY-2", call=_raising, run=_raising_run),
    Check("RECOVERY-8", fold=_Returns),
)
