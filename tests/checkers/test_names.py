"""API-5: what registering a name twice may do."""

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
    ended,
    fail,
    hung,
    lost,
    refused,
    registered,
    session,
    started,
    told,
    tool,
)
from tests.judged import broken, doubted, outcome, untold, verdicts
from tests.scenes import dispatcher

from goldenpath.checkers.base import UNTRACED
from goldenpath.model import Outcome

# --- API-5: registering a name twice raises or replaces, visibly --------------------------------

FIRST = [*registered(ALICE, "echo"), *call(ALICE)]  # 3, 4 and 5 to 10


def again(*lines: Line, value: Any = None, answer: Line | None = None) -> list[Line]:
    """Lookup ran, and is registered again (11, 12); these lines from 13 on."""
    twice = registered(ALICE, "lookup", again=True, value=value, answer=answer)
    return dispatcher(*FIRST, *twice, *lines)


def runs(number: int = 17, twin: bool = False) -> list[Line]:
    """A call of the taken name, and what it ran."""
    mark = {"twin": True} if twin else {}
    return [
        *(asked(ALICE, number), started(ALICE, number, **mark), ended(ALICE, number)),
        told(ALICE, number),
    ]


TAKEN = fail(ALICE, "register", type="DuplicateTool", text="a tool named lookup is there")

WRONG: dict[str, tuple[list[Line], str, tuple[int, ...]]] = {
    "accepted and ignored": (
        again(*runs()),
        "registering lookup again was accepted and ignored: the first one still runs",
        (11, 13, 16),
    ),
    "refused and replaced": (
        again(*runs(twin=True), answer=TAKEN),
        "registering lookup again was refused, and the refused one runs",
        (11, 13, 16),
    ),
    "refused by False and replaced": (
        again(*runs(twin=True), value={"form": "tool", "returned": False}),
        "registering lookup again was refused, and the refused one runs",
        (11, 13, 16),
    ),
    "refused, and gone": (
        again(asked(ALICE, 17), refused(ALICE, 17), answer=TAKEN),
        "registering lookup again left none of it: it does not run any more",
        (11, 13, 14),
    ),
    "accepted, and gone": (
        again(asked(ALICE, 17), told(ALICE, 17)),
        "registering lookup again left none of it: it does not run any more",
        (11, 13, 14),
    ),
    "an accident": (
        again(answer=fail(ALICE, "register", type="AttributeError", text="no append")),
        "registering lookup again was not refused but ran into AttributeError: 'no append'",
        (11, 12),
    ),
}


@pytest.mark.parametrize(("lines", "message", "witness"), WRONG.values(), ids=WRONG)
def test_a_taken_name_that_is_ignored_or_corrupted(
    lines: list[Line], message: str, witness: tuple[int, ...]
) -> None:
    """What the next call really runs is compared with what was said of the registration."""
    assert broken("API-5", lines) == (message, witness)
    assert verdicts(lines)["API-5"].opportunities == 1


def test_what_another_user_does_changes_nothing() -> None:
    """Their session is cleaned up in between."""
    twice = registered(ALICE, "lookup", again=True)
    lines = dispatcher(*FIRST, *session(BOB), *closed(BOB), *twice, *runs())

    assert broken("API-5", lines)[1] == (16, 18, 21)


VISIBLE = {
    "replaced": again(*runs(twin=True)),
    "replaced, as it says": again(*runs(twin=True), value={"form": "tool", "returned": True}),
    "refused by an exception": again(*runs(), answer=TAKEN),
    "refused by False": again(*runs(), value={"form": "tool", "returned": False}),
    "a function refused by False": again(*runs(), value={"form": "name, func", "returned": False}),
    "replaced twice": again(
        *runs(twin=True), *registered(ALICE, "lookup", again=True), *runs(18, twin=True)
    ),
    "refused twice": again(
        *(*runs(), *registered(ALICE, "lookup", again=True, answer=TAKEN), *runs(18)),
        answer=TAKEN,
    ),
    "replaced, and the next one refused": again(
        *runs(twin=True),
        *registered(ALICE, "lookup", again=True, answer=TAKEN),
        *runs(18, twin=True),
    ),
    "two calls at once": again(
        *(asked(ALICE, 17), asked(ALICE, 18), started(ALICE, 17), started(ALICE, 18)),
        *(ended(ALICE, 17), told(ALICE, 17), ended(ALICE, 18), told(ALICE, 18)),
        answer=TAKEN,
    ),
    "a tool that lost its canary ran": again(
        *(asked(ALICE, 17), tool(ALICE, "started", None, parameters={})),
        *(tool(ALICE, "ended", None, result=1), told(ALICE, 17, value=1)),
        answer=TAKEN,
    ),
}


