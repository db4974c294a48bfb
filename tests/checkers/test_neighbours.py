"""ISOLATION-4 and -5: tools and transports of one user are not another's."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build import (
    ALICE,
    BOB,
    CAROL,
    Line,
    answer,
    asked,
    bare,
    call,
    closed,
    completed,
    down,
    ended,
    event,
    executing,
    fail,
    hung,
    invoke,
    lost,
    ok,
    refused,
    registered,
    run,
    session,
    started,
    token_of,
    told,
    tool,
    up,
    user,
)
from tests.judged import broken, findings, outcome, red, untold, verdicts
from tests.scenes import silent

from goldenpath.model import Outcome, User

# --- ISOLATION-4: a tool of one user is neither visible to another nor executed for them ---------

#: Alice has what bob has not: entries 0 to 2 are alice's session, 3 to 5 bob's.
GIVEN = [*session(ALICE, tools=["lookup", "echo"]), *session(BOB, tools=["lookup"])]

NOBODYS = "no_such_tool"


def looks(
    who: User = BOB, has: tuple[str, ...] = ("lookup",), listed: Any = None, tools: Any = None
) -> list[Line]:
    """A user looks for lookup, echo and what nobody has."""
    asked_for = dict.fromkeys(["lookup", "echo", NOBODYS], False) | dict.fromkeys(has, True)
    value = {"has_tool": asked_for, "get_available_tools": listed, "tools": tools}
    return [invoke(who, "look"), ok(who, "look", value=value)]


SHOWN = {
    "by has_tool": looks(has=("lookup", "echo")),
    "by get_available_tools": looks(listed=["lookup", "echo"]),
    "by tools": looks(tools=["echo"]),
    "by all of them": looks(has=("echo",), listed=["echo"], tools=["echo"]),
}


@pytest.mark.parametrize("lines", SHOWN.values(), ids=SHOWN)
def test_another_users_tool_that_is_shown(lines: list[Line]) -> None:
    """Once for each tool and look, by whichever member."""
    assert broken("ISOLATION-4", [*GIVEN, *lines]) == (
        "echo, which was given to alice only, is shown to bob",
        (6, 7),
    )


def test_another_users_tool_that_was_registered_later() -> None:
    """It belongs to whoever registered it."""
    both = [*session(ALICE), *session(BOB), *registered(ALICE, "give")]
    lines = [*both, *looks(listed=["lookup", "give"])]

    assert broken("ISOLATION-4", lines)[0] == (
        "give, which was given to alice only, is shown to bob"
    )
    theirs = [*both, *registered(BOB, "give"), *lines[-2:]]
    assert "ISOLATION-4" not in red(theirs)


NOT_SHOWN = {
    "one's own": looks(listed=["lookup"], tools=["lookup"]),
    "one's own, to whom it was given": looks(ALICE, has=("lookup", "echo"), listed=["echo"]),
    "a tool of the target's own": looks(listed=["lookup", "think"]),
    "nothing": looks(has=()),
}


@pytest.mark.parametrize("lines", NOT_SHOWN.values(), ids=NOT_SHOWN)
def test_a_tool_that_is_not_shown(lines: list[Line]) -> None:
    """Bob could have been shown alice's; what is nobody's is nobody's concern."""
    assert "ISOLATION-4" not in red([*GIVEN, *lines])
    assert outcome("ISOLATION-4", [*GIVEN, *lines, *looks()]) is Outcome.PASS


def test_a_has_tool_that_says_yes_to_anything_shows_nothing() -> None:
    """API-3 tells of it; of another user's tools it says nothing."""
    to_all = looks(has=("lookup", "echo", NOBODYS))
    value = {"has_tool": {"lookup": True, "echo": True}, "get_available_tools": None, "tools": None}
    unproven = [invoke(BOB, "look"), ok(BOB, "look", value=value)]

    to_nobodys = looks(has=("echo", NOBODYS))

    for lines in (to_all, to_nobodys, unproven):
        assert "ISOLATION-4" not in red([*GIVEN, *lines])
    assert "ISOLATION-4" in red([*GIVEN, *looks(has=("lookup", "echo", NOBODYS), listed=["echo"])])


