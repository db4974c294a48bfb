"""From raw text to an Event: every envelope of the field, and never an exception."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenpath import spec
from goldenpath.dialects import COMMON, Decoded, Decoder, from_table
from goldenpath.model import Event, Status

READER = Decoder(COMMON)
words = st.text(max_size=6) | st.sampled_from([*spec.FIVE, "type", "data", "payload", "event"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)
FIELDS = sorted({path.split(".")[-1] for paths in COMMON.fields.values() for path in paths})


def read(frame: Any) -> Event:
    event = READER.read(json.dumps(frame)).event
    assert event is not None
    return event


# --- never raises ------------------------------------------------------------------------------


@given(st.text())
def test_any_text_is_read_without_raising(text: str) -> None:
    """What cannot be read is a problem in words."""
    decoded = READER.read(text)

    assert bool(decoded.problem) + bool(decoded.event) + bool(decoded.kind) == 1


@given(st.dictionaries(st.sampled_from(["type", "data", "payload", *FIELDS]), JSON), words)
def test_any_object_is_an_event_or_says_its_kind(body: dict[str, Any], word: str) -> None:
    """Whatever stands where a field is expected, an object is never a problem."""
    for frame in (body, {**body, "type": word}, {"type": word, "data": body}):
        try:
            text = json.dumps(frame, allow_nan=False)
        except ValueError:
            return
        decoded = READER.read(text)

        assert decoded.problem == "" or "not JSON" in decoded.problem
        assert (decoded.event is None) == bool(decoded.kind or decoded.problem)


@given(st.sampled_from(spec.FIVE), st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=6))
def test_an_event_with_odd_fields_is_still_that_event(kind: str, data: dict[str, Any]) -> None:
    """A field of a wrong type is taken as not said; the type stays what it is."""
    event = READER.read(json.dumps({"type": kind, "data": data})).event

    if event is not None:
        assert event.type == kind
        for text in (event.run, event.user, event.thread, event.call, event.tool):
            assert text is None or (isinstance(text, str) and text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("{'type': 'agent_started'}", "not JSON"),
        ('{"a": NaN}', "not JSON"),
        ("\ud800", "not JSON"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_what_is_no_json_is_a_problem_in_words(text: str, problem: str) -> None:
    """The problem says what came instead."""
    assert READER.read(text).problem.startswith(problem)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("[]", "(an array)"),
        ('"agent_started"', "(a string)"),
        ("true", "(a boolean)"),
        ("null", "(null)"),
        ("1", "(a number)"),
        ("1.5", "(a number)"),
    ],
)
def test_json_that_is_no_object_is_no_event(text: str, kind: str) -> None:
    """It is counted by its kind; no rule is about it (DESIGN section 9)."""
    assert READER.read(text) == Decoded(None, kind=kind)


# --- the envelopes of the field ----------------------------------------------------------------

IDS = {"run_id": "r", "user_id": "u", "thread_id": "t"}
EXECUTING = Event("tool_executing", "r", "u", "t", tool="lookup", parameters={"a": 1})

ENVELOPES = {
    "A": {
        "type": "tool_executing",
        "data": {**IDS, "tool_name": "lookup", "metadata": {"parameters": {"a": 1}}},
    },
    "A, older": {
        "type": "tool_executing",
        "data": {**IDS, "tool": "lookup", "metadata": {"parameters": {"a": 1}}},
    },
    "B": {
        "type": "tool_executing",
        **IDS,
        "agent_name": "x",
        "payload": {"tool_name": "lookup", "parameters": {"a": 1}},
    },
    "C": {
        "type": "tool_executing",
        "data": {**IDS, "tool_name": "lookup", "parameters": {"a": 1}},
    },
    "D": {
        "type": "agent_progress",
        "data": {**IDS, "event": "tool_executing", "tool_name": "lookup", "parameters": {"a": 1}},
        "correlation_id": "c",
    },
    "flat": {"type": "tool_executing", **IDS, "tool_name": "lookup", "parameters": {"a": 1}},
    "flat, event": {"event": "tool_executing", **IDS, "toolName": "lookup", "arguments": {"a": 1}},
    "camel": {
        "type": "tool_executing",
        "data": {
            "runId": "r",
            "userId": "u",
            "threadId": "t",
            "tool": "lookup",
            "params": {"a": 1},
        },
    },
}


@pytest.mark.parametrize("frame", ENVELOPES.values(), ids=ENVELOPES)
def test_every_envelope_says_the_same_event(frame: dict[str, Any]) -> None:
    """The common dialect understands them all, without being told which it is."""
    assert read(frame) == EXECUTING


@pytest.mark.parametrize("name", ["call_id", "tool_call_id", "toolCallId", "execution_id"])
@pytest.mark.parametrize("box", ["data", "payload", None])
def test_a_call_id_has_four_names(name: str, box: str | None) -> None:
    """DESIGN section 9, in whatever box."""
    body = {name: "c1"}

    assert read({"type": "tool_executing", **({box: body} if box else body)}).call == "c1"


@pytest.mark.parametrize(
    ("word", "event_type"),
    [
        *((name, name) for name in spec.FIVE),
        ("agent_failed", "agent_failed"),
        ("agent_error", "agent_failed"),
        ("agent_cancelled", "agent_cancelled"),
    ],
)
def test_each_word_for_a_type_is_known(word: str, event_type: str) -> None:
    """The five, and the other terminal forms."""
    assert read({"type": word}).type == event_type


@pytest.mark.parametrize(
    ("frame", "kind"),
    [
        ({"type": "ping"}, "ping"),
        ({"type": "connection_established", "data": {"connection_id": "c"}}, None),
        ({"type": "system_message", "data": {"event": "heartbeat"}}, "system_message"),
        ({}, "(no type)"),
        ({"type": ""}, "(no type)"),
        ({"type": None}, "(no type)"),
        ({"type": 1, "data": {"event": ["tool_executing"]}}, "(no type)"),
        ({"type": "AGENT_STARTED"}, "AGENT_STARTED"),
    ],
)
def test_what_is_no_event_is_counted_by_its_type(frame: dict[str, Any], kind: str | None) -> None:
    """Other frames are fine and are listed under what they call themselves."""
    assert READER.read(json.dumps(frame)) == Decoded(None, kind=kind or frame["type"])


# --- fields ------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [None, False, 0, "", [], {}, 0.0])
@pytest.mark.parametrize("field", ["result", "parameters", "error"])
def test_a_falsy_value_is_a_value(field: str, value: Any) -> None:
    """It is kept as it is, also where a place further on says otherwise."""
    event = read({"type": "tool_completed", "data": {field: value}, field: value})

    assert getattr(event, field) == value
    assert type(getattr(event, field)) is type(value)


def test_of_several_places_the_first_that_is_not_null_counts() -> None:
    """`data` before `payload` before the top, in whatever order the frame has them."""
    top, data = {"result": "top"}, {"data": {"result": "data"}}

    assert read({"type": "tool_completed", **top, **data}).result == "data"
    assert read({"type": "tool_completed", **data, **top}).result == "data"
    assert read({"type": "tool_completed", "data": {"result": None}, **top}).result == "top"
    assert read({"type": "tool_completed", "data": {"output": 1, "result": 2}}).result == 2


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("r", "r"),
        (7, "7"),
        (0, "0"),
        ("", None),
        (None, None),
        (True, None),
        (1.5, None),
        ([], None),
    ],
)
def test_an_id_is_a_word_or_a_whole_number(value: Any, expected: str | None) -> None:
    """Numbers are compared as text; an empty word says nothing."""
    event = read({"type": "agent_started", "run_id": value, "user_id": value, "thread_id": value})

    assert (event.run, event.user, event.thread) == (expected,) * 3


@pytest.mark.parametrize(("value", "seq"), [(3, 3), (0, 0), (True, None), ("3", None), (1.0, None)])
def test_a_sequence_number_is_a_whole_number(value: Any, seq: int | None) -> None:
    """Anything else is no number to order by."""
    assert read({"type": "agent_thinking", "data": {"seq": value}}).seq == seq


def test_only_tool_events_name_a_tool() -> None:
    """`tool` of another event is something else."""
    assert read({"type": "agent_thinking", "data": {"tool": "lookup"}}).tool is None
    assert read({"type": "tool_completed", "data": {"tool": "lookup"}}).tool == "lookup"


@pytest.mark.parametrize("name", ["reasoning", "thought", "message", "content"])
def test_a_thought_is_text(name: str) -> None:
    """It has several names; what is no text is no thought."""
    assert read({"type": "agent_thinking", "data": {name: "hm"}}).text == "hm"
    assert read({"type": "agent_thinking", "data": {name: {"a": 1}}}).text is None


# --- ids and times in several places ---------------------------------------------------------


@pytest.mark.parametrize("box", ["context", "metadata"])
@pytest.mark.parametrize("outer", ["data", "payload", None])
def test_an_id_may_stand_in_a_context_or_among_the_metadata(box: str, outer: str | None) -> None:
    """It counts where no nearer place has one, and is compared where one has."""
    inner = {box: {"run_id": "r", "user_id": "u", "threadId": "t"}}
    frame = {"type": "agent_started", **({outer: inner} if outer else inner)}
    event = read(frame)

    assert (event.run, event.user, event.thread) == ("r", "u", "t")
    assert READER.read(json.dumps({**frame, "run_id": "s"})).also == (("run", "r"),)


def test_an_empty_id_is_seen() -> None:
    """It names nobody, and stands there all the same."""
    frame = {"type": "agent_started", "run_id": "", "data": {"user_id": "", "call_id": ""}}
    decoded = READER.read(json.dumps(frame))

    assert decoded.event == Event("agent_started")
    assert sorted(decoded.also) == [("run", ""), ("user", "")]


def test_every_place_of_a_timestamp_counts() -> None:
    """Each with its number, also where both say the same; in whatever order they come."""
    for frame in (
        {"type": "agent_started", "timestamp": 1.5, "data": {"timestamp": "now"}},
        {"type": "agent_started", "data": {"timestamp": "now"}, "timestamp": 1.5},
    ):
        decoded = READER.read(json.dumps(frame))
        assert decoded.event is not None
        assert decoded.event.time == (0, "now")
        assert decoded.also == (("time", (2, 1.5)),)
    assert read({"type": "agent_started", "timestamp": 7}).time == (2, 7)
    assert read({"type": "agent_started", "timestamp": None}).time is None


# --- what is wrong with the fields ---------------------------------------------------------------


def test_what_is_wrong_with_an_event_is_told_in_words() -> None:
    """The event is read all the same; CONTENT-2 says what these mean."""
    frame = {"type": "tool_executing", "data": {"tool_name": 7, "parameters": "{}", "run_id": []}}
    decoded = READER.read(json.dumps(frame))

    assert decoded.event == Event("tool_executing", parameters="{}")
    assert set(decoded.wrong) == {
        "its tool is a number, not text",
        "its parameters is text, not object",
        "its run is a list, not text or number",
        "it has no tool",
    }


@given(st.sampled_from(["tool_executing", "tool_completed", "agent_thinking"]), JSON)
def test_every_value_has_a_type_in_words(kind: str, value: Any) -> None:
    """Whatever a field holds, nothing raises."""
    names = ("tool_name", "parameters", "status", "run_id", "reasoning", "result", "timestamp")
    text = json.dumps({"type": kind, "data": dict.fromkeys(names, value)})
    decoded = READER.read(text)

    assert (decoded.event is not None) or "Infinity" in text or "NaN" in text
    assert all(isinstance(word, str) for word in decoded.wrong)


# --- status ------------------------------------------------------------------------------------

S = Status
STATUSES = {
    S.SUCCESS: ("success", "ok", "completed", "complete", "done", "finished", "SUCCESS", True),
    S.ERROR: ("error", "failed", "failure", "Failed", False),
    S.CANCELLED: ("cancelled", "canceled", "aborted"),
    S.TIMEOUT: ("timeout", "timed_out"),
    S.PROGRESS: ("executing", "running", "whatever"),
}


@pytest.mark.parametrize(
    ("word", "status"), [(word, status) for status, words in STATUSES.items() for word in words]
)
def test_each_word_for_a_status_is_known(word: object, status: Status) -> None:
    """DESIGN section 9; any other word is progress. What is said counts more than the rest."""
    data = {"status": word, "error": "x", "result": "x"}

    assert read({"type": "tool_completed", "data": data}).status is status


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({}, None),
        ({"result": "x"}, S.SUCCESS),
        ({"result": None}, S.SUCCESS),
        ({"result": False}, S.SUCCESS),
        ({"error": "x"}, S.ERROR),
        ({"error": ""}, S.ERROR),
        ({"error": "", "result": "x"}, S.SUCCESS),
        ({"error": "x", "result": None}, S.ERROR),
        ({"error": None}, None),
        ({"error": None, "result": "x"}, S.SUCCESS),
        ({"status": None, "error": "x"}, S.ERROR),
        ({"status": "", "error": "x"}, S.ERROR),
        ({"status": 200, "result": 1}, S.SUCCESS),
        ({"metadata": {"error": "x"}}, S.ERROR),
    ],
)
def test_without_a_status_error_and_result_say_it(data: Any, status: Status | None) -> None:
    """An error that is not null means failed; a result, even null, means success."""
    assert read({"type": "tool_completed", "data": data}).status is status


@pytest.mark.parametrize("event_type", ["agent_started", "agent_thinking"])
def test_the_beginning_of_a_run_has_no_status(event_type: str) -> None:
    """`status: success` of a started agent says nothing of how it went."""
    assert read({"type": event_type, "data": {"status": "success"}}).status is None


# --- dialects of one's own ---------------------------------------------------------------------


def test_a_dialect_reads_its_own_words_and_places() -> None:
    """Types, fields and statuses of a table stand beside or before those of the common one."""
    own = {
        "type": "kind",
        "types": {"TOOL_CALL_START": "tool_executing", "TOOL_CALL_RESULT": "tool_completed"},
        "fields": {"call": "meta.id", "tool": ["meta.fn", "fn"]},
        "statuses": {"Prima": "success"},
    }
    reader = Decoder(from_table("ours", own, COMMON))
    begun = {"kind": "TOOL_CALL_START", "meta": {"id": 7, "fn": "lookup"}, "fn": "other"}
    done = {"kind": "TOOL_CALL_RESULT", "fn": "lookup", "status": "PRIMA"}

    assert reader.read(json.dumps(begun)).event == Event("tool_executing", call="7", tool="lookup")
    assert reader.read(json.dumps(done)).event == Event(
        "tool_completed", tool="lookup", status=S.SUCCESS
    )
    assert reader.read('{"type": "tool_executing"}').kind == "(no type)"


def test_two_fields_may_stand_in_one_place() -> None:
    """A place that a dialect names for a second field is still that of the first."""
    reader = Decoder(from_table("ours", {"fields": {"result": "data.content"}}, COMMON))
    event = reader.read('{"type": "tool_completed", "data": {"content": "x"}}').event

    assert event is not None
    assert (event.result, event.text, event.status) == ("x", "x", S.SUCCESS)
