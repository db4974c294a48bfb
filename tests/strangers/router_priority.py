"""Style: a primary router that treats special types itself and delegates the rest to a core router; two facades over it.

Noted before the first run: CORRECT.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from goldenpath import router

SPECIAL = {"ping", "heartbeat"}


class HandlerError(Exception):
    """A handler failed; it says no more than this."""


class UnknownType(Exception):
    """Nobody handles this type."""


class BadMessage(Exception):
    """This is no message."""


class CoreRouter:
    """Knows handlers and connections; raises, and sends no errors itself."""

    def __init__(self) -> None:
        self.connections: list[tuple[str, Any]] = []
        self.handlers: list[Any] = []

    def choose(self, user_id: str, socket: Any, kind: str) -> Any:
        bound = [h for h in self.handlers if h.socket is socket and h.user_id == user_id]
        general = [h for h in self.handlers if h.socket is None]
        for handler in bound + general:
            if handler.can_handle(kind):
                return handler
        raise UnknownType(kind[:100])

    async def handle(self, user_id: str, socket: Any, message: dict[str, Any]) -> None:
        handler = self.choose(user_id, socket, message["type"])
        try:
            await handler.handle_message(user_id, socket, message)
        except Exception as error:
            raise HandlerError("the handler failed") from error


class PriorityRouter:
    def __init__(self, core: CoreRouter) -> None:
        self.core = core
        self._turns: dict[str, tuple[asyncio.Lock, int]] = {}

    def connect(self, user_id: str, socket: Any) -> None:
        if (user_id, socket) not in self.core.connections:
            self.core.connections.append((user_id, socket))

    def disconnect(self, user_id: str, socket: Any) -> None:
        self.core.connections = [c for c in self.core.connections if c != (user_id, socket)]
        self.core.handlers = [h for h in self.core.handlers if h.socket is not socket]

    def add_handler(self, handler: Any) -> None:
        if handler not in self.core.handlers:
            self.core.handlers.append(handler)

    def remove_handler(self, handler: Any) -> None:
        self.core.handlers = [h for h in self.core.handlers if h is not handler]

    @asynccontextmanager
    async def _turn(self, user_id: str) -> AsyncIterator[None]:
        """Users wait for themselves only; a lock that nobody waits for is forgotten."""
        lock, waiting = self._turns.get(user_id, (asyncio.Lock(), 0))
        self._turns[user_id] = lock, waiting + 1
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._turns[user_id]
            if waiting == 1:
                del self._turns[user_id]
            else:
                self._turns[user_id] = lock, waiting - 1

    async def route_message(self, user_id: str, socket: Any, message: Any) -> bool:
        if (user_id, socket) not in self.core.connections:
            raise ConnectionError("not connected")
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise BadMessage("a message is an object with a type")
        if message["type"] in SPECIAL:  # not in line behind slow work: a heartbeat is about now
            await self._special(socket, message["type"])
            return True
        async with self._turn(user_id):
            await self.core.handle(user_id, socket, message)
        return True

    async def _special(self, socket: Any, kind: str) -> None:
        answer = {"ping": "pong", "heartbeat": "heartbeat_ack"}[kind]
        await socket.send_json({"type": answer})

    async def broadcast_to_user(self, user_id: str, event: dict[str, Any]) -> int:
        links = [socket for user, socket in self.core.connections if user == user_id]
        if not links:
            return 0
        sends = [asyncio.create_task(socket.send_json(event)) for socket in links]
        _, late = await asyncio.wait(sends, timeout=1)
        for send in late:
            send.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return sum(not send.cancelled() and send.exception() is None for send in sends)


class LegacyRouter:
    """The old names; everything else is the new router's."""

    def __init__(self, inner: PriorityRouter) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def route_message(self, user_id: str, socket: Any, message: Any) -> bool:
        return await self._inner.route_message(user_id, socket, message)


class AgentRouter(LegacyRouter):
    """What agents were given: registers by the old word as well."""

    def register(self, handler: Any) -> None:
        self._inner.add_handler(handler)


@router(
    facades={"legacy": LegacyRouter, "agents": AgentRouter},
    pings={"ping": "pong", "heartbeat": "heartbeat_ack"},
)
def make() -> PriorityRouter:
    return PriorityRouter(CoreRouter())
