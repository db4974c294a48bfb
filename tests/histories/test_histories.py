"""Recorded histories: the name of a file says what the judge must say of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from goldenpath import rulebook
from goldenpath.history import HistoryProblem, load
from goldenpath.judge import judge, relevant
from goldenpath.model import Outcome

HERE = Path(__file__).parent
FILES = sorted(path.name for path in HERE.glob("*.jsonl"))


def red(name: str) -> set[str]:
    history = load((HERE / name).read_bytes().splitlines(keepends=True))
    return {v.rule for v in judge(history) if v.outcome is Outcome.FAIL}


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("ok-")])
def test_a_good_history_breaks_nothing(name: str) -> None:
    """Nothing fails and nothing is in doubt."""
    history = load((HERE / name).read_bytes().splitlines(keepends=True))
    wrong = [
        (v.rule, v.reason)
        for v in relevant(judge(history))
        if v.outcome in (Outcome.FAIL, Outcome.UNKNOWN)
    ]

    assert wrong == []


@pytest.mark.parametrize("name", [name for name in FILES if not name.startswith("ok-")])
def test_a_bad_history_breaks_the_rule_that_it_is_named_for(name: str) -> None:
    """The rule in the file's name is red."""
    found = re.match(r"([A-Z]+-\d+a?)-", name)

    assert found
    assert found[1] in red(name)


def test_every_rule_has_a_bad_history() -> None:
    """No checked rule is without one."""
    assert {re.sub(r"^([A-Z]+-\d+a?)-.*", r"\1", n) for n in FILES if n[0].isupper()} == set(
        rulebook.RULES
    )


@pytest.mark.parametrize("name", FILES)
def test_a_history_that_was_cut_is_never_green(name: str) -> None:
    """Without its last lines, or with half of one, no rule passes."""
    whole = (HERE / name).read_bytes()
    for at in (len(whole) - 1, len(whole) * 2 // 3, len(whole) // 3):
        try:
            cut = load(whole[:at].splitlines(keepends=True))
        except HistoryProblem:
            continue

        assert [v.rule for v in judge(cut) if v.outcome is Outcome.PASS] == []
