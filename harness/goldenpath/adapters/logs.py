"""What a target logs as a warning or an error, by whichever logger, and wherever that hands it on.

Heard where records are made: a logger that does not propagate, or has a handler of its own, would
else not be heard. What asyncio logs of exceptions that nobody asked for is not the target's word.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any


class Logs:
    """Tells `hear` the level of each record from `open` to `close`."""

    def __init__(self, hear: Callable[[str], None]) -> None:
        self._hear = hear
        self._before: Callable[..., logging.LogRecord] | None = None

    def open(self) -> None:
        """Begin to hear. Opening again does nothing."""
        if self._before is None:
            self._before = logging.getLogRecordFactory()
            logging.setLogRecordFactory(self._make)

    def close(self) -> None:
        """Hear nothing more; a factory that somebody has put over ours meanwhile stays."""
        if logging.getLogRecordFactory() == self._make and self._before is not None:
            logging.setLogRecordFactory(self._before)
            self._before = None
        self._hear = lambda _: None

    def _make(self, *args: Any, **more: Any) -> logging.LogRecord:
        record = (self._before or logging.LogRecord)(*args, **more)
        if record.levelno >= logging.WARNING and record.name.split(".")[0] != "asyncio":
            self._hear(record.levelname)
        return record
