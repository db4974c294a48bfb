"""The ledger folds entries into runs and calls, and hands each over once."""

from __future__ import annotations

import json

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
    up,
)
from tests.runs.book import Book
from tests.scenes import T16, T17

from goldenpath.model import Kind
from goldenpath.runs import by_link
from goldenpath.runs.ledger import LATE_WINDOW

# --- what a call and a run are made of ---


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
    cut, raised, faltered = (
        Book([*session(ALICE, **how), fault(ALICE)]).ledger._book.runs["alice"][0]
        for how in (
            {"transport": "working"},
            {"transport": "raising"},
            {"transport": "raising", "falters": True},
        )
    )

    assert (cut.faults, cut.cut, cut.patchy) == (1, True, False)
    assert (raised.faults, raised.cut, raised.patchy) == (1, False, False)
    assert (faltered.faults, faltered.cut, faltered.patchy) == (1, False, True)


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


# --- when a part is handed over ---


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


# --- by link ---


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
