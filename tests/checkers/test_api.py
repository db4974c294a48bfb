"""API-1, -2 and -9: the members, the forms of calling, and what cleanup leaves."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build import (
    ALICE,
    BOB,
    Line,
    agent_run,
    answer,
    asked,
    bare,
    broke,
    call,
    completed,
    ended,
    event,
    executing,
    fail,
    hung,
    invoke,
    lost,
    ok,
    refused,
    run,
    session,
    started,
    token_of,
    told,
    tool,
    up,
)
from tests.judged import broken, findings, outcome, red, untold, verdicts
from tests.scenes import CLEANUP, REGISTER, dispatcher

from goldenpath import spec
from goldenpath.model import Outcome

# --- API-1: the ten members are there, each of its kind ----------------------------------------


def inspected(**wrong: str) -> list[Line]:
    members = {**spec.MEMBERS, **wrong}
    seen = {name: kind for name, kind in members.items() if kind != "missing"}
    return dispatcher(invoke(ALICE, "inspect"), ok(ALICE, "inspect", value=seen))


def test_a_session_that_cannot_be_made_at_this_reach_is_no_finding() -> None:
    """A program in another process need not be able to be without a transport."""
    refused = fail(BOB, "create", by="missing", type="", text="no transport that is absent")

    assert red([*inspected(), invoke(BOB, "create", tools=[]), refused]) == set()
    assert red([*inspected(), invoke(BOB, "create", tools=[]), fail(BOB, "create")]) == {"API-1"}


@pytest.mark.parametrize(
    ("answer", "said"),
    [(fail(BOB, "create", text="no user"), "no user"), (lost(BOB, "create"), "no answer in time")],
    ids=["refused", "lost"],
)
def test_a_session_that_is_not_made(answer: Line, said: str) -> None:
    """For a valid user; that there is none is what its members are worth."""
    lines = [invoke(BOB, "create", tools=[]), answer]

    assert broken("API-1", lines) == (f"no session was made for bob: {said!r}", (1,))
    assert verdicts(lines)["API-1"].opportunities == 1


def test_what_was_not_inspected_is_not_judged() -> None:
    """Each session counts, and each member that was looked at; other answers are none."""
    failing = [invoke(ALICE, "inspect"), fail(ALICE, "inspect")]

    assert verdicts(dispatcher(*REGISTER, *failing))["API-1"].opportunities == 1
    assert verdicts(inspected())["API-1"].opportunities == 1 + len(spec.MEMBERS)


@pytest.mark.parametrize("name", spec.MEMBERS)
def test_each_member_may_be_missing(name: str) -> None:
    """One finding names it, and what it should be."""
    message, witness = broken("API-1", inspected(**{name: "missing"}))

    assert message.startswith(f"{name}: expected a")
    assert message.endswith(f"{spec.MEMBERS[name]}, got missing")
    assert witness == (4,)


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("execute_tool", "method", "execute_tool: expected an async method, got method"),
        ("has_tool", "async method", "has_tool: expected a method, got async method"),
        ("tools", "method", "tools: expected a property, got method"),
        ("cleanup", "attribute", "cleanup: expected an async method, got attribute"),
    ],
)
def test_a_member_of_another_kind(name: str, kind: str, message: str) -> None:
    """A member that is there but is something else is as wrong as a missing one."""
    assert findings("API-1", inspected(**{name: kind})) == [(message, (4,))]


def test_every_wrong_member_is_a_finding() -> None:
    """They are told one by one."""
    assert len(findings("API-1", inspected(**dict.fromkeys(spec.MEMBERS, "missing")))) == 10


@pytest.mark.parametrize(
    "name", [name for name, kind in spec.MEMBERS.items() if kind == spec.PROPERTY]
)
def test_a_property_may_be_an_attribute(name: str) -> None:
    """DESIGN section 9."""
    assert outcome("API-1", inspected(**{name: "attribute"})) is Outcome.PASS
    assert outcome("API-1", inspected()) is Outcome.PASS


# --- API-2: every call form is accepted --------------------------------------------------------


def form(*answer: Line, **how: Any) -> list[Line]:
    how = {"via": "dispatch_tool", "form": "keyword", **how}
    return dispatcher(asked(ALICE, **how), *answer)


def test_a_call_form_that_is_refused() -> None:
    """The form and the answer are told."""
    lines = form(refused(ALICE, type="TypeError", text="unexpected keyword"))

    assert broken("API-2", lines) == (
        "dispatch_tool was called with keyword and answered TypeError: 'unexpected keyword'",
        (3, 4),
    )


FORMS_THAT_WORK = {
    "it ran": form(started(ALICE), ended(ALICE), told(ALICE)),
    "the tool itself failed": form(started(ALICE), broke(ALICE), refused(ALICE)),
    "it was accepted, and nothing ran": form(told(ALICE)),
}


@pytest.mark.parametrize("lines", FORMS_THAT_WORK.values(), ids=FORMS_THAT_WORK)
def test_a_call_form_that_gets_through(lines: list[Line]) -> None:
    """To the tool; what comes of it is another rule's question."""
    assert outcome("API-2", lines) is Outcome.PASS


