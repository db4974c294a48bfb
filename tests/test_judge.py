"""The judge: one verdict per rule, live and offline the same, cut histories never green."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenpath import rulebook
from goldenpath.checkers.tally import NOTHING
from goldenpath.dialects import COMMON, from_table
from goldenpath.history import Footer, dump, load
from goldenpath.judge import CUT, Judge, judge, relevant
from goldenpath.model import Kind, Level, Outcome, Verdict
from tests.build import (
    ALICE,
    BOB,
    Line,
    agent_run,
    answer,
    asked,
    bare,
    completed,
    ended,
    event,
    executing,
    fault,
    history,
    run,
    session,
    started,
    told,
    up,
)
from tests.judged import by_rule, outcome
from tests.scenes import GREEN, RED

# --- one verdict per rule ----------------------------------------------------------------------


@pytest.mark.parametrize("lines", [[], RED, GREEN], ids=["nothing", "red", "green"])
def test_each_rule_has_one_verdict_in_the_order_of_the_contract(lines: list[Line]) -> None:
    """Whatever happened or did not."""
    assert [verdict.rule for verdict in judge(history(lines))] == list(rulebook.RULES)


def test_a_history_in_which_nothing_happened_passes_nothing() -> None:
    """No opportunity is UNKNOWN, with that as its reason; not where nobody asked for it."""
    found = judge(history([]))
    said = {(v.outcome, v.reason) for v in found if v.rule not in rulebook.ON_REQUEST}

    assert said == {(Outcome.UNKNOWN, NOTHING)}
    assert {v.rule for v in found if v.outcome is Outcome.NOT_RUN} == set(rulebook.ON_REQUEST)


def test_a_verdict_knows_what_its_workload_was_to_prove() -> None:
    """It is the header that says so."""
    found = judge(history(GREEN, proves=("TOOL-1", "ORDER-1")))

    assert {v.rule for v in found if v.proves} == {"TOOL-1", "ORDER-1"}
    assert {v.workload for v in found} == {"written by hand"}


def test_a_rule_that_cannot_be_tested_is_grey_and_not_looked_at() -> None:
    """The capability card greys it, with its reason, even where something happened."""
    card = {"truth": "UNOBSERVABLE: no tools there", "run_events": ""}
    found = by_rule(judge(history(RED, card=card)))

    assert found["TOOL-1"] == Verdict(
        "TOOL-1", Level.MUST, "written by hand", Outcome.UNOBSERVABLE, "no tools there"
    )
    assert found["ORDER-1"].outcome is Outcome.UNSUPPORTED
    proven = by_rule(judge(history(RED, card=card, proves=["TOOL-1"])))
    assert proven["TOOL-1"].proves


# --- cut histories -----------------------------------------------------------------------------


@pytest.mark.parametrize("count", range(len(GREEN)))
def test_without_its_footer_nothing_passes(count: int) -> None:
    """However much of it is there: what does not fail is UNKNOWN."""
    found = judge(history(GREEN[:count], whole=False))

    assert {v.outcome for v in found} <= {Outcome.FAIL, Outcome.UNKNOWN}
    assert {v.reason for v in found if v.outcome is Outcome.UNKNOWN} == {CUT}


def test_a_failure_of_a_cut_history_stands() -> None:
    """It was seen."""
    assert outcome("TOOL-1", RED, whole=False) is Outcome.FAIL
    assert outcome("TOOL-2", RED, whole=False) is Outcome.UNKNOWN


def test_greys_of_a_cut_history_are_unknown_too() -> None:
    """Until it is whole nothing is said of it, unless it is a failure."""
    assert outcome("TOOL-1", [], whole=False, card={"truth": ""}) is Outcome.UNKNOWN


# --- live and offline --------------------------------------------------------------------------


@given(st.sampled_from([RED, GREEN, agent_run(ALICE), []]), st.booleans(), st.integers(0, 30))
def test_a_history_is_judged_the_same_from_a_file(
    lines: list[Line], whole: bool, count: int
) -> None:
    """Live and offline say the same, to the letter."""
    recorded = history(lines[:count], whole=whole)

    assert judge(load(dump(recorded))) == judge(recorded)


def test_judging_again_says_the_same() -> None:
    """Nothing is kept between two histories."""
    recorded = history(RED)

    assert judge(recorded) == judge(recorded)


# --- frames ------------------------------------------------------------------------------------


def test_frames_that_are_no_events_are_counted_by_kind() -> None:
    """For the report; no rule is about them."""
    text = '{"type": "ping"}'
    ping: Line = (Kind.FRAME, "alice/1", None, "tap.send", text)
    recorded = history([*session(ALICE), ping, ping, bare(ALICE, ""), executing(ALICE)])
    court = Judge(recorded.header)
    for entry in recorded.entries:
        court.see(entry)

    assert dict(court.unread) == {"ping": 2, "(no type)": 1}


def test_frames_that_cannot_be_read_are_counted_by_their_problem() -> None:
    """They have no kind."""
    odd: Line = (Kind.FRAME, "alice/1", None, "tap.send", {"not_JSON": "a set"})
    recorded = history([*session(ALICE), odd, odd])
    court = Judge(recorded.header)
    for entry in recorded.entries:
        court.see(entry)

    assert dict(court.unread) == {"not JSON: a set": 2}


def test_a_dialect_of_ones_own_does_not_read_an_envelope_of_ours() -> None:
    """Bridge and emitter write the common words, whatever the target's own are."""
    own = msgspec.to_builtins(from_table("ours", {"type": "kind"}, COMMON))
    text = json.dumps({"type": "agent_thinking", "run_id": BOB.run_id})
    expected = {"bridge": Outcome.FAIL, "emitter": Outcome.FAIL, "manager.send_to_user": None}
    for shape, said in expected.items():
        frame: Line = (Kind.FRAME, "alice/1", None, shape, text)
        found = outcome("ISOLATION-1", [*session(ALICE), *session(BOB), frame], dialect=own)

        assert (found is Outcome.FAIL) == (said is Outcome.FAIL)


