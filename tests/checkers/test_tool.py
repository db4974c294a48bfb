"""TOOL-1 and -2: what was asked runs once, with the parameters of the call."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build import (
    ALICE,
    Line,
    answer,
    asked,
    broke,
    call,
    completed,
    ended,
    executing,
    fail,
    hung,
    invoke,
    ok,
    refused,
    run,
    started,
    stopped,
    told,
    tool,
)
from tests.judged import broken, doubted, outcome, untold, verdicts
from tests.scenes import FALSY, dispatcher, linked

from goldenpath.checkers.base import UNTRACED
from goldenpath.model import Outcome

# --- TOOL-1: an accepted call runs the tool once; a refused one never --------------------------


def test_a_call_that_runs_its_tool_twice() -> None:
    """Both starts are the witness, with the call."""
    lines = dispatcher(
        asked(ALICE), started(ALICE), ended(ALICE), started(ALICE), ended(ALICE), told(ALICE)
    )

    assert broken("TOOL-1", lines) == ("one call of lookup ran it 2 times", (3, 4, 6))


def test_a_call_that_is_accepted_and_never_runs() -> None:
    """Success without a start is a breach, with the answer as witness."""
    lines = dispatcher(asked(ALICE), told(ALICE, value=None))

    assert broken("TOOL-1", lines) == ("lookup was called with success and never ran", (3, 4))


def test_an_agent_that_skips_a_call() -> None:
    """A run that answers without one of its calls has not made it."""
    lines = linked(run(ALICE, 16, 17), started(ALICE, 16), ended(ALICE, 16), answer(ALICE))

    assert broken("TOOL-1", lines, kind="agent") == (
        "lookup was called with success and never ran",
        (1, 4),
    )


RUNS_ONCE = {
    "once": call(ALICE),
    "refused by an exception": [asked(ALICE), refused(ALICE)],
    "refused by a failed result": [asked(ALICE), refused(ALICE, by="result", type="")],
    "cancelled before it started": [asked(ALICE), hung(ALICE, why="cancelled")],
    "failed": [asked(ALICE), started(ALICE), broke(ALICE), refused(ALICE)],
    "still running at the end": [asked(ALICE), started(ALICE)],
    "neither started nor answered": [asked(ALICE)],
    "told of success before it ran": [asked(ALICE), told(ALICE), started(ALICE), ended(ALICE)],
    "started after another, ends in turn": [
        *(asked(ALICE, 16), asked(ALICE, 17), started(ALICE, 16), started(ALICE, 17)),
        *(ended(ALICE, 17), ended(ALICE, 16), told(ALICE, 17), told(ALICE, 16)),
    ],
}


@pytest.mark.parametrize("lines", RUNS_ONCE.values(), ids=RUNS_ONCE)
def test_a_tool_that_ran_at_most_once(lines: list[Line]) -> None:
    """A refusal, a failure or a cancellation is no double run and no missing one."""
    assert outcome("TOOL-1", dispatcher(*lines)) is Outcome.PASS


@pytest.mark.parametrize(
    "end", [broke(ALICE, 16), stopped(ALICE, 16)], ids=["a failed tool", "a cancelled tool"]
)
def test_an_agent_may_give_up_after(end: Line) -> None:
    """DESIGN section 9: a failing tool may end a run, so that later calls are never made."""
    lines = linked(run(ALICE, 16, 17), started(ALICE, 16), end, answer(ALICE))

    assert outcome("TOOL-1", lines, kind="agent") is Outcome.PASS


AGENTS = {
    "a model asks again for what failed": [
        *(run(ALICE, 16), started(ALICE), broke(ALICE), started(ALICE), ended(ALICE)),
        answer(ALICE),
    ],
    "a run that failed made no more calls": [run(ALICE, 16), fail(ALICE, "run")],
    "a run that is not answered yet": [run(ALICE, 16)],
}


@pytest.mark.parametrize("lines", AGENTS.values(), ids=AGENTS)
def test_a_planned_call_that_is_made_as_often_as_it_may_be(lines: list[Line]) -> None:
    """Once, again after a failure, or not at all where the run came to nothing."""
    assert outcome("TOOL-1", linked(*lines), kind="agent") is Outcome.PASS


def test_of_a_call_that_nobody_made_nothing_is_expected() -> None:
    """It is only shown."""
    for rule in ("TOOL-1", "TOOL-2"):
        assert untold(rule, dispatcher(executing(ALICE), completed(ALICE)))


def test_a_tool_that_ran_for_nobody_knows_which_call_is_not_guessed() -> None:
    """Where overlapping calls lost their canaries, which of them ran cannot be told."""
    lost = [
        tool(ALICE, what, None, **more)
        for what, more in (("started", {"parameters": {}}), ("ended", {"result": 1}))
    ]
    lines = dispatcher(
        asked(ALICE, 16), asked(ALICE, 17), *lost, *lost, told(ALICE, 16), told(ALICE, 17)
    )

    assert doubted("TOOL-1", lines) == (f"{UNTRACED}; an execution of lookup fits no single call")


# --- TOOL-2: parameters arrive unchanged -------------------------------------------------------


@pytest.mark.parametrize("value", FALSY, ids=repr)
def test_a_falsy_parameter_that_is_dropped(value: Any) -> None:
    """A parameter that is not there is not the same as one that is null, false or empty."""
    given = {"query": "x", "value": value}
    lines = dispatcher(
        asked(ALICE, parameters=given), started(ALICE, parameters={"query": "x"}), ended(ALICE)
    )
    assert broken("TOOL-2", lines) == (
        f"lookup was asked with {given!r} and started with {{'query': 'x'}}",
        (3, 4),
    )


CHANGED = {
    "a whole number became a float": ({"a": 1}, {"a": 1.0}),
    "true became 1": ({"a": True}, {"a": 1}),
    "null became empty": ({"a": None}, {"a": ""}),
    "one was added": ({"a": 1}, {"a": 1, "context": {}}),
    "an awkward name was taken": ({"context": 1, "self": 2}, {"self": 2}),
    "text was cut": ({"a": "x" * 500}, {"a": "x" * 499}),
}


@pytest.mark.parametrize(("given", "got"), CHANGED.values(), ids=CHANGED)
def test_a_parameter_that_was_changed(given: Any, got: Any) -> None:
    """By value or by type, deep inside or as a whole."""
    lines = dispatcher(asked(ALICE, parameters=given), started(ALICE, parameters=got))

    assert broken("TOOL-2", lines)[1] == (3, 4)


@pytest.mark.parametrize(
    "given",
    [*({"value": value} for value in FALSY), {}, {"self": 1, "tool_name": 2, "kwargs": {"a": []}}],
    ids=repr,
)
def test_parameters_that_arrived(given: Any) -> None:
    """Any JSON value under any name."""
    lines = dispatcher(
        asked(ALICE, parameters=given), started(ALICE, parameters=given), ended(ALICE), told(ALICE)
    )

    assert outcome("TOOL-2", lines) is Outcome.PASS


@pytest.mark.parametrize("left_out", [{"parameters": None}, {"parameters": {}}], ids=str)
def test_parameters_left_out_mean_an_empty_object(left_out: Any) -> None:
    """DESIGN section 9."""
    lines = dispatcher(asked(ALICE, **left_out), started(ALICE, parameters={}), ended(ALICE))

    assert outcome("TOOL-2", lines) is Outcome.PASS


def test_a_tool_that_worked_and_is_refused_for_its_parameters() -> None:
    """What ran before in the session can run; a refusal now is about what it was asked with."""
    lines = dispatcher(
        *call(ALICE, 16), asked(ALICE, 17, parameters={"context": 1}), refused(ALICE, 17, text="no")
    )
    message, witness = broken("TOOL-2", lines)

    assert message == (
        "lookup had run before, was asked with {'context': 1} and never started: 'no'"
    )
    assert witness == (9, 10)
    assert verdicts(lines)["TOOL-2"].opportunities == 2


REFUSED_FOR_ANOTHER_REASON = {
    "another form of call": [asked(ALICE, 17, via="dispatch"), refused(ALICE, 17)],
    "no such member": [asked(ALICE, 17), refused(ALICE, 17, by="missing")],
    "a cancelled call": [asked(ALICE, 17), hung(ALICE, 17, why="cancelled")],
    "a form of calling": [
        asked(ALICE, 17, form="keyword", via="execute_tool"),
        refused(ALICE, 17),
    ],
    "an unknown tool": [asked(ALICE, 17, tool="other"), refused(ALICE, 17)],
    "after cleanup": [
        invoke(ALICE, "cleanup"),
        ok(ALICE, "cleanup"),
        asked(ALICE, 17),
        refused(ALICE, 17),
    ],
}


@pytest.mark.parametrize(
    "lines", REFUSED_FOR_ANOTHER_REASON.values(), ids=REFUSED_FOR_ANOTHER_REASON
)
def test_a_refusal_that_is_not_about_parameters(lines: list[Line]) -> None:
    """It is another rule's question, or legitimate."""
    assert outcome("TOOL-2", dispatcher(*call(ALICE, 16), *lines)) is Outcome.PASS


def test_without_a_working_transport_a_refusal_is_for_the_rules_of_recovery() -> None:
    """One fault is told by one rule."""
    lines = [*call(ALICE, 16), asked(ALICE, 17), refused(ALICE, 17)]

    assert outcome("TOOL-2", dispatcher(*lines, transport="raising")) is Outcome.PASS
    assert outcome("TOOL-2", dispatcher(*lines)) is Outcome.FAIL
