"""A rule that cannot be tested is grey, for the reason that the card or the capability gives."""

from __future__ import annotations

import pytest

from goldenpath.capabilities import untestable
from goldenpath.model import Level, Outcome, Rule

RULE = Rule("X-1", Level.MUST, "Something.", "R1", ("truth", "tool_events"))
NO_TRUTH = (Outcome.UNOBSERVABLE, "planted tools cannot run there")
NO_EVENTS = (Outcome.UNSUPPORTED, "tool events are not declared")


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        ({"truth": "yes", "tool_events": "yes"}, None),
        ({"truth": "yes", "tool_events": "yes", "other": "NOT_RUN: x"}, None),
        ({}, NO_TRUTH),
        ({"truth": "yes"}, NO_EVENTS),
        ({"tool_events": "yes"}, NO_TRUTH),
        ({"truth": "yes", "tool_events": ""}, NO_EVENTS),
        ({"truth": "yes", "tool_events": "no"}, NO_EVENTS),
        ({"truth": "NOT_RUN: not: today", "tool_events": "yes"}, (Outcome.NOT_RUN, "not: today")),
    ],
)
def test_a_rule_without_what_it_needs_is_grey_for_a_reason(
    card: dict[str, str], expected: tuple[Outcome, str] | None
) -> None:
    """The reason is the card's own, or the one of the capability that is missing."""
    assert untestable(RULE, card) == expected


def test_a_card_may_name_a_rule_itself() -> None:
    """That rule alone is grey, whatever it needs and whatever else there is."""
    card = {"truth": "yes", "tool_events": "yes", "X-1": "UNOBSERVABLE: not from here"}

    assert untestable(RULE, card) == (Outcome.UNOBSERVABLE, "not from here")
    assert untestable(RULE, {**card, "X-1": "yes"}) is None
    assert untestable(RULE, {"X-1": "yes"}) == NO_TRUTH


def test_a_rule_without_needs_can_always_be_tested() -> None:
    """An empty card greys only what needs something."""
    assert untestable(Rule("X-2", Level.MUST, "Something.", "R1"), {}) is None