# --- while a run is recorded -------------------------------------------------------------------


def court(*lines: Line, kind: str = "dispatcher", **more: Any) -> Judge:
    recorded = history(lines, kind=kind, **more)
    found = Judge(recorded.header)
    for entry in recorded.entries:
        found.see(entry)
    return found


BEGUN = [*session(ALICE), asked(ALICE)]

REPORT = ["alice: tool_completed of lookup"]

OWED: dict[str, tuple[list[Line], list[str]]] = {
    "nothing was shown yet": (BEGUN, []),
    "it was announced": ([*BEGUN, executing(ALICE)], REPORT),
    "it ran": ([*BEGUN, started(ALICE), ended(ALICE)], REPORT),
    "it ran and was answered": ([*BEGUN, started(ALICE), ended(ALICE), told(ALICE)], REPORT),
    "it was reported": ([*BEGUN, executing(ALICE), completed(ALICE)], []),
    "its transport is absent": (
        [*session(ALICE, transport="absent"), asked(ALICE), started(ALICE), ended(ALICE)],
        [],
    ),
    "its link is down": (
        [*BEGUN, executing(ALICE), (Kind.LINK, "alice/1", None, "down", {})],
        [],
    ),
}


@pytest.mark.parametrize(("lines", "expected"), OWED.values(), ids=OWED)
def test_what_is_owed_to_a_caller(lines: list[Line], expected: list[str]) -> None:
    """The report of each call that was announced or ran, where somebody could get it."""
    assert court(*lines).owes() == expected


def test_events_that_are_not_its_own_are_not_owed() -> None:
    """A target without tool events owes none."""
    lines = [*BEGUN, started(ALICE), ended(ALICE)]

    assert court(*lines, events={"tool_completed": "absent"}).owes() == []


def test_a_run_owes_its_end() -> None:
    """Until it has shown it."""
    begun = [up(ALICE), run(ALICE), event(ALICE, "agent_started"), answer(ALICE)]
    end = event(ALICE, "agent_failed")

    assert court(*begun, kind="agent").owes() == ["alice: a terminal event"]
    assert court(*begun, end, kind="agent").owes() == []
    assert not court(*begun, kind="agent").run_ended("run-alice")
    assert court(*begun, end, kind="agent").run_ended("run-alice")
    assert court(*begun, kind="agent").run_ended("another step")


# --- what a report leaves out ------------------------------------------------------------------


def verdict(said: Outcome, reason: str, chances: int = 0, *, proves: bool = False) -> Verdict:
    return Verdict("TOOL-1", Level.MUST, "w", said, reason, chances, proves)


@pytest.mark.parametrize(
    ("found", "kept"),
    [
        (verdict(Outcome.UNKNOWN, NOTHING), False),
        (verdict(Outcome.UNKNOWN, NOTHING, proves=True), True),
        (verdict(Outcome.UNKNOWN, CUT), False),
        (verdict(Outcome.UNKNOWN, CUT, proves=True), True),
        (verdict(Outcome.UNKNOWN, CUT, 1), True),
        (verdict(Outcome.UNKNOWN, "its check crashed: x"), True),
        (verdict(Outcome.UNKNOWN, "judging broke down at entry 3"), True),
        (verdict(Outcome.UNSUPPORTED, "not declared"), False),
        (verdict(Outcome.UNSUPPORTED, "not declared", proves=True), True),
        (verdict(Outcome.FAIL, "it broke"), True),
        (verdict(Outcome.PASS, "", 1), True),
    ],
)
def test_only_what_says_something_is_relevant(found: Verdict, kept: bool) -> None:
    """What was neither to be proven nor had an occasion is left out, unless something is wrong."""
    assert relevant([found]) == ([found] if kept else [])


def test_a_footer_alone_makes_a_history_whole() -> None:
    """The same entries, with and without."""
    recorded = history(GREEN)
    outcomes = []
    for footer in (Footer(entries=len(GREEN)), None):
        found = Judge(recorded.header)
        for entry in recorded.entries:
            found.see(entry)
        outcomes.append({v.outcome for v in found.finish(footer)})

    assert Outcome.PASS in outcomes[0]
    assert outcomes[1] == {Outcome.UNKNOWN}


def test_a_fault_of_ours_breaks_no_rule() -> None:
    """It is in the history so that what follows from it is not held against the target."""
    assert {v.outcome for v in judge(history([*GREEN, fault(ALICE)]))} == {
        v.outcome for v in judge(history(GREEN))
    }
