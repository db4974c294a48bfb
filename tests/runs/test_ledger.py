"""The ledger: which run and which call a frame belongs to, and whose it is."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from tests.build import (
    ALICE,
    BOB,
    CAROL,
    Line,
    agent_run,
    answer,
    asked,
    bare,
    call,
    completed,
    ended,
    event,
    executing,
    fail,
    fault,
    history,
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

from goldenpath.canary import find
from goldenpath.dialects import COMMON, Decoder
from goldenpath.model import Kind, User
from goldenpath.runs import Call, Ledger, Run, Seen, by_link
from goldenpath.runs.ledger import LATE_WINDOW

READER = Decoder(COMMON)


class Book:
    """A ledger that has read these lines; keeps what it handed over, and each frame."""

    def __init__(self, lines: Iterable[Line], *users: User, **more: Any) -> None:
        self.calls: list[Call] = []
        self.runs: list[Run] = []
        self.frames: list[Seen] = []
        recorded = history(lines, *users, **more)
        self.ledger = Ledger(recorded.header, self.calls.append, self.runs.append)
        for entry in recorded.entries:
            if entry.kind is Kind.FRAME:
                user = self.ledger.user_of(entry.actor)
                decoded = READER.read(entry.value)
                seen = Seen(entry, entry.actor, user, decoded.event, find(entry.value))
                self.ledger.place(seen)
                self.frames.append(seen)
            else:
                self.ledger.see(entry)
        self.early = len(self.calls), len(self.runs)
        self.ledger.finish()

    @property
    def last(self) -> Seen:
        return self.frames[-1]

    def call_of(self, seen: Seen) -> str:
        return seen.call.token if seen.call else ""


TWO = [*session(ALICE), *session(BOB)]
ONE_CALL = [*session(ALICE), asked(ALICE, 16)]
TWO_CALLS = [*session(ALICE), asked(ALICE, 16), asked(ALICE, 17)]
T16, T17 = token_of(ALICE, 16), token_of(ALICE, 17)


# --- what a call and a run are made of ---------------------------------------------------------


def test_a_call_is_seen_from_all_sides() -> None:
    """Who asked, what ran, what was shown and what was told come together."""
    book = Book(session(ALICE, call(ALICE)))
    (found,) = book.calls

    assert (found.owner, found.tool, found.token) == ("alice", "lookup", T16)
    assert found.asked
    assert found.answered
    assert (found.asked.index, found.answered.index) == (3, 8)
    assert [entry.index for entry in (*found.starts, *found.ends)] == [5, 6]
    assert [s.entry.index for s in (*found.executing, *found.completed)] == [4, 7]
    assert found.settled
    assert found.first == 3


def test_an_agents_run_has_its_planned_calls_and_its_events() -> None:
    """In order, with the answer."""
    book = Book(agent_run(ALICE, calls=3), kind="agent")
    (found,) = book.runs

    assert [c.token for c in found.calls] == [token_of(ALICE, n) for n in (16, 17, 18)]
    assert [s.entry.index for s in found.events] == [s.entry.index for s in book.frames]
    assert found.ended
    assert found.settled
    assert found.golden


@pytest.mark.parametrize(
    ("lines", "held", "proven", "refused_"),
    [
        ([asked(ALICE, 17), refused(ALICE, 17)], True, False, True),
        ([*call(ALICE, 16), asked(ALICE, 17), refused(ALICE, 17)], True, True, True),
        ([asked(ALICE, 17), refused(ALICE, 17, by="missing")], True, False, False),
        ([asked(ALICE, 17), hung(ALICE, 17)], True, False, False),
        ([asked(ALICE, 17), started(ALICE, 17), refused(ALICE, 17)], True, False, False),
        ([asked(ALICE, 17, tool="ghost"), refused(ALICE, 17)], False, False, False),
        (
            [invoke(ALICE, "cleanup"), ok(ALICE, "cleanup"), asked(ALICE, 17), refused(ALICE, 17)],
            False,
            False,
            False,
        ),
        (
            [
                *(invoke(ALICE, "register", tool="late"), ok(ALICE, "register")),
                *(asked(ALICE, 17, tool="late"), refused(ALICE, 17)),
            ],
            True,
            False,
            True,
        ),
        (
            [
                *(invoke(ALICE, "register", tool="late"), fail(ALICE, "register")),
                *(asked(ALICE, 17, tool="late"), refused(ALICE, 17)),
            ],
            False,
            False,
            False,
        ),
    ],
)
def test_whether_a_call_could_have_been_expected_to_work(
    lines: list[Line], held: bool, proven: bool, refused_: bool
) -> None:
    """held: the session had the tool. proven: it had run. refused: and now its caller was told."""
    found = next(c for c in Book([*session(ALICE), *lines]).calls if c.token == T17)

    assert (found.held, found.proven, found.refused) == (held, proven, refused_)


def test_a_fault_counts_for_the_run_that_is_under_way() -> None:
    """Where it was to work, what is missing then is no loss."""
    working, raising = (
        Book([*session(ALICE, transport=transport), fault(ALICE)])
        for transport in ("working", "raising")
    )
    (cut,), (raised,) = working.ledger._book.runs["alice"], raising.ledger._book.runs["alice"]

    assert (cut.faults, cut.cut) == (1, True)
    assert (raised.faults, raised.cut) == (1, False)


FINISHED = event(ALICE, "agent_completed")
UNTIL_CUT = {
    "nothing came": ([], True),
    "its tool is at work": ([started(ALICE)], True),
    "its end was not shown": ([started(ALICE), ended(ALICE), answer(ALICE)], True),
    "its end came while its tool is at work": ([started(ALICE), FINISHED], True),
    "its end came last": ([started(ALICE), ended(ALICE), FINISHED], False),
    "its end came, and it answered": (
        [started(ALICE), ended(ALICE), FINISHED, answer(ALICE)],
        False,
    ),
}


@pytest.mark.parametrize(("before", "cut"), UNTIL_CUT.values(), ids=UNTIL_CUT)
def test_a_fault_does_not_touch_a_run_that_is_over(before: list[Line], cut: bool) -> None:
    """What had not come of it by then was not under way."""
    book = Book([up(ALICE), run(ALICE, 16), *before, fault(ALICE)], kind="agent")

    assert book.ledger._book.runs["alice"][0].cut is cut


# --- whose an event is -------------------------------------------------------------------------


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


# --- which call an event belongs to ------------------------------------------------------------


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


# --- what really ran ---------------------------------------------------------------------------


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


# --- when a part is handed over ----------------------------------------------------------------


@pytest.mark.parametrize("others", [0, LATE_WINDOW - 1, LATE_WINDOW, LATE_WINDOW + 5])
def test_calls_are_handed_over_once_and_all(others: int) -> None:
    """Early where enough others came after, so that memory stays bounded; each exactly once."""
    lines = [line for n in range(others + 1) for line in call(ALICE, 16 + n)]
    book = Book([*session(ALICE), *lines])

    assert len(book.calls) == len({id(found) for found in book.calls}) == others + 1
    assert book.early[0] == max(0, others + 1 - LATE_WINDOW)


def many_runs(count: int) -> list[Line]:
    lines = [up(ALICE)]
    for n in range(count):
        lines += [
            invoke(ALICE, "run", f"step-{n}", run_id=f"run-{n}"),
            *(
                bare(ALICE, name, run_id=f"run-{n}")
                for name in ("agent_started", "agent_completed")
            ),
            ok(ALICE, "run", f"step-{n}"),
        ]
    return lines


@pytest.mark.parametrize("count", [1, LATE_WINDOW, LATE_WINDOW + 7])
def test_runs_are_handed_over_once_and_all(count: int) -> None:
    """And forgotten, but for their ids."""
    book = Book(many_runs(count), kind="agent")

    assert len(book.runs) == len({id(found) for found in book.runs}) == count
    assert book.early[1] == max(0, count - LATE_WINDOW)
    assert len(book.ledger._book.runs["alice"]) <= LATE_WINDOW


@pytest.mark.parametrize("kind", ["agent_completed", "tool_completed"])
def test_what_comes_for_a_run_that_was_forgotten_is_late(kind: str) -> None:
    """Its id is remembered, so that a replay does not go for the run that is open."""
    lines = [*many_runs(LATE_WINDOW + 7), bare(ALICE, kind, run_id="run-3")]
    book = Book(lines, kind="agent")

    assert book.last.late
    assert book.last.run is None
    assert not any(seen.late for seen in book.frames[:-1])


UNFINISHED = {
    "a call that was never answered": [
        asked(ALICE),
        executing(ALICE),
        started(ALICE),
        ended(ALICE),
    ],
    "a tool that has not ended": [asked(ALICE), executing(ALICE), started(ALICE), told(ALICE)],
    "a call that was not reported": [asked(ALICE), started(ALICE), ended(ALICE), told(ALICE)],
}


@pytest.mark.parametrize("lines", UNFINISHED.values(), ids=UNFINISHED)
def test_a_part_that_is_not_complete_is_kept_to_the_end(lines: list[Line]) -> None:
    """However many others come after it."""
    later = [line for n in range(LATE_WINDOW + 5) for line in call(ALICE, 100 + n)]
    book = Book([*session(ALICE), *lines, *later])

    assert book.calls[-1].token == T16
    assert len(book.calls) == LATE_WINDOW + 6


def test_a_report_that_comes_late_still_finds_its_call() -> None:
    """Within the window, after many others."""
    later = [line for n in range(LATE_WINDOW - 2) for line in call(ALICE, 100 + n)]
    lines = [asked(ALICE), executing(ALICE), started(ALICE), ended(ALICE), told(ALICE)]
    book = Book([*session(ALICE), *lines, *later, completed(ALICE)])

    assert book.call_of(book.last) == T16


def test_a_step_that_was_lost_is_answered() -> None:
    """By nobody knows what."""
    (found,) = Book([up(ALICE), run(ALICE), lost(ALICE, "run")], kind="agent").runs

    assert found.answered
    assert found.answered.kind is Kind.LOST
    assert found.open


# --- by link -----------------------------------------------------------------------------------


def test_events_are_walked_link_by_link() -> None:
    """By name of the link, each in its own order."""
    lines = [up(ALICE), up(ALICE, link=2), asked(ALICE)]
    lines += [bare(f"alice/{n}", "agent_thinking") for n in (2, 1, 2)]
    frames = Book([*session(ALICE), *lines], CAROL, ALICE).frames

    assert [(link, [s.entry.index for s in seen]) for link, seen in by_link(frames)] == [
        ("alice/1", [7]),
        ("alice/2", [6, 8]),
    ]
    assert by_link([]) == []
    assert json.loads(frames[0].entry.value)["type"] == "agent_thinking"


def test_a_run_id_that_another_user_has_shown_does_not_outweigh_a_canary() -> None:
    """An answer with this user's canary, under a run id that is used again, is this user's."""
    mine = bare(ALICE, "agent_completed", run_id="x", result=token_of(ALICE, 16))
    theirs = bare(BOB, "agent_completed", run_id="x", result=token_of(BOB, 16))
    early = [bare(who, "agent_started", run_id=f"r-{who.name}") for who in (ALICE, BOB)]
    book = Book([up(ALICE), up(BOB), run(ALICE, 16), run(BOB, 16), *early, theirs, mine])

    assert [seen.owner for seen in book.frames[-2:]] == ["bob", "alice"]
