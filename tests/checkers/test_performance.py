"""PERF-1 over histories made by hand: the limit, what is void, and what cannot be told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from tests.build import Line
from tests.judged import verdicts

from goldenpath import rulebook
from goldenpath.checkers.performance import COUNTED, improvements
from goldenpath.model import Kind, Outcome, Verdict

UPDATE = 'goldenpath baseline update mine --reason "..."'
BEFORE = {"instructions": 100_000, "calls": 5_000}
LAST = {"hash": "abc", "dispatches": 10, "counts": BEFORE, "reason": "", "goldenpath": ""}
ASKED = {"hash": "abc", "update": UPDATE, "key": "cpython-3.11.7-linux", "last": LAST}

Value = dict[str, Any]


def value(**counts: int) -> Value:
    return {"key": "cpython-3.11.7-linux", "dispatches": 10, "counts": {**BEFORE, **counts}}


def lines(*values: Value) -> list[Line]:
    return [(Kind.MEASURE, "", None, COUNTED, each) for each in values]


def said(*values: Value, baseline: Value = ASKED, **header: Any) -> Verdict:
    return verdicts(lines(*values), baseline=baseline, **header)["PERF-1"]


@pytest.mark.parametrize(
    ("counts", "outcome"),
    [
        ({}, Outcome.PASS),
        ({"instructions": 101_000, "calls": 5_050}, Outcome.PASS),
        ({"instructions": 101_001}, Outcome.FAIL),
        ({"calls": 5_051}, Outcome.FAIL),
        ({"instructions": 99_000}, Outcome.PASS),
        ({"instructions": 10}, Outcome.PASS),
        ({"instructions": 10, "calls": 5_051}, Outcome.FAIL),
    ],
)
def test_the_limit_is_one_percent_to_the_bytecode(counts: dict[str, int], outcome: Outcome) -> None:
    """Upwards; of each counter for itself. Less is no breach."""
    verdict = said(*[value(**counts)] * 3)

    assert (verdict.outcome, verdict.opportunities) == (outcome, 2)


def test_the_finding_says_what_was_expected_and_where_it_was_counted() -> None:
    """Per dispatch, with the difference; each process is a witness."""
    verdict = said(*[value(instructions=123_400)] * 3)
    (finding,) = verdict.findings

    assert finding.message == (
        "instructions per dispatch: expected 10,000.0 within 1 %, got 12,340.0 (+23.4 %)"
    )
    assert finding.witness == (0, 1, 2)


# --- what is better ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "better"),
    [
        ({}, []),
        ({"instructions": 99_000}, []),
        ({"instructions": 98_999}, ["instructions"]),
        ({"instructions": 50_000, "calls": 10}, ["calls", "instructions"]),
        ({"instructions": 50_000, "calls": 5_051}, []),
    ],
)
def test_an_improvement_asks_to_be_taken_in(counts: dict[str, int], better: list[str]) -> None:
    """Otherwise it could be lost again unseen; not where something else has become worse."""
    found = improvements(ASKED, [value(**counts)] * 3)

    assert [text.split()[1] for text in found] == better
    assert all(f"take it in: {UPDATE}" in text for text in found)


@pytest.mark.parametrize(
    ("asked", "values"),
    [
        ({**ASKED, "hash": "other"}, [value(instructions=1)] * 3),
        (ASKED, [value(instructions=1), value(instructions=2)]),
        (ASKED, []),
    ],
)
def test_nothing_is_better_than_what_it_cannot_be_compared_with(
    asked: Value, values: Sequence[Value]
) -> None:
    """No hint without a verdict."""
    assert improvements(asked, values) == []


# --- what cannot be told -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("baseline", "words"),
    [
        ({"hash": "abc", "update": UPDATE, "problem": "there is no baseline"}, "there is no"),
        ({**ASKED, "key": "cpython-3.12.1-linux"}, "made on cpython-3.12.1-linux"),
        ({**ASKED, "hash": "new"}, "of workload abc, not new"),
        ({**ASKED, "last": {**LAST, "dispatches": 3}}, "void: it is of 3 dispatches, not 10"),
        ({**ASKED, "last": {**LAST, "counts": {"lines": 1, "calls": 2}}}, "counts calls, lines"),
    ],
)
def test_a_baseline_that_does_not_fit_is_not_used(baseline: Value, words: str) -> None:
    """UNKNOWN, never green and never red, and what to do."""
    verdict = said(*[value(instructions=900_000)] * 3, baseline=baseline)

    assert (verdict.outcome, verdict.findings) == (Outcome.UNKNOWN, ())
    assert words in verdict.reason
    assert verdict.reason.endswith(f"to make one: {UPDATE}")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([value(), value(), value(calls=5_001)], "counted differently: 5000 calls and 100000"),
        ([value(), {**value(), "key": "another"}], "counted differently"),
        ([value(calls=9_000)], "counted in 1 fresh processes, expected 2"),
        ([], "counted in 0 fresh processes"),
        ([{"outcome": "UNKNOWN", "reason": "INVALID: why"}], "INVALID: why"),
        ([value(), {"outcome": "UNKNOWN", "reason": "it ended"}], "it ended"),
        ([value(), {"reason": "it does not say"}], "it does not say"),
    ],
)
def test_counts_that_do_not_agree_are_no_evidence(values: list[Value], words: str) -> None:
    """However far they are from the baseline."""
    verdict = said(*values)

    assert (verdict.outcome, verdict.findings) == (Outcome.UNKNOWN, ())
    assert words in verdict.reason


def test_what_cannot_be_seen_from_here_is_neutral_for_its_reason() -> None:
    """A target that works in threads is neither right nor wrong."""
    verdict = said({"outcome": "UNOBSERVABLE", "reason": "part of its work is done by threads"})

    assert verdict.outcome is Outcome.UNOBSERVABLE
    assert verdict.reason == "part of its work is done by threads"


def test_without_a_baseline_that_was_asked_for_it_is_not_run() -> None:
    """Said with how to ask."""
    verdict = said(baseline={})

    assert (verdict.outcome, verdict.reason) == (Outcome.NOT_RUN, rulebook.ON_REQUEST["PERF-1"])


def test_a_target_in_another_process_cannot_be_counted() -> None:
    """Whatever stands in its history."""
    assert said(*[value()] * 3, card={"counters": ""}).outcome is Outcome.UNOBSERVABLE


def test_other_measures_are_no_counts() -> None:
    """What the harness notes of itself."""
    others: list[Line] = [(Kind.MEASURE, "alice", "s1", "waited in vain", {"counts": {"x": 1}})]
    found = verdicts([*others, *lines(*[value()] * 3)], baseline=ASKED)["PERF-1"]

    assert found.outcome is Outcome.PASS


def test_a_history_that_was_cut_keeps_its_finding_and_nothing_else() -> None:
    """Two processes that agree are enough for a FAIL; a PASS needs the end."""
    assert said(*[value(calls=9_000)] * 2, whole=False).outcome is Outcome.FAIL
    assert said(*[value()] * 3, whole=False).outcome is Outcome.UNKNOWN