NO_FORM = {
    "a missing member": form(refused(ALICE, by="missing", text="there is no dispatch_tool")),
    "a plain call that is refused": dispatcher(asked(ALICE), refused(ALICE)),
    "a form that was never answered": form(),
}


@pytest.mark.parametrize("lines", NO_FORM.values(), ids=NO_FORM)
def test_what_is_no_trial_of_a_form(lines: list[Line]) -> None:
    """A member that is not there is API-1's finding; no answer is no refusal."""
    assert untold("API-2", lines)


def test_what_an_agent_was_planned_to_do_is_no_trial_of_a_form() -> None:
    """Nobody says how it calls."""
    lines = [up(ALICE), run(ALICE, 16), started(ALICE), ended(ALICE), answer(ALICE)]

    assert untold("API-2", lines, kind="agent")
    assert untold("API-4", lines, kind="agent")
    assert untold("API-9", agent_run(ALICE), kind="agent")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"form": "tool"}, None),
        (None, None),
        ({}, None),
        (
            {"form": "name, func"},
            "register_tool(tool) was refused; only register_tool(name, func) was accepted",
        ),
    ],
)
def test_the_form_of_registering(value: Any, expected: str | None) -> None:
    """`register_tool(tool)` itself is asked for; a form of the target's own is a finding."""
    lines = dispatcher(invoke(ALICE, "register", tool="echo"), ok(ALICE, "register", value=value))

    assert findings("API-2", lines) == ([(expected, (4,))] if expected else [])
    assert verdicts(lines)["API-2"].opportunities == 1


# --- API-9: after cleanup every call is refused ------------------------------------------------


def after_cleanup(*lines: Line) -> list[Line]:
    """A call that works (3 to 8), cleanup (9, 10), then these lines from entry 11 on."""
    return dispatcher(*call(ALICE, 16), *CLEANUP, *lines)


AFTER = {
    "accepted": (
        [asked(ALICE, 17), told(ALICE, 17, value=None)],
        [("execute_tool was accepted after cleanup", (10, 11, 12))],
    ),
    "hung": (
        [asked(ALICE, 17), hung(ALICE, 17)],
        [("execute_tool hung after cleanup", (10, 11, 12))],
    ),
    "an accident": (
        [asked(ALICE, 17), refused(ALICE, 17, type="AttributeError", text="None has no x")],
        [
            (
                "execute_tool after cleanup was not refused but ran into AttributeError:"
                " 'None has no x'",
                (10, 11, 12),
            )
        ],
    ),
    "refused, and it ran": (
        [asked(ALICE, 17), started(ALICE, 17), ended(ALICE, 17), refused(ALICE, 17)],
        [("lookup ran after cleanup", (11, 12))],
    ),
    "refused, and a thought told of it": (
        [
            *(asked(ALICE, 17), refused(ALICE, 17)),
            event(ALICE, "agent_thinking", reasoning=token_of(ALICE, 17)),
        ],
        [
            ("agent_thinking was sent after the session of alice had been cleaned up", (10, 13)),
            ("agent_thinking was sent for a call after cleanup", (11, 13)),
        ],
    ),
    "refused, and an event was sent": (
        [asked(ALICE, 17), executing(ALICE, 17), refused(ALICE, 17)],
        [("tool_executing was sent for a call after cleanup", (11, 12))],
    ),
}


