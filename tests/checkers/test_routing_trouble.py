"""RECOVERY-3a, -4, -6: handlers that stall, connections that break, bursts."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build import ALICE, BOB, Line
from tests.rooms import (
    ERROR,
    TASK,
    added,
    answers,
    begun,
    broken,
    closed,
    comes,
    done,
    failed,
    findings,
    frame,
    goes,
    handled,
    hangs,
    passed,
    raises,
    red,
    removed,
    says,
    turns,
    untold,
)

#: Alice and bob are there (entries 0 to 5), a handler for chats (6, 7), one for tasks holds (8, 9).
ROOM = [
    *(*comes(ALICE), *comes(BOB), *added()),
    *added(TASK, name="long", does="holds"),
]

# --- RECOVERY-3a: a handler that stalls holds up its own user only --------------------------------

#: Alice's task is held (10, 11); then it goes on.
HELD = [*ROOM, says(ALICE, type=TASK), begun(ALICE, by="long")]
FREE = [done(ALICE, by="long"), answers(ALICE)]


def test_others_are_handled_meanwhile() -> None:
    """Each of their messages is an opportunity; so is one that was only begun in time."""
    lines = [*HELD, *handled(BOB), *handled(BOB, 17), *FREE]
    slow = [*HELD, says(BOB), begun(BOB), *FREE, done(BOB), answers(BOB)]

    assert red(lines) == set()
    assert passed("RECOVERY-3a", lines) == 2
    assert passed("RECOVERY-3a", slow) == 1


WAITS = {
    "until it goes on": [says(BOB), *FREE, begun(BOB), done(BOB), answers(BOB)],
    "for ever": [says(BOB), answers(BOB), *FREE],
    "and is refused then": [says(BOB), *FREE, raises(BOB)],
}


@pytest.mark.parametrize("lines", WAITS.values(), ids=WAITS)
def test_another_waits(lines: list[Line]) -> None:
    """The witness shows both messages."""
    said, witness = broken("RECOVERY-3a", [*HELD, *lines])

    assert said == "while a handler of alice was held a message of bob was not handled"
    assert {10, 11, 12} <= set(witness)


NOT_HELD_UP = {
    "one's own message": [*HELD, says(ALICE, 17), *FREE, answers(ALICE, True, 17)],
    "sent before": [
        *(*ROOM, says(BOB), says(ALICE, type=TASK), begun(ALICE, by="long"), *FREE),
        *(begun(BOB), done(BOB), answers(BOB)),
    ],
    "sent after": [*HELD, *FREE, *handled(BOB)],
    "that nothing handles": [*HELD, *removed(), says(BOB), raises(BOB), *FREE],
    "beside one that never went on": [*HELD, says(BOB), answers(BOB), hangs(ALICE)],
    "beside one that does not hold": [
        *(*ROOM, says(ALICE), begun(ALICE), says(BOB), done(ALICE), answers(ALICE)),
        *(begun(BOB), done(BOB), answers(BOB)),
    ],
}


@pytest.mark.parametrize("lines", NOT_HELD_UP.values(), ids=NOT_HELD_UP)
def test_what_is_not_held_up(lines: list[Line]) -> None:
    """One's own lane is one's own affair."""
    assert untold("RECOVERY-3a", lines)


# --- RECOVERY-4: a connection that breaks in mid-message ------------------------------------------

#: The connection breaks under it (12), which its handler finds out (13).
BROKE = [*HELD, turns(ALICE, "broken"), failed(ALICE, by="long"), raises(ALICE)]


def comes_back(*lines: Line, link: int = 2) -> list[Line]:
    """Alice comes back over a new connection (15 to 17), and this comes of her next message."""
    return [*BROKE, *comes(ALICE, link), says(ALICE, 17, link=link), *lines]


def test_the_next_message_over_a_new_connection_works() -> None:
    """Whether the router was told that the old one has gone or not."""
    good = [begun(ALICE, 17, link=2), done(ALICE, 17), answers(ALICE, True, 17)]
    told = [*BROKE, *goes(ALICE), *comes_back(*good)[15:]]

    for lines in (comes_back(*good), told):
        assert red(lines) == set()
        assert passed("RECOVERY-4", lines) == 1


BARRED: dict[str, list[Line]] = {
    "yes": [answers(ALICE, True, 17)],
    "an error": [frame(ALICE, ERROR, 2), answers(ALICE, False, 17)],
    "an exception": [raises(ALICE, number=17)],
    "no answer": [hangs(ALICE, 17)],
}


@pytest.mark.parametrize("lines", BARRED.values(), ids=BARRED)
def test_the_next_message_over_a_new_connection_is_not_handled(lines: list[Line]) -> None:
    """Whatever the router says of it; that it never answers is RECOVERY-8's."""
    assert broken("RECOVERY-4", comes_back(*lines))[0] == (
        "after a connection broke in the middle of a message a message of alice of type"
        " chat_message was not handled"
    )
    assert red(comes_back(*lines)) - {"RECOVERY-8"} == {"RECOVERY-4"}


