"""ORDER-5: events arrive in the order in which they were sent."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build import (
    ALICE,
    BOB,
    Line,
    agent_run,
    answer,
    asked,
    bare,
    completed,
    ended,
    event,
    executing,
    hung,
    run,
    started,
    token_of,
    told,
    up,
)
from tests.judged import broken, findings, outcome, untold, verdicts
from tests.scenes import dispatcher

from goldenpath.checkers.sequence import GAPS
from goldenpath.model import Outcome

# --- ORDER-5: by numbers -------------------------------------------------------------------------


def numbered(*numbers: int | None, name: str = "agent_started", **more: Any) -> list[Line]:
    """Events of one run (entries 2 ...) with these numbers."""
    shown = [event(ALICE, name, seq=number, **more) for number in numbers]
    return [up(ALICE), run(ALICE), *shown]


SWAPPED: dict[str, tuple[tuple[int, ...], tuple[int, int]]] = {
    "two": ((1, 3, 2), (3, 4)),
    "the first two": ((2, 1), (3, 3)),
    "far apart": ((1, 5, 6, 7, 3), (3, 6)),
    "among higher ones": ((10, 20, 15), (3, 4)),
    "after a repetition": ((1, 3, 3, 2), (3, 5)),
}


@pytest.mark.parametrize(("numbers", "witness"), SWAPPED.values(), ids=SWAPPED)
def test_a_number_that_came_after_a_higher_one(
    numbers: tuple[int, ...], witness: tuple[int, int]
) -> None:
    """The event that left it out, and the one that has it."""
    message, found = broken("ORDER-5", numbered(*numbers), kind="agent")

    assert message == (
        f"agent_started of alice has the number {numbers[-1]} and came after a higher one"
    )
    assert found == tuple(sorted({*witness}))


def test_each_of_several_that_are_late_is_told_once() -> None:
    """In whichever order they fill the gap; one that comes again is a repetition."""
    late = findings("ORDER-5", numbered(1, 6, 4, 2, 5, 3, 4, 2), kind="agent")

    assert [witness for _, witness in late] == [(3, 4), (3, 5), (3, 6), (3, 7)]
    falling = verdicts(numbered(3, 2, 1), kind="agent")["ORDER-5"]
    assert [finding.witness for finding in falling.findings] == [(3,), (4,)]
    assert falling.opportunities == 2


RISING: dict[str, tuple[int, ...]] = {
    "one after the other": (1, 2, 3),
    "from zero": (0, 1, 2),
    "with gaps": (1, 5, 9),
    "with a repetition": (1, 2, 3, 2, 4),
    "that begin again": (1, 2, 3, 1, 2, 3, 4),
}


@pytest.mark.parametrize("numbers", RISING.values(), ids=RISING)
def test_numbers_that_rise(numbers: tuple[int, ...]) -> None:
    """A repetition is for DELIVERY-3; numbers may have gaps, and begin again."""
    assert outcome("ORDER-5", numbered(*numbers), kind="agent") is Outcome.PASS


def test_one_number_alone_tells_nothing() -> None:
    """There is nothing that it could come after."""
    for numbers in ((1,), (1, 1), (None, None)):
        assert outcome("ORDER-5", numbered(*numbers), kind="agent") is Outcome.UNOBSERVABLE


def test_each_run_and_each_link_counts_for_itself() -> None:
    """Numbers of two users, or on two links, are not compared."""
    lines = [
        *(up(ALICE), up(BOB), up(ALICE, 2), run(ALICE), run(BOB)),
        *(event(ALICE, "agent_started", seq=7), event(BOB, "agent_started", seq=1)),
        *(event(ALICE, "agent_started", to="alice/2", seq=1), event(BOB, "agent_started", seq=2)),
        event(ALICE, "agent_started", seq=8),
    ]

    assert outcome("ORDER-5", lines, kind="agent") is Outcome.PASS


def test_numbers_of_thoughts_alone_count_pieces_of_text() -> None:
    """Each thought may begin at another number; where all events count, thoughts do too."""
    pieces = [event(ALICE, "agent_thinking", seq=n) for n in (3, 4, 1, 2)]
    begin = [up(ALICE), run(ALICE)]

    assert outcome("ORDER-5", [*begin, *pieces], kind="agent") is Outcome.UNOBSERVABLE
    begin.append(event(ALICE, "agent_started", seq=2))
    assert outcome("ORDER-5", [*begin, *pieces], kind="agent") is Outcome.FAIL


def test_only_so_many_gaps_are_remembered() -> None:
    """A hostile numbering costs no memory without end."""
    numbers = [2 * n for n in range(GAPS + 2)]

    assert outcome("ORDER-5", numbered(*numbers, 1), kind="agent") is Outcome.PASS
    assert outcome("ORDER-5", numbered(*numbers, 5), kind="agent") is Outcome.FAIL


# --- ORDER-5: by what really happened ------------------------------------------------------------


def work(number: int) -> list[Line]:
    """A call up to its answer, announced and not reported."""
    ran = [started(ALICE, number), ended(ALICE, number), told(ALICE, number)]
    return [asked(ALICE, number), executing(ALICE, number), *ran]


def test_a_report_that_came_after_the_announcement_of_a_later_call() -> None:
    """The second call was made when the first had been answered."""
    late = [completed(ALICE, 16), completed(ALICE, 17)]
    lines = dispatcher(*work(16), *work(17), *late)

    assert broken("ORDER-5", lines) == (
        "tool_completed of lookup came after the tool_executing of a call of lookup that was made"
        " when it had been answered",
        (9, 13),
    )
    assert verdicts(lines)["ORDER-5"].opportunities == 1


def test_a_call_that_was_announced_after_a_later_one_as_well() -> None:
    """Of all that were announced, the one that was asked for last counts."""
    first = [asked(ALICE, 16), started(ALICE, 16), ended(ALICE, 16), told(ALICE, 16)]
    late = [asked(ALICE, 17), executing(ALICE, 17), executing(ALICE, 16), completed(ALICE, 16)]

    assert broken("ORDER-5", dispatcher(*first, *late))[1] == (8, 10)


IN_ORDER: dict[str, list[Line]] = {
    "one after the other": [*work(16), completed(ALICE, 16), *work(17), completed(ALICE, 17)],
    "reported again, much later": [
        *(*work(16), completed(ALICE, 16), *work(17), completed(ALICE, 16)),
        completed(ALICE, 17),
    ],
}


@pytest.mark.parametrize("lines", IN_ORDER.values(), ids=IN_ORDER)
def test_calls_that_are_told_one_after_the_other(lines: list[Line]) -> None:
    """A repetition is for DELIVERY-3."""
    assert outcome("ORDER-5", dispatcher(*lines)) is Outcome.PASS


SIDE_BY_SIDE = [
    *(asked(ALICE, 16), executing(ALICE, 16), asked(ALICE, 17), executing(ALICE, 17)),
    *(started(ALICE, 16), ended(ALICE, 16), started(ALICE, 17), ended(ALICE, 17)),
    *(told(ALICE, 16), told(ALICE, 17), completed(ALICE, 17), completed(ALICE, 16)),
]

GIVEN_UP = [
    *(asked(ALICE, 16), executing(ALICE, 16), started(ALICE, 16)),
    *(hung(ALICE, 16, why="cancelled"), *work(17), completed(ALICE, 17)),
    *(ended(ALICE, 16), completed(ALICE, 16)),
]

NO_ORDER = {
    "side by side": SIDE_BY_SIDE,
    "given up": GIVEN_UP,
    "one alone": work(16),
    "asked for side by side, announced in turn": [
        *(asked(ALICE, 16), asked(ALICE, 17), executing(ALICE, 16), started(ALICE, 16)),
        *(ended(ALICE, 16), completed(ALICE, 16), told(ALICE, 16), executing(ALICE, 17)),
    ],
    "never answered": [*work(16)[:-1], *work(17), completed(ALICE, 16)],
    "the first numbered, the others not": [
        *(asked(ALICE, 16), executing(ALICE, 16, seq=1), *work(16)[2:], *work(17)),
        completed(ALICE, 16),
    ],
    "never announced": [asked(ALICE, 16), *work(16)[2:], completed(ALICE, 16)],
}


@pytest.mark.parametrize("lines", NO_ORDER.values(), ids=NO_ORDER)
def test_without_numbers_calls_side_by_side_have_no_order(lines: list[Line]) -> None:
    """Nor has one whose caller gave up, or one alone: grey, with its reason."""
    found = verdicts(dispatcher(*lines))["ORDER-5"]

    assert found.outcome is Outcome.UNOBSERVABLE
    assert found.reason.startswith("no event has a number")


def test_numbers_say_more_than_what_happened() -> None:
    """A platform that tells its caller first, and sends in order afterwards, is right."""
    calls = [
        *(asked(ALICE, 16), executing(ALICE, 16, seq=1), started(ALICE, 16), ended(ALICE, 16)),
        *(told(ALICE, 16), asked(ALICE, 17), executing(ALICE, 17, seq=2)),
        completed(ALICE, 16, seq=3),
    ]

    assert outcome("ORDER-5", dispatcher(*calls)) is Outcome.PASS


def rounds(*lines: Line, at_once: bool = False) -> list[Line]:
    """A run with two rounds of one call, or one of two, and these lines from entry 2 on."""
    tokens = [token_of(ALICE, 16), token_of(ALICE, 17)]
    calls = [{"id": t, "tool": "lookup", "arguments": {"query": t}, "token": t} for t in tokens]
    made = [calls] if at_once else [[call] for call in calls]
    plan = {"rounds": made, "answer": "so it is"}
    return [up(ALICE), run(ALICE, plan=plan), *lines, answer(ALICE)]


def test_the_rounds_of_an_agent_are_told_one_after_the_other() -> None:
    """Where the first had really ended when the second was announced."""
    first = [executing(ALICE, 16), started(ALICE, 16), ended(ALICE, 16)]
    second = [started(ALICE, 17), ended(ALICE, 17), completed(ALICE, 17)]
    right = [*first, completed(ALICE, 16), executing(ALICE, 17), *second]
    late = [*first, executing(ALICE, 17), completed(ALICE, 16), *second]
    overlap = [*first[:2], executing(ALICE, 17), *first[2:], completed(ALICE, 16), *second]

    assert outcome("ORDER-5", rounds(*right), kind="agent") is Outcome.PASS
    thought = event(ALICE, "agent_thinking")
    thinks = [*first, completed(ALICE, 16), thought, executing(ALICE, 17), thought, *second]
    assert outcome("ORDER-5", rounds(*thinks), kind="agent") is Outcome.PASS
    assert broken("ORDER-5", rounds(*late), kind="agent")[1] == (5, 6)
    assert outcome("ORDER-5", rounds(*overlap), kind="agent") is Outcome.UNOBSERVABLE
    early = [*first[:2], executing(ALICE, 17), completed(ALICE, 16), *first[2:], *second]
    assert outcome("ORDER-5", rounds(*early), kind="agent") is Outcome.UNOBSERVABLE
    assert outcome("ORDER-5", rounds(*late, at_once=True), kind="agent") is Outcome.UNOBSERVABLE


def test_what_is_of_no_run_has_no_order() -> None:
    """Nor has what is no event; neither in numbers nor in time."""
    shown = bare(BOB, "agent_thinking", seq=2, timestamp=5)
    lines = [up(BOB), shown, bare(BOB, "notice", seq=1, timestamp=4)]

    assert untold("ORDER-5", lines)
    assert untold("ORDER-6", lines)


def test_a_whole_run_is_in_order() -> None:
    """With numbers on every event."""
    assert outcome("ORDER-5", agent_run(ALICE), kind="agent") is Outcome.PASS
