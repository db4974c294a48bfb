from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.report.made import HOSTILE

from goldenpath.model import Entry, Event, Kind, Status
from goldenpath.report.evidence import MESSAGE, SAYS, VALUE, Line, line_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def said(kind: Kind, what: str, value: Any = None, actor: str = "alice", heard: Any = "") -> Line:
    return line_of(Entry(12, 1, kind, actor, None, what, value), heard, "raw")


@pytest.mark.parametrize(
    ("kind", "what", "value", "says"),
    [
        (Kind.INVOKE, "cleanup", None, "cleanup"),
        (Kind.INVOKE, "execute", {"tool": "lookup", "token": "t"}, "execute lookup, token t"),
        (
            Kind.INVOKE,
            "execute",
            {"tool": "give", "token": "t1", "parameters": {"q": "is t1?"}},
            'execute give, parameters {"q":"is t1?"}',
        ),
        (
            Kind.INVOKE,
            "create",
            {"run_id": "57779e74-e718-42ff-bfad-84341c508922", "tools": ["a"], "transport": "slow"},
            'create, run_id 57779e74-e718-42ff-bfad-84341c508922, tools ["a"], transport slow',
        ),
        (Kind.OK, "cleanup", {"value": None}, "cleanup returned null"),
        (Kind.OK, "run", {"value": "null"}, 'run returned "null"'),
        (Kind.OK, "run", {"value": 1, "misfit": "model"}, "run returned 1, misfit model"),
        (
            Kind.FAIL,
            "execute",
            {"by": "exception", "type": "Closed", "text": "it is closed"},
            "execute raised Closed: it is closed",
        ),
        (
            Kind.FAIL,
            "execute",
            {"by": "result", "type": "", "text": "no", "value": {"ok": False}},
            'execute gave a failed result: no, value {"ok":false}',
        ),
        (
            Kind.FAIL,
            "look",
            {"by": "missing", "type": "", "text": "there is no tools"},
            "look: there is no tools",
        ),
        (Kind.LOST, "run", {"why": "deadline", "seconds": 1.5}, "run: deadline, seconds 1.5"),
        (Kind.TOOL, "started", {"tool": "hold", "token": "t", "run": 0}, "hold started, token t"),
        (
            Kind.TOOL,
            "ended",
            {"tool": "hold", "token": "t", "run": 1, "result": "t"},
            'hold ended, run 1, result "t"',
        ),
        (Kind.LINK, "up", {"user": "alice"}, "up"),
        (Kind.LINK, "down", {"user": "bob", "reason": ""}, 'down, user bob, reason ""'),
        (Kind.FAULT, "raised", {"shape": "manager.send_event"}, "raised, shape manager.send_event"),
        (Kind.MEASURE, "stall", 3, "stall: 3"),
    ],
)
def test_entries_say_what_happened(kind: Kind, what: str, value: Any, says: str) -> None:
    line = said(kind, what, value)

    assert line.says == says
    assert (line.complete, line.rest) == (True, "")
    assert line.short == f"  12  {kind:<6}  alice  {says}"


def test_a_frame_says_its_event_and_who_sent_it() -> None:
    event = Event("tool_completed", run="r-1", tool="lookup", status=Status.SUCCESS)
    line = said(Kind.FRAME, "manager.send_to_user", '{"a":"r-1"}', "alice/1", event)

    assert line.short == (
        "  12  FRAME   alice/1  tool_completed lookup success, run r-1 (by manager.send_to_user)"
    )
    assert line.rest == '{"a":"r-1"}'


def test_a_frame_that_reached_nobody_or_cannot_be_read() -> None:
    bare = Event("tool_executing", tool="lookup", status=Status.PROGRESS)
    assert said(Kind.FRAME, "tap.send", "{}", "", bare).short == (
        "  12  FRAME   nobody  tool_executing lookup (by tap.send)"
    )
    line = said(Kind.FRAME, "tap.send", {"not_JSON": "a set"}, "alice/1", "cannot be read")
    assert line.says == "cannot be read (by tap.send)"
    assert line.rest == '{"not_JSON":"a set"}'


def test_what_is_cut_is_shown_as_it_was_recorded() -> None:
    line = said(Kind.OK, "run", {"value": "x" * 5_000})

    assert not line.complete
    assert len(line.says) <= SAYS
    assert line.rest.startswith('{"value":"xxx')
    assert line.rest.endswith(f"x… (+{5_012 - VALUE:,} letters)")
    assert len(line.value) == MESSAGE


@given(JSON, st.text(max_size=20), st.text(max_size=20), st.sampled_from(Kind))
def test_whatever_an_entry_holds_it_is_one_plain_line(
    value: Any, what: str, actor: str, kind: Kind
) -> None:
    line = said(kind, what, value, actor, what)

    assert (line.short + line.rest).isprintable()
    assert len(line.says) <= SAYS + 30
    assert len(line.rest) <= VALUE + 30


@pytest.mark.parametrize("kind", Kind)
def test_hostile_fields_neither_act_nor_raise(kind: Kind) -> None:
    h = HOSTILE.replace("\ud800", "")
    keys = ("tool", "token", "value", "by", "type", "text", "why", "run", "user", h)
    for value in (h, [h], *(dict.fromkeys(keys, some) for some in (h, None, [{}], 1))):
        line = said(kind, h, json.loads(json.dumps(value)), h, Event(h, run=h, tool=h))
        assert (line.short + line.rest).isprintable()
