"""CONTENT-2, -4 and -6: what an event must carry, and in which form."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.build import (
    ALICE,
    BOB,
    Line,
    agent_run,
    answer,
    asked,
    bare,
    broke,
    broken,
    call,
    completed,
    ended,
    event,
    executing,
    fail,
    findings,
    lost,
    outcome,
    red,
    run,
    session,
    started,
    stopped,
    token_of,
    told,
    up,
    verdicts,
)

from goldenpath.dialects import COMMON, as_data, from_table
from goldenpath.model import NOT_JSON, Kind, Outcome

QUERY = {"query": token_of(ALICE)}


def dispatcher(*lines: Line) -> list[Line]:
    """A session of alice (entries 0 to 2), then these lines from entry 3 on."""
    return [*session(ALICE), *lines]


def shown(**data: Any) -> list[Line]:
    """A call whose announcement (entry 4) says this."""
    begun = {"tool_name": "lookup", "call_id": token_of(ALICE), "parameters": QUERY, **data}
    done = [started(ALICE), ended(ALICE), completed(ALICE), told(ALICE)]
    return dispatcher(asked(ALICE), event(ALICE, "tool_executing", **begun), *done)


def reported(truth: list[Line], **data: Any) -> list[Line]:
    """A call with this truth (from entry 5) whose report says this and nothing else."""
    done = event(ALICE, "tool_completed", tool_name="lookup", call_id=token_of(ALICE), **data)
    return dispatcher(asked(ALICE), executing(ALICE), *truth, done)


def good(result: Any) -> list[Line]:
    """The tool returned this (entry 6)."""
    return [started(ALICE), ended(ALICE, result=result)]


def bad(error: str) -> list[Line]:
    """The tool failed (entry 6)."""
    return [started(ALICE), broke(ALICE, error=error)]


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
    wrong = shown(parameters={"query": "***"})
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


# --- CONTENT-6: the result -----------------------------------------------------------------------

FOUND = {"found": token_of(ALICE)}
OBJECT = {NOT_JSON: "Opaque <Opaque>"}

TOLD: dict[str, tuple[Any, dict[str, Any]]] = {
    "as it is": (FOUND, {"result": FOUND}),
    "as output": (FOUND, {"output": FOUND}),
    "among the metadata": (FOUND, {"metadata": {"result": FOUND}}),
    "wrapped": (FOUND, {"result": {"value": FOUND}}),
    "as text of JSON": (FOUND, {"result": json.dumps(FOUND)}),
    "as text of Python": (FOUND, {"result": str(FOUND)}),
    "in a field that is not known": (FOUND, {"status": "success", "tool_output": FOUND}),
    "none as null": (None, {"result": None}),
    "none as success": (None, {"status": "success"}),
    "false": (False, {"result": False}),
    "zero": (0, {"result": 0}),
    "an empty text": ("", {"result": ""}),
    "an empty list": ([], {"result": []}),
    "an empty object": ({}, {"result": {}}),
    "with a word that is not known": (FOUND, {"status": "running", "result": FOUND}),
}


@pytest.mark.parametrize(("result", "data"), TOLD.values(), ids=TOLD)
def test_a_result_that_is_told(result: Any, data: dict[str, Any]) -> None:
    """As it is, wrapped, or as text of it."""
    assert outcome("CONTENT-6", reported(good(result), **data)) is Outcome.PASS


UNTOLD: dict[str, tuple[Any, dict[str, Any], str]] = {
    "only a status": (FOUND, {"status": "success"}, "no result"),
    "another": (FOUND, {"result": {"found": token_of(BOB)}}, repr({"found": token_of(BOB)})),
    "cut short": ("word " * 40, {"result": "word word"}, "'word word'"),
    "something for none": (None, {"result": "done"}, "'done'"),
    "an empty object for false": (False, {"result": {}}, "{}"),
    "an empty object for an empty list": ([], {"result": {}}, "{}"),
    "its type": (FOUND, {"result": "[dict]"}, "'[dict]'"),
}


@pytest.mark.parametrize(("result", "data", "has"), UNTOLD.values(), ids=UNTOLD)
def test_a_result_that_is_not_told(result: Any, data: dict[str, Any], has: str) -> None:
    """What the tool returned, and what its report has instead."""
    message, witness = broken("CONTENT-6", reported(good(result), **data))

    assert message.startswith("lookup returned ")
    assert message.endswith(f"; its tool_completed has {has}")
    assert witness == (6, 7)


@pytest.mark.parametrize("small", [False, 0, "", [], {}])
def test_a_small_result_is_missed_where_others_are_told(small: Any) -> None:
    """Where none ever is, the target may have a word of its own for it: that is in doubt."""
    lines = reported(good(small), status="success")

    assert outcome("CONTENT-6", lines) is Outcome.UNKNOWN
    assert "dialect.fields.result" in verdicts(lines)["CONTENT-6"].reason
    told_ = told(ALICE, value=small)
    assert outcome("CONTENT-6", [*lines, told_, *call(ALICE, 17)]) is Outcome.FAIL
    heard = [*session(ALICE, call(ALICE, 17)), *lines[3:], told_]
    assert outcome("CONTENT-6", heard) is Outcome.FAIL


def test_of_a_result_that_json_cannot_hold_nothing_is_asked() -> None:
    """How it is shown is for CONTENT-7 and CONTENT-1."""
    for data in ({"result": "[Opaque]"}, {"result": {NOT_JSON: "Opaque"}}, {"status": "success"}):
        assert "CONTENT-6" not in red(reported(good(OBJECT), **data))
        assert "CONTENT-6" not in red(reported(good([OBJECT]), **data))


def test_any_execution_may_be_the_one_that_is_told() -> None:
    """Of a tool that ran again after a failure."""
    truth = [*bad("it broke"), *good("found again")]

    assert "CONTENT-6" not in red(reported(truth, status="success", result="found again"))
    assert "CONTENT-6" not in red(reported(truth, status="error", error="it broke"))


@pytest.mark.parametrize("status", ["error", "timeout", "cancelled", False])
def test_a_report_of_a_failure_owes_no_result(status: Any) -> None:
    """Whether it may report one though the tool ended well is for CONTENT-5."""
    assert "CONTENT-6" not in red(reported(good(FOUND), status=status))


# --- CONTENT-6: the error ------------------------------------------------------------------------


def test_a_failure_that_is_reported_in_the_words_of_another_call() -> None:
    """Known by its canary; a report that holds the call's own as well is no mix-up."""
    text, other = f"no answer to {token_of(ALICE)}", f"no answer to {token_of(ALICE, 17)}"

    message, _ = broken("CONTENT-6", reported(bad(text), status="error", error=other))
    assert "tells the error of another call" in message
    for said in (text, f"{text}, {other}", "it broke"):
        assert "CONTENT-6" not in red(reported(bad(text), status="error", error=said))


