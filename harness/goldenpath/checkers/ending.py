"""TOOL-6 to -10, RECOVERY-7: what was begun ends, and nothing works on behind anybody's back.

Judged by what the planted tools did, never by what events say of it.
"""

from __future__ import annotations

from goldenpath.checkers.base import UNTRACED, Check, Fold
from goldenpath.checkers.over import Over
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.model import Entry, Kind, Outcome
from goldenpath.runs import Call, Run


def _told(call: Call) -> Entry | None:
    """When its caller was told how it went: of the call, or of the run that made it."""
    return call.answered or (call.run.answered if call.planned else None)


def _after(call: Call, moment: Entry) -> list[Entry]:
    """What the tool still did after a moment; that it was stopped is no deed of its."""
    done = (*call.effects, *call.ends)
    return [deed for deed in done if deed.index > moment.index and deed.what != "cancelled"]


def _under_way(call: Call, moment: Entry) -> bool:
    """Whether the tool had started by then, and not ended."""
    started = sum(start.index < moment.index for start in call.starts)
    return started > sum(end.index < moment.index for end in call.ends)


#: Of the declared timeout, counted from when the call was asked for, so much may have passed where
#: it ended a tool: a timeout may begin to count a little earlier.
_NEARLY = 0.9


def overdue(call: Call, header: Header) -> bool:
    """Whether its tool ended when the declared timeout may have ended it."""
    seconds = header.declared.get("tool_timeout")
    began = call.asked or (call.starts[0] if call.starts else None)
    if seconds is None or began is None:
        return False
    return any(end.at - began.at >= _NEARLY * seconds * 1e9 for end in call.ends)


def _cancel_reaches(call: Call, tally: Tally) -> None:
    """TOOL-6: once a caller that gave up was told so its tool does nothing more, and is not started
    either. Of what a run that was given up starts afterwards TOOL-10 speaks.
    """
    _not_begun(call, tally)
    told = _told(call)
    if told is None or not told.given_up or not call.starts or call.run.left is not None:
        return
    if call.planned and call.starts[0].index > told.index:
        return
    if call.unsure or call.twin:
        tally.doubt(UNTRACED)
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


