"""Routers that cannot cope: malformed input, failing or slow handlers, lost links, bursts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from goldenpath.miniatures.base import miniature
from goldenpath.reference import ConnectionManager, MessageRouter

#: The messages whose handlers may take long.
TASK = "task_request"

# --- ROUTING-4 -----------------------------------------------------------------------------------


@miniature("ROUTING-4")
class TrustsItsInput(MessageRouter):
    """What comes in is believed to be a message."""

    async def route_message(self, user_id: str, socket: Any, message: Any) -> bool:
        return await super().route_message(user_id, socket, {"type": "", **message})


@miniature("ROUTING-4")
class OddIsFine(MessageRouter):
    """What is no message is passed over."""

    async def route_message(self, user_id: str, socket: Any, message: Any) -> bool:
        if not isinstance(message, Mapping) or not isinstance(message.get("type"), str):
            return True
        return await super().route_message(user_id, socket, message)


@miniature("ROUTING-4")
class NeverForgives(MessageRouter):
    """A connection over which something malformed came is heard no more."""

    def __init__(self, connections: ConnectionManager | None = None) -> None:
        super().__init__(connections)
        self._banned: set[int] = set()

    async def route_message(self, user_id: str, socket: Any, message: Any) -> bool:
        if id(socket) in self._banned:
            return True
        if not isinstance(message, Mapping) or not isinstance(message.get("type"), str):
            self._banned.add(id(socket))
        return await super().route_message(user_id, socket, message)


@miniature("ROUTING-4")
class DropsTheLine(MessageRouter):
    """Malformed input ends the connection, as if nothing had been wrong."""

    async def route_message(self, user_id: str, socket: Any, message: Any) -> bool:
        if not isinstance(message, Mapping):
            await socket.close(1000)
        return await super().route_message(user_id, socket, message)


# --- ROUTING-5 -----------------------------------------------------------------------------------


@miniature("ROUTING-5")
class SwallowsFailures(MessageRouter):
    """A handler that raised has handled its message."""

    async def _handle(self, user_id: str, socket: Any, message: Mapping[str, Any]) -> None:
        handler = self._handler_of(socket, message["type"])
        if handler is None:
            await super()._handle(user_id, socket, message)
            return
        with suppress(Exception):
            await handler.handle(user_id, socket, message)


@miniature("ROUTING-5")
class GivesHandlersUp(MessageRouter):
    """A handler that raised is not asked again."""

    async def _handle(self, user_id: str, socket: Any, message: Mapping[str, Any]) -> None:
        handler = self._handler_of(socket, message["type"])
        try:
            await super()._handle(user_id, socket, message)
        except Exception as error:
            if handler is not None and not isinstance(error.__cause__, ConnectionError):
                self.remove_handler(handler)
            raise


# --- RECOVERY-3a, -4, -6 -------------------------------------------------------------------------


@miniature("RECOVERY-3a")
class OneLane(MessageRouter):
    """All messages are handled one after the other."""

    def __init__(self, connections: ConnectionManager | None = None) -> None:
        super().__init__(connections)
        self._lane = asyncio.Lock()

    async def _handle(self, user_id: str, socket: Any, message: Mapping[str, Any]) -> None:
        async with self._lane:
            await super()._handle(user_id, socket, message)


@miniature("RECOVERY-3a")
class OneQueue(MessageRouter):
    """One worker takes the messages of all from one queue."""

    def __init__(self, connections: ConnectionManager | None = None) -> None:
        super().__init__(connections)
        self._queue: asyncio.Queue[Any] = asyncio.Queue()
        self._worker: asyncio.Task[None] | None = None

    async def _handle(self, user_id: str, socket: Any, message: Mapping[str, Any]) -> None:
        self._worker = self._worker or asyncio.get_running_loop().create_task(self._work())
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        await self._queue.put((super()._handle(user_id, socket, message), done))
        await done

    async def _work(self) -> None:
        while True:
            work, done = await self._queue.get()
            try:
                done.set_result(await work)
            except Exception as error:
                done.set_exception(error)


@miniature("RECOVERY-4")
class HoldsAGrudge(MessageRouter):
    """Whose connection broke in the middle of a message is heard no more."""

    def __init__(self, connections: ConnectionManager | None = None) -> None:
        super().__init__(connections)
        self._lost: set[str] = set()

    async def _handle(self, user_id: str, socket: Any, message: Mapping[str, Any]) -> None:
        if user_id in self._lost:
            return
        try:
            await super()._handle(user_id, socket, message)
        except Exception as error:
            if isinstance(error.__cause__, ConnectionError):
                self._lost.add(user_id)
            raise


@miniature("RECOVERY-4")
class LaneIsNeverFreed(MessageRouter):
    """Whoever leaves in the middle of a message has a lane that is busy for ever."""

    def __init__(self, connections: ConnectionManager | None = None) -> None:
        super().__init__(connections)
        self._busy: set[str] = set()

    async def disconnect(self, user_id: str, socket: Any) -> None:
        lane = self._lanes.get(user_id)
        if lane is not None and lane.locked():
            self._busy.add(user_id)
        await super().disconnect(user_id, socket)

    async def _handle(self, user_id: str, socket: Any, message: Mapping[str, Any]) -> None:
        if user_id not in self._busy:
            await super()._handle(user_id, socket, message)


@miniature("RECOVERY-6")
class DropsWhatIsTooMuch(MessageRouter):
    """Beyond so many messages at once more are dropped."""

    waiting = 0

    async def route_message(self, user_id: str, socket: Any, message: Any) -> bool:
        if self.waiting >= 50:
            return True
        self.waiting += 1
        try:
            return await super().route_message(user_id, socket, message)
        finally:
            self.waiting -= 1


@miniature("RECOVERY-6")
class QueueOfSixtyFour(MessageRouter):
    """The queue of a user has so many places; who comes later pushes another out."""

    def __init__(self, connections: ConnectionManager | None = None) -> None:
        super().__init__(connections)
        self._waiting: dict[str, list[int]] = {}

    async def route_message(self, user_id: str, socket: Any, message: Any) -> bool:
        waiting = self._waiting.setdefault(user_id, [])
        waiting.append(id(message))
        del waiting[:-64]
        return await super().route_message(user_id, socket, message)

    async def _handle(self, user_id: str, socket: Any, message: Mapping[str, Any]) -> None:
        if id(message) in self._waiting[user_id]:
            self._waiting[user_id].remove(id(message))
            await super()._handle(user_id, socket, message)