AFTERWARDS = {
    "the one who looks has cleaned up": [*GIVEN, *closed(BOB), *looks(listed=["lookup"])],
    "the one who looks has left": [*GIVEN, *closed(BOB, "leave"), *looks(listed=["lookup"])],
    "the one who looks has failed to leave": [
        *(*GIVEN, invoke(BOB, "leave"), fail(BOB, "leave"), *looks(listed=["lookup"])),
    ],
    "it is answered and was never asked": [*GIVEN, looks(listed=["echo"])[1]],
    "the one who looks was never let in": [
        *(*GIVEN[:3], invoke(BOB, "create", tools=["lookup"]), fail(BOB, "create")),
        *looks(listed=["lookup"]),
    ],
    "the one who has it has cleaned up": [*GIVEN, *closed(ALICE), *looks(listed=["echo"])],
    "the one who has it registered it in vain": [
        *(
            *session(ALICE),
            *session(BOB),
            *registered(ALICE, "echo", answer=fail(ALICE, "register")),
        ),
        *looks(listed=["echo"]),
    ],
    "nobody else is there": [*session(BOB), *looks(has=("lookup",), listed=["lookup"])],
    "looking failed": [*GIVEN, invoke(BOB, "look"), fail(BOB, "look")],
    "looking hung": [*GIVEN, invoke(BOB, "look"), lost(BOB, "look")],
    "both have the same": [*session(ALICE), *session(BOB), *looks(has=("lookup",))],
}


@pytest.mark.parametrize("lines", AFTERWARDS.values(), ids=AFTERWARDS)
def test_where_nothing_of_anothers_could_be_shown(lines: list[Line]) -> None:
    """A session that is over may still list what it held: its tools were its own."""
    assert untold("ISOLATION-4", lines)


def test_asking_to_leave_what_is_no_context_manager_takes_no_tools_away() -> None:
    """The session goes on, and what it registers then joins what it has."""
    lines = [
        *(*GIVEN, invoke(BOB, "leave"), fail(BOB, "leave", by="missing")),
        *(*registered(BOB, "give"), *looks(listed=["lookup", "give"])),
    ]

    assert outcome("ISOLATION-4", lines) is Outcome.PASS


def test_a_call_that_runs_another_users_instance() -> None:
    """Whose call it is says the canary; whose tool ran, the tool."""
    given = {"query": token_of(BOB)}
    ran = [
        tool(ALICE, "started", token_of(BOB), parameters=given),
        tool(ALICE, "ended", token_of(BOB), result="found"),
    ]
    lines = [*GIVEN, asked(BOB), *ran, told(BOB)]

    assert broken("ISOLATION-4", lines) == (
        "a call of bob ran the lookup that was given to alice",
        (7,),
    )


def test_each_call_runs_ones_own_instance() -> None:
    """It counts while somebody else has tools."""
    assert outcome("ISOLATION-4", [*GIVEN, *call(BOB), *call(ALICE)]) is Outcome.PASS
    assert untold("ISOLATION-4", session(ALICE, call(ALICE)))


@pytest.mark.parametrize("token", [None, "no canary", token_of(user(3))])
def test_a_call_of_nobody_knows_whom_is_not_guessed(token: str | None) -> None:
    """It lost its canary, or holds one that is no user's of this history."""
    lines = [*GIVEN, asked(BOB), tool(ALICE, "started", token), told(BOB)]

    assert untold("ISOLATION-4", lines)


@pytest.mark.parametrize(
    ("how", "chances"),
    [
        (refused(BOB), 1),
        (told(BOB, value=None), 1),
        (hung(BOB), 0),
    ],
    ids=["refused", "success", "hangs"],
)
def test_a_call_of_anothers_tool_is_an_opportunity(how: Line, chances: int) -> None:
    """It did not run alice's; what the caller was told of it is TOOL-5's matter."""
    lines = [*GIVEN, asked(BOB, tool="echo"), how]

    assert verdicts(lines)["ISOLATION-4"].opportunities == chances


def test_an_agents_calls_run_its_own_users_tools() -> None:
    """The same, for runs."""
    create = [invoke(ALICE, "create", tools=["lookup"]), ok(ALICE, "create")]
    other = [invoke(BOB, "create", tools=["lookup"]), ok(BOB, "create")]
    lines = [*create, *other, run(ALICE, 16)]
    wrong = tool(BOB, "started", token_of(ALICE), parameters={"query": token_of(ALICE)})

    assert outcome("ISOLATION-4", [*lines, started(ALICE)], kind="agent") is Outcome.PASS
    assert broken("ISOLATION-4", [*lines, wrong], kind="agent")[1] == (5,)


# --- ISOLATION-5: a session without a transport does not use another user's ----------------------

#: Bob listens (0 to 2), alice has no transport: entries 3 and 4.
MUTE = [*session(BOB), *session(ALICE, transport="absent")[1:]]

BORROWED = {
    "by its ids": executing(ALICE, to=BOB),
    "by its run alone": event(
        ALICE, "tool_executing", to=BOB, user_id=None, thread_id=None, tool_name="lookup"
    ),
    "by its canary": bare(BOB, "tool_executing", tool="lookup", call_id=token_of(ALICE)),
}


@pytest.mark.parametrize("frame", BORROWED.values(), ids=BORROWED)
def test_an_event_that_went_out_over_anothers_transport(frame: Line) -> None:
    """Whose session sent it is told by ids or canary."""
    assert broken("ISOLATION-5", [*MUTE, asked(ALICE), frame, *silent()[1:]]) == (
        "tool_executing of alice, whose session has no transport, went out over that of bob",
        (3, 6),
    )


