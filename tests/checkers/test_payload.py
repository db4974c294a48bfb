"""CONTENT-2 and -4: the fields of an event, the tool's name and its parameters."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.build import (
    ALICE,
    BOB,
    Line,
    agent_run,
    asked,
    bare,
    completed,
    ended,
    event,
    executing,
    run,
    started,
    token_of,
    told,
    up,
)
from tests.judged import broken, findings, outcome, red, untold, verdicts
from tests.scenes import dispatcher, good

from goldenpath.dialects import COMMON, as_data, from_table
from goldenpath.model import Kind, Outcome

QUERY = {"query": token_of(ALICE)}


def shown(**data: Any) -> list[Line]:
    """A call whose announcement (entry 4) says this."""
    begun = {"tool_name": "lookup", "call_id": token_of(ALICE), "parameters": QUERY, **data}
    done = [started(ALICE), ended(ALICE), completed(ALICE), told(ALICE)]
    return dispatcher(asked(ALICE), event(ALICE, "tool_executing", **begun), *done)


# --- CONTENT-2: each event has its fields, of the right types ----------------------------------

LACKING: dict[str, tuple[Line, str]] = {
    "an announcement without a name": (
        event(ALICE, "tool_executing"),
        "tool_executing to alice: it has no tool",
    ),
    "an announcement with an empty name": (
        event(ALICE, "tool_executing", tool_name=""),
        "tool_executing to alice: it has no tool",
    ),
    "a report without a name or an id": (
        event(ALICE, "tool_completed", status="success"),
        "tool_completed to alice: it has no tool and no call",
    ),
    "a report that tells no ending": (
        event(ALICE, "tool_completed", tool_name="own"),
        "tool_completed to alice: it has no status and no error and no result",
    ),
    "parameters that are text": (
        event(ALICE, "tool_executing", tool_name="own", parameters='{"a": 1}'),
        "tool_executing to alice: its parameters is text, not object",
    ),
    "parameters that are a list": (
        event(ALICE, "tool_executing", tool_name="own", parameters=[1]),
        "tool_executing to alice: its parameters is a list, not object",
    ),
    "a status that is a list": (
        event(ALICE, "tool_completed", tool_name="own", status=["ok"], result=1),
        "tool_completed to alice: its status is a list, not text or flag",
    ),
    "a status that is a number": (
        event(ALICE, "agent_completed", status=200),
        "agent_completed to alice: its status is a number, not text or flag",
    ),
    "a thought that is an object": (
        event(ALICE, "agent_thinking", reasoning={"summary": "hm"}),
        "agent_thinking to alice: its text is an object, not text",
    ),
    "a run id that is an object": (
        event(ALICE, "agent_started", run_id={"id": 1}),
        "agent_started to alice: its run is an object, not text or number",
    ),
    "a user id that is true": (
        event(ALICE, "agent_started", user_id=True),
        "agent_started to alice: its user is true or false, not text or number",
    ),
}


@pytest.mark.parametrize(("line", "message"), LACKING.values(), ids=LACKING)
def test_an_event_that_lacks_something_or_has_it_in_the_wrong_type(
    line: Line, message: str
) -> None:
    """It says which event to whom, what it has and what it should have."""
    assert broken("CONTENT-2", dispatcher(line)) == (message, (3,))


def test_a_name_of_the_wrong_type_is_no_name_either() -> None:
    """Both are said, and CONTENT-4 misses the name too."""
    lines = shown(tool_name=7)

    assert [message for message, _ in findings("CONTENT-2", lines)] == [
        "tool_executing to alice: its tool is a number, not text",
        "tool_executing to alice: it has no tool",
    ]
    assert red(lines) == {"CONTENT-2", "CONTENT-4"}


WHOLE: dict[str, Line] = {
    "a start with nothing": bare(ALICE, "agent_started"),
    "a thought with nothing": bare(ALICE, "agent_thinking"),
    "an end with nothing": bare(ALICE, "agent_completed"),
    "a tool that takes nothing": bare(ALICE, "tool_executing", tool="own"),
    "a report by a status": bare(ALICE, "tool_completed", tool="own", status="running"),
    "a report by a flag": bare(ALICE, "tool_completed", tool="own", success=False),
    "a report by an error": bare(ALICE, "tool_completed", tool="own", error={"code": 7}),
    "a report by a result": bare(ALICE, "tool_completed", tool="own", result=None),
    "a report by a call id": bare(ALICE, "tool_completed", call_id="c-1", result=[]),
    "an id that is a number": bare(ALICE, "agent_started", user_id=7),
    "a failure with a number": bare(ALICE, "agent_error", status=500),
    "an error of a start that is an object": bare(ALICE, "agent_started", message={"a": 1}),
}


@pytest.mark.parametrize("line", WHOLE.values(), ids=WHOLE)
def test_an_event_that_has_what_it_needs(line: Line) -> None:
    """What many platforms leave out is not asked for."""
    assert outcome("CONTENT-2", dispatcher(line)) is Outcome.PASS


@pytest.mark.parametrize("shape", ["bridge", "emitter", "manager.send_event", "tap.send"])
def test_a_missing_name_is_the_targets_fault_by_every_shape(shape: str) -> None:
    """The names of the fields may be ours there, what stands in them is not."""
    text = json.dumps({"type": "tool_executing", "tool_name": None})

    assert outcome("CONTENT-2", dispatcher((Kind.FRAME, "alice/1", None, shape, text))) is (
        Outcome.FAIL
    )


def test_a_dialect_may_ask_for_more() -> None:
    """Of every event of a type: that a field is there, and its type."""
    table = {"required": {"tool_completed": {"call": "text", "result": "object"}}}
    dialect = as_data(from_table("ours", table, COMMON))
    right = completed(ALICE, result={"a": 1})
    lines = {"right": right, "no call": completed(ALICE, call_id=None, result={"a": 1})}
    lines["a text"] = completed(ALICE, result="a")

    said = {
        name: [message for message, _ in findings("CONTENT-2", dispatcher(line), dialect=dialect)]
        for name, line in lines.items()
    }
    assert said == {
        "right": [],
        "no call": ["tool_completed to alice: it has no call"],
        "a text": ["tool_completed to alice: its result is text, not object"],
    }
    assert outcome("CONTENT-2", dispatcher(lines["no call"])) is Outcome.PASS


def test_what_is_no_event_needs_no_fields() -> None:
    """It is no opportunity either."""
    assert untold("CONTENT-2", dispatcher(bare(ALICE, "notice")))


# --- CONTENT-4: the tool's name and the parameters ---------------------------------------------


def test_a_call_that_is_announced_under_another_name() -> None:
    """By its id it is known which call it is."""
    own = [executing(ALICE), *good("found"), completed(ALICE)]
    again = event(ALICE, "tool_executing", tool_name="look", call_id=token_of(ALICE))
    message, witness = findings("CONTENT-4", dispatcher(asked(ALICE), *own, again))[0]

    assert message == "tool_executing of a call of lookup names look"
    assert witness == (3, 8)


OTHER: dict[str, Any] = {
    "left out": None,
    "empty": {},
    "a part": {"query": token_of(ALICE)[:-1]},
    "one more": {**QUERY, "user_id": "id-of-alice"},
    "another": {"query": token_of(BOB)},
    "as a list": [QUERY],
    "as a text that is no JSON": "query",
}


@pytest.mark.parametrize("parameters", OTHER.values(), ids=OTHER)
def test_a_call_that_is_announced_with_other_parameters(parameters: Any) -> None:
    """What was asked, and what was said of it."""
    message, witness = broken("CONTENT-4", shown(parameters=parameters))

    assert message.startswith("lookup was called with {'query': ")
    assert f"and announced with {parameters!r}" in message
    assert witness == (3, 4)


def test_values_are_compared_with_their_types() -> None:
    """1 is not 1.0, nor true."""
    for given, said, expected in ((1, 1, Outcome.PASS), (1, 1.0, Outcome.FAIL), (1, True, "x")):
        lines = dispatcher(
            asked(ALICE, parameters={"n": given}), executing(ALICE, parameters={"n": said})
        )
        assert outcome("CONTENT-4", lines) is (expected if expected != "x" else Outcome.FAIL)


@pytest.mark.parametrize("said", [None, {}], ids=["left out", "empty"])
@pytest.mark.parametrize("given", [None, {}], ids=["none", "empty"])
def test_no_parameters_may_be_left_out(given: Any, said: Any) -> None:
    """Left out and {} are the same (DESIGN section 9)."""
    lines = dispatcher(asked(ALICE, parameters=given), executing(ALICE, parameters=said))

    assert outcome("CONTENT-4", lines) is Outcome.PASS


def test_parameters_in_a_field_that_is_not_known_are_there() -> None:
    """The dialect need not know the word for them."""
    assert outcome("CONTENT-4", shown(parameters=None, tool_input=QUERY)) is Outcome.PASS


def test_parameters_as_text_of_json_are_there_and_of_the_wrong_type() -> None:
    """That is for CONTENT-2 alone."""
    assert red(shown(parameters=json.dumps(QUERY))) == {"CONTENT-2"}


@pytest.mark.parametrize("said", [{}, {"key": "***"}, {"key": "k"}], ids=["out", "mask", "open"])
def test_declared_parameters_may_be_masked_or_left_out(said: dict[str, Any]) -> None:
    """By name; the others are still compared."""
    lines = dispatcher(
        asked(ALICE, parameters={**QUERY, "key": "k"}),
        executing(ALICE, parameters={**QUERY, **said}),
    )
    declared = {"redacts": ["key", "password"]}

    assert outcome("CONTENT-4", lines, declared=declared) is Outcome.PASS
    assert (outcome("CONTENT-4", lines) is Outcome.PASS) == (said == {"key": "k"})
    for other in ({"query": "***"}, {**QUERY, "page": 2}, "***", [QUERY["query"]]):
        wrong = shown(parameters=other)
        assert outcome("CONTENT-4", wrong, declared=declared) is Outcome.FAIL


def test_the_parameters_of_a_plan_are_known_too() -> None:
    """Of an agent, and of an endpoint that takes a plan."""
    for kind, card in (("agent", {}), ("endpoint", {"truth": "no"})):
        assert outcome("CONTENT-4", agent_run(ALICE), kind=kind, card=card) is Outcome.PASS
    lines = [up(ALICE), run(ALICE, 16), executing(ALICE, parameters={"query": "other"})]
    assert outcome("CONTENT-4", lines, kind="agent") is Outcome.FAIL


def test_what_an_endpoint_calls_of_its_own_is_grey() -> None:
    """Without a plan nobody knows what its tools were asked."""
    lines = [up(ALICE), run(ALICE, plan={}), executing(ALICE), completed(ALICE)]

    assert outcome("CONTENT-4", lines, kind="endpoint") is Outcome.UNOBSERVABLE
    assert untold("CONTENT-4", [*lines[:2], completed(ALICE)], kind="endpoint")


def test_what_a_dispatcher_shows_of_a_call_that_nobody_made_is_not_compared() -> None:
    """That there is one is for other rules."""
    assert untold("CONTENT-4", dispatcher(executing(ALICE), completed(ALICE)))


def test_an_announcement_that_names_no_tool() -> None:
    """It is known by its id."""
    message, _ = broken("CONTENT-4", shown(tool_name=None))

    assert message == "tool_executing of a call of lookup names no tool"


def test_calls_that_cannot_be_told_apart_are_in_doubt() -> None:
    """Neither red nor green, for both rules."""
    begun = bare(ALICE, "tool_executing", tool="lookup")
    done = bare(ALICE, "tool_completed", tool="lookup", status="success")
    lines = dispatcher(
        *(asked(ALICE, 16), asked(ALICE, 17), begun, begun, started(ALICE, 16)),
        *(started(ALICE, 17), ended(ALICE, 16), ended(ALICE, 17), done, done),
    )

    for rule in ("CONTENT-4", "CONTENT-6"):
        assert outcome(rule, lines) is Outcome.UNKNOWN
        assert "cannot be paired" in verdicts(lines)[rule].reason
