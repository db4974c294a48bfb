"""Registry of live sockets. The web server owns the sockets; here they are only referred to."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from goldenpath import transport

logger = logging.getLogger("live.registry")

SEND_DEADLINE = 2.0


def refer_to(socket: Any) -> Callable[[], Any]:
    try:
        return weakref.ref(socket)
    except TypeError:  # slotted socket classes cannot be referred to weakly
        return lambda: socket


@dataclass(eq=False)
class Handle:
    """A weakly held socket with the lock that keeps its frames in order."""

    ref: Callable[[], Any]
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    broken: bool = False

    @property
    def socket(self) -> Any | None:
        return None if self.broken else self.ref()

    async def deliver(self, frame: dict[str, Any]) -> bool:
        async with self.lock:
            socket = self.socket
            if socket is None:
                return False
            try:
                await asyncio.wait_for(socket.send_json(frame), SEND_DEADLINE)
                return True
            except Exception as exc:
                logger.info("socket given up: %s", type(exc).__name__)
                self.broken = True
        await self._close(socket)
        return False

    @staticmethod
    async def _close(socket: Any) -> None:
        try:
            closing = socket.close()
            if inspect.isawaitable(closing):
                await asyncio.wait_for(closing, SEND_DEADLINE)
        except Exception as exc:
            logger.debug("close failed: %s", type(exc).__name__)


class SocketRegistry:
    def __init__(self) -> None:
        self._handles: dict[str, list[Handle]] = {}

    def connect(self, user_id: str, socket: Any) -> None:
        if not user_id:
            raise ValueError("a socket needs a user")
        handles = self._handles.setdefault(user_id, [])
        if all(handle.socket is not socket for handle in handles):
            handles.append(Handle(refer_to(socket)))

    def disconnect(self, user_id: str, socket: Any) -> None:
        handles = self._handles.get(user_id, [])
        remaining = []
        for handle in handles:
            if handle.ref() is socket:
                handle.broken = True
            else:
                remaining.append(handle)
        if remaining:
            self._handles[user_id] = remaining
        else:
            self._handles.pop(user_id, None)

    def is_connected(self, user_id: str) -> bool:
        return any(handle.socket is not None for handle in self._handles.get(user_id, ()))

    def _live(self, user_id: str) -> list[Handle]:
        """The user's usable handles; those whose socket is gone are let go on the way."""
        handles = self._handles.get(user_id, [])
        live: list[Handle] = []
        for handle in handles:
            if handle.socket is None:
                handles.remove(handle)
            else:
                live.append(handle)
        if not handles:
            self._handles.pop(user_id, None)
        return live

    async def send_to_user(self, user_id: str, message: Mapping[str, Any]) -> int:
        """Send to every socket of the user, all at once; the number of those that took it."""
        live = self._live(user_id) if user_id else []
        if not live:
            return 0
        frame = json.loads(
            json.dumps(dict(message), default=lambda value: type(value).__name__),
            parse_constant=lambda _: None,
        )
        # an event once begun goes out, also if the run that sent it is cancelled meanwhile
        outcomes = await asyncio.shield(asyncio.gather(*(handle.deliver(frame) for handle in live)))
        return sum(outcomes)


@transport()
def make() -> SocketRegistry:
    return SocketRegistry()
