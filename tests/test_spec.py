"""The contract as data: complete, without contradictions, and each rule with its check."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenpath import spec
from goldenpath.checkers import CHECKS
from goldenpath.model import Level, Outcome, Rule
from goldenpath.spec import RUN_GRAMMAR, RunState

PARTS = ("start", "middle", "terminal")
CATALOGUE = {
    **{"API": 15, "TOOL": 10, "ORDER": 6, "DELIVERY": 8, "CONTENT": 8, "ISOLATION": 10},
    **{"ROUTING": 10, "RECOVERY": 8, "RESOURCE": 3, "LATENCY": 2, "AUTH": 5, "PERF": 5},
    "AUDIT": 5,
}


# --- rules -------------------------------------------------------------------------------------


def test_each_rule_of_the_catalogue_is_checked_or_planned() -> None:
    """None is silently absent, and none is both."""
    whole = {f"{family}-{n}" for family, count in CATALOGUE.items() for n in range(1, count + 1)}

    split = {"RECOVERY-8a", "TOOL-10a"}  # what is a SHOULD of a MUST; what only a stream can show
    assert {*spec.RULES, *spec.PLANNED} == whole | split
    assert not {*spec.RULES} & {*spec.PLANNED}
    assert len(set(spec.PLANNED)) == len(spec.PLANNED)


def test_each_rule_has_one_check_and_each_check_a_rule() -> None:
    """What is promised is looked at, once."""
    assert sorted(check.rule for check in CHECKS) == sorted(spec.RULES)
    assert all(check.call or check.run or check.fold for check in CHECKS)


@pytest.mark.parametrize("rule", spec.RULES.values(), ids=str)
def test_a_rule_says_what_it_asks_and_who_asked_for_it(rule: Rule) -> None:
    """Text, source and needs are there, in words that are known."""
    assert rule.text.endswith(".")
    assert rule.source in {f"R{n}" for n in range(1, 13)}
    assert set(rule.needs) <= set(spec.CAPABILITIES)
    assert rule.id.startswith(rule.family + "-")


def test_core_rules_are_rules_that_are_checked() -> None:
    """Each kind of target has a handful without which it was not tested."""
    assert set(spec.CORE_RULES) == {"dispatcher", "agent", "endpoint"}
    for core in spec.CORE_RULES.values():
        assert set(core) <= set(spec.RULES)


# --- the grammar of a run ----------------------------------------------------------------------


def walk(parts: list[str]) -> tuple[RunState, list[str]]:
    state, broken = RunState.BEFORE, []
    for part in parts:
        move = RUN_GRAMMAR[state, part]
        state = move.to
        if move.breaks:
            broken.append(move.breaks)
    return state, broken


def test_the_grammar_has_a_move_for_every_event_in_every_state() -> None:
    """No event can come for which the table has no answer; each breach says why."""
    assert set(RUN_GRAMMAR) == {(state, part) for state in RunState for part in PARTS}
    assert all(bool(move.breaks) == bool(move.why) for move in RUN_GRAMMAR.values())


@given(st.integers(0, 9))
def test_what_the_grammar_allows_breaks_nothing(middle: int) -> None:
    """started, any number of events between, one terminal."""
    assert walk(["start", *["middle"] * middle, "terminal"]) == (RunState.ENDED, [])


@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=9))
def test_whatever_the_grammar_does_not_allow_breaks_it(parts: list[str]) -> None:
    """A run that has not one start, first, and at most one terminal, last, breaks a rule."""
    good = parts[0] == "start" and parts.count("start") == 1 and "terminal" not in parts[:-1]

    assert (walk(parts)[1] == []) == good


@given(st.lists(st.sampled_from(PARTS), max_size=9))
def test_a_run_that_ended_stays_ended(parts: list[str]) -> None:
    """Nothing opens it again."""
    assert walk(["start", "terminal", *parts])[0] is RunState.ENDED


@pytest.mark.parametrize(
    ("event_type", "part"),
    [
        ("agent_started", "start"),
        ("agent_thinking", "middle"),
        ("tool_executing", "middle"),
        ("tool_completed", "middle"),
        ("agent_completed", "terminal"),
        ("agent_failed", "terminal"),
        ("agent_cancelled", "terminal"),
    ],
)
def test_each_event_has_its_part_in_a_run(event_type: str, part: str) -> None:
    """The answer, the failure and the cancellation all end a run."""
    assert spec.part(event_type) == part


# --- the surface of a dispatcher ---------------------------------------------------------------


def test_the_contract_has_ten_members() -> None:
    """Four async methods, three plain ones, three properties (R1)."""
    kinds = list(spec.MEMBERS.values())

    assert len(kinds) == 10
    assert [kinds.count(k) for k in (spec.ASYNC_METHOD, spec.METHOD, spec.PROPERTY)] == [4, 3, 3]


# --- ids as they are typed ---------------------------------------------------------------------


@pytest.mark.parametrize("name", [*spec.RULES, *spec.PLANNED])
def test_an_id_is_known_whatever_its_case(name: str) -> None:
    """Also one that holds a small letter."""
    assert {spec.spelt(said, spec.RULES) for said in (name, name.lower(), name.upper())} == {name}


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("TOL-1", "TOOL-1"),
        ("tool1", "TOOL-1"),
        ("isolaton-1", "ISOLATION-1"),
        ("PREF-1", "PERF-1"),
        ("RECOVERY-8A", "RECOVERY-8a"),
        ("NOPE-1", ""),
        ("", ""),
    ],
)
def test_only_what_is_alike_is_taken_for_a_slip(name: str, near: str) -> None:
    """A number in common is no likeness."""
    assert spec.nearest(name, spec.RULES) == near
    assert spec.spelt("NOPE-1", spec.RULES) == "NOPE-1"


# --- what cannot be tested ---------------------------------------------------------------------

RULE = Rule("X-1", Level.MUST, "Something.", "R1", ("truth", "tool_events"))
NO_TRUTH = (Outcome.UNOBSERVABLE, "planted tools cannot run there")
NO_EVENTS = (Outcome.UNSUPPORTED, "tool events are not declared")


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        ({"truth": "yes", "tool_events": "yes"}, None),
        ({"truth": "yes", "tool_events": "yes", "other": "NOT_RUN: x"}, None),
        ({}, NO_TRUTH),
        ({"truth": "yes"}, NO_EVENTS),
        ({"tool_events": "yes"}, NO_TRUTH),
        ({"truth": "yes", "tool_events": ""}, NO_EVENTS),
        ({"truth": "yes", "tool_events": "no"}, NO_EVENTS),
        ({"truth": "NOT_RUN: not: today", "tool_events": "yes"}, (Outcome.NOT_RUN, "not: today")),
    ],
)
def test_a_rule_without_what_it_needs_is_grey_for_a_reason(
    card: dict[str, str], expected: tuple[Outcome, str] | None
) -> None:
    """The reason is the card's own, or the one of the capability that is missing."""
    assert spec.untestable(RULE, card) == expected


def test_a_card_may_name_a_rule_itself() -> None:
    """That rule alone is grey, whatever it needs and whatever else there is."""
    card = {"truth": "yes", "tool_events": "yes", "X-1": "UNOBSERVABLE: not from here"}

    assert spec.untestable(RULE, card) == (Outcome.UNOBSERVABLE, "not from here")
    assert spec.untestable(RULE, {**card, "X-1": "yes"}) is None
    assert spec.untestable(RULE, {"X-1": "yes"}) == NO_TRUTH


def test_a_rule_without_needs_can_always_be_tested() -> None:
    """An empty card greys only what needs something."""
    assert spec.untestable(Rule("X-2", Level.MUST, "Something.", "R1"), {}) is None
