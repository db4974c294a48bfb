"""API: who and what is let in: contexts, names that are taken, admin tools, and closed sessions."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build import (
    ALICE,
    BOB,
    Line,
    asked,
    broken,
    call,
    closed,
    ended,
    executing,
    fail,
    findings,
    hung,
    invoke,
    lost,
    ok,
    outcome,
    red,
    refused,
    registered,
    session,
    started,
    told,
    tool,
    untold,
    verdicts,
)

from goldenpath import spec
from goldenpath.model import Outcome


def dispatcher(*lines: Line, **more: Any) -> list[Line]:
    """A session of alice (entries 0 to 2), then these lines from entry 3 on."""
    return [*session(ALICE, **more), *lines]


def chances(rule: str, lines: list[Line]) -> int:
    return verdicts(lines)[rule].opportunities


# --- API-13: an invalid user context is refused ------------------------------------------------

EMPTY, NOBODY = "an empty user_id", "None"


def for_user(how: str, *answer: Line) -> list[Line]:
    """A session is asked for with this context (entry 0), and answered so (1)."""
    return [invoke(ALICE, "create_invalid", user=how, tools=[]), *answer]


def not_made(**how: Any) -> Line:
    return fail(ALICE, "create_invalid", **{"type": "ValueError", "text": "no user", **how})


MADE = ok(ALICE, "create_invalid", value="a session")


@pytest.mark.parametrize("how", [*spec.INVALID_USERS, *spec.PLACEHOLDER_USERS])
@pytest.mark.parametrize("control", [True, False])
def test_a_session_that_was_made_for_nobody(how: str, control: bool) -> None:
    """Whatever the context was: that one was made needs no control."""
    lines = [*for_user(how, MADE), *(session(ALICE) if control else [])]

    assert broken("API-13", lines) == (f"a session was made for {how}", (0, 1))


MEANT = {
    "an exception": not_made(),
    "a permission error": not_made(type="PermissionError"),
    "a failed result": not_made(by="result", type="", text="the factory returned None"),
}


@pytest.mark.parametrize("answer", MEANT.values(), ids=MEANT)
@pytest.mark.parametrize("how", spec.INVALID_USERS)
def test_a_context_that_was_refused(answer: Line, how: str) -> None:
    """It counts where a valid user of the same name is let in, before it or after it."""
    before = [*session(ALICE), *for_user(how, answer)]
    after = [*for_user(how, answer), *session(ALICE)]

    assert outcome("API-13", before) is Outcome.PASS
    assert outcome("API-13", after) is Outcome.PASS
    assert chances("API-13", [*after, *for_user(how, answer)]) == 2


NO_CONTROL = {
    "nobody is let in": [],
    "only another user is": session(BOB),
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


@pytest.mark.parametrize("how", spec.INVALID_USERS[:2])
def test_the_few_lines_of_an_adapter_may_trip_over_none(how: str) -> None:
    """`user.user_id` of None is an accident of the user's adapter, which the target never saw."""
    lines = [*for_user(how, not_made(type="AttributeError", text="user_id")), *session(ALICE)]

    assert outcome("API-13", lines) is Outcome.UNKNOWN


def test_nobody_knows_what_became_of_a_session_that_was_lost() -> None:
    """That it hung is another rule's matter."""
    lines = [*for_user(EMPTY, lost(ALICE, "create_invalid")), *session(ALICE)]

    assert outcome("API-13", lines) is Outcome.UNKNOWN
    assert "RECOVERY-8" in red(lines)


# --- API-14: an admin tool is refused, clearly, to a user who is no admin -----------------------

CONTROL = [*registered(ALICE, "echo"), *call(ALICE)]  # 3, 4 and 5 to 10
MARKED = registered(ALICE, "administer", value={"form": "tool"}, forbidden=True)  # 11, 12


def admin(*lines: Line, number: int = 17, **more: Any) -> list[Line]:
    """Beside what works, the user calls a tool for admins (entry 13): these lines from 14 on."""
    forbidden = asked(ALICE, number, tool="administer", forbidden=True, **more)
    return dispatcher(*CONTROL, *MARKED, forbidden, *lines)


