"""Style: a chain of responsibility, each link asks can_handle or passes on; a resolution cache in front of it.

Noted before the first run: FAULT. Who handled a type for a connection is remembered; remove_handler takes the handler
out of the chain but not out of this memory, so a removed handler that has been used goes on getting messages (ROUTING-6).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from goldenpath import router

Answer = dict[str, Any]


class Link:
    def __init__(self, handler: Any, after: Link | None) -> None:
        self.handler = handler
        self.after = after

    def responsible(self, user_id: str, socket: Any, kind: str) -> Any | None:
        handler = self.handler
        mine = handler.socket is None or (handler.socket is socket and handler.user_id == user_id)
        if mine and handler.can_handle(kind):
            return handler
        return self.after.responsible(user_id, socket, kind) if self.after else None


class ChainRouter:
    def __init__(self) -> None:
        self.handlers: list[Any] = []
        self.head: Link | None = None
        self.remembered: dict[tuple[int, str], Any] = {}
        self.links: dict[str, list[Any]] = {}
        self.order: dict[str, asyncio.Lock] = {}
        self.builtin: dict[str, Callable[[Any], Awaitable[None]]] = {"ping": self._pong}

    def _rebuild(self) -> None:
        # bound handlers come first: a connection's own answer goes before everybody's
        self.handlers.sort(key=lambda handler: handler.socket is None)
        self.head = None
        for handler in reversed(self.handlers):
            self.head = Link(handler, self.head)

    def add_handler(self, handler: Any) -> None:
        if handler in self.handlers:
            return
        self.handlers.append(handler)
        self.remembered.clear()  # it may come before one that was remembered
        self._rebuild()

    def remove_handler(self, handler: Any) -> None:
        if handler in self.handlers:
            self.handlers.remove(handler)
            self._rebuild()

    async def connect(self, user_id: str, socket: Any) -> None:
        self.links.setdefault(user_id, []).append(socket)
        self.order.setdefault(user_id, asyncio.Lock())

    async def disconnect(self, user_id: str, socket: Any) -> None:
        self.links[user_id] = [s for s in self.links.get(user_id, []) if s is not socket]
        self.handlers = [h for h in self.handlers if h.socket is not socket]
        self.remembered = {k: h for k, h in self.remembered.items() if k[0] != id(socket)}
        self._rebuild()

    def _resolve(self, user_id: str, socket: Any, kind: str) -> Any | None:
        key = (id(socket), kind)
        if key not in self.remembered:
            found = self.head.responsible(user_id, socket, kind) if self.head else None
            if found is None:
                return None
            self.remembered[key] = found
        return self.remembered[key]

    async def _pong(self, socket: Any) -> None:
        await socket.send_json({"type": "pong"})

    async def _refuse(self, socket: Any, code: str, details: str) -> Answer:
        with suppress(ConnectionError):
            await socket.send_json({"type": "error", "data": {"code": code, "details": details}})
        return {"ok": False, "error": code}

    async def route_message(self, user_id: str, socket: Any, message: Any) -> Answer:
        if socket not in self.links.get(user_id, []):
            raise ConnectionError("this connection is not known")
        async with self.order[user_id]:
            kind = message.get("type") if isinstance(message, dict) else None
            if not isinstance(kind, str) or not kind:
                return await self._refuse(socket, "bad_message", "need an object with a type")
            if kind in self.builtin:
                await self.builtin[kind](socket)
                return {"ok": True}
            handler = self._resolve(user_id, socket, kind)
            if handler is None:
                return await self._refuse(socket, "unknown_type", kind[:100])
            try:
                await handler.handle(user_id, socket, message)
            except Exception as error:
                return await self._refuse(socket, "handler_failed", type(error).__name__)
            return {"ok": True}

    async def broadcast_to_user(self, user_id: str, event: dict[str, Any]) -> bool:
        async def push(socket: Any) -> bool:
            try:
                async with asyncio.timeout(1):
                    await socket.send_json(event)
            except (ConnectionError, TimeoutError):
                return False
            return True

        return any(await asyncio.gather(*map(push, list(self.links.get(user_id, [])))))


@router()
def make() -> ChainRouter:
    return ChainRouter()
