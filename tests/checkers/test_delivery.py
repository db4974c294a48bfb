"""DELIVERY: nothing lost, nothing doubled, everything closed."""

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
    fail,
    fault,
    findings,
    hung,
    invoke,
    lost,
    ok,
    outcome,
    red,
    refused,
    run,
    session,
    started,
    stopped,
    token_of,
    told,
    up,
    verdicts,
)

from goldenpath.model import Kind, Outcome
from goldenpath.runs.ledger import LATE_WINDOW

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


# --- DELIVERY-3: nothing is delivered twice ----------------------------------------------------

TWICE = {
    "executing": (
        [executing(ALICE), executing(ALICE), *CALL, completed(ALICE)],
        ("tool_executing of one call of lookup arrived 2 times", (4, 5)),
    ),
    "completed": (
        [executing(ALICE), *CALL, completed(ALICE), completed(ALICE), completed(ALICE)],
        ("tool_completed of one call of lookup arrived 3 times", (7, 8, 9)),
    ),
    "completed, again after the answer": (
        [executing(ALICE), *CALL, completed(ALICE), told(ALICE), completed(ALICE)],
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
        *(executing(ALICE), SECOND[0], *CALL, completed(ALICE), SECOND[1], FINISHED),
    ),
    "two attempts": agent(
        *(STARTED, executing(ALICE), started(ALICE), broke(ALICE), completed(ALICE)),
        *(executing(ALICE), *CALL, completed(ALICE), FINISHED),
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
    "there is no transport": [NO_TRANSPORT, *agent(*CALL, answer(ALICE))],
    "we cut its link": agent(STARTED, fault(ALICE), down(ALICE), answer(ALICE)),
}


@pytest.mark.parametrize("lines", NO_END_OWED.values(), ids=NO_END_OWED)
def test_a_run_that_owes_no_end(lines: list[Line]) -> None:
    """It was never accepted, or could not show it: neither red nor green."""
    assert outcome("DELIVERY-4", lines, kind="agent") is Outcome.UNKNOWN


@pytest.mark.parametrize(("ends", "expected"), [(1, Outcome.UNKNOWN), (2, Outcome.PASS)])
def test_ends_of_runs_that_cannot_be_told_apart_are_counted(ends: int, expected: Outcome) -> None:
    """As many ends as runs are enough; of too few nobody can say which run lacks one."""
    runs = [run(ALICE, run_id=f"run-{n}") for n in (1, 2)]
    shown = [bare(ALICE, name) for name in ["agent_started"] * 2 + ["agent_completed"] * ends]
    lines = [up(ALICE), *runs, *shown]

    assert red(lines, kind="agent") == set()
    assert outcome("DELIVERY-4", lines, kind="agent") is expected


# --- DELIVERY-5: every tool_executing is closed ------------------------------------------------

UNCLOSED = {
    "success": [*CALL, told(ALICE)],
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
        *(asked(ALICE), executing(ALICE), *CALL, told(ALICE), completed(ALICE)),
    ],
    "as a failure": [
        *(asked(ALICE), executing(ALICE), completed(ALICE, status="error"), refused(ALICE)),
    ],
    "on the link of a reconnected user": [
        *(asked(ALICE), executing(ALICE), down(ALICE), up(ALICE, link=2)),
        *(*CALL, completed(ALICE, to="alice/2"), told(ALICE)),
    ],
}


@pytest.mark.parametrize("lines", CLOSED.values(), ids=CLOSED)
def test_an_announcement_that_is_closed(lines: list[Line]) -> None:
    """Late, as a failure, or by another link of the same user."""
    assert outcome("DELIVERY-5", dispatcher(*lines)) is Outcome.PASS


def test_an_announcement_whose_link_we_cut_is_in_doubt() -> None:
    """It may have been closed."""
    lines = dispatcher(asked(ALICE), executing(ALICE), fault(ALICE), *CALL, told(ALICE))

    assert outcome("DELIVERY-5", lines) is Outcome.UNKNOWN


def test_an_announcement_whose_end_was_refused_was_not_left_open() -> None:
    """A transport that raises now and then may have taken the one and not the other."""
    lines = [asked(ALICE), executing(ALICE), *CALL, fault(ALICE, "raised"), told(ALICE)]
    crowd = [BEGUN, BEGUN, fault(ALICE, "raised"), DONE]

    for each in (lines, [asked(ALICE), asked(ALICE, 17), *crowd]):
        whole = dispatcher(*each, transport="raising", falters=True)
        assert outcome("DELIVERY-5", whole) is Outcome.UNKNOWN


def test_a_call_that_was_never_announced_has_nothing_to_close() -> None:
    """No opportunity is no pass."""
    lines = dispatcher(invoke(ALICE, "look"), ok(ALICE, "look", value={"has_tool": {}}))

    assert outcome("DELIVERY-5", dispatcher(asked(ALICE), refused(ALICE))) is Outcome.UNKNOWN
    assert outcome("DELIVERY-5", lines[:3]) is Outcome.UNKNOWN


def test_a_pair_for_a_call_that_nobody_made() -> None:
    """Of a planted tool it is known that it never ran; an own tool of the target is its affair."""
    again = {"call_id": "another", "parameters": None, "result": None, "status": None}
    pair = [executing(ALICE, **again), completed(ALICE, **again)]
    own = [
        event(ALICE, name, tool_name="retriever", call_id="another")
        for name in ("tool_executing", "tool_completed")
    ]

    message, _ = broken("DELIVERY-3", dispatcher(*call(ALICE), *pair))
    assert message == "events of lookup tell of a call that nobody made and that never ran"
    assert outcome("DELIVERY-3", dispatcher(*call(ALICE), *own)) is Outcome.PASS
