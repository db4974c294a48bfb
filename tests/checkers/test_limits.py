"""API-12 and -15: none is made past the factories, and no more than a user may have."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build import (
    ALICE,
    BOB,
    Line,
    asked,
    call,
    closed,
    fail,
    in_session,
    invoke,
    lost,
    ok,
    refused,
    session,
    sibling,
)
from tests.judged import broken, doubted, findings, outcome, untold, verdicts

from goldenpath.model import Outcome

# --- API-12 ---

DIRECTLY = invoke(ALICE, "create_directly")


def directly(answer: Line) -> list[Line]:
    return [*session(ALICE), *closed(ALICE), DIRECTLY, answer]


REFUSED = ["PermissionError", "RuntimeError", "FactoryOnly", "ValueError"]


@pytest.mark.parametrize("kind", REFUSED)
def test_direct_construction_is_refused(kind: str) -> None:
    lines = directly(fail(ALICE, "create_directly", type=kind, text="use the factory"))

    assert outcome("API-12", lines) is Outcome.PASS


def test_a_type_error_in_words_of_its_own_is_a_refusal() -> None:
    """So do classes refuse that cannot be called."""
    text = "Dispatcher cannot be called: use create_for_user"
    lines = directly(fail(ALICE, "create_directly", type="TypeError", text=text))

    assert outcome("API-12", lines) is Outcome.PASS


def test_direct_construction_that_is_accepted() -> None:
    lines = directly(ok(ALICE, "create_directly", value="a session"))

    assert broken("API-12", lines) == (
        "one was constructed directly, though factory_only is declared",
        (5, 6),
    )


ACCIDENTS = [
    ("TypeError", "Dispatcher.__init__() missing 2 required positional arguments: 'a' and 'b'"),
    ("TypeError", "make() got an unexpected keyword argument 'x'"),
    ("TypeError", "Dispatcher() takes no arguments"),
    ("TypeError", "Can't instantiate abstract class Dispatcher with abstract method run"),
    ("AttributeError", "'NoneType' object has no attribute 'user_id'"),
]


@pytest.mark.parametrize(("kind", "text"), ACCIDENTS)
def test_wrong_arguments_tell_nothing(kind: str, text: str) -> None:
    """It is said what to declare."""
    lines = directly(fail(ALICE, "create_directly", type=kind, text=text))

    assert "factory_only=lambda user, tap, tools" in doubted("API-12", lines)


def test_an_answer_that_does_not_come_tells_nothing() -> None:
    assert "no answer" in doubted("API-12", directly(lost(ALICE, "create_directly")))


def test_where_no_factory_makes_one_nothing_follows() -> None:
    """There is no control."""
    assert untold("API-12", [DIRECTLY, fail(ALICE, "create_directly", text="no")])


# --- API-15 ---

LIMIT: dict[str, Any] = {"proves": ["API-15"], "declared": {"max_dispatchers_per_user": 2}}


def create(which: str) -> Line:
    who = sibling(ALICE, which)
    (line,) = in_session(session(who)[1:2], which)
    return line


def made(which: str) -> list[Line]:
    return [create(which), *in_session([ok(ALICE, "create")], which)]


def works(which: str, number: int) -> list[Line]:
    return in_session(call(sibling(ALICE, which), number), which)


def refuses(which: str, number: int) -> list[Line]:
    return in_session([asked(ALICE, number), refused(ALICE, number, text="closed")], which)


def no(which: str, **how: Any) -> list[Line]:
    return in_session([fail(ALICE, "create", **how)], which)


def over(which: str) -> list[Line]:
    return in_session(closed(ALICE), which)


TWO = [session(ALICE)[0], *made("1"), *works("1", 16), *made("2"), *works("2", 17)]
ROOM = [*over("1"), *made("4"), *works("4", 20)]
GOOD: dict[str, list[Line]] = {
    "it is refused": [*TWO, create("3"), *no("3"), *works("1", 18), *works("2", 19), *ROOM],
    "it waits for room": [
        *(*TWO, create("3"), *works("1", 18), *over("1")),
        *(*in_session([ok(ALICE, "create")], "3"), *works("2", 19)),
    ],
    "it waits, and there is none": [*TWO, create("3"), *in_session([lost(ALICE, "create")], "3")],
    "another user has their own": [*TWO, create("3"), *no("3"), *session(BOB), *ROOM],
}


@pytest.mark.parametrize("lines", GOOD.values(), ids=GOOD)
def test_a_limit_that_is_kept(lines: list[Line]) -> None:
    assert outcome("API-15", lines, **LIMIT) is Outcome.PASS


BAD: dict[str, tuple[list[Line], str]] = {
    "one more is made": ([*TWO, *made("3")], "one more was made, though 2 were in use"),
    "one more breaks": (
        [*TWO, create("3"), *no("3", type="AttributeError", text="None has no x")],
        "one beyond the limit was not refused but ran into AttributeError",
    ),
    "one in use is closed": (
        [*TWO, create("3"), *no("3"), *refuses("1", 18)],
        "when one more was asked for than 2, one in use was closed: lookup did not run",
    ),
    "there is no room again": (
        [*TWO, create("3"), *no("3"), *over("1"), create("4"), *no("4", text="full")],
        "with 1 of 2 in use one more was refused: 'full'",
    ),
    "it waits though there is room": (
        [*TWO, create("3"), *over("1"), *in_session([lost(ALICE, "create")], "3")],
        "one that waited for room was not made when there was some",
    ),
    "it is refused below the limit": (
        [*TWO[:9], create("2"), *no("2", text="full")],
        "with 1 of 2 in use one more was refused: 'full'",
    ),
    "another user is refused": (
        [*TWO, create("3"), *no("3"), session(BOB)[1], fail(BOB, "create", text="full")],
        "with 0 of 2 in use one more was refused: 'full'",
    ),
}


@pytest.mark.parametrize(("lines", "said"), BAD.values(), ids=BAD)
def test_a_limit_that_is_not_kept(lines: list[Line], said: str) -> None:
    (message, witness), *_ = findings("API-15", lines, **LIMIT)

    assert message.startswith(said)
    assert witness


def test_a_call_that_had_not_worked_before_tells_nothing() -> None:
    """There is no control."""
    lines = [*TWO[:3], *made("2"), create("3"), *no("3"), *refuses("1", 18)]

    assert outcome("API-15", lines, **LIMIT) is Outcome.PASS


def test_a_workload_that_was_not_built_for_it_says_nothing() -> None:
    assert untold("API-15", [*TWO, *made("3")], declared=LIMIT["declared"])


def test_what_a_limit_refuses_is_not_for_api_1() -> None:
    """Of one of several sessions; a user's only one is to be made."""
    found = verdicts([*TWO, create("3"), *no("3")], **LIMIT)

    assert found["API-1"].outcome is not Outcome.FAIL
    alone = [session(ALICE)[1], fail(ALICE, "create")]
    assert verdicts(alone, **LIMIT)["API-1"].outcome is Outcome.FAIL
