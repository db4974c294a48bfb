"""Style: connection-bound handlers live in a WeakKeyDictionary keyed by the socket; functions instead of queues.

Noted before the first run: FAULT. "Do not nag": an unknown type is answered once per connection only, every further
unknown type on it is swallowed as if it had been handled (ROUTING-2).
"""

from __future__ import annotations

import asyncio
import json
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from goldenpath import router


class WeakRouter:
    def __init__(self) -> None:
        self.by_socket: WeakKeyDictionary[Any, list[Any]] = WeakKeyDictionary()
        self.for_all: list[Any] = []
        self.owner: WeakKeyDictionary[Any, str] = WeakKeyDictionary()
        self.gates: dict[str, asyncio.Lock] = {}
        self.told: WeakSet[Any] = WeakSet()

    async def connect(self, user_id: str, socket: Any) -> None:
        if not user_id:
            raise ValueError("a connection needs a user")
        self.owner[socket] = user_id
        self.by_socket[socket] = []
        self.gates.setdefault(user_id, asyncio.Lock())

    async def disconnect(self, user_id: str, socket: Any) -> None:
        self.by_socket.pop(socket, None)
        self.owner.pop(socket, None)
        self.told.discard(socket)

    def _list(self, handler: Any) -> list[Any]:
        if handler.socket is None:
            return self.for_all
        return self.by_socket.get(handler.socket, [])

    def add_handler(self, handler: Any) -> None:
        handlers = self._list(handler)
        if handler not in handlers:
            handlers.append(handler)

    def remove_handler(self, handler: Any) -> None:
        handlers = self._list(handler)
        if handler in handlers:
            handlers.remove(handler)

    async def route_message(self, user_id: str, socket: Any, message: Any) -> bool:
        if self.owner.get(socket) != user_id:
            raise PermissionError("this is not a connection of that user")
        async with self.gates[user_id]:
            match message:
                case {"type": "ping"}:
                    await socket.send_text(json.dumps({"type": "pong"}))
                    return True
                case {"type": str(kind)} if kind:
                    return await self._dispatch(user_id, socket, kind, message)
                case _:
                    await self._say(socket, "not a message: an object with a type is expected")
                    return False

    async def _dispatch(self, user_id: str, socket: Any, kind: str, message: Any) -> bool:
        own = self.by_socket.get(socket, [])
        handler = next((h for h in (*own, *self.for_all) if h.can_handle(kind)), None)
        if handler is None:
            if socket not in self.told:
                self.told.add(socket)
                await self._say(socket, f"unknown message type {kind[:64]!r}")
            return True
        try:
            await handler.handle(user_id, socket, message)
        except Exception as error:
            await self._say(socket, f"failed: {type(error).__name__}")
        return True

    async def _say(self, socket: Any, text: str) -> None:
        try:
            await socket.send_text(json.dumps({"type": "error", "message": text}))
        except ConnectionError:
            self.by_socket.pop(socket, None)

    async def broadcast_to_user(self, user_id: str, event: dict[str, Any]) -> int:
        if not user_id:
            return 0
        text = json.dumps(event)
        targets = [socket for socket, user in self.owner.items() if user == user_id]
        outcomes = await asyncio.gather(
            *(asyncio.wait_for(socket.send_text(text), 1) for socket in targets),
            return_exceptions=True,
        )
        return sum(not isinstance(outcome, BaseException) for outcome in outcomes)


@router()
def make() -> WeakRouter:
    return WeakRouter()
