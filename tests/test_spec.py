"""The contract as data: a move for every event, and ten members."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenpath import spec
from goldenpath.spec import RUN_GRAMMAR, RunState

PARTS = ("start", "middle", "terminal")


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
