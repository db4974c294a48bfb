"""TOOL-6, -8 and -9: once the caller was told nothing is done any more, and nothing hangs."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build import (
    ALICE,
    Line,
    acted,
    asked,
    broke,
    closed,
    ended,
    hung,
    invoke,
    lost,
    ok,
    refused,
    started,
    stopped,
    told,
)
from tests.judged import broken, doubted, outcome, timed, untold, verdicts
from tests.scenes import AT_WORK, GAVE_UP, LEFT, agent, dispatcher, nameless

from goldenpath.checkers.base import UNTRACED
from goldenpath.model import Outcome

# --- TOOL-6: once the caller was told, its tool does nothing more -------------------------------

WORKS_ON = {
    "it has its effect": ([*AT_WORK, GAVE_UP, acted(ALICE), ended(ALICE)], "effect", (5, 6)),
    "it ends": ([*AT_WORK, GAVE_UP, ended(ALICE)], "ended", (5, 6)),
    "it fails": ([*AT_WORK, GAVE_UP, broke(ALICE)], "failed", (5, 6)),
    "it has its effect and is stopped": (
        [*AT_WORK, GAVE_UP, acted(ALICE), stopped(ALICE)],
        "effect",
        (5, 6),
    ),
    "it is made only then": (
        [asked(ALICE), GAVE_UP, started(ALICE), ended(ALICE)],
        "ended",
        (4, 6),
    ),
    "it is made once more": (
        [*AT_WORK, stopped(ALICE), GAVE_UP, started(ALICE), ended(ALICE)],
        "ended",
        (6, 8),
    ),
    "its session is cleaned up as well": (
        [*AT_WORK, invoke(ALICE, "cleanup"), GAVE_UP, ok(ALICE, "cleanup"), acted(ALICE)],
        "effect",
        (6, 8),
    ),
}


@pytest.mark.parametrize(("lines", "deed", "witness"), WORKS_ON.values(), ids=WORKS_ON)
def test_a_tool_that_works_on_after_its_caller_gave_up(
    lines: list[Line], deed: str, witness: tuple[int, ...]
) -> None:
    """The first thing that it does then is told."""
    assert broken("TOOL-6", dispatcher(*lines)) == (
        f"lookup worked on ({deed}) after its caller, who had given up, was told so",
        witness,
    )


REACHED = {
    "stopped, and then told": [*AT_WORK, stopped(ALICE), GAVE_UP],
    "told, and then stopped": [*AT_WORK, GAVE_UP, stopped(ALICE)],
    "let end, and then told": [*AT_WORK, acted(ALICE), ended(ALICE), GAVE_UP],
    "it never hears of it again": [*AT_WORK, GAVE_UP],
    "started and stopped after it": [asked(ALICE), GAVE_UP, started(ALICE), stopped(ALICE)],
    "with its session": [*AT_WORK, invoke(ALICE, "cleanup"), stopped(ALICE), GAVE_UP],
}


@pytest.mark.parametrize("lines", REACHED.values(), ids=REACHED)
def test_a_cancellation_that_reached_the_tool(lines: list[Line]) -> None:
    """A tool may be stopped later than its caller is told, as long as it does nothing more."""
    assert outcome("TOOL-6", dispatcher(*lines)) is Outcome.PASS


NOBODY_GAVE_UP = {
    "it never started": [asked(ALICE), GAVE_UP],
    "past the deadline": [*AT_WORK, hung(ALICE), ended(ALICE)],
    "told of a failure": [*AT_WORK, refused(ALICE), ended(ALICE)],
    "told of success": [*AT_WORK, ended(ALICE), told(ALICE)],
    "not told": [*AT_WORK, ended(ALICE)],
}


@pytest.mark.parametrize("lines", NOBODY_GAVE_UP.values(), ids=NOBODY_GAVE_UP)
def test_where_nobody_gave_up_there_is_no_opportunity(lines: list[Line]) -> None:
    """Neither red nor green."""
    assert untold("TOOL-6", dispatcher(*lines))


def test_calls_without_canaries_of_which_one_was_given_up_are_in_doubt() -> None:
    """The end of the one could be that of the other, which was still under way."""
    lines = dispatcher(
        *(asked(ALICE, 16), nameless("started", parameters={})),
        *(asked(ALICE, 17), nameless("started", parameters={})),
        *(hung(ALICE, 16, why="cancelled"), nameless("ended", result=1)),
        *(nameless("ended", result=1), told(ALICE, 17, value=1)),
    )
    found = verdicts(lines)["TOOL-6"]

    assert found.outcome is Outcome.UNKNOWN
    assert "cannot be told apart" in found.reason


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([started(ALICE), LEFT, ended(ALICE)], Outcome.FAIL),
        ([started(ALICE), stopped(ALICE), LEFT], Outcome.PASS),
        ([started(ALICE), LEFT, stopped(ALICE)], Outcome.PASS),
        ([LEFT, started(ALICE), ended(ALICE)], Outcome.UNKNOWN),
        ([started(ALICE), lost(ALICE, "run"), ended(ALICE)], Outcome.UNKNOWN),
    ],
)
def test_a_run_that_is_given_up_gives_up_its_calls(lines: list[Line], found: Outcome) -> None:
    """Those that had begun; what it begins then is TOOL-10's matter."""
    assert outcome("TOOL-6", agent(*lines), kind="agent") is found


