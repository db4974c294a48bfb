"""DELIVERY-1 and -2: what must be shown is shown."""

from __future__ import annotations

import json

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
    ended,
    event,
    executing,
    fail,
    fault,
    lost,
    refused,
    run,
    started,
    told,
    up,
)
from tests.judged import broken, doubted, outcome, red, untold, verdicts
from tests.scenes import (
    BEGUN,
    CUT,
    DONE,
    FINISHED,
    NO_TRANSPORT,
    STARTED,
    THINKING,
    TRUTH,
    agent,
    dispatcher,
)

from goldenpath.checkers.base import MIXED
from goldenpath.model import Finding, Kind, Outcome

EVENTS = [STARTED, THINKING, executing(ALICE), *TRUTH, completed(ALICE), FINISHED]


def without(lines: list[Line], *gone: Line) -> list[Line]:
    return [line for line in lines if line not in gone]


# --- DELIVERY-1: a golden run shows all five types ---------------------------------------------


@pytest.mark.parametrize("gone", [line for line in EVENTS if line[0] is Kind.FRAME], ids=range(5))
def test_a_golden_run_that_lacks_one_of_the_five(gone: Line) -> None:
    """Which one is told, with the run."""
    lines = agent(*without(EVENTS, gone), answer(ALICE), golden=True)
    name = json.loads(gone[4])["type"]

    assert broken("DELIVERY-1", lines, kind="agent") == (
        f"a golden run of alice showed no {name}",
        (1,),
    )


def test_a_golden_run_that_fails_to_its_caller() -> None:
    """Whatever it has shown: it was to go well."""
    lines = agent(STARTED, fail(ALICE, "run", text="no model"), golden=True)

    assert broken("DELIVERY-1", lines, kind="agent") == (
        "a golden run of alice failed to its caller: no model",
        (1, 3),
    )
    assert outcome("DELIVERY-1", agent(*EVENTS, golden=True), kind="agent") is Outcome.PASS


def test_whose_golden_run_lacks_something_cannot_be_told_of_runs_side_by_side() -> None:
    """Or it is the link that lacks it, which the harness itself has cut."""
    two = [run(ALICE, run_id=f"run-{n}", golden=True) for n in (1, 2)]
    mixed = [up(ALICE), *two, *2 * [bare(ALICE, "agent_started")]]
    cut = agent(STARTED, fault(ALICE), down(ALICE), golden=True)

    assert doubted("DELIVERY-1", mixed, kind="agent") == MIXED
    assert doubted("DELIVERY-1", cut, kind="agent") == CUT


def test_a_golden_run_that_showed_all_by_another_link_than_was_cut_passes() -> None:
    """Nothing is missing."""
    shown = [(line[0], "alice/2", *line[2:]) if line[0] is Kind.FRAME else line for line in EVENTS]
    lines = agent(up(ALICE, link=2), fault(ALICE), down(ALICE), *shown, answer(ALICE), golden=True)

    assert outcome("DELIVERY-1", lines, kind="agent") is Outcome.PASS


def test_a_golden_run_that_showed_all_before_its_link_was_cut_passes() -> None:
    """Nothing is missing; of one that shows nothing at all every type is."""
    lines = agent(*EVENTS, fault(ALICE), down(ALICE), answer(ALICE), golden=True)

    assert outcome("DELIVERY-1", lines, kind="agent") is Outcome.PASS
    assert broken("DELIVERY-1", agent(answer(ALICE), golden=True), kind="agent")[0] == (
        "a golden run of alice showed no agent_started, no agent_thinking, no tool_executing,"
        " no tool_completed, no agent_completed"
    )


def test_a_golden_run_whose_events_reach_somebody_else() -> None:
    """What another user's link got was not shown to the owner."""
    astray = [(line[0], "bob/1", *line[2:]) if line == THINKING else line for line in EVENTS]
    lines = [up(BOB), *agent(*astray, answer(ALICE), golden=True)]

    assert broken("DELIVERY-1", lines, kind="agent")[0] == (
        "a golden run of alice showed no agent_thinking"
    )


