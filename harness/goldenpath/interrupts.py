"""Tells a KeyboardInterrupt that somebody asked for from one that a target made up.

Only where interrupts are watched, in the supervised child; elsewhere each is taken for real.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from types import FrameType

#: The variable by which the supervised child knows who supervises it.
SUPERVISOR = "GOLDENPATH_SUPERVISOR"

#: Seconds after which a child whose supervisor was killed ends at the latest.
_ORPHANED = 1.0


class _Watch:
    on = False
    asked = False
    threads = 0


def watch() -> None:
    """Note from now on whether SIGINT really came."""

    def handler(number: int, frame: FrameType | None) -> None:
        _Watch.asked = True
        signal.default_int_handler(number, frame)

    signal.signal(signal.SIGINT, handler)
    _Watch.on = True


def made_up() -> bool:
    """Whether a KeyboardInterrupt that was just caught cannot have come from outside."""
    return _Watch.on and not _Watch.asked


def watched() -> bool:
    """Whether this is the supervised child: whatever it leaves is ended with its process group."""
    return _Watch.on


def end_with_supervisor() -> None:
    """End this process, and all that a target has started in its session, when the supervisor has
    been killed: nobody would stop what spins.
    """
    supervisor = int(os.environ.pop(SUPERVISOR, os.getppid()))
    threading.Thread(target=_watch_over, args=(supervisor,), daemon=True).start()
    _Watch.threads = 1


def threads() -> int:
    """How many threads of ours run in this process, besides its first."""
    return _Watch.threads


def _watch_over(supervisor: int) -> None:
    ours = os.getpid()
    while os.getppid() == supervisor:
        time.sleep(_ORPHANED)
    if os.getpgrp() == ours:
        os.killpg(ours, signal.SIGKILL)
    os.kill(ours, signal.SIGKILL)
