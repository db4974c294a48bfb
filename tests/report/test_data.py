from __future__ import annotations

import json
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.report.made import all_green, everything, hostile, report

from goldenpath.model import Finding, Level, Outcome, Rule, Verdict
from goldenpath.report import data
from goldenpath.results import Report

CHECK = jsonschema.Draft202012Validator(data.schema())

words = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
numbers = st.integers(0, 2**40)
plain = (
    st.none() | st.booleans() | numbers | st.floats(allow_nan=False, allow_infinity=False) | words
)
findings = st.builds(
    Finding, words, words, st.lists(numbers, max_size=3).map(tuple), st.just("") | words
)
verdicts = st.builds(
    Verdict,
    rule=words,
    level=st.sampled_from(Level),
    workload=words,
    outcome=st.sampled_from(Outcome),
    reason=words,
    opportunities=numbers,
    proves=st.booleans(),
    findings=st.lists(findings, max_size=2).map(tuple),
    more=numbers,
)
sentences = st.lists(words, max_size=2).map(tuple)
reports = st.builds(
    Report,
    target=words,
    kind=words,
    seed=st.integers(-(2**63), 2**63 - 1),
    outcome=st.sampled_from(["PASS", "FAIL", "UNKNOWN"]),
    exit=st.sampled_from([0, 1, 3, 130]),
    counts=st.dictionaries(st.sampled_from(list(map(str, Outcome))), numbers, max_size=3),
    verdicts=st.lists(verdicts, max_size=3).map(tuple),
    problems=sentences,
    stale=sentences,
    notes=st.dictionaries(words, sentences, max_size=2),
    unread=st.dictionaries(words, numbers, max_size=2),
    card=st.dictionaries(words, words, max_size=2),
    events=st.dictionaries(words, words, max_size=2),
    shown=st.dictionaries(words, plain | st.lists(plain, max_size=2), max_size=2),
    versions=st.dictionaries(words, words, max_size=2),
    histories=st.dictionaries(words, words, max_size=2),
    strict=st.booleans(),
)


@given(reports)
def test_what_is_written_is_read_again(made: Report) -> None:
    written = data.encode(made)

    assert data.decode(written) == made
    assert data.encode(data.decode(written)) == written
    CHECK.validate(json.loads(written))


@pytest.mark.parametrize("made", [all_green(), everything(), hostile(), report()])
def test_every_report_keeps_the_schema(made: Report) -> None:
    CHECK.validate(json.loads(data.encode(made)))


def test_the_schema_is_one_and_names_every_field() -> None:
    schema = data.schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    kinds: dict[Any, dict[str, Any]] = {
        Report: schema,
        Verdict: schema["$defs"]["verdict"],
        Finding: schema["$defs"]["finding"],
        Rule: schema["$defs"]["rule"],
    }

    for kind, part in kinds.items():
        fields = {field.encode_name for field in msgspec.structs.fields(kind)}
        assert set(part["properties"]) == set(part["required"]) == fields
    assert set(schema["$defs"]["outcome"]["enum"]) == set(map(str, Outcome))


def test_it_is_ascii_and_in_the_order_of_the_record() -> None:
    written = data.encode(everything())

    assert written.isascii()
    assert written.startswith(b'{\n  "format": 1,\n  "target": "mine",\n')
    assert written.endswith(b"}\n")


def test_what_json_cannot_hold_is_replaced() -> None:
    odd = {
        "nan": float("nan"),
        "object": object(),
        "lone": "\ud800",
        "deep": _deep(500),
        "big": 2**80,
    }
    found = data.decode(data.encode(report(shown=odd)))

    assert found.shown["nan"] in ("nan", None)
    assert found.shown["object"] == "<object>"
    assert found.shown["lone"] == "\ufffd"
    assert "nested deeper" in str(found.shown["deep"])


def _deep(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"format": 2}, "expected format 1, got 2"),
        ({"outcome": "GREEN"}, "expected one of PASS, FAIL, UNKNOWN as outcome, got 'GREEN'"),
        ({"seed": "seven"}, r"\$.seed"),
        ({"verdicts": [{"rule": "API-1"}]}, "verdicts"),
        ({"unread": {"ping": "many"}}, "unread"),
    ],
)
def test_a_wrong_document_is_refused_in_words(change: dict[str, Any], problem: str) -> None:
    document = {**json.loads(data.encode(all_green())), **change}

    with pytest.raises(ValueError, match=problem):
        data.decode(json.dumps(document).encode())


@pytest.mark.parametrize("written", [b"", b"{", b"\xff", b"[]", b"null", b"[" * 100_000, b"{}"])
def test_what_is_no_document_is_refused(written: bytes) -> None:
    with pytest.raises(ValueError, match=r"^verdicts.json: expected "):
        data.decode(written)


def test_a_missing_key_is_named_and_an_unknown_one_ignored() -> None:
    document = json.loads(data.encode(all_green()))

    assert data.decode(json.dumps({**document, "later": 1}).encode()) == all_green()
    del document["verdicts"]
    with pytest.raises(ValueError, match="verdicts, which are not there"):
        data.decode(json.dumps(document).encode())
