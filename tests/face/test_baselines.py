"""Baselines from the outside: asked for, absent, broken, and judged again without the target."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.face.commands import goldenpath, verdicts
from tests.performance.made import costs_of

ASKED = ("--workload", "counters", "--baseline", "base")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Baselines of the reference, and of a miniature that used to cost as little."""
    folder = tmp_path_factory.mktemp("kept")
    return costs_of("reference", folder, "miniature:validates-again")


@pytest.fixture
def folder(kept: Path, tmp_path: Path) -> Path:
    shutil.copytree(kept, tmp_path / "base")
    return tmp_path


def perf(folder: Path, report: str = "latest") -> dict[str, Any]:
    found = verdicts(folder / "reports" / report)
    (verdict,) = (v for v in found["verdicts"] if v["rule"] == "PERF-1")
    return dict(verdict)


def test_a_run_that_asks_for_its_baseline_is_green_where_it_holds(folder: Path) -> None:
    """The rule is a verdict like any other."""
    done = goldenpath(folder, "run", "reference", *ASKED)

    assert done.returncode == 0, done.stdout + done.stderr
    assert (perf(folder)["outcome"], perf(folder)["workload"]) == ("PASS", "counters")


def test_more_work_is_a_violation_that_can_be_checked_and_replayed(folder: Path) -> None:
    """Exit 1, the figures, and the same again from the history alone, and from its steps."""
    ran = goldenpath(folder, "run", "miniature:validates-again", *ASKED)
    history = "reports/latest/histories/counters.jsonl"
    again = goldenpath(folder, "check", history)
    shutil.rmtree(folder / "base")
    replayed = goldenpath(folder, "replay", history)

    assert [done.returncode for done in (ran, again, replayed)] == [1, 1, 1]
    for done in (ran, again, replayed):
        assert "PERF-1" in done.stdout
        assert "instructions per dispatch: expected" in done.stdout
    assert perf(folder)["findings"][0]["replay"] == f"goldenpath replay {history}"
    assert perf(folder, "replay")["outcome"] == "FAIL"


def test_a_baseline_that_is_not_there_is_not_green(folder: Path) -> None:
    """Exit 3, and what to do; the run does not make one."""
    done = goldenpath(folder, "run", "reference-agent", *ASKED)

    assert done.returncode == 3
    assert "goldenpath baseline update reference-agent --baseline base" in done.stdout
    assert not (folder / "base/performance/reference-agent").exists()


def test_without_being_asked_for_it_is_shown_as_not_run(tmp_path: Path) -> None:
    """Counted among the outcomes, with how to ask, and no item is made for it."""
    done = goldenpath(tmp_path, "run", "reference-agent")
    chosen = goldenpath(tmp_path, "run", "reference", "--rule", "PERF-1", "--report-dir", "alone")
    found = verdicts(tmp_path / "reports/latest")

    assert (done.returncode, chosen.returncode) == (0, 3)
    assert perf(tmp_path)["outcome"] == "NOT_RUN"
    assert perf(tmp_path)["workload"] == ""
    assert found["counts"]["NOT_RUN"] >= 1
    for said in (done.stdout, chosen.stdout):
        assert "no baseline was asked for: --baseline DIR asks" in said


def test_it_is_made_and_shown_by_command(tmp_path: Path) -> None:
    """With a reason, or not at all."""
    mute = goldenpath(tmp_path, "baseline", "update", "reference")
    made = goldenpath(tmp_path, "baseline", "update", "reference", "--reason", "it begins")
    shown = goldenpath(tmp_path, "baseline", "show", "reference")
    absent = goldenpath(tmp_path, "baseline", "show", "reference-agent")

    assert [done.returncode for done in (mute, made, shown, absent)] == [2, 0, 0, 2]
    assert "reports/baselines/performance/reference/" in made.stdout
    assert "it begins" in shown.stdout
    assert "there is no baseline of reference-agent" in absent.stderr


def test_inside_pytest_it_is_an_item(folder: Path) -> None:
    """As any other rule, also where xdist spreads the items."""
    (folder / "pytest.ini").write_text("[pytest]\n")
    suites = ("--pyargs", "goldenpath.suites", "--goldenpath-workload", "counters", "-v")
    asked = ("--goldenpath-target", "miniature:validates-again", "--goldenpath-baseline", "base")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n", "2", *suites, *asked],
        cwd=folder,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert re.search(r"FAILED \S+counters/PERF-1", done.stdout)
    assert re.search(r"PASSED \S+counters/nothing-else-broken", done.stdout)
    assert perf(folder)["outcome"] == "FAIL"
