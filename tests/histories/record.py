"""Records the histories that are test data: `python -m tests.histories.record [--new]`.

`ok-KIND-WORKLOAD.jsonl` come from the reference and break nothing; `RULE-miniature.jsonl` from the
first miniature made for the rule, in the smallest workload that proves it. Recorded once
and kept: they guard the checkers against change, without a target and without waiting. `--new` adds
those that are missing, and leaves the others as they are.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from tests.performance.made import SOUND, costs_of, shapes_of

from goldenpath import rulebook
from goldenpath.adapters.targets import Target, resolve
from goldenpath.conduct import Conducted, Options, conduct, probe
from goldenpath.miniatures import MINIATURES
from goldenpath.model import Outcome
from goldenpath.workloads import WORKLOADS

HERE = Path(__file__).parent

#: Whose histories break nothing.
GOOD = ("reference", "reference-agent", "reference-router", "goldenpath.builtin:reference_manager")

#: Smaller than in a run, and enough for a verdict: what is long for its statistics only.
SIZES = {"latency": 160}


def record(target: Target, workload: str, folder: Path) -> Conducted:
    """Run one workload and keep its history; where one is asked for, against the reference."""
    stored, planned = None, WORKLOADS[workload]
    if size := SIZES.get(workload):
        planned = replace(planned, size=dict.fromkeys(planned.size, size))
    if "CONTENT-8" in planned.proves[target.kind] and target.kind in SOUND:
        stored = shapes_of(SOUND[target.kind], folder / "baselines", target.name)
    if planned.on_request:
        stored = costs_of(SOUND[target.kind], folder / "baselines", target.name)
    options = Options(seed=42, time_scale=0.3, histories=folder, baseline=stored)
    return conduct(target, probe(target, options), planned, options)


def record_good(folder: Path) -> None:
    """Every workload of the reference."""
    for name in GOOD:
        target = resolve(name)
        for workload in WORKLOADS.values():
            kept = HERE / f"ok-{target.kind}-{workload.name}.jsonl"
            if target.kind in workload.proves and not kept.exists():
                done = record(target, workload.name, folder)
                assert done.history
                shutil.copy(done.history, kept)


def record_bad(rule: str, folder: Path) -> None:
    """The smallest history in which a miniature made for this rule breaks it, the first that does
    in a workload that proves the rule.
    """
    for name, miniature in MINIATURES.items():
        found = _breaking(rule, name, folder) if rule in miniature.breaks else []
        if found:
            smallest = min(found, key=lambda path: path.stat().st_size)
            shutil.copy(smallest, HERE / f"{rule}-{name}.jsonl")
            return
    raise ValueError(f"no miniature breaks {rule} in a workload that proves it")


def _breaking(rule: str, name: str, folder: Path) -> list[Path]:
    target, found = MINIATURES[name].target(f"miniature:{name}"), []
    for workload in WORKLOADS.values():
        if rule in workload.proves.get(target.kind, ()):
            done = record(target, workload.name, folder)
            assert done.history
            if any(v.rule == rule and v.outcome is Outcome.FAIL for v in done.verdicts):
                kept = folder / f"{rule}-{workload.name}.jsonl"
                found.append(done.history.rename(kept))
    return found


if __name__ == "__main__":
    for old in HERE.glob("*.jsonl") if "--new" not in sys.argv else ():
        old.unlink()
    with tempfile.TemporaryDirectory() as made, contextlib.chdir(made):  # no path of ours in them
        record_good(Path())
        for every in rulebook.RULES:
            if not any(HERE.glob(f"{every}-*.jsonl")):
                record_bad(every, Path())
