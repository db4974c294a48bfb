"""ORDER-5 and ORDER-6: the order in which events arrive, and what their clocks say."""

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
    broken,
    completed,
    ended,
    event,
    executing,
    findings,
    hung,
    outcome,
    run,
    session,
    started,
    token_of,
    told,
    up,
    verdicts,
)

from goldenpath.checkers.sequence import GAPS, NAIVE, ODD, UNREAD, ZONED, read_time
from goldenpath.model import Outcome


def dispatcher(*lines: Line) -> list[Line]:
    """A session of alice (entries 0 to 2), then these lines from entry 3 on."""
    return [*session(ALICE), *lines]


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

    assert broken("ORDER-5", dispatcher(*work(16), *work(17), *late)) == (
        "tool_completed of lookup came after the tool_executing of a call of lookup that was made"
        " when it had been answered",
        (9, 13),
    )


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


@pytest.mark.parametrize("lines", [SIDE_BY_SIDE, GIVEN_UP, work(16)], ids=["beside", "gone", "one"])
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


def rounds(*lines: Line) -> list[Line]:
    """A run with two rounds of one call, and these lines from entry 2 on."""
    tokens = [token_of(ALICE, 16), token_of(ALICE, 17)]
    calls = [{"id": t, "tool": "lookup", "arguments": {"query": t}, "token": t} for t in tokens]
    plan = {"rounds": [[call] for call in calls], "answer": "so it is"}
    return [up(ALICE), run(ALICE, plan=plan), *lines, answer(ALICE)]


def test_the_rounds_of_an_agent_are_told_one_after_the_other() -> None:
    """Where the first had really ended when the second was announced."""
    first = [executing(ALICE, 16), started(ALICE, 16), ended(ALICE, 16)]
    second = [started(ALICE, 17), ended(ALICE, 17), completed(ALICE, 17)]
    right = [*first, completed(ALICE, 16), executing(ALICE, 17), *second]
    late = [*first, executing(ALICE, 17), completed(ALICE, 16), *second]
    overlap = [*first[:2], executing(ALICE, 17), *first[2:], completed(ALICE, 16), *second]

    assert outcome("ORDER-5", rounds(*right), kind="agent") is Outcome.PASS
    assert broken("ORDER-5", rounds(*late), kind="agent")[1] == (5, 6)
    assert outcome("ORDER-5", rounds(*overlap), kind="agent") is Outcome.UNOBSERVABLE


def test_a_whole_run_is_in_order() -> None:
    """With numbers on every event."""
    assert outcome("ORDER-5", agent_run(ALICE), kind="agent") is Outcome.PASS


# --- ORDER-6 -------------------------------------------------------------------------------------


def stamped(*times: Any, **more: Any) -> list[Line]:
    """Events of one run (entries 2 ...) with these timestamps."""
    shown = [event(ALICE, "agent_thinking", timestamp=time, **more) for time in times]
    return [up(ALICE), run(ALICE), *shown]


NOON, LATER = "2026-11-25T12:00:00.5+00:00", "2026-11-25T12:00:01+00:00"

GOOD: dict[str, tuple[Any, ...]] = {
    "ISO text": (NOON, LATER, LATER),
    "with a Z": ("2026-11-25T12:00:00Z", "2026-11-25T12:00:00.1Z"),
    "with an offset": (NOON, "2026-11-25T14:00:01+02:00"),
    "with nanoseconds": ("2026-11-25T12:00:00.123456789Z", "2026-11-25T12:00:00.123456790Z"),
    "seconds": (1764072000, 1764072000.25),
    "milliseconds": (1764072000000, 1764072000250),
    "a clock of its own": (12.5, 13),
    "now and then": (NOON, None, LATER),
}


@pytest.mark.parametrize("times", GOOD.values(), ids=GOOD)
def test_a_clock_that_can_be_trusted(times: tuple[Any, ...]) -> None:
    """Text with a zone, or a number since 1970."""
    assert outcome("ORDER-6", stamped(*times), kind="agent") is Outcome.PASS


