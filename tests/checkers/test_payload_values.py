"""CONTENT-6: the result, the error and the answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.build import (
    ALICE,
    BOB,
    Line,
    answer,
    asked,
    bare,
    broke,
    call,
    event,
    executing,
    fail,
    lost,
    run,
    session,
    started,
    stopped,
    token_of,
    told,
    up,
)
from tests.judged import broken, doubted, outcome, red, untold, verdicts
from tests.scenes import dispatcher, good

from goldenpath.checkers.same import shown
from goldenpath.model import NOT_JSON, Kind, Outcome


def reported(truth: list[Line], **data: Any) -> list[Line]:
    """A call with this truth (from entry 5) whose report says this and nothing else."""
    done = event(ALICE, "tool_completed", tool_name="lookup", call_id=token_of(ALICE), **data)
    return dispatcher(asked(ALICE), executing(ALICE), *truth, done)


def bad(error: str) -> list[Line]:
    """The tool failed (entry 6)."""
    return [started(ALICE), broke(ALICE, error=error)]


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

    assert message == f"lookup returned {shown(result)}; its tool_completed has {has}"
    assert witness == (6, 7)


@pytest.mark.parametrize("small", [False, 0, "", [], {}])
def test_a_small_result_is_missed_where_others_are_told(small: Any) -> None:
    """Where none ever is, the target may have a word of its own for it: that is in doubt."""
    lines = reported(good(small), status="success")

    assert outcome("CONTENT-6", lines) is Outcome.UNKNOWN
    assert "dialect.fields.result" in verdicts(lines)["CONTENT-6"].reason
    told_ = told(ALICE, value=small)
    assert broken("CONTENT-6", [*lines, told_, *call(ALICE, 17)]) == (
        f"lookup returned {small!r}; its tool_completed has no result",
        (6, 7),
    )
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
    assert broken("CONTENT-6", reported(truth, status="success")) == (
        "lookup returned 'found again'; its tool_completed has no result",
        (8, 9),
    )
    assert broken("CONTENT-6", reported(truth, status="error")) == (
        "lookup failed with 'it broke'; its tool_completed tells no error",
        (6, 9),
    )


@pytest.mark.parametrize("status", ["error", "timeout", "cancelled", False])
def test_a_report_of_a_failure_owes_no_result(status: Any) -> None:
    """Whether it may report one though the tool ended well is for CONTENT-5."""
    assert untold("CONTENT-6", reported(good(FOUND), status=status))
    assert outcome("CONTENT-6", reported(good(FOUND), status=status, result=FOUND)) is Outcome.PASS


def test_what_a_planned_call_returned_is_known_too() -> None:
    """The same, for an agent; of what nobody asked for nothing is."""
    ran = [up(ALICE), run(ALICE, 16), *reported(good(FOUND), result="another")[4:]]
    strange = dispatcher(*reported(good(FOUND), result="another")[4:])

    assert broken("CONTENT-6", ran, kind="agent")[1] == (4, 5)
    assert untold("CONTENT-6", strange)


# --- CONTENT-6: the error ------------------------------------------------------------------------

ERRORS: dict[str, tuple[str, dict[str, Any]]] = {
    "its own words": ("it broke", {"status": "error", "error": "it broke"}),
    "other words": ("it broke", {"status": "error", "error": "something went wrong"}),
    "an object": ("it broke", {"error": {"code": 7, "message": "it broke"}}),
    "as a message": ("it broke", {"status": "failed", "message": "it broke"}),
    "as a message in other words": ("it broke", {"status": "failed", "message": "oh dear"}),
    "as a result": ("it broke", {"status": "failed", "result": "Error: it broke"}),
    "as a result in other words": ("it broke", {"status": "failed", "result": "oh dear"}),
    "in a field that is not known": (
        "it broke badly",
        {"status": "failed", "why": "it broke badly"},
    ),
    "as a number": ("it broke", {"status": "failed", "error": 7}),
    "its own words, in a result": (
        "it broke badly",
        {"status": "failed", "result": {"took_ms": 3, "said": "it broke badly"}},
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
    "a blank error": ("it broke", {"status": "error", "error": " "}),
    "that there is an error": ("it broke", {"error": True}),
    "a result without words": ("it broke", {"status": "error", "result": {"took_ms": [3, " "]}}),
    "a result that is true": ("it broke", {"status": "error", "result": True}),
    "success": ("it broke", {"status": "success"}),
    "a short word, somewhere": ("broke", {"status": "error", "note": "broke"}),
    "no words, and success": ("", {"status": "success", "result": None}),
}


@pytest.mark.parametrize(("text", "data"), SILENT.values(), ids=SILENT)
def test_an_error_that_is_not_told(text: str, data: dict[str, Any]) -> None:
    """The true error and the report are the witness."""
    assert broken("CONTENT-6", reported(bad(text), **data)) == (
        f"lookup failed with {text!r}; its tool_completed tells no error",
        (6, 7),
    )


def test_words_in_a_result_may_be_the_error() -> None:
    """Where they are not the tool's nobody knows; a dialect can tell."""
    lines = reported(bad("it broke"), status="error", result={"took_ms": 3, "why": "oh dear"})

    assert "dialect.fields.error" in doubted("CONTENT-6", lines)