@pytest.mark.parametrize(("lines", "expected"), AFTER.values(), ids=AFTER)
def test_a_call_after_cleanup_that_is_not_refused(
    lines: list[Line], expected: list[tuple[str, tuple[int, ...]]]
) -> None:
    """Acceptance, silence and a crash are no refusal, and nothing may run or be shown."""
    assert findings("API-9", after_cleanup(*lines)) == expected


def test_an_event_without_a_canary_that_was_sent_for_a_call_after_cleanup() -> None:
    """There is no other call that it could belong to."""
    shown = bare(ALICE, "tool_executing", tool="lookup")

    assert broken("API-9", after_cleanup(asked(ALICE, 17), shown, refused(ALICE, 17))) == (
        "tool_executing was sent for a call after cleanup",
        (11, 12),
    )


@pytest.mark.parametrize(
    "how",
    [
        refused(ALICE, 17, type="RuntimeError", text="closed"),
        refused(ALICE, 17, by="result", type="", text="closed"),
    ],
    ids=["an exception", "a failed result"],
)
def test_a_call_after_cleanup_that_is_refused(how: Line) -> None:
    """By an exception or a failed result alike."""
    notice = bare(ALICE, "notice", text=token_of(ALICE, 17))

    assert outcome("API-9", after_cleanup(asked(ALICE, 17), how, notice)) is Outcome.PASS


def test_what_was_asked_for_during_cleanup_starts_after_it() -> None:
    cleaning, cleaned = CLEANUP
    lines = dispatcher(*call(ALICE, 16), cleaning, asked(ALICE, 17), cleaned, started(ALICE, 17))

    assert broken("API-9", lines)[0].startswith("lookup started after the session of alice")


def test_an_event_of_a_call_that_was_over_is_sent_after_cleanup() -> None:
    lines = dispatcher(*call(ALICE, 16), *CLEANUP, completed(ALICE, 16))

    assert broken("API-9", lines)[0].startswith("tool_completed was sent after the session")


def test_a_late_event_of_an_earlier_call_is_not_sent_for_a_later_one() -> None:
    """That what was asked before cleanup is reported after it is another rule's (RECOVERY-7)."""
    lines = dispatcher(
        *call(ALICE, 16),
        *(asked(ALICE, 17), executing(ALICE, 17), started(ALICE, 17)),
        *CLEANUP,
        *(ended(ALICE, 17), completed(ALICE, 17), told(ALICE, 17)),
        *(asked(ALICE, 18), refused(ALICE, 18), bare(ALICE, "tool_completed", tool="lookup")),
    )

    assert outcome("API-9", lines) is Outcome.PASS


NO_CONTROL = {
    "it never worked": [asked(ALICE, 17), refused(ALICE, 17), *CLEANUP, asked(ALICE, 18)],
    "another member worked": [*call(ALICE), *CLEANUP, asked(ALICE, 18, via="dispatch")],
    "another user's worked": [*session(BOB, call(BOB)), *CLEANUP, asked(ALICE, 18)],
}


@pytest.mark.parametrize("lines", NO_CONTROL.values(), ids=NO_CONTROL)
def test_a_refusal_without_a_positive_control_counts_for_nothing(lines: list[Line]) -> None:
    """Rule of truth 6: what never worked is not refused because of the cleanup."""
    assert untold("API-9", dispatcher(*lines, refused(ALICE, 18)))


def test_a_cleanup_that_fails() -> None:
    """It is a finding; what comes after it must be refused all the same."""
    failing = [invoke(ALICE, "cleanup"), fail(ALICE, "cleanup", text="busy")]
    lines = dispatcher(*call(ALICE, 16), *failing, asked(ALICE, 17))

    assert broken("API-9", [*lines, refused(ALICE, 17)]) == ("cleanup failed: 'busy'", (10,))
    assert verdicts(lines)["API-9"].opportunities == 1
    assert findings("API-9", [*lines, told(ALICE, 17)]) == [
        ("cleanup failed: 'busy'", (10,)),
        ("execute_tool was accepted after cleanup", (10, 11, 12)),
    ]


