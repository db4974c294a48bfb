"""How long the harness waits: deadlines, and a limit that a machine which stalls stretches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from goldenpath import spec

#: Seconds of one tick, by which the deadline of a call is counted.
TICK = 0.05


@dataclass(frozen=True)
class Deadlines:
    """Seconds. call: until a call returns. delivery: until what must arrive has arrived.
    settle: how long nothing may happen before we say that nothing more does. All are scaled.
    """

    call: float = spec.CALL
    delivery: float = 2.0
    settle: float = 0.03

    def scaled(self, factor: float) -> Deadlines:
        """All of them, `factor` times as long."""
        return Deadlines(self.call * factor, self.delivery * factor, self.settle * factor)


@asynccontextmanager
async def patient(seconds: float) -> AsyncIterator[asyncio.Timeout]:
    """Like asyncio.timeout, but in ticks of the loop: while that stands still no time passes."""
    loop = asyncio.get_running_loop()
    left = max(1, round(seconds / TICK))
    timer: asyncio.TimerHandle | None = None

    def tick() -> None:
        nonlocal left, timer
        left -= 1
        if left <= 0:
            limit.reschedule(loop.time())
        else:
            timer = loop.call_later(TICK, tick)

    async with asyncio.timeout(None) as limit:
        timer = loop.call_later(TICK, tick)
        try:
            yield limit
        finally:
            timer.cancel()
