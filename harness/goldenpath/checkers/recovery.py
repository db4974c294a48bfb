"""RECOVERY: a missing, raising or stuck transport must not reach the tools and their callers."""

from __future__ import annotations

from goldenpath.checkers.base import ANSWERED, Check, Fold
from goldenpath.checkers.same import same, shown
from goldenpath.checkers.tally import Tally
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
    witness = [call.asked.index, answered.index, *([end.index] if end else [])]
    if end is None:
        tally.fail(f"with the transport {transport}, {call.tool} did not run", *witness)
    elif end.what == "ended" and answered.kind is not Kind.OK:
        tally.fail(
            f"with the transport {transport}, {call.tool} succeeded and its caller was told"
            f" {shown(answered.value.get('text', answered.kind.value))}",
            *witness,
        )
    elif end.what == "ended" and not same(answered.value["value"], end.value["result"]):
        tally.fail(
            f"with the transport {transport}, {call.tool} returned {shown(end.value['result'])} and"
            f" its caller got {shown(answered.value['value'])}",
            *witness,
        )
    elif end.what == "failed" and answered.kind is not Kind.FAIL:
        tally.fail(f"with the transport {transport}, {call.tool} failed as if it had not", *witness)


def _refused_anyway(call: Call, answered: Entry) -> bool:
    """Whether it need not have run with any transport: an unknown tool, a session that was cleaned
    up, a member that is not there, a caller that gave up.
    """
    given_up = answered.kind is Kind.LOST and answered.value["why"] == "cancelled"
    missing = answered.kind is Kind.FAIL and answered.value["by"] == "missing"
    return not call.held or given_up or missing


def _run_unchanged(run: Run, tally: Tally, transport: str) -> None:
    """For an agent: it answers, with every tool run."""
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


class _Returns(Fold):
    """RECOVERY-8: whatever the harness asked for came back before its deadline."""

    kinds = ANSWERED

    def entry(self, entry: Entry) -> None:
        if entry.kind in (Kind.OK, Kind.FAIL):
            self.tally.chance()
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
