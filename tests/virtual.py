"""An event loop whose clock jumps to the next timer: order without sleeping, deadlines at once."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class VirtualLoop(asyncio.SelectorEventLoop):
    """As fast as the machine can turn, and the same on every machine. Knows no other threads."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        selector: Any = self._selector  # type: ignore[attr-defined]  # there since Python 3.4
        self._poll, selector.select = selector.select, self._jump

    def time(self) -> float:
        return self.now

    def _jump(self, timeout: float | None) -> Any:
        events = self._poll(0)
        if timeout is None and not events:
            raise RuntimeError("everything waits, and nothing will ever happen")
        if timeout and not events:
            self.now += timeout
        return events


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` on virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
