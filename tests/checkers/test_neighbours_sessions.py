"""ISOLATION-8a: what is done in one session of a user changes nothing for another."""

from __future__ import annotations

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
    refused,
    session,
    sibling,
    started,
    stopped,
)
from tests.judged import broken, outcome, untold
from tests.scenes import silent

from goldenpath.model import Outcome

SECOND = sibling(ALICE)
PROVES = {"proves": ["ISOLATION-8a"]}
BEFORE = session(ALICE, call(ALICE, 16))
COMES = in_session(session(SECOND, call(SECOND, 30)))

DOINGS: dict[str, list[Line]] = {
    "it is made": COMES[:1],
    "it is made and works": COMES,
    "it is made, works and is ended": [*COMES, *in_session(closed(SECOND))],
    "it cannot be made": in_session([invoke(SECOND, "create", tools=[]), fail(SECOND, "create")]),
}
doings = pytest.mark.parametrize("done", DOINGS.values(), ids=DOINGS)


@doings
def test_a_session_that_works_as_before(done: list[Line]) -> None:
    """Whatever is done in the other."""
    lines = [*BEFORE, *done, *call(ALICE, 17)]

    assert outcome("ISOLATION-8a", lines, **PROVES) is Outcome.PASS


@doings
def test_a_session_that_refuses_from_then_on(done: list[Line]) -> None:
    """What it did before is the control."""
    lines = [*BEFORE, *done, asked(ALICE, 17), refused(ALICE, 17, text="closed")]
    message, witness = broken("ISOLATION-8a", lines, **PROVES)

    assert message.startswith("while or after another session of the same user was made, worked")
    assert witness == (len(lines) - 2, len(lines) - 1)


def test_a_call_that_is_stopped_with_another_session() -> None:
    """It was under way when the other one was ended."""
    ends = [asked(ALICE, 17), started(ALICE, 17), *in_session(closed(SECOND))]
    lines = [*BEFORE, *COMES, *ends, stopped(ALICE, 17), refused(ALICE, 17)]

    assert outcome("ISOLATION-8a", lines, **PROVES) is Outcome.FAIL


def test_events_that_go_missing() -> None:
    """Its user is not told any more that a tool has ended."""
    lines = [*BEFORE, *COMES, *silent(17)]

    assert outcome("ISOLATION-8a", lines, **PROVES) is Outcome.FAIL


NOTHING: dict[str, list[Line]] = {
    "nothing is done in another": [*BEFORE, asked(ALICE, 17), refused(ALICE, 17)],
    "it is another user's": [*BEFORE, *session(BOB, call(BOB)), asked(ALICE, 17)],
    "it never worked": [*session(ALICE), *COMES, asked(ALICE, 17), refused(ALICE, 17)],
    "it was ended itself": [
        *(*BEFORE, *COMES, *closed(ALICE)),
        *(asked(ALICE, 17), refused(ALICE, 17), *in_session(call(SECOND, 31))),
    ][:-6],
}


@pytest.mark.parametrize("lines", NOTHING.values(), ids=NOTHING)
def test_nothing_follows(lines: list[Line]) -> None:
    """There is no control, or nothing that could have changed anything."""
    assert untold("ISOLATION-8a", lines, **PROVES)


def test_a_workload_that_was_not_built_for_it_says_nothing() -> None:
    """Its calls may fail for reasons of their own."""
    assert untold("ISOLATION-8a", [*BEFORE, *COMES, asked(ALICE, 17), refused(ALICE, 17)])
