"""ISOLATION-4, -5, -8: users of one process who must not notice each other."""

from __future__ import annotations

import itertools
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
    broke,
    broken,
    call,
    closed,
    completed,
    down,
    ended,
    event,
    executing,
    fail,
    fault,
    findings,
    history,
    hung,
    invoke,
    lost,
    ok,
    outcome,
    red,
    refused,
    registered,
    run,
    session,
    started,
    stopped,
    token_of,
    told,
    tool,
    untold,
    up,
    user,
    verdicts,
)

from goldenpath.history import Footer, History
from goldenpath.judge import judge
from goldenpath.model import Entry, Kind, Outcome, User

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
    "the one who looks was never let in": [
        *(*session(ALICE), invoke(BOB, "create", tools=["lookup"]), fail(BOB, "create")),
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
    ran = [tool(ALICE, "started", token_of(BOB), parameters=given), ended(BOB)]
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
QUIET = [asked(ALICE), started(ALICE), ended(ALICE), told(ALICE)]

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
    assert broken("ISOLATION-5", [*MUTE, asked(ALICE), frame, *QUIET[1:]]) == (
        "tool_executing of alice, whose session has no transport, went out over that of bob",
        (3, 6),
    )


def test_each_event_and_each_borrowed_transport_is_told() -> None:
    """Of several users who listen, each who gets it."""
    lines = [
        *(up(CAROL), *MUTE, asked(ALICE), executing(ALICE, to=BOB), executing(ALICE, to=CAROL)),
        *QUIET[1:],
    ]

    assert [witness for _, witness in findings("ISOLATION-5", lines, ALICE, BOB, CAROL)] == [
        (4, 7),
        (4, 8),
    ]


OWN_WAY: dict[str, list[Line]] = {
    "nothing arrives": [*MUTE, *QUIET],
    "the other's own events arrive": [*MUTE, *QUIET, *call(BOB)],
    "the other's events without ids arrive": [
        *(*MUTE, *QUIET, asked(BOB), bare(BOB, "tool_executing", tool="lookup")),
        *(started(BOB), ended(BOB), bare(BOB, "tool_completed", tool="lookup"), told(BOB)),
    ],
    "an earlier session of theirs had one": [
        *(*session(BOB), *session(ALICE, call(ALICE, 15)), down(ALICE)),
        *(*session(ALICE, transport="absent")[1:], *QUIET),
    ],
}


@pytest.mark.parametrize("lines", OWN_WAY.values(), ids=OWN_WAY)
def test_a_session_without_a_transport_that_is_silent(lines: list[Line]) -> None:
    """While somebody else listens, which makes it a pass."""
    assert outcome("ISOLATION-5", lines) is Outcome.PASS


UNHEARD: dict[str, list[Line]] = {
    "nobody listens": [*session(ALICE, transport="absent")[1:], *QUIET],
    "the other has gone": [*MUTE, down(BOB), *QUIET],
    "it has a transport": [*session(BOB), *session(ALICE, call(ALICE))],
    "its transport raises": [*session(BOB), *session(ALICE, transport="raising"), *QUIET],
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
        *(*session(BOB), *session(ALICE), asked(ALICE), executing(ALICE, to=BOB), *QUIET[1:]),
    ],
    "a link of an earlier session of its own": [
        *(*MUTE, up(ALICE, 2), asked(ALICE), executing(ALICE, to="alice/2"), *QUIET[1:]),
    ],
    "an event of nobody's run": [
        *(up(CAROL), *MUTE, *QUIET, bare(CAROL, "agent_thinking")),
    ],
    "what is no event": [*MUTE, *QUIET, bare(BOB, "notice", text=token_of(ALICE))],
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
            *QUIET,
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


# --- ISOLATION-8: one user's trouble changes nothing for another ---------------------------------

PROVES = {"proves": ["ISOLATION-8"]}
BOTH = [*session(ALICE), *session(BOB)]  # 0 to 5
TROUBLES: dict[str, list[Line]] = {
    "a call fails": [asked(BOB), started(BOB), broke(BOB), refused(BOB)],
    "a call hangs": [asked(BOB), started(BOB), hung(BOB)],
    "a call is given up": [asked(BOB), started(BOB), stopped(BOB), hung(BOB, why="cancelled")],
    "the session is cleaned up": closed(BOB),
    "cleanup is under way": [invoke(BOB, "cleanup")],
    "its context is left": closed(BOB, "leave"),
    "the link is cut": [fault(BOB, "dropped"), down(BOB)],
    "creating fails": [invoke(BOB, "create", tools=[]), fail(BOB, "create")],
}
troubles = pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)


def suffers(trouble: list[Line], *after: Line, before: int = 2) -> list[Line]:
    """Alice's calls go well (from entry 6 on), bob has trouble, then these lines."""
    good = [line for number in range(before) for line in call(ALICE, 20 + number)]
    return [*BOTH, *good, *trouble, *after]