def _not_begun(call: Call, tally: Tally) -> None:
    """TOOL-6: a tool whose caller gave up while it was being announced is not started then."""
    forsaken = call.forsaken
    if forsaken is None:
        return
    late = [start for start in call.starts if start.index > forsaken.index]
    tally.chance(bool(late) or not call.starts)
    if late:
        tally.fail(
            f"{call.tool} was started after its caller had given up, which was while it was being"
            " announced",
            call.first,
            forsaken.index,
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
        if call.unsure:
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


class _NobodysVictim(Fold):
    """TOOL-7, for a dispatcher: what becomes of one call does not stop another, or leave it alone,
    whose caller has not given up, whose session was not ended, and which no declared timeout ended.
    """

    def call(self, call: Call) -> None:
        asked, answered = call.asked, call.answered
        if asked is None or answered is None or answered.kind is Kind.LOST or not call.starts:
            return
        if asked.value.get("unreleased") or call.twin:
            return
        self.tally.chance(call.beside)
        late = _after(call, answered) if answered.kind is Kind.FAIL else []
        if late and not _closing(call, answered):
            self.tally.fail(
                f"{call.tool} worked on ({late[0].what}) after its caller was told that it failed",
                answered.index,
                late[0].index,
            )
        stopped = [end for end in call.ends if end.what == "cancelled"]
        if stopped and call.beside and not self._rightly(call, answered, stopped[-1]):
            self.tally.fail(
                f"{call.tool} was stopped, though its caller had not given up",
                call.first,
                stopped[0].index,
            )

    def _rightly(self, call: Call, answered: Entry, stopped: Entry) -> bool:
        """Whether it was stopped with its session, or by the declared timeout, or made again and
        then went well.
        """
        again = answered.kind is Kind.OK and any(end.what == "ended" for end in call.ends)
        return again or _closing(call, stopped) or overdue(call, self.header)


def _closing(call: Call, moment: Entry) -> bool:
    """Whether the end of its session had been asked for by then."""
    return call.run.cleaning is not None and call.run.cleaning.index < moment.index


def _times_out(call: Call, tally: Tally) -> None:
    """TOOL-8: a call of a tool that hangs fails in time, and the tool does nothing more. It is let
    go on when the time is over: where it then ends no timeout had ended it.
    """
    asked, answered = call.asked, call.answered
    if asked is None or answered is None or not asked.value.get("unreleased") or not call.starts:
        return
    if answered.given_up or _closing(call, answered):
        return  # it was not for the timeout to end it
    if call.unsure:
        tally.doubt(UNTRACED)
        return
    tally.chance()
    ended = [end for end in call.ends if end.what == "ended" and end.index < answered.index]
    if answered.kind is Kind.LOST or ended:
        took = ((ended or [answered])[0].at - call.starts[0].at) / 1e9
        tally.fail(
            f"{call.tool} hung for {took:.1f} seconds and was not ended by the declared timeout",
            asked.index,
            (ended or [answered])[0].index,
        )
    elif answered.kind is Kind.OK:
        tally.fail(f"{call.tool} hung and its caller was told that it succeeded", answered.index)
    elif late := _after(call, answered):
        tally.fail(
            f"{call.tool} worked on after its caller was told of a timeout",
            answered.index,
            late[0].index,
        )


#: Seconds, half of what a synchronous tool waits for the loop, and so many executions, that a loop
#: which turns in the end has stood still each time: once may be a busy machine, or a busy loop.
_STOOD, _EACH_OF = 0.25, 2


class _LoopTurns(Fold):
    """TOOL-9: while a synchronous tool ran the loop went on: it did not stand still for as long as
    the tool waited for it, nor for half of that whenever one ran.
    """

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._turned: list[Entry] = []

    def call(self, call: Call) -> None:
        for end in call.ends:
            turned = end.value.get("turned")
            if turned is None:
                continue
            self.tally.chance()
            longest = max(end.value["waited"], self.tally.figures.get("longest stall s", 0.0))
            self.tally.figures["longest stall s"] = longest
            if turned:
                self._turned.append(end)
            else:
                self.tally.fail(
                    f"{call.tool}, a synchronous tool, blocked the event loop for"
                    f" {end.value['waited']} seconds, as long as it ran",
                    *(start.index for start in call.starts[:1]),
                    end.index,
                )

    def finish(self) -> None:
        stalls = [end.value["waited"] for end in self._turned]
        if len(stalls) >= _EACH_OF and min(stalls) >= _STOOD:
            self.tally.fail(
                f"each of {len(stalls)} executions of a synchronous tool blocked the event loop,"
                f" for {min(stalls)} to {max(stalls)} seconds",
                *(end.index for end in self._turned[:_EACH_OF]),
            )


def _works_unseen(run: Run, tally: Tally) -> None:
    """TOOL-10: a run whose consumer has left makes no further call."""
    if run.session or run.left is not None:
        return
    if run.forsaken is not None:  # it knew by then, whatever it told later
        _nothing_begun(run, run.forsaken, tally)
    elif run.answered is not None and run.answered.given_up:
        _nothing_begun(run, run.answered, tally)


#: Why a stream could not be left while it was at work.
NO_PIECE = "its stream gave no piece at which to leave it while there was more to do"


def _works_unheard(run: Run, tally: Tally) -> None:
    """TOOL-10a: a run whose stream was left makes no further call. From a close on it has been
    told; from a break on it is told soon, in a task of the loop. When a close has come back, what
    was under way has ended.
    """
    answered, left = run.answered, run.left
    if answered is None or "leave" not in run.asked.value:
        return
    if left is None or _all_done(run, left):
        if answered.kind is not Kind.FAIL:
            tally.excuse = (Outcome.UNOBSERVABLE, NO_PIECE)
        return
    closed = left.value["by"] == "close"
    _nothing_begun(run, left if closed else answered, tally)
    for call in run.calls if closed else ():
        if not call.unsure and _under_way(call, answered) and (late := _after(call, answered)):
            tally.fail(
                f"a run of {run.owner} was closed, and its {call.tool} worked on ({late[0].what})",
                answered.index,
                late[0].index,
            )


def _all_done(run: Run, left: Entry) -> bool:
    """Whether every tool of the run had ended by then, and none has begun since."""
    return all(
        call.ends and max(truth.index for truth in (*call.starts, *call.ends)) < left.index
        for call in run.calls
    )


def _nothing_begun(run: Run, answered: Entry, tally: Tally) -> None:
    """From that moment on no call begins, though there were some to make."""
    planned = [call for call in run.calls if call.planned]
    begun = [call for call in planned if call.starts]
    late = [
        (call, start) for call in run.calls for start in call.starts if start.index > answered.index
    ]
    if not late and (not begun or len(begun) == len(planned)) and run.forsaken is None:
        return  # it had not begun, or nothing was left to do
    tally.chance()
    if any(call.unsure for call in planned) or not all(s.value.get("token") for _, s in late):
        tally.doubt(UNTRACED)
    for call, start in late:
        if start.value.get("token"):
            tally.fail(
                f"a run of {run.owner}, who had left, worked on and called {call.tool}",
                answered.index,
                start.index,
            )


class _CleanupEnds(Over):
    """RECOVERY-7: what was under way when cleanup was asked for, or got under way before it was
    over, has ended by then, and what was announced of it is reported.
    """

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._shows = header.card.get("tool_events") == "yes"

    def call(self, call: Call) -> None:
        super().call(call)
        cleaning, cleaned = call.run.cleaning, call.run.cleaned
        if cleaning is None or cleaned is None:
            return
        if not (_under_way(call, cleaning) or _under_way(call, cleaned)):
            return
        if cleaned.value.get("none"):
            self.tally.excuse = (Outcome.UNSUPPORTED, "it has no cleanup")
            return
        if call.unsure:
            self.tally.doubt(UNTRACED)
            return
        self.tally.chance()
        late = _after(call, cleaned)
        if late or len(call.ends) < sum(start.index < cleaned.index for start in call.starts):
            self.tally.fail(
                f"{call.tool} was at work during cleanup and went on after it",
                cleaned.index,
                call.starts[0].index,
                *(deed.index for deed in late[:1]),
            )
        if self._unreported(call):
            self.tally.fail(
                f"{call.tool} was at work during cleanup: announced, and never reported",
                cleaning.index,
                call.executing[0].entry.index,
            )

    def _unreported(self, call: Call) -> bool:
        if not self._shows or call.ambiguous or call.run.cut:
            return False
        return bool(call.executing) and not call.completed


CHECKS = (
    Check("TOOL-6", call=_cancel_reaches),
    Check("TOOL-7", fold=_NobodysVictim, run=_no_orphans),
    Check("TOOL-8", call=_times_out),
    Check("TOOL-9", fold=_LoopTurns),
    Check("TOOL-10", run=_works_unseen),
    Check("TOOL-10a", run=_works_unheard),
    Check("RECOVERY-7", fold=_CleanupEnds),
)
