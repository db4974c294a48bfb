"""How long this process, and those that it started, were kept waiting for a processor.

What comes late because the machine had no time for it tells nothing of a target. Linux counts the
nanoseconds that each thread could have run and did not (/proc/PID/schedstat), and the ticks in
which a host ran other machines instead of this one (steal in /proc/stat; both proc(5)). Elsewhere
nothing is known of it, and nothing is excused by it.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

_PROCESSES = Path("/proc")

#: Nanoseconds of a tick of /proc/stat, and where the ticks stand that were stolen.
_TICK = 1_000_000_000 // os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 0
_STEAL = 8

#: Seconds for which a reading is fresh; to read takes fifty microseconds.
_FRESH = 0.005


class Waited:
    """Sums up what the threads of this process and of its children wait, from when they are first
    seen, and what is stolen from the machine. It never goes down: what a thread waited that has
    ended still counts.
    """

    def __init__(
        self, processes: Path = _PROCESSES, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._processes, self._clock = processes, clock
        self._threads: dict[str, int] = {}
        self._total, self._read_at = 0, -math.inf

    def so_far(self) -> int:
        """Nanoseconds of all threads together; 0 where it is not known. Read anew where it was not
        just read: who was kept out for long comes back later than that.
        """
        if self._clock() - self._read_at >= _FRESH:
            self._read()
            self._read_at = self._clock()
        return self._total

    def _read(self) -> None:
        own = self._processes / str(os.getpid())
        seen = dict(_stolen(self._processes))
        for process in (own, *(self._processes / child for child in _children(own))):
            seen.update(_waits(process))
        self._total += sum(
            max(0, now - self._threads[thread])
            for thread, now in seen.items()
            if thread in self._threads
        )
        self._threads = seen


def _stolen(processes: Path) -> Iterator[tuple[str, int]]:
    """What all processors together were without."""
    with suppress(OSError, ValueError, IndexError):
        path = f"{processes}/stat"
        with open(path, encoding="ascii") as file:
            yield path, int(file.readline().split()[_STEAL]) * _TICK


def _waits(process: Path) -> Iterator[tuple[str, int]]:
    """By the path of each thread what it waited; it may have ended meanwhile."""
    with suppress(OSError):
        for thread in os.listdir(process / "task"):
            path = f"{process}/task/{thread}/schedstat"
            with suppress(OSError, ValueError, IndexError):
                yield path, int(_text(path).split()[1])


def _children(process: Path) -> list[str]:
    with suppress(OSError):
        return _text(f"{process}/task/{process.name}/children").split()
    return []


def _text(path: str) -> str:
    with open(path, encoding="ascii") as file:
        return file.read()
