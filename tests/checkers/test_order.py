"""ORDER-1 and -2: the grammar of a run's events."""

from __future__ import annotations

import pytest
from tests.build import ALICE, BOB, Line, agent_run, answer, bare, down, event, run, up
from tests.judged import broken, doubted, findings, outcome, red
from tests.scenes import BEGIN, FINISHED, STARTED, THINKING

from goldenpath.model import Outcome


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


def test_a_link_that_came_before_the_run_started_sees_all_of_it() -> None:
    """What another link saw before the run had started there too is no excuse."""
    lines = agent(
        THINKING,
        up(ALICE, link=2),
        *(event(ALICE, name, to="alice/2") for name in ("agent_thinking", "agent_started")),
        *(STARTED, FINISHED, event(ALICE, "agent_completed", to="alice/2")),
    )

    witnesses = [witness for _, witness in findings("ORDER-1", lines, kind="agent")]
    assert witnesses == [(2,), (2, 6), (4,), (4, 5)]


def test_a_link_on_which_the_run_starts_anew_sees_no_disorder() -> None:
    """Whoever tells the newcomer everything begins with the start."""
    lines = agent(
        *(STARTED, THINKING, down(ALICE), up(ALICE, link=2)),
        *(event(ALICE, name, to="alice/2") for name in ("agent_started", "agent_completed")),
    )

    assert outcome("ORDER-1", lines, kind="agent") is Outcome.PASS


def test_events_that_went_astray_are_no_disorder() -> None:
    """A piece of a run that reached another user's link: for ISOLATION-1."""
    astray = event(ALICE, "agent_thinking", to=BOB)

    assert outcome("ORDER-1", [up(BOB), *agent(astray, STARTED, FINISHED)], kind="agent") is (
        Outcome.PASS
    )


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
    lines = [*agent_run(BOB), up(ALICE), *two, *(bare(ALICE, name) for name in names)]

    for rule in ("ORDER-1", "ORDER-2"):
        assert doubted(rule, lines, kind="agent") == (
            "agent_started without a run id while several runs were open;"
            " agent_completed without a run id while several runs were open"
        )