BAD: dict[str, tuple[tuple[Any, ...], str, tuple[int, ...]]] = {
    "no zone": (
        ("2026-11-25T12:00:00",),
        "the timestamp 2026-11-25T12:00:00 of agent_thinking has no zone",
        (2,),
    ),
    "backwards": (
        (LATER, NOON),
        f"agent_thinking of alice is stamped {NOON}, which is before {LATER}, the stamp of the"
        " event before it",
        (2, 3),
    ),
    "backwards over zones": (
        (NOON, "2026-11-25T13:00:00+02:00"),
        "agent_thinking of alice is stamped 2026-11-25T13:00:00+02:00, which is before"
        f" {NOON}, the stamp of the event before it",
        (2, 3),
    ),
    "backwards in numbers": (
        (1764072000.2, 1764072000),
        "agent_thinking of alice is stamped 1764072000, which is before 1764072000.2, the stamp"
        " of the event before it",
        (2, 3),
    ),
    "text and numbers": (
        (NOON, 1764072001),
        "timestamps are of different kinds: ISO text with a zone and a number of seconds",
        (2, 3),
    ),
    "seconds and milliseconds": (
        (1764072000, 1764072001000),
        "timestamps are of different kinds: a number of seconds and a number of milliseconds",
        (2, 3),
    ),
    "an object": (({"at": NOON},), "the timestamp of agent_thinking is no time", (2,)),
    "true": ((True,), "the timestamp of agent_thinking is no time", (2,)),
}


@pytest.mark.parametrize(("times", "message", "witness"), BAD.values(), ids=BAD)
def test_a_clock_that_cannot_be_trusted(
    times: tuple[Any, ...], message: str, witness: tuple[int, ...]
) -> None:
    """What it says and what it should not."""
    assert broken("ORDER-6", stamped(*times), kind="agent") == (message, witness)


def test_it_is_a_warning() -> None:
    """A rule of level SHOULD."""
    assert verdicts(stamped(LATER, NOON), kind="agent")["ORDER-6"].level == "SHOULD"


def test_a_new_kind_is_told_once() -> None:
    """Not for each event that follows."""
    lines = stamped(NOON, *range(1764072001, 1764072009))

    assert len(findings("ORDER-6", lines, kind="agent")) == 1


def test_text_that_is_no_iso_is_in_doubt() -> None:
    """It may be a time in some other form."""
    found = verdicts(stamped("Wed, 25 Nov 2026 12:00:00 GMT"), kind="agent")["ORDER-6"]

    assert found.outcome is Outcome.UNKNOWN
    assert "cannot be read" in found.reason


def two_places(*pairs: tuple[Any, Any]) -> list[Line]:
    """Events with one time in the data and one in the envelope."""
    lines = stamped(*(inner for inner, _ in pairs))
    for number, (_, outer) in enumerate(pairs, 2):
        kind, link, step, shape, text = lines[number]
        lines[number] = (kind, link, step, shape, f'{{"timestamp": {outer}, {text[1:]}')
    return lines


def test_each_place_of_an_envelope_is_a_clock_of_its_own() -> None:
    """One tells when it was made, the other when it was sent; both count."""
    made_and_sent = two_places((10.0, 12.0), (11.0, 13.0))
    late = two_places((10.0, 13.0), (11.0, 12.0))
    mixed = two_places((10.0, f'"{NOON}"'))

    assert outcome("ORDER-6", made_and_sent, kind="agent") is Outcome.PASS
    assert broken("ORDER-6", late, kind="agent")[1] == (2, 3)
    assert "different kinds" in broken("ORDER-6", mixed, kind="agent")[0]


def test_each_run_and_each_link_has_a_clock_of_its_own() -> None:
    """They are not compared with each other."""
    lines = [
        *(up(ALICE), up(BOB), up(ALICE, 2), run(ALICE), run(BOB)),
        event(ALICE, "agent_started", timestamp=LATER),
        event(BOB, "agent_started", timestamp=NOON),
        event(ALICE, "agent_started", to="alice/2", timestamp=NOON),
    ]

    assert outcome("ORDER-6", lines, kind="agent") is Outcome.PASS


def test_without_timestamps_it_is_grey() -> None:
    """With its reason."""
    found = verdicts(stamped(None, ""), kind="agent")["ORDER-6"]

    assert (found.outcome, found.reason) == (
        Outcome.UNOBSERVABLE,
        "no event has a timestamp that is recognised",
    )


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (NOON, ZONED),
        ("2026-11-25", NAIVE),
        ("now", UNREAD),
        (0, "a number of seconds"),
        (-5.5, "a number of seconds"),
        (1764072000123456, "a number of microseconds"),
        (1764072000123456789, "a number of nanoseconds"),
        ([], ODD),
        (False, ODD),
    ],
)
def test_the_kind_of_a_timestamp(value: Any, kind: str) -> None:
    """By its type, its zone and its size."""
    assert read_time(value)[0] == kind
