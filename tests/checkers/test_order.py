"""ORDER: the grammar of a run's events, and their order against what really happened."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build import (
    ALICE,
    BOB,
    Line,
    agent_run,
    answer,
    asked,
    bare,
    broke,
    broken,
    call,
    completed,
    down,
    ended,
    event,
    executing,
    fault,
    findings,
    hung,
    invoke,
    ok,
    outcome,
    red,
    refused,
    run,
    session,
    started,
    stopped,
    told,
    up,
)

from goldenpath.model import Outcome

BEGIN = [up(ALICE), run(ALICE)]  # entries 0 and 1 of what follows
STARTED, THINKING, FINISHED = (
    event(ALICE, name) for name in ("agent_started", "agent_thinking", "agent_completed")
)


def agent(*lines: Line) -> list[Line]:
    return [*BEGIN, *lines, answer(ALICE)]


# --- ORDER-1: the first event of a run is agent_started, and there is one ----------------------

NOT_STARTED = {
    "a thought first": (
        [THINKING, STARTED, FINISHED],
        ("the first event of a run is agent_started; got agent_thinking"),
        (2,),
    ),
    "never": (
        [FINISHED],
        "the first event of a run is agent_started; got agent_completed",
        (2,),
    ),
    "twice": (
        [STARTED, THINKING, STARTED, FINISHED],
        "a run starts once; got agent_started",
        (2, 4),
    ),
    "again after the end": (
        [STARTED, FINISHED, STARTED],
        "a run starts once; got agent_started",
        (2, 4),
    ),
}


@pytest.mark.parametrize(("lines", "message", "witness"), NOT_STARTED.values(), ids=NOT_STARTED)
def test_a_run_that_does_not_start_once_and_first(
    lines: list[Line], message: str, witness: tuple[int, ...]
) -> None:
    """The first event and the one that broke it are the witness."""
    said, where = findings("ORDER-1", agent(*lines), kind="agent")[0]

    assert said.startswith(message)
    assert where == witness


RUNS = {
    "nothing between": [STARTED, FINISHED],
    "repeated thinking": [STARTED, *[THINKING] * 5, FINISHED],
    "ended by a failure": [STARTED, THINKING, event(ALICE, "agent_error")],
    "ended by a cancellation": [STARTED, event(ALICE, "agent_cancelled")],
    "events without ids": [
        bare(ALICE, name) for name in ("agent_started", "agent_thinking", "agent_completed")
    ],
    "the answer came before the last event": [STARTED, THINKING, answer(ALICE), FINISHED],
}


@pytest.mark.parametrize("lines", RUNS.values(), ids=RUNS)
def test_a_run_that_keeps_the_grammar(lines: list[Line]) -> None:
    """Any number of thoughts, any terminal form, ids or none, answered before or after its end."""
    assert outcome("ORDER-1", agent(*lines), kind="agent") is Outcome.PASS
    assert outcome("ORDER-2", agent(*lines), kind="agent") is Outcome.PASS


def test_two_runs_of_one_user_each_start_once() -> None:
    """The second start belongs to the second run, also without ids."""
    shown = (bare(ALICE, "agent_started"), bare(ALICE, "agent_completed", result="so it is"))
    lines = [up(ALICE)]
    for number in (1, 2):
        asked_again = run(ALICE, run_id=f"run-{number}")
        lines += [asked_again, *shown, answer(ALICE)]

    assert red(lines, kind="agent") == set()


def test_a_link_that_came_in_mid_run_saw_no_disorder() -> None:
    """Whoever reconnects sees the rest of a run that had started on the link before."""
    lines = [
        *BEGIN,
        STARTED,
        down(ALICE),
        up(ALICE, link=2),
        event(ALICE, "agent_thinking", to="alice/2"),
        event(ALICE, "agent_completed", to="alice/2", result="so it is"),
        answer(ALICE),
    ]

    assert red(lines, kind="agent") == set()


def test_the_events_of_another_run_are_no_disorder() -> None:
    """Runs of two users that interleave keep an order each."""
    lines = [*agent_run(ALICE), *agent_run(BOB)]
    mixed = [
        line
        for pair in zip(lines[: len(lines) // 2], lines[len(lines) // 2 :], strict=True)
        for line in pair
    ]

    assert red(mixed, kind="agent") == set()


# --- ORDER-2: one terminal event, and nothing of the run after it ------------------------------

AFTER_THE_END = {
    "a second answer": (
        [STARTED, FINISHED, FINISHED],
        "a run ends once; got agent_completed",
        (2, 4),
    ),
    "an error after the answer": (
        [STARTED, FINISHED, event(ALICE, "agent_failed")],
        "a run ends once; got agent_failed",
        (2, 4),
    ),
    "a thought": (
        [STARTED, FINISHED, THINKING],
        "nothing of a run comes after its terminal event; got agent_thinking",
        (2, 4),
    ),
    "a thought, after the caller was answered": (
        [STARTED, FINISHED, answer(ALICE), THINKING],
        "nothing of a run comes after its terminal event; got agent_thinking",
        (2, 5),
    ),
    "a thought without ids, after the caller was answered": (
        [STARTED, FINISHED, answer(ALICE), bare(ALICE, "agent_thinking")],
        "nothing of a run comes after its terminal event; got agent_thinking",
        (2, 5),
    ),
}


@pytest.mark.parametrize(("lines", "message", "witness"), AFTER_THE_END.values(), ids=AFTER_THE_END)
def test_a_run_that_goes_on_after_its_end(
    lines: list[Line], message: str, witness: tuple[int, ...]
) -> None:
    """Whenever it comes and whether or not it names its run."""
    said, where = broken("ORDER-2", [*BEGIN, *lines], kind="agent")

    assert said.startswith(message)
    assert where == witness


def test_an_unended_run_is_no_disorder() -> None:
    """That the end is missing is DELIVERY-4."""
    assert red(agent(STARTED, THINKING), kind="agent") == {"DELIVERY-4"}


def test_events_that_fit_several_open_runs_are_in_doubt() -> None:
    """Without ids the events of two runs side by side cannot be told apart: UNKNOWN, no guess."""
    two = [run(ALICE, run_id=f"run-{n}") for n in (1, 2)]
    names = ("agent_started", "agent_started", "agent_completed", "agent_completed")
    lines = [up(ALICE), *two, *(bare(ALICE, name) for name in names)]

    assert outcome("ORDER-1", lines, kind="agent") is Outcome.UNKNOWN
    assert outcome("ORDER-2", lines, kind="agent") is Outcome.UNKNOWN


# --- ORDER-3: each tool_completed follows its own tool_executing, once -------------------------


def dispatcher(*lines: Line) -> list[Line]:
    """A session of alice (entries 0 to 2) and a call (3), then these lines from entry 4 on."""
    return [*session(ALICE), asked(ALICE), *lines, told(ALICE)]


TRUE = [started(ALICE), ended(ALICE)]

OUT_OF_TURN = {
    "completed first": (
        [completed(ALICE), *TRUE, executing(ALICE)],
        "tool_completed of lookup came before its tool_executing",
        (4, 7),
    ),
    "never announced": (
        [*TRUE, completed(ALICE)],
        "tool_completed of lookup came before its tool_executing",
        (6,),
    ),
    "answered twice": (
        [executing(ALICE), *TRUE, completed(ALICE), completed(ALICE)],
        "tool_executing of lookup was answered 2 times",
        (4, 7, 8),
    ),
}


@pytest.mark.parametrize(("lines", "message", "witness"), OUT_OF_TURN.values(), ids=OUT_OF_TURN)
def test_a_report_that_does_not_follow_its_announcement(
    lines: list[Line], message: str, witness: tuple[int, ...]
) -> None:
    """Reported before, without, or twice after one announcement."""
    assert broken("ORDER-3", dispatcher(*lines)) == (message, witness)


NO_ID = {"call_id": None, "result": None, "parameters": None}
IN_TURN = {
    "a call": [executing(ALICE), *TRUE, completed(ALICE)],
    "a late report, after the answer": [executing(ALICE), *TRUE, told(ALICE), completed(ALICE)],
    "without ids": [executing(ALICE, **NO_ID), *TRUE, completed(ALICE, **NO_ID)],
    "tried twice, each announced and reported": [
        *(executing(ALICE), started(ALICE), broke(ALICE), completed(ALICE, status="error")),
        *(executing(ALICE), *TRUE, completed(ALICE)),
    ],
    "two links that both see it": [
        up(ALICE, link=2),
        *(executing(ALICE), executing(ALICE, to="alice/2")),
        *(*TRUE, completed(ALICE), completed(ALICE, to="alice/2")),
    ],
    "a link that came in between": [
        executing(ALICE),
        up(ALICE, link=2),
        *(*TRUE, completed(ALICE), completed(ALICE, to="alice/2")),
    ],
    "a reconnected user": [
        executing(ALICE),
        *(down(ALICE), up(ALICE, link=2)),
        *(*TRUE, completed(ALICE, to="alice/2")),
    ],
}


@pytest.mark.parametrize("lines", IN_TURN.values(), ids=IN_TURN)
def test_a_report_that_follows_its_announcement(lines: list[Line]) -> None:
    """With or without ids, late, on several links, or once per attempt."""
    assert outcome("ORDER-3", dispatcher(*lines)) is Outcome.PASS


def test_overlapping_calls_with_ids_are_told_apart() -> None:
    """They may end in any order."""
    lines = [
        *session(ALICE),
        *(asked(ALICE, 16), asked(ALICE, 17), executing(ALICE, 16), executing(ALICE, 17)),
        *(started(ALICE, 16), started(ALICE, 17), ended(ALICE, 17), completed(ALICE, 17)),
        *(ended(ALICE, 16), completed(ALICE, 16), told(ALICE, 17), told(ALICE, 16)),
    ]

    assert red(lines) == set()
    assert outcome("ORDER-3", lines) is Outcome.PASS
    assert outcome("ORDER-4", lines) is Outcome.PASS


def test_overlapping_calls_without_ids_are_in_doubt() -> None:
    """Which report belongs to which call cannot be told."""
    lines = [
        *session(ALICE),
        *(asked(ALICE, 16), asked(ALICE, 17)),
        *(executing(ALICE, **NO_ID), executing(ALICE, **NO_ID)),
        *(started(ALICE, 16), started(ALICE, 17), ended(ALICE, 17), ended(ALICE, 16)),
        *(completed(ALICE, **NO_ID), completed(ALICE, **NO_ID), told(ALICE, 16), told(ALICE, 17)),
    ]

    for rule in ("ORDER-3", "ORDER-4", "CONTENT-5"):
        assert outcome(rule, lines) is Outcome.UNKNOWN
    assert red(lines) == set()


FALTERS: dict[str, Any] = {"transport": "raising", "falters": True}


def test_an_announcement_that_was_refused_did_not_come_too_late() -> None:
    """Where a transport raises now and then; what came late is told all the same."""
    raised = [asked(ALICE), fault(ALICE, "raised"), *TRUE, completed(ALICE), told(ALICE)]
    late = [*raised[:-1], executing(ALICE), told(ALICE)]

    assert outcome("ORDER-3", session(ALICE, raised, **FALTERS)) is Outcome.PASS
    assert broken("ORDER-3", session(ALICE, late, **FALTERS))


def test_a_start_that_was_refused_is_not_missed() -> None:
    """Of a run whose transport raises now and then."""
    create = invoke(ALICE, "create", tools=["lookup"], **FALTERS)
    lines = [create, ok(ALICE, "create"), *BEGIN, fault(ALICE, "raised"), THINKING, FINISHED]

    assert outcome("ORDER-1", [*lines, answer(ALICE)]) is Outcome.UNKNOWN


# --- ORDER-4: executing before the tool starts, completed after it ended -----------------------

AGAINST_TRUTH = {
    "announced late": (
        [started(ALICE), executing(ALICE), ended(ALICE), completed(ALICE)],
        "tool_executing of lookup was sent after the tool had started",
        (4, 5),
    ),
    "reported early": (
        [executing(ALICE), started(ALICE), completed(ALICE), ended(ALICE)],
        "tool_completed of lookup was sent before the tool had ended",
        (6, 7),
    ),
    "reported, and never ended": (
        [executing(ALICE), started(ALICE), completed(ALICE)],
        "tool_completed of lookup was sent before the tool had ended",
        (6,),
    ),
}


@pytest.mark.parametrize(("lines", "message", "witness"), AGAINST_TRUTH.values(), ids=AGAINST_TRUTH)
def test_events_that_contradict_the_truth(
    lines: list[Line], message: str, witness: tuple[int, ...]
) -> None:
    """Whatever order they have among themselves."""
    assert broken("ORDER-4", dispatcher(*lines)) == (message, witness)


AS_IT_WAS = {
    "a call": [executing(ALICE), *TRUE, completed(ALICE)],
    "a failure": [executing(ALICE), started(ALICE), broke(ALICE), completed(ALICE, status="error")],
    "a cancellation": [
        *(executing(ALICE), started(ALICE), stopped(ALICE)),
        completed(ALICE, status="cancelled"),
    ],
    "a late report": [executing(ALICE), *TRUE, told(ALICE), completed(ALICE)],
    "a second attempt": [
        *(executing(ALICE), started(ALICE), broke(ALICE), *TRUE, completed(ALICE)),
    ],
    "only announced": [executing(ALICE), *TRUE],
    "only reported": [*TRUE, completed(ALICE)],
}


@pytest.mark.parametrize("lines", AS_IT_WAS.values(), ids=AS_IT_WAS)
def test_events_that_agree_with_the_truth(lines: list[Line]) -> None:
    """However the tool ended; what is missing is the matter of other rules."""
    assert outcome("ORDER-4", dispatcher(*lines)) is Outcome.PASS


NOTHING_TO_ORDER = {
    "a refused call that was announced": [executing(ALICE), completed(ALICE, status="error")],
    "a tool without events": TRUE,
}


@pytest.mark.parametrize("lines", NOTHING_TO_ORDER.values(), ids=NOTHING_TO_ORDER)
def test_without_truth_or_events_there_is_no_opportunity(lines: list[Line]) -> None:
    """What never ran, or never showed, has no order."""
    assert outcome("ORDER-4", [*session(ALICE), asked(ALICE), *lines]) is Outcome.UNKNOWN
    assert (
        outcome("ORDER-4", [*session(ALICE, call(ALICE, 17)), asked(ALICE), *lines]) is Outcome.PASS
    )


def test_refused_and_cancelled_calls_keep_their_order() -> None:
    """A refusal and a cancellation break nothing, shown or not."""
    lines = [
        *session(ALICE, call(ALICE, 16)),
        *(asked(ALICE, 17), executing(ALICE, 17), completed(ALICE, 17, status="error")),
        refused(ALICE, 17),
        *(asked(ALICE, 18), executing(ALICE, 18), started(ALICE, 18), stopped(ALICE, 18)),
        *(completed(ALICE, 18, status="cancelled"), hung(ALICE, 18, why="cancelled")),
    ]

    assert {rule for rule in red(lines) if rule.startswith("ORDER")} == set()
