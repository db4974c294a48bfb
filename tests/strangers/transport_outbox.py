"""Outbox: a message is first written to its user's log, sockets are then fed from the log."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
import logging
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from goldenpath import transport

logger = logging.getLogger("outbox")
SEND_TIMEOUT = 2.0


def _name_of(value: Any) -> str:
    return type(value).__name__


@dataclass(frozen=True)
class Entry:
    seq: int
    message: dict[str, Any]


@dataclass(eq=False)
class Subscriber:
    """A socket and how far into the log it has been served."""

    socket: Any
    cursor: int
    active: bool = True
    feeder: asyncio.Task[None] | None = None


@dataclass(eq=False)
class EventLog:
    head: int = 0
    entries: deque[Entry] = field(default_factory=deque)
    subscribers: list[Subscriber] = field(default_factory=list)

    def append(self, seq: int, message: Mapping[str, Any]) -> Entry:
        self.head = seq
        frozen = json.loads(
            json.dumps(dict(message), default=_name_of), parse_constant=lambda _: None
        )
        entry = Entry(seq, {**frozen, "log_seq": seq})
        self.entries.append(entry)
        return entry

    def after(self, cursor: int) -> list[Entry]:
        return [entry for entry in self.entries if entry.seq > cursor]

    def compact(self) -> None:
        served = min((s.cursor for s in self.subscribers), default=self.head)
        while self.entries and self.entries[0].seq <= served:
            self.entries.popleft()


class Outbox:
    def __init__(self) -> None:
        self._logs: dict[str, EventLog] = {}
        self._seqs = count(1)

    def connect(self, user_id: str, socket: Any) -> None:
        log = self._logs.setdefault(user_id, EventLog())
        if all(s.socket is not socket for s in log.subscribers):
            log.subscribers.append(Subscriber(socket, cursor=log.head))

    def disconnect(self, user_id: str, socket: Any) -> None:
        log = self._logs.get(user_id)
        if log is None:
            return
        for subscriber in [s for s in log.subscribers if s.socket is socket]:
            self._retire(log, subscriber)
            if subscriber.feeder is not None:
                subscriber.feeder.cancel()
        if not log.subscribers:
            self._logs.pop(user_id, None)

    def is_connected(self, user_id: str) -> bool:
        log = self._logs.get(user_id)
        return log is not None and bool(log.subscribers)

    async def send_to_user(self, user_id: str, message: Mapping[str, Any]) -> bool:
        """Log the message and serve it; True if a socket of the user has been served with it."""
        log = self._logs.get(user_id) if user_id else None
        if log is None or not log.subscribers:
            return False
        entry = log.append(next(self._seqs), message)
        targets = list(log.subscribers)
        await asyncio.wait({self._feed(log, subscriber) for subscriber in targets})
        log.compact()
        return any(subscriber.cursor >= entry.seq for subscriber in targets)

    def _feed(self, log: EventLog, subscriber: Subscriber) -> asyncio.Task[None]:
        if subscriber.feeder is None or subscriber.feeder.done():
            subscriber.feeder = asyncio.create_task(self._serve(log, subscriber))
        return subscriber.feeder

    async def _serve(self, log: EventLog, subscriber: Subscriber) -> None:
        while subscriber.active and subscriber.cursor < log.head:
            for entry in log.after(subscriber.cursor):
                try:
                    await asyncio.wait_for(subscriber.socket.send_json(entry.message), SEND_TIMEOUT)
                except Exception as exc:
                    logger.info("subscriber lost at %d: %s", entry.seq, type(exc).__name__)
                    self._retire(log, subscriber)
                    await self._close(subscriber.socket)
                    return
                subscriber.cursor = log.head

    @staticmethod
    def _retire(log: EventLog, subscriber: Subscriber) -> None:
        subscriber.active = False
        if subscriber in log.subscribers:
            log.subscribers.remove(subscriber)
        log.compact()

    @staticmethod
    async def _close(socket: Any) -> None:
        with contextlib.suppress(Exception):
            closing = socket.close()
            if inspect.isawaitable(closing):
                await asyncio.wait_for(closing, SEND_TIMEOUT)


@transport()
def make() -> Outbox:
    return Outbox()
