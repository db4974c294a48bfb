"""Several sessions of one user at once: which of them something belongs to, and what is kept."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build import (
    ALICE,
    Line,
    asked,
    bare,
    call,
    closed,
    completed,
    ended,
    event,
    executing,
    fault,
    in_session,
    refused,
    run,
    session,
    sibling,
    started,
    token_of,
    told,
    tool,
    up,
)
from tests.runs.book import Book
from tests.scenes import T16, T17

from goldenpath.canary import request_ids
from goldenpath.model import Kind
from goldenpath.runs.ledger import LATE_WINDOW

SECOND = sibling(ALICE)
TWO = [*session(ALICE), *in_session(session(SECOND))]
BOTH_ASK = [*TWO, asked(ALICE, 16), *in_session([asked(SECOND, 17)])]


def told_apart(line: Line) -> tuple[str, str]:
    """The session of a frame's run, and its call."""
    book = Book([*BOTH_ASK, line])
    assert book.last.run
    return book.last.run.which, book.call_of(book.last)


REQUEST, _ = request_ids(SECOND.run_id or "")


@pytest.mark.parametrize(
    "says",
    [
        {"run_id": SECOND.run_id},
        {"thread_id": SECOND.thread_id},
        {"parameters": {"query": T17}},
        {"request_id": REQUEST},
    ],
    ids=lambda says: next(iter(says)),
)
def test_an_event_belongs_to_the_session_that_it_names(says: dict[str, Any]) -> None:
    """By run, thread, canary or request."""
    assert told_apart(bare(ALICE, "tool_executing", tool_name="lookup", **says)) == ("second", T17)


def test_an_event_that_names_the_run_of_another_session_is_of_the_call_that_it_shows() -> None:
    """Its ids are wrong, and the rules about them say so."""
    wrong = event(ALICE, "tool_executing", tool_name="lookup", parameters={"query": T17})

    assert told_apart(wrong) == ("second", T17)


def test_an_event_belongs_to_the_only_session_that_awaits_it() -> None:
    """The other one has not asked for anything."""
    line = bare(ALICE, "tool_executing", tool_name="lookup")
    book = Book([*TWO, asked(ALICE, 16), line])

    assert book.last.run
    assert (book.last.run.which, book.call_of(book.last)) == ("", T16)


def by_way(line: Line, which: str) -> Any:
    """The frame as it comes by the own way of a session."""
    return (*line, which)


BARE = bare(ALICE, "tool_executing", tool_name="lookup")
IN_BOTH = [
    *in_session(session(ALICE), "first"),
    *in_session(session(SECOND)),
    *in_session([asked(ALICE, 16)], "first"),
    *in_session([asked(SECOND, 17)]),
]


@pytest.mark.parametrize(("which", "token"), [("first", T16), ("second", T17)])
def test_an_event_without_ids_is_of_the_session_by_whose_way_it_comes(
    which: str, token: str
) -> None:
    """As by a link of its own."""
    book = Book([*IN_BOTH, by_way(BARE, which)])

    assert book.last.run
    assert (book.last.run.which, book.call_of(book.last)) == (which, token)
    assert [run.mixed for run in book.runs] == [False, False]


def test_ways_that_cross_tell_nothing() -> None:
    """An event that says whose it is has come by another's: what the way told before is mixed."""
    shown = bare(ALICE, "tool_executing", tool_name="lookup", run_id=SECOND.run_id)
    lines = [*IN_BOTH, by_way(BARE, "first"), by_way(shown, "first")]

    assert [run.mixed for run in Book(lines).runs] == [True, False]
    assert [run.mixed for run in Book([*lines, by_way(BARE, "first")]).runs] == [True, True]


def test_an_event_that_comes_by_the_way_of_a_session_that_is_over_is_its_own() -> None:
    """And not that of the one which is open."""
    book = Book([*IN_BOTH, *in_session(closed(SECOND)), by_way(BARE, "second")])

    assert book.last.run
    assert (book.last.run.which, book.call_of(book.last)) == ("second", T17)


def test_an_event_that_may_be_of_either_session_is_of_none_of_their_calls() -> None:
    """Nothing is guessed: calls and sessions are marked."""
    book = Book([*BOTH_ASK, bare(ALICE, "tool_executing", tool_name="lookup")])

    assert book.last.call is None
    assert [call.ambiguous for call in book.calls] == [True, True]
    assert [run.mixed for run in book.runs] == [True, True]


