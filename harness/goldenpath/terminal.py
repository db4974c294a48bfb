"""The terminal: styled lines, and progress that moves where somebody is looking.

Whoever reads our output may have gone, as `| head` does: what is left to say is then said to
nobody, and changes nothing of what the command came to.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from goldenpath import ci
from goldenpath.errors import OutputProblem
from goldenpath.supervise import Progress as ChildProgress

STYLES = {
    "title": "bold",
    "pass": "green",
    "fail": "bold red",
    "unknown": "bold yellow",
    "known": "magenta",
    "warn": "yellow",
    "neutral": "dim",
    "dim": "dim",
    "": "",
}


#: Columns below which a width is no width: some environments say 0, and nothing would be printed.
LEAST = 20


class _Console(Console):
    """One for which a reader who has gone is no reason to end the command."""

    def on_broken_pipe(self) -> None:
        """Go on; rich would leave here with exit code 1, which is that of violations."""
        self.quiet = True
        _to_nobody(1)


def console() -> Console:
    """Plain and colourless where it is not a terminal; long lines are left to the reader."""
    made = _Console(soft_wrap=True, highlight=False, markup=False, emoji=False)
    made.width = max(made.width, LEAST)
    return made


def prepare() -> None:
    """Make stdout and stderr take every letter, escaped where their encoding lacks it, and be there
    even where they were closed.
    """
    for number, name in ((1, "stdout"), (2, "stderr")):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
        elif stream is None:
            setattr(sys, name, _nobody(number))


def _nobody(number: int) -> io.TextIOWrapper:
    """A stream that keeps nothing, with the number of the closed one: no file of ours gets it."""
    _to_nobody(number)
    return open(number, "w", closefd=False)


def _to_nobody(number: int) -> None:
    """Point a stream at nobody: what still waits in it is flushed when the process ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    if nowhere != number:
        os.dup2(nowhere, number)
        os.close(nowhere)


def say(lines: Iterable[tuple[str, str]], out: Console | None = None) -> None:
    """Print styled lines, none of which a CI system takes for a command. Raises OutputProblem."""
    out = out or console()
    for style, text in ci.quoted(lines):
        _writing(partial(out.print, Text(text, style=STYLES.get(style, ""))))


def echo(line: str) -> None:
    """Print a line as it is. Raises OutputProblem."""
    _writing(lambda: _put(sys.stdout, line))


def _put(stream: TextIO, line: str) -> None:
    stream.write(f"{line}\n")
    stream.flush()


def _writing(write: Callable[[], None]) -> None:
    try:
        write()
    except BrokenPipeError:
        _to_nobody(1)
    except OSError as error:
        _to_nobody(1)
        raise OutputProblem(f"the result cannot be printed: {error.strerror}") from None


def complain(line: str) -> None:
    """Print a line to stderr, if anybody is there to read it."""
    try:
        _put(sys.stderr, line)
    except OSError:
        _to_nobody(2)


class Bar:
    """Progress of a supervised run; silent where it is not a terminal."""

    def __init__(self) -> None:
        self._out = Console(stderr=True)
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total}"),
            TimeElapsedColumn(),
            console=self._out,
            transient=True,
            disable=not self._out.is_terminal,
        )
        self._task = self._progress.add_task("loading", total=None)

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, child: ChildProgress) -> None:
        """Show where the child is."""
        broken = {rule for rules in child.ended.values() for rule in rules}
        what = child.began or "loading"
        self._progress.update(
            self._task,
            total=len(child.plan) or None,
            completed=len(child.ended),
            description=f"{what}{f'  {len(broken)} rules broken' if broken else ''}",
        )
