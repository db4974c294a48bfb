"""API-13: no session for an invalid user context."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build import (
    ALICE,
    BOB,
    Line,
    answer,
    ended,
    fail,
    invoke,
    lost,
    ok,
    run,
    session,
    started,
    up,
)
from tests.judged import broken, outcome, red, untold, verdicts

from goldenpath import spec
from goldenpath.model import Outcome


def chances(rule: str, lines: list[Line]) -> int:
    return verdicts(lines)[rule].opportunities


# --- API-13: an invalid user context is refused ------------------------------------------------

EMPTY, NOBODY = "an empty user_id", "None"


def for_user(how: str, *said: Line) -> list[Line]:
    """A session is asked for with this context (entry 0), and answered so (1)."""
    return [invoke(ALICE, "create_invalid", user=how, tools=[]), *said]


def not_made(**how: Any) -> Line:
    return fail(ALICE, "create_invalid", **{"type": "ValueError", "text": "no user", **how})


MADE = ok(ALICE, "create_invalid", value="a session")


@pytest.mark.parametrize("how", [*spec.INVALID_USERS, *spec.PLACEHOLDER_USERS])
@pytest.mark.parametrize("control", [True, False])
def test_a_session_that_was_made_for_nobody(how: str, control: bool) -> None:
    """Whatever the context was: that one was made needs no control."""
    lines = [*for_user(how, MADE), *(session(ALICE) if control else [])]

    assert broken("API-13", lines) == (f"a session was made for {how}", (0, 1))
    assert chances("API-13", lines) == 1


MEANT = {
    "an exception": not_made(),
    "a permission error": not_made(type="PermissionError"),
    "a failed result": not_made(by="result", type="", text="the factory returned None"),
}


@pytest.mark.parametrize("said", MEANT.values(), ids=MEANT)
@pytest.mark.parametrize("how", spec.INVALID_USERS)
def test_a_context_that_was_refused(said: Line, how: str) -> None:
    """It counts where a valid user of the same name is let in, before it or after it."""
    before = [*session(ALICE), *for_user(how, said)]
    after = [*for_user(how, said), *session(ALICE)]

    assert outcome("API-13", before) is Outcome.PASS
    assert outcome("API-13", after) is Outcome.PASS
    assert chances("API-13", [*after, *for_user(how, said)]) == 2
    assert chances("API-13", [*for_user(how, said), *after]) == 2


NO_CONTROL = {
    "nobody is let in": [],
    "only another user is": session(BOB),
    "something else is accepted": [invoke(ALICE, "enter"), ok(ALICE, "enter")],
    "the valid one is refused, too": [invoke(ALICE, "create", tools=[]), fail(ALICE, "create")],
    "the valid one is lost": [invoke(ALICE, "create", tools=[]), lost(ALICE, "create")],
}


@pytest.mark.parametrize("control", NO_CONTROL.values(), ids=NO_CONTROL)
def test_who_lets_nobody_in_has_refused_nobody(control: list[Line]) -> None:
    """Rule of truth 6: a refusal counts beside a session that is made."""
    assert untold("API-13", [*for_user(EMPTY, not_made()), *control])


@pytest.mark.parametrize("type", sorted(spec.ACCIDENTS))
@pytest.mark.parametrize("how", spec.INVALID_USERS[2:])
def test_a_context_that_was_not_refused_but_tripped_over(type: str, how: str) -> None:
    """A crash of the insides is no decision."""
    lines = for_user(how, not_made(type=type, text="'NoneType' object has no attribute 'x'"))
    message, witness = broken("API-13", lines)

    assert message == (
        f"a session for {how} was not refused but ran into {type}:"
        " \"'NoneType' object has no attribute 'x'\""
    )
    assert witness == (0, 1)
    assert chances("API-13", lines) == 1


@pytest.mark.parametrize("how", spec.INVALID_USERS[:2])
def test_the_few_lines_of_an_adapter_may_trip_over_none(how: str) -> None:
    """`user.user_id` of None is an accident of the user's adapter, which the target never saw."""
    lines = [*for_user(how, not_made(type="AttributeError", text="user_id")), *session(ALICE)]

    assert untold("API-13", lines)


def test_an_answer_to_nothing_that_was_asked_says_nothing() -> None:
    """If that can be."""
    lines = [MADE, ok(ALICE, "execute", "x"), ok(ALICE, "cleanup")]

    assert all(untold(rule, lines) for rule in ("API-13", "API-14", "API-5", "API-8"))


def test_what_an_agent_does_of_its_own_is_no_trial() -> None:
    """Its calls are planned; nobody asked a session for them."""
    lines = [up(ALICE), run(ALICE, 16), started(ALICE), ended(ALICE), answer(ALICE)]

    for rule in ("API-14", "API-5", "API-8"):
        assert untold(rule, lines, kind="agent")


def test_nobody_knows_what_became_of_a_session_that_was_lost() -> None:
    """That it hung is another rule's matter."""
    lines = [*for_user(EMPTY, lost(ALICE, "create_invalid")), *session(ALICE)]

    assert untold("API-13", lines)
    assert "RECOVERY-8" in red(lines)