def test_what_cannot_be_called_off_is_not_asked_to() -> None:
    """A target may declare so."""
    lines = dispatcher(*AT_WORK, GAVE_UP, ended(ALICE))

    assert outcome("TOOL-6", lines, card={"cancel": ""}) is Outcome.UNSUPPORTED


# --- TOOL-8: a tool that hangs is ended by the declared timeout ---------------------------------

HANGS = [asked(ALICE, unreleased=True), started(ALICE)]  # 3, 4

FOREVER = {
    "for ever": (
        [hung(ALICE)],
        "lookup hung for 0.0 seconds and was not ended by the declared timeout",
        (3, 5),
    ),
    "until it was let go on, and succeeds": (
        [ended(ALICE), told(ALICE)],
        "lookup hung for 0.0 seconds and was not ended by the declared timeout",
        (3, 5),
    ),
    "until it was let go on, and fails": (
        [ended(ALICE), refused(ALICE)],
        "lookup hung for 0.0 seconds and was not ended by the declared timeout",
        (3, 5),
    ),
    "and succeeds": (
        [stopped(ALICE), told(ALICE, value=None)],
        "lookup hung and its caller was told that it succeeded",
        (6,),
    ),
    "and works on": (
        [refused(ALICE), acted(ALICE), ended(ALICE)],
        "lookup worked on after its caller was told of a timeout",
        (5, 6),
    ),
}


@pytest.mark.parametrize(("lines", "message", "witness"), FOREVER.values(), ids=FOREVER)
def test_a_tool_that_hangs_and_is_not_ended(
    lines: list[Line], message: str, witness: tuple[int, ...]
) -> None:
    """For ever, as a success, or only as far as its caller is concerned."""
    assert broken("TOOL-8", dispatcher(*HANGS, *lines)) == (message, witness)


def test_how_long_it_hung_is_told() -> None:
    """From its true start."""
    lines = dispatcher(*HANGS, ended(ALICE), told(ALICE))

    (found,) = timed(lines, {4: 10.0, 5: 12.5, 6: 20.0})["TOOL-8"].findings
    assert found.message.startswith("lookup hung for 2.5 seconds")


IN_TIME = {
    "stopped, and then told": [*HANGS, stopped(ALICE), refused(ALICE)],
    "told, and then stopped": [*HANGS, refused(ALICE), stopped(ALICE)],
    "stopped by an error that was thrown into it": [*HANGS, broke(ALICE), refused(ALICE)],
    "told by a failed result": [*HANGS, stopped(ALICE), refused(ALICE, by="result", type="")],
}


@pytest.mark.parametrize("lines", IN_TIME.values(), ids=IN_TIME)
def test_a_tool_that_hangs_and_is_ended(lines: list[Line]) -> None:
    """As a failure, in whichever form."""
    assert outcome("TOOL-8", dispatcher(*lines)) is Outcome.PASS


NO_HANG = {
    "it was not meant to": [*AT_WORK, hung(ALICE)],
    "it never started": [asked(ALICE, unreleased=True), refused(ALICE)],
    "its caller gave up": [*HANGS, stopped(ALICE), GAVE_UP],
    "its session was cleaned up": [*HANGS, *closed(ALICE), stopped(ALICE), refused(ALICE)],
    "it was never answered": HANGS,
}


