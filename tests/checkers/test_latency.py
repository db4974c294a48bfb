"""LATENCY over histories with times made by hand: what counts as late, and how many may be."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build import (
    ALICE,
    BOB,
    answer,
    asked,
    bare,
    completed,
    ended,
    event,
    executing,
    invoke,
    ok,
    run,
    session,
    started,
    token_of,
    told,
    up,
)
from tests.judged import Paced, at_pace, untold

from goldenpath.checkers import latency
from goldenpath.checkers.latency import FEWEST, at_most
from goldenpath.model import Outcome, Verdict


def paced(lines: list[Paced], rule: str, **header: Any) -> Verdict:
    """What is said of the rule when each line takes so long."""
    return at_pace(lines, latency.CHECKS, **header)[rule]


def made(number: int, announced: float = 1, reported: float = 1, **more: Any) -> list[Paced]:
    """A call that is made to be timed: six lines, the second and the fifth are its events."""
    return [
        (50, asked(ALICE, number, timed=True, **more)),
        (announced, executing(ALICE, number)),
        (200, started(ALICE, number)),
        (200, ended(ALICE, number)),
        (reported, completed(ALICE, number)),
        (200, told(ALICE, number)),
    ]


def calls(count: int, *late: float, tail: list[Paced] | None = None) -> list[Paced]:
    """A session (entries 0 to 2) with so many calls, of which the first are reported so late."""
    lines: list[Paced] = [(0, line) for line in session(ALICE)]
    for number in range(count):
        lines += made(16 + number, reported=late[number] if number < len(late) else 1)
    return lines + (tail or [])


#: Calls whose events are one more than the claim needs.
MANY = (FEWEST + 1) // 2


# --- LATENCY-1 ------------------------------------------------------------------------------------


def test_the_claim_needs_as_many_as_the_rules_say() -> None:
    """299 (RULES, LATENCY-1)."""
    assert FEWEST == 299


def test_events_in_time_pass_with_their_figures() -> None:
    """Announced after 1 ms, and reported after 2."""
    lines = calls(MANY, *[2] * MANY)
    verdict = paced(lines, "LATENCY-1")

    assert (verdict.outcome, verdict.opportunities) == (Outcome.PASS, 2 * MANY)
    assert verdict.statistics == {
        "events": 300,
        "late": 0,
        "p50 ms": 2.0,
        "p99 ms": 2.0,
        "max ms": 2.0,
    }


def test_the_figures_are_rounded() -> None:
    """To microseconds."""
    figures = paced(calls(1, 1.23456), "LATENCY-1").statistics

    assert figures == {"events": 2, "late": 0, "p50 ms": 1.235, "p99 ms": 1.235, "max ms": 1.235}


def test_the_figures_are_ranks() -> None:
    """Of 300 the 151st, the 297th and the last."""
    late = [10 + number for number in range(MANY)]
    verdict = paced(calls(MANY, *late), "LATENCY-1")

    assert verdict.statistics == {
        "events": 300,
        "late": 60,
        "p50 ms": 10.0,
        "p99 ms": 156.0,
        "max ms": 159.0,
    }


@pytest.mark.parametrize(
    ("late", "expected"),
    [(0, Outcome.PASS), (1, Outcome.UNKNOWN), (6, Outcome.UNKNOWN), (7, Outcome.FAIL)],
)
def test_the_share_of_late_events_is_judged_by_its_distribution(
    late: int, expected: Outcome
) -> None:
    """With 1 % late ones, none of 300 is seen in 4.9 % of samples, seven and more in 3.3 %."""
    assert paced(calls(MANY, *[100] * late), "LATENCY-1").outcome is expected


def test_late_events_are_found() -> None:
    """The latest is the witness: from its cause to its event."""
    verdict = paced(calls(MANY, *[120] * 6, 250), "LATENCY-1")
    (finding,) = verdict.findings

    assert finding.message == (
        "7 of 300 events came 100 ms or more after their cause; p99 is 120.0 ms"
    )
    assert finding.witness == (3 + 6 * 6 + 3, 3 + 6 * 6 + 4)


def test_a_doubt_says_its_figures() -> None:
    """In the reason."""
    assert paced(calls(MANY, 100), "LATENCY-1").reason == (
        "1 of 300 events came 100 ms or more after their cause; p99 is 1.0 ms: too few events to"
        " tell whether these are 1 %"
    )


@pytest.mark.parametrize(
    ("took", "late"), [(99.999, 0), (100, 1), (100.001, 1)], ids=["less", "as long", "longer"]
)
def test_late_is_what_took_as_long_as_the_limit(took: float, late: int) -> None:
    """Under 100 ms is in time."""
    assert paced(calls(1, took), "LATENCY-1").statistics["late"] == late


def test_fewer_events_than_the_claim_needs_are_shown_and_not_judged() -> None:
    """Though all of them are late."""
    verdict = paced(calls(MANY - 1, *[500] * MANY), "LATENCY-1")

    assert (verdict.outcome, verdict.reason, verdict.opportunities) == (
        Outcome.NOT_RUN,
        "149 of 298 events came 100 ms or more after their cause; p99 is 500.0 ms; the claim needs"
        " 299 events",
        0,
    )
    assert verdict.statistics["late"] == 149


def test_as_many_as_the_claim_needs_are_judged() -> None:
    """One call is never reported."""
    lines = calls(MANY)[:-6] + made(16 + MANY - 1)[:4]

    assert paced(lines, "LATENCY-1").outcome is Outcome.PASS


def planned(**more: Any) -> list[Paced]:
    """A run of an agent with one call, which is announced after 80 and reported after 5 ms."""
    token = token_of(ALICE)
    call = {"id": token, "tool": "lookup", "arguments": {"query": token}, "token": token, **more}
    return [
        (0, up(ALICE)),
        (0, run(ALICE, plan={"rounds": [[call]], "answer": "so it is"})),
        (80, executing(ALICE)),
        (10, started(ALICE)),
        (10, ended(ALICE)),
        (5, completed(ALICE)),
        (10, answer(ALICE)),
    ]


def test_of_a_planned_call_only_the_report_is_timed() -> None:
    """When the agent should have announced it nobody knows."""
    verdict = paced(planned(timed=True), "LATENCY-1")

    assert verdict.statistics == {
        "events": 1,
        "late": 0,
        "p50 ms": 5.0,
        "p99 ms": 5.0,
        "max ms": 5.0,
    }


NOT_TIMED: dict[str, list[Paced]] = {
    "it is made for something else": [
        *[(0, line) for line in session(ALICE)],
        *[(took, line) for took, line in made(16)[1:]],
    ],
    "it is planned for something else": planned(),
    "its transport is slow": [
        *[(0, line) for line in session(ALICE, transport="slow")],
        *made(16),
    ],
    "its events reach another": [
        *[(0, line) for line in [up(BOB), *session(ALICE)]],
        (0, asked(ALICE, timed=True)),
        (0, executing(ALICE, to=BOB)),
        (0, started(ALICE)),
        (0, ended(ALICE)),
        (0, completed(ALICE, to=BOB)),
        (0, told(ALICE)),
    ],
    "it has no events": [
        *[(0, line) for line in session(ALICE)],
        (0, asked(ALICE, timed=True)),
        (0, started(ALICE)),
        (0, ended(ALICE)),
        (0, told(ALICE)),
    ],
    "its events fit several calls": [
        *[(0, line) for line in session(ALICE)],
        *[(0, asked(ALICE, number, timed=True)) for number in (16, 17)],
        *[(0, bare(ALICE, "tool_executing", tool="lookup"))] * 2,
        *[(0, started(ALICE, number)) for number in (16, 17)],
        *[(0, ended(ALICE, number)) for number in (16, 17)],
        *[(0, told(ALICE, number)) for number in (16, 17)],
    ],
    "their reports fit several calls": [
        *[(0, line) for line in session(ALICE)],
        *[(0, asked(ALICE, number, timed=True)) for number in (16, 17)],
        *[(0, executing(ALICE, number)) for number in (16, 17)],
        *[(0, started(ALICE, number)) for number in (16, 17)],
        *[(0, bare(ALICE, "tool_completed", tool="lookup"))] * 2,
    ],
    "it is reported and never ran": [
        *[(0, line) for line in session(ALICE)],
        (0, asked(ALICE, timed=True)),
        (0, completed(ALICE)),
        (0, told(ALICE)),
    ],
}


@pytest.mark.parametrize("lines", NOT_TIMED.values(), ids=NOT_TIMED)
def test_what_is_not_timed(lines: list[Paced]) -> None:
    """It is no sample."""
    verdict = paced(lines, "LATENCY-1")

    assert (verdict.outcome, verdict.statistics) == (Outcome.UNKNOWN, {})
    assert untold("LATENCY-1", [line for _, line in lines])


@pytest.mark.parametrize(
    ("successes", "probability"),
    [(-1, 0.0), (0, 0.729), (1, 0.972), (2, 0.999), (3, 1.0), (4, 1.0)],
)
def test_the_binomial_distribution(successes: int, probability: float) -> None:
    """Of three trials with a chance of one in ten."""
    assert at_most(successes, 3, 0.1) == pytest.approx(probability, abs=1e-12)
    assert at_most(successes, 3, 0.1) <= 1.0


# --- LATENCY-2 ------------------------------------------------------------------------------------

DECLARED: dict[str, Any] = {"declared": {"first_event": 0.5}, "card": {"first_event": "yes"}}


def called(took: float) -> list[Paced]:
    """A call (entries 3 to 8) that is announced so late."""
    return [*[(0, line) for line in session(ALICE)], *made(16, announced=took)]


def went(took: float) -> list[Paced]:
    """A run of an agent (entry 1) whose first event (2) comes so late."""
    return [
        (0, up(ALICE)),
        (50, run(ALICE)),
        (took, event(ALICE, "agent_started")),
        (9_000, event(ALICE, "agent_completed")),
        (0, answer(ALICE)),
    ]


@pytest.mark.parametrize("lines", [called, went])
@pytest.mark.parametrize(("took", "expected"), [(500, Outcome.PASS), (501, Outcome.FAIL)])
def test_the_first_event_comes_in_the_declared_time(
    lines: Any, took: float, expected: Outcome
) -> None:
    """Of a call, and of a run; the others may take their time."""
    verdict = paced(lines(took), "LATENCY-2", **DECLARED)

    assert (verdict.outcome, verdict.opportunities) == (expected, 1)


@pytest.mark.parametrize(("lines", "witness"), [(called, (3, 4)), (went, (1, 2))])
def test_a_late_first_event_is_found(lines: Any, witness: tuple[int, int]) -> None:
    """From what was asked to what came."""
    (finding,) = paced(lines(1234), "LATENCY-2", **DECLARED).findings

    assert finding.message == "the first event came after 1.23 seconds, and 0.5 are declared"
    assert finding.witness == witness


NOT_FIRST: dict[str, tuple[str, list[Paced]]] = {
    "its transport is slow": (
        "dispatcher",
        [*[(0, line) for line in session(ALICE, transport="slow")], *made(16, announced=900)],
    ),
    "another call is beside it": (
        "dispatcher",
        [
            *[(0, line) for line in session(ALICE)],
            *((0, asked(ALICE, 16)), (0, asked(ALICE, 17)), (900, executing(ALICE, 16))),
            *((0, executing(ALICE, 17)), (0, told(ALICE, 16)), (0, told(ALICE, 17))),
        ],
    ),
    "it reaches another": (
        "dispatcher",
        [
            *[(0, line) for line in [up(BOB), *session(ALICE)]],
            *((0, asked(ALICE)), (900, executing(ALICE, to=BOB)), (0, told(ALICE))),
        ],
    ),
    "the first event of a run reaches another": (
        "agent",
        [(0, up(BOB)), (0, run(ALICE)), (900, event(ALICE, "agent_started", to=BOB))],
    ),
    "the transport of a run is slow": (
        "agent",
        [
            (0, invoke(ALICE, "create", tools=[], transport="slow")),
            (0, ok(ALICE, "create")),
            *went(900),
        ],
    ),
    "runs are side by side": (
        "agent",
        [
            *((0, up(ALICE)), (0, run(ALICE, run_id="run-1")), (0, run(ALICE, run_id="run-2"))),
            *[(900, bare(ALICE, "agent_started"))] * 2,
        ],
    ),
}


@pytest.mark.parametrize(("kind", "lines"), NOT_FIRST.values(), ids=NOT_FIRST)
def test_a_first_event_that_is_not_timed(kind: str, lines: list[Paced]) -> None:
    """Something else may be in its way."""
    found = paced(lines, "LATENCY-2", kind=kind, **DECLARED)

    assert (found.outcome, found.opportunities) == (Outcome.UNKNOWN, 0)


@pytest.mark.parametrize(
    ("usual", "deadline", "expected"),
    [
        (None, 2.5, Outcome.FAIL),
        (None, 5.0, Outcome.FAIL),
        (None, 10.0, Outcome.PASS),
        (10.0, 10.0, Outcome.FAIL),
        (10.0, 20.0, Outcome.PASS),
    ],
)
def test_a_slow_machine_may_take_longer(
    usual: float | None, deadline: float, expected: Outcome
) -> None:
    """By as much as the target's own deadlines were stretched, and never less than was declared."""
    own = {"deadlines": {"call": usual}} if usual else {}
    header = {**DECLARED, "declared": {"first_event": 0.5, **own}, "deadlines": {"call": deadline}}

    assert paced(called(900), "LATENCY-2", **header).outcome is expected
    assert paced(called(450), "LATENCY-2", **header).outcome is Outcome.PASS


def test_where_more_is_allowed_than_declared_both_are_said() -> None:
    """What the target said of itself, and what came of it here."""
    header = {**DECLARED, "deadlines": {"call": 10.0}}
    (finding,) = paced(called(1234), "LATENCY-2", **header).findings

    assert finding.message == (
        "the first event came after 1.23 seconds, and 0.5 are declared, 1 at this time scale"
    )
