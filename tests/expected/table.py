"""The tracked tables of expected outcomes: `python -m tests.expected.table TARGET ...` prints one.

A line is a rule, its outcome over all workloads, the least opportunities, and the reason where it
did not simply pass. They are updated by hand: print, look at every changed line, and commit it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tests.virtual import VirtualLoop

from goldenpath import rulebook
from goldenpath.adapters.targets import resolve
from goldenpath.campaign import Campaign
from goldenpath.conduct import Options
from goldenpath.model import Outcome, Verdict
from goldenpath.results import Report, strongest

HERE = Path(__file__).parent
BUILTIN = "goldenpath.builtin:"
TARGETS = (
    *("reference", "reference-unified", "reference-agent", "reference-ws", "pydantic-ai"),
    *("reference-router", "reference-registry", "reference-context", "fastapi", "websockets"),
    *(f"{BUILTIN}reference_broadcast_{form}" for form in ("service", "bound", "function")),
    *(f"{BUILTIN}reference_{shape}" for shape in ("bridge", "emitter", "manager")),
)
SOCKETS = {"reference-ws", "fastapi", "websockets"}


def observe(target: str, seed: int = 0) -> Report:
    """Run the quick tier, on virtual time where there is no socket."""
    clock: dict[str, Any] = {} if target in SOCKETS else {"loop_factory": VirtualLoop}
    return Campaign(resolve(target), Options(seed=seed, **clock)).run()


def row(rule: str, verdicts: list[Verdict]) -> str:
    """What came of one rule: strongest outcome, opportunities in all, reason."""
    mine = [verdict for verdict in verdicts if verdict.rule == rule]
    best = strongest(mine).get(rule)
    if best is None:
        return f"{rule:<12} NOT_RUN            0  no workload of this kind of target tests it"
    opportunities = sum(verdict.opportunities for verdict in mine)
    failing = sorted({v.workload for v in mine if v.outcome is Outcome.FAIL})
    reason = f"in {', '.join(failing)}" if failing else best.reason
    return f"{rule:<12} {best.outcome:<12} {opportunities:>7}  {reason}".rstrip()


def table(report: Report) -> list[str]:
    """One row per rule that is checked."""
    return [row(rule, list(report.verdicts)) for rule in rulebook.RULES]


def expected(target: str) -> list[str]:
    """The tracked table."""
    return (HERE / f"{target.removeprefix(BUILTIN)}.txt").read_text("utf-8").splitlines()


if __name__ == "__main__":
    for name in sys.argv[1:] or TARGETS:
        print("\n".join(table(observe(name))))
