"""Every rule has a miniature that it catches, and nothing turns red without a reason.

What a miniature comes to is kept for all processes of a test run. What needs many sessions or many
calls is measured whole only where it is to turn red; elsewhere there are so few that RESOURCE-2 and
LATENCY-1 are NOT_RUN. `python -m tests.miniatures.test_kill_matrix` measures both everywhere, which
takes ten minutes, and prints what differs from the declarations.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from unittest.mock import patch

import msgspec
import pytest
from tests.performance.made import SOUND, costs_of, shapes_of
from tests.virtual import VirtualLoop

from goldenpath import rulebook
from goldenpath.adapters import growth
from goldenpath.conduct import Options, conduct, probe
from goldenpath.judge import relevant
from goldenpath.miniatures import MINIATURES
from goldenpath.model import Outcome, Verdict
from goldenpath.results import strongest
from goldenpath.workloads import WORKLOADS

OPTIONS = Options(seed=1, loop_factory=VirtualLoop)


@dataclass(frozen=True)
class Result:
    """What all workloads say of one miniature."""

    verdicts: tuple[Verdict, ...]

    @property
    def best(self) -> Mapping[str, Verdict]:
        return strongest(self.verdicts)

    def rules(self, outcome: Outcome) -> set[str]:
        return {rule for rule, verdict in self.best.items() if verdict.outcome is outcome}

    def said(self, rules: set[str]) -> str:
        lines = [
            f"{v.workload}/{v.rule} {v.outcome}: {v.reason}"
            for v in self.verdicts
            if v.rule in rules and v.outcome in (Outcome.FAIL, Outcome.UNKNOWN)
        ]
        return "\n".join(["", *lines])


#: The size of what takes long, by workload: enough to tell what stands beside it, and too little.
Sizes = Mapping[str, int]
ENOUGH: Mapping[str, tuple[str, int]] = {
    "many_sessions": ("RESOURCE-2", 25),
    "latency": ("LATENCY-1", WORKLOADS["latency"].size["quick"]),
}
TOO_LITTLE: dict[str, int] = {"many_sessions": 2, "latency": 24}

#: What a miniature that breaks one of these is held against: who asks for costs gets shapes, too.
STORED = {"PERF-1": (costs_of, shapes_of), "CONTENT-8": (shapes_of,)}

#: Growth is measured to its end however slow the machine is.
TO_THE_END = 100

#: Where results are kept for the other processes of this test run.
shared: list[Path] = []


@pytest.fixture(scope="session", autouse=True)
def _shared(tmp_path_factory: pytest.TempPathFactory) -> None:
    base = tmp_path_factory.getbasetemp()
    shared.append((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "miniatures")
    shared[0].mkdir(exist_ok=True)


@cache
def result(name: str) -> Result:
    """Run a miniature through all workloads of its kind, once in a test run, or twice at most."""
    kept = shared[0] / f"{name}.json"
    if not kept.exists():
        made = msgspec.json.encode(run(name, sizes(MINIATURES[name].red)))
        half = kept.with_suffix(f".{os.getpid()}")
        half.write_bytes(made)
        half.rename(kept)
    return Result(msgspec.json.decode(kept.read_bytes(), type=tuple[Verdict, ...]))


def sizes(red: Collection[str]) -> Sizes:
    """Enough of each workload to turn red what is to, and no more."""
    return TOO_LITTLE | {name: size for name, (rule, size) in ENOUGH.items() if rule in red}


def run(name: str, sizes: Sizes) -> tuple[Verdict, ...]:
    """All verdicts about one miniature; one that was made to cost more is held against what the
    reference costs.
    """
    target = MINIATURES[name].target(f"miniature:{name}")
    facts = probe(target, OPTIONS)
    workloads = [
        replace(w, size={**w.size, "quick": sizes.get(w.name, w.size["quick"])})
        for w in WORKLOADS.values()
        if facts.kind in w.proves
    ]
    with tempfile.TemporaryDirectory() as made, patch.object(growth, "LONGEST", TO_THE_END):
        kept = [make for rule in MINIATURES[name].breaks for make in STORED.get(rule, ())]
        for make in kept:
            make(SOUND[facts.kind], Path(made), target.name)
        workloads = [w for w in workloads if costs_of in kept or not w.on_request]
        options = replace(OPTIONS, baseline=Path(made) if kept else None)
        done = [conduct(target, facts, workload, options) for workload in workloads]
    return tuple(v for conducted in done for v in relevant(conducted.verdicts))


@pytest.mark.parametrize("name", MINIATURES)
def test_turns_red_what_it_breaks_and_nothing_else(name: str) -> None:
    expected, got = MINIATURES[name].red, result(name).rules(Outcome.FAIL)
    assert got == expected, result(name).said(got ^ expected)


@pytest.mark.parametrize("name", MINIATURES)
def test_leaves_nothing_untold_but_what_it_says(name: str) -> None:
    expected, got = set(MINIATURES[name].unknown), result(name).rules(Outcome.UNKNOWN)
    assert got == expected, result(name).said(got ^ expected)


@pytest.mark.parametrize("rule", rulebook.RULES)
def test_rule_is_broken_where_a_workload_proves_it(rule: str) -> None:
    """Some miniature was made for the rule, and fails it in a workload that owes its verdict."""
    made_for_it = [name for name, miniature in MINIATURES.items() if rule in miniature.breaks]
    assert made_for_it
    assert any(
        verdict.proves and verdict.rule == rule and verdict.outcome is Outcome.FAIL
        for name in made_for_it
        for verdict in result(name).verdicts
    )


@pytest.mark.parametrize("name", MINIATURES)
def test_finding_names_its_witness(name: str) -> None:
    for verdict in result(name).verdicts:
        for finding in verdict.findings:
            assert finding.message
            assert finding.witness, f"{verdict.workload}/{finding.rule}: {finding.message}"


def test_says_what_it_is() -> None:
    for name, miniature in MINIATURES.items():
        assert miniature.about.endswith("."), name
        assert miniature.breaks, name
        assert all(rule in rulebook.RULES for rule in (*miniature.red, *miniature.unknown)), name
        assert not set(miniature.breaks) & set(miniature.implied), name
        assert not miniature.red & set(miniature.unknown), name


def matrix() -> list[str]:
    """Rules down, miniatures across: B broken on purpose, i implied, ? cannot be told."""
    names = list(MINIATURES)
    lines = [
        f"{len(names)} miniatures x {len(rulebook.RULES)} rules: B made for it, i implied, ? untold"
    ]
    for rule in rulebook.RULES:
        row = "".join(_mark(name, rule) for name in names)
        lines.append(f"{rule:12} {row} {row.count('B')}B {row.count('i')}i")
    return lines


def _mark(name: str, rule: str) -> str:
    verdict = result(name).best.get(rule)
    if verdict is None or verdict.outcome not in (Outcome.FAIL, Outcome.UNKNOWN):
        return "."
    if verdict.outcome is Outcome.UNKNOWN:
        return "?"
    return "B" if rule in MINIATURES[name].breaks else "i"


def test_matrix(capsys: pytest.CaptureFixture[str]) -> None:
    """Show the matrix; what it must look like is asserted above."""
    lines = matrix()
    with capsys.disabled():
        print("\n" + "\n".join(lines))


if __name__ == "__main__":
    for each, made in MINIATURES.items():
        whole = Result(run(each, {}))
        told = (whole.rules(Outcome.FAIL), whole.rules(Outcome.UNKNOWN))
        for wanted, found in zip((made.red, set(made.unknown)), told, strict=True):
            if wanted != found:
                print(each, sorted(wanted), sorted(found), whole.said(wanted ^ found))