@pytest.mark.parametrize("lines", VISIBLE.values(), ids=VISIBLE)
def test_a_taken_name_that_is_refused_or_replaced(lines: list[Line]) -> None:
    """Both are right, and are told apart by the twin."""
    assert outcome("API-5", lines) is Outcome.PASS


NEUTRAL: dict[str, list[Line]] = {
    "no call of it followed": again(answer=TAKEN),
    "it had not run before": dispatcher(
        *(*registered(ALICE, "echo"), *registered(ALICE, "lookup", again=True)), *runs()
    ),
    "nothing can be registered": dispatcher(
        *call(ALICE),
        *registered(ALICE, "lookup", again=True, answer=fail(ALICE, "register", type="TypeError")),
        *runs(),
    ),
    "nothing could be registered": dispatcher(
        *registered(ALICE, "echo", answer=fail(ALICE, "register", type="Problem")),
        *call(ALICE),
        *registered(ALICE, "lookup", again=True, answer=fail(ALICE, "register", type="TypeError")),
        *runs(),
    ),
    "nothing could be registered in a session made anew": [
        *dispatcher(*FIRST),
        *session(ALICE, call(ALICE, 18)),
        *registered(ALICE, "lookup", again=True, answer=fail(ALICE, "register", type="TypeError")),
        *runs(),
    ],
    "it had only failed before": dispatcher(
        *(*registered(ALICE, "echo"), asked(ALICE), refused(ALICE)),
        *(*registered(ALICE, "lookup", again=True), *runs()),
    ),
    "the call was never answered": again(asked(ALICE, 17), started(ALICE, 17)),
    "there is no register_tool": again(*runs(), answer=fail(ALICE, "register", by="missing")),
    "registering hung": again(*runs(), answer=lost(ALICE, "register")),
    "the call's member is not there": again(
        asked(ALICE, 17), refused(ALICE, 17, by="missing"), answer=TAKEN
    ),
    "the call hung": again(asked(ALICE, 17), hung(ALICE, 17), answer=TAKEN),
    "another member, by which it never ran": again(
        asked(ALICE, 17, via="dispatch"), refused(ALICE, 17), answer=TAKEN
    ),
    "a form of calling": again(
        asked(ALICE, 17, form="keyword", via="execute_tool"), refused(ALICE, 17)
    ),
    "the session was cleaned up": again(
        *closed(ALICE), asked(ALICE, 17), refused(ALICE, 17), answer=TAKEN
    ),
    "it was cleaned up during the call": again(
        *(asked(ALICE, 17), *closed(ALICE), refused(ALICE, 17)), answer=TAKEN
    ),
    "a session made anew has the first again": [*again(), *session(ALICE), *runs()],
    "another user's is not concerned": [*again(), *session(BOB, call(BOB))],
    "a call that was asked for before": [
        *dispatcher(*FIRST, asked(ALICE, 17)),
        *registered(ALICE, "lookup", again=True),
        *(started(ALICE, 17), ended(ALICE, 17), told(ALICE, 17)),
    ],
}


@pytest.mark.parametrize("lines", NEUTRAL.values(), ids=NEUTRAL)
def test_a_taken_name_of_which_nothing_follows(lines: list[Line]) -> None:
    """Neither red nor green."""
    assert untold("API-5", lines)


def test_overlapping_calls_without_canaries_are_in_doubt() -> None:
    """Which of them ran cannot be told; a guess would be a false alarm."""
    nameless = [
        tool(ALICE, what, None, **more)
        for what, more in (("started", {"parameters": {}}), ("ended", {"result": 1}))
    ]
    lines = again(
        *(asked(ALICE, 17), asked(ALICE, 18), *nameless, *nameless),
        *(told(ALICE, 17, value=1), told(ALICE, 18, value=1)),
        answer=TAKEN,
    )

    assert doubted("API-5", lines) == UNTRACED
