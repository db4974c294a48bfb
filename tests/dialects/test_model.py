"""A dialect as data: what a user wrote is taken, or every mistake in it is named."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenpath import spec
from goldenpath.dialects import COMMON, DIALECTS, Dialect, DialectProblem, as_data, from_table
from goldenpath.dialects.model import FIELDS, STATUS_WORDS, TYPE_WORDS
from goldenpath.model import Event, Status

TOML = st.recursive(
    st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def test_every_field_of_a_dialect_is_a_field_of_an_event() -> None:
    """Neither has one that the other does not know."""
    assert {"type", *FIELDS} == {field.name for field in msgspec.structs.fields(Event)}
    assert set(COMMON.fields) == set(FIELDS)


def test_the_common_dialect_is_there_by_name() -> None:
    """It knows each event type and each status."""
    assert DIALECTS["common"] is COMMON
    assert set(TYPE_WORDS.values()) == {*spec.FIVE, *spec.TERMINAL}
    assert {*STATUS_WORDS.values(), Status.PROGRESS} == set(Status)


def test_what_a_table_leaves_out_is_taken_from_the_base() -> None:
    """An empty table changes nothing but the name; a full one only what it names."""
    own = from_table("ours", {"fields": {"run": "execution.id"}}, COMMON)

    assert from_table("common", {}, COMMON) == msgspec.structs.replace(COMMON, about="")
    assert own.fields == {**COMMON.fields, "run": ("execution.id",)}
    assert (own.name, own.type_at, own.types) == ("ours", COMMON.type_at, COMMON.types)


def test_a_dialect_survives_the_header_of_a_history() -> None:
    """What stands in a header as data is the same dialect again."""
    own = from_table("ours", {"type": "kind", "statuses": {"Prima": "success"}}, COMMON)
    data = msgspec.json.decode(msgspec.json.encode(own))

    assert msgspec.convert(data, Dialect) == own


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({"feilds": {}}, "dialect.feilds: expected one of"),
        ({"type": 1}, "dialect.type: expected a path or a list, got 1"),
        ({"type": ""}, "dialect.type: expected a path or a list, got ''"),
        ({"type": []}, "dialect.type: expected a path or a list, got []"),
        ({"types": "agent_started"}, "dialect.types: expected a table"),
        ({"types": {"GO": "agent_begun"}}, "dialect.types.GO: expected one of"),
        ({"types": {"GO": ["agent_started"]}}, "dialect.types.GO: expected one of"),
        ({"fields": ["run"]}, "dialect.fields: expected a table"),
        ({"fields": {"rnu": "a"}}, "dialect.fields.rnu: expected one of"),
        ({"fields": {"run": 1}}, "dialect.fields.run: expected a path or a list, got 1"),
        ({"fields": {"run": ["a", ""]}}, "dialect.fields.run: expected a path or a list"),
        ({"statuses": 1}, "dialect.statuses: expected a table"),
        ({"statuses": {"bad": "wrong"}}, "dialect.statuses.bad: expected one of"),
        ({"statuses": {"bad": ["error"]}}, "dialect.statuses.bad: expected one of"),
        ({"required": ["call"]}, "dialect.required: expected a table"),
        ({"required": {"tool_done": {}}}, "dialect.required.tool_done: expected one of"),
        (
            {"required": {"tool_completed": "call"}},
            "dialect.required.tool_completed: expected a table of field = type, got 'call'",
        ),
        (
            {"required": {"tool_completed": {"cal": "text"}}},
            "dialect.required.tool_completed.cal: expected one of",
        ),
        (
            {"required": {"tool_completed": {"result|eror": "any"}}},
            "dialect.required.tool_completed.result|eror: expected one of",
        ),
        (
            {"required": {"tool_completed": {"call": "string"}}},
            "dialect.required.tool_completed.call: expected one of ['any', 'flag', 'list',",
        ),
        (
            {"required": {"tool_completed": {"call": ["text"]}}},
            "dialect.required.tool_completed.call: expected one of",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(table: dict[str, Any], problem: str) -> None:
    """The key, what was expected and what came."""
    with pytest.raises(DialectProblem) as caught:
        from_table("ours", table, COMMON)

    (said,) = caught.value.problems
    assert said.startswith(problem)


def test_all_mistakes_are_named_at_once() -> None:
    """One for each, all in the message."""
    table = {"type": 0, "types": {"a": "b"}, "fields": {"c": "d"}, "statuses": {"e": "f"}, "g": 1}
    table["required"] = {"agent_started": {"rnu": "text", "run": "word"}, "h": {}}

    with pytest.raises(DialectProblem) as caught:
        from_table("ours", table, COMMON)

    assert len(caught.value.problems) == 8
    assert str(caught.value).splitlines() == caught.value.problems


def test_what_is_required_besides_is_kept_by_event_type() -> None:
    """Under our own name for it, also where a word of the field was used."""
    table = {"required": {"agent_error": {"error": "any"}, "tool_completed": {"call": "text"}}}
    own = from_table("ours", table, COMMON)

    assert own.required == {"agent_failed": {"error": "any"}, "tool_completed": {"call": "text"}}
    assert as_data(own)["required"] == own.required
    assert COMMON.required == {}


def test_one_of_several_fields_may_be_required() -> None:
    """Joined as the needs of a rule are."""
    own = from_table("ours", {"required": {"agent_completed": {"result|error": "any"}}}, COMMON)

    assert own.required == {"agent_completed": {"result|error": "any"}}


KEYS = st.sampled_from(["type", "types", "fields", "statuses", "required", "x"])


@given(st.dictionaries(KEYS, TOML))
def test_any_table_is_a_dialect_or_a_problem(table: dict[str, Any]) -> None:
    """No table of a user makes us crash."""
    try:
        own = from_table("ours", table, COMMON)
    except DialectProblem:
        return

    assert own.type_at
