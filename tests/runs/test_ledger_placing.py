"""Whose an event is, which call it belongs to, and what really ran."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build import (
    ALICE,
    BOB,
    Line,
    answer,
    asked,
    bare,
    call,
    ended,
    event,
    run,
    session,
    started,
    token_of,
    told,
    tool,
    up,
)
from tests.runs.book import ONE_CALL, TWO_CALLS, Book
from tests.scenes import T16, T17, TWO

# --- whose an event is ---


def test_an_event_belongs_to_the_run_that_its_id_names() -> None:
    """Whatever user it names and whichever link it came by."""
    seen = Book([*TWO, event(BOB, "tool_executing", to=ALICE, user_id=ALICE.user_id)]).last

    assert (seen.user, seen.owner) == ("alice", "bob")


def test_an_event_without_ids_belongs_to_the_user_of_its_link() -> None:
    """There is nothing to say otherwise."""
    seen = Book([*TWO, asked(BOB), bare(BOB, "tool_executing", tool="lookup")]).last

    assert seen.owner == "bob"
    assert seen.run
    assert seen.run.run_id == BOB.run_id


def test_an_event_with_another_users_canary_is_theirs_where_nothing_of_ones_own_is_open() -> None:
    """It fits nothing that its receiver has asked for."""
    astray = bare(ALICE, "tool_executing", tool="lookup", parameters={"q": token_of(BOB)})
    idle = Book([*TWO, asked(BOB), astray])
    busy = Book([*TWO, asked(BOB), asked(ALICE), astray])

    assert idle.last.owner == "bob"
    assert busy.last.owner == "alice"


def test_a_user_without_a_run_owns_what_reaches_their_link() -> None:
    """Until something says whose it is."""
    seen = Book([up(ALICE), *session(BOB), bare(ALICE, "agent_thinking")]).last

    assert (seen.owner, seen.run, seen.late) == ("alice", None, False)


def test_a_run_id_of_the_targets_own_is_learnt_from_its_first_event() -> None:
    """A later one on another user's link is that run's."""
    lines = [up(ALICE), up(BOB), run(ALICE, run_id=None), run(BOB, run_id=None)]
    lines += [event(who, "agent_started", run_id=f"r-{who.name}") for who in (ALICE, BOB)]
    astray = bare(BOB, "agent_thinking", run_id="r-alice")

    assert Book([*lines, astray], kind="endpoint").last.owner == "alice"


def test_one_run_id_for_two_users_is_no_id() -> None:
    """Each user's events stay their own."""
    lines = [up(ALICE), up(BOB), run(ALICE), run(BOB)]
    lines += [bare(who, "agent_started", run_id="none") for who in (ALICE, BOB, ALICE, BOB)]
    book = Book(lines, kind="agent")

    assert [seen.owner for seen in book.frames] == ["alice", "bob", "alice", "bob"]


def test_the_next_run_of_a_user_gets_what_comes_then() -> None:
    """Without ids, an event belongs to the run that is open."""
    first = [run(ALICE), bare(ALICE, "agent_completed"), answer(ALICE)]
    second = [run(ALICE, run_id="second"), bare(ALICE, "agent_started")]
    book = Book([up(ALICE), *first, *second], kind="agent")

    assert [seen.run.run_id for seen in book.frames if seen.run] == [ALICE.run_id, "second"]


def test_what_comes_after_the_only_run_has_ended_is_still_its() -> None:
    """Also without ids, and also once it was answered."""
    first = [run(ALICE), bare(ALICE, "agent_completed"), answer(ALICE)]
    book = Book([up(ALICE), *first, bare(ALICE, "agent_thinking")], kind="agent")

    assert book.last.run is book.runs[0]


def test_of_two_open_runs_the_thread_may_tell() -> None:
    """Else both are mixed, and nobody guesses."""
    runs = [run(ALICE, run_id=f"r{n}", thread_id=f"t{n}") for n in (1, 2)]
    told_apart = Book(
        [up(ALICE), *runs, bare(ALICE, "agent_started", thread_id="t1")], kind="agent"
    )
    mixed = Book([up(ALICE), *runs, bare(ALICE, "agent_started")], kind="agent")

    assert told_apart.last.run
    assert told_apart.last.run.run_id == "r1"
    assert [found.mixed for found in told_apart.runs] == [False, False]
    assert [found.mixed for found in mixed.runs] == [True, True]


# --- which call an event belongs to ---


def wire(kind: str, **body: Any) -> Line:
    return bare(ALICE, kind, **body)


BY = {
    "its canary": (wire("tool_executing", parameters={"q": T17}), T17),
    "its canary, in a call id": (wire("tool_executing", call_id=T17), T17),
}


@pytest.mark.parametrize(("line", "token"), BY.values(), ids=BY)
def test_a_call_is_told_by_its_canary(line: Line, token: str) -> None:
    """Where two are open."""
    book = Book([*TWO_CALLS, line])

    assert book.call_of(book.last) == token


