"""TOOL-6 to -10, RECOVERY-7: what was begun ends, and nothing works on behind anybody's back.

Judged by what the planted tools did, never by what events say of it.
"""

from __future__ import annotations

from goldenpath.checkers.base import UNTRACED, Check
from goldenpath.checkers.tally import Tally
from goldenpath.model import Entry, Kind, Outcome
from goldenpath.runs import Call, Run


def _gave_up(answered: Entry | None) -> bool:
    """Whether the caller did: the harness cancelled the call or the run."""
    return (
        answered is not None
        and answered.kind is Kind.LOST
        and (answered.value or {}).get("why") == "cancelled"
    )


def _told(call: Call) -> Entry | None:
    """When its caller was told how it went: of the call, or of the run that made it."""
    return call.answered or (call.run.answered if call.planned else None)


def _after(call: Call, moment: Entry) -> list[Entry]:
    """What the tool still did after a moment; that it was stopped is no deed of its."""
    done = (*call.effects, *call.ends)
    return [deed for deed in done if deed.index > moment.index and deed.what != "cancelled"]


def _unsure(call: Call) -> bool:
    """Whether its end may be among what fits no single call."""
    return any(deed.value["tool"] == call.tool for deed in call.run.unplaced)


def _under_way(call: Call, moment: Entry) -> bool:
    """Whether the tool had started by then, and not ended."""
    if not call.starts or call.starts[0].index > moment.index:
        return False
    return len([end for end in call.ends if end.index < moment.index]) < len(call.starts)


def _cancel_reaches(call: Call, tally: Tally) -> None:
    """TOOL-6: once a caller that gave up was told so its tool does nothing more."""
    told = _told(call)
    if told is None or not _gave_up(told):
        return
    if not call.starts or call.starts[0].index > told.index:
        return
    tally.chance()
    late = _after(call, told)
    if late:
        tally.fail(
            f"{call.tool} worked on ({late[0].what}) after its caller, who had given up, was told"
            " so",
            told.index,
            late[0].index,
        )


def _no_orphans(run: Run, tally: Tally) -> None:
    """TOOL-7, for an agent: when its run is over, none of its tools is still at work."""
    answered = run.answered
    if run.session or answered is None or answered.kind is Kind.LOST:
        return
    for call in run.calls:
        if not call.starts or call.starts[0].index > answered.index:
            continue
        if _unsure(call):
            tally.doubt(UNTRACED)
            continue
        tally.chance()
        late = _after(call, answered)
        if late or not call.ends:
            tally.fail(
                f"a run of {run.owner} was over while its {call.tool} was at work, and nobody"
                " stopped it",
                answered.index,
                call.starts[0].index,
                *(deed.index for deed in late[:1]),
            )


def _nobodys_victim(call: Call, tally: Tally) -> None:
    """TOOL-7, for a dispatcher: what becomes of one call does not stop another, whose caller has
    not given up, whose session was not ended, and which no declared timeout ended.
    """
    asked, answered = call.asked, call.answered
    if asked is None or answered is None or answered.kind is Kind.LOST or not call.starts:
        return
    if asked.value.get("unreleased") or not call.beside:
        return
    tally.chance()
    stopped = [end for end in call.ends if end.what == "cancelled"]
    if not stopped or (call.run.cleaning and call.run.cleaning.index < stopped[-1].index):
        return
    tally.fail(
        f"{call.tool} was stopped, though its caller had not given up",
        call.first,
        stopped[0].index,
    )


def _times_out(call: Call, tally: Tally) -> None:
    """TOOL-8: a call of a tool that hangs fails in time, and the tool does nothing more."""
    asked, answered = call.asked, call.answered
    if asked is None or answered is None or not asked.value.get("unreleased") or not call.starts:
        return
    tally.chance()
    if answered.kind is Kind.LOST:
        tally.fail(
            f"{call.tool} hung and was not ended by the declared timeout",
            asked.index,
            answered.index,
        )
    elif answered.kind is Kind.OK:
        tally.fail(f"{call.tool} hung and its caller was told that it succeeded", answered.index)
    elif late := _after(call, answered):
        tally.fail(
            f"{call.tool} worked on after its caller was told of a timeout",
            answered.index,
            late[0].index,
        )


def _loop_turns(call: Call, tally: Tally) -> None:
    """TOOL-9: while a synchronous tool ran the loop went on."""
    for end in call.ends:
        turned = end.value.get("turned")
        if turned is None:
            continue
        tally.chance()
        if not turned:
            tally.fail(
                f"{call.tool}, a synchronous tool, blocked the event loop for"
                f" {end.value['waited']} seconds, as long as it ran",
                *(start.index for start in call.starts[:1]),
                end.index,
            )


def _works_unseen(run: Run, tally: Tally) -> None:
    """TOOL-10: a run whose consumer has left makes no further call."""
    answered = run.answered
    if run.session or answered is None or not _gave_up(answered):
        return
    begun = [call for call in run.calls if call.starts and call.starts[0].index < answered.index]
    if not begun or len(begun) == len([call for call in run.calls if call.planned]):
        return  # it had not begun, or nothing was left to do
    tally.chance()
    for call in run.calls:
        if call.starts and call.starts[0].index > answered.index:
            tally.fail(
                f"a run of {run.owner}, who had left, worked on and called {call.tool}",
                answered.index,
                call.starts[0].index,
            )


def _cleanup_ends(call: Call, tally: Tally) -> None:
    """RECOVERY-7: what was under way when cleanup was asked for has ended when it is over."""
    cleaning, cleaned = call.run.cleaning, call.run.cleaned
    if cleaning is None or cleaned is None or not _under_way(call, cleaning):
        return
    if (cleaned.value or {}).get("none"):
        tally.excuse = (Outcome.UNSUPPORTED, "it has no cleanup")
        return
    if _unsure(call):
        tally.doubt(UNTRACED)
        return
    tally.chance()
    late = _after(call, cleaned)
    if late or not call.ends:
        tally.fail(
            f"{call.tool} was at work during cleanup and went on after it",
            cleaned.index,
            call.starts[0].index,
            *(deed.index for deed in late[:1]),
        )
    if call.executing and not call.completed and not call.ambiguous and not call.run.cut:
        tally.fail(
            f"{call.tool} was at work during cleanup: announced, and never reported",
            cleaning.index,
            call.executing[0].entry.index,
        )


CHECKS = (
    Check("TOOL-6", call=_cancel_reaches),
    Check("TOOL-7", call=_nobodys_victim, run=_no_orphans),
    Check("TOOL-8", call=_times_out),
    Check("TOOL-9", call=_loop_turns),
    Check("TOOL-10", run=_works_unseen),
    Check("RECOVERY-7", call=_cleanup_ends),
)
