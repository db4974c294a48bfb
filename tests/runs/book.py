"""A book of what a ledger hands over, and the lines that are given to it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.build import ALICE, Line, asked, history, session

from goldenpath.canary import find
from goldenpath.dialects import COMMON, Decoder
from goldenpath.model import Kind, User
from goldenpath.runs import Call, Ledger, Run, Seen

READER = Decoder(COMMON)


class Book:
    """A ledger that has read these lines; keeps what it handed over, and each frame."""

    def __init__(self, lines: Iterable[Line], *users: User, **more: Any) -> None:
        self.calls: list[Call] = []
        self.runs: list[Run] = []
        self.frames: list[Seen] = []
        recorded = history(lines, *users, **more)
        self.ledger = Ledger(recorded.header, self.calls.append, self.runs.append)
        for entry in recorded.entries:
            if entry.kind is Kind.FRAME:
                user = self.ledger.user_of(entry.actor)
                decoded = READER.read(entry.value)
                seen = Seen(entry, entry.actor, user, decoded.event, find(entry.value))
                self.ledger.place(seen)
                self.frames.append(seen)
            else:
                self.ledger.see(entry)
        self.early = len(self.calls), len(self.runs)
        self.ledger.finish()

    @property
    def last(self) -> Seen:
        return self.frames[-1]

    def call_of(self, seen: Seen) -> str:
        return seen.call.token if seen.call else ""


ONE_CALL = [*session(ALICE), asked(ALICE, 16)]
TWO_CALLS = [*session(ALICE), asked(ALICE, 16), asked(ALICE, 17)]