def test_a_tool_of_the_targets_own_that_holds_a_canary_is_not_that_call() -> None:
    """What a guard or a retriever is given may well be what the user asked."""
    own = [
        wire("tool_executing", tool="retriever", call_id="own", parameters={"for": T17}),
        wire("tool_completed", tool="retriever", call_id="own", result=[T17]),
    ]
    book = Book([*TWO_CALLS, *own])

    assert [book.call_of(seen) for seen in book.frames] == ["", ""]


def test_a_call_is_told_by_an_id_that_it_had_before() -> None:
    """The id stands for the call from the event that showed its canary."""
    lines = [
        wire("tool_executing", call_id=f"c{n}", parameters={"q": t})
        for n, t in ((1, T16), (2, T17))
    ]
    lines += [wire("tool_completed", call_id="c2"), wire("tool_completed", call_id="c1")]
    book = Book([*TWO_CALLS, *lines])

    assert [book.call_of(seen) for seen in book.frames] == [T16, T17, T17, T16]


def test_a_call_is_told_by_its_tools_name_where_one_is_open() -> None:
    """An answered one of the same tool is out of the question for an announcement."""
    lines = [
        *session(ALICE, call(ALICE, 16)),
        asked(ALICE, 17),
        wire("tool_executing", tool="lookup"),
    ]
    book = Book(lines)

    assert book.call_of(book.last) == T17


def test_a_call_is_told_by_being_the_only_one() -> None:
    """Without id, canary and name."""
    book = Book([*ONE_CALL, wire("tool_executing")])

    assert book.call_of(book.last) == T16


def test_a_late_report_belongs_to_the_call_that_awaits_it() -> None:
    """Also after its caller was answered."""
    lines = [*ONE_CALL, wire("tool_executing", tool="lookup"), started(ALICE), ended(ALICE)]
    book = Book([*lines, told(ALICE), wire("tool_completed", tool="lookup")])

    assert book.call_of(book.last) == T16


def test_what_fits_several_calls_is_ambiguous() -> None:
    """Both are marked, and the frame is kept for counting."""
    book = Book([*TWO_CALLS, wire("tool_executing", tool="lookup")])

    assert book.last.call is None
    assert [found.ambiguous for found in book.calls] == [True, True]
    assert book.last.run
    assert book.last.run.unpaired == [book.last]


def test_an_event_of_a_tool_that_nobody_called_is_a_call_of_its_own() -> None:
    """The target shows something that we did not ask for; it is matched with its own report."""
    lines = [wire("tool_executing", tool="own", call_id="c"), wire("tool_completed", call_id="c")]
    book = Book([*session(ALICE), *lines])
    (found,) = book.calls

    assert (found.tool, found.asked, found.planned) == ("own", None, None)
    assert len(found.executing) == len(found.completed) == 1
    assert found.first == 1


def test_another_users_call_that_shows_like_this_is_taken_for_it() -> None:
    """Even under the receiver's ids: it is that call's event, gone astray."""
    mislabelled = event(
        ALICE, "tool_executing", tool_name="lookup", parameters={"query": token_of(BOB)}
    )
    book = Book([*TWO, asked(BOB), mislabelled])

    assert book.last.owner == "bob"
    assert book.call_of(book.last) == token_of(BOB)


# --- what really ran ---


def test_an_execution_is_told_by_its_canary() -> None:
    """Whoever else is running."""
    book = Book([*TWO_CALLS, started(ALICE, 17), started(ALICE, 16), ended(ALICE, 17)])

    assert [len(c.starts) for c in book.calls] == [1, 1]
    assert [len(c.ends) for c in book.calls] == [0, 1]


def test_an_execution_without_a_canary_belongs_to_the_only_call() -> None:
    """One that dropped its parameters still ran."""
    lost_canary = [
        tool(ALICE, "started", None, parameters={}),
        tool(ALICE, "ended", None, result=1),
    ]
    (found,) = Book([*ONE_CALL, *lost_canary]).calls

    assert (len(found.starts), len(found.ends)) == (1, 1)
    assert not found.untraced


def test_an_execution_that_fits_several_calls_is_kept_aside() -> None:
    """None of them is said to have run, nor not to have."""
    book = Book([*TWO_CALLS, tool(ALICE, "started", None, parameters={})])

    assert [len(c.starts) for c in book.calls] == [0, 0]
    assert [c.untraced for c in book.calls] == [True, True]


def test_another_users_execution_is_not_mine() -> None:
    """Without a canary it is at least known on whose tool it ran."""
    lines = [*TWO, asked(ALICE), asked(BOB), tool(BOB, "started", None, parameters={})]

    assert [(c.owner, len(c.starts)) for c in Book(lines).calls] == [("alice", 0), ("bob", 1)]
