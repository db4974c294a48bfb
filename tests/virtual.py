"""An event loop whose clock jumps to the next timer: order without sleeping, deadlines at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import thread as pools
from typing import Any, TypeVar
from unittest.mock import patch

T = TypeVar("T")

#: Seconds that a thread is looked after at a time, and how many times before it is given up.
POLL, POLLS = 0.01, 6_000


class VirtualLoop(asyncio.SelectorEventLoop):
    """As fast as the machine can turn, and the same on every machine.

    While other threads are at work time stands still: those that were started since it was made,
    until they end, and those of a pool, while they do what `run_in_executor` gave them. A thread
    that waits for this loop must not wait for its time: it would wait for ever. What was given to a
    pool in another way is not seen. `time.monotonic` tells its time while it runs.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self._at_work = 0
        self._stood = 0
        self._before = frozenset(threading.enumerate())
        selector: Any = self._selector  # type: ignore[attr-defined]  # there since Python 3.4
        self._poll, selector.select = selector.select, self._jump

    def time(self) -> float:
        return self.now

    def run_forever(self) -> None:
        with patch("time.monotonic", self.time):
            super().run_forever()

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:
        future = super().run_in_executor(executor, func, *args)
        self._at_work += 1
        future.add_done_callback(self._back)
        return future

    def _back(self, _: Any) -> None:
        self._at_work -= 1

    def _others_work(self) -> bool:
        pooled = pools._threads_queues  # type: ignore[attr-defined]  # its threads wait for more
        started = (t for t in threading.enumerate() if t not in self._before and t not in pooled)
        return self._at_work > 0 or any(started)

    def _jump(self, timeout: float | None) -> Any:
        # Asked before the poll: the last thing that a thread does is to wake this loop.
        if timeout != 0 and self._others_work():
            return self._stand(timeout)
        events = self._poll(0)
        if timeout is None and not events:
            raise RuntimeError("everything waits, and nothing will ever happen")
        if timeout and not events:
            self.now += timeout
        return events

    def _stand(self, timeout: float | None) -> Any:
        events = self._poll(min(POLL, timeout or POLL))
        self._stood = 0 if events else self._stood + 1
        if self._stood > POLLS:
            raise RuntimeError("a thread does not end while time stands still: use the real clock")
        return events


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` on virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