def test_each_session_has_a_first_cleanup() -> None:
    """Of a session made anew it may not fail either."""
    failing = [invoke(ALICE, "cleanup", "c2"), fail(ALICE, "cleanup", "c2", text="busy")]
    lines = [*after_cleanup(), *session(ALICE, call(ALICE, 17), failing)]

    assert broken("API-9", lines) == ("cleanup failed: 'busy'", (len(lines) - 1,))


def test_a_call_after_cleanup_that_is_accepted_when_a_session_was_made_anew() -> None:
    """It was asked of the one that was over."""
    lines = after_cleanup(asked(ALICE, 17), *session(ALICE), told(ALICE, 17, value=None))

    assert broken("API-9", lines) == ("execute_tool was accepted after cleanup", (11, 15))


def test_a_tool_that_lost_its_canary_did_not_run_for_a_call_that_has_none() -> None:
    """It may be anybody's: bob's runs, and alice's call after cleanup is refused."""
    bare = {"tool": "lookup", "token": "", "parameters": {}}
    lines = after_cleanup(
        *(*session(BOB), invoke(ALICE, "execute", "x", **bare), fail(ALICE, "execute", "x")),
        tool(BOB, "started", None, parameters={}),
    )

    assert outcome("API-9", lines) is Outcome.PASS


def test_where_there_is_no_cleanup_none_fails() -> None:
    """That the member is missing is API-1's finding."""
    none = [invoke(ALICE, "cleanup"), fail(ALICE, "cleanup", by="missing")]

    assert findings("API-9", dispatcher(*call(ALICE, 16), *none)) == []


def test_a_cleanup_that_does_not_return() -> None:
    """That is RECOVERY-8; here only what comes after it counts."""
    hanging = [invoke(ALICE, "cleanup"), lost(ALICE, "cleanup")]
    lines = dispatcher(*call(ALICE, 16), *hanging, asked(ALICE, 17))

    assert outcome("API-9", [*lines, refused(ALICE, 17)]) is Outcome.PASS
    assert red([*lines, refused(ALICE, 17)]) == {"RECOVERY-8"}
    assert outcome("API-9", [*lines, told(ALICE, 17)]) is Outcome.FAIL


def test_registering_after_cleanup_is_refused_too() -> None:
    """It is a member like the others."""
    again = [
        invoke(ALICE, "register", "again", tool="give"),
        ok(ALICE, "register", "again", {"form": "tool"}),
    ]
    lines = dispatcher(*REGISTER, *CLEANUP, *again)

    assert broken("API-9", lines) == ("register_tool was accepted after cleanup", (6, 7, 8))


def test_a_session_created_anew_is_not_cleaned_up() -> None:
    """Its calls are accepted."""
    lines = [*after_cleanup(), *session(ALICE, call(ALICE, 17))]

    assert red(lines) == set()


def test_a_second_cleanup_that_fails_is_another_rules_affair() -> None:
    """API-8 asks that it may be called twice; here only the first one counts."""
    again = [invoke(ALICE, "cleanup", "c2"), fail(ALICE, "cleanup", "c2", text="closed already")]
    after = [asked(ALICE, 18), refused(ALICE, 18)]

    assert outcome("API-9", dispatcher(*call(ALICE), *CLEANUP, *again, *after)) is Outcome.PASS


def test_a_cleanup_that_fails_after_its_context_was_left_comes_again() -> None:
    """That is for API-8; where there was no context to leave it is the first."""
    failing = [invoke(ALICE, "cleanup"), fail(ALICE, "cleanup", text="closed")]
    left = [invoke(ALICE, "leave"), ok(ALICE, "leave")]
    no_context = [invoke(ALICE, "leave"), fail(ALICE, "leave", by="missing")]

    assert "API-9" not in red(dispatcher(*call(ALICE), *left, *failing))
    assert "API-9" in red(dispatcher(*call(ALICE), *no_context, *failing))
