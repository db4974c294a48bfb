"""CONTENT-1 and -3: frames are JSON, and the ids in them are right."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.build import (
    ALICE,
    Line,
    call,
    event,
)
from tests.judged import outcome, untold, verdicts
from tests.scenes import dispatcher, raw

from goldenpath.dialects import COMMON, from_table
from goldenpath.model import Kind, Outcome, Verdict

# --- CONTENT-1: every frame decodes and is JSON ------------------------------------------------

UNREADABLE = {
    "repr": ("{'type': 'agent_started'}", "not JSON"),
    "empty": ("", "not JSON"),
    "cut": ('{"type": "agent_sta', "not JSON"),
    "not a number": ('{"type": "x", "a": NaN}', "not JSON"),
    "what JSON cannot hold": ({"not_JSON": "TypeError: a set"}, "not JSON: TypeError: a set"),
    "not UTF-8": ({"not_UTF-8": "ff"}, "not UTF-8: ff"),
    "no text at all": (None, "expected text, got NoneType"),
}


@pytest.mark.parametrize(("value", "problem"), UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize("shape", ["manager.send_to_user", "bridge", "tap.send"])
def test_a_frame_that_cannot_be_read(value: Any, problem: str, shape: str) -> None:
    """Whatever shape it came by: the message says to whom and why."""
    found = verdicts(dispatcher(raw(value, shape)))["CONTENT-1"]
    (finding,) = found.findings

    assert finding.message.startswith(f"a frame to alice cannot be read: {problem}")
    assert finding.witness == (3,)
    assert found.opportunities == 1


READABLE = {
    "an event": (call(ALICE), Outcome.PASS),
    "an event of another envelope": ([raw('{"event": "tool_executing"}')], Outcome.PASS),
    "an event and another message": ([*call(ALICE), raw('{"type": "ping"}')], Outcome.PASS),
    "only another message": ([raw('{"type": "ping"}')], Outcome.UNKNOWN),
    "an event and JSON that is no object": ([*call(ALICE), raw('["ping", 1]')], Outcome.PASS),
    "only JSON that is no object": ([raw("null")], Outcome.UNKNOWN),
    "only one without a type": ([raw("{}")], Outcome.UNKNOWN),
}


@pytest.mark.parametrize(("lines", "expected"), READABLE.values(), ids=READABLE)
def test_a_frame_that_can_be_read(lines: list[Line], expected: Outcome) -> None:
    """An object that is no event breaks nothing, and shows nothing of the dialect either."""
    assert outcome("CONTENT-1", dispatcher(*lines)) is expected


@pytest.mark.parametrize(
    ("field", "path", "expected"),
    [
        ("call", "data.call_id", Outcome.PASS),
        ("call", "data.cal_id", Outcome.UNKNOWN),
        ("tool", "data.toolname", Outcome.UNKNOWN),
        ("run", "data.run", Outcome.UNKNOWN),
        ("text", "data.txt", Outcome.PASS),
        ("thread", "data.thread", Outcome.UNKNOWN),
        ("user", "data.user", Outcome.UNKNOWN),
    ],
)
def test_a_field_that_the_profile_declares_and_no_event_has(
    field: str, path: str, expected: Outcome
) -> None:
    """It is most likely misspelt; one that not every event has proves nothing."""
    own = from_table("ours", {"fields": {field: path}}, COMMON)
    dialect = {**msgspec.to_builtins(own), "own": [field]}
    lines = dispatcher(*call(ALICE), event(ALICE, "agent_thinking"))
    found = verdicts(lines, dialect=dialect)["CONTENT-1"]

    assert found.outcome is expected
    assert (path in found.reason) == (expected is Outcome.UNKNOWN)


def misspelt(field: str, *lines: Line) -> Verdict:
    """What is said where the profile declares two places for a field that nothing has."""
    own = from_table("ours", {"fields": {field: ["data.one", "data.other"]}}, COMMON)
    dialect = {**msgspec.to_builtins(own), "own": [field]}
    return verdicts(dispatcher(*lines), dialect=dialect)["CONTENT-1"]


@pytest.mark.parametrize("field", ["run", "thread", "user", "tool", "call"])
def test_a_field_is_missed_where_there_were_events_that_should_have_it(field: str) -> None:
    """Of the tool and its call tell tool events alone; what is no event has no field."""
    thought, noise = event(ALICE, "agent_thinking"), raw('{"type": "ping"}')
    doubt = f"the dialect declares the field {field} at data.one or data.other: no event has it"

    assert misspelt(field, *call(ALICE), noise).reason == doubt
    assert misspelt(field, thought, noise).reason == ("" if field in ("tool", "call") else doubt)
    assert misspelt(field, noise).opportunities == 0


@pytest.mark.parametrize(
    "shape", ["bridge", "emitter", "manager.send_event", "manager.emit_critical_event"]
)
def test_an_envelope_of_our_own_says_nothing_of_the_target(shape: str) -> None:
    """Rule of truth 9: it is grey, unless the target built another one."""
    ours = raw('{"type": "agent_started", "data": {}}', shape)

    said = verdicts(dispatcher(ours))["CONTENT-1"]

    assert said.outcome is Outcome.UNOBSERVABLE
    assert said.reason == "every envelope was built by our own transport shape"
    assert outcome("CONTENT-1", dispatcher(ours, *call(ALICE))) is Outcome.PASS
    assert outcome("CONTENT-1", dispatcher(*call(ALICE), ours)) is Outcome.PASS


def test_a_frame_beyond_a_limit_of_ours_is_in_doubt() -> None:
    """It may be right; the option that raises the limit is named by the recorder."""
    large = raw({"too_large": "5000000 letters, over 4194304 (--max-frame)"})
    found = verdicts(dispatcher(*call(ALICE), large))["CONTENT-1"]

    assert found.outcome is Outcome.UNKNOWN
    assert found.reason == "too large: 5000000 letters, over 4194304 (--max-frame)"
    assert outcome("CONTENT-1", dispatcher(large, raw("nul"))) is Outcome.FAIL


def test_a_frame_that_reached_nobody_is_no_frame() -> None:
    """It is in the history, and nobody got it."""
    nobody: Line = (Kind.FRAME, "", None, "manager.send_to_user", "null")

    assert untold("CONTENT-1", dispatcher(nobody))
