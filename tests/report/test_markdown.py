from __future__ import annotations

import re

from tests.report.made import everything, hostile, report, verdict

from goldenpath.model import Finding, Outcome
from goldenpath.report import markdown


def test_a_target_cannot_make_markup() -> None:
    shown = markdown.render(hostile())

    assert not re.search(r"<(?!/?(code|details|summary)>)", shown)
    assert not re.search(r"[`@\[\]*$\\]|http://|<!--", shown)


def test_a_table_keeps_its_columns() -> None:
    rows = [line for line in markdown.render(hostile()).splitlines() if line.startswith("|")]

    assert len(rows) >= 4
    assert {line.count("|") for line in rows} == {6}


def test_what_opens_closes() -> None:
    shown = markdown.render(everything())

    for tag in ("details", "summary", "code"):
        assert shown.count(f"<{tag}>") == shown.count(f"</{tag}>") > 0


def test_it_stays_under_its_limit_and_says_that_it_was_cut() -> None:
    found = tuple(Finding("API-1", "é" * 1_900, (n,)) for n in range(20))
    many = [verdict("API-1", Outcome.FAIL, findings=found, workload=f"w{n}") for n in range(300)]
    shown = markdown.render(report(*many))

    assert len(shown.encode()) <= markdown.LIMIT
    assert "This summary was cut" in shown
    assert shown.startswith("## ❌ FAIL\n")
    assert shown.count("<code>") == shown.count("</code>")


def test_words_stay_readable() -> None:
    assert markdown.escape("tool_executing of alice: got 1") == "tool_executing of alice: got 1"
    assert markdown.escape("_a_ a_b") == "&#95;a&#95; a_b"