RAN = [started(ALICE, 17, tool="administer"), ended(ALICE, 17, tool="administer")]


def test_a_tool_for_admins_that_ran_for_another() -> None:
    """It ran, and its caller was told so: both are told."""
    assert findings("API-14", admin(*RAN, told(ALICE, 17))) == [
        (
            "administer is for admins only, and alice, who is none, was told that it succeeded",
            (13, 16),
        ),
        ("administer is for admins only, and ran for alice, who is none", (13, 14)),
    ]


SECRETLY = {
    "refused after it ran": refused(ALICE, 17),
    "cancelled": hung(ALICE, 17, why="cancelled"),
    "never answered": hung(ALICE, 17),
}


@pytest.mark.parametrize("answer", SECRETLY.values(), ids=SECRETLY)
def test_a_tool_for_admins_that_ran_whatever_was_said(answer: Line) -> None:
    """The truth is the planted tool's."""
    assert broken("API-14", admin(*RAN, answer)) == (
        "administer is for admins only, and ran for alice, who is none",
        (13, 14),
    )


def test_a_tool_for_admins_that_ran_without_its_canary() -> None:
    """Where no other call of it is under way there is no doubt whose it was."""
    nameless = tool(ALICE, "started", None, tool="administer", parameters={})

    assert broken("API-14", admin(nameless, refused(ALICE, 17)))[1] == (13, 14)


def test_a_success_in_which_nothing_ran() -> None:
    """The user was told that it was permitted."""
    assert broken("API-14", admin(told(ALICE, 17, value=None))) == (
        "administer is for admins only, and alice, who is none, was told that it succeeded",
        (13, 14),
    )


UNCLEAR = {
    "a number": refused(ALICE, 17, type="RuntimeError", text="error 17"),
    "nothing": refused(ALICE, 17, by="result", type="", text="", value=None),
}


@pytest.mark.parametrize("answer", UNCLEAR.values(), ids=UNCLEAR)
def test_a_refusal_that_says_neither_why_nor_what(answer: Line) -> None:
    """The user cannot know what to do about it."""
    message, witness = broken("API-14", admin(answer))

    assert message.startswith(
        "administer was refused to alice, who is no admin, by an error that says neither why nor"
        " what: "
    )
    assert witness == (13, 14)


def test_a_refusal_by_accident() -> None:
    """Even where the crash names the tool."""
    answer = refused(ALICE, 17, type="AttributeError", text="administer has no permission")

    assert broken("API-14", admin(answer)) == (
        "administer was not refused to alice but ran into AttributeError",
        (13, 14),
    )


CLEAR = {
    "permission denied": {"type": "NotPermitted", "text": "permission denied"},
    "by its type alone": {"type": "PermissionError", "text": "no"},
    "forbidden": {"type": "HTTPException", "text": "403: Forbidden"},
    "unauthorised": {"type": "Problem", "text": "not authorised"},
    "insufficient scope": {"type": "Problem", "text": "insufficient scope"},
    "restricted": {"type": "Problem", "text": "a restricted operation"},
    "a role": {"by": "result", "type": "", "text": "wrong role"},
    "a code in the value": {
        "by": "result",
        "type": "",
        "text": "null",
        "value": {"code": "PERMISSION_DENIED"},
    },
    "in words of its own, with the name": {"type": "Problem", "text": "administer: nicht für dich"},
    "as if it were not there": {"type": "LookupError", "text": "unknown tool: 'administer'"},
}


@pytest.mark.parametrize("how", CLEAR.values(), ids=CLEAR)
def test_a_refusal_that_is_clear(how: dict[str, Any]) -> None:
    """By whatever it says why, or by the name of what is refused."""
    assert outcome("API-14", admin(refused(ALICE, 17, **how))) is Outcome.PASS


