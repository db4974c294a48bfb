"""What is counted for one rule, and the verdict that follows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenpath.checkers.tally import LISTED, NOTHING, Tally
from goldenpath.model import Finding, Level, Outcome, Rule, Verdict

RULE = Rule("X-1", Level.SHOULD, "Something.", "R1")
GREY = (Outcome.UNOBSERVABLE, "all of it is ours")


def verdict(*what: str) -> Verdict:
    """The verdict after these things were noted."""
    tally = Tally(RULE)
    for word in what:
        if word == "chance":
            tally.chance()
        elif word == "fail":
            tally.fail("it broke", 3)
        elif word == "grey":
            tally.excuse = GREY
        else:
            tally.doubt(word)
    return tally.verdict("work", proves=True)


@pytest.mark.parametrize(
    ("noted", "outcome", "reason"),
    [
        ([], Outcome.UNKNOWN, NOTHING),
        (["chance"], Outcome.PASS, ""),
        (["chance", "a doubt"], Outcome.UNKNOWN, "a doubt"),
        (["a doubt", "another", "a doubt"], Outcome.UNKNOWN, "a doubt; another"),
        (["chance", "a doubt", "fail"], Outcome.FAIL, "it broke"),
        (["fail"], Outcome.FAIL, "it broke"),
        (["grey"], *GREY),
        (["grey", "chance"], Outcome.PASS, ""),
        (["grey", "a doubt"], Outcome.UNKNOWN, "a doubt"),
        (["grey", "fail"], Outcome.FAIL, "it broke"),
    ],
)
def test_fail_beats_unknown_beats_pass(noted: list[str], outcome: Outcome, reason: str) -> None:
    """Without an opportunity nothing passes; an excuse counts only where nothing else was noted."""
    found = verdict(*noted)

    assert (found.outcome, found.reason) == (outcome, reason)


@given(st.lists(st.sampled_from(["chance", "fail", "grey", "a doubt"])))
def test_nothing_passes_without_an_opportunity(noted: list[str]) -> None:
    """PASS means that it could have been broken, was not, and that this could be told."""
    found = verdict(*noted)

    assert (found.outcome is Outcome.PASS) == (
        "chance" in noted and "fail" not in noted and "a doubt" not in noted
    )
    assert found.opportunities == noted.count("chance")


@given(st.integers(0, 3 * LISTED))
def test_findings_beyond_the_list_are_counted(count: int) -> None:
    """Twenty are listed, the others are a number, and none is lost."""
    found = verdict(*["fail"] * count)

    assert len(found.findings) == min(count, LISTED)
    assert len(found.findings) + found.more == count


def test_twenty_are_listed() -> None:
    """The first ones."""
    assert len(verdict(*["fail"] * 30).findings) == 20


def test_a_witness_is_sorted_and_without_repetition() -> None:
    """Indexes stand once, smallest first."""
    tally = Tally(RULE)
    tally.fail("it broke", 7, 3, 7)

    assert tally.findings == [Finding("X-1", "it broke", (3, 7))]


def test_a_verdict_has_the_figures() -> None:
    """As they were when it was asked for."""
    tally = Tally(RULE)
    tally.figures["events"] = 3
    found = tally.verdict("work", proves=False)
    tally.figures["events"] = 4

    assert found.statistics == {"events": 3}


def test_a_verdict_says_whose_it_is() -> None:
    """Rule, level, workload and whether it was to be proven come from where they are known."""
    assert verdict("chance") == Verdict("X-1", Level.SHOULD, "work", Outcome.PASS, "", 1, True)
