"""The recorder: stamps what happens on arrival and writes it down at once.

Each entry is one unbuffered write of one line, so that a process that is killed leaves all it had
recorded. Entries may come from any thread.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from goldenpath.history import Footer, Header, encode_line
from goldenpath.model import Entry, Kind

Listener = Callable[[Entry], None]


class Sink(Protocol):
    """Where the lines of a history go: anything with `write`, such as an unbuffered file."""

    def write(self, line: bytes, /) -> object:
        """Take one whole line."""


class FileSink:
    """An unbuffered file; each line is one system call, where the disk takes all of it."""

    def __init__(self, path: str) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)

    def write(self, line: bytes, /) -> object:
        """Write one line at once. Raises OSError where not all of it could be written."""
        written = 0
        while written < len(line):  # a disk that fills takes a part, and then raises
            written += os.write(self._fd, line[written:])
        return written

    def close(self) -> None:
        """Close the file, unless the target has done so."""
        with suppress(OSError):
            os.close(self._fd)


class Nowhere:
    """A sink that keeps nothing."""

    def write(self, line: bytes, /) -> object:
        """Forget the line."""
        return len(line)


class Recorder:
    """Makes entries out of what happens. `clock` gives seconds of one monotonic clock, `waited`
    nanoseconds that the machine had no time for us. broken: why not all of them could be written,
    empty where they could; listeners are told them all.
    """

    def __init__(self, sink: Sink | None = None, clock: Callable[[], float] | None = None) -> None:
        self._sink = Nowhere() if sink is None else sink
        self.clock = clock or time.monotonic
        self.waited: Callable[[], int] = lambda: 0
        self._lock = threading.Lock()
        self._listeners: list[Listener] = []
        self._sealed, self._process = False, os.getpid()
        self.broken = ""
        self.count = 0
        self.notes: list[str] = []

    def listen(self, listener: Listener) -> None:
        """Call `listener` with each entry from now on, in order."""
        self._listeners.append(listener)

    def begin(self, header: Header) -> None:
        """Write the header."""
        self._write(encode_line(header))

    def _write(self, line: bytes) -> None:
        """Write a line, if all before it could be: a full disk is no exception of the target's."""
        if not self.broken:
            try:
                self._sink.write(line)
            except OSError as error:
                self.broken = f"the history cannot be written: {error.strerror}"

    def record(
        self,
        kind: Kind,
        actor: str,
        step: str | None,
        what: str,
        value: Any = None,
        session: str = "",
    ) -> int:
        """Stamp and write one entry, and return its index. `value` must be JSON data. What a copy
        of this process does, where a target has forked, is no part of the history.
        """
        with self._lock:
            if self._sealed or os.getpid() != self._process:
                return self.count
            at, waited = int(self.clock() * 1e9), self.waited()
            entry = Entry(self.count, at, kind, actor, step, what, value, session, waited)
            line = encode_line(entry)
            self.count += 1
            self._write(line)
            for listener in self._listeners:
                listener(entry)
            return entry.index

    def end(self, abandoned: str = "") -> Footer:
        """Write the footer: the history is whole, or the rest of the workload was abandoned."""
        self.seal()
        footer = Footer(entries=self.count, notes=tuple(self.notes), abandoned=abandoned)
        self._write(encode_line(footer))
        return footer

    def seal(self) -> None:
        """Record nothing from now on: what a target still does, in a task or thread that is late,
        is no part of the history, and its file may be closed.
        """
        with self._lock:
            self._sealed = True
