"""Runs that give their answer piece by piece, and work on when whoever consumed them has left.

`Streams` and `StreamsAhead` are sound, and what the miniatures are made of.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from goldenpath.miniatures.base import miniature
from goldenpath.reference import ScriptedAgent, SessionClosed
from goldenpath.reference.waiting import settle


class Streams(ScriptedAgent):
    """A run gives away each of its steps when it is done; one that is left stops where it is."""

    async def run(self, message: str, plan: Any) -> AsyncIterator[str]:  # type: ignore[override]
        self._refuse_if_closed()
        async with self._running:
            self._refuse_if_closed()
            try:
                await self._begin(message)
                yield "begun"
                for number, calls in enumerate(plan.rounds, 1):
                    await self._think(calls)
                    yield "a thought"
                    self._to_come = plan.rounds[number:]
                    await self._round(calls)
                    yield "a round"
            except GeneratorExit:
                await self._closed_early()
                raise
            except asyncio.CancelledError:
                await self._cancelled()
                raise
            except Exception as error:
                await self._failed(error)
                raise
            yield await self._finish(plan.answer)

    async def _closed_early(self) -> None:
        await self._cancelled()


class StreamsAhead(ScriptedAgent):
    """A run works in a task of its own, ahead of its consumer, and is stopped when that leaves."""

    async def run(self, message: str, plan: Any) -> AsyncIterator[str]:  # type: ignore[override]
        self._pieces: asyncio.Queue[str] = asyncio.Queue()
        working = asyncio.create_task(super().run(message, plan))
        working.add_done_callback(self._over)
        try:
            while piece := await self._pieces.get():
                yield piece
        except GeneratorExit:
            await self._closed_early(working)
            raise
        except asyncio.CancelledError:
            await _stop(working)
            raise
        yield working.result()

    async def _round(self, calls: Any) -> None:
        await super()._round(calls)
        self._pieces.put_nowait("a round")

    def _over(self, working: asyncio.Task[str]) -> None:
        if not working.cancelled():
            working.exception()  # seen, also where nobody waits for it any more
        self._pieces.put_nowait("")

    async def _closed_early(self, working: asyncio.Task[str]) -> None:
        await _stop(working)


async def _stop(working: asyncio.Task[str]) -> None:
    working.cancel()
    await settle(working)


# --- TOOL-10a ------------------------------------------------------------------------------------


@miniature("TOOL-10a")
class LeftStreamWorksOn(StreamsAhead):
    """A run is stopped when its consumer is cancelled, and works on when its stream is closed."""

    async def _closed_early(self, working: asyncio.Task[str]) -> None:
        pass


@miniature("TOOL-10a")
class ClosedStreamFinishes(Streams):
    """A run whose stream is closed makes the calls that were to come before it lets go."""

    async def _closed_early(self) -> None:
        with suppress(SessionClosed):
            for calls in self._to_come:
                await self._round(calls)
        await self._cancelled()
