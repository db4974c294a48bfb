"""Sockets for tests of connections: they keep what they are sent, stall, or are broken."""

from __future__ import annotations

import asyncio
import json
from typing import Any


class Kept:
    """Keeps what it is sent, as objects; `before` is awaited before each."""

    def __init__(self) -> None:
        self.got: list[Any] = []
        self.closed: tuple[int, str] | None = None

    async def before(self) -> None: ...

    async def send(self, message: str, /) -> None:
        await self.before()
        self.got.append(json.loads(message))

    async def close(self, code: int = 1000, reason: str = "") -> None:
        self.closed = code, reason

    @property
    def kinds(self) -> list[str]:
        """The types of what it was sent."""
        return [message["type"] for message in self.got]


class Slow(Kept):
    """Lets everybody else have a turn before it takes anything."""

    async def before(self) -> None:
        await asyncio.sleep(0)


class Stalled(Kept):
    """Takes nothing, for ever."""

    async def before(self) -> None:
        await asyncio.Event().wait()


class Broken(Kept):
    """Raises, also when it is closed."""

    async def before(self) -> None:
        raise ConnectionResetError("gone")

    async def close(self, code: int = 1000, reason: str = "") -> None:
        raise ConnectionResetError("gone")
