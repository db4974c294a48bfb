"""Routers that lose, double, mix up or swallow messages."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
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


class _Uncounted(_Facade):
    async def broadcast_to_user(self, user_id: str, event: Any) -> None:
        await self._inner.broadcast_to_user(user_id, event)


class _Deaf(_Facade):
    async def broadcast_to_user(self, user_id: str, event: Any) -> int:
        return 0


@miniature("ROUTING-10")
@router(facades={"uncounted": _Uncounted})
def facade_counts_nobody() -> MessageRouter:
    """A facade does not say how many a broadcast reached."""
    return MessageRouter()


@miniature("ROUTING-10", implied={"ROUTING-8": "who should get it does not"})
@router(facades={"deaf": _Deaf})
def facade_tells_nobody() -> MessageRouter:
    """A facade broadcasts to nobody."""
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
