"""ROUTING-10: what a facade makes of a message or a broadcast is what the router makes of it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build import ALICE, Line
from tests.rooms import (
    ERROR,
    added,
    answers,
    begun,
    broken,
    claims,
    comes,
    done,
    frame,
    goes,
    hangs,
    hears,
    passed,
    raises,
    refuses,
    says,
    tells,
    untold,
)

ROOM = [*comes(ALICE), *added(), *added(name="g")]


def both(ours: list[Line], theirs: list[Line]) -> list[Line]:
    """The same is said to the router (number 16) and to a facade (17), and this comes of it."""
    first = says(ALICE, 16, via="", same="chat 0")
    second = says(ALICE, 17, via="old", same="chat 0")
    return [*ROOM, first, *ours, second, *theirs]


def well(number: int, value: Any = True, by: str = "h") -> list[Line]:
    done_by = [begun(ALICE, number, by), done(ALICE, number, by)]
    return [*done_by, answers(ALICE, value, number)]


def twice(answer: Any, other: Any) -> list[Line]:
    return both(well(16, answer), well(17, other))


ALIKE = {
    "yes": twice(True, True),
    "nothing": twice(None, None),
    "an id of its own": twice({"id": "m-1", "ms": 1.5}, {"id": "m-2", "ms": 0}),
    "the same status": twice({"status": "ok", "at": "12:00"}, {"status": "ok", "at": "12:01"}),
    "no error": twice({"handled": True, "error": None}, {"handled": True, "error": None}),
    "a list": twice(["a", 1], ["b", 2]),
    "the same exception": both(
        [raises(ALICE, number=16, text="m-1")], [raises(ALICE, number=17, text="m-2")]
    ),
    "the same frames": both(
        [frame(ALICE, {**ERROR, "id": 1}), answers(ALICE, False)],
        [frame(ALICE, {**ERROR, "id": 2}), answers(ALICE, False, 17)],
    ),
    "neither answers": both([hangs(ALICE)], [hangs(ALICE, 17)]),
    "numbers": twice(7, 8),
}


@pytest.mark.parametrize("lines", ALIKE.values(), ids=ALIKE)
def test_a_facade_that_does_the_same(lines: list[Line]) -> None:
    """Ids, times and texts may differ."""
    assert passed("ROUTING-10", lines) == 1


UNLIKE: dict[str, tuple[list[Line], str]] = {
    "another answer": (
        twice(True, False),
        "the answer of a message of type chat_message is 'a false value'",
    ),
    "no answer": (twice(True, None), "the answer of a message of type chat_message is None"),
    "1 for yes": (twice(True, 1), "the answer of a message of type chat_message is 'a number'"),
    "0 for 1": (twice(1, 0), "the answer of a message of type chat_message is 'a false value'"),
    "another status": (
        twice({"status": "ok"}, {"status": "failed"}),
        "the answer of a message of type chat_message is {'it says': ['failed']",
    ),
    "another field": (twice({"handled": True}, {"ok": True}), "the answer of a message"),
    "an error more": (
        twice({"error": None}, {"error": "what?"}),
        "the answer of a message of type chat_message is",
    ),
    "an exception": (
        both(well(16), [*well(17)[:2], raises(ALICE, "OldError", 17)]),
        "the answer of a message of type chat_message is 'OldError', the router's True",
    ),
    "another exception": (
        both([raises(ALICE)], [raises(ALICE, "OldError", 17)]),
        "the answer of a message of type chat_message is 'OldError', the router's 'UnknownType'",
    ),
    "another handler": (
        both(well(16), well(17, by="g")),
        "the handler of a message of type chat_message is ['g'], the router's ['h']",
    ),
    "no handler": (
        both(well(16), [answers(ALICE, True, 17)]),
        "the handler of a message of type chat_message is [], the router's ['h']",
    ),
    "a frame more": (
        both(well(16), [*well(17), frame(ALICE, {"type": "received"})]),
        "what was sent of a message of type chat_message is ['received'], the router's []",
    ),
    "it hangs": (both(well(16), [*well(17)[:2], hangs(ALICE, 17)]), "the answer of a message"),
}


@pytest.mark.parametrize(("lines", "what"), UNLIKE.values(), ids=UNLIKE)
def test_a_facade_that_does_something_else(lines: list[Line], what: str) -> None:
    """The finding names the facade, and what differs."""
    said, witness = broken("ROUTING-10", lines)

    assert said.startswith(f"the facade old: {what}")
    assert 7 in witness  # what was said to the router


def test_each_facade_is_compared_with_the_router() -> None:
    """And each message with its own counterpart."""
    lines = twice(True, True)
    lines += [says(ALICE, 18, via="older", same="chat 0"), *well(18)]
    lines += [says(ALICE, 19, via="", same="chat 1"), *well(19)]

    assert passed("ROUTING-10", lines) == 2


# --- broadcasts ----------------------------------------------------------------------------------


def both_told(ours: list[Line], theirs: list[Line], **more: Any) -> list[Line]:
    """The same is told by the router (number 16) and by a facade (17), and this comes of it."""
    first = tells(ALICE, 16, via="", same="told 0", **more)
    second = tells(ALICE, 17, via="old", same="told 0", **more)
    return [*ROOM, first, *ours, second, *theirs]


HEARD = [hears(ALICE), claims(ALICE, 1)]


TOLD_ALIKE = {
    "both reach": both_told(HEARD, [hears(ALICE, 17), claims(ALICE, 1, 17)]),
    "neither reaches": both_told([claims(ALICE, 0)], [claims(ALICE, 0, 17)]),
    "both refuse nobody": both_told([refuses(ALICE)], [refuses(ALICE, number=17)], nobody="nobody"),
    "a socket that comes later": [
        *both_told(HEARD, [hears(ALICE, 17), claims(ALICE, 1, 17)]),
        *comes(ALICE, 2),
        hears(ALICE, 17, link=2),
    ],
    "one that is gone": [
        *comes(ALICE, 2),
        *goes(ALICE, 2),
        *both_told(HEARD, [hears(ALICE, 17), claims(ALICE, 1, 17)]),
    ],
}


@pytest.mark.parametrize("lines", TOLD_ALIKE.values(), ids=TOLD_ALIKE)
def test_a_facade_that_tells_the_same(lines: list[Line]) -> None:
    """Only sockets that were there count: others may get what they missed."""
    assert passed("ROUTING-10", lines) == 1


TOLD_UNLIKE = {
    "nobody": (
        both_told(HEARD, [claims(ALICE, 1, 17)]),
        "what was reached of a broadcast to alice is {'alice/1': 0}, the router's {'alice/1': 1}",
    ),
    "twice": (
        both_told(HEARD, [hears(ALICE, 17), hears(ALICE, 17), claims(ALICE, 1, 17)]),
        "what was reached of a broadcast to alice is {'alice/1': 2}, the router's {'alice/1': 1}",
    ),
    "no number": (
        both_told(HEARD, [hears(ALICE, 17), claims(ALICE, None, 17)]),
        "the answer of a broadcast to alice is None, the router's 'a number'",
    ),
    "it takes nobody": (
        both_told([refuses(ALICE)], [claims(ALICE, 0, 17)], nobody="nobody"),
        "the answer of a broadcast to nobody is",
    ),
}


@pytest.mark.parametrize(("lines", "what"), TOLD_UNLIKE.values(), ids=TOLD_UNLIKE)
def test_a_facade_that_tells_something_else(lines: list[Line], what: str) -> None:
    """Whom it reaches and what it answers are compared."""
    said, witness = broken("ROUTING-10", lines)

    assert said.startswith(f"the facade old: {what}")
    assert 7 in witness


def test_what_was_done_through_a_facade_before() -> None:
    """A message after a handler was added through it is said to the router itself."""
    first = says(ALICE, 16, same="handler 0", after="")
    second = says(ALICE, 17, same="handler 0", after="old")
    said, _ = broken("ROUTING-10", [*ROOM, first, *well(16), second, answers(ALICE, True, 17)])

    assert said.startswith("the facade old: the handler of a message of type chat_message is []")


def test_a_broadcast_is_no_answer_to_a_message() -> None:
    """What it sends while the latest message is under way, or after it, is not of that message."""
    lines = [*ROOM, says(ALICE, 16, via="", same="chat 0"), *well(16)]
    lines += [tells(ALICE, 30), hears(ALICE, 30), claims(ALICE, 1, 30)]
    lines += [says(ALICE, 17, via="old", same="chat 0"), *well(17)]

    assert passed("ROUTING-10", lines) == 1


def test_nothing_to_compare() -> None:
    """What was said to the router only, or through no facade."""
    assert untold("ROUTING-10", [*ROOM, says(ALICE), *well(16)])
    assert untold("ROUTING-10", [*ROOM, says(ALICE, same="chat 0"), *well(16)])
