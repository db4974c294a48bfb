"""Connection manager with retries; what a user misses is kept and sent once they are back."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
import logging
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timezone
from itertools import count
from typing import Any

from goldenpath import transport

logger = logging.getLogger("chat.connections")
MAX_ATTEMPTS, BACKOFF = 3, 0.02
SEND_TIMEOUT, CLOSE_TIMEOUT = 1.0, 0.2
MAX_KEPT = 1000


@dataclass(eq=False)
class Connection:
    socket: Any
    since: int
    sending: asyncio.Task[None] | None = None


@dataclass(eq=False)
class CriticalEvent:
    number: int
    frame: dict[str, Any]
    outcome: asyncio.Future[bool]

    def settle(self, delivered: bool) -> None:
        if not self.outcome.done():
            self.outcome.set_result(delivered)


@dataclass(eq=False)
class Mailbox:
    connections: list[Connection] = field(default_factory=list)
    events: deque[CriticalEvent] = field(default_factory=deque)
    pump: asyncio.Task[None] | None = None


async def send(socket: Any, frame: dict[str, Any]) -> None:
    await socket.send_json(frame)


class ConnectionManager:
    def __init__(self) -> None:
        self._boxes: dict[str, Mailbox] = {}
        self._numbers = count(1)

    def connect(self, user_id: str, socket: Any) -> None:
        box = self._boxes.setdefault(user_id, Mailbox())
        if all(connection.socket is not socket for connection in box.connections):
            box.connections.append(Connection(socket, next(self._numbers)))
        if box.events:
            self._start(user_id, box)

    def disconnect(self, user_id: str, socket: Any) -> None:
        box = self._boxes.get(user_id)
        for connection in [c for c in box.connections if c.socket is socket] if box else []:
            box.connections.remove(connection)
            if connection.sending is not None:
                connection.sending.cancel()
            self._forget_if_idle(user_id, box)

    async def emit_critical_event(
        self, user_id: str, event_type: str, data: dict[str, Any]
    ) -> bool:
        """True once at least one of the user's sockets has taken the event."""
        if not isinstance(user_id, str) or not user_id.strip():
            return False
        frozen = json.loads(
            json.dumps(data, default=lambda v: type(v).__name__), parse_constant=lambda _: None
        )
        frame = {
            "type": event_type,
            "data": frozen,
            "timestamp": datetime.now(timezone.utc).isoformat(),
            "critical": True,
        }
        event = CriticalEvent(
            next(self._numbers), frame, asyncio.get_running_loop().create_future()
        )
        box = self._boxes.setdefault(user_id, Mailbox())
        box.events.append(event)
        self._start(user_id, box)
        await asyncio.wait({event.outcome})
        return event.outcome.result()

    def _start(self, user_id: str, box: Mailbox) -> None:
        if box.pump is None or box.pump.done():
            box.pump = asyncio.create_task(self._pump(user_id, box))

    async def _pump(self, user_id: str, box: Mailbox) -> None:
        while box.events and box.connections:
            event = box.events[0]
            if any(
                await asyncio.gather(
                    *(self._push(box, each, event) for each in list(box.connections))
                )
            ):
                box.events.popleft()
                event.settle(True)
        for event in box.events:
            event.settle(False)
        while len(box.events) > MAX_KEPT:
            logger.warning(
                "mailbox of an absent user is full, dropped %s", box.events.popleft().frame["type"]
            )
        box.pump = None
        self._forget_if_idle(user_id, box)

    async def _push(self, box: Mailbox, connection: Connection, event: CriticalEvent) -> bool:
        frame = {**event.frame, **({"recovered": True} if event.number < connection.since else {})}
        for attempt in range(1, MAX_ATTEMPTS + 1):
            if connection not in box.connections:
                return False
            sending = connection.sending = asyncio.create_task(
                send(connection.socket, {**frame, "attempt": attempt})
            )
            await asyncio.wait({sending}, timeout=SEND_TIMEOUT)
            if (
                not sending.done()
            ):  # it may yet have taken the frame, so no second attempt on this one
                sending.cancel()
                break
            if sending.cancelled():
                return False
            if sending.exception() is None:
                return True
            await asyncio.sleep(BACKOFF * attempt)
        if connection in box.connections:
            box.connections.remove(connection)
            await self._close(connection.socket)
        return False

    @staticmethod
    async def _close(socket: Any) -> None:
        with contextlib.suppress(Exception):
            closing = socket.close()
            if inspect.isawaitable(closing):
                await asyncio.wait_for(closing, CLOSE_TIMEOUT)

    def _forget_if_idle(self, user_id: str, box: Mailbox) -> None:
        if (
            not box.events
            and not box.connections
            and box.pump is None
            and self._boxes.get(user_id) is box
        ):
            del self._boxes[user_id]


@transport(replay=True)
def make() -> ConnectionManager:
    return ConnectionManager()
