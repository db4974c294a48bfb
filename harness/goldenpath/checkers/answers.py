"""What API's checks are made of that look at an answer together with what was asked."""

from __future__ import annotations

from goldenpath import spec
from goldenpath.checkers.base import ANSWERED, ASKED, Fold
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.model import Entry, Kind

#: Where a session begins or ends: what was seen of it before says nothing of what comes.
BOUNDS = frozenset({"create", "cleanup", "leave"})


def text_of(answer: Entry) -> str:
    """The text of a failure."""
    return str(answer.value["text"])


def all_said(answer: Entry) -> str:
    """All that a failure says: its type, its text, and a value where it is a failed result."""
    said = (answer.value["type"], text_of(answer), answer.value.get("value"))
    return " ".join(str(part) for part in said if part)


def is_accident(answer: Entry) -> bool:
    """Whether it failed out of the target's insides and not by a decision to refuse: what a
    statement of its own raised is one, whatever the type.
    """
    accidental = answer.kind is Kind.FAIL and answer.value.get("type") in spec.ACCIDENTS
    return accidental and not answer.value.get("meant")


def way(asked: Entry) -> str:
    """The member through which a step goes."""
    if asked.what == "register":
        return "register_tool"
    via: str = asked.value.get("via", "execute_tool")
    return via


class Answers(Fold):
    """A fold that sees each answer together with what was asked."""

    kinds = ASKED | ANSWERED

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._pending: dict[str | None, Entry] = {}

    def entry(self, entry: Entry) -> None:
        if entry.kind is Kind.INVOKE:
            self._pending[entry.step] = entry
            self.asked(entry)
        else:
            asked = self._pending.pop(entry.step, None)
            if asked is not None:
                self.answered(asked, entry)

    def asked(self, asked: Entry) -> None:
        """The harness asks for something."""

    def answered(self, asked: Entry, answer: Entry) -> None:
        """... and is told how it went."""
