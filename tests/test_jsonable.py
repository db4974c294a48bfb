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
from goldenpath.jsonable import (
    LARGEST,
    LONGEST_NAME,
    Unsayable,
    frame_value,
    jsonable,
    name_shown,
    readable,
    safe_repr,
    safe_text,
)
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


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (
            "x" * (LARGEST + 1),
            {NOT_JSON: f"str too large to be kept: {LARGEST + 1} letters or items"},
        ),
        (
            {"a": ["x" * LARGEST, 7]},
            {"a": [{NOT_JSON: f"str too large to be kept: {LARGEST} letters or items"}, 7]},
        ),
        (
            {"k" * LARGEST: 1},
            {NOT_JSON: f"dict too large to be kept: {LARGEST + 1} letters or items"},
        ),
        (
            [None] * (LARGEST + 1),
            {NOT_JSON: f"list too large to be kept: {LARGEST + 1} letters or items"},
        ),
        ("x" * LARGEST, "x" * LARGEST),
    ],
    ids=["a text", "within", "a key", "items", "just fits"],
)
def test_what_is_too_large_is_told_and_not_kept(value: Any, kept: Any) -> None:
    """Fifty names of ten million letters would make a history of gigabytes."""
    assert jsonable(value) == kept


def test_all_of_a_value_together_has_its_room() -> None:
    """Many that would fit alone do not fit together; what comes after may still fit."""
    kept = jsonable({"names": ["x" * (LARGEST // 4)] * 6, "n": 1})

    assert [type(name) for name in kept["names"]] == [str] * 3 + [dict] * 3
    assert kept["n"] == 1


def test_names_are_cut() -> None:
    """A listing of them stays one of texts, whatever they are."""
    assert name_shown("n" * LONGEST_NAME) == "n" * LONGEST_NAME
    assert name_shown("n" * 10**6) == "n" * LONGEST_NAME + "... (1000000 letters)"


def test_what_is_alike_reads_alike() -> None:
    """Where an object lies is left out: reasons would never be the same."""
    assert safe_repr([object()]) == "[<object object>]"
    assert safe_repr(print) == "<built-in function print>"
    assert jsonable(object()) == {NOT_JSON: "object <object object>"}


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