#: How a call may suffer, with what is said of it: the lines, from the asking to the answer.
HARM: dict[str, tuple[list[Line], str]] = {
    "it does not run": ([asked(ALICE), refused(ALICE, text="closed")], "lookup did not run"),
    "it is stopped": (
        [asked(ALICE), executing(ALICE), started(ALICE), stopped(ALICE), refused(ALICE)],
        "lookup was cancelled, though its caller had not given up",
    ),
    "its result is lost": (
        [*call(ALICE)[:5], refused(ALICE, text="broken")],
        "lookup succeeded and its caller was told 'broken'",
    ),
    "its result changes": (
        [*call(ALICE)[:5], told(ALICE, value=None)],
        "lookup returned 'found' and its caller got None",
    ),
    "its user is not told that it ended": (
        [*call(ALICE)[:4], told(ALICE)],
        "lookup ran for alice, who was not told that it ended",
    ),
}


@troubles
@pytest.mark.parametrize(("lines", "wrong"), HARM.values(), ids=HARM)
def test_a_call_that_suffers_from_anothers_trouble(
    trouble: list[Line], lines: list[Line], wrong: str
) -> None:
    """What went right before goes wrong after it, or while it lasts."""
    first = 18 + len(trouble)
    after = broken("ISOLATION-8", suffers(trouble, *lines), **PROVES)
    during = suffers([], lines[0], *trouble, *lines[1:])

    assert after == (
        f"while or after another user had trouble, {wrong}",
        (first, first + len(lines) - 1),
    )
    assert broken("ISOLATION-8", during, **PROVES)[1] == (18, first + len(lines) - 1)


@troubles
def test_a_call_that_does_not_suffer(trouble: list[Line]) -> None:
    """It goes as well as before, after the trouble and during it."""
    good = call(ALICE)
    during = suffers([], *good[:3], *trouble, *good[3:])

    assert outcome("ISOLATION-8", suffers(trouble, *good), **PROVES) is Outcome.PASS
    assert outcome("ISOLATION-8", during, **PROVES) is Outcome.PASS


def test_a_tool_that_fails_by_itself_is_no_harm() -> None:
    """Its caller was told so, and its user as well."""
    fails = [asked(ALICE), executing(ALICE), started(ALICE), broke(ALICE)]
    lines = suffers(closed(BOB), *fails, completed(ALICE, status="error"), refused(ALICE))

    assert outcome("ISOLATION-8", lines, **PROVES) is Outcome.PASS


UNHARMED = [asked(ALICE), refused(ALICE)]
NO_CONTROL: dict[str, list[Line]] = {
    "nothing went well before": suffers(closed(BOB), *UNHARMED, before=0),
    "something went wrong before, too": suffers(
        [], *call(ALICE, 18)[:4], told(ALICE, 18), *closed(BOB), *call(ALICE)[:4], told(ALICE)
    ),
    "the other had no trouble": suffers([up(BOB, 2), *call(BOB), *session(BOB)], *UNHARMED),
    "the trouble was one's own": suffers([asked(ALICE, 18), hung(ALICE, 18)], *UNHARMED),
    "the trouble was over before": [
        *(*BOTH, *closed(BOB), *call(ALICE, 20), *UNHARMED),
    ],
    "it hangs, which is another rule's matter": suffers(closed(BOB), asked(ALICE), hung(ALICE)),
    "it was given up": suffers(closed(BOB), asked(ALICE), hung(ALICE, why="cancelled")),
    "it was never answered": suffers(closed(BOB), asked(ALICE)),
    "it was not there": suffers(closed(BOB), asked(ALICE, tool="echo"), refused(ALICE)),
    "it was made in a form": suffers(
        closed(BOB), asked(ALICE, form="keyword", via="execute_tool"), refused(ALICE)
    ),
    "it was to hang": suffers(closed(BOB), asked(ALICE, unreleased=True), refused(ALICE)),
    "its own session was cleaned up": suffers(closed(BOB), *closed(ALICE), *UNHARMED),
    "a session made anew": [*suffers(closed(BOB)), *session(ALICE, UNHARMED)],
    "there is no transport": [
        *(*session(BOB), *session(ALICE, transport="absent")[1:], *QUIET, *closed(BOB)),
        *(asked(ALICE, 17), refused(ALICE, 17)),
    ],
    "its events fit several calls": suffers(
        closed(BOB),
        *(asked(ALICE, 16), asked(ALICE, 17)),
        *(bare(ALICE, "tool_executing", tool="lookup") for _ in range(2)),
        *(refused(ALICE, 16), refused(ALICE, 17)),
    ),
}


@pytest.mark.parametrize("lines", NO_CONTROL.values(), ids=NO_CONTROL)
def test_where_it_might_be_something_else_nothing_follows(lines: list[Line]) -> None:
    """Neither red nor green: the calls before are the control."""
    assert untold("ISOLATION-8", lines, **PROVES)


