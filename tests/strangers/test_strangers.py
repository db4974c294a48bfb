"""Targets that strangers wrote from the requirements alone: half correct, half with one fault.

FAULTS.toml was written before any of them was run. The correct ones must be green; of the others
at least one of the rules named beforehand must be red, and the correct rules around it stay calm
enough that a reader finds the fault.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from goldenpath.adapters.targets import resolve
from goldenpath.campaign import Campaign
from goldenpath.conduct import Options
from goldenpath.errors import Exit
from goldenpath.model import Outcome

HERE = Path(__file__).parent
FAULTS: dict[str, Any] = tomllib.loads((HERE / "FAULTS.toml").read_text("utf-8"))


@pytest.mark.parametrize("name", [name for name, noted in FAULTS.items() if not noted["fault"]])
def test_a_correct_stranger_conforms(name: str) -> None:
    """No false alarm: exit 0, nothing failed and nothing is unknown."""
    report = Campaign(resolve(f"{HERE / name}.py:make"), Options(seed=11)).run()

    wrong = [
        (v.rule, v.workload, v.reason)
        for v in report.verdicts
        if v.outcome in (Outcome.FAIL, Outcome.UNKNOWN)
    ]
    assert wrong == []
    assert report.exit == Exit.CONFORMS


@pytest.mark.parametrize("name", [name for name, noted in FAULTS.items() if noted["fault"]])
def test_a_faulty_stranger_is_caught(name: str) -> None:
    """The fault shows under one of the rules that its author named beforehand: exit 1."""
    report = Campaign(resolve(f"{HERE / name}.py:make"), Options(seed=11)).run()

    red = {v.rule for v in report.verdicts if v.outcome is Outcome.FAIL}
    assert red & set(FAULTS[name]["breaks"])
    assert report.exit == Exit.VIOLATIONS