def test_a_refusal_in_words_of_its_own_names_the_tool() -> None:
    """Whatever the tool is called."""
    for text, found in (("purge: nicht für dich", Outcome.PASS), ("nicht für dich", Outcome.FAIL)):
        forbidden = asked(ALICE, 17, tool="purge", forbidden=True)
        no = refused(ALICE, 17, type="Problem", text=text)

        assert outcome("API-14", dispatcher(*CONTROL, *MARKED, forbidden, no)) is found


def test_registering_it_may_be_refused_as_well() -> None:
    """Who is no admin need not even have it; the same is asked of that refusal."""
    for text, found in (("administer is for admins", Outcome.PASS), ("error 17", Outcome.FAIL)):
        no = fail(ALICE, "register", type="Problem", text=text)
        lines = dispatcher(*CONTROL, *registered(ALICE, "administer", answer=no, forbidden=True))

        assert outcome("API-14", lines) is found


UNTOLD: dict[str, list[Line]] = {
    "no other call worked": dispatcher(
        *(*registered(ALICE, "echo"), *MARKED, asked(ALICE, 17, tool="administer", forbidden=True)),
        refused(ALICE, 17, text="error 17"),
    ),
    "every other call fails": dispatcher(
        *(*registered(ALICE, "echo"), *MARKED, asked(ALICE, 18), refused(ALICE, 18, text="17")),
        asked(ALICE, 17, tool="administer", forbidden=True),
        refused(ALICE, 17, type="RuntimeError", text="error 17"),
    ),
    "no other call worked through that member": admin(
        refused(ALICE, 17, text="error 17"), via="dispatch"
    ),
    "the member is not there": admin(refused(ALICE, 17, by="missing", text="no dispatch")),
    "it hung": admin(hung(ALICE, 17)),
    "it was registered as a function, which has no mark": dispatcher(
        *(*CONTROL, *registered(ALICE, "administer", value={"form": "name, func"}, forbidden=True)),
        *(asked(ALICE, 17, tool="administer", forbidden=True), *RAN, told(ALICE, 17)),
    ),
    "nothing can be registered": dispatcher(
        *call(ALICE),
        *registered(
            ALICE, "administer", forbidden=True, answer=fail(ALICE, "register", type="TypeError")
        ),
        asked(ALICE, 17, tool="administer", forbidden=True),
        refused(ALICE, 17, type="LookupError", text="unknown tool: 'administer'"),
    ),
    "there is no register_tool": dispatcher(
        *CONTROL,
        *registered(
            ALICE, "administer", forbidden=True, answer=fail(ALICE, "register", by="missing")
        ),
        asked(ALICE, 17, tool="administer", forbidden=True),
        refused(ALICE, 17, type="LookupError", text="unknown tool: 'administer'"),
    ),
    "registering it hung": dispatcher(
        *CONTROL,
        *registered(ALICE, "administer", forbidden=True, answer=lost(ALICE, "register")),
        asked(ALICE, 17, tool="administer", forbidden=True),
        refused(ALICE, 17, text="error 17"),
    ),
    "after cleanup everything is refused": [
        *dispatcher(*CONTROL, *MARKED, *closed(ALICE)),
        *(asked(ALICE, 17, tool="administer", forbidden=True),),
        refused(ALICE, 17, type="SessionClosed", text="closed"),
    ],
    "another session's calls are no control": [
        *dispatcher(*CONTROL),
        *session(ALICE, tools=["lookup", "administer"]),
        asked(ALICE, 17, tool="administer", forbidden=True),
        refused(ALICE, 17, text="error 17", type="RuntimeError"),
    ],
}


@pytest.mark.parametrize("lines", UNTOLD.values(), ids=UNTOLD)
def test_where_there_is_no_control_nothing_follows(lines: list[Line]) -> None:
    """Rule of truth 6: neither red nor green."""
    assert untold("API-14", lines)


def test_an_admin_may_do_it() -> None:
    """What is not forbidden is no trial."""
    lines = dispatcher(
        *CONTROL, asked(ALICE, 17, tool="administer"), *RAN, told(ALICE, 17), tools=["administer"]
    )

    assert outcome("API-14", lines) is Outcome.UNKNOWN


