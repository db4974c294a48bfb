"""ROUTING-4: malformed input is answered, and nothing ends with it that should not."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build import ALICE, BOB, Line
from tests.rooms import (
    ERROR,
    HEARD,
    answers,
    broken,
    closed,
    comes,
    frame,
    handled,
    hangs,
    heard,
    mumbles,
    passed,
    raises,
    red,
    says,
)

# --- ROUTING-4: malformed input -------------------------------------------------------------------


def gets(*lines: Line, message: Any = None, room: list[Line] = HEARD) -> list[Line]:
    """Alice sends what is no message (entry 9), and this comes of it."""
    return [*room, mumbles(ALICE, message), *lines]


ANSWERED = {
    "by a frame": gets(frame(ALICE, ERROR), answers(ALICE, None)),
    "by an exception": gets(raises(ALICE, "ValueError")),
    "by a KeyError": gets(raises(ALICE, "KeyError")),
    "by a TypeError that is meant": gets(raises(ALICE, "TypeError", meant=True)),
    "by no": gets(answers(ALICE, False)),
    "by an answer": gets(answers(ALICE, {"status": "error"})),
    **{
        f"by closing with {code}": gets(closed(ALICE, code), answers(ALICE, None))
        for code in (1002, 1003, 1007, 1008, 1009, 1011, 3000, 4000, 4422, 4999)
    },
    "by a frame and a close": gets(frame(ALICE, ERROR), closed(ALICE, 1003), answers(ALICE)),
}


@pytest.mark.parametrize("lines", ANSWERED.values(), ids=ANSWERED)
def test_malformed_input_that_is_answered(lines: list[Line]) -> None:
    """By an error, or by a close that says why."""
    assert red(lines) == set()
    assert passed("ROUTING-4", lines) == 1


@pytest.mark.parametrize("code", [1000, 1001, 1005, 1006, 1013, 2000, 5000, None])
def test_a_close_that_says_nothing_of_it(code: Any) -> None:
    """As if nothing had been wrong."""
    lines = gets(frame(ALICE, ERROR), closed(ALICE, code), answers(ALICE), message=7)

    said = f"because of 7 the connection was closed with {code}"
    assert broken("ROUTING-4", lines) == (said, (9, 11, 12))


def test_malformed_input_that_is_passed_over() -> None:
    """It is shown, shortened."""
    assert broken("ROUTING-4", gets(answers(ALICE), message={"type": ""})) == (
        "{'type': ''} was no error: the router said True, and its sender got nothing",
        (9, 10),
    )
    long = gets(answers(ALICE, None), message="x" * 20_000, room=heard(None))
    assert len(broken("ROUTING-4", long)[0]) < 300
    assert broken("ROUTING-4", gets(hangs(ALICE)))[1] == (9, 10)


def test_malformed_input_on_which_the_router_breaks() -> None:
    """Also where it has sent an error before."""
    text = "'NoneType' object has no attribute 'get'"
    lines = gets(frame(ALICE, ERROR), raises(ALICE, "AttributeError", text=text))

    assert broken("ROUTING-4", lines) == (
        f"the router broke on None: AttributeError: {text}",
        (9, 11),
    )


def test_a_connection_works_after_malformed_input() -> None:
    """Its next message is handled; the one after that is anybody's."""
    refused = gets(raises(ALICE, "ValueError"))
    lost = [says(ALICE, 17), answers(ALICE, True, 17)]

    assert passed("ROUTING-4", [*refused, *handled(ALICE, 17), *handled(ALICE, 18)]) == 2
    assert broken("ROUTING-4", [*refused, *lost]) == (
        "after malformed input a message of alice of type chat_message was not handled",
        (11, 12),
    )
    assert "ROUTING-1" not in red([*refused, *lost])
    later = [*refused, *handled(ALICE, 18), *lost]
    assert "ROUTING-1" in red(later)
    assert "ROUTING-4" not in red(later)


def test_malformed_input_over_a_closed_connection_is_not_heard() -> None:
    """Nor what follows it."""
    lines = [*gets(closed(ALICE, 1003), answers(ALICE)), mumbles(ALICE, 5, 17)]
    lines += [answers(ALICE, None, 17), says(ALICE, 18), answers(ALICE, None, 18)]

    assert red(lines) == set()
    assert passed("ROUTING-4", lines) == 1


def test_the_other_user_notices_nothing() -> None:
    """What they say is handled; else ROUTING-1 says so."""
    room = [*HEARD, *comes(BOB), mumbles(ALICE), raises(ALICE, "ValueError")]

    assert red([*room, *handled(BOB)]) == set()
    assert red([*room, says(BOB), answers(BOB)]) == {"ROUTING-1"}
