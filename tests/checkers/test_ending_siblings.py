"""TOOL-7: no tool is stopped for another's sake, and none outlives its run."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build import (
    ALICE,
    BOB,
    Line,
    acted,
    answer,
    asked,
    broke,
    call,
    ended,
    fail,
    hung,
    invoke,
    lost,
    refused,
    session,
    started,
    stopped,
    told,
)
from tests.judged import broken, outcome, timed, untold, verdicts
from tests.scenes import AT_WORK, LEFT, agent, dispatcher, nameless

from goldenpath.model import Outcome

# --- TOOL-7, for a dispatcher: no call is stopped or left alone for another's sake ---------------

BOTH = [asked(ALICE, 16), asked(ALICE, 17), started(ALICE, 16), started(ALICE, 17)]  # 3 to 6

FIRST_FAILS = [broke(ALICE, 16), refused(ALICE, 16)]  # 7, 8

VICTIMS = {
    "stopped": (
        [*FIRST_FAILS, stopped(ALICE, 17), refused(ALICE, 17)],
        "lookup was stopped, though its caller had not given up",
        (4, 9),
    ),
    "stopped, and told to have succeeded": (
        [*FIRST_FAILS, stopped(ALICE, 17), told(ALICE, 17)],
        "lookup was stopped, though its caller had not given up",
        (4, 9),
    ),
    "stopped when the first gave up": (
        [hung(ALICE, 16, why="cancelled"), stopped(ALICE, 17), refused(ALICE, 17)],
        "lookup was stopped, though its caller had not given up",
        (4, 8),
    ),
    "stopped, and told of a failure though it was made again": (
        [
            *FIRST_FAILS,
            stopped(ALICE, 17),
            started(ALICE, 17),
            ended(ALICE, 17),
            refused(ALICE, 17),
        ],
        "lookup was stopped, though its caller had not given up",
        (4, 9),
    ),
    "stopped before its session was cleaned up": (
        [*FIRST_FAILS, stopped(ALICE, 17), refused(ALICE, 17), invoke(ALICE, "cleanup")],
        "lookup was stopped, though its caller had not given up",
        (4, 9),
    ),
    "given up for lost, and at work": (
        [*FIRST_FAILS, refused(ALICE, 17), acted(ALICE, 17), ended(ALICE, 17)],
        "lookup worked on (effect) after its caller was told that it failed",
        (9, 10),
    ),
}


@pytest.mark.parametrize(("lines", "message", "witness"), VICTIMS.values(), ids=VICTIMS)
def test_a_call_that_suffers_for_another(
    lines: list[Line], message: str, witness: tuple[int, ...]
) -> None:
    """Its caller waits on, and is right to expect an answer."""
    assert broken("TOOL-7", dispatcher(*BOTH, *lines)) == (message, witness)


def test_a_lone_call_whose_tool_works_on_after_its_failure() -> None:
    """An orphan is one without siblings, too."""
    lines = dispatcher(*AT_WORK, refused(ALICE), ended(ALICE))

    assert broken("TOOL-7", lines) == (
        "lookup worked on (ended) after its caller was told that it failed",
        (5, 6),
    )


UNHARMED = {
    "both go well": [ended(ALICE, 16), told(ALICE, 16), ended(ALICE, 17), told(ALICE, 17)],
    "one fails": [*FIRST_FAILS, ended(ALICE, 17), told(ALICE, 17)],
    "told of success too early, which is TOOL-3's matter": [
        *(*FIRST_FAILS, told(ALICE, 17), ended(ALICE, 17)),
    ],
    "both fail": [*FIRST_FAILS, broke(ALICE, 17), refused(ALICE, 17)],
    "stopped, made again, and went well": [
        *(*FIRST_FAILS, stopped(ALICE, 17), started(ALICE, 17), ended(ALICE, 17), told(ALICE, 17)),
    ],
    "stopped with its session": [
        *(*FIRST_FAILS, invoke(ALICE, "cleanup"), stopped(ALICE, 17), refused(ALICE, 17)),
    ],
    "told with the end of its session, and let end": [
        *(*FIRST_FAILS, invoke(ALICE, "cleanup"), refused(ALICE, 17), ended(ALICE, 17)),
    ],
    "told early, and never heard of again": [*FIRST_FAILS, refused(ALICE, 17)],
}


@pytest.mark.parametrize("lines", UNHARMED.values(), ids=UNHARMED)
def test_a_call_that_does_not_suffer_for_another(lines: list[Line]) -> None:
    """Its own failure, and the end of its session, are reasons of its own."""
    assert outcome("TOOL-7", dispatcher(*BOTH, *lines)) is Outcome.PASS


NO_SIBLINGS = {
    "it was alone": [*AT_WORK, stopped(ALICE), refused(ALICE)],
    "it came after the other": [*call(ALICE, 17), *AT_WORK, stopped(ALICE), refused(ALICE)],
    "its caller gave up, too": [*BOTH, stopped(ALICE, 17), hung(ALICE, 17, why="cancelled")],
    "it was meant to hang": [
        *(asked(ALICE, 16, unreleased=True), asked(ALICE, 17), started(ALICE, 16)),
        *(stopped(ALICE, 16), refused(ALICE, 16)),
    ],
    "the other is another user's": [
        *(*session(BOB), asked(BOB), *AT_WORK, stopped(ALICE), refused(ALICE)),
    ],
    "neither started": [*BOTH[:2], refused(ALICE, 16), refused(ALICE, 17)],
}


@pytest.mark.parametrize("lines", NO_SIBLINGS.values(), ids=NO_SIBLINGS)
def test_without_a_sibling_there_is_no_victim(lines: list[Line]) -> None:
    """Neither red nor green."""
    assert untold("TOOL-7", dispatcher(*lines))


@pytest.mark.parametrize(
    ("declared", "seconds", "found"),
    [
        ({"tool_timeout": 2}, 2.0, Outcome.PASS),
        ({"tool_timeout": 2}, 1.8, Outcome.PASS),
        ({"tool_timeout": 2}, 1.799, Outcome.FAIL),
        ({}, 2.0, Outcome.FAIL),
    ],
)
def test_a_declared_timeout_may_stop_a_call(
    declared: dict[str, Any], seconds: float, found: Outcome
) -> None:
    """Where that much time had passed since it was asked for."""
    lines = dispatcher(*BOTH, stopped(ALICE, 16), refused(ALICE, 16))
    made = timed(lines, {7: seconds}, declared=declared)

    assert made["TOOL-7"].outcome is found


def test_the_timeout_is_counted_from_when_the_call_was_asked_for() -> None:
    """Whenever that was, and however late its tool was started."""
    lines = dispatcher(*BOTH, stopped(ALICE, 16), refused(ALICE, 16))
    declared = {"tool_timeout": 1.0}

    for early, found in ((100.0, Outcome.PASS), (100.2, Outcome.FAIL)):
        made = timed(lines, {3: early, 4: 100.5, 7: 101.0}, declared=declared)
        assert made["TOOL-7"].outcome is found


# --- TOOL-7, for an agent: no tool outlives its run ----------------------------------------------

OUTLIVES = {
    "it ends later": ([started(ALICE), answer(ALICE), ended(ALICE)], (2, 3, 4)),
    "it acts later": ([started(ALICE), answer(ALICE), acted(ALICE), stopped(ALICE)], (2, 3, 4)),
    "it acts and ends later": (
        [started(ALICE), answer(ALICE), acted(ALICE), ended(ALICE)],
        (2, 3, 4),
    ),
    "it never ends": ([started(ALICE), answer(ALICE)], (2, 3)),
    "its run failed": ([started(ALICE), fail(ALICE, "run"), ended(ALICE)], (2, 3, 4)),
}


@pytest.mark.parametrize(("lines", "witness"), OUTLIVES.values(), ids=OUTLIVES)
def test_a_tool_that_outlives_its_run(lines: list[Line], witness: tuple[int, ...]) -> None:
    """Nobody waits for it, and nobody stopped it."""
    assert broken("TOOL-7", agent(*lines), kind="agent") == (
        "a run of alice was over while its lookup was at work, and nobody stopped it",
        witness,
    )


FIRST = {
    "one that never ran": [],
    "one of which nobody knows": [
        *2 * [nameless("started", parameters={})],
        *2 * [nameless("ended", result=1)],
    ],
    "one of which nobody knows whether it ended": [
        *(started(ALICE, 16), started(ALICE, 17), nameless("ended", result=1)),
    ],
}


@pytest.mark.parametrize("lines", FIRST.values(), ids=FIRST)
def test_each_call_of_a_run_is_looked_at(lines: list[Line]) -> None:
    """Whatever can be said of the one before it."""
    late = [started(ALICE, 18), answer(ALICE), ended(ALICE, 18)]
    at = 2 + len(lines)

    assert broken("TOOL-7", agent(*lines, *late, calls=3), kind="agent")[1] == (at, at + 1, at + 2)


@pytest.mark.parametrize("end", [ended(ALICE), broke(ALICE), stopped(ALICE)])
@pytest.mark.parametrize("how", [answer(ALICE), fail(ALICE, "run")], ids=["answers", "fails"])
def test_a_tool_that_ends_with_its_run(end: Line, how: Line) -> None:
    """However both end."""
    assert outcome("TOOL-7", agent(started(ALICE), end, how), kind="agent") is Outcome.PASS


def test_a_tool_that_is_stopped_as_its_run_ends() -> None:
    """Whether the run or the tool is told first is nobody's concern."""
    lines = agent(started(ALICE), fail(ALICE, "run"), stopped(ALICE))

    assert outcome("TOOL-7", lines, kind="agent") is Outcome.PASS


NO_ORPHAN = {
    "it started later": agent(answer(ALICE), started(ALICE), ended(ALICE)),
    "the run was given up": agent(started(ALICE), LEFT, ended(ALICE)),
    "the run was lost": agent(started(ALICE), lost(ALICE, "run"), ended(ALICE)),
    "the run was never answered": agent(started(ALICE)),
    "no tool ran": agent(answer(ALICE)),
}


@pytest.mark.parametrize("lines", NO_ORPHAN.values(), ids=NO_ORPHAN)
def test_a_run_that_leaves_no_orphan(lines: list[Line]) -> None:
    """Other rules speak of these."""
    assert untold("TOOL-7", lines, kind="agent")


def test_calls_of_a_run_without_canaries_are_in_doubt() -> None:
    """The end that fits no single call may be the one that is missing."""
    lines = agent(
        *(started(ALICE, 16), started(ALICE, 17)),
        *(nameless("ended", result=1), nameless("ended", result=1), answer(ALICE)),
        calls=2,
    )
    found = verdicts(lines, kind="agent")["TOOL-7"]

    assert found.outcome is Outcome.UNKNOWN
    assert "cannot be told apart" in found.reason
