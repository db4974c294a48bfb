"""The examples of other languages do what their first lines say, and are short."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from goldenpath import rulebook

EXAMPLES = Path(__file__).parents[2] / "examples"
NODE = EXAMPLES / "node/dispatcher.js"
PYTHON = EXAMPLES / "process/dispatcher.py"

#: name: (interpreter, file, fault, the rule that it breaks). A fault is told to both in both ways.
CASES = {
    "node": ("node", NODE, "last-user", "ISOLATION-1"),
    "python": (sys.executable, PYTHON, "unclosed", "DELIVERY-5"),
}


#: Where the faults show: one where users work side by side, the other where a tool fails.
SHOWN = ("two_users", "failing_tool")


def goldenpath(
    folder: Path, name: str, fault: str = "", workloads: tuple[str, ...] = ()
) -> tuple[int, dict[str, Any], str]:
    interpreter, file, *_ = CASES[name]
    if shutil.which(interpreter) is None:
        pytest.skip(f"{interpreter} is not installed: the example in its language cannot run")
    target = f"cmd:{shlex.join([interpreter, str(file), fault])}"
    chosen = [f"--workload={workload}" for workload in workloads]
    done = subprocess.run(
        [sys.executable, "-m", "goldenpath", "run", target, *chosen],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "FAULT": fault},
    )
    written = json.loads((folder / "reports/latest/verdicts.json").read_text())
    return done.returncode, written, done.stdout


@pytest.mark.parametrize("name", CASES)
def test_an_example_conforms(name: str, tmp_path: Path) -> None:
    """Exit 0, nothing unknown, and each core rule had its opportunities."""
    code, written, said = goldenpath(tmp_path, name)
    passed = {v["rule"] for v in written["verdicts"] if v["outcome"] == "PASS"}

    assert code == 0, said
    assert passed >= set(rulebook.CORE_RULES["dispatcher"])
    assert written["counts"].get("UNKNOWN", 0) == 0


@pytest.mark.parametrize("name", CASES)
def test_its_one_fault_is_caught(name: str, tmp_path: Path) -> None:
    *_, fault, rule = CASES[name]
    code, written, said = goldenpath(tmp_path, name, fault, SHOWN)
    failed = {v["rule"] for v in written["verdicts"] if v["outcome"] == "FAIL"}

    assert code == 1, said
    assert rule in failed


@pytest.mark.parametrize("path", [NODE, PYTHON], ids=["node", "python"])
def test_an_example_is_short_and_needs_no_goldenpath(path: Path) -> None:
    source = path.read_text("utf-8")

    assert len(source.splitlines()) < 80
    assert "import goldenpath" not in source
    assert 'require("goldenpath' not in source
