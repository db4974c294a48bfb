"""DELIVERY-1 and -2: what must be shown is shown."""

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
    broke,
    broken,
    call,
    completed,
    down,
    ended,
    event,
    executing,
    fault,
    invoke,
    outcome,
    red,
    refused,
    run,
    session,
    started,
    told,
    up,
    verdicts,
)

from goldenpath.model import Kind, Outcome

STARTED, THINKING, FINISHED = (
    event(ALICE, name) for name in ("agent_started", "agent_thinking", "agent_completed")
)

CALL = [started(ALICE), ended(ALICE)]

EVENTS = [STARTED, THINKING, executing(ALICE), *CALL, completed(ALICE), FINISHED]

NO_TRANSPORT = invoke(ALICE, "create", tools=["lookup"], transport="absent")


def agent(*lines: Line, **more: Any) -> list[Line]:
    """A link (entry 0) and a run with one call (1), then these lines from entry 2 on."""
    return [up(ALICE), run(ALICE, 16, **more), *lines]


def dispatcher(*lines: Line, **more: Any) -> list[Line]:
    """A session of alice (entries 0 to 2), then these lines from entry 3 on."""
    return [*session(ALICE, **more), *lines]


def without(lines: list[Line], *gone: Line) -> list[Line]:
    return [line for line in lines if line not in gone]


# --- DELIVERY-1: a golden run shows all five types ---------------------------------------------


@pytest.mark.parametrize("gone", [line for line in EVENTS if line[0] is Kind.FRAME], ids=range(5))
def test_a_golden_run_that_lacks_one_of_the_five(gone: Line) -> None:
    """Which one is told, with the run."""
    lines = agent(*without(EVENTS, gone), answer(ALICE), golden=True)
    message, witness = broken("DELIVERY-1", lines, kind="agent")

    assert message.startswith("a golden run of alice showed no ")
    assert message.endswith(("agent_started", "agent_thinking", "tool_executing", "completed"))
    assert witness == (1,)


def test_a_golden_run_whose_events_reach_somebody_else() -> None:
    """What another user's link got was not shown to the owner."""
    astray = [(line[0], "bob/1", *line[2:]) if line == THINKING else line for line in EVENTS]
    lines = [up(BOB), *agent(*astray, answer(ALICE), golden=True)]

    assert broken("DELIVERY-1", lines, kind="agent")[0] == (
        "a golden run of alice showed no agent_thinking"
    )


NOT_GOLDEN = {
    "it was not to be golden": (agent(STARTED, FINISHED, answer(ALICE)), Outcome.UNKNOWN),
    "there is no transport": (
        [NO_TRANSPORT, *agent(*CALL, answer(ALICE), golden=True)],
        Outcome.UNKNOWN,
    ),
    "we cut its link": (agent(STARTED, fault(ALICE), down(ALICE), golden=True), Outcome.UNKNOWN),
    "all five, by two links": (
        [
            *agent(STARTED, THINKING, down(ALICE), up(ALICE, link=2), golden=True),
            *(executing(ALICE, to="alice/2"), *CALL, completed(ALICE, to="alice/2")),
            *(event(ALICE, "agent_completed", to="alice/2"), answer(ALICE)),
        ],
        Outcome.PASS,
    ),
    "all five, without ids": (
        [
            *agent(golden=True),
            *(bare(ALICE, "agent_started"), bare(ALICE, "agent_thinking")),
            *(bare(ALICE, "tool_executing", tool="lookup"), *CALL),
            *(bare(ALICE, "tool_completed", tool="lookup"), bare(ALICE, "agent_completed")),
            answer(ALICE),
        ],
        Outcome.PASS,
    ),
}


@pytest.mark.parametrize(("lines", "expected"), NOT_GOLDEN.values(), ids=NOT_GOLDEN)
def test_a_run_that_cannot_be_blamed(lines: list[Line], expected: Outcome) -> None:
    """It showed all five, or it is not its fault that it did not."""
    assert outcome("DELIVERY-1", lines, kind="agent") is expected


# --- DELIVERY-2: every tool that ran is announced and reported ---------------------------------

SILENT = {
    "not announced": ([*CALL, completed(ALICE)], "no tool_executing"),
    "not reported": ([executing(ALICE), *CALL], "no tool_completed"),
    "neither": (CALL, "no tool_executing and no tool_completed"),
    "to somebody else": (
        [up(BOB), executing(ALICE, to=BOB), *CALL, completed(ALICE)],
        "no tool_executing",
    ),
}


@pytest.mark.parametrize(("lines", "missing"), SILENT.values(), ids=SILENT)
def test_a_tool_that_ran_unseen(lines: list[Line], missing: str) -> None:
    """Its true start and end are the witness."""
    whole = dispatcher(asked(ALICE), *lines, told(ALICE))
    truth = tuple(n for n, line in enumerate(whole) if line[0] is Kind.TOOL)

    assert broken("DELIVERY-2", whole) == (f"lookup ran for alice, who got {missing}", truth)


