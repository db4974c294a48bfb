"""The dialects A to D: strict readers of the envelopes that the common one guesses."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.dialects.frames import EVENTS, NOW, RUNS
from tests.virtual import VirtualLoop

from goldenpath import builtin, spec
from goldenpath.adapters.targets import target_of
from goldenpath.campaign import Campaign
from goldenpath.choice import Choice
from goldenpath.conduct import Options
from goldenpath.dialects import DIALECTS, Decoded, Decoder
from goldenpath.dialects.model import FIELDS
from goldenpath.model import Event, Outcome

NAMES = sorted(RUNS)
READERS = {name: Decoder(DIALECTS[name]) for name in NAMES}


def read(dialect: str, frame: dict[str, Any]) -> Decoded:
    return READERS[dialect].read(json.dumps(frame))


def without(frame: dict[str, Any], path: str) -> dict[str, Any] | None:
    """The frame without what stands at this path, or None where nothing does."""
    made = copy.deepcopy(frame)
    *boxes, key = path.split(".")
    box = made
    for name in boxes:
        box = box.get(name, {})
    return None if key not in box else (box.pop(key), made)[1]


def places(dialect: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Each frame of its run, with each field that it requires there."""
    for frame, event in zip(RUNS[dialect], EVENTS[dialect], strict=True):
        for names in DIALECTS[dialect].required[event.type]:
            yield frame, names


@pytest.mark.parametrize("name", NAMES)
def test_each_event_of_the_field_is_read_as_what_it_is(name: str) -> None:
    """All five of a run, with nothing wrong with them."""
    found = [read(name, frame) for frame in RUNS[name]]

    assert [decoded.event for decoded in found] == EVENTS[name]
    assert [decoded.wrong for decoded in found] == [()] * len(spec.FIVE)


@pytest.mark.parametrize("name", NAMES)
def test_a_required_field_that_is_missing_is_wrong(name: str) -> None:
    """Each by itself, in the words of CONTENT-2."""
    checked = 0
    for frame, names in places(name):
        paths = [path for field in names.split("|") for path in DIALECTS[name].fields[field]]
        made: dict[str, Any] | None = frame
        for path in paths:
            made = without(made, path) or made if made else None
        assert made is not None
        wrong = read(name, made).wrong
        assert wrong == (f"it has no {' and no '.join(names.split('|'))}",), (frame, names)
        checked += 1

    assert checked >= 2 * len(spec.FIVE)


@pytest.mark.parametrize("name", NAMES)
def test_a_required_field_of_another_type_is_wrong(name: str) -> None:
    """Where its type is told at all."""
    for frame, names in places(name):
        for field in names.split("|"):
            path = DIALECTS[name].fields[field][0]
            if without(frame, path) is None:
                continue
            made = copy.deepcopy(frame)
            *boxes, key = path.split(".")
            box = made
            for inner in boxes:
                box = box[inner]
            box[key] = [7]
            said = " ".join(read(name, made).wrong)
            is_any = field in ("result", "error")
            assert (f"its {field} is a list" in said) is not is_any, (field, said)


def test_older_spellings_of_a_are_read() -> None:
    """`tool` for `tool_name`, `thought` for `reasoning`."""
    executing, thinking = copy.deepcopy(RUNS["a"][2]), copy.deepcopy(RUNS["a"][1])
    executing["data"]["tool"] = executing["data"].pop("tool_name")
    thinking["data"]["thought"] = thinking["data"].pop("reasoning")

    assert read("a", executing) == read("a", RUNS["a"][2])
    assert read("a", thinking) == read("a", RUNS["a"][1])


def test_a_time_at_the_top_is_one_more_place_of_a() -> None:
    """It is compared with that in `data`, and is enough alone."""
    frame = copy.deepcopy(RUNS["a"][0])
    assert read("a", frame).also == (("time", (1, NOW)),)
    del frame["data"]["timestamp"]
    decoded = read("a", frame)

    assert decoded.event is not None
    assert (decoded.event.time, decoded.wrong) == ((1, NOW), ())


@pytest.mark.parametrize("name", NAMES)
def test_a_replayed_event_is_that_event(name: str) -> None:
    """The mark is for RECOVERY-5, and changes nothing of what is read."""
    for frame in RUNS[name]:
        assert read(name, {**frame, "recovered": True}) == read(name, frame)


@pytest.mark.parametrize("word", ["agent_failed", "agent_cancelled"])
def test_a_run_may_end_otherwise(word: str) -> None:
    """With the ids and the time that every event has."""
    for name in NAMES:
        wanted = {"run", "time"} | {*DIALECTS[name].required["agent_started"]}
        assert {*DIALECTS[name].required[word]} == wanted


def test_a_wrapped_event_is_not_named_by_its_outer_type() -> None:
    """A frame of dialect D whose outer type is a word for an event is still none."""
    frame = {"type": "agent_started", "data": {"event": "heartbeat", "timestamp": 1.0}}

    assert read("d", frame) == Decoded(None, kind="heartbeat")
    assert read("d", {"type": "system_message", "data": {}}).kind == "(no type)"


@pytest.mark.parametrize("name", NAMES)
def test_a_dialect_says_what_it_is(name: str) -> None:
    """Named, told in a line, and every field that it requires has a place."""
    dialect = DIALECTS[name]

    assert dialect.name == name
    assert dialect.about
    assert {*dialect.fields} <= {*FIELDS}
    assert {*dialect.required} == {*dialect.types.values()}
    for fields in dialect.required.values():
        assert {one for names in fields for one in names.split("|")} <= {*dialect.fields}


def test_a_time_may_be_required_of_a_type() -> None:
    """Wherever it stands; what is read of it stays what it was."""
    frame = {**RUNS["c"][0], "data": {**RUNS["c"][0]["data"], "timestamp": 1.5}}
    decoded = read("c", frame)

    assert decoded.wrong == ("its time is a number, not text",)
    assert decoded.event == Event("agent_started", "r", "u", "t", time=(0, 1.5))


#: What the reference, which speaks dialect A, is asked here: every form of an end.
WORKLOADS = ("golden_path", "failing_tool", "unknown_tool", "cancelled_call", "failing_sibling")


@pytest.mark.parametrize(
    ("factory", "workloads"),
    [
        (builtin.reference_dispatcher, WORKLOADS[:-1]),
        (builtin.reference_agent, (*WORKLOADS[:2], *WORKLOADS[3:])),
        (builtin.reference_emitter, WORKLOADS[:2]),
    ],
)
def test_the_reference_speaks_a(factory: Any, workloads: tuple[str, ...]) -> None:
    """Declared to, it is as green as when nothing is declared, with every field of every event."""
    declaration = replace(factory.__goldenpath__, dialect="a")
    target = target_of("the reference", factory, declaration)
    campaign = Campaign(target, Options(loop_factory=VirtualLoop), Choice(workloads=workloads))
    report = campaign.run()
    fields = [v for v in report.verdicts if v.rule == "CONTENT-2"]

    assert campaign.facts.dialect["name"] == "a"
    assert [(v.rule, v.reason) for v in report.verdicts if v.outcome is Outcome.FAIL] == []
    assert report.exit == 0
    assert {v.outcome for v in fields} == {Outcome.PASS}
    assert len(fields) == len(workloads)
