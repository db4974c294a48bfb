"""One connection's conversation: frames are answered as they come, runs done one by one.

Reading and running are two tasks, so that a ping is answered while an agent works. The
conversation ends when the client goes; a run that is under way is cancelled then, and has ended
when `converse` returns.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterable, Awaitable, Callable, Collection

from .protocol import Frame, Ping, Refusal, UserMessage, error_frame, parse, pong
from .waiting import settle

MOST_WAITING = 1000

logger = logging.getLogger(__name__)

Send = Callable[[Frame], Awaitable[None]]
Run = Callable[[UserMessage], Awaitable[object]]
Admit = Callable[[UserMessage], None]


class ThreadOwners:
    """Remembers whose thread is whose: it belongs to whoever used it first."""

    def __init__(self) -> None:
        """Begin with no threads."""
        self._owners: dict[str, str] = {}

    def claim(self, thread_id: str, user_id: str) -> bool:
        """Say whether a thread is this user's; a new one becomes so."""
        return self._owners.setdefault(thread_id, user_id) == user_id


class ChatSession:
    """Talks with one client, whose identity is settled already."""

    def __init__(self, send: Send, admit: Admit, run: Run, tools: Collection[str]) -> None:
        """Take what a session can do: send a frame, admit a message or refuse it, run it."""
        self._send = send
        self._admit = admit
        self._run = run
        self._tools = tools
        self._waiting: asyncio.Queue[UserMessage] = asyncio.Queue(MOST_WAITING)

    async def converse(self, frames: AsyncIterable[str | bytes]) -> None:
        """Answer frames until there are no more."""
        worker = asyncio.create_task(self._work())
        try:
            async for raw in frames:
                await self.receive(raw)
        finally:
            worker.cancel()
            await settle(worker)

    async def receive(self, raw: str | bytes) -> None:
        """Answer one frame, or put it in line; what is refused is answered with an error frame."""
        try:
            request = parse(raw, self._tools)
            if isinstance(request, Ping):
                await self._send(pong())
            else:
                self._admit(request)
                self._enqueue(request)
        except Refusal as refusal:
            await self._send(error_frame(refusal))

    def _enqueue(self, request: UserMessage) -> None:
        try:
            self._waiting.put_nowait(request)
        except asyncio.QueueFull:
            raise Refusal("TOO_MANY_MESSAGES", "too many messages are waiting") from None

    async def _work(self) -> None:
        """Run messages in the order sent; one that fails does not keep the next from running."""
        while True:
            request = await self._waiting.get()
            try:
                await self._run(request)
            except Exception:
                logger.exception("a run failed")