def test_a_session_that_was_not_made_or_is_over_gets_no_events() -> None:
    """What names none is of the one that is open."""
    line = bare(ALICE, "tool_executing", tool_name="lookup")
    unmade = [
        *session(ALICE),
        *in_session(session(SECOND)[1:2]),
        *in_session([(Kind.FAIL, "alice", "create-alice", "create", {"by": "exception"})]),
    ]
    over = [*TWO, *in_session(closed(SECOND))]
    for before in (unmade, over):
        book = Book([*before, asked(ALICE), line])
        assert book.last.run
        assert (book.last.run.which, book.last.run.mixed) == ("", False)


def test_what_is_asked_and_told_belongs_to_its_session() -> None:
    """Calls, registrations, cleanup."""
    registered = [
        (Kind.INVOKE, "alice", "r", "register", {"tool": "late"}),
        (Kind.OK, "alice", "r", "register", {"value": None}),
    ]
    lines = [*TWO, *in_session(registered), *closed(ALICE), *in_session([asked(SECOND, 17)])]
    book = Book(lines)
    first, second = book.runs

    assert (first.which, second.which) == ("", "second")
    assert first.cleaned
    assert not second.cleaned
    assert "late" in second.tools
    assert [call.run.which for call in book.calls] == ["second"]


def test_an_execution_that_may_be_of_either_session_is_placed_in_none() -> None:
    """It has no canary: both are in doubt."""
    book = Book([*BOTH_ASK, tool(ALICE, "started", None, parameters={})])

    assert [len(run.unplaced) for run in book.runs] == [1, 1]


def test_an_execution_that_only_one_session_asked_for_is_its_own() -> None:
    """Whichever session the tool was planted for."""
    line = tool(ALICE, "started", None, parameters={"query": T16})
    book = Book([*TWO, asked(ALICE, 16), *in_session([line])])
    (found,) = book.calls

    assert len(found.starts) == 1


def test_a_link_that_breaks_is_broken_for_all_sessions_that_share_it() -> None:
    """What is missing then is no loss of either."""
    assert [run.cut for run in Book([*TWO, fault(ALICE)]).runs] == [True, True]


def test_two_runs_of_an_agent_are_told_apart_by_session() -> None:
    """Also where an event names its thread only."""
    lines = [up(ALICE), run(ALICE, 16), *in_session([run(SECOND, 17)])]
    thought = bare(ALICE, "agent_thinking", thread_id=ALICE.thread_id, reasoning="hm")
    book = Book([*lines, thought], kind="agent")

    assert book.last.run
    assert book.last.run.which == ""
    assert [run.mixed for run in book.runs] == [False, False]


# --- what is kept ---


def one(number: int, *more: Line) -> list[Line]:
    """A whole session with one call, under a run id of its own."""
    who = sibling(ALICE, f"session {number}")
    lines = [*session(who, call(who, 16 + number)), *more, *closed(who)]
    return [(*line[:2], line[2] and f"{line[2]}-{number}", *line[3:]) for line in lines]


def test_sessions_that_are_over_are_handed_over() -> None:
    """Once others have taken their place, and as many as may be late are kept."""
    count = LATE_WINDOW + 50
    book = Book([line for number in range(count) for line in one(number)])

    assert book.early[1] == 50 - 1
    assert len(book.runs) == count
    assert len(book.calls) == count


def test_a_refusal_does_not_keep_a_session() -> None:
    """Nothing of that call is still to come."""
    ghost = [asked(ALICE, 9, tool="ghost"), refused(ALICE, 9)]
    lines = [line for number in range(LATE_WINDOW + 2) for line in one(number, *ghost)]
    book = Book(lines)

    assert book.early[1] == 1


def test_an_event_of_a_session_that_was_handed_over_is_late() -> None:
    """Its run is known by id, though it is not kept."""
    lines = [line for number in range(LATE_WINDOW + 2) for line in one(number)]
    again = completed(sibling(ALICE, "session 0"), 16)

    assert Book([*lines, again]).last.late


def test_a_session_that_is_still_open_or_has_a_call_under_way_is_kept() -> None:
    """However many come after it under other names."""
    held = [*in_session([*session(SECOND)[1:], asked(SECOND, 9)])]
    lines = [*held, *(line for number in range(LATE_WINDOW + 2) for line in one(number))]
    shown = [executing(SECOND, 9), *in_session([started(SECOND, 9), ended(SECOND, 9)])]
    book = Book([*lines, *shown, completed(SECOND, 9), *in_session([told(SECOND, 9)])])
    (found,) = [call for call in book.calls if call.token == token_of(ALICE, 9)]

    assert found.run.which == "second"
    assert found.completed
    assert not book.last.late