def test_a_workload_that_was_not_built_for_it_says_nothing() -> None:
    """Its calls before and after need not be alike."""
    assert untold("ISOLATION-8", suffers(closed(BOB), *UNHARMED))


def test_the_order_in_which_calls_are_settled_does_not_matter() -> None:
    """One before the trouble whose report never came is settled last, and is a bad control."""
    unreported = [*call(ALICE, 30)[:4], told(ALICE, 30)]
    lines = suffers([], *unreported, *closed(BOB), *call(ALICE)[:5], told(ALICE, value=None))

    assert untold("ISOLATION-8", lines, **PROVES)


def test_ones_own_link_that_the_harness_cut_shows_nothing() -> None:
    """That nothing arrived was to be expected."""
    lines = suffers([*closed(BOB), fault(ALICE, "dropped"), down(ALICE)], *QUIET)

    assert "ISOLATION-8" not in red(lines, **PROVES)


def test_where_tool_events_are_not_its_own_none_is_missed() -> None:
    """Only what the caller is told is compared."""
    lines = suffers(closed(BOB), *QUIET)

    assert outcome("ISOLATION-8", lines, card={"tool_events": ""}, **PROVES) is Outcome.PASS


def test_calls_without_canaries_are_not_judged() -> None:
    """Which of them ran cannot be told."""
    nameless = [
        tool(ALICE, what, None, **more)
        for what, more in (("started", {"parameters": {}}), ("ended", {"result": 1}))
    ]
    lines = suffers(
        closed(BOB),
        *(asked(ALICE, 16), asked(ALICE, 17), *nameless, *nameless),
        *(told(ALICE, 16, value=1), told(ALICE, 17, value=1)),
    )

    assert untold("ISOLATION-8", lines, **PROVES)


@pytest.mark.parametrize(("seconds", "found"), [(2.0, Outcome.UNKNOWN), (1.0, Outcome.FAIL)])
def test_a_declared_timeout_is_no_harm_of_anothers(seconds: float, found: Outcome) -> None:
    """A call that was held for so long ended by itself."""
    lines = suffers(closed(BOB), *HARM["it is stopped"][0])
    late = itertools.chain(itertools.repeat(0.0, len(lines) - 2), itertools.repeat(seconds))
    entries = tuple(
        Entry(n, int(at * 1e9), *line)
        for n, (line, at) in enumerate(zip(lines, late, strict=False))
    )
    header = history(lines, declared={"tool_timeout": 2}, **PROVES).header
    made = {v.rule: v for v in judge(History(header, entries, Footer(entries=len(entries))))}

    assert made["ISOLATION-8"].outcome is found


RUN = [
    *(invoke(ALICE, "create", tools=["lookup"]), ok(ALICE, "create"), up(ALICE)),
    *(run(ALICE, 16, 17), executing(ALICE, 16), started(ALICE, 16), ended(ALICE, 16)),
    completed(ALICE, 16),
]  # 0 to 7


@pytest.mark.parametrize(
    ("end", "how", "wrong"),
    [
        (stopped(ALICE, 17), fail(ALICE, "run"), "lookup was cancelled"),
        (ended(ALICE, 17), answer(ALICE), ""),
    ],
    ids=["stopped", "well"],
)
def test_a_call_of_a_run_that_suffers(end: Line, how: Line, wrong: str) -> None:
    """Its first call went well, and the second one is stopped by another's cleanup."""
    midway = [executing(ALICE, 17), started(ALICE, 17), *closed(BOB), end]  # 8 to 12
    lines = [*RUN, *midway, completed(ALICE, 17), how]
    found = findings("ISOLATION-8", lines, kind="agent", **PROVES)
    said = (f"while or after another user had trouble, {wrong}", (3, 12))

    assert found == ([said] if wrong else [])
    assert verdicts(lines, kind="agent", **PROVES)["ISOLATION-8"].opportunities == 1


def test_a_call_of_a_run_that_is_stopped_for_its_sibling_is_no_harm() -> None:
    """One of its own calls failed, which may rightly end the run."""
    three = run(ALICE, 16, 17, 18)
    midway = [started(ALICE, 17), started(ALICE, 18), *closed(BOB), broke(ALICE, 18)]
    tail = [stopped(ALICE, 17), fail(ALICE, "run")]
    shown = [completed(ALICE, n, status="error") for n in (17, 18)]
    lines = [line if line[3] != "run" else three for line in RUN]

    assert red([*lines, *midway, *tail, *shown], kind="agent", **PROVES).isdisjoint({"ISOLATION-8"})


def test_entries_of_links_are_their_users_trouble() -> None:
    """A link's name begins with its user's."""
    gone: Line = (Kind.LINK, "bob/2", None, "down", {"user": "bob"})

    assert "ISOLATION-8" in red(suffers([gone], *UNHARMED), **PROVES)
