"""Drawn values are recorded: whoever has the history needs no Hypothesis."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.face.commands import goldenpath

RUN = ("run", "--workload", "drawn_values")


@pytest.fixture
def without(tmp_path: Path) -> dict[str, str]:
    """An environment in which Hypothesis cannot be imported."""
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    (blocked / "hypothesis.py").write_text("raise ImportError('no hypothesis here')")
    path = os.pathsep.join([str(blocked), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": path}


def steps(history: Path) -> Any:
    return json.loads(history.read_bytes().splitlines()[0])["script"]


def test_a_history_is_replayed_without_hypothesis(tmp_path: Path, without: dict[str, str]) -> None:
    """The same steps, judged the same; a new run cannot be had there, and says why."""
    first = goldenpath(tmp_path, *RUN, "miniature:floats-rounded", "--seed", "4")
    history = tmp_path / "reports/latest/histories/drawn_values.jsonl"
    again = goldenpath(tmp_path, "replay", str(history), env=without)
    new = goldenpath(tmp_path, *RUN, "reference", "--report-dir", "new", env=without)

    assert (first.returncode, again.returncode) == (1, 1), first.stdout + again.stdout
    assert "TOOL-3" in again.stdout
    assert steps(tmp_path / "reports/replay/histories/drawn_values.jsonl") == steps(history)
    assert new.returncode == 3, new.stdout
    assert "no values could be drawn by Hypothesis" in new.stdout
    assert not list(tmp_path.rglob(".hypothesis"))


@pytest.mark.parametrize("arguments", [["--version"], ["list", "workloads"]])
def test_no_command_needs_hypothesis_before_it_draws(
    arguments: list[str], tmp_path: Path, without: dict[str, str]
) -> None:
    """It is not even looked for."""
    done = goldenpath(tmp_path, *arguments, env=without)

    assert done.returncode == 0, done.stderr


def test_a_run_leaves_this_process_without_hypothesis(tmp_path: Path) -> None:
    """What a user's own tests have set up there stays theirs."""
    code = (
        "import sys\n"
        "from goldenpath.adapters.targets import resolve\n"
        "from goldenpath.campaign import Campaign\n"
        "from goldenpath.choice import Choice\n"
        "from goldenpath.conduct import Options\n"
        "choice = Choice(workloads=('drawn_values',))\n"
        "report = Campaign(resolve('reference'), Options(), choice).run()\n"
        "print(int(report.exit), 'hypothesis' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["0", "False"]
    assert list(tmp_path.iterdir()) == []
