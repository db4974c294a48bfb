"""What is proposed for a word that is not there."""

from __future__ import annotations

import pytest

from goldenpath import rulebook
from goldenpath.meant import RULES, asking, meant, nearest


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("TOL-1", "TOOL-1"),
        ("tool1", "TOOL-1"),
        ("isolaton-1", "ISOLATION-1"),
        ("PREF-1", "PERF-1"),
        ("RECOVERY-8A", "RECOVERY-8a"),
        ("NOPE-1", ""),
        ("", ""),
    ],
)
def test_only_what_is_alike_is_taken_for_a_slip(name: str, near: str) -> None:
    """A number in common is no likeness."""
    assert nearest(name, rulebook.RULES, RULES) == near


@pytest.mark.parametrize("word", ["evnts", "Events", "EVNTS", ("events",)])
def test_the_nearest_word_is_proposed_whatever_its_case(word: object) -> None:
    """As it is spelt where it is there."""
    assert nearest(word, ["outcome", "events"]) == "events"
    assert meant(word, ["outcome", "events"]) == "do you mean events?"
    assert asking("it is not there", word, ["events"]) == "it is not there; do you mean events?"


def test_where_none_is_near_something_else_is_said_or_nothing() -> None:
    """No question is asked in vain."""
    assert (nearest("x", ["events"]), meant("x", ["events"])) == ("", "")
    assert meant("x", ["events"], "see the list") == "see the list"
    assert asking("it is not there", "x", ["events"]) == "it is not there"
    assert asking("it is not there", "x", ["a", "b"], "there are a, b") == (
        "it is not there; there are a, b"
    )
