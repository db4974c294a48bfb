"""An event loop whose clock stands still while there is work, and jumps to the next timer else.

So no deadline fires because a machine is slow, and the loop takes the same turns each time. What
waits for sockets or processes takes as many turns as it takes: that is refused.
"""

from __future__ import annotations

import asyncio
import selectors
from typing import Any


class Stuck(Exception):
    """Everything waits, and nothing of this thread will ever end it."""


class Outside(Exception):
    """The target waits for a socket or a process."""


class Jumping(selectors.DefaultSelector):
    """Never waits: time passes at once."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        """What is ready. Raises Stuck or Outside where that cannot be told."""
        if len(self.get_map()) > 1:  # one is the loop's own, by which other threads wake it
            raise Outside
        ready = super().select(0)
        if timeout is None and not ready:
            raise Stuck
        self.now += 0.0 if ready or timeout is None else max(0.0, timeout)
        return ready


class JumpingLoop(asyncio.SelectorEventLoop):
    """The stock loop with that clock."""

    def __init__(self) -> None:
        self._jumping = Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self._jumping.now
