"""TOOL-10a: a run whose stream was left, by break or close, makes no further call."""

from __future__ import annotations

import pytest
from tests.build import (
    ALICE,
    Line,
    acted,
    agent_run,
    answer,
    ended,
    fail,
    run,
    started,
    stopped,
    token_of,
    up,
)
from tests.judged import broken, outcome, red, untold, verdicts
from tests.scenes import LEFT, TRUTH

from goldenpath.model import Kind, Outcome


def stream(by: str, *lines: Line, calls: int = 2) -> list[Line]:
    """A link (entry 0), a run whose stream is to be left (1), and these lines from entry 2 on."""
    numbers = range(16, 16 + calls)
    return [up(ALICE), run(ALICE, *numbers, leave={"by": by, "after": token_of(ALICE)}), *lines]


def leaves(by: str) -> Line:
    return (Kind.FAULT, ALICE.name, "run-alice", "left", {"by": by})


@pytest.mark.parametrize("by", ["break", "close"])
def test_a_run_whose_stream_was_left_works_on(by: str) -> None:
    """It calls what was to come."""
    lines = stream(by, *TRUTH, leaves(by), LEFT, started(ALICE, 17), ended(ALICE, 17))

    assert broken("TOOL-10a", lines, kind="agent") == (
        "a run of alice, who had left, worked on and called lookup",
        (4 if by == "close" else 5, 6),
    )
    assert red(lines, kind="agent") == {"TOOL-10a"}


def test_what_begins_while_a_stream_is_closed_was_begun_too_late() -> None:
    """A close tells the run at once; after a break it is told soon, and has the time for that."""
    beginning = [started(ALICE, 17), stopped(ALICE, 17)]

    assert red(stream("close", *TRUTH, leaves("close"), *beginning, LEFT), kind="agent") == {
        "TOOL-10a"
    }
    left = stream("break", *TRUTH, leaves("break"), *beginning, LEFT, calls=3)
    assert outcome("TOOL-10a", left, kind="agent") is Outcome.PASS


def test_a_stream_that_was_closed_has_ended_its_tools() -> None:
    """What was under way is over when the close has come back; after a break it may still end."""
    late = [*TRUTH, started(ALICE, 17)]
    deeds = [acted(ALICE, 17), ended(ALICE, 17)]

    assert broken(
        "TOOL-10a", stream("close", *late, leaves("close"), LEFT, *deeds), kind="agent"
    ) == (
        "a run of alice was closed, and its lookup worked on (effect)",
        (6, 7),
    )
    left = stream("break", *late, leaves("break"), LEFT, *deeds, calls=3)
    assert outcome("TOOL-10a", left, kind="agent") is Outcome.PASS
    assert untold("TOOL-6", left, kind="agent")


@pytest.mark.parametrize("by", ["break", "close"])
def test_a_stream_that_stops_where_it_was_left(by: str) -> None:
    """Nobody is there to be shown how it ended, so nothing is owed but that it does no more."""
    lines = stream(by, *TRUTH, leaves(by), LEFT)

    assert outcome("TOOL-10a", lines, kind="agent") is Outcome.PASS
    assert untold("TOOL-10", lines, kind="agent")
    assert red(lines, kind="agent") == set()


@pytest.mark.parametrize(
    "end",
    [[answer(ALICE)], [leaves("break"), LEFT], [leaves("close"), LEFT], [LEFT]],
    ids=["not left", "by break", "by close", "when it was over"],
)
def test_a_stream_that_could_not_be_left(end: list[Line]) -> None:
    """It gave its one piece when all was done."""
    lines = stream("break", *TRUTH, started(ALICE, 17), ended(ALICE, 17), *end)

    said = verdicts(lines, kind="agent")["TOOL-10a"]
    assert said.outcome is Outcome.UNOBSERVABLE
    assert said.reason.startswith("its stream gave no piece at which to leave it")


@pytest.mark.parametrize("left", [[], [leaves("close")]], ids=["not left", "left"])
def test_a_stream_that_never_came_back_is_for_other_rules(left: list[Line]) -> None:
    """When its consumer was told nobody knows."""
    assert untold("TOOL-10a", stream("close", *TRUTH, *left, started(ALICE, 17)), kind="agent")


def test_a_run_of_which_no_stream_was_to_be_left_is_no_trial() -> None:
    assert untold("TOOL-10a", agent_run(ALICE), kind="agent")


def test_a_stream_that_broke_before_it_could_be_left_is_not_excused() -> None:
    lines = stream("break", *TRUTH, fail(ALICE, "run"))

    assert untold("TOOL-10a", lines, kind="agent")


def test_a_run_that_is_no_stream_can_only_be_cancelled() -> None:
    lines = stream("break", *TRUTH, answer(ALICE))

    assert outcome("TOOL-10a", lines, kind="agent", card={"stream": ""}) is Outcome.UNSUPPORTED
