"""Routers that lose, double, mix up or swallow messages."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from goldenpath.declare import router
from goldenpath.miniatures.base import miniature
from goldenpath.reference import ConnectionManager, MessageRouter

#: The messages whose handlers may take long.
TASK = "task_request"

# --- API-1, RECOVERY-8 ---------------------------------------------------------------------------


class _NotOfMine:
    """Hides a member that the reference has."""

    def __get__(self, instance: object, owner: type) -> Any:
        raise AttributeError("not of mine")


@miniature("API-1")
class KeepsItsHandlers(MessageRouter):
    """A handler that was added cannot be removed: there is no such member."""

    remove_handler = _NotOfMine()


_SILENT = {"ROUTING-2": "who is never answered is told of no error"}


@miniature("RECOVERY-8", implied=_SILENT)
class WaitsForAHandler(MessageRouter):
    """A message that nothing handles waits until something does."""

    async def _handle(self, user_id: str, socket: Any, message: Mapping[str, Any]) -> None:
        while message["type"] != "ping" and not self._handler_of(socket, message["type"]):
            await asyncio.sleep(1)
        await super()._handle(user_id, socket, message)


# --- ROUTING-1 -----------------------------------------------------------------------------------


@miniature("ROUTING-1")
class TriesTwice(MessageRouter):
    """What was handled is handled once more, to be sure."""

    async def _handle(self, user_id: str, socket: Any, message: Mapping[str, Any]) -> None:
        await super()._handle(user_id, socket, message)
        if message["type"] != "ping":
            await super()._handle(user_id, socket, message)


@miniature("ROUTING-1")
class LosesTheThird(MessageRouter):
    """The third task of a connection is taken for a repetition."""

    def __init__(self, connections: ConnectionManager | None = None) -> None:
        super().__init__(connections)
        self._tasks: dict[Any, int] = {}

    async def _handle(self, user_id: str, socket: Any, message: Mapping[str, Any]) -> None:
        count = self._tasks[socket] = self._tasks.get(socket, 0) + (message["type"] == TASK)
        if count != 3 or message["type"] != TASK:
            await super()._handle(user_id, socket, message)


_ANY_TYPE = {
    "ROUTING-2": "no type is unknown to who does not look at it",
    "RECOVERY-8": "a handler that waits for one message waits for others, too",
}


@miniature("ROUTING-1", implied=_ANY_TYPE)
class NewestHandler(MessageRouter):
    """The handler that was added last gets everything that is for all."""

    def _handler_of(self, socket: Any, message_type: str) -> Any:
        own = [handler for handler in self._handlers if handler.socket is socket]
        shared = [handler for handler in self._handlers if handler.socket is None]
        fits = [handler for handler in own if handler.can_handle(message_type)]
        return next(iter(fits or shared[-1:]), None)


# --- ROUTING-2 -----------------------------------------------------------------------------------


@miniature("ROUTING-2")
class IgnoresTheUnknown(MessageRouter):
    """What nothing handles is passed over."""

    async def _handle(self, user_id: str, socket: Any, message: Mapping[str, Any]) -> None:
        if message["type"] == "ping" or self._handler_of(socket, message["type"]):
            await super()._handle(user_id, socket, message)


@miniature("ROUTING-2")
class AcknowledgesTheUnknown(MessageRouter):
    """What nothing handles is acknowledged."""

    async def _handle(self, user_id: str, socket: Any, message: Mapping[str, Any]) -> None:
        if message["type"] == "ping" or self._handler_of(socket, message["type"]):
            await super()._handle(user_id, socket, message)
        else:
            await self._connections.answer(user_id, socket, {"type": "ack"})


_CLOSED = {"ROUTING-3": "no ping comes over a closed connection"}


@miniature("ROUTING-2", unknown=_CLOSED)
class ClosesOnTheUnknown(MessageRouter):
    """Whoever sends what nothing handles is sent away."""

    async def _handle(self, user_id: str, socket: Any, message: Mapping[str, Any]) -> None:
        if message["type"] != "ping" and not self._handler_of(socket, message["type"]):
            await socket.close(1008)
        await super()._handle(user_id, socket, message)


# --- ROUTING-3 -----------------------------------------------------------------------------------


@miniature("ROUTING-3")
class PingIsUnknown(MessageRouter):
    """A ping is a message of an unknown type."""

    async def _handle(self, user_id: str, socket: Any, message: Mapping[str, Any]) -> None:
        if message["type"] == "ping":
            message = {**message, "type": "unknown ping"}
        await super()._handle(user_id, socket, message)


@miniature("ROUTING-3")
class PongWithoutAsking(MessageRouter):
    """An error is followed by a sign of life."""

    async def route_message(self, user_id: str, socket: Any, message: Any) -> bool:
        handled = await super().route_message(user_id, socket, message)
        if not handled:
            await self._connections.answer(user_id, socket, {"type": "pong"})
        return handled


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


# --- ROUTING-6 -----------------------------------------------------------------------------------


@miniature("ROUTING-6")
class RemovesNothing(MessageRouter):
    """A handler that is removed stays."""

    def remove_handler(self, handler: Any) -> None:
        """Forget to."""


@miniature("ROUTING-6")
class HandlersOfTheUser(MessageRouter):
    """Handlers of a connection belong to its user, for as long as the router lives."""

    async def disconnect(self, user_id: str, socket: Any) -> None:
        self._connections.disconnect(user_id, socket)

    def _handler_of(self, socket: Any, message_type: str) -> Any:
        fits = [handler for handler in self._handlers if handler.can_handle(message_type)]
        own = [handler for handler in fits if handler.socket is socket]
        users = [h for h in fits if h.socket is not None and h.socket.user == socket.user]
        shared = [handler for handler in fits if handler.socket is None]
        return next(iter(own or users or shared), None)


# --- ROUTING-7 -----------------------------------------------------------------------------------


class _Unordered(MessageRouter):
    """Base of those that handle messages in tasks of their own, without lanes."""

    def __init__(self, connections: ConnectionManager | None = None) -> None:
        super().__init__(connections)
        self._tasks: set[asyncio.Task[Any]] = set()

    async def _aside(self, user_id: str, socket: Any, message: Any) -> bool:
        """Handle it some time, and say that it was."""
        alone = self._alone(user_id, socket, message)
        task = asyncio.get_running_loop().create_task(alone)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def _alone(self, user_id: str, socket: Any, message: Any) -> None:
        self._lanes.pop(user_id, None)
        await super().route_message(user_id, socket, message)


@miniature("ROUTING-7")
class ATaskForEach(_Unordered):
    """Each message is handled in a task of its own."""

    async def route_message(self, user_id: str, socket: Any, message: Any) -> bool:
        return await self._aside(user_id, socket, message)


@miniature("ROUTING-7")
class LongOnesLater(_Unordered):
    """What may take long is put aside."""

    async def route_message(self, user_id: str, socket: Any, message: Any) -> bool:
        if isinstance(message, Mapping) and message.get("type") == TASK:
            return await self._aside(user_id, socket, message)
        return await super().route_message(user_id, socket, message)


# --- ROUTING-10 ----------------------------------------------------------------------------------


class _Facade:
    """What hands everything on to a router."""

    def __init__(self, inner: MessageRouter) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _Silent(_Facade):
    async def route_message(self, user_id: str, socket: Any, message: Any) -> None:
        await self._inner.route_message(user_id, socket, message)


class _Chatty(_Facade):
    async def route_message(self, user_id: str, socket: Any, message: Any) -> bool:
        handled = await self._inner.route_message(user_id, socket, message)
        await socket.send_json({"type": "received"})
        return handled


@miniature("ROUTING-10")
@router(facades={"silent": _Silent})
def facade_says_nothing() -> MessageRouter:
    """A facade does not say what came of a message."""
    return MessageRouter()


@miniature("ROUTING-10")
@router(facades={"sound": _Facade, "chatty": _Chatty})
def facade_confirms() -> MessageRouter:
    """A facade confirms each message as well."""
    return MessageRouter()


# --- ISOLATION-2, ISOLATION-6 --------------------------------------------------------------------


@miniature("ISOLATION-2")
class QuotesTheLast(MessageRouter):
    """An error shows what was said last, by whomever."""

    last = ""

    async def _handle(self, user_id: str, socket: Any, message: Mapping[str, Any]) -> None:
        before, self.last = self.last, str(message)
        if message["type"] != "ping" and not self._handler_of(socket, message["type"]):
            quoted = {"type": "error", "error": "what?", "last": before}
            await self._connections.answer(user_id, socket, quoted)
        await super()._handle(user_id, socket, message)


@miniature("ISOLATION-6", implied={"ROUTING-1": "nor are two connections of one user told apart"})
class FirstHandlerOfTheType(MessageRouter):
    """A message goes to the first handler of its type, whoever's it is."""

    def _handler_of(self, socket: Any, message_type: str) -> Any:
        fits = [handler for handler in self._handlers if handler.can_handle(message_type)]
        return next(iter(fits), None)


@miniature("ISOLATION-6")
class LastUserToConnect(MessageRouter):
    """Handlers are told that a message is of who connected last."""

    newest = ""

    async def connect(self, user_id: str, socket: Any) -> None:
        self.newest = user_id
        await super().connect(user_id, socket)

    async def _handle(self, user_id: str, socket: Any, message: Mapping[str, Any]) -> None:
        await super()._handle(self.newest, socket, message)


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
