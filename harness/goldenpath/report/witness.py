"""Finds the lines of a history that findings point to, in one pass and with bounded memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from goldenpath.history import History, dump
from goldenpath.model import Finding, Verdict
from goldenpath.report.plain import MESSAGE, plain

#: Workload to entry index to line: what the reports show of histories.
Witnesses = Mapping[str, Mapping[int, str]]

#: Witness lines that are looked up per finding; its message says what they have in common.
PER_FINDING = 8


def collect(
    lines: Iterable[bytes], wanted: Collection[int], limit: int = MESSAGE
) -> dict[int, str]:
    """Return the wanted entries of a history file as plain text, each of at most `limit` letters.

    Reads no further than the last wanted entry. A line that is not the entry that should stand
    there (a cut file, a footer) is left out.
    """
    found: dict[int, str] = {}
    last = max(wanted, default=-1)
    for index, line in enumerate(lines, start=-1):
        if index > last:
            break
        if index in wanted and line.startswith(b'{"index":%d,' % index) and line.endswith(b"\n"):
            found[index] = _shown(line.removesuffix(b"\n"), limit)
    return found


def _shown(line: bytes, limit: int) -> str:
    head = plain(line[: 4 * limit].decode("utf-8", "replace"), limit)
    if len(line) <= 4 * limit:
        return head
    return f"{head.rpartition('… (+')[0] or head}… (of {len(line):,} bytes)"


def witness(history: History, finding: Finding, limit: int = MESSAGE) -> list[str]:
    """Return the lines of a finding's witness, out of a history in memory."""
    found = collect(dump(history), frozenset(finding.witness), limit)
    return [found[index] for index in sorted(found)]


def wanted(verdicts: Iterable[Verdict]) -> dict[str, frozenset[int]]:
    """Return which entries of which workload's history the findings point to."""
    found: dict[str, set[int]] = {}
    for verdict in verdicts:
        for finding in verdict.findings:
            found.setdefault(verdict.workload, set()).update(finding.witness[:PER_FINDING])
    return {workload: frozenset(indexes) for workload, indexes in found.items() if indexes}