def test_each_event_and_each_borrowed_transport_is_told() -> None:
    """Of several users who listen, each who gets it."""
    lines = [
        *(up(CAROL), *MUTE, asked(ALICE), executing(ALICE, to=BOB), executing(ALICE, to=CAROL)),
        *silent()[1:],
    ]

    assert [witness for _, witness in findings("ISOLATION-5", lines, ALICE, BOB, CAROL)] == [
        (4, 7),
        (4, 8),
    ]


OWN_WAY: dict[str, list[Line]] = {
    "nothing arrives": [*MUTE, *silent()],
    "the other's own events arrive": [*MUTE, *silent(), *call(BOB)],
    "the other's events without ids arrive": [
        *(*MUTE, *silent(), asked(BOB), bare(BOB, "tool_executing", tool="lookup")),
        *(started(BOB), ended(BOB), bare(BOB, "tool_completed", tool="lookup"), told(BOB)),
    ],
    "an earlier session of theirs had one": [
        *(*session(BOB), *session(ALICE, call(ALICE, 15)), down(ALICE)),
        *(*session(ALICE, transport="absent")[1:], *silent()),
    ],
}


@pytest.mark.parametrize("lines", OWN_WAY.values(), ids=OWN_WAY)
def test_a_session_without_a_transport_that_is_silent(lines: list[Line]) -> None:
    """While somebody else listens, which makes it a pass."""
    assert outcome("ISOLATION-5", lines) is Outcome.PASS


UNHEARD: dict[str, list[Line]] = {
    "nobody listens": [*session(ALICE, transport="absent")[1:], *silent()],
    "the other has gone": [*MUTE, down(BOB), *silent()],
    "only a link of its own is open": [*MUTE[3:], up(ALICE), *silent()],
    "it has a transport": [*session(BOB), *session(ALICE, call(ALICE))],
    "its transport raises": [*session(BOB), *session(ALICE, transport="raising"), *silent()],
    "it refuses every call": [*MUTE, asked(ALICE), refused(ALICE)],
    "its call hangs": [*MUTE, asked(ALICE), hung(ALICE)],
    "it asked for nothing": MUTE,
    "a later session of theirs has one": [*MUTE, *session(ALICE, call(ALICE))],
}


@pytest.mark.parametrize("lines", UNHEARD.values(), ids=UNHEARD)
def test_where_nothing_could_have_been_borrowed_nothing_follows(lines: list[Line]) -> None:
    """Who fails without a transport has nothing to send: no vacuous green."""
    assert untold("ISOLATION-5", lines)


NOT_BORROWED: dict[str, list[Line]] = {
    "a session with a transport misaddresses": [
        *(*session(BOB), *session(ALICE), asked(ALICE), executing(ALICE, to=BOB), *silent()[1:]),
    ],
    "a link of an earlier session of its own": [
        *(*MUTE, up(ALICE, 2), asked(ALICE), executing(ALICE, to="alice/2"), *silent()[1:]),
    ],
    "an event of nobody's run": [
        *(up(CAROL), *MUTE, *silent(), bare(CAROL, "agent_thinking")),
    ],
    "what is no event": [*MUTE, *silent(), bare(BOB, "notice", text=token_of(ALICE))],
}


@pytest.mark.parametrize("lines", NOT_BORROWED.values(), ids=NOT_BORROWED)
def test_an_event_that_was_not_sent_over_anothers_transport(lines: list[Line]) -> None:
    """Other rules may speak of it; it is not borrowed, and no check stumbles over it."""
    found = verdicts(lines, ALICE, BOB, CAROL)["ISOLATION-5"]

    assert (found.findings, "crashed" in found.reason) == ((), False)


def test_what_is_another_users_own_event_is_no_borrowing() -> None:
    """That it holds alice's data is ISOLATION-2's matter."""
    lines = [
        *(
            *MUTE,
            *silent(),
            asked(BOB),
            executing(BOB),
            started(BOB),
            ended(BOB, result=token_of(ALICE)),
        ),
        *(completed(BOB, result=token_of(ALICE)), told(BOB, value=token_of(ALICE))),
    ]

    assert red(lines) == {"ISOLATION-2", "ISOLATION-3"}


def test_a_run_of_an_agent_without_a_transport() -> None:
    """All its events are its own."""
    create = invoke(ALICE, "create", tools=["lookup"], transport="absent")
    lines = [up(BOB), create, ok(ALICE, "create"), run(ALICE, 16)]
    tail = [started(ALICE), ended(ALICE), answer(ALICE)]
    borrowed = event(ALICE, "agent_started", to=BOB)

    assert outcome("ISOLATION-5", [*lines, *tail], kind="agent") is Outcome.PASS
    assert broken("ISOLATION-5", [*lines, borrowed, *tail], kind="agent")[1] == (3, 4)
