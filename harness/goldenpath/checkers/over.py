"""API-9 and RECOVERY-7: once cleanup has answered its session is over, and nothing of it begins.

Which of the two is broken, is told by the call: one that was asked for before cleanup was is to end
with it (RECOVERY-7); what is asked for later, or has ended before, is not to come any more (API-9).
"""

from __future__ import annotations

from goldenpath import spec
from goldenpath.checkers.base import Fold
from goldenpath.model import Entry
from goldenpath.runs import Call, Run, Seen

_ENDS, _REFUSES = "RECOVERY-7", "API-9"


def over(run: Run) -> Entry | None:
    """When the user was told that the session is cleaned up, where it can be."""
    cleaned = run.cleaned
    if cleaned is None or cleaned.what != "cleanup" or cleaned.value.get("none"):
        return None
    return cleaned


class Over(Fold):
    """Base of the two: what starts or is sent of a session after its end."""

    def call(self, call: Call) -> None:
        end = over(call.run)
        if end is None or self._rule_of(call, end) != self.tally.rule.id:
            return
        self.tally.chance()
        late = [start for start in call.starts if start.index > end.index]
        if late:
            self.tally.fail(
                f"{call.tool} started after the session of {call.owner} had been cleaned up",
                call.first,
                end.index,
                late[0].index,
            )

    def frame(self, seen: Seen) -> None:
        run = seen.run
        end = over(run) if run is not None else None
        if run is None or end is None or seen.event is None:
            return
        if run.transport != "working" or seen.user != run.owner:
            return  # it may have been sent before and taken late, or is another rule's
        rule = self._sent_by(seen.call, run, end)
        if rule == _ENDS and _closes(seen, end):
            return  # a moment later
        if rule == self.tally.rule.id:
            self.tally.fail(
                f"{seen.event.type} was sent after the session of {run.owner} had been cleaned up",
                end.index,
                seen.entry.index,
            )

    def _rule_of(self, call: Call, end: Entry) -> str:
        """The rule that says what must become of a call, if it is one of these."""
        cleaning, asked = call.run.cleaning, call.asked or (call.planned and call.run.asked)
        if cleaning is None or not asked or asked.index > end.index:
            return ""  # of what is asked for after the end there is a check of its own
        if asked.index > cleaning.index:
            return _REFUSES
        told = call.answered or (call.run.answered if call.planned else None)
        return _ENDS if told is None or told.index > cleaning.index else ""

    def _sent_by(self, call: Call | None, run: Run, end: Entry) -> str:
        """The rule that an event of this call, or of none, breaks after the end."""
        if not run.session:
            told, cleaning = run.answered, run.cleaning
            under_way = told is None or cleaning is None or told.index > cleaning.index
            return _ENDS if under_way else ""
        if call is not None and call.asked is not None and call.asked.index > end.index:
            return ""
        of = [call] if call is not None else run.calls  # of which it is, cannot be told
        rules = [self._rule_of(each, end) for each in of]
        return next(filter(None, rules), _REFUSES)


def _closes(seen: Seen, end: Entry) -> bool:
    """Whether it closes, for the first time, what was announced before the end."""
    call, event = seen.call, seen.event
    if call is None or event is None or event.type != spec.COMPLETED:
        return False
    if any(other is not seen for other in call.completed):
        return False
    return any(announced.entry.index < end.index for announced in call.executing)
