"""Which call an event belongs to, where no call id says so: pure questions about one call or many.

An event is never guessed: what fits several calls alike is left to the caller to call ambiguous,
unless these calls equal each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from goldenpath import spec
from goldenpath.model import Event
from goldenpath.runs.gathered import Call


def awaits(call: Call, event: Event) -> bool:
    """Whether the next thing to be shown of `call` is an event like this one."""
    if event.tool is not None and event.tool != call.tool:
        return False
    if event.type == spec.EXECUTING:
        return not call.executing and not call.completed
    return bool(call.executing) and not call.completed


def shows(call: Call, event: Event) -> bool:
    """Whether `call` awaits the event, and the event holds just what this call would show."""
    if not awaits(call, event):
        return False
    if event.call and call.run.by_wire_id.get(event.call) is call:
        return True
    if event.type == spec.EXECUTING:
        return bool(event.parameters == call.parameters)
    return any(e.what == "ended" and e.value["result"] == event.result for e in call.ends)


def fitting(calls: Iterable[Call], event: Event) -> list[Call]:
    """The calls that the event may belong to: those that await it, else those of its tool.

    A call is announced while its caller waits, so where only one caller does it is that one. A
    report may come after the answer: there an answered call that awaits it counts as much.
    """
    listed = list(calls)
    awaiting = [call for call in listed if awaits(call, event)]
    if awaiting:
        return _unanswered(awaiting) if event.type == spec.EXECUTING else awaiting
    return _unanswered([call for call in listed if call.tool == event.tool])


def any_of(calls: Sequence[Call]) -> Call | None:
    """The first of these calls, where each equals it: then any will do, and of each it is noted
    that it has a twin. None where they differ.
    """
    first, *others = calls
    if not all(first.equals(call) for call in others):
        return None
    for call in calls:
        call.twin = True
    return first


def _unanswered(calls: list[Call]) -> list[Call]:
    return [call for call in calls if call.answered is None] or calls
