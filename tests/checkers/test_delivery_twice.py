"""DELIVERY-3: nothing is delivered twice."""

from __future__ import annotations

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
    call,
    completed,
    ended,
    event,
    executing,
    run,
    started,
    token_of,
    told,
    up,
)
from tests.judged import broken, doubted, findings, outcome, red, verdicts
from tests.scenes import FINISHED, STARTED, THINKING, TRUTH, agent, dispatcher

from goldenpath.checkers.base import MIXED
from goldenpath.model import Outcome
from goldenpath.runs.ledger import LATE_WINDOW

# --- DELIVERY-3: nothing is delivered twice ----------------------------------------------------

TWICE = {
    "executing": (
        [executing(ALICE), executing(ALICE), *TRUTH, completed(ALICE)],
        ("tool_executing of one call of lookup arrived 2 times", (4, 5)),
    ),
    "completed": (
        [executing(ALICE), *TRUTH, completed(ALICE), completed(ALICE), completed(ALICE)],
        ("tool_completed of one call of lookup arrived 3 times", (7, 8, 9)),
    ),
    "completed, again after the answer": (
        [executing(ALICE), *TRUTH, completed(ALICE), told(ALICE), completed(ALICE)],
        ("tool_completed of one call of lookup arrived 2 times", (7, 9)),
    ),
}


@pytest.mark.parametrize(("lines", "expected"), TWICE.values(), ids=TWICE)
def test_an_event_of_a_call_that_comes_twice(
    lines: list[Line], expected: tuple[str, tuple[int, ...]]
) -> None:
    """Every arrival is a witness."""
    assert broken("DELIVERY-3", dispatcher(asked(ALICE), *lines)) == expected


RUN_TWICE = {
    "started": (
        [STARTED, STARTED, FINISHED],
        ("agent_started of one run arrived 2 times", (2, 3)),
    ),
    "started, with its number": (
        [*2 * [event(ALICE, "agent_started", seq=1)], FINISHED],
        ("agent_started of one run arrived 2 times", (2, 3)),
    ),
    "completed": (
        [STARTED, FINISHED, FINISHED],
        ("agent_completed of one run arrived 2 times", (3, 4)),
    ),
    "a numbered thought": (
        [STARTED, *[event(ALICE, "agent_thinking", seq=2, reasoning="hm")] * 2, FINISHED],
        ("agent_thinking number 2 arrived twice", (3, 4)),
    ),
}


@pytest.mark.parametrize(("lines", "expected"), RUN_TWICE.values(), ids=RUN_TWICE)
def test_an_event_of_a_run_that_comes_twice(
    lines: list[Line], expected: tuple[str, tuple[int, ...]]
) -> None:
    """Every arrival is a witness."""
    assert broken("DELIVERY-3", agent(*lines, answer(ALICE)), kind="agent") == expected


SECOND = [executing(ALICE, to="alice/2"), completed(ALICE, to="alice/2")]

ONCE = {
    "repeated thinking without numbers": agent(STARTED, *[THINKING] * 3, FINISHED),
    "repeated thinking, other numbers": agent(
        STARTED, *(event(ALICE, "agent_thinking", seq=n) for n in (2, 3)), FINISHED
    ),
    "another thought with the same number": agent(
        STARTED,
        *(event(ALICE, "agent_thinking", seq=0, reasoning=word) for word in ("hm", "ah")),
        FINISHED,
    ),
    "two terminal events of two kinds": agent(STARTED, FINISHED, event(ALICE, "agent_failed")),
    "two links": agent(
        *(up(ALICE, link=2), STARTED, event(ALICE, "agent_started", to="alice/2")),
        *(executing(ALICE), SECOND[0], *TRUTH, completed(ALICE), SECOND[1], FINISHED),
    ),
    "two attempts": agent(
        *(STARTED, executing(ALICE), started(ALICE), broke(ALICE), completed(ALICE)),
        *(executing(ALICE), *TRUTH, completed(ALICE), FINISHED),
    ),
    "two runs of one user": [
        up(ALICE),
        *(run(ALICE), bare(ALICE, "agent_started"), bare(ALICE, "agent_completed"), answer(ALICE)),
        run(ALICE, run_id="another"),
        *(bare(ALICE, "agent_started"), bare(ALICE, "agent_completed"), answer(ALICE)),
    ],
}


