"""API-14: an admin tool is for admins."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build import (
    ALICE,
    Line,
    asked,
    call,
    closed,
    ended,
    fail,
    hung,
    invoke,
    lost,
    refused,
    registered,
    session,
    started,
    token_of,
    told,
    tool,
)
from tests.judged import broken, findings, outcome, untold, verdicts
from tests.scenes import dispatcher

from goldenpath.model import Outcome

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
    assert verdicts(admin(*RAN, told(ALICE, 17)))["API-14"].opportunities == 2


@pytest.mark.parametrize("value", [None, {}], ids=["nothing", "no form"])
def test_a_registration_that_does_not_say_its_form_was_of_the_tool(value: Any) -> None:
    """With its mark."""
    marked = registered(ALICE, "administer", value=value, forbidden=True)
    forbidden = asked(ALICE, 17, tool="administer", forbidden=True)
    lines = dispatcher(*CONTROL, *marked, forbidden, *RAN, refused(ALICE, 17))

    assert broken("API-14", lines)[1] == (13, 14)


def test_a_call_through_a_member_that_was_not_tried_tells_nothing_of_the_next() -> None:
    """That one has its control."""
    first = asked(ALICE, 18, tool="administer", forbidden=True, via="dispatch")
    second = asked(ALICE, 17, tool="administer", forbidden=True)
    unclear = {"type": "RuntimeError", "text": "error 17"}
    lines = [first, refused(ALICE, 18, **unclear), second, refused(ALICE, 17, **unclear)]

    assert broken("API-14", dispatcher(*CONTROL, *MARKED, *lines))[1] == (15, 16)


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
    "a number": (
        refused(ALICE, 17, type="RuntimeError", text="error 17"),
        "'RuntimeError error 17'",
    ),
    "nothing": (refused(ALICE, 17, by="result", type="", text="", value=None), "''"),
    "a value": (
        refused(ALICE, 17, by="result", type="", text="no", value={"code": 7}),
        "\"no {'code': 7}\"",
    ),
    "its name alone": (
        refused(ALICE, 17, type="KeyError", text="'administer'"),
        "\"KeyError 'administer'\"",
    ),
    "its name and a number": (
        refused(ALICE, 17, type="E", text="administer: E17"),
        "'E administer: E17'",
    ),
}


@pytest.mark.parametrize(("answer", "said"), UNCLEAR.values(), ids=UNCLEAR)
def test_a_refusal_that_does_not_say_what_and_why(answer: Line, said: str) -> None:
    """The user cannot know what to do about it."""
    assert broken("API-14", admin(answer)) == (
        "administer was refused to alice, who is no admin, by an error that does not say what and"
        f" why: {said}",
        (13, 14),
    )


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
    "in another way than an unknown one": {"type": "LookupError", "text": "no tool 'administer'"},
}


@pytest.mark.parametrize("how", CLEAR.values(), ids=CLEAR)
def test_a_refusal_that_is_clear(how: dict[str, Any]) -> None:
    """By whatever it says why, or by words of its own about what is refused."""
    assert outcome("API-14", admin(refused(ALICE, 17, **how))) is Outcome.PASS


def after(first: Line, answer: Line, **how: Any) -> list[Line]:
    """A call of another tool is answered so (entries 13 and 14), and then one for admins."""
    forbidden = asked(ALICE, 17, tool="administer", forbidden=True)
    return dispatcher(*CONTROL, *MARKED, first, answer, forbidden, refused(ALICE, 17, **how))


NO_SUCH = asked(ALICE, 18, tool="no_such_tool", unknown=True)


def unknown(also: str, **how: Any) -> list[Line]:
    """The other tool is one that is not there."""
    text = f"unknown tool: no_such_tool {also}".strip()
    return after(NO_SUCH, refused(ALICE, 18, type="LookupError", text=text), **how)


@pytest.mark.parametrize(
    ("also", "text"),
    [
        ("", "unknown tool: administer"),
        (f"in {token_of(ALICE, 18)}", f"unknown tool: administer in {token_of(ALICE, 17)}"),
    ],
    ids=["its name", "its name and what the call holds"],
)
def test_a_tool_that_is_refused_as_an_unknown_one_may_be_hidden(also: str, text: str) -> None:
    """That it says so on purpose cannot be seen; neither red nor green."""
    said = verdicts(unknown(also, type="LookupError", text=text))["API-14"]

    assert (said.outcome, said.opportunities) == (Outcome.UNOBSERVABLE, 0)
    assert said.reason.startswith("to who is no admin it says that there is no such tool")


SEVENTEEN = {"type": "RuntimeError", "text": "error 17"}
ACCIDENT = {"type": "AttributeError", "text": "it has no arun"}

NOT_HIDDEN = {
    "a tool that is there": after(asked(ALICE, 18), refused(ALICE, 18, **SEVENTEEN), **SEVENTEEN),
    "an unknown one that hung": after(NO_SUCH, hung(ALICE, 18), by="result", type="", text=""),
    "by an accident": after(NO_SUCH, refused(ALICE, 18, **ACCIDENT), **ACCIDENT),
}


@pytest.mark.parametrize("lines", NOT_HIDDEN.values(), ids=NOT_HIDDEN)
def test_only_the_refusal_of_an_unknown_tool_may_hide_one(lines: list[Line]) -> None:
    """What else is answered alike is none."""
    assert outcome("API-14", lines) is Outcome.FAIL


def test_how_an_unknown_tool_is_refused_is_seen_in_the_same_session() -> None:
    """What one said before says nothing of the next."""
    before = unknown("", type="LookupError", text="administer: not allowed")[:-2]
    anew = admin(refused(ALICE, 17, type="LookupError", text="unknown tool: administer"))

    assert outcome("API-14", [*before, *anew]) is Outcome.PASS


def test_a_hidden_tool_that_runs_all_the_same() -> None:
    """The truth is the planted tool's."""
    lines = unknown("", type="LookupError", text="unknown tool: administer")

    assert broken("API-14", [*lines[:-1], *RAN, lines[-1]])[1] == (15, 16)


