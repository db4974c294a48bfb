"""API-8: cleanup may be called twice, and leaving the context cleans up."""

from __future__ import annotations

import pytest
from tests.build import (
    ALICE,
    BOB,
    Line,
    agent_run,
    asked,
    call,
    closed,
    ended,
    executing,
    fail,
    hung,
    invoke,
    lost,
    ok,
    refused,
    session,
    started,
    told,
)
from tests.judged import broken, findings, outcome, red, untold, verdicts
from tests.scenes import dispatcher

from goldenpath.model import Outcome
from goldenpath.spec import ACCIDENTS

# --- API-8: cleanup may be called twice; leaving the context cleans up --------------------------


def test_a_second_cleanup_that_fails() -> None:
    """The first was accepted, and so must be the second."""
    no = fail(ALICE, "cleanup", "again", type="RuntimeError", text="closed already")
    lines = dispatcher(*closed(ALICE), invoke(ALICE, "cleanup", "again"), no)

    assert broken("API-8", lines) == ("cleaning up again failed: 'closed already'", (5, 6))


TWICE = {
    "accepted": (closed(ALICE, step="again"), Outcome.PASS),
    "hangs, which is another rule's matter": (
        [invoke(ALICE, "cleanup", "again"), lost(ALICE, "cleanup", "again")],
        Outcome.UNKNOWN,
    ),
    "never": ([], Outcome.UNKNOWN),
    "of a new session it is the first": (
        [*session(ALICE), invoke(ALICE, "cleanup", "again"), fail(ALICE, "cleanup", "again")],
        Outcome.UNKNOWN,
    ),
    "of another user it is the first": (
        [*session(BOB), invoke(BOB, "cleanup"), fail(BOB, "cleanup")],
        Outcome.UNKNOWN,
    ),
}


@pytest.mark.parametrize(("lines", "found"), TWICE.values(), ids=TWICE)
def test_a_second_cleanup(lines: list[Line], found: Outcome) -> None:
    """Of the same session."""
    assert outcome("API-8", [*dispatcher(*closed(ALICE)), *lines]) is found


def test_a_first_cleanup_that_fails_is_another_rules_matter() -> None:
    """API-9 tells of it, and a second one is then the first that could be accepted."""
    no = [invoke(ALICE, "cleanup"), fail(ALICE, "cleanup")]
    lines = dispatcher(*no, *no)

    assert untold("API-8", lines)
    assert "API-9" in red(lines)


@pytest.mark.parametrize("what", ["enter", "leave"])
def test_a_context_that_cannot_be_passed(what: str) -> None:
    """It is there, and fails."""
    no = fail(ALICE, what, type="RuntimeError", text="not now")
    lines = dispatcher(*call(ALICE), invoke(ALICE, what), no)

    assert broken("API-8", lines) == (f"to {what} its context failed: 'not now'", (9, 10))
    assert verdicts(lines)["API-8"].opportunities == 1


def test_what_the_body_of_a_context_raised_is_not_hidden_by_leaving_it() -> None:
    """It comes to whoever raised it."""
    hidden, passed = (
        dispatcher(*call(ALICE), invoke(ALICE, "leave"), ok(ALICE, "leave", value={"swallowed": s}))
        for s in (True, False)
    )

    assert broken("API-8", hidden) == (
        "what the body of its context raised was swallowed by leaving it",
        (9, 10),
    )
    assert verdicts(hidden)["API-8"].opportunities == 1
    assert findings("API-8", passed) == []


USED = [*closed(ALICE, "enter"), *call(ALICE), *closed(ALICE, "leave")]  # 3, 4; 5 to 10; 11, 12


def test_a_session_that_can_be_used_after_its_context_was_left() -> None:
    """It succeeds, and it runs: both are told."""
    lines = dispatcher(*USED, asked(ALICE, 17), started(ALICE, 17), told(ALICE, 17))

    assert findings("API-8", lines) == [
        ("lookup was called with success after its session's context was left", (12, 13, 15)),
        ("lookup ran after the context was left", (13, 14)),
    ]


ACCEPTED: dict[str, list[Line]] = {
    "a member that had not worked before": dispatcher(
        *(*USED, asked(ALICE, 17, via="dispatch"), told(ALICE, 17, value=None)),
    ),
    "cleaned up before": dispatcher(
        *(*USED[:-2], *closed(ALICE), *USED[-2:], asked(ALICE, 17), told(ALICE, 17, value=None)),
    ),
}


@pytest.mark.parametrize("lines", ACCEPTED.values(), ids=ACCEPTED)
def test_a_success_after_the_context_was_left_needs_no_control(lines: list[Line]) -> None:
    """Whatever worked before, and whatever else was closed."""
    message, witness = broken("API-8", lines)

    assert message.startswith("lookup was called with success after its session's context was left")
    assert witness == tuple(len(lines) - n for n in (3, 2, 1))
    assert verdicts(lines)["API-8"].opportunities == 1


