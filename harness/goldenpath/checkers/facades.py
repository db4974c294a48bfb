"""ROUTING-10: what a facade over a router makes of a message is what the router makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from goldenpath.checkers.base import Check
from goldenpath.checkers.refusals import is_error, words
from goldenpath.checkers.routed import Message, Routed
from goldenpath.checkers.same import same, shown
from goldenpath.model import Kind


class _FacadesAgree(Routed):
    """The same message gets the same handlers, answers and frames through each door. Of answers the
    words and flags count; ids, times and texts may well be others each time.
    """

    def finish(self) -> None:
        firsts: dict[str, Message] = {}
        for message in self.messages:
            about = message.asked.value.get("same")
            if about is None:
                continue
            first = firsts.setdefault(about, message)
            if first is not message:
                self._compare(first, message)

    def _compare(self, first: Message, other: Message) -> None:
        self.tally.chance()
        ours, theirs = _came_of(first), _came_of(other)
        for what, its in theirs.items():
            if not same(its, ours[what]):
                self.tally.fail(
                    f"the facade {other.asked.value['via']}: {what} of a message of type"
                    f" {other.type} is {shown(its)}, the router's {shown(ours[what])}",
                    *first.witness,
                    *other.witness,
                )


def _came_of(message: Message) -> dict[str, Any]:
    return {
        "the handler": [entry.actor for entry in message.starts],
        "the answer": _answer(message),
        "what was sent": ["/".join(words(seen.entry.value)) for seen in message.frames],
    }


def _answer(message: Message) -> Any:
    answer = message.answered
    if answer is None or answer.kind is Kind.LOST:
        return "none"
    return _outline(message.claim) if answer.kind is Kind.OK else answer.value.get("type", "none")


def _outline(answer: Any) -> Any:
    """An answer without what may be another one each time."""
    if isinstance(answer, Mapping):
        inner = {key: _part(value) for key, value in answer.items()}
        return {"it says": list(words(answer)), **inner}
    if isinstance(answer, list):
        return [_part(each) for each in answer]
    return _part(answer) if answer or answer is None else False


def _part(value: Any) -> Any:
    if isinstance(value, Mapping | list):
        return _outline(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return "a text that tells of an error" if is_error(value) else "a text"
    return "a number"


CHECKS = (Check("ROUTING-10", fold=_FacadesAgree),)
