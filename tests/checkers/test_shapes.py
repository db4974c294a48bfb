"""CONTENT-8 over histories made by hand: what is a change, and what is not compared."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.build import ALICE, Line, agent_run, call, session
from tests.judged import red, verdicts

from goldenpath import rulebook
from goldenpath.checkers.shapes import SOMETIMES, Shapes
from goldenpath.dialects import COMMON, Decoder
from goldenpath.model import Kind, Outcome, Verdict

UPDATE = 'goldenpath baseline update mine --shapes --reason "..."'
KEYS = {"opaque": ["error", "parameters", "result"], "any": ["result"], "update": UPDATE}
READER = Decoder(COMMON)
RUN = agent_run(ALICE)
FRAMES = [number for number, line in enumerate(RUN) if line[0] is Kind.FRAME]


def shape(lines: Iterable[Line]) -> dict[str, dict[str, str]]:
    shapes = Shapes(KEYS["opaque"], KEYS["any"])
    for number, line in enumerate(lines):
        event = READER.read(line[4]).event if line[0] is Kind.FRAME else None
        if event is not None:
            shapes.take(event, json.loads(line[4]), number)
    return shapes.shape()


def asked(golden: Mapping[str, Any]) -> dict[str, Any]:
    return {"kind": "agent", "shapes": {**KEYS, "events": golden}}


def judged(lines: Iterable[Line], golden: Mapping[str, Any] | None = None) -> Verdict:
    more = asked(shape(RUN) if golden is None else golden)
    return verdicts(lines, **more)["CONTENT-8"]


def changed(number: int, body: dict[str, Any]) -> list[Line]:
    lines: list[Any] = list(RUN)
    lines[number] = (*RUN[number][:4], json.dumps(body))
    return lines


def body(number: int) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(RUN[number][4])
    return made


def test_the_same_shape_passes_with_every_event_counted() -> None:
    """Other values are no change."""
    verdict = judged(RUN)

    assert (verdict.outcome, verdict.opportunities) == (Outcome.PASS, len(FRAMES))
    assert judged(agent_run(ALICE, 5)).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"extra": 1}, "agent_completed success: data.extra was added, number"),
        ({"seq": "3"}, "agent_completed success: data.seq was retyped: expected number, got text"),
        ({"seq": None}, "agent_completed success: data.seq was retyped: expected number, got null"),
        ({"box": {"a": 1}}, "agent_completed success: data.box was added, object"),
    ],
)
def test_a_change_is_named_field_by_field(data: dict[str, Any], said: str) -> None:
    """With the frame that shows it and what takes it in; what is in a new box not once more."""
    frame = body(FRAMES[-1])
    frame["data"] |= data
    verdict = judged(changed(FRAMES[-1], frame))

    assert [finding.message for finding in verdict.findings] == [
        f"{said}; if that is meant: {UPDATE}"
    ]
    assert verdict.findings[0].witness == (FRAMES[-1],)


def test_what_is_gone_is_named_and_what_comes_only_sometimes_too() -> None:
    """Of all frames of a kind, or of one of two."""
    last, executing = body(FRAMES[-1]), body(FRAMES[2])
    del last["data"]["seq"], executing["data"]["seq"]

    assert "data.seq was removed, expected number" in judged(changed(FRAMES[-1], last)).reason
    assert "data.seq is no longer always there" in judged(changed(FRAMES[2], executing)).reason


def test_what_was_only_sometimes_there_may_be_missing() -> None:
    """And may not be of another type."""
    golden = copy.deepcopy(shape(RUN))
    golden["agent_completed success"]["data.extra"] = f"number or text{SOMETIMES}"
    frame = body(FRAMES[-1])
    frame["data"]["extra"] = "x"
    other = {**frame, "data": {**frame["data"], "extra": True}}

    assert judged(RUN, golden).outcome is Outcome.PASS
    assert judged(changed(FRAMES[-1], frame), golden).outcome is Outcome.PASS
    assert "expected number or text, got flag" in judged(changed(FRAMES[-1], other), golden).reason


def test_what_tools_take_and_give_is_their_own() -> None:
    """Keys of parameters and of results are no fields, nor is the type of a result."""
    executing, completed = body(FRAMES[2]), body(FRAMES[3])
    executing["data"]["parameters"]["more"] = [{"deep": 1}]
    completed["data"]["result"] = [1, {"other": None}]

    assert judged(changed(FRAMES[2], executing)).outcome is Outcome.PASS
    assert judged(changed(FRAMES[3], completed)).outcome is Outcome.PASS


def test_a_kind_that_was_not_stored_is_not_compared() -> None:
    """A failure looks otherwise than a success, and counts as none."""
    golden = {k: v for k, v in shape(RUN).items() if k != "tool_completed success"}
    failed = {"tool_completed error": {"type": "text"}}
    verdict = judged(RUN, golden | failed)

    assert (verdict.outcome, verdict.opportunities) == (Outcome.PASS, len(FRAMES) - 2)
    assert verdict.statistics["kinds without a golden shape"] == 1
    assert judged(RUN, failed).outcome is Outcome.UNKNOWN


def test_events_that_no_longer_say_how_things_went_are_in_doubt() -> None:
    """Their kind is another then, and must not fall out of sight."""
    completed = body(FRAMES[3])
    del completed["data"]["status"], completed["data"]["result"]
    verdict = judged(changed(FRAMES[3], completed))

    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.reason == "tool_completed: its events no longer say how things went"


def test_without_being_asked_for_it_is_not_run() -> None:
    """As PERF-1."""
    verdict = verdicts(RUN, kind="agent")["CONTENT-8"]

    assert (verdict.outcome, verdict.reason) == (Outcome.NOT_RUN, rulebook.ON_REQUEST["CONTENT-8"])


def test_an_absent_shape_is_unknown_and_says_what_makes_one() -> None:
    """Asked for and not there is no pass."""
    shapes = {**KEYS, "problem": "there are no golden shapes base/shapes/mine.json"}
    verdict = verdicts(RUN, kind="agent", shapes=shapes)["CONTENT-8"]

    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.reason == f"{shapes['problem']}; to make one: {UPDATE}"


def test_an_envelope_of_ours_says_nothing() -> None:
    """Rule of truth 9; nor do events that we worded."""
    lines: list[Any] = [
        (*line[:3], "bridge", line[4]) if line[0] is Kind.FRAME else line
        for line in session(ALICE, call(ALICE))
    ]
    golden = {**KEYS, "events": shape(RUN)}
    ours = verdicts(lines, shapes=golden)["CONTENT-8"]
    worded = verdicts(RUN, kind="agent", shapes=golden, declared={"shape": "manager"})["CONTENT-8"]

    assert (ours.outcome, ours.opportunities) == (Outcome.UNOBSERVABLE, 0)
    assert worded.outcome is Outcome.UNOBSERVABLE


@settings(max_examples=60)
@given(
    st.sampled_from(FRAMES),
    st.sampled_from(["added", "removed", "retyped"]),
    st.sampled_from(["note", "span", "x"]),
    st.sampled_from([1, "x", True, None, [1], {"a": 1}]),
)
def test_one_changed_field_turns_this_rule_red_and_no_other(
    number: int, how: str, name: str, value: Any
) -> None:
    """A field that no other rule asks for: nothing else notices."""
    before: list[Any] = list(RUN)
    for each in FRAMES:
        frame = body(each)
        frame["data"]["origin"] = 7
        before[each] = (*RUN[each][:4], json.dumps(frame))
    after, frame = list(before), json.loads(before[number][4])
    if how == "removed":
        del frame["data"]["origin"]
    elif how == "added":
        frame["data"][name] = value
    else:
        frame["data"]["origin"] = str(value) if value == 1 else value
    after[number] = (*before[number][:4], json.dumps(frame))
    golden = asked(shape(before))

    assert red(before, **golden) == set()
    assert red(after, **golden) == {"CONTENT-8"}
