"""Finds the lines of a history that findings point to, in one pass and with bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

import msgspec

from goldenpath.model import Entry, Verdict
from goldenpath.report.evidence import Line, Reader, line_of
from goldenpath.report.plain import MESSAGE, plain

#: Workload to entry index to line: what the reports show of histories.
Witnesses = Mapping[str, Mapping[int, Line]]

_entry = msgspec.json.Decoder(Entry).decode

#: Witness lines that are looked up per finding; its message says what they have in common.
PER_FINDING = 8


def collect(
    lines: Iterable[bytes],
    wanted: Collection[int],
    reader_of: Callable[[bytes], Reader],
    limit: int = MESSAGE,
) -> dict[int, Line]:
    """Return the wanted entries of a history file, each bounded (see evidence).

    `reader_of` makes, of the history's first line, what reads its frames. Reads no further than the
    last wanted entry. A line that is not the entry that should stand there (a cut file, a footer)
    is left out.
    """
    found: dict[int, Line] = {}
    last = max(wanted, default=-1)
    reader: Reader | None = None
    for index, line in enumerate(lines, start=-1):
        if index > last:
            break
        if reader is None:
            reader = reader_of(line)
        elif index in wanted and line.endswith(b"\n"):
            shown = _line(index, line.removesuffix(b"\n"), reader, limit)
            if shown is not None:
                found[index] = shown
    return found


def _line(index: int, line: bytes, reader: Reader, limit: int) -> Line | None:
    try:
        entry = _entry(line)
        shown = line_of(entry, reader(entry), _raw(line, limit))
    except (ValueError, RecursionError):  # the file is not as we wrote it
        return None
    return shown if entry.index == index else None


def _raw(line: bytes, limit: int) -> str:
    head = plain(line[: 4 * limit].decode("utf-8", "replace"), limit)
    if len(line) <= 4 * limit:
        return head
    return f"{head.rpartition('… (+')[0] or head}… (of {len(line):,} bytes)"


def wanted(verdicts: Iterable[Verdict]) -> dict[str, frozenset[int]]:
    """Return which entries of which workload's history the findings point to."""
    found: dict[str, set[int]] = {}
    for verdict in verdicts:
        for finding in verdict.findings:
            found.setdefault(verdict.workload, set()).update(finding.witness[:PER_FINDING])
    return {workload: frozenset(indexes) for workload, indexes in found.items() if indexes}