def test_messages_that_come_later_are_others() -> None:
    """The first shows whether the user is served again."""
    good = [begun(ALICE, 17, link=2), done(ALICE, 17), answers(ALICE, True, 17)]
    lines = comes_back(*good, says(ALICE, 18, link=2), answers(ALICE, True, 18))

    assert red(lines) == {"ROUTING-1"}


NOT_BACK = {
    "nothing broke": [*HELD, *FREE, *goes(ALICE), *comes(ALICE, 2), says(ALICE, 17, link=2)],
    "another's broke": [*BROKE, *handled(BOB)],
    "the same connection": [*BROKE, says(ALICE, 17)],
    "it broke while nothing was handled": [
        *(*ROOM, turns(ALICE, "broken"), *comes(ALICE, 2), *handled(ALICE, 17, link=2)),
    ],
    "the harness stalled it": [
        *(*HELD, turns(ALICE, "stalled"), *FREE, *comes(ALICE, 2), *handled(ALICE, 17, link=2)),
    ],
}


@pytest.mark.parametrize("lines", NOT_BACK.values(), ids=NOT_BACK)
def test_where_nobody_comes_back(lines: list[Line]) -> None:
    """Then other rules speak of the message."""
    assert untold("RECOVERY-4", lines)


# --- RECOVERY-6: a burst --------------------------------------------------------------------------


def burst(*fates: Any) -> list[Line]:
    """Alice sends so many messages at once (10 and on); each is handled or has another fate."""
    numbers = range(16, 16 + len(fates))
    lines = [*ROOM, *(says(ALICE, n, burst=True) for n in numbers)]
    for number, fate in zip(numbers, fates, strict=True):
        lines += fate(number)
    return lines


def well(number: int) -> list[Line]:
    return [begun(ALICE, number), done(ALICE, number), answers(ALICE, True, number)]


def dropped(number: int) -> list[Line]:
    return [answers(ALICE, True, number)]


def unheard(number: int) -> list[Line]:
    return [answers(ALICE, None, number)]


def denied(number: int) -> list[Line]:
    return [answers(ALICE, False, number)]


def raised(number: int) -> list[Line]:
    return [raises(ALICE, "QueueFull", number)]


def refused(number: int) -> list[Line]:
    """By an error that does not say for which message it is."""
    return [frame(ALICE, {"type": "server_busy"}), answers(ALICE, True, number)]


def shut(code: int) -> Any:
    return lambda number: [closed(ALICE, code), answers(ALICE, None, number)]


KEPT = {
    "all are handled": burst(well, well, well),
    "late": burst(dropped, dropped, lambda _: [*well(16)[:2], *well(17)[:2]]),
    "some are refused by no": burst(well, denied, denied),
    "some are refused by nothing": burst(well, unheard),
    "some are refused by exceptions": burst(well, raised, raised),
    "some are refused by errors": burst(well, refused, refused, well, refused),
    "the connection is closed": burst(well, shut(1013), dropped, dropped),
    "the connection is closed as too much": burst(well, well, shut(1008)),
}


@pytest.mark.parametrize("lines", KEPT.values(), ids=KEPT)
def test_a_burst_of_which_nothing_is_lost_silently(lines: list[Line]) -> None:
    """Each is handled, or somebody is told."""
    if lines is KEPT["late"]:
        lines = [line for line in lines if line[2] != "say-alice-18"]
    assert "RECOVERY-6" not in red(lines)
    assert "ROUTING-1" not in red(lines)
    assert passed("RECOVERY-6", lines) >= 2


LOST = {
    "one": (burst(well, dropped, well), 1),
    "two": (burst(well, dropped, dropped), 2),
    "more than were refused": (burst(well, refused, dropped, dropped), 2),
    "where nothing says much": (burst(unheard, unheard), 2),
    "where nobody is answered": (
        burst(lambda n: [*well(n)[:2], *unheard(n)], unheard),
        1,
    ),
    "and the connection closed as usual": (burst(well, shut(1000), dropped), 1),
}


@pytest.mark.parametrize(("lines", "count"), LOST.values(), ids=LOST)
def test_a_burst_of_which_something_is_lost(lines: list[Line], count: int) -> None:
    """One finding for each that is lost without a word."""
    found = findings("RECOVERY-6", lines)

    assert len(found) == count
    assert found[0][0] == "in a burst a message of alice of type chat_message was not handled"


def test_errors_of_one_user_excuse_nothing_of_another() -> None:
    """They are told to whom they are sent."""
    lines = [*burst(well, dropped), says(BOB, burst=True), frame(BOB, ERROR), answers(BOB, True)]

    assert len(findings("RECOVERY-6", lines)) == 1


def test_what_is_handled_twice_in_a_burst() -> None:
    """ROUTING-1 says so, whatever the burst."""
    lines = burst(well, lambda n: [*well(n)[:2], *well(n)])

    assert red(lines) == {"ROUTING-1"}