def test_a_tool_that_runs_after_the_context_was_left_though_its_caller_was_refused() -> None:
    """The truth is the planted tool's."""
    lines = dispatcher(*USED, asked(ALICE, 17), started(ALICE, 17), refused(ALICE, 17))

    assert broken("API-8", lines) == ("lookup ran after the context was left", (13, 14))


def test_a_session_that_is_closed_by_leaving_its_context() -> None:
    """A call is refused, in whichever way."""
    for how in ({}, {"by": "result", "type": ""}):
        lines = dispatcher(*USED, asked(ALICE, 17), refused(ALICE, 17, **how))

        assert outcome("API-8", lines) is Outcome.PASS


@pytest.mark.parametrize("kind", sorted(ACCIDENTS))
def test_a_session_that_was_left_and_breaks(kind: str) -> None:
    """Rule of truth 6: out of its own insides is no refusal."""
    no = refused(ALICE, 17, type=kind, text="'NoneType' object has no attribute 'get'")

    assert broken("API-8", dispatcher(*USED, asked(ALICE, 17), no)) == (
        "execute_tool after its session's context was left was not refused but ran into"
        f" {kind}: \"'NoneType' object has no attribute 'get'\"",
        (12, 13, 14),
    )


NOT_LEFT: dict[str, list[Line]] = {
    "it is no context manager": dispatcher(
        *(invoke(ALICE, "enter"), fail(ALICE, "enter", by="missing")),
        *call(ALICE),
        *(invoke(ALICE, "leave"), fail(ALICE, "leave", by="missing")),
        *call(ALICE, 17),
    ),
    "leaving hung": dispatcher(
        *(*call(ALICE), invoke(ALICE, "leave"), lost(ALICE, "leave"), *call(ALICE, 17)),
    ),
    "a call had only failed before": dispatcher(
        *(asked(ALICE), refused(ALICE), *closed(ALICE, "leave"), *call(ALICE, 17)),
    ),
    "nothing had worked before": dispatcher(
        *(*closed(ALICE, "leave"), asked(ALICE, 17), refused(ALICE, 17)),
    ),
    "nothing had worked before in a session made anew": [
        *dispatcher(*USED),
        *session(ALICE, closed(ALICE, "leave"), call(ALICE, 17)),
    ],
    "the call was made before it was left": dispatcher(
        *(*call(ALICE), asked(ALICE, 17), executing(ALICE, 17), started(ALICE, 17)),
        *(*closed(ALICE, "leave"), ended(ALICE, 17), told(ALICE, 17)),
    ),
    "the member had not worked before": dispatcher(
        *(*USED, asked(ALICE, 17, via="dispatch"), refused(ALICE, 17, type="TypeError")),
    ),
    "the call hung": dispatcher(*USED, asked(ALICE, 17), hung(ALICE, 17)),
    "a session made anew is open": [*dispatcher(*USED), *session(ALICE, call(ALICE, 17))],
    "entered again it is open": dispatcher(
        *(*USED, invoke(ALICE, "enter", "e2"), ok(ALICE, "enter", "e2"), *call(ALICE, 17)),
    ),
    "another user's is open": [*dispatcher(*USED), *session(BOB, call(BOB))],
    "an agent does it": agent_run(ALICE),
}


@pytest.mark.parametrize("lines", NOT_LEFT.values(), ids=NOT_LEFT)
def test_a_call_of_a_session_that_was_not_left(lines: list[Line]) -> None:
    """Neither red nor green."""
    assert untold("API-8", lines)


def test_a_context_that_could_not_be_left_is_not_left() -> None:
    """That it failed is told, and no more."""
    no = fail(ALICE, "leave", type="RuntimeError", text="not now")
    lines = dispatcher(*call(ALICE), invoke(ALICE, "leave"), no, *call(ALICE, 17))

    assert broken("API-8", lines)[0] == "to leave its context failed: 'not now'"


@pytest.mark.parametrize(
    ("answer", "told_wrongly"),
    [(fail(ALICE, "leave", by="missing"), True), (ok(ALICE, "leave"), False)],
    ids=["no context manager", "left"],
)
def test_asking_to_leave_what_is_no_context_manager_closes_nothing(
    answer: Line, told_wrongly: bool
) -> None:
    """Whose session was ended meanwhile may be told of a failure, and nobody else."""
    lines = dispatcher(
        *(asked(ALICE, 17), started(ALICE, 17), invoke(ALICE, "leave"), answer),
        *(ended(ALICE, 17), refused(ALICE, 17)),
    )

    assert ("TOOL-3" in red(lines)) is told_wrongly