ERRORS: dict[str, tuple[str, dict[str, Any]]] = {
    "its own words": ("it broke", {"status": "error", "error": "it broke"}),
    "other words": ("it broke", {"status": "error", "error": "something went wrong"}),
    "an object": ("it broke", {"error": {"code": 7, "message": "it broke"}}),
    "as a message": ("it broke", {"status": "failed", "message": "it broke"}),
    "as a result": ("it broke", {"status": "failed", "result": "Error: it broke"}),
    "in a field that is not known": (
        "it broke badly",
        {"status": "failed", "why": "it broke badly"},
    ),
    "no words, as a status": ("", {"status": "failed"}),
    "no words, as its type": ("", {"error": "ToolFailure"}),
}


@pytest.mark.parametrize(("text", "data"), ERRORS.values(), ids=ERRORS)
def test_an_error_that_is_told(text: str, data: dict[str, Any]) -> None:
    """In words of the tool or of the platform."""
    assert outcome("CONTENT-6", reported(bad(text), **data)) is Outcome.PASS


SILENT: dict[str, tuple[str, dict[str, Any]]] = {
    "only a status": ("it broke", {"status": "error"}),
    "an empty error": ("it broke", {"status": "error", "error": ""}),
    "success": ("it broke", {"status": "success"}),
    "no words, and success": ("", {"status": "success", "result": None}),
}


@pytest.mark.parametrize(("text", "data"), SILENT.values(), ids=SILENT)
def test_an_error_that_is_not_told(text: str, data: dict[str, Any]) -> None:
    """The true error and the report are the witness."""
    assert broken("CONTENT-6", reported(bad(text), **data)) == (
        f"lookup failed with {text!r}; its tool_completed tells no error",
        (6, 7),
    )


def test_of_a_tool_that_was_cancelled_or_never_ran_nothing_is_asked() -> None:
    """There is neither a result nor an error of it."""
    for truth in ([started(ALICE), stopped(ALICE)], []):
        lines = reported(truth, status="cancelled")
        assert outcome("CONTENT-6", lines) is Outcome.UNKNOWN


# --- CONTENT-6: the answer -----------------------------------------------------------------------

BEGIN = [up(ALICE), run(ALICE, message="Please work."), event(ALICE, "agent_started")]
PLANNED = f"This is the answer {token_of(ALICE, 99)}."