@pytest.mark.parametrize("lines", NO_HANG.values(), ids=NO_HANG)
def test_what_no_timeout_was_to_end(lines: list[Line]) -> None:
    """Neither red nor green."""
    assert untold("TOOL-8", dispatcher(*lines))


def test_tools_that_hang_side_by_side_without_canaries_are_in_doubt() -> None:
    """What works on may be either."""
    lines = dispatcher(
        *(asked(ALICE, 16, unreleased=True), nameless("started", parameters={})),
        *(asked(ALICE, 17, unreleased=True), nameless("started", parameters={})),
        *(nameless("ended", result=1), refused(ALICE, 16), refused(ALICE, 17)),
    )

    assert doubted("TOOL-8", lines) == UNTRACED


def test_where_no_timeout_is_declared_nothing_is_expected() -> None:
    """Grey, not red."""
    lines = dispatcher(*HANGS, hung(ALICE))

    assert outcome("TOOL-8", lines, card={"tool_timeout": ""}) is Outcome.UNSUPPORTED


# --- TOOL-9: a synchronous tool does not block the event loop -----------------------------------


def sync(**seen: Any) -> list[Line]:
    return dispatcher(asked(ALICE), started(ALICE), ended(ALICE, **seen), told(ALICE))


def test_a_synchronous_tool_that_stands_in_everybodys_way() -> None:
    """How long it did is told."""
    assert broken("TOOL-9", sync(turned=False, waited=0.5)) == (
        "lookup, a synchronous tool, blocked the event loop for 0.5 seconds, as long as it ran",
        (4, 5),
    )


def test_a_synchronous_tool_beside_the_loop() -> None:
    """A thread ran it, and the loop turned meanwhile."""
    assert outcome("TOOL-9", sync(turned=True, waited=0.0)) is Outcome.PASS


def test_each_execution_is_looked_at() -> None:
    """One that blocks is not excused by one that does not."""
    lines = dispatcher(
        *(asked(ALICE), started(ALICE), ended(ALICE, turned=True, waited=0.0), told(ALICE)),
        *(asked(ALICE, 17), started(ALICE, 17), ended(ALICE, 17, turned=False, waited=0.5)),
    )
    again = [*AT_WORK, broke(ALICE), started(ALICE), ended(ALICE, turned=False, waited=0.5)]

    assert broken("TOOL-9", lines)[1] == (8, 9)
    assert broken("TOOL-9", dispatcher(*again))[1] == (4, 7)


def watched(*stalls: float) -> Any:
    """What is said where the loop stood still for so long, and turned in the end."""
    lines = [
        line
        for number, waited in enumerate(stalls, 16)
        for line in (
            *(asked(ALICE, number), started(ALICE, number)),
            *(ended(ALICE, number, turned=True, waited=waited), told(ALICE, number)),
        )
    ]
    return verdicts(dispatcher(*lines))["TOOL-9"]


def test_a_loop_that_stands_still_for_a_while_whenever_a_synchronous_tool_runs() -> None:
    """It is no busy machine that does so each time, of two or more."""
    assert watched(0.4, 0.25).outcome is Outcome.FAIL
    (found,) = watched(0.4, 0.25, 0.3).findings

    assert found.witness == (5, 9)
    assert found.message == (
        "each of 3 executions of a synchronous tool blocked the event loop, for 0.25 to 0.4 seconds"
    )


NOW_AND_THEN = {"once": [0.4], "not each time": [0.4, 0.225, 0.3], "never": [0.0, 0.0]}


@pytest.mark.parametrize("stalls", NOW_AND_THEN.values(), ids=NOW_AND_THEN)
def test_a_loop_that_stands_still_now_and_then(stalls: list[float]) -> None:
    """That may be the machine. The longest stall is told."""
    said = watched(*stalls)

    assert said.outcome is Outcome.PASS
    assert said.statistics == {"longest stall s": max(stalls)}


def test_the_longest_stall_is_told_of_a_loop_that_never_turned() -> None:
    """As far as it is known."""
    said = verdicts(sync(turned=False, waited=0.5))["TOOL-9"]

    assert said.statistics == {"longest stall s": 0.5}


@pytest.mark.parametrize("seen", [{}, {"turned": None}], ids=["asynchronous", "no loop was there"])
def test_what_does_not_say_whether_the_loop_turned_is_no_opportunity(seen: Any) -> None:
    """An asynchronous tool gives turns of its own; without a loop there is none to block."""
    assert untold("TOOL-9", sync(**seen))
