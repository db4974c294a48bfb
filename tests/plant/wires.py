"""Two users at their links: what a target may send through a tap, and what of it arrived."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from tests.planted import USERS

from goldenpath.model import Entry, Kind
from goldenpath.plant import Plant, Tap
from goldenpath.recorder import Recorder

ALICE, BOB = USERS
RUNS = {"alice": "run-of-alice", "bob": "run-of-bob"}
Call = Callable[[Tap], Awaitable[Any]]


class Wires:
    """Two users with a link each, or what else is said, and what arrived."""

    def __init__(self, alice: str = "working", bob: str = "working", **more: Any) -> None:
        self.entries: list[Entry] = []
        recorder = Recorder()
        self.plant = Plant(recorder, USERS, **more)
        self.taps = {}
        for name, condition in (("alice", alice), ("bob", bob)):
            self.plant.user(name, RUNS[name])
            self.taps[name] = self.plant.tap(name, condition)
        recorder.listen(self.entries.append)

    def call(self, call: Call, tap: str = "alice") -> Any:
        async def main() -> Any:
            return await call(self.taps[tap])

        return asyncio.run(main())

    def frames(self) -> list[tuple[str, str]]:
        """Link and shape of each frame."""
        return [(e.actor, e.what) for e in self.entries if e.kind is Kind.FRAME]

    def message(self) -> Any:
        """The only frame, decoded."""
        (entry,) = (e for e in self.entries if e.kind is Kind.FRAME)
        return json.loads(entry.value)


MESSAGE = {"type": "agent_started", "data": {"a": 1}}

#: Each way of sending without an address: to the tap's own user.
OWN: dict[str, Call] = {
    "manager.send_event": lambda tap: tap.manager.send_event("agent_started", {"a": 1}),
    "emitter": lambda tap: tap.emitter.notify_agent_started(),
    "socket.send_json": lambda tap: tap.socket.send_json(MESSAGE),
    "socket.send_text": lambda tap: tap.socket.send_text("hello"),
    "send": lambda tap: tap.send(MESSAGE),
}
