"""TOOL-10: nobody works on behind the back of a consumer who has left."""

from __future__ import annotations

import pytest
from tests.build import ALICE, Line, answer, call, ended, executing, invoke, lost, started, stopped
from tests.judged import broken, findings, outcome, untold, verdicts
from tests.scenes import FINISHED, LEFT, agent, nameless

from goldenpath.model import Kind, Outcome

# --- TOOL-10: a run whose consumer has left makes no further call -------------------------------

BEGUN = [started(ALICE, 16)]  # 2


def test_a_run_that_works_on_unseen() -> None:
    """It calls what was to come."""
    lines = agent(*BEGUN, stopped(ALICE, 16), LEFT, started(ALICE, 17), ended(ALICE, 17), calls=2)

    assert broken("TOOL-10", lines, kind="agent") == (
        "a run of alice, who had left, worked on and called lookup",
        (4, 5),
    )


def test_a_run_that_makes_a_call_once_more() -> None:
    """Though it was the last one, and had been made before."""
    lines = agent(*BEGUN, stopped(ALICE, 16), LEFT, started(ALICE, 16))

    assert broken("TOOL-10", lines, kind="agent")[1] == (4, 5)


def test_a_run_that_begins_when_its_consumer_has_left() -> None:
    """Before it had begun at all."""
    lines = agent(LEFT, started(ALICE, 16), started(ALICE, 17), calls=2)

    assert [witness for _, witness in findings("TOOL-10", lines, kind="agent")] == [(2, 3), (2, 4)]


STOPS = {
    "at once": [*BEGUN, stopped(ALICE, 16), LEFT],
    "when its tool has been stopped": [*BEGUN, LEFT, stopped(ALICE, 16)],
    "when its tool has ended": [*BEGUN, ended(ALICE, 16), LEFT],
}


@pytest.mark.parametrize("lines", STOPS.values(), ids=STOPS)
def test_a_run_that_stops(lines: list[Line]) -> None:
    """With work left to do, it does none of it."""
    assert outcome("TOOL-10", agent(*lines, calls=2), kind="agent") is Outcome.PASS


OF_ITS_OWN = [executing(ALICE, 18, call_id="own", parameters={}), FINISHED]

NOTHING_LEFT = {
    "what it showed beside that never ran": agent(*BEGUN, ended(ALICE, 16), *OF_ITS_OWN, LEFT),
    "nothing was left to do": agent(*BEGUN, ended(ALICE, 16), LEFT),
    "it had not begun": agent(LEFT, calls=2),
    "nobody left": agent(*BEGUN, ended(ALICE, 16), answer(ALICE), calls=2),
    "it was lost": agent(*BEGUN, lost(ALICE, "run"), started(ALICE, 17), calls=2),
    "it was never answered": agent(*BEGUN, calls=2),
}


@pytest.mark.parametrize("lines", NOTHING_LEFT.values(), ids=NOTHING_LEFT)
def test_a_run_that_could_not_have_worked_on(lines: list[Line]) -> None:
    """Neither red nor green."""
    assert untold("TOOL-10", lines, kind="agent")


def test_who_had_given_up_a_session_and_uses_it_is_no_run_that_works_on() -> None:
    """It was made all the same, and what is asked of it then is asked for."""
    create = invoke(ALICE, "create", tools=["lookup"])

    assert untold("TOOL-10", [create, lost(ALICE, "create", why="cancelled"), *call(ALICE)])


def flows(*lines: Line, calls: int = 2) -> list[Line]:
    """Its consumer had left while an event was being sent (entry 2), and that lasts until now."""
    given_up: Line = (Kind.FAULT, ALICE.name, "s9", "flows", {"given_up": "run-alice"})
    return agent(given_up, *lines, calls=calls)


FORSAKEN = {
    "it answers in the end": ([started(ALICE, 16), answer(ALICE)], [(2, 3)]),
    "it never answers": ([started(ALICE, 16)], [(2, 3)]),
    "it is told to have been left, later": ([started(ALICE, 16), LEFT], [(2, 3)]),
    "it does nothing more": ([LEFT], []),
}


@pytest.mark.parametrize(("lines", "witness"), FORSAKEN.values(), ids=FORSAKEN)
def test_a_run_that_was_left_while_it_told_of_itself(
    lines: list[Line], witness: list[tuple[int, int]]
) -> None:
    """From then on it knows, whatever becomes of it; it had all of its work left to do."""
    said = verdicts(flows(*lines), kind="agent")["TOOL-10"]

    assert [found.witness for found in said.findings] == witness
    assert said.opportunities == 1


@pytest.mark.parametrize("calls", [2, 3], ids=["one is left", "two are left"])
def test_a_call_whose_canary_was_lost_may_be_another_runs(calls: int) -> None:
    """In doubt, not red; and where it fits several, not green either."""
    lines = agent(
        *(*BEGUN, stopped(ALICE, 16), LEFT, nameless("started", parameters={})),
        calls=calls,
    )
    found = verdicts(lines, kind="agent")["TOOL-10"]

    assert found.outcome is Outcome.UNKNOWN
    assert "cannot be told apart" in found.reason


def test_a_target_may_declare_that_its_runs_go_on() -> None:
    """Then somebody may come back for them."""
    lines = agent(*BEGUN, stopped(ALICE, 16), LEFT, started(ALICE, 17), calls=2)

    assert outcome("TOOL-10", lines, kind="agent", card={"leaving": ""}) is Outcome.UNSUPPORTED
