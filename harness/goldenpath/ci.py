"""What a CI system is told besides the exit code: on GitHub, annotations and the job's summary."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path

from goldenpath.report import github
from goldenpath.report.markdown import LIMIT, render
from goldenpath.results import Report
from goldenpath.store import read_witnesses

#: Bytes of the summary of one step; GitHub drops one that is larger altogether.
MOST = 1 << 20

#: Bytes without which a summary says nothing.
_LEAST = 2_000


def on_github() -> bool:
    """Whether this is a step of a GitHub job."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def tell(report: Report, folder: Path) -> list[str]:
    """Append the summary where the job wants it; return the lines that the log must show."""
    if not on_github():
        return []
    return [*github.annotations(report), *_summarise(report, folder)]


def refused(problem: str) -> list[str]:
    """The lines for a command that was not carried out."""
    return [github.command("error", "goldenpath", problem)] if on_github() else []


def quoted(lines: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The styled lines, of which some are a target's, so that GitHub takes none for a command: it
    knows `##[` anywhere in a line, and `::` at its beginning.
    """
    if not on_github():
        yield from lines
        return
    token, said = secrets.token_hex(16), [*lines]  # whatever raises does so before we begin
    yield "", f"::stop-commands::{token}"
    yield from said
    yield "", f"::{token}::"


def _summarise(report: Report, folder: Path) -> list[str]:
    """Append what there is room for: other commands of the same step write there as well."""
    wanted = os.environ.get("GITHUB_STEP_SUMMARY")
    if not wanted:
        return []
    path = Path(wanted)
    try:
        room = MOST - (path.stat().st_size if path.exists() else 0) - len("\n\n")
        if room < _LEAST:
            return [_unsummarised("has no room left", folder)]
        text = render(report, witnesses=read_witnesses(report, folder), limit=min(room, LIMIT))
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(f"\n{text}\n")
    except OSError as error:
        return [_unsummarised(f"cannot be written: {error.strerror}", folder)]
    return []


def _unsummarised(why: str, folder: Path) -> str:
    text = f"the summary of this step {why}; it is in {folder / 'summary.md'}"
    return github.command("notice", "goldenpath", text)
