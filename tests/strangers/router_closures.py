"""Style: closures over shared local state, hung on a SimpleNamespace; answers are frames, the call says only "taken".

Noted before the first run: FAULT. Errors go to the socket of the user that connected last instead of the one that the
message came from; the call itself answers True for whatever was taken, so the sender learns nothing (ROUTING-2, -4, -5).
"""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from goldenpath import router


@router()
def make() -> SimpleNamespace:
    sockets: dict[str, list[Any]] = {}
    handlers: list[Any] = []
    turns: dict[str, asyncio.Lock] = {}

    def connect(user_id: str, socket: Any) -> None:
        mine = sockets.setdefault(user_id, [])
        if socket not in mine:
            mine.append(socket)

    def disconnect(user_id: str, socket: Any) -> None:
        mine = sockets.get(user_id, [])
        if socket in mine:
            mine.remove(socket)
        handlers[:] = [handler for handler in handlers if handler.socket is not socket]

    def add_handler(handler: Any) -> None:
        if handler not in handlers:
            handlers.append(handler)

    def remove_handler(handler: Any) -> None:
        if handler in handlers:
            handlers.remove(handler)

    def find(user_id: str, socket: Any, kind: str) -> Any:
        def rank(handler: Any) -> int:
            return 0 if handler.socket is socket else 1

        fit = [h for h in handlers if h.socket in (None, socket) and h.user_id in (None, user_id)]
        fit = [h for h in fit if h.can_handle(kind)]
        return min(fit, key=rank, default=None)

    async def send(socket: Any, frame: dict[str, Any]) -> bool:
        try:
            async with asyncio.timeout(1):
                await socket.send_json(frame)
        except (ConnectionError, TimeoutError):
            return False
        return True

    async def complain(user_id: str, text: str) -> None:
        if sockets.get(user_id):
            await send(sockets[user_id][-1], {"type": "error", "message": text})

    async def serve(user_id: str, socket: Any, message: Any) -> None:
        kind = message.get("type") if isinstance(message, dict) else None
        if not isinstance(kind, str):
            return await complain(user_id, "malformed message")
        if kind == "ping":
            await send(socket, {"type": "pong"})
            return None
        handler = find(user_id, socket, kind)
        if handler is None:
            return await complain(user_id, f"unknown type: {kind[:60]}")
        try:
            await handler(user_id, socket, message)
        except Exception as error:
            await complain(user_id, f"failed: {type(error).__name__}")
        return None

    async def route_message(user_id: str, socket: Any, message: Any) -> bool:
        if socket not in sockets.get(user_id, []):
            return False
        async with turns.setdefault(user_id, asyncio.Lock()):
            await serve(user_id, socket, message)
        return True

    async def broadcast_to_user(user_id: str, event: dict[str, Any]) -> int:
        results = await asyncio.gather(*(send(s, event) for s in sockets.get(user_id, [])))
        return results.count(True)

    return SimpleNamespace(
        connect=connect,
        disconnect=disconnect,
        add_handler=add_handler,
        remove_handler=remove_handler,
        route_message=route_message,
        broadcast_to_user=broadcast_to_user,
    )
