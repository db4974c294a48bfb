"""Steps for languages whose numbers are doubles: what is asked comes back as it went."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenpath.checkers.same import same
from goldenpath.model import Step
from goldenpath.workloads.doubles import in_doubles

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=10,
)


def as_javascript(value: Any) -> Any:
    """What JSON.parse and JSON.stringify make of a value."""
    if isinstance(value, dict):
        return {key: as_javascript(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_javascript(item) for item in value]
    if type(value) not in (int, float):
        return value
    double = float(value)
    return int(double) if double.is_integer() and abs(double) < 1e21 else double


@given(JSON.filter(lambda value: "e309" not in json.dumps(value)))
def test_what_is_asked_comes_back_as_it_went(value: Any) -> None:
    (step,) = in_doubles((Step("s1", "alice", "execute", {"value": value}),))

    assert same(as_javascript(step.args["value"]), step.args["value"])


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        (2**53 + 1, 2**53),
        (-(2**53) - 1, -(2**53)),
        (1.0, 1),
        (1.5, 1.5),
        (1e300, 1e300),
        (True, True),
        ([{"a": 2.0}], [{"a": 2}]),
        (1e20, 2**53),
    ],
)
def test_other_values_stay(value: Any, fits: Any) -> None:
    (step,) = in_doubles((Step("s1", "alice", "execute", {"value": value}),))

    assert same(step.args["value"], fits)


def test_steps_within_steps_are_reached() -> None:
    inner = Step("s2", "alice", "execute", {"value": 1.0})
    (step,) = in_doubles((Step("s1", "", "together", {}, ((inner,),)),))

    assert same(step.lanes[0][0].args["value"], 1)
    assert (step.id, step.lanes[0][0].id) == ("s1", "s2")
