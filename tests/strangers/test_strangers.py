"""Targets that strangers wrote from the requirements alone: half correct, half with one fault.

FAULTS.toml was written before any of them was run. The correct ones must be green; of the others
every red rule is one that was named beforehand, and at least one of those is red. What a rule that
was checked only later found is named there too, and must be found.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from tests.virtual import VirtualLoop

from goldenpath import rulebook
from goldenpath.adapters.targets import resolve
from goldenpath.campaign import Campaign
from goldenpath.conduct import Options
from goldenpath.errors import Exit
from goldenpath.model import Level, Outcome

HERE = Path(__file__).parent
#: Whoever runs its tools in loops of other threads, which wait for this one, needs the real clock, and
#: so does dispatcher_worker, which bound it by name (`from time import monotonic`).
OPTIONS = {True: Options(seed=11), False: Options(seed=11, loop_factory=VirtualLoop)}
FAULTS: dict[str, Any] = tomllib.loads((HERE / "FAULTS.toml").read_text("utf-8"))
CORRECT = [name for name, noted in FAULTS.items() if not noted["breaks"]]


@pytest.mark.parametrize("name", CORRECT)
def test_a_correct_stranger_conforms(name: str) -> None:
    """No false alarm: nothing failed, and nothing is unknown, but what is noted to be true."""
    report = Campaign(
        resolve(f"{HERE / name}.py:make"), OPTIONS[FAULTS[name].get("threads", False)]
    ).run()

    also = FAULTS[name].get("also", [])
    wrong = [
        (v.rule, v.workload, v.reason)
        for v in report.verdicts
        if v.outcome in (Outcome.FAIL, Outcome.UNKNOWN) and v.rule not in also
    ]
    assert wrong == []
    binding = [rule for rule in also if rulebook.RULES[rule].level is Level.MUST]
    assert report.exit == (Exit.VIOLATIONS if binding else Exit.CONFORMS)


@pytest.mark.parametrize("name", [name for name in FAULTS if name not in CORRECT])
def test_a_faulty_stranger_is_caught(name: str) -> None:
    """The fault shows under rules that were named beforehand, and under no other: exit 1."""
    report = Campaign(
        resolve(f"{HERE / name}.py:make"), OPTIONS[FAULTS[name].get("threads", False)]
    ).run()

    noted, red = FAULTS[name], {v.rule for v in report.verdicts if v.outcome is Outcome.FAIL}
    assert red & {*noted["breaks"], *noted.get("implied", ())}
    assert red <= {*noted["breaks"], *noted.get("implied", ()), *noted.get("also", ())}
    assert report.exit == Exit.VIOLATIONS
