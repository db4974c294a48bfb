"""Style: an actor per user with a mailbox; connections, handlers, messages and broadcasts are letters to the actor.

Noted before the first run: FAULT. The type is looked up in a dict before anybody has asked what it is: a list or an
object as type cannot be hashed, the TypeError ends the actor's task, and this user's later messages are never worked
off; callers get a TimeoutError (ROUTING-4). Types that are numbers, null or missing are answered properly.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from goldenpath import router

PATIENCE = 3.0


@dataclass
class Letter:
    socket: Any
    body: Any
    reply: asyncio.Future[bool]


class UserActor:
    def __init__(self, user_id: str, common: dict[str, list[Any]]) -> None:
        self.user_id = user_id
        self.common = common
        self.own: dict[str, list[Any]] = {}
        self.sockets: list[Any] = []
        self.mailbox: asyncio.Queue[Letter | None] = asyncio.Queue()
        self.life = asyncio.create_task(self._live())

    async def _live(self) -> None:
        while (letter := await self.mailbox.get()) is not None:
            handled = await self._read(letter)
            if not letter.reply.done():
                letter.reply.set_result(handled)

    async def _read(self, letter: Letter) -> bool:
        if not isinstance(letter.body, dict):
            return await self._complain(letter.socket, "not an object")
        kind = letter.body.get("type")
        if kind == "ping":
            return await self._tell(letter.socket, {"type": "pong"})
        handlers = self.own.get(kind, []) + self.common.get(kind, [])
        for handler in handlers:
            if handler.socket is None or handler.socket is letter.socket:
                return await self._let(handler, letter)
        return await self._complain(letter.socket, f"no handler for {str(kind)[:80]}")

    async def _let(self, handler: Any, letter: Letter) -> bool:
        try:
            await handler(self.user_id, letter.socket, letter.body)
        except Exception as error:
            return await self._complain(letter.socket, f"handler failed: {type(error).__name__}")
        return True

    async def _complain(self, socket: Any, text: str) -> bool:
        await self._tell(socket, {"type": "error", "payload": {"text": text}})
        return False

    async def _tell(self, socket: Any, frame: dict[str, Any]) -> bool:
        try:
            await asyncio.wait_for(socket.send_json(frame), 1.0)
        except (ConnectionError, TimeoutError):
            return False
        return True

    async def ask(self, socket: Any, body: Any) -> bool:
        reply = asyncio.get_running_loop().create_future()
        self.mailbox.put_nowait(Letter(socket, body, reply))
        return await asyncio.wait_for(reply, PATIENCE)

    async def publish(self, event: dict[str, Any]) -> int:
        told = await asyncio.gather(*(self._tell(socket, event) for socket in self.sockets))
        return sum(told)


class ActorSystem:
    def __init__(self) -> None:
        self.actors: dict[str, UserActor] = {}
        self.common: dict[str, list[Any]] = {}

    async def connect(self, user_id: str, socket: Any) -> None:
        if user_id not in self.actors:
            self.actors[user_id] = UserActor(user_id, self.common)
        self.actors[user_id].sockets.append(socket)

    async def disconnect(self, user_id: str, socket: Any) -> None:
        actor = self.actors.get(user_id)
        if actor is None or socket not in actor.sockets:
            return
        actor.sockets.remove(socket)
        for handlers in actor.own.values():
            handlers[:] = [handler for handler in handlers if handler.socket is not socket]
        if not actor.sockets:
            del self.actors[user_id]
            actor.mailbox.put_nowait(None)

    def _tables(self, handler: Any) -> dict[str, list[Any]]:
        return self.common if handler.socket is None else self.actors[handler.user_id].own

    async def add_handler(self, handler: Any) -> None:
        for kind in handler.types:
            handlers = self._tables(handler).setdefault(kind, [])
            if handler not in handlers:
                handlers.append(handler)

    async def remove_handler(self, handler: Any) -> None:
        if handler.socket is not None and handler.user_id not in self.actors:
            return
        for handlers in self._tables(handler).values():
            if handler in handlers:
                handlers.remove(handler)

    async def route_message(self, user_id: str, socket: Any, message: Any) -> bool:
        actor = self.actors.get(user_id)
        if actor is None or socket not in actor.sockets:
            return False
        return await actor.ask(socket, message)

    async def broadcast_to_user(self, user_id: str, event: dict[str, Any]) -> int:
        actor = self.actors.get(user_id)
        return await actor.publish(event) if actor else 0


@router()
def make() -> ActorSystem:
    return ActorSystem()
