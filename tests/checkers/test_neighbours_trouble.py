"""ISOLATION-8: one user's trouble changes nothing for another."""

from __future__ import annotations

import itertools

import pytest
from tests.build import (
    ALICE,
    BOB,
    Line,
    answer,
    asked,
    bare,
    broke,
    call,
    closed,
    completed,
    down,
    ended,
    executing,
    fail,
    fault,
    history,
    hung,
    invoke,
    ok,
    refused,
    run,
    session,
    started,
    stopped,
    told,
    tool,
    up,
)
from tests.judged import broken, by_rule, findings, outcome, red, timed, untold, verdicts
from tests.scenes import TWO, silent

from goldenpath.history import Footer, History
from goldenpath.judge import judge
from goldenpath.model import Entry, Kind, Outcome

# --- ISOLATION-8: one user's trouble changes nothing for another ---------------------------------

PROVES = {"proves": ["ISOLATION-8"]}

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
    return [*TWO, *good, *trouble, *after]


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
        *(*TWO, *closed(BOB), *call(ALICE, 20), *UNHARMED),
    ],
    "it hangs, which is another rule's matter": suffers(closed(BOB), asked(ALICE), hung(ALICE)),
    "it was given up": suffers(closed(BOB), asked(ALICE), hung(ALICE, why="cancelled")),
    "it was never answered": suffers(closed(BOB), asked(ALICE)),
    "it was not there": suffers(closed(BOB), asked(ALICE, tool="echo"), refused(ALICE)),
    "it was made in a form": suffers(
        closed(BOB), asked(ALICE, form="keyword", via="execute_tool"), refused(ALICE)
    ),
    "it was to hang": suffers(closed(BOB), asked(ALICE, unreleased=True), refused(ALICE)),
    "the trouble was a link of its own": suffers([fault(ALICE), down(ALICE)], *UNHARMED),
    "its own session was cleaned up meanwhile": suffers(
        closed(BOB), UNHARMED[0], *closed(ALICE), UNHARMED[1]
    ),
    "its own session was cleaned up": suffers(closed(BOB), *closed(ALICE), *UNHARMED),
    "a session made anew": [*suffers(closed(BOB)), *session(ALICE, UNHARMED)],
    "there is no transport": [
        *(*session(BOB), *session(ALICE, transport="absent")[1:], *silent(), *closed(BOB)),
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


def test_of_several_troubles_any_may_be_the_cause() -> None:
    """One's own came last, or the other's came before the control as well."""
    own_too = suffers([down(BOB), up(ALICE, 2), down(ALICE, 2)], *UNHARMED)
    twice = [*TWO, down(BOB), *call(ALICE, 20), up(BOB), down(BOB), *UNHARMED]

    for lines in (own_too, twice):
        assert outcome("ISOLATION-8", lines, **PROVES) is Outcome.FAIL


def test_without_a_transport_it_is_not_asked() -> None:
    """Though it is only what the caller is told that could be compared."""
    mute = [*session(BOB), *session(ALICE, transport="absent")[1:], *silent(), *closed(BOB)]
    lines = [*mute, asked(ALICE, 17), refused(ALICE, 17)]

    assert untold("ISOLATION-8", lines, card={"tool_events": ""}, **PROVES)


def test_a_planned_call_that_was_not_made_says_nothing() -> None:
    """Nor one that was only shown."""
    lines = [*RUN, *closed(BOB), executing(ALICE, 18), answer(ALICE)]

    assert untold("ISOLATION-8", lines, **AGENT)


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
    lines = suffers([*closed(BOB), fault(ALICE, "dropped"), down(ALICE)], *silent())

    assert "ISOLATION-8" not in red(lines, **PROVES)


def test_where_tool_events_are_not_its_own_none_is_missed() -> None:
    """Only what the caller is told is compared."""
    lines = suffers(closed(BOB), *silent())

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
    made = by_rule(judge(History(header, entries, Footer(entries=len(entries)))))

    assert made["ISOLATION-8"].outcome is found


AGENT = {**PROVES, "kind": "agent"}
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


@pytest.mark.parametrize(("seconds", "red_"), [(1.9, False), (1.5, True)])
def test_the_timeout_of_a_planned_call_is_counted_from_its_start(
    seconds: float, red_: bool
) -> None:
    """When the agent asked for it nobody knows."""
    midway = [executing(ALICE, 17), started(ALICE, 17), *closed(BOB), stopped(ALICE, 17)]
    lines = [*RUN, *midway, completed(ALICE, 17, status="cancelled"), fail(ALICE, "run")]
    made = timed(lines, {9: 10.0, 12: 10.0 + seconds}, declared={"tool_timeout": 2}, **AGENT)

    assert (made["ISOLATION-8"].outcome is Outcome.FAIL) is red_


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
