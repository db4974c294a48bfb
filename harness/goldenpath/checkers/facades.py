"""ROUTING-10: what a facade over a router makes of a message, or of a broadcast, is what the router
makes of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from goldenpath.checkers.base import Check
from goldenpath.checkers.broadcasting import Broadcast, Broadcasts
from goldenpath.checkers.refusals import is_error, words
from goldenpath.checkers.routed import Message, Routed
from goldenpath.checkers.same import same, shown
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.model import Entry, Kind
from goldenpath.runs import Seen


class _FacadesAgree(Routed):
    """The same message gets the same handlers, answers and frames through each door, and the same
    broadcast reaches the same sockets. Of answers the words and flags count; ids, times and texts
    may well be others each time.
    """

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._broadcasts = Broadcasts(header, tally)

    def entry(self, entry: Entry) -> None:
        super().entry(entry)
        if entry.kind in self._broadcasts.kinds:
            self._broadcasts.entry(entry)

    def frame(self, seen: Seen) -> None:
        super().frame(seen)
        self._broadcasts.frame(seen)

    def finish(self) -> None:
        firsts: dict[str, Message | Broadcast] = {}
        asked: list[Message | Broadcast] = [*self.messages, *self._broadcasts.broadcasts]
        for each in asked:
            about = each.asked.value.get("same")
            if about is None:
                continue
            first = firsts.setdefault(about, each)
            if first is not each:
                self._compare(first, each)

    def _compare(self, first: Message | Broadcast, other: Message | Broadcast) -> None:
        self.tally.chance()
        ours, theirs = self._came_of(first), self._came_of(other)
        for what, its in theirs.items():
            if not same(its, ours[what]):
                door = other.asked.value.get("via") or other.asked.value.get("after")
                self.tally.fail(
                    f"the facade {door}: {what} of {_named(other)}"
                    f" is {shown(its)}, the router's {shown(ours[what])}",
                    *first.witness,
                    *other.witness,
                )

    def _came_of(self, each: Message | Broadcast) -> dict[str, Any]:
        if isinstance(each, Broadcast):
            return {"the answer": _answer(each), "what was reached": self._reached(each)}
        return {
            "the handler": [entry.actor for entry in each.starts],
            "the answer": _answer(each),
            "what was sent": ["/".join(words(seen.entry.value)) for seen in each.frames],
        }

    def _reached(self, told: Broadcast) -> dict[str, int]:
        """How often it arrived at which socket that was there; others may get it later."""
        there = (link for link, s in self._broadcasts.sockets.items() if s.there(told.asked.index))
        return {link: told.arrived[link] for link in there}


def _named(each: Message | Broadcast) -> str:
    if isinstance(each, Message):
        return f"a message of type {each.type}"
    return f"a broadcast to {each.nobody or each.user}"


def _answer(each: Message | Broadcast) -> Any:
    answer = each.answered
    if answer is None or answer.kind is Kind.LOST:
        return "none"
    ok = answer.kind is Kind.OK
    return _outline(answer.value.get("value")) if ok else answer.value.get("type", "none")


def _outline(answer: Any) -> Any:
    """An answer without what may be another one each time."""
    if isinstance(answer, Mapping):
        inner = {key: _part(value) for key, value in answer.items()}
        return {"it says": list(words(answer)), **inner}
    if isinstance(answer, list):
        return [_part(each) for each in answer]
    return _part(answer) if answer or answer is None else "a false value"


def _part(value: Any) -> Any:
    if isinstance(value, Mapping | list):
        return _outline(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return "a text that tells of an error" if is_error(value) else "a text"
    return "a number"


CHECKS = (Check("ROUTING-10", fold=_FacadesAgree),)