OTHERWISE = {
    "in words of permission": {"type": "LookupError", "text": "unknown, or not allowed"},
    "in words of its own": {"type": "LookupError", "text": "administer: nicht für dich"},
}


@pytest.mark.parametrize("how", OTHERWISE.values(), ids=OTHERWISE)
def test_a_tool_that_is_refused_otherwise_than_an_unknown_one(how: dict[str, Any]) -> None:
    """It is not hidden."""
    assert outcome("API-14", unknown("", **how)) is Outcome.PASS


def test_what_says_of_an_unknown_tool_that_it_may_not_be_permitted_is_clear() -> None:
    """Of both, in the same words."""
    how = {"type": "LookupError", "text": "unknown tool: administer or no access"}

    assert outcome("API-14", unknown("or no access", **how)) is Outcome.PASS


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
    "after its context was left everything is refused": [
        *dispatcher(*CONTROL, *MARKED, *closed(ALICE, "leave")),
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


def test_a_session_made_anew_may_tell_what_the_one_before_could_not() -> None:
    """There it could only be registered as a function, which has no mark."""
    markless = registered(ALICE, "administer", value={"form": "name, func"}, forbidden=True)
    anew = admin(refused(ALICE, 17, type="RuntimeError", text="error 17"))

    assert broken("API-14", [*dispatcher(*CONTROL, *markless), *anew])[1] == (26, 27)


def test_an_admin_may_do_it() -> None:
    """What is not forbidden is no trial."""
    lines = dispatcher(
        *CONTROL, asked(ALICE, 17, tool="administer"), *RAN, told(ALICE, 17), tools=["administer"]
    )

    assert untold("API-14", lines)


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
