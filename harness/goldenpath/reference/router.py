"""Messages find their handlers: one router for all users, one lane for each.

A message goes to the handler of its own connection, else to one that serves all. The messages of
a user are handled one after the other, in the order in which they came; other users do not wait
for them. Whatever cannot be handled is answered by an error, on the socket that asked.
"""

from __future__ import annotations

import asyncio
import logging
import weakref
from collections.abc import Mapping
from typing import Any, Protocol

from .connections import ConnectionManager, Socket
from .protocol import Refusal, error_frame, pong, read_object

LONGEST_TYPE = 200

logger = logging.getLogger(__name__)


class Handler(Protocol):
    """What handles messages of some types; of one connection only, if `socket` is not None."""

    socket: Any

    def can_handle(self, message_type: str) -> bool:
        """Whether it is for messages of this type."""

    async def handle(self, user_id: str, socket: Any, message: Mapping[str, Any]) -> Any:
        """Handle one message."""


class MessageRouter:
    """Knows who is connected, and which handlers there are."""

    def __init__(self, connections: ConnectionManager | None = None) -> None:
        """Begin without handlers; `connections` may be shared with others."""
        self._connections = connections or ConnectionManager()
        self._handlers: list[Handler] = []
        self._lanes: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()

    # --- who is there --------------------------------------------------------------------------

    async def connect(self, user_id: str, socket: Socket) -> None:
        """Add a socket of a user."""
        self._connections.connect(user_id, socket)

    async def disconnect(self, user_id: str, socket: Socket) -> None:
        """Remove a socket of a user, and the handlers that belong to it."""
        self._connections.disconnect(user_id, socket)
        self._handlers = [handler for handler in self._handlers if handler.socket is not socket]

    # --- handlers ------------------------------------------------------------------------------

    def add_handler(self, handler: Handler) -> None:
        """Add a handler; the first that is for a type gets its messages."""
        self._handlers.append(handler)

    def remove_handler(self, handler: Handler) -> None:
        """Remove a handler; removing it twice is fine."""
        self._handlers = [each for each in self._handlers if each is not handler]

    def _handler_of(self, socket: Any, message_type: str) -> Handler | None:
        fits = [handler for handler in self._handlers if handler.can_handle(message_type)]
        own = [handler for handler in fits if handler.socket is socket]
        shared = [handler for handler in fits if handler.socket is None]
        return next(iter(own or shared), None)

    # --- messages ------------------------------------------------------------------------------

    async def route_message(self, user_id: str, socket: Socket, message: Any) -> bool:
        """Handle a message, an object or its JSON text; False if an error was the answer."""
        lane = self._lanes.setdefault(user_id, asyncio.Lock())
        async with lane:
            try:
                await self._handle(user_id, socket, _understood(message))
            except Refusal as refusal:
                await self._connections.answer(user_id, socket, error_frame(refusal))
                return False
        return True

    async def _handle(self, user_id: str, socket: Socket, message: Mapping[str, Any]) -> None:
        if message["type"] == "ping":
            await self._connections.answer(user_id, socket, pong())
            return
        handler = self._handler_of(socket, message["type"])
        if handler is None:
            raise Refusal("UNKNOWN_TYPE", "nothing handles this type of message")
        try:
            await handler.handle(user_id, socket, message)
        except Exception as error:
            logger.exception("a handler failed")
            raise Refusal("HANDLER_FAILED", "the message could not be handled") from error

    # --- broadcasts ----------------------------------------------------------------------------

    async def broadcast_to_user(self, user_id: str, event: Mapping[str, Any]) -> int:
        """Send an event to every socket of a user; how many took it."""
        return await self._connections.broadcast(user_id, event)


class RouterFacade:
    """The router under the name by which old consumers know it: everything is handed on, so that
    there is one place where messages are routed.
    """

    def __init__(self, router: MessageRouter) -> None:
        """Stand before this router."""
        self._router = router
        self.connect, self.disconnect = router.connect, router.disconnect
        self.add_handler, self.remove_handler = router.add_handler, router.remove_handler
        self.broadcast_to_user = router.broadcast_to_user

    async def route_message(self, user_id: str, socket: Socket, message: Any) -> bool:
        """Hand a message on."""
        return await self._router.route_message(user_id, socket, message)


def _understood(message: Any) -> Mapping[str, Any]:
    """The message, which must be an object with a type."""
    if isinstance(message, str | bytes):
        message = read_object(message)
    if not isinstance(message, Mapping):
        raise Refusal("INVALID_MESSAGE", "a message must be an object")
    kind = message.get("type")
    if not isinstance(kind, str) or not kind.strip() or len(kind) > LONGEST_TYPE:
        raise Refusal("INVALID_MESSAGE", "a message needs a type")
    return message
