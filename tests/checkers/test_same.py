"""When two JSON values are the same: an equivalence that sees types."""

from __future__ import annotations

import copy
import json
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.scenes import FALSY

from goldenpath.checkers.same import same, shown

few = st.sampled_from([None, False, True, 0, 1, 0.0, 1.0, "", "0", "a"])
JSON = st.recursive(
    few | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=6,
)
SMALL = st.recursive(
    few, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.just("a"), inner)
)


@given(JSON)
def test_a_value_is_the_same_as_itself(value: Any) -> None:
    """Reflexive, for a copy too."""
    assert same(value, copy.deepcopy(value))


@given(SMALL, SMALL)
def test_it_does_not_matter_which_stands_first(left: Any, right: Any) -> None:
    """Symmetric."""
    assert same(left, right) == same(right, left)


@given(SMALL, SMALL, SMALL)
def test_what_is_the_same_as_a_third_is_the_same(one: Any, two: Any, three: Any) -> None:
    """Transitive."""
    if same(one, two) and same(two, three):
        assert same(one, three)


@given(JSON, JSON)
def test_the_same_values_have_the_same_json(left: Any, right: Any) -> None:
    """What JSON writes differently, but for the order of keys, is not the same."""
    if same(left, right) and 0.0 not in (left, right):
        assert len(json.dumps(left)) == len(json.dumps(right))


@pytest.mark.parametrize(("left", "right"), list(combinations(FALSY, 2)), ids=repr)
def test_no_two_falsy_values_are_the_same(left: Any, right: Any) -> None:
    """None, False, 0, 0.0, "", [] and {} are seven values, at any depth."""
    assert not same(left, right)
    assert not same({"a": [left]}, {"a": [right]})


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (1, 1.0, False),
        (1, True, False),
        ([1], [1.0], False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": None}, {}, False),
        ([1, 2], [2, 1], False),
        ([1], [1, 1], False),
        ("a", "a ", False),
        (2**70, 2**70, True),
    ],
)
def test_same(left: Any, right: Any, expected: bool) -> None:
    """By value and by type; keys have no order, lists have one."""
    assert same(left, right) is expected


@given(JSON, st.integers(1, 200))
def test_a_value_is_shown_in_bounds(value: Any, limit: int) -> None:
    """Whole where it is short; else cut, with its length."""
    text = shown(value, limit)

    assert text == repr(value) or text.startswith(repr(value)[:limit] + "... (")
    assert len(text) <= limit + 30


def test_a_value_is_cut_where_it_is_too_long() -> None:
    """Of 120 letters it is whole; longer ones are told from each other by their length."""
    assert shown("a" * 118) == repr("a" * 118)
    assert shown("a" * 119) == f"'{'a' * 119}... (121 letters)"
    assert shown([1, 2], 6) == "[1, 2]"
    assert shown([1, 2], 5) == "[1, 2... (6 letters)"
