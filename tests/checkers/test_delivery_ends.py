"""DELIVERY-4 and -5: runs and calls that were shown to begin are shown to end."""

from __future__ import annotations

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
    completed,
    down,
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
    started,
    stopped,
    told,
    up,
)
from tests.judged import broken, doubted, outcome, red, untold, verdicts
from tests.scenes import CUT, FINISHED, NO_TRANSPORT, STARTED, THINKING, TRUTH, agent, dispatcher

from goldenpath.checkers.base import MIXED
from goldenpath.model import Outcome

# --- DELIVERY-4: every run that started ends with a terminal event -----------------------------

ENDLESS = {
    "answered, but not shown": ([STARTED, THINKING, answer(ALICE)], (1, 3)),
    "failed after it had begun": ([STARTED, fail(ALICE, "run")], (1, 2)),
    "cancelled": ([STARTED, lost(ALICE, "run", why="cancelled")], (1, 2)),
    "hung": ([STARTED, lost(ALICE, "run")], (1, 2)),
    "never answered": ([STARTED], (1, 2)),
    "answered and never shown": ([answer(ALICE)], (1,)),
}


@pytest.mark.parametrize(("lines", "witness"), ENDLESS.values(), ids=ENDLESS)
def test_a_run_that_never_ends(lines: list[Line], witness: tuple[int, ...]) -> None:
    """Its asking and its last event are the witness, however its caller was answered."""
    assert broken("DELIVERY-4", agent(*lines), kind="agent") == (
        "a run of alice never ended: no terminal event by the deadline",
        witness,
    )


def test_a_run_whose_end_reaches_somebody_else() -> None:
    """For its owner it has not ended."""
    lines = [up(BOB), *agent(STARTED, event(ALICE, "agent_completed", to=BOB), answer(ALICE))]

    assert broken("DELIVERY-4", lines, kind="agent")[1] == (2, 3)


ENDED = {
    "an answer": agent(STARTED, FINISHED, answer(ALICE)),
    "an error": agent(STARTED, event(ALICE, "agent_error"), fail(ALICE, "run")),
    "a cancellation": agent(STARTED, event(ALICE, "agent_cancelled"), lost(ALICE, "run")),
    "an end after the answer": agent(STARTED, answer(ALICE), FINISHED),
    "an end without ids": agent(STARTED, bare(ALICE, "agent_completed"), answer(ALICE)),
}


@pytest.mark.parametrize("lines", ENDED.values(), ids=ENDED)
def test_a_run_that_ends(lines: list[Line]) -> None:
    """In any of the terminal forms."""
    assert outcome("DELIVERY-4", lines, kind="agent") is Outcome.PASS


NO_END_OWED = {
    "it was refused": agent(fail(ALICE, "run", text="busy")),
    "there is no transport": [NO_TRANSPORT, *agent(*TRUTH, answer(ALICE))],
}


@pytest.mark.parametrize("lines", NO_END_OWED.values(), ids=NO_END_OWED)
def test_a_run_that_owes_no_end(lines: list[Line]) -> None:
    """It was never accepted, or could not show it: neither red nor green."""
    assert untold("DELIVERY-4", lines, kind="agent")


def test_a_run_whose_link_we_cut_may_have_ended() -> None:
    """That is in doubt, unless its end had been shown before."""
    cut = agent(STARTED, fault(ALICE), down(ALICE), answer(ALICE))
    before = agent(STARTED, FINISHED, fault(ALICE), down(ALICE), answer(ALICE))

    assert doubted("DELIVERY-4", cut, kind="agent") == CUT
    assert outcome("DELIVERY-4", before, kind="agent") is Outcome.PASS


def test_a_run_that_shows_nothing_and_is_never_answered() -> None:
    """It was accepted."""
    assert broken("DELIVERY-4", agent(), kind="agent")[1] == (1,)


