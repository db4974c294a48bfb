"""From any value of a target to JSON data: strict, bounded, and never raising."""

from __future__ import annotations

import datetime
import enum
import json
import uuid
from collections import OrderedDict
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenpath.checkers.same import same
from goldenpath.jsonable import Unsayable, frame_value, jsonable, readable, safe_text
from goldenpath.model import NOT_JSON

LIMIT = 1000
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)  # fmt: skip


class Hostile:
    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no equality")

    __hash__ = None  # type: ignore[assignment]


class Keys(dict[str, int]):
    def items(self) -> Any:
        raise RuntimeError("no items")


class Word(enum.StrEnum):
    YES = "yes"


RECURSIVE: dict[str, Any] = {}
RECURSIVE["me"] = RECURSIVE


@given(JSON)
def test_json_data_comes_through_unchanged(value: Any) -> None:
    """What is JSON already is kept, as data and as the text of a frame."""
    text = frame_value(value, 1 << 30)

    assert same(jsonable(value), value)
    assert isinstance(text, str)
    if not isinstance(value, str):
        assert same(json.loads(text), value)


@pytest.mark.parametrize(
    "value",
    [
        *(float("nan"), float("inf"), {"a": [float("nan")]}, {1, 2}, b"bytes", Decimal(1)),
        *(datetime.datetime(2026, 1, 1), uuid.uuid4(), Hostile(), {"a": Hostile()}, RECURSIVE),
    ],
    ids=lambda v: type(v).__name__,
)
def test_what_json_cannot_hold_is_marked_and_never_raises(value: Any) -> None:
    """A date, a set, NaN, a loop or a hostile object is no JSON, and says so."""
    frame = frame_value(value, LIMIT)

    assert isinstance(frame, dict)
    assert list(frame) == ["not_JSON"]
    assert NOT_JSON in json.dumps(jsonable(value))


def test_what_we_plant_unsayable_is_written_by_its_type() -> None:
    """How a transport writes it is not the target's doing; elsewhere it is marked like the rest."""

    class Planted(Unsayable):
        def __repr__(self) -> str:
            return "<secret>"

    assert frame_value({"a": [Planted()]}, LIMIT) == '{"a":[{"__not_json__":"Planted"}]}'
    assert jsonable(Planted()) == {NOT_JSON: "Planted <secret>"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (OrderedDict(a=1), '{"a":1}'),
        ({"a": (1, 2)}, '{"a":[1,2]}'),
        ({1: 2}, '{"1":2}'),
        (Word.YES, "yes"),
        ({"a": Word.YES}, '{"a":"yes"}'),
        ({"a": "\ud800"}, '{"a":"\\ud800"}'),
        ("already text", "already text"),
    ],
    ids=str,
)
def test_what_json_dumps_takes_is_a_frame(value: Any, text: str) -> None:
    """A frame is what a platform's own `json.dumps` would have sent."""
    assert frame_value(value, LIMIT) == text


@pytest.mark.parametrize("value", ["\ud800", {"\udcff": 1}, ["a", {"b": "\udfff!"}]], ids=ascii)
def test_half_a_surrogate_pair_has_no_place_in_a_history(value: Any) -> None:
    """What is no UTF-8 is marked, as a value and as a frame, and can be written down."""
    marked = jsonable(value)

    assert NOT_JSON in json.dumps(marked)
    assert json.dumps(marked, ensure_ascii=False).encode()
    assert frame_value("a\ud800", LIMIT) == {"not_JSON": "not UTF-8: 'a\\ud800'"}


@pytest.mark.parametrize("text", ["plain", "\u00e9\U0001f600", "\udcff.txt", "\ud800" * 10])
def test_a_message_can_be_written_down(text: str) -> None:
    """What is UTF-8 stays as it is, the rest is written out."""
    said = safe_text(OSError(text))

    assert said.encode()
    assert (said == text) is not text.startswith(("\ud800", "\udcff"))
    assert readable(text) == said


def test_a_frame_beyond_the_limit_says_how_large_it_was() -> None:
    """The text is not kept, and the verdict will be UNKNOWN."""
    assert frame_value("x" * 2000, LIMIT) == {"too_large": "2000 letters, over 1000"}
