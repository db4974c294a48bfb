"""`goldenpath baseline show|update`: what is stored, and how it comes to be stored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from goldenpath import rulebook
from goldenpath.adapters.base import Facts
from goldenpath.adapters.targets import Target
from goldenpath.capabilities import untestable
from goldenpath.checkers.performance import COUNTED, untold
from goldenpath.conduct import Options, header_of, perform, probe, versions
from goldenpath.errors import TargetProblem, UsageProblem
from goldenpath.model import Entry
from goldenpath.performance import shaping
from goldenpath.performance.baseline import (
    COUNTED_IN,
    Baseline,
    BaselineProblem,
    Taken,
    path_of,
    read,
    updating,
    write,
)
from goldenpath.performance.counters import key
from goldenpath.workloads import WORKLOADS

_WORKLOAD = WORKLOADS[COUNTED_IN]

Line = tuple[str, str]


def show(target: Target, folder: Path) -> Iterator[Line]:
    """Styled lines about every baseline of this target, and about its golden shapes. Raises
    UsageProblem where there is none, or one is damaged.
    """
    lines = [*_costs(target, folder), *shaping.show(target, folder)]
    if not lines:
        raise UsageProblem(
            f"there is no baseline of {target.name} in {folder}",
            hint=updating(target.name, folder),
        )
    yield from lines


def _costs(target: Target, folder: Path) -> Iterator[Line]:
    for path in sorted(path_of(folder, _WORKLOAD.suite, target.name).parent.glob("*.json")):
        baseline = _read(path, target.name)
        yield "title", str(path)
        for taken in baseline.taken:
            yield "", f"  {_said(taken)}"
        if baseline.anchor is not baseline.last:
            yield "dim", f"  since the first of them: {_drift(baseline)}"


def _said(taken: Taken) -> str:
    each = ", ".join(
        f"{count / taken.dispatches:,.1f} {name}" for name, count in sorted(taken.counts.items())
    )
    made = f"workload {taken.hash}, goldenpath {taken.goldenpath}"
    return f"{each} per dispatch ({made}): {taken.reason}"


def _drift(baseline: Baseline) -> str:
    first, last = baseline.anchor, baseline.last
    return ", ".join(
        f"{name} {100 * (count / first.counts[name] - 1):+.1f} %"
        for name, count in sorted(last.counts.items())
        if name in first.counts
    )


def update(target: Target, folder: Path, reason: str) -> Iterator[Line]:
    """Count, and take that in as the last of the baseline. Yields styled lines.

    Raises UsageProblem or TargetProblem where nothing can be counted or kept; the file is then
    as it was.
    """
    if not reason.strip():
        raise UsageProblem("an update needs a reason", expected='--reason "what has changed"')
    facts = _countable(target)
    path = path_of(folder, _WORKLOAD.suite, target.name)
    before = _read(path, target.name) if path.exists() else None
    taken = _counted(target, facts, folder, reason.strip())
    if before and (before.last.hash, before.last.counts) == (taken.hash, taken.counts):
        yield "", f"{path} says so already: nothing was written"
        return
    past = before.taken if before else ()
    baseline = Baseline(
        target=target.name, workload=_WORKLOAD.name, key=key(), taken=(*past, taken)
    )
    try:
        write(path, baseline)
    except OSError as error:
        raise UsageProblem(f"{path} cannot be written: {error.strerror}") from None
    yield "title", f"written: {path}"
    yield "", f"  {_said(taken)}"
    if baseline.anchor is not baseline.last:
        yield "dim", f"  since the first of them: {_drift(baseline)}"


def _read(path: Path, target: str) -> Baseline:
    try:
        return read(path, target)
    except BaselineProblem as problem:
        raise UsageProblem(str(problem)) from None


def _countable(target: Target) -> Facts:
    """What a probe finds. Raises UsageProblem where what the target does can never be counted."""
    if target.kind not in _WORKLOAD.proves:
        raise UsageProblem(f"what {target.name} does cannot be counted: it is an {target.kind}")
    facts = probe(target, Options())
    if never := untestable(rulebook.RULES["PERF-1"], facts.card):
        raise UsageProblem(f"what {target.name} does cannot be counted: {never[1]}")
    return facts


def _counted(target: Target, facts: Facts, folder: Path, reason: str) -> Taken:
    """What is counted now. Raises TargetProblem where that cannot be told."""
    options = Options(baseline=folder)
    header = header_of(facts, _WORKLOAD, options)
    values: list[dict[str, Any]] = []

    def listen(entry: Entry) -> None:
        if entry.what == COUNTED:
            values.append(entry.value)

    perform(target, facts, header, options, listen)
    wrong = untold(values)
    if wrong:
        raise TargetProblem(f"what a dispatch of {target.name} costs cannot be told: {wrong[1]}")
    return Taken(
        hash=header.baseline["hash"],
        dispatches=values[0]["dispatches"],
        counts=values[0]["counts"],
        reason=reason,
        goldenpath=versions()["goldenpath"],
    )