@pytest.mark.parametrize(
    ("ends", "expected"), [(1, (Outcome.UNKNOWN, MIXED)), (2, (Outcome.PASS, ""))]
)
def test_ends_of_runs_that_cannot_be_told_apart_are_counted(
    ends: int, expected: tuple[Outcome, str]
) -> None:
    """As many ends as runs are enough; of too few nobody can say which run lacks one."""
    runs = [run(ALICE, run_id=f"run-{n}") for n in (1, 2)]
    shown = [bare(ALICE, name) for name in ["agent_started"] * 2 + ["agent_completed"] * ends]
    lines = [up(ALICE), *runs, *shown]

    assert red(lines, kind="agent") == set()
    found = verdicts(lines, kind="agent")["DELIVERY-4"]
    assert (found.outcome, found.reason) == expected


# --- DELIVERY-5: every tool_executing is closed ------------------------------------------------

UNCLOSED = {
    "success": [*TRUTH, told(ALICE)],
    "failure": [started(ALICE), broke(ALICE), refused(ALICE)],
    "cancellation": [started(ALICE), stopped(ALICE), hung(ALICE, why="cancelled")],
    "deadline": [started(ALICE), hung(ALICE)],
    "refusal of an unknown tool": [refused(ALICE)],
    "an unanswered call": [],
}


@pytest.mark.parametrize("lines", UNCLOSED.values(), ids=UNCLOSED)
def test_an_announcement_that_is_never_closed(lines: list[Line]) -> None:
    """However the call went."""
    whole = dispatcher(asked(ALICE), executing(ALICE), *lines)

    assert broken("DELIVERY-5", whole) == ("tool_executing of lookup was never closed", (4,))


CLOSED = {
    "in time": call(ALICE),
    "after the answer": [
        *(asked(ALICE), executing(ALICE), *TRUTH, told(ALICE), completed(ALICE)),
    ],
    "as a failure": [
        *(asked(ALICE), executing(ALICE), completed(ALICE, status="error"), refused(ALICE)),
    ],
    "on the link of a reconnected user": [
        *(asked(ALICE), executing(ALICE), down(ALICE), up(ALICE, link=2)),
        *(*TRUTH, completed(ALICE, to="alice/2"), told(ALICE)),
    ],
}


@pytest.mark.parametrize("lines", CLOSED.values(), ids=CLOSED)
def test_an_announcement_that_is_closed(lines: list[Line]) -> None:
    """Late, as a failure, or by another link of the same user."""
    assert outcome("DELIVERY-5", dispatcher(*lines)) is Outcome.PASS


def test_an_announcement_that_came_twice_is_told_once() -> None:
    """By the first of them; that there are two is DELIVERY-3."""
    whole = dispatcher(asked(ALICE), executing(ALICE), executing(ALICE), *TRUTH, told(ALICE))

    assert broken("DELIVERY-5", whole)[1] == (4,)


def test_an_announcement_whose_link_we_cut_is_in_doubt() -> None:
    """It may have been closed."""
    lines = dispatcher(asked(ALICE), executing(ALICE), fault(ALICE), *TRUTH, told(ALICE))

    assert doubted("DELIVERY-5", lines) == CUT
    assert outcome("DELIVERY-5", dispatcher(*call(ALICE), fault(ALICE))) is Outcome.PASS


def test_a_call_that_was_never_announced_has_nothing_to_close() -> None:
    """No opportunity is no pass."""
    lines = dispatcher(invoke(ALICE, "look"), ok(ALICE, "look", value={"has_tool": {}}))

    assert untold("DELIVERY-5", dispatcher(asked(ALICE), refused(ALICE)))
    assert untold("DELIVERY-5", lines[:3])


def test_a_pair_for_a_call_that_nobody_made() -> None:
    """Of a planted tool it is known that it never ran; an own tool of the target is its affair."""
    again = {"call_id": "another", "parameters": None, "result": None, "status": None}
    pair = [executing(ALICE, **again), completed(ALICE, **again)]
    own = [
        event(ALICE, name, tool_name="retriever", call_id="another")
        for name in ("tool_executing", "tool_completed")
    ]

    assert broken("DELIVERY-3", dispatcher(*call(ALICE), *pair)) == (
        "events of lookup tell of a call that nobody made and that never ran",
        (9, 10),
    )
    assert outcome("DELIVERY-3", dispatcher(*call(ALICE), *own)) is Outcome.PASS
