"""API-3 and -4: look-ups agree, and what is registered can be used."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build import (
    ALICE,
    Line,
    asked,
    broke,
    call,
    fail,
    hung,
    invoke,
    lost,
    ok,
    refused,
    started,
)
from tests.judged import broken, findings, outcome, untold, verdicts
from tests.scenes import CLEANUP, REGISTER, dispatcher

from goldenpath.model import Outcome

# --- API-3: has_tool, get_available_tools and tools agree --------------------------------------


def looked(has: dict[str, bool], listed: Any, tools: Any, *before: Line) -> list[Line]:
    value = {"has_tool": has, "get_available_tools": listed, "tools": tools}
    return dispatcher(*before, invoke(ALICE, "look"), ok(ALICE, "look", value=value))


DISAGREE = {
    "has_tool alone": (
        looked({"lookup": False}, ["lookup"], ["lookup"]),
        [
            "look-ups disagree about lookup: has_tool says no, get_available_tools says yes,"
            " tools says yes"
        ],
    ),
    "has_tool of what nobody lists": (
        looked({"ghost": True}, ["lookup"], ["lookup"]),
        [
            "look-ups disagree about ghost: has_tool says yes, get_available_tools says no,"
            " tools says no"
        ],
    ),
    "tools is a snapshot": (
        looked({}, ["echo", "lookup"], ["lookup"]),
        ["get_available_tools lists ['echo', 'lookup'], tools holds ['lookup']"],
    ),
    "a name twice": (
        looked({"lookup": True}, ["lookup", "lookup"], ["lookup"]),
        ["get_available_tools names lookup more than once"],
    ),
    "two names twice": (
        looked({}, ["a", "b"], ["a", "b", "b", "a"]),
        ["tools names a, b more than once"],
    ),
}


@pytest.mark.parametrize(("lines", "messages"), DISAGREE.values(), ids=DISAGREE)
def test_look_ups_that_disagree(lines: list[Line], messages: list[str]) -> None:
    """About one name, or in what they list."""
    assert findings("API-3", lines) == [(message, (4,)) for message in messages]


AGREE = {
    "one tool": looked({"lookup": True, "ghost": False}, ["lookup"], ["lookup"]),
    "none": looked({"ghost": False}, [], []),
    "another order": looked({"a": True, "b": True}, ["a", "b"], ["b", "a"]),
}


@pytest.mark.parametrize("lines", AGREE.values(), ids=AGREE)
def test_look_ups_that_agree(lines: list[Line]) -> None:
    """About what is there and what is not, in any order."""
    assert outcome("API-3", lines) is Outcome.PASS


def test_a_look_up_alone_agrees_with_nothing() -> None:
    """Where the other two are missing nothing was compared: UNKNOWN, not green."""
    assert untold("API-3", looked({"lookup": True}, None, None))


def test_two_look_ups_are_compared_where_the_third_is_missing() -> None:
    """That one is missing is API-1's finding."""
    good, bad = (looked({"lookup": has}, ["lookup"], None) for has in (True, False))

    assert outcome("API-3", good) is Outcome.PASS
    assert broken("API-3", bad)[0] == (
        "look-ups disagree about lookup: has_tool says no, get_available_tools says yes"
    )


def test_a_look_up_that_says_something_else() -> None:
    """What is no list of names, or no yes or no, is told by its own words."""
    value = {
        "has_tool": {},
        "get_available_tools": None,
        "tools": [],
        "wrong": {"get_available_tools": "expected a list of names, got 3"},
    }
    lines = dispatcher(invoke(ALICE, "look"), ok(ALICE, "look", value=value))

    assert broken("API-3", lines) == (
        "get_available_tools: expected a list of names, got 3",
        (4,),
    )
    assert verdicts(lines)["API-3"].opportunities == 1


def test_after_cleanup_look_ups_may_be_empty() -> None:
    """DESIGN section 9; a session created anew must agree again."""
    odd = looked({"lookup": True}, [], [], *CLEANUP)
    again = [*odd, *looked({"lookup": True}, [], [])]

    assert untold("API-3", odd)
    assert outcome("API-3", again) is Outcome.FAIL


# --- API-4: a registered tool is listed and can be executed ------------------------------------


def test_a_registered_tool_that_is_not_listed() -> None:
    """The registration and the look are the witness."""
    lines = looked({}, ["lookup"], ["lookup"], *REGISTER)

    assert broken("API-4", lines) == (
        "echo was registered and is not listed: ['lookup']",
        (3, 6),
    )


def test_a_tool_given_at_creation_that_is_not_listed() -> None:
    """It was given as well as any registered one."""
    assert broken("API-4", looked({}, [], [])) == (
        "lookup was registered and is not listed: []",
        (1, 4),
    )


