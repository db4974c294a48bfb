"""Tells a KeyboardInterrupt that somebody asked for from one that a target made up.

Only where interrupts are watched, in the supervised child; elsewhere each is taken for real.
"""

from __future__ import annotations

import signal
from types import FrameType


class _Watch:
    on = False
    asked = False


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
