"""Style: middlewares around a terminal handler call, decorators register them; a lock per user keeps the order.

Noted before the first run: FAULT. A user's line is held for a tenth of a second only: if a handler takes longer, the
next message begins (and may end) before it has ended. With handlers that are fast the order is kept (ROUTING-7).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from goldenpath import router

HOLD = 0.1


@dataclass
class Request:
    user_id: str
    socket: Any
    message: Any
    kind: str = ""

    async def reply(self, **frame: Any) -> None:
        with suppress(ConnectionError):
            await self.socket.send_json(frame)


Step = Callable[[Request], Awaitable[bool]]
Middleware = Callable[[Request, Step], Awaitable[bool]]


class Application:
    def __init__(self) -> None:
        self.middlewares: list[Middleware] = []
        self.handlers: list[Any] = []
        self.sockets: dict[str, list[Any]] = defaultdict(list)
        self.lines: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def middleware(self, function: Middleware) -> Middleware:
        self.middlewares.append(function)
        return function

    def connect(self, user_id: str, socket: Any) -> None:
        self.sockets[user_id].append(socket)

    def disconnect(self, user_id: str, socket: Any) -> None:
        if socket in self.sockets[user_id]:
            self.sockets[user_id].remove(socket)
        self.handlers = [handler for handler in self.handlers if handler.socket is not socket]

    def add_handler(self, handler: Any) -> None:
        self.handlers.append(handler)

    def remove_handler(self, handler: Any) -> None:
        self.handlers = [known for known in self.handlers if known is not handler]

    async def route_message(self, user_id: str, socket: Any, message: Any) -> bool:
        if socket not in self.sockets[user_id]:
            return False
        step: Step = self.terminal
        for function in reversed(self.middlewares):
            step = self._wrap(function, step)
        return await step(Request(user_id, socket, message))

    @staticmethod
    def _wrap(function: Middleware, inner: Step) -> Step:
        async def step(request: Request) -> bool:
            return await function(request, inner)

        return step

    async def terminal(self, request: Request) -> bool:
        own = [h for h in self.handlers if h.socket is request.socket]
        common = [h for h in self.handlers if h.socket is None]
        for handler in own + common:
            if request.kind in handler.types:
                async with self.lines[request.user_id]:
                    call = handler.handle_message(request.user_id, request.socket, request.message)
                    task = asyncio.create_task(call)
                    await asyncio.wait({task}, timeout=HOLD)
                await task
                return True
        await request.reply(type="error", error=f"unknown type {request.kind[:60]}")
        return False

    async def broadcast_to_user(self, user_id: str, event: dict[str, Any]) -> bool:
        sends = [asyncio.wait_for(s.send_json(event), 1) for s in self.sockets.get(user_id, [])]
        results = await asyncio.gather(*sends, return_exceptions=True)
        return any(not isinstance(result, BaseException) for result in results)


@router()
def make() -> Application:
    app = Application()

    @app.middleware
    async def report(request: Request, inner: Step) -> bool:
        try:
            return await inner(request)
        except Exception as error:
            await request.reply(type="error", error=f"failed: {type(error).__name__}")
            return False

    @app.middleware
    async def check(request: Request, inner: Step) -> bool:
        kind = request.message.get("type") if isinstance(request.message, dict) else None
        if not isinstance(kind, str):
            await request.reply(type="error", error="malformed message")
            return False
        request.kind = kind
        return await inner(request)

    @app.middleware
    async def pong(request: Request, inner: Step) -> bool:
        if request.kind != "ping":
            return await inner(request)
        await request.reply(type="pong")
        return True

    return app