def test_a_registration_that_is_refused() -> None:
    """Of a live session, by a member that is there."""
    lines = dispatcher(
        invoke(ALICE, "register", tool="echo"),
        fail(ALICE, "register", type="TypeError", text="not a BaseTool"),
    )

    assert broken("API-4", lines) == ("registering echo was refused: 'not a BaseTool'", (3, 4))
    assert verdicts(lines)["API-4"].opportunities == 1


SAYS_NOTHING: dict[str, list[Line]] = {
    "registering hung": dispatcher(invoke(ALICE, "register", tool="echo"), lost(ALICE, "register")),
    "a tool for admins was refused when it was registered": dispatcher(
        invoke(ALICE, "register", tool="echo", forbidden=True), fail(ALICE, "register")
    ),
    "a tool for admins was refused when it was called": dispatcher(
        asked(ALICE, forbidden=True), refused(ALICE)
    ),
    "a call was given up": dispatcher(asked(ALICE), hung(ALICE, why="cancelled")),
    "a call hung": dispatcher(asked(ALICE), hung(ALICE)),
    "a call of an unknown tool": dispatcher(asked(ALICE, tool="ghost"), refused(ALICE)),
    "a call that was never answered": dispatcher(asked(ALICE), started(ALICE)),
    "a registration that nobody asked for": [ok(ALICE, "register"), ok(ALICE, "create")],
    "a session that was not made": [
        *(invoke(ALICE, "create", tools=["lookup"]), fail(ALICE, "create")),
        *looked({}, [], [])[3:],
    ],
    "looking failed": dispatcher(invoke(ALICE, "look"), fail(ALICE, "look")),
    "there is no transport": dispatcher(asked(ALICE), refused(ALICE), transport="absent"),
}


@pytest.mark.parametrize("lines", SAYS_NOTHING.values(), ids=SAYS_NOTHING)
def test_what_says_nothing_of_what_is_registered(lines: list[Line]) -> None:
    """Neither red nor green."""
    assert untold("API-4", lines)


def test_a_registered_tool_that_cannot_be_executed() -> None:
    """It was accepted, and then refused to whoever calls it."""
    lines = dispatcher(*REGISTER, asked(ALICE, tool="echo"), refused(ALICE, text="no echo here"))

    assert broken("API-4", lines) == (
        "echo was registered and cannot be executed through execute_tool: 'no echo here'",
        (5, 6),
    )


def test_a_tool_that_one_of_the_members_refuses() -> None:
    """That another member runs it is no excuse."""
    lines = dispatcher(*call(ALICE), asked(ALICE, 17, via="dispatch"), refused(ALICE, 17))

    assert broken("API-4", lines)[0].startswith(
        "lookup was registered and cannot be executed through dispatch"
    )


WORKS = {
    "listed and executed": [*looked({}, ["lookup"], ["lookup"]), *call(ALICE)],
    "a tool that fails was executed": dispatcher(
        asked(ALICE), started(ALICE), broke(ALICE), refused(ALICE)
    ),
    "a tool for admins is not listed": looked(
        {},
        ["lookup"],
        [],
        invoke(ALICE, "register", tool="echo", forbidden=True),
        ok(ALICE, "register"),
    ),
    "listed in any order, with others": looked({}, ["x", "echo", "lookup"], [], *REGISTER),
    "an unknown tool is refused": dispatcher(
        *call(ALICE), asked(ALICE, 17, tool="ghost"), refused(ALICE, 17, text="ghost")
    ),
    "one that worked is refused": dispatcher(*call(ALICE), asked(ALICE, 17), refused(ALICE, 17)),
    "in another form it is refused": dispatcher(
        *call(ALICE), asked(ALICE, 17, via="dispatch", form="keyword"), refused(ALICE, 17)
    ),
    "after cleanup it is refused": dispatcher(
        *call(ALICE), *CLEANUP, asked(ALICE, 17), refused(ALICE, 17)
    ),
    "after cleanup it is not listed": [
        *looked({}, ["lookup"], []),
        *looked({}, [], [], *CLEANUP)[3:],
    ],
    "after cleanup a registration is refused": dispatcher(
        *call(ALICE), *CLEANUP, invoke(ALICE, "register", tool="echo"), fail(ALICE, "register")
    ),
    "a name that is taken is refused": dispatcher(
        *call(ALICE), invoke(ALICE, "register", tool="lookup"), fail(ALICE, "register")
    ),
    "there is no register_tool": dispatcher(
        *call(ALICE),
        invoke(ALICE, "register", tool="echo"),
        fail(ALICE, "register", by="missing", text="there is no register_tool"),
    ),
    "a call was cancelled": dispatcher(
        *call(ALICE), asked(ALICE, 17), hung(ALICE, 17, why="cancelled")
    ),
}


@pytest.mark.parametrize("lines", WORKS.values(), ids=WORKS)
def test_a_registered_tool_that_works(lines: list[Line]) -> None:
    """Each refusal here has another, legitimate reason, or is another rule's finding."""
    assert outcome("API-4", lines) is Outcome.PASS
