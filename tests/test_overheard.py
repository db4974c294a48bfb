"""Canaries in whatever a target gave back: none is missed, and nothing that it does is our end."""

from __future__ import annotations

import json
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, NoReturn

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenpath.canary import mint
from goldenpath.overheard import DEPTH, TOKENS, overheard

TOKEN, OTHER = mint("abcd00", 17), mint("abcd01", 17)


@dataclass
class Data:
    inner: Any
    more: dict[str, Any] = field(default_factory=dict)


class Struct(msgspec.Struct):
    inner: Any


class Plain:
    def __init__(self, inner: Any) -> None:
        self.inner = inner


class Slotted:
    __slots__ = ("inner", "unset")

    def __init__(self, inner: Any) -> None:
        self.inner = inner


def caused() -> ValueError:
    error = ValueError("it failed")
    error.__cause__ = KeyError(f"no {TOKEN}")
    return error


def noted() -> ValueError:
    error = ValueError("it failed")
    error.add_note(f"about {TOKEN}")
    return error


HOLDS: dict[str, Any] = {
    "a text": f"so {TOKEN}.",
    "a key": {TOKEN: 1},
    "a value": {"a": [{"b": (TOKEN,)}]},
    "a set": frozenset({TOKEN}),
    "a deque": deque([TOKEN]),
    "an ordered mapping": OrderedDict(a=TOKEN),
    "bytes": json.dumps({"a": TOKEN}).encode(),
    "a bytearray": bytearray(TOKEN, "ascii"),
    "a view": memoryview(TOKEN.encode()),
    "bytes that are no text": b"\xff\xfe" + TOKEN.encode() + b"\x00",
    "data": Data({"deep": [TOKEN]}),
    "data in a list": [Data(TOKEN)],
    "a struct": Struct(TOKEN),
    "a namespace": SimpleNamespace(a=SimpleNamespace(b=TOKEN)),
    "an object's own field": Plain(TOKEN),
    "an object's own slot": Slotted(TOKEN),
    "an error": ValueError("x", {"of": TOKEN}),
    "its cause": caused(),
    "its notes": noted(),
    "one of a group": ExceptionGroup("all", [ValueError(TOKEN)]),
    "a subclass of text": type("Text", (str,), {})(TOKEN),
}


@pytest.mark.parametrize("value", HOLDS.values(), ids=HOLDS)
def test_it_is_found_in(value: Any) -> None:
    assert overheard(value) == [TOKEN]


@pytest.mark.parametrize("value", [Plain(Plain(TOKEN)), [Plain(TOKEN)], {"a": Plain(TOKEN)}])
def test_what_a_result_only_refers_to_accuses_it_of_nothing(value: Any) -> None:
    """The whole platform may hang on it, which rightly knows everybody."""
    assert overheard(value) == []


@pytest.mark.parametrize("value", [None, 7, 7.5, True, "", [], {}, object(), TOKEN[:-1], b""])
def test_where_there_is_none_none_is_found(value: Any) -> None:
    assert overheard(value) == []


def test_each_is_found_once_and_a_circle_has_an_end() -> None:
    circle: list[Any] = [TOKEN, OTHER, TOKEN]
    circle.append({"again": circle})

    assert sorted(overheard(circle)) == sorted([TOKEN, OTHER])


def test_it_is_bounded() -> None:
    """In depth, in width and in what is found."""
    deep: Any = TOKEN
    for _ in range(DEPTH + 1):
        deep = [deep]
    many = [mint("abcd00", number) for number in range(4 * TOKENS)]

    assert overheard(deep) == []
    assert len(overheard(many)) == TOKENS
    assert overheard([*([0] * 10**6), TOKEN]) in ([], [TOKEN])


class Hostile(dict[str, Any]):
    """Raises whatever it is asked."""

    def refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise RuntimeError("no")

    items = __iter__ = __len__ = __str__ = __repr__ = __eq__ = refuse  # type: ignore[assignment]
    __hash__ = refuse


class Lies(str):
    """A text that says that it is another."""

    __slots__ = ()

    def __str__(self) -> str:
        return "nothing"

    def __contains__(self, part: object) -> bool:
        return False


def test_what_a_value_does_is_no_end_of_ours() -> None:
    """What stands beside it is found all the same; and a text is what it holds."""
    assert overheard([TOKEN, Hostile()]) == [TOKEN]
    assert overheard([Hostile(), TOKEN]) == [TOKEN]
    assert overheard(Lies(TOKEN)) == [TOKEN]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=10,
)


@given(json_values, st.integers(0, 5))
def test_wherever_it_stands_in_what_is_json(value: Any, depth: int) -> None:
    """At any depth that JSON of the field has."""
    holds: Any = [value, f"so {TOKEN}", value]
    for _ in range(depth):
        holds = {"in": holds}

    assert overheard(holds) == [TOKEN]
    assert overheard(value) == []
