"""Targets that strangers wrote from the requirements alone: half correct, half with one fault.

FAULTS.toml was written before any of them was run. The correct ones must be green; of the others
every red rule is one that was named beforehand, and at least one of those is red. A fault whose
rule is not checked yet stays unseen, and its target green.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from tests.virtual import VirtualLoop

from goldenpath.adapters.targets import resolve
from goldenpath.campaign import Campaign
from goldenpath.conduct import Options
from goldenpath.errors import Exit
from goldenpath.model import Outcome

HERE = Path(__file__).parent
#: Whoever works in other threads needs the real clock.
OPTIONS = {True: Options(seed=11), False: Options(seed=11, loop_factory=VirtualLoop)}
FAULTS: dict[str, Any] = tomllib.loads((HERE / "FAULTS.toml").read_text("utf-8"))


@pytest.mark.parametrize("name", [name for name, noted in FAULTS.items() if not noted["breaks"]])
def test_a_correct_stranger_conforms(name: str) -> None:
    """No false alarm: exit 0, nothing failed and nothing is unknown."""
    report = Campaign(
        resolve(f"{HERE / name}.py:make"), OPTIONS[FAULTS[name].get("threads", False)]
    ).run()

    wrong = [
        (v.rule, v.workload, v.reason)
        for v in report.verdicts
        if v.outcome in (Outcome.FAIL, Outcome.UNKNOWN)
    ]
    assert wrong == []
    assert report.exit == Exit.CONFORMS


@pytest.mark.parametrize("name", [name for name, noted in FAULTS.items() if noted["breaks"]])
def test_a_faulty_stranger_is_caught(name: str) -> None:
    """The fault shows under rules that were named beforehand, and under no other: exit 1."""
    report = Campaign(
        resolve(f"{HERE / name}.py:make"), OPTIONS[FAULTS[name].get("threads", False)]
    ).run()

    red = {v.rule for v in report.verdicts if v.outcome is Outcome.FAIL}
    assert red
    assert red <= {*FAULTS[name]["breaks"], *FAULTS[name].get("implied", ())}
    assert report.exit == Exit.VIOLATIONS