@pytest.mark.parametrize("lines", ONCE.values(), ids=ONCE)
def test_what_is_alike_is_not_always_a_repetition(lines: list[Line]) -> None:
    """Thoughts may repeat, each link sees each event, each attempt shows itself."""
    assert outcome("DELIVERY-3", lines, kind="agent") is Outcome.PASS


def test_each_link_of_a_call_and_of_a_run_is_an_opportunity() -> None:
    """Two for each call that shows both its events, and one for the run."""
    assert verdicts(agent_run(ALICE, calls=2), kind="agent")["DELIVERY-3"].opportunities == 5


def test_whose_repetition_it_is_cannot_be_told_of_runs_side_by_side() -> None:
    """Without ids."""
    two = [run(ALICE, run_id=f"run-{n}") for n in (1, 2)]
    lines = [*agent_run(BOB), up(ALICE), *two, *3 * [bare(ALICE, "agent_started")]]

    assert doubted("DELIVERY-3", lines, kind="agent") == MIXED


def test_a_thought_is_compared_with_the_first_of_its_number() -> None:
    """Whatever came between."""
    hm, ah = (event(ALICE, "agent_thinking", seq=n, reasoning="hm") for n in (2, 3))

    assert broken("DELIVERY-3", agent(STARTED, hm, ah, hm, FINISHED), kind="agent")[1] == (3, 5)
    assert broken("DELIVERY-3", agent(STARTED, ah, hm, hm, FINISHED), kind="agent")[1] == (4, 5)


@pytest.mark.parametrize("others", [LATE_WINDOW, LATE_WINDOW + 20])
def test_a_call_that_is_replayed_after_it_was_forgotten(others: int) -> None:
    """Its canary is known, and it fits no other call."""
    later = [line for n in range(others) for line in call(ALICE, 100 + n)]
    lines = dispatcher(*call(ALICE, 16), *later, completed(ALICE, 16))

    assert broken("DELIVERY-3", lines) == (
        "tool_completed arrived again long after its run was complete",
        (len(lines) - 1,),
    )
    assert red(lines) == {"DELIVERY-3"}
    assert outcome("ORDER-3", lines) is Outcome.PASS


def test_an_old_canary_in_a_later_event_is_no_replay() -> None:
    """What is reported of another call may well hold what an earlier one found."""
    later = [line for n in range(LATE_WINDOW + 5) for line in call(ALICE, 100 + n)]
    old, given = {"context": token_of(ALICE, 16)}, {"query": token_of(ALICE, 17)}
    wire = [
        bare(ALICE, "tool_executing", tool="lookup", data=old, parameters=given),
        bare(ALICE, "tool_completed", tool="lookup", data=old, result="found"),
    ]
    last = [asked(ALICE, 17), wire[0], started(ALICE, 17), ended(ALICE, 17), wire[1]]

    assert red(dispatcher(*call(ALICE, 16), *later, *last, told(ALICE, 17))) == set()


@pytest.mark.parametrize("others", [0, 1, LATE_WINDOW - 1])
def test_a_call_that_is_replayed_after_many_others(others: int) -> None:
    """However long ago it was complete."""
    later = [line for n in range(others) for line in call(ALICE, 100 + n)]
    lines = dispatcher(*call(ALICE, 16), *later, completed(ALICE, 16))
    message, witness = broken("DELIVERY-3", lines)

    assert "arrived" in message
    assert witness[-1] == len(lines) - 1
    assert red(lines) <= {"DELIVERY-3", "ORDER-3"}


@pytest.mark.parametrize("named", [True, False], ids=["by run id", "by canary alone"])
@pytest.mark.parametrize("others", [0, LATE_WINDOW + 20])
def test_a_run_that_is_replayed_after_many_others(others: int, named: bool) -> None:
    """A replayed answer is seen as one, by the run's id or by what it holds."""
    ids = {} if named else {"run_id": None}
    lines = agent_run(ALICE)
    for n in range(others):
        lines += [run(ALICE, run_id=f"run-{n}"), answer(ALICE)]
        lines += [
            event(ALICE, name, run_id=f"run-{n}") for name in ("agent_started", "agent_failed")
        ]
    lines.append(event(ALICE, "tool_completed", tool_name="lookup", **ids, result=lines[4][4]))
    found = findings("DELIVERY-3", lines, kind="agent")

    assert len(found) == 1
    assert found[0][1][-1] == len(lines) - 1
