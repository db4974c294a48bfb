"""The terminal: styled lines, and progress that moves where somebody is looking."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from goldenpath import ci
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


def console() -> Console:
    """Plain and colourless where it is not a terminal; long lines are left to the reader."""
    return Console(soft_wrap=True, highlight=False, markup=False)


def say(lines: Iterable[tuple[str, str]], out: Console | None = None) -> None:
    """Print styled lines, none of which a CI system takes for a command."""
    out = out or console()
    for style, text in ci.quoted(lines):
        out.print(Text(text, style=STYLES.get(style, "")))


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
