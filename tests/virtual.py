"""An event loop whose clock jumps to the next timer: order without sleeping, deadlines at once."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class VirtualLoop(asyncio.SelectorEventLoop):
    """As fast as the machine can turn, and the same on every machine. Of other threads it knows
    those of its executor: while they are at work time stands still.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self._at_work = 0
        selector: Any = self._selector  # type: ignore[attr-defined]  # there since Python 3.4
        self._poll, selector.select = selector.select, self._jump

    def time(self) -> float:
        return self.now

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:
        future = super().run_in_executor(executor, func, *args)
        self._at_work += 1
        future.add_done_callback(self._back)
        return future

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        self._at_work += 1
        await super().shutdown_default_executor()
        self._at_work -= 1

    def _back(self, _: Any) -> None:
        self._at_work -= 1

    def _jump(self, timeout: float | None) -> Any:
        events = self._poll(min(0.01, timeout or 0.01) if self._at_work and timeout != 0 else 0)
        if self._at_work:
            return events
        if timeout is None and not events:
            raise RuntimeError("everything waits, and nothing will ever happen")
        if timeout and not events:
            self.now += timeout
        return events


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` on virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