def ending(*told_: Line, planned: str = "so it is", **data: Any) -> list[Line]:
    """A run (entry 1) that ends (entry 3) with this."""
    plan = {"rounds": [], "answer": planned}
    message = f"Please work on {token_of(ALICE, 99)}."
    begin = [up(ALICE), run(ALICE, message=message, plan=plan), event(ALICE, "agent_started")]
    return [*begin, event(ALICE, "agent_completed", **data), *(told_ or (answer(ALICE),))]


ANSWERED: dict[str, tuple[str, dict[str, Any]]] = {
    "as it is": ("so it is", {"result": "so it is"}),
    "in an answer of its own": ("so it is", {"result": "I think that so it is, or so."}),
    "wrapped": ("so it is", {"result": {"answer": "so it is", "sure": True}}),
    "as a message": ("so it is", {"message": "so it is"}),
    "in a field that is not known": ("so it is", {"final_text": "so it is"}),
    "by its canary": (PLANNED, {"result": {"answer": token_of(ALICE, 99)}}),
    "beside an echo": (PLANNED, {"echo": f"Please work on {token_of(ALICE, 99)}.", "a": PLANNED}),
}


@pytest.mark.parametrize(("planned", "data"), ANSWERED.values(), ids=ANSWERED)
def test_an_answer_that_is_told(planned: str, data: dict[str, Any]) -> None:
    """As planned, or an answer of the agent's own that holds it."""
    assert outcome("CONTENT-6", ending(planned=planned, **data), kind="agent") is Outcome.PASS


UNANSWERED: dict[str, tuple[str, dict[str, Any]]] = {
    "nothing": ("so it is", {}),
    "another": ("so it is", {"result": "so it was"}),
    "only an echo of the message": (PLANNED, {"echo": f"Please work on {token_of(ALICE, 99)}."}),
}


@pytest.mark.parametrize(("planned", "data"), UNANSWERED.values(), ids=UNANSWERED)
def test_an_answer_that_is_not_told(planned: str, data: dict[str, Any]) -> None:
    """What was planned, and the end that does not hold it."""
    returned = (Kind.OK, "alice", "run-alice", "run", {"value": None})

    assert broken("CONTENT-6", ending(returned, planned=planned, **data), kind="agent") == (
        f"agent_completed of alice does not hold the answer {planned!r}",
        (1, 3),
    )


def test_what_the_run_returned_is_an_answer_too() -> None:
    """Whether it follows the plan is not asked here."""
    for value in ({"words": 7}, 0, False, ""):
        returned = (Kind.OK, "alice", "run-alice", "run", {"value": value})
        assert outcome("CONTENT-6", ending(returned, result=value), kind="agent") is Outcome.PASS
        assert outcome("CONTENT-6", ending(returned), kind="agent") is Outcome.FAIL


@pytest.mark.parametrize(
    "lines",
    [
        ending(fail(ALICE, "run", type="RuntimeError", text="no model")),
        ending(lost(ALICE, "run", why="cancelled")),
        ending(status="error"),
        [*BEGIN, event(ALICE, "agent_failed", error="no model"), answer(ALICE)],
        [*BEGIN, answer(ALICE)],
    ],
    ids=["failed", "given up", "completed as failed", "agent_failed", "no end"],
)
def test_a_run_without_an_answer_owes_none(lines: list[Line]) -> None:
    """How it ended is for CONTENT-5 and DELIVERY-4."""
    assert outcome("CONTENT-6", lines, kind="agent") is Outcome.UNKNOWN


def test_of_several_ends_one_holds_the_answer() -> None:
    """That there are several is for ORDER-2."""
    lines = ending(event(ALICE, "agent_completed", result="so it is"), answer(ALICE))

    assert "CONTENT-6" not in red(lines, kind="agent")


def test_without_a_plan_the_answer_is_not_known() -> None:
    """A live endpoint answers what it likes."""
    lines = [up(ALICE), run(ALICE, plan={}), event(ALICE, "agent_completed", result="hello")]

    assert outcome("CONTENT-6", lines, kind="endpoint") is Outcome.UNOBSERVABLE


def test_only_events_that_are_the_targets_own_owe_anything() -> None:
    """What our adapter stamps proves nothing, and breaks nothing (rule of truth 9)."""
    made = {"events": {"tool_completed": "synthesised"}}

    assert "CONTENT-6" not in red(reported(good(FOUND), status="success"), **made)
    assert "CONTENT-6" not in red(ending(), kind="agent", events={"agent_completed": "absent"})
