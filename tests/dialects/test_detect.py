"""Which dialect frames are in, and what is said where that cannot be told."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.frames import RUNS

from goldenpath.dialects import COMMON, DIALECTS, Detected, detect, from_table

NAMES = sorted(RUNS)


def found(frames: list[dict[str, Any]], **more: Any) -> Detected:
    return detect(map(json.dumps, frames), {**DIALECTS, **more})


@pytest.mark.parametrize("name", NAMES)
def test_a_run_of_a_dialect_is_of_that_one_only(name: str) -> None:
    """It says how to declare it."""
    welcome = {"type": "connection_established", "data": {"connection_id": "c"}}

    assert found([welcome, *RUNS[name]]) == Detected(
        (name,), 5, f'every event (5) is one of dialect {name}; dialect="{name}" says so'
    )


@given(st.permutations([(name, n) for name in NAMES for n in range(5)]))
def test_a_mixture_is_of_none(order: list[tuple[str, int]]) -> None:
    """In whatever order it comes."""
    got = found([RUNS[name][n] for name, n in order])

    assert got.fits == ()
    assert got.events == len(order)
    assert "none of the dialects a, b, c, d fits every event (20)" in got.said


def test_where_none_fits_the_nearest_is_told_and_what_is_missing() -> None:
    """Field by field, with how often."""
    run = copy.deepcopy(RUNS["a"])
    for frame in run:
        del frame["data"]["thread_id"]
    run[3]["data"]["status"] = 7

    assert found(run[2:]).said == (
        "none of the dialects a, b, c, d fits every event (3); the nearest is a, but for"
        " tool_executing: it has no thread (1);"
        " tool_completed: its status is a number, not text (1);"
        " tool_completed: it has no thread (1); agent_completed: it has no thread (1)"
    )


def test_what_no_dialect_knows_is_told_as_that() -> None:
    """Flat events are read by the common dialect alone."""
    got = found([{"type": "agent_started", "run_id": "r"}, {"event": "agent_thinking"}])

    assert got.fits == ()
    assert "the nearest is" in got.said
    assert found([{"event": "agent_thinking"}]).said == (
        "none of the dialects a, b, c, d knows an event of them (1)"
    )


def test_where_several_fit_what_would_decide_is_told() -> None:
    """Beginnings of A and C are alike: only what a tool takes or gives tells them apart."""
    got = found(RUNS["a"][:2])

    assert got.fits == ("a", "c")
    assert got.said == (
        "a and c fit every event (2); what would decide: where parameters stands"
        " (data.metadata.parameters in a; data.parameters in c), and where result stands"
        " (data.metadata.result in a; data.result in c)"
    )
    completed = found(RUNS["a"][3:4])
    assert "result stands (data.metadata.result in a, where it was seen; data.result in c)" in (
        completed.said
    )


def test_without_an_event_nothing_is_told() -> None:
    """Neither of no frames nor of others."""
    for frames in ([], ["{", '{"type": "ping"}', "[]"]):
        got = detect(frames, DIALECTS)
        assert (got.fits, got.events) == ((), 0)
        assert "no event was seen" in got.said


def test_a_dialect_of_ones_own_is_a_candidate() -> None:
    """Beside ours, but for the common one, which fits everything."""
    own = from_table("shop", {"types": {"GO": "agent_started"}}, COMMON)

    assert found([{"type": "GO"}], shop=own).fits == ("shop",)
    assert found([{"type": "GO"}]).events == 0
    twin = from_table("twin", {"types": {"GO": "agent_started"}}, COMMON)
    assert found([{"type": "GO"}], shop=own, twin=twin).said == (
        "shop and twin fit every event (1); they differ in no place"
    )


@given(st.lists(st.text(max_size=30), max_size=5))
def test_any_text_is_taken(frames: list[str]) -> None:
    """Nothing raises."""
    assert detect(frames, DIALECTS).said
