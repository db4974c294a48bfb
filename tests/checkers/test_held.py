"""Whether a value is in something that carries it: wrapped and as text it is, cut it is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenpath.canary import FIRST_CALL, THREAD, mint
from goldenpath.checkers.held import (
    DEEPEST,
    holds,
    of_another,
    parsed_text,
    sayable,
    telling,
    worded,
)
from goldenpath.model import NOT_JSON

FOUND = {"found": "gpc0000000000109ab6", "pages": [1, 2.5, None, True]}
LONG = "every word of it counts " * 40
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)

HELD: dict[str, tuple[Any, Any]] = {
    "the same": (FOUND, FOUND),
    "wrapped": ({"output": FOUND, "took": 3}, FOUND),
    "wrapped in a list of parts": ([{"type": "text", "text": json.dumps(FOUND)}], FOUND),
    "with more beside it": ({**FOUND, "took": 3}, FOUND),
    "an empty object with more beside it": ({"took": 3}, {}),
    "as text of JSON": (json.dumps(FOUND, indent=2), FOUND),
    "as text of Python": (str(FOUND), FOUND),
    "as text of JSON, with spaces": ('{ "found": "it" }', {"found": "it"}),
    "as text of JSON, letters escaped": ('so: {"name": "Zo\\u00eb"}', {"name": "Zoë"}),
    "as text of JSON, letters as they are": ('so: {"name": "Zoë"}', {"name": "Zoë"}),
    "a telling text in a sentence": ("it is eight888.", "eight888"),
    "as text in a sentence": (f"It gave {json.dumps(FOUND)}.", FOUND),
    "a long text in a sentence": (f"Here: {LONG}", LONG),
    "a word as text of JSON": ('"no"', "no"),
    "false as text": ("false", False),
    "False as text": ("False", False),
    "a number as text": ("0", 0),
    "none as null": (None, None),
    "none as nothing": ("", None),
    "none as an empty object": ({}, None),
    "none as an empty list": ([], None),
    "none as a word": ("None", None),
    "none as a word of JSON": (" null", None),
    "none, wrapped": ({"result": None, "took": 3}, None),
}


@pytest.mark.parametrize(("box", "value"), HELD.values(), ids=HELD)
def test_what_carries_a_value_holds_it(box: Any, value: Any) -> None:
    """As it is, wrapped, merged or as text."""
    assert holds(box, value)


NOT_HELD: dict[str, tuple[Any, Any]] = {
    "nothing": (None, FOUND),
    "nothing for false": (None, False),
    "nothing for zero": (None, 0),
    "nothing for an empty text": (None, ""),
    "nothing for an empty list": (None, []),
    "an empty object for an empty list": ({}, []),
    "another": ({"found": "gpc00000000001100000"}, FOUND),
    "another under the same names": ({**FOUND, "found": "it", "took": 3}, FOUND),
    "another type": (1, True),
    "a short text in a sentence": ("it is seven77.", "seven77"),
    "another number": ("10", 0),
    "a part of it": ({"found": FOUND["found"]}, FOUND),
    "a text cut short": (LONG[:500], LONG),
    "JSON cut short": (json.dumps(FOUND)[:-1], FOUND),
    "a list cut short": ([1, 2], [1, 2, 3]),
    "a word for none": ("done", None),
    "only its repr": ("<Found object>", FOUND),
}


@pytest.mark.parametrize(("box", "value"), NOT_HELD.values(), ids=NOT_HELD)
def test_what_lost_a_value_does_not_hold_it(box: Any, value: Any) -> None:
    """Left out, exchanged, retyped or cut."""
    assert not holds(box, value)


@given(JSON)
def test_every_value_is_held_by_itself_and_its_text(value: Any) -> None:
    """Whatever it is."""
    assert holds(value, value)
    assert holds(json.dumps(value), value)
    assert holds({"a": [value]}, value)


def boxed(wrap: Callable[[Any], Any], times: int) -> Any:
    """The value in so many boxes."""
    box: Any = FOUND
    for _ in range(times):
        box = wrap(box)
    return box


@pytest.mark.parametrize("wrap", [lambda box: [box], lambda box: {"result": box}])
def test_boxes_are_looked_into_so_far_and_no_farther(wrap: Callable[[Any], Any]) -> None:
    """A hostile frame is not searched for ever."""
    assert holds(boxed(wrap, DEEPEST), FOUND)
    assert not holds(boxed(wrap, DEEPEST + 1), FOUND)


def test_text_of_json_is_a_box_as_well() -> None:
    """Though it is looked into at all only where boxes still are."""
    text = json.dumps(boxed(lambda box: [box], DEEPEST - 1), indent=2)
    deeper = json.dumps(boxed(lambda box: [box], DEEPEST), indent=2)
    plain: Any = json.dumps(FOUND, indent=2)
    for _ in range(DEEPEST - 1):
        plain = [plain]

    assert holds(text, FOUND)
    assert not holds(deeper, FOUND)
    assert holds(plain, FOUND)
    assert not holds([plain], FOUND)


@pytest.mark.parametrize("value", [None, False, 0, "", [], {}, "short", "seven77", 1234567, True])
def test_a_small_value_is_not_telling(value: Any) -> None:
    """It may stand anywhere by accident."""
    assert not telling(value)


def test_a_longer_value_is_telling() -> None:
    """Where it stands it was put."""
    assert telling(FOUND)
    assert telling("what is gpc0000000000109ab6?")
    assert telling("eight888")


@pytest.mark.parametrize("text", ["", "{", "NaN", "[" * 100_000, "\ud800"])
def test_text_that_is_no_json_says_nothing(text: str) -> None:
    """It does not raise either."""
    assert parsed_text(text) is None


def test_what_json_cannot_hold_is_marked_wherever_it_stands() -> None:
    """The recorder left a marker in its place."""
    assert sayable(FOUND)
    assert not sayable({NOT_JSON: "set {1}"})
    assert not sayable([{"deep": [{NOT_JSON: "set {1}"}]}])


def test_what_has_words() -> None:
    """A text that is not blank, however deep; names of fields are none."""
    assert worded([{"deep": ["no"]}])
    assert not worded({"took_ms": 3, "blank": [" ", "", None, True]})


MINE, ANOTHERS, LATER = (mint("000000", FIRST_CALL + n) for n in range(3))
MY_THREAD = mint("000000", THREAD)

#: What was told, the true text, and whether what was told is another call's.
ERRORS = {
    "its own": (f"no {MINE}", f"no {MINE}", False),
    "another's": (f"no {ANOTHERS}", f"no {MINE}", True),
    "another's, of the first call": (f"no {MINE}", f"no {ANOTHERS}", True),
    "its own among others": (f"no {ANOTHERS} {MINE}", f"no {MINE}", False),
    "one of several of its own": (f"no {MINE}", f"no {MINE} {LATER}", False),
    "none in what was told": ("no", f"no {MINE}", False),
    "none in the truth": (f"no {ANOTHERS}", "no", False),
    "a thread's in what was told": (f"no {MY_THREAD}", f"no {MINE}", False),
    "a thread's in the truth": (f"no {ANOTHERS}", f"no {MY_THREAD}", False),
}


@pytest.mark.parametrize(("told", "text", "wrong"), ERRORS.values(), ids=ERRORS)
def test_an_error_of_another_call_is_known_by_its_canary(told: str, text: str, wrong: bool) -> None:
    """Where both hold one of a call, and have none in common."""
    assert of_another(told, text) is wrong