def test_a_message_that_comes_with_every_report_is_no_error() -> None:
    """It is said of a tool that worked as well, before or after."""
    failed = reported(bad("it broke"), status="error", message="done")
    worked = reported(good(FOUND), status="success", result=FOUND, message="done")

    assert outcome("CONTENT-6", failed) is Outcome.PASS
    for lines, witness in (
        ([*failed, told(ALICE), *worked[3:]], (6, 7)),
        ([*worked, told(ALICE), *failed[3:]], (12, 13)),
    ):
        assert broken("CONTENT-6", lines) == (
            "lookup failed with 'it broke'; its tool_completed tells no error, but 'done', as where"
            " a tool worked",
            witness,
        )
    own = reported(bad("it broke"), status="error", message="done", error="oh dear")
    assert outcome("CONTENT-6", [*own, told(ALICE), *worked[3:]]) is Outcome.PASS


def test_of_a_tool_that_was_cancelled_or_never_ran_nothing_is_asked() -> None:
    """There is neither a result nor an error of it."""
    for truth in ([started(ALICE), stopped(ALICE)], []):
        assert untold("CONTENT-6", reported(truth, status="cancelled"))
        assert untold("CONTENT-6", reported(truth, status="success"))


def test_of_calls_that_never_ran_nothing_is_asked_though_they_overlap() -> None:
    """Whichever is meant."""
    shown_ = [bare(ALICE, name, tool="lookup") for name in ("tool_executing", "tool_completed")]
    lines = [asked(ALICE, 16), asked(ALICE, 17), *2 * shown_[:1], *2 * shown_[1:]]

    assert untold("CONTENT-6", dispatcher(*lines))


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
    assert untold("CONTENT-6", lines, kind="agent")


def test_a_run_whose_caller_still_waits_owes_its_answer() -> None:
    """Its event came first."""
    assert outcome("CONTENT-6", ending(result="so it is")[:4], kind="agent") is Outcome.PASS
    assert outcome("CONTENT-6", ending()[:4], kind="agent") is Outcome.FAIL


def test_whose_answer_it_is_cannot_be_told_of_runs_side_by_side() -> None:
    """Without ids."""
    two = [run(ALICE, run_id=f"run-{n}") for n in (1, 2)]
    ends = [bare(ALICE, "agent_completed", result="another")] * 2

    assert doubted("CONTENT-6", [up(ALICE), *two, *ends], kind="agent") == (
        "events of runs that were open side by side cannot be told apart"
    )
    assert untold("CONTENT-6", [up(ALICE), *two, bare(ALICE, "agent_started")], kind="agent")


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


def test_a_failure_that_is_reported_in_the_words_of_another_call() -> None:
    """Known by its canary; a report that holds the call's own as well is no mix-up."""
    text, other = f"no answer to {token_of(ALICE)}", f"no answer to {token_of(ALICE, 17)}"

    message, _ = broken("CONTENT-6", reported(bad(text), status="error", error=other))
    assert "tells the error of another call" in message
    for said in (text, f"{text}, {other}", "it broke"):
        assert "CONTENT-6" not in red(reported(bad(text), status="error", error=said))
