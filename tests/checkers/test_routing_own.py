"""ISOLATION-6: a message is handled by its user's own handler, and as that user's."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build import ALICE, BOB, Line
from tests.rooms import (
    ODD,
    OWN,
    ROOM,
    TASK,
    added,
    answers,
    begun,
    comes,
    done,
    goes,
    handled,
    outcome,
    passed,
    raises,
    red,
    says,
    untold,
)
from tests.rooms import broken as told_of

from goldenpath.model import Outcome

# --- ISOLATION-6: by one's own handler, and as oneself --------------------------------------------


def test_own_handlers() -> None:
    """Each handling is an opportunity; one for all is everybody's."""
    lines = [*OWN, *handled(ALICE, by="a"), *handled(BOB, by="b"), *added(TASK)]
    lines += handled(BOB, 17, TASK)

    assert red(lines) == set()
    assert passed("ISOLATION-6", lines) == 3


MISROUTED: dict[str, tuple[list[Line], str]] = {
    "another's handler": (
        [begun(ALICE, by="b"), done(ALICE, by="b")],
        "by the handler of a connection of bob",
    ),
    "another's id": (
        [begun(ALICE, by="a", user_id=BOB.user_id), done(ALICE, by="a")],
        "as one of 'id-of-bob'",
    ),
    "no id": ([begun(ALICE, by="a", user_id=None), done(ALICE, by="a")], "as one of None"),
    "another's socket": (
        [begun(ALICE, by="a", socket="bob/1"), done(ALICE, by="a")],
        "over the socket 'bob/1'",
    ),
}


@pytest.mark.parametrize(("lines", "how"), MISROUTED.values(), ids=MISROUTED)
def test_a_message_that_is_taken_for_anothers(lines: list[Line], how: str) -> None:
    """Whatever else is right."""
    said = told_of("ISOLATION-6", [*OWN, says(ALICE), *lines, answers(ALICE)])

    assert said == (f"a message of alice over alice/1 was handled {how}", (10, 11, 13))


def test_an_older_socket_of_ones_own() -> None:
    """Who answers on it, answers where nobody asked."""
    two_links = [*ROOM, *comes(ALICE, 2)]
    lines = [*two_links, says(ALICE, link=2), begun(ALICE, link=1), done(ALICE), answers(ALICE)]

    assert told_of("ISOLATION-6", lines)[0].endswith("was handled over the socket 'alice/1'")


WRAPPED = [None, "<Connection of alice>", "something", "alice/7"]


@pytest.mark.parametrize("socket", WRAPPED)
def test_a_socket_in_a_wrapper_of_the_routers_own(socket: Any) -> None:
    """It is none of another's: what is sent on it shows whose it is."""
    lines = [*ROOM, says(ALICE), begun(ALICE, socket=socket), done(ALICE), answers(ALICE)]

    assert outcome("ISOLATION-6", lines) is Outcome.PASS


def test_the_handler_of_a_connection_that_has_gone_is_another_rules() -> None:
    """ROUTING-6 has it."""
    lines = [*OWN, *goes(BOB), *handled(ALICE, by="b")]

    assert "ISOLATION-6" not in red(lines)
    assert "ROUTING-6" in red(lines)


def test_nothing_that_is_handled_is_nothing_that_could_be_misrouted() -> None:
    """Where nobody handles anything."""
    assert untold("ISOLATION-6", [*OWN, says(ALICE, type=ODD), raises(ALICE)])
    assert untold("ISOLATION-6", [])