NOT_GOLDEN = {
    "it was not to be golden": (agent(STARTED, FINISHED, answer(ALICE)), Outcome.UNKNOWN),
    "its caller gave it up": (
        agent(STARTED, lost(ALICE, "run", why="cancelled"), golden=True),
        Outcome.UNKNOWN,
    ),
    "there is no transport": (
        [NO_TRANSPORT, *agent(*TRUTH, answer(ALICE), golden=True)],
        Outcome.UNKNOWN,
    ),
    "we cut its link": (agent(STARTED, fault(ALICE), down(ALICE), golden=True), Outcome.UNKNOWN),
    "all five, by two links": (
        [
            *agent(STARTED, THINKING, down(ALICE), up(ALICE, link=2), golden=True),
            *(executing(ALICE, to="alice/2"), *TRUTH, completed(ALICE, to="alice/2")),
            *(event(ALICE, "agent_completed", to="alice/2"), answer(ALICE)),
        ],
        Outcome.PASS,
    ),
    "all five, without ids": (
        [
            *agent(golden=True),
            *(bare(ALICE, "agent_started"), bare(ALICE, "agent_thinking")),
            *(bare(ALICE, "tool_executing", tool="lookup"), *TRUTH),
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
    "not announced": ([*TRUTH, completed(ALICE)], "no tool_executing"),
    "not reported": ([executing(ALICE), *TRUTH], "no tool_completed"),
    "neither": (TRUTH, "no tool_executing and no tool_completed"),
    "to somebody else": (
        [up(BOB), executing(ALICE, to=BOB), *TRUTH, completed(ALICE)],
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
        *(asked(ALICE), executing(ALICE), *TRUTH, told(ALICE), completed(ALICE)),
    ],
    "a failure": [
        *(asked(ALICE), executing(ALICE), started(ALICE), broke(ALICE)),
        *(completed(ALICE, status="error"), refused(ALICE)),
    ],
    "without ids": [
        *(asked(ALICE), bare(ALICE, "tool_executing", tool="lookup"), *TRUTH),
        *(bare(ALICE, "tool_completed", tool="lookup"), told(ALICE)),
    ],
    "without ids or names": [
        *(asked(ALICE), bare(ALICE, "tool_executing"), *TRUTH),
        *(bare(ALICE, "tool_completed"), told(ALICE)),
    ],
    "before its link was cut": [*call(ALICE), fault(ALICE), down(ALICE)],
    "on a second link": [
        *(asked(ALICE), executing(ALICE), down(ALICE), up(ALICE, link=2)),
        *(*TRUTH, completed(ALICE, to="alice/2"), told(ALICE)),
    ],
}


@pytest.mark.parametrize("lines", SHOWN.values(), ids=SHOWN)
def test_a_tool_that_was_seen_to_run(lines: list[Line]) -> None:
    """By id, by name, or because there is no other; in time or late."""
    assert outcome("DELIVERY-2", dispatcher(*lines)) is Outcome.PASS


NOTHING_TO_SHOW = {
    "it never ran": dispatcher(asked(ALICE), refused(ALICE)),
    "there is no transport": dispatcher(asked(ALICE), *TRUTH, told(ALICE), transport="absent"),
    "its transport raises": dispatcher(
        asked(ALICE), fault(ALICE), *TRUTH, told(ALICE), transport="raising"
    ),
}


@pytest.mark.parametrize("lines", NOTHING_TO_SHOW.values(), ids=NOTHING_TO_SHOW)
def test_without_a_way_to_show_it_nothing_was_lost(lines: list[Line]) -> None:
    """What never ran, or could not be shown, is neither green nor red."""
    assert untold("DELIVERY-2", lines)


def test_what_could_not_arrive_because_we_cut_its_link_is_in_doubt() -> None:
    """It may have been sent."""
    lines = dispatcher(asked(ALICE), executing(ALICE), fault(ALICE), *TRUTH)

    assert doubted("DELIVERY-2", lines) == CUT


def test_of_a_tool_that_ran_more_than_once_the_first_run_is_the_witness() -> None:
    """Its start and its end."""
    lines = dispatcher(asked(ALICE), started(ALICE), broke(ALICE), *TRUTH, told(ALICE))

    assert broken("DELIVERY-2", lines)[1] == (4, 5)


# --- calls that overlap and cannot be told apart are counted -----------------------------------


def crowd(*shown: Line, transport: str = "working") -> list[Line]:
    """Two calls side by side (entries 3 and 4), these events (5 ...), then their truth."""
    truth = [started(ALICE, 16), started(ALICE, 17), ended(ALICE, 17), ended(ALICE, 16)]
    lines = [asked(ALICE, 16), asked(ALICE, 17), *shown, *truth, told(ALICE, 16), told(ALICE, 17)]
    return dispatcher(*lines, transport=transport)


#: Found of a crowd: the rule, what it says and the entries that show it.
Counts = dict[str, tuple[str, tuple[int, ...]]]
COUNTED: dict[str, tuple[list[Line], Counts]] = {
    "one announcement is missing": (
        [BEGUN, DONE, DONE],
        {"DELIVERY-2": ("lookup ran 2 times for alice, who got 1 tool_executing", (8, 9))},
    ),
    "one report is missing": (
        [BEGUN, BEGUN, DONE],
        {
            "DELIVERY-2": ("lookup ran 2 times for alice, who got 1 tool_completed", (8, 9)),
            "DELIVERY-5": ("2 tool_executing of lookup and 1 tool_completed", (5, 6)),
        },
    ),
    "one announcement too many": (
        [BEGUN, BEGUN, BEGUN, DONE, DONE, DONE],
        {
            "DELIVERY-3": (
                "tool_executing of lookup arrived more often than it ran",
                (5, 6, 7),
            ),
        },
    ),
    "one report too many": (
        [BEGUN, BEGUN, DONE, DONE, DONE],
        {
            "DELIVERY-3": (
                "tool_completed of lookup arrived more often than it ran",
                (7, 8, 9),
            ),
        },
    ),
}


@pytest.mark.parametrize(("shown", "expected"), COUNTED.values(), ids=COUNTED)
def test_events_of_a_crowd_are_counted(shown: list[Line], expected: Counts) -> None:
    """Too few are a loss, too many a repetition, whichever call they belong to."""
    found = verdicts(crowd(*shown))

    assert {v.rule for v in found.values() if v.outcome is Outcome.FAIL} == set(expected)
    for rule, (message, witness) in expected.items():
        assert found[rule].findings[0] == Finding(rule, message, witness)


def test_a_crowd_with_the_right_number_of_events_passes() -> None:
    """Nothing is lost and nothing doubled, although nobody can say which is which."""
    lines = crowd(BEGUN, BEGUN, DONE, DONE)

    assert red(lines) == set()
    for rule in ("DELIVERY-2", "DELIVERY-3", "DELIVERY-5"):
        assert outcome(rule, lines) is Outcome.PASS
    assert verdicts(lines)["DELIVERY-2"].opportunities == 2
    assert verdicts(lines)["DELIVERY-5"].opportunities == 2


def test_calls_of_which_only_the_reports_cannot_be_told_apart_are_a_crowd_as_well() -> None:
    """Each was announced by its id, and neither was left open; a repetition is told once."""
    named = [executing(ALICE, 16), executing(ALICE, 17)]

    assert red(crowd(*named, DONE, DONE)) == set()
    assert outcome("DELIVERY-5", crowd(*named, DONE, DONE)) is Outcome.PASS
    assert broken("DELIVERY-3", crowd(*named, named[0], DONE, DONE)) == (
        "tool_executing of lookup arrived more often than it ran",
        (5, 6, 7),
    )


def test_calls_of_another_tool_or_with_ids_are_not_counted_with_a_crowd() -> None:
    """Each tool for itself, and what can be told apart by itself."""
    other = {"tool": "echo"}
    beside = [
        *call(ALICE, 15),
        *(asked(ALICE, 18, **other), asked(ALICE, 19, **other)),
        *2 * [bare(ALICE, "tool_executing", **other)],
        *(
            line
            for n in (18, 19)
            for line in (started(ALICE, n, **other), ended(ALICE, n, **other))
        ),
        *2 * [bare(ALICE, "tool_completed", **other, status="success")],
        *(told(ALICE, 18), told(ALICE, 19)),
    ]
    whole = [*crowd(BEGUN, BEGUN, DONE, DONE), *beside]
    silent = [*crowd(BEGUN, BEGUN, DONE), *beside]

    for rule in ("DELIVERY-2", "DELIVERY-3", "DELIVERY-5"):
        assert outcome(rule, whole) is Outcome.PASS
    assert broken("DELIVERY-2", silent)[0] == (
        "lookup ran 2 times for alice, who got 1 tool_completed"
    )


def test_of_a_crowd_only_calls_that_ran_are_owed_events() -> None:
    """One was refused."""
    asked_for = [asked(ALICE, 16), asked(ALICE, 17), BEGUN, BEGUN, started(ALICE, 16)]
    lines = [*asked_for, ended(ALICE, 16), DONE, DONE, told(ALICE, 16), refused(ALICE, 17)]

    assert outcome("DELIVERY-2", dispatcher(*lines)) is Outcome.PASS
    assert verdicts(dispatcher(*lines))["DELIVERY-2"].opportunities == 1


def test_a_crowd_whose_transport_raises_owes_nothing() -> None:
    """Nothing could be shown."""
    assert "DELIVERY-2" not in red(crowd(BEGUN, BEGUN, DONE, transport="raising"))


def test_of_a_crowd_whose_link_we_cut_nothing_is_lost() -> None:
    """DESIGN section 9: what was under way then is not lost by the target."""
    lines = crowd(BEGUN, BEGUN, DONE, fault(ALICE), down(ALICE))

    assert red(lines) == set()
    assert doubted("DELIVERY-2", lines) == CUT
    assert doubted("DELIVERY-5", lines) == CUT
    before = crowd(BEGUN, BEGUN, DONE, DONE, fault(ALICE), down(ALICE))
    assert outcome("DELIVERY-2", before) is Outcome.PASS
    assert outcome("DELIVERY-5", before) is Outcome.PASS