def test_a_call_without_a_canary_beside_it_is_not_taken_for_it() -> None:
    """The call of a tool for admins may have no canary, and another tool may have lost its own."""
    lines = dispatcher(
        *(*CONTROL, *MARKED, asked(ALICE, 18)),
        invoke(ALICE, "execute", "x", tool="administer", token="", forbidden=True, parameters={}),
        tool(ALICE, "started", None, parameters={}),
        tool(ALICE, "ended", None, result=1),
        told(ALICE, 18, value=1),
        fail(ALICE, "execute", "x", text="permission denied"),
    )

    assert outcome("API-14", lines) is Outcome.PASS


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
    "there is no register_tool": again(*runs(), answer=fail(ALICE, "register", by="missing")),
    "registering hung": again(*runs(), answer=lost(ALICE, "register")),
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

    assert outcome("API-5", lines) is Outcome.UNKNOWN
    assert "cannot be told apart" in verdicts(lines)["API-5"].reason


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

    assert outcome("API-8", lines) is Outcome.UNKNOWN
    assert "API-9" in red(lines)


@pytest.mark.parametrize("what", ["enter", "leave"])
def test_a_context_that_cannot_be_passed(what: str) -> None:
    """It is there, and fails."""
    no = fail(ALICE, what, type="RuntimeError", text="not now")
    lines = dispatcher(*call(ALICE), invoke(ALICE, what), no)

    assert broken("API-8", lines) == (f"to {what} its context failed: 'not now'", (9, 10))


USED = [*closed(ALICE, "enter"), *call(ALICE), *closed(ALICE, "leave")]  # 3, 4; 5 to 10; 11, 12


def test_a_session_that_can_be_used_after_its_context_was_left() -> None:
    """It succeeds, and it runs: both are told."""
    lines = dispatcher(*USED, asked(ALICE, 17), started(ALICE, 17), told(ALICE, 17))

    assert findings("API-8", lines) == [
        ("lookup was called with success after its session's context was left", (12, 13, 15)),
        ("lookup ran after the context was left", (13, 14)),
    ]


def test_a_tool_that_runs_after_the_context_was_left_though_its_caller_was_refused() -> None:
    """The truth is the planted tool's."""
    lines = dispatcher(*USED, asked(ALICE, 17), started(ALICE, 17), refused(ALICE, 17))

    assert broken("API-8", lines) == ("lookup ran after the context was left", (13, 14))


def test_a_session_that_is_closed_by_leaving_its_context() -> None:
    """A call is refused, in whichever way."""
    for how in ({}, {"by": "result", "type": ""}):
        lines = dispatcher(*USED, asked(ALICE, 17), refused(ALICE, 17, **how))

        assert outcome("API-8", lines) is Outcome.PASS


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
    "nothing had worked before": dispatcher(
        *(*closed(ALICE, "leave"), asked(ALICE, 17), refused(ALICE, 17)),
    ),
    "the call was made before it was left": dispatcher(
        *(*call(ALICE), asked(ALICE, 17), executing(ALICE, 17), started(ALICE, 17)),
        *(*closed(ALICE, "leave"), ended(ALICE, 17), told(ALICE, 17)),
    ),
    "the call hung": dispatcher(*USED, asked(ALICE, 17), hung(ALICE, 17)),
    "a session made anew is open": [*dispatcher(*USED), *session(ALICE, call(ALICE, 17))],
    "entered again it is open": dispatcher(
        *(*USED, invoke(ALICE, "enter", "e2"), ok(ALICE, "enter", "e2"), *call(ALICE, 17)),
    ),
    "another user's is open": [*dispatcher(*USED), *session(BOB, call(BOB))],
}


@pytest.mark.parametrize("lines", NOT_LEFT.values(), ids=NOT_LEFT)
def test_a_call_of_a_session_that_was_not_left(lines: list[Line]) -> None:
    """Neither red nor green."""
    assert untold("API-8", lines)


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
