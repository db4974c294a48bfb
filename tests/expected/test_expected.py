"""Every run of a built-in target comes out as its tracked table says, greys and reasons too."""

from __future__ import annotations

import pytest
from tests.expected.table import TARGETS, expected, observe, table

from goldenpath.adapters import growth


def split(row: str) -> tuple[str, str, int, str]:
    rule, outcome, opportunities, *reason = row.split(maxsplit=3)
    return rule, outcome, int(opportunities), reason[0] if reason else ""


@pytest.mark.parametrize("target", TARGETS)
def test_a_run_comes_out_as_its_table_says(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule by rule: the outcome, the reason, and at least as many opportunities."""
    monkeypatch.setattr(growth, "LONGEST", 100)  # memory is measured to the end on any machine
    if target == "pydantic-ai":
        pytest.importorskip("pydantic_ai")
    if target == "fastapi":
        pytest.importorskip("uvicorn")
    got = [split(row) for row in table(observe(target, seed=5))]
    wanted = [split(row) for row in expected(target)]

    assert [(r, o, why) for r, o, _, why in got] == [(r, o, why) for r, o, _, why in wanted]
    assert [
        r for (r, _, n, _), (_, _, least, _) in zip(got, wanted, strict=True) if n < least
    ] == []
