"""RESOURCE-2 over readings of memory: what grows on is a leak, what comes to stand is not."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build import ALICE, invoke, ok, session
from tests.judged import verdicts

from goldenpath.model import Outcome, Verdict

WINDOW, CALLS, BATCHES = 6, 160, 60


def verdict(**found: Any) -> Verdict:
    """What is said of these readings, one after each batch of 40 sessions."""
    value = {"blocks": [0] * BATCHES, "window": WINDOW, "calls": CALLS, "sessions": 40, **found}
    grown = [invoke(ALICE, "grow"), ok(ALICE, "grow", value={"tasks": [], "alive": {}, **value})]
    return verdicts([*session(ALICE), *grown])["RESOURCE-2"]


def each(by: int, every: int = 1, last: int = BATCHES) -> list[int]:
    """Readings that grow by so much every so many batches, up to the last that does."""
    return [1_000_000 + by * (min(n, last) // every) for n in range(BATCHES)]


STANDS = {
    "nothing grows": {},
    "small blocks as few as are allowed": {"blocks": each(4, every=5)},
    "large ones by as much as is allowed": {"large": each(CALLS)},
    "a cache fills up": {"blocks": each(40, last=24), "large": each(9_000, last=24)},
    "one table is made larger once": {"large": each(544_000, every=45)},
    "what is large cannot be read": {"large": []},
    "an older history does not know of it": {},
}

GROWS = {
    "one object for a hundred calls": ({"blocks": each(8, every=5)}, "by 40 small blocks"),
    "a list, and nothing else": ({"large": each(1280)}, "by 37120 bytes in large blocks"),
    "a list that is made longer in steps": ({"large": each(3200, every=4)}, "bytes in large"),
}


@pytest.mark.parametrize("found", STANDS.values(), ids=STANDS)
def test_what_comes_to_stand_is_no_leak(found: dict[str, Any]) -> None:
    said = verdict(**found)
    assert said.outcome is Outcome.PASS, said.reason
    assert said.opportunities == 1


@pytest.mark.parametrize(("found", "words"), GROWS.values(), ids=GROWS)
def test_what_grows_on_is_a_leak(found: dict[str, Any], words: str) -> None:
    said = verdict(**found)
    assert said.outcome is Outcome.FAIL
    (finding,) = said.findings
    assert words in finding.message


def test_both_kinds_are_told() -> None:
    blocks, large = verdict(blocks=each(160), large=each(1280)).findings
    assert blocks.message.endswith(
        "in the last 1160 sessions that were cleaned up, of 4640 calls, by 4640 small blocks"
    )
    assert large.message.endswith(
        "in the last 1160 sessions that were cleaned up, of 4640 calls, by 37120 bytes in large"
        " blocks"
    )


def test_the_figures_are_kept() -> None:
    said = verdict(blocks=each(1), large=each(8))
    assert said.statistics == {"sessions": 2400, "small blocks": 29, "bytes in large blocks": 232}
    assert verdict().statistics == {"sessions": 2400, "small blocks": 0}


@pytest.mark.parametrize("few", [{"calls": 66}, {"blocks": [0] * 2 * WINDOW}])
def test_too_few_calls_tell_nothing(few: dict[str, Any]) -> None:
    said = verdict(**few)
    assert said.outcome is Outcome.NOT_RUN
    assert "it is slow" in said.reason


@pytest.mark.parametrize("found", [{"blocks": each(160)}, {"large": each(1280)}])
def test_growth_before_memory_can_have_come_to_stand_proves_nothing(found: dict[str, Any]) -> None:
    """On a machine under load the time is over after so few sessions."""
    said = verdict(**found, sessions=33)
    assert said.outcome is Outcome.NOT_RUN
    assert "1980 sessions fit into the time, in which memory did not come to stand" in said.reason
    assert verdict(sessions=33).outcome is Outcome.PASS
