"""Style: an older class that keeps one socket per user (the last one that came); handlers are shared by all.

Noted before the first run: FAULT. disconnect forgets the user without asking which socket it is that closes: after a
reconnect the late end of the old socket takes the new one away (ISOLATION-9).
"""

import asyncio
import logging

from goldenpath import router

logger = logging.getLogger(__name__)


class MessageError(Exception):
    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


class UserSocketRouter(object):
    """One user, one socket. A user who comes again takes the place of himself."""

    def __init__(self):
        self._sockets = {}  # user_id -> socket
        self._locks = {}  # user_id -> lock
        self._handlers = []

    # -- connections ---------------------------------------------------------------------------
    async def connect(self, user_id, socket):
        if not user_id:
            raise ValueError("user_id is required")
        self._sockets[user_id] = socket
        self._locks.setdefault(user_id, asyncio.Lock())
        logger.info("connected: %s", user_id)

    async def disconnect(self, user_id, socket):
        if user_id in self._sockets:
            del self._sockets[user_id]
            logger.info("disconnected: %s", user_id)

    # -- handlers ------------------------------------------------------------------------------
    def add_handler(self, handler):
        if handler not in self._handlers:
            self._handlers.append(handler)

    def remove_handler(self, handler):
        if handler in self._handlers:
            self._handlers.remove(handler)

    def _handler_for(self, message_type):
        for handler in self._handlers:
            if handler.can_handle(message_type):
                return handler
        raise MessageError("UNKNOWN_TYPE", "unknown type: %.80s" % message_type)

    # -- messages ------------------------------------------------------------------------------
    async def route_message(self, user_id, socket, message):
        lock = self._locks.setdefault(user_id, asyncio.Lock())
        async with lock:
            try:
                await self._route(user_id, socket, message)
                return True
            except MessageError as error:
                await self._answer(socket, error.code, str(error))
            except Exception:
                logger.exception("handler raised")
                await self._answer(socket, "HANDLER_ERROR", "the message could not be handled")
            return False

    async def _route(self, user_id, socket, message):
        if not isinstance(message, dict):
            raise MessageError("BAD_MESSAGE", "an object is expected")
        message_type = message.get("type")
        if not isinstance(message_type, str):
            raise MessageError("BAD_MESSAGE", "type is expected, and text")
        if message_type == "ping":
            await socket.send_json({"type": "pong"})
            return
        await self._handler_for(message_type).handle(user_id, socket, message)

    async def _answer(self, socket, code, text):
        try:
            await socket.send_json({"type": "error", "error_code": code, "error_message": text})
        except ConnectionError:
            logger.info("nobody there for %s", code)

    # -- broadcasts ----------------------------------------------------------------------------
    async def broadcast_to_user(self, user_id, event):
        socket = self._sockets.get(user_id)
        if socket is None:
            return False
        try:
            await asyncio.wait_for(socket.send_json(event), 1)
        except (ConnectionError, asyncio.TimeoutError):
            return False
        return True


@router(fan_out=False, bound_handlers=False)
def make():
    return UserSocketRouter()