SHOWN = {
    "a call": call(ALICE),
    "reported after the answer": [
        *(asked(ALICE), executing(ALICE), *CALL, told(ALICE), completed(ALICE)),
    ],
    "a failure": [
        *(asked(ALICE), executing(ALICE), started(ALICE), broke(ALICE)),
        *(completed(ALICE, status="error"), refused(ALICE)),
    ],
    "without ids": [
        *(asked(ALICE), bare(ALICE, "tool_executing", tool="lookup"), *CALL),
        *(bare(ALICE, "tool_completed", tool="lookup"), told(ALICE)),
    ],
    "without ids or names": [
        *(asked(ALICE), bare(ALICE, "tool_executing"), *CALL),
        *(bare(ALICE, "tool_completed"), told(ALICE)),
    ],
    "on a second link": [
        *(asked(ALICE), executing(ALICE), down(ALICE), up(ALICE, link=2)),
        *(*CALL, completed(ALICE, to="alice/2"), told(ALICE)),
    ],
}


@pytest.mark.parametrize("lines", SHOWN.values(), ids=SHOWN)
def test_a_tool_that_was_seen_to_run(lines: list[Line]) -> None:
    """By id, by name, or because there is no other; in time or late."""
    assert outcome("DELIVERY-2", dispatcher(*lines)) is Outcome.PASS


NOTHING_TO_SHOW = {
    "it never ran": dispatcher(asked(ALICE), refused(ALICE)),
    "there is no transport": dispatcher(asked(ALICE), *CALL, told(ALICE), transport="absent"),
    "its transport raises": dispatcher(
        asked(ALICE), fault(ALICE), *CALL, told(ALICE), transport="raising"
    ),
    "we cut its link": dispatcher(asked(ALICE), executing(ALICE), fault(ALICE), *CALL),
}


@pytest.mark.parametrize("lines", NOTHING_TO_SHOW.values(), ids=NOTHING_TO_SHOW)
def test_without_a_way_to_show_it_nothing_was_lost(lines: list[Line]) -> None:
    """What never ran, or could not be shown, is neither green nor red."""
    assert outcome("DELIVERY-2", lines) is Outcome.UNKNOWN


# --- calls that overlap and cannot be told apart are counted -----------------------------------

BEGUN = bare(ALICE, "tool_executing", tool="lookup")

DONE = bare(ALICE, "tool_completed", tool="lookup", status="success")


def crowd(*shown: Line, transport: str = "working") -> list[Line]:
    """Two calls side by side (entries 3 and 4), these events (5 ...), then their truth."""
    truth = [started(ALICE, 16), started(ALICE, 17), ended(ALICE, 17), ended(ALICE, 16)]
    lines = [asked(ALICE, 16), asked(ALICE, 17), *shown, *truth, told(ALICE, 16), told(ALICE, 17)]
    return dispatcher(*lines, transport=transport)


COUNTED = {
    "one announcement is missing": (
        [BEGUN, DONE, DONE],
        {"DELIVERY-2": "lookup ran 2 times for alice, who got 1 tool_executing"},
    ),
    "one report is missing": (
        [BEGUN, BEGUN, DONE],
        {
            "DELIVERY-2": "lookup ran 2 times for alice, who got 1 tool_completed",
            "DELIVERY-5": "2 tool_executing of lookup and 1 tool_completed",
        },
    ),
    "one announcement too many": (
        [BEGUN, BEGUN, BEGUN, DONE, DONE, DONE],
        {
            "DELIVERY-3": "tool_executing of lookup arrived more often than it ran",
        },
    ),
}


@pytest.mark.parametrize(("shown", "expected"), COUNTED.values(), ids=COUNTED)
def test_events_of_a_crowd_are_counted(shown: list[Line], expected: dict[str, str]) -> None:
    """Too few are a loss, too many a repetition, whichever call they belong to."""
    found = verdicts(crowd(*shown))

    assert {v.rule for v in found.values() if v.outcome is Outcome.FAIL} == set(expected)
    for rule, message in expected.items():
        assert found[rule].findings[0].message == message
        assert found[rule].findings[0].witness


def test_a_crowd_with_the_right_number_of_events_passes() -> None:
    """Nothing is lost and nothing doubled, although nobody can say which is which."""
    lines = crowd(BEGUN, BEGUN, DONE, DONE)

    assert red(lines) == set()
    for rule in ("DELIVERY-2", "DELIVERY-3", "DELIVERY-5"):
        assert outcome(rule, lines) is Outcome.PASS


def test_of_a_crowd_whose_link_we_cut_nothing_is_lost() -> None:
    """DESIGN section 9: what was under way then is not lost by the target."""
    lines = crowd(BEGUN, BEGUN, DONE, fault(ALICE), down(ALICE))

    assert red(lines) == set()
    assert outcome("DELIVERY-2", lines) is Outcome.UNKNOWN
    assert outcome("DELIVERY-5", lines) is Outcome.UNKNOWN
