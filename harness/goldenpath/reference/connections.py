"""Who is connected where: the transport that all sessions share, routed by user id.

A user may have several sockets, each of which gets every message. Whoever cannot be named
reaches nobody. A socket that is broken, or that does not take a message in time, is dropped and
closed, so that its client knows; the others notice nothing.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Any, Protocol

SOCKET_TIMEOUT = 2.0
TRY_AGAIN_LATER = 1013

logger = logging.getLogger(__name__)


class Socket(Protocol):
    """One open connection."""

    async def send(self, message: str, /) -> None:
        """Send text."""

    async def close(self, code: int = ..., reason: str = ...) -> None:
        """End the connection."""


class ConnectionManager:
    """Knows the sockets of each user, in the order in which they came."""

    def __init__(self, *, socket_timeout: float = SOCKET_TIMEOUT) -> None:
        """Begin with nobody connected."""
        self._sockets: dict[str, dict[Socket, None]] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._socket_timeout = socket_timeout

    def connect(self, user_id: str, socket: Socket) -> None:
        """Add a socket of a user."""
        if not isinstance(user_id, str) or not user_id.strip():
            raise ValueError("a connection needs a user id")
        self._sockets.setdefault(user_id, {})[socket] = None

    def disconnect(self, user_id: str, socket: Socket) -> None:
        """Remove this socket of this user, and no other; removing it twice is fine."""
        sockets = self._sockets.get(user_id, {})
        sockets.pop(socket, None)
        if not sockets:
            self._sockets.pop(user_id, None)

    def sockets_of(self, user_id: str) -> list[Socket]:
        """List the sockets of a user; nobody has none."""
        return list(self._sockets.get(user_id, ())) if isinstance(user_id, str) else []

    async def send_to_user(self, user_id: str, message: Mapping[str, Any]) -> bool:
        """Send a message to every socket of a user; True if at least one took it."""
        return await self.broadcast(user_id, message) > 0

    async def broadcast(self, user_id: str, message: Mapping[str, Any]) -> int:
        """Send a message to every socket of a user at once; how many took it."""
        sockets = self.sockets_of(user_id)
        if not sockets:
            return 0
        text = json.dumps(message)
        taken = await asyncio.gather(*(self._send(user_id, socket, text) for socket in sockets))
        return sum(taken)

    async def answer(self, user_id: str, socket: Socket, message: Mapping[str, Any]) -> bool:
        """Send a message to one socket; True if it took it."""
        return await self._send(user_id, socket, json.dumps(message))

    async def _send(self, user_id: str, socket: Socket, text: str) -> bool:
        try:
            async with asyncio.timeout(self._socket_timeout):
                await socket.send(text)
        except Exception as error:
            logger.info("a socket was dropped: %s", type(error).__name__)
            self._drop(user_id, socket)
            return False
        return True

    def _drop(self, user_id: str, socket: Socket) -> None:
        """Forget a socket at once and close it behind the scenes: that may take long."""
        self.disconnect(user_id, socket)
        closing = asyncio.create_task(self._close(socket))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    async def _close(self, socket: Socket) -> None:
        try:
            await socket.close(TRY_AGAIN_LATER, "too slow")
        except Exception as error:
            logger.info("a dropped socket could not be closed: %s", type(error).__name__)
