"""CONTENT-5: the status agrees with the truth."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.build import (
    ALICE,
    Line,
    answer,
    asked,
    bare,
    broke,
    call,
    completed,
    ended,
    event,
    executing,
    fail,
    hung,
    invoke,
    lost,
    ok,
    refused,
    run,
    started,
    stopped,
    told,
    tool,
    up,
)
from tests.judged import broken, doubted, findings, outcome, untold, verdicts
from tests.scenes import LEFT, NO_ID, TRUTH, dispatcher, raw

from goldenpath.checkers.base import UNTRACED
from goldenpath.model import Finding, Outcome

# --- CONTENT-5: the status agrees with the truth -----------------------------------------------

REFUSED = refused(ALICE)

LIES = {
    "a failure as success": ([started(ALICE), broke(ALICE)], {}, "success", "failed"),
    "a cancellation as success": ([started(ALICE), stopped(ALICE)], {}, "success", "cancelled"),
    "success as an error": (TRUTH, {"status": "error"}, "error", "ended"),
    "success as a timeout": (TRUTH, {"status": "timed_out"}, "timeout", "ended"),
    "what never ran as success": ([], {}, "success", "never ran"),
    "what works on as success": ([started(ALICE)], {}, "success", "started and has no end"),
    "a failure without a status": (
        [started(ALICE), broke(ALICE)],
        {"status": None, "result": None},
        "success",
        "failed",
    ),
}


@pytest.mark.parametrize(("truth", "said", "status", "what"), LIES.values(), ids=LIES)
def test_a_status_that_is_not_true(
    truth: list[Line], said: dict[str, Any], status: str, what: str
) -> None:
    """The report and the true end are the witness."""
    lines = dispatcher(asked(ALICE), executing(ALICE), *truth, completed(ALICE, **said))
    at = 5 + len(truth)

    assert broken("CONTENT-5", lines) == (
        f"tool_completed of lookup says {status}; in truth the tool {what}",
        (at - 1, at) if truth else (at,),
    )


def test_a_planned_call_may_be_lied_about_as_well() -> None:
    """The same, of an agent's."""
    lines = [up(ALICE), run(ALICE, 16), started(ALICE), broke(ALICE), completed(ALICE)]

    assert broken("CONTENT-5", lines, kind="agent") == (
        "tool_completed of lookup says success; in truth the tool failed",
        (3, 4),
    )


def test_of_several_reports_each_is_compared_with_its_own_execution() -> None:
    """Whatever the first one said."""
    ran = [asked(ALICE), started(ALICE), ended(ALICE), started(ALICE), ended(ALICE)]
    for word in ("success", "running"):
        lines = [*ran, completed(ALICE, status=word), completed(ALICE, status="error")]

        assert broken("CONTENT-5", dispatcher(*lines))[1] == (7, 9)


def report(**said: Any) -> Line:
    return completed(ALICE, **{"result": None, **said})


TRUE: dict[str, list[Line]] = {
    "success": [*TRUTH, report()],
    "success without a status, with a falsy result": [*TRUTH, report(status=None, result=False)],
    "an error": [started(ALICE), broke(ALICE), report(status="failed")],
    "an error without a status": [
        *(started(ALICE), broke(ALICE), report(status=None, error="it broke")),
    ],
    "a cancellation": [started(ALICE), stopped(ALICE), report(status="cancelled")],
    "a cancellation, as an error": [started(ALICE), stopped(ALICE), report(status="error")],
    "a timeout": [started(ALICE), stopped(ALICE), report(status="timeout")],
    "an unknown tool": [report(status="error"), REFUSED],
    "a tool that never ran": [report(status="error")],
    "its caller was told that it failed": [*TRUTH, REFUSED, report(status="error")],
    "a second attempt went well": [started(ALICE), broke(ALICE), *TRUTH, report()],
    "each attempt for itself": [
        *(started(ALICE), broke(ALICE), report(status="error")),
        *(executing(ALICE), *TRUTH, report()),
    ],
    "each attempt for itself, late": [
        *(started(ALICE), broke(ALICE), executing(ALICE), *TRUTH),
        *(report(status="error"), report()),
    ],
}


@pytest.mark.parametrize("lines", TRUE.values(), ids=TRUE)
def test_a_status_that_is_true(lines: list[Line]) -> None:
    """A failure may be called an error, a timeout or a cancellation; attempts count each."""
    assert outcome("CONTENT-5", dispatcher(asked(ALICE), executing(ALICE), *lines)) is Outcome.PASS


def test_a_status_that_none_of_the_known_words_tells_is_in_doubt() -> None:
    """It may be right, and is no opportunity."""
    lines = [asked(ALICE), *TRUTH, completed(ALICE, status="running"), told(ALICE)]

    assert doubted("CONTENT-5", dispatcher(*lines)) == (
        "a tool_completed has a status that is none of the known words: declare it, with"
        " dialect.statuses"
    )
    assert verdicts(dispatcher(*lines))["CONTENT-5"].opportunities == 0


def test_reports_beyond_the_last_execution_are_compared_with_it() -> None:
    """Of one that ended well, here."""
    lines = [asked(ALICE), *TRUTH, completed(ALICE), completed(ALICE, status="error"), told(ALICE)]

    assert broken("CONTENT-5", dispatcher(*lines)) == (
        "tool_completed of lookup says error; in truth the tool ended",
        (5, 7),
    )


def test_reports_that_fit_several_calls_are_in_doubt() -> None:
    """Neither red nor green, whatever else was reported."""
    lines = [*call(ALICE, 15), asked(ALICE, 16), asked(ALICE, 17), *2 * [executing(ALICE, **NO_ID)]]
    for number in (16, 17):
        lines += [started(ALICE, number), ended(ALICE, number)]
    lines += [*2 * [completed(ALICE, **NO_ID)], told(ALICE, 16), told(ALICE, 17)]

    assert doubted("CONTENT-5", dispatcher(*lines)) == (
        "events of overlapping calls cannot be paired"
    )


def test_a_report_of_a_call_whose_executions_cannot_be_told_apart_is_in_doubt() -> None:
    """What it says may be the truth of another."""
    nameless = [
        tool(ALICE, what, None, **more)
        for what, more in (("started", {"parameters": {}}), ("failed", {"error": "no"}))
    ]
    lines = [*call(ALICE, 15), asked(ALICE, 16), asked(ALICE, 17), *2 * nameless]
    lines += [completed(ALICE, 16), completed(ALICE, 17), told(ALICE, 16), told(ALICE, 17)]

    assert doubted("CONTENT-5", dispatcher(*lines)) == UNTRACED


NOT_SAID = {
    "nothing": [*TRUTH, bare(ALICE, "tool_completed", tool="lookup"), told(ALICE)],
    "not reported": [*TRUTH, told(ALICE)],
    "cancelled before it was reported": [started(ALICE), hung(ALICE, why="cancelled")],
}


@pytest.mark.parametrize("lines", NOT_SAID.values(), ids=NOT_SAID)
def test_what_says_nothing_of_how_it_went_is_no_lie(lines: list[Line]) -> None:
    """Neither red nor green."""
    assert untold("CONTENT-5", dispatcher(asked(ALICE), executing(ALICE), *lines))


def test_an_event_of_no_call_is_not_compared() -> None:
    """What the target shows of its own accord has no truth of ours."""
    own = event(ALICE, "tool_completed", tool_name="own", call_id="c-1", status="success")

    assert untold("CONTENT-5", dispatcher(own))


# --- CONTENT-5 of a run: its terminal event, against what the caller was told -------------------

HELD = [run(ALICE, 16), event(ALICE, "agent_started"), executing(ALICE), started(ALICE)]

BROKEN = fail(ALICE, "run", type="RuntimeError", text="no model")

#: What the caller is told, the terminal event and what it says; and what is wrong, if anything.
ENDINGS: dict[str, tuple[Line, str, dict[str, Any], str]] = {
    "an answer, and completed": (answer(ALICE), "agent_completed", {}, ""),
    "an answer, and completed as success": (
        answer(ALICE),
        "agent_completed",
        {"status": "success"},
        "",
    ),
    "an answer, and completed as failed": (
        answer(ALICE),
        "agent_completed",
        {"status": "error"},
        "answered; its agent_completed with error",
    ),
    "an answer, and failed": (
        answer(ALICE),
        "agent_failed",
        {},
        "answered; its agent_failed with no status",
    ),
    "an exception, and failed": (BROKEN, "agent_failed", {}, ""),
    "an exception, and completed": (
        BROKEN,
        "agent_completed",
        {},
        "failed; its agent_completed with no status",
    ),
    "an exception, and completed as failed": (BROKEN, "agent_completed", {"status": "failed"}, ""),
    "given up, and cancelled": (LEFT, "agent_cancelled", {}, ""),
    "given up in a tool, and completed": (
        LEFT,
        "agent_completed",
        {"status": "success"},
        "was cancelled; its agent_completed with success",
    ),
    "past the deadline, and completed": (lost(ALICE, "run"), "agent_completed", {}, ""),
}


@pytest.mark.parametrize(("told", "event_type", "data", "wrong"), ENDINGS.values(), ids=ENDINGS)
def test_a_terminal_event_agrees_with_what_the_caller_was_told(
    told: Line, event_type: str, data: dict[str, Any], wrong: str
) -> None:
    """Success is told to both, or to neither; who heard nothing was told nothing."""
    lines = [up(ALICE), *HELD, event(ALICE, event_type, **data), told]
    found = verdicts(lines, kind="agent")["CONTENT-5"]
    expected = [Finding("CONTENT-5", f"a run of alice {wrong} says otherwise", (5, 6))]

    assert list(found.findings) == (expected if wrong else [])
    assert found.opportunities == 1


@pytest.mark.parametrize(
    "lines",
    [
        [event(ALICE, "agent_completed"), ended(ALICE), LEFT],
        [stopped(ALICE), event(ALICE, "agent_completed"), LEFT],
    ],
    ids=["its tool ended later", "its tool was stopped"],
)
def test_a_run_that_was_given_up_while_work_was_to_do_was_not_complete(lines: list[Line]) -> None:
    """Whatever became of that work."""
    found = findings("CONTENT-5", [up(ALICE), *HELD, *lines], kind="agent")

    assert [message for message, _ in found] == [
        "a run of alice was cancelled; its agent_completed with no status says otherwise"
    ]


def test_whose_end_it_is_cannot_be_told_of_runs_side_by_side() -> None:
    """Without ids; and of a run whose caller still waits nothing was told yet."""
    two = [run(ALICE, run_id=f"run-{n}") for n in (1, 2)]
    ends = [bare(ALICE, "agent_failed")] * 2

    assert untold("CONTENT-5", [up(ALICE), *two, *ends, answer(ALICE)], kind="agent")
    assert untold("CONTENT-5", [up(ALICE), run(ALICE), event(ALICE, "agent_failed")], kind="agent")


def test_a_run_that_was_given_up_after_its_last_tool_may_have_been_complete() -> None:
    """The answer and the caller's patience may end at the same moment."""
    done = [ended(ALICE), completed(ALICE), event(ALICE, "agent_completed"), LEFT]

    assert outcome("CONTENT-5", [up(ALICE), *HELD, *done], kind="agent") is Outcome.PASS


def test_a_call_that_was_given_up_may_be_reported_as_cancelled_though_its_tool_ended() -> None:
    """It was let go on to its end: both are true."""
    lines = dispatcher(
        *(asked(ALICE), executing(ALICE), started(ALICE), ended(ALICE)),
        *(completed(ALICE, status="cancelled"), hung(ALICE, why="cancelled")),
    )

    assert outcome("CONTENT-5", lines) is Outcome.PASS


def test_a_call_of_a_run_that_was_given_up_may_be_reported_so_as_well() -> None:
    """Nobody gave up the call itself."""
    done = [ended(ALICE), completed(ALICE, status="cancelled"), LEFT]

    assert outcome("CONTENT-5", [up(ALICE), *HELD, *done], kind="agent") is Outcome.PASS


CLOSING = {
    "reported as cancelled when cleanup was asked for": ("cancelled", True, Outcome.PASS),
    "reported as failed": ("error", True, Outcome.PASS),
    "reported as a success": ("success", True, Outcome.PASS),
    "reported as cancelled before it": ("cancelled", False, Outcome.FAIL),
}


@pytest.mark.parametrize(("status", "closing", "found"), CLOSING.values(), ids=CLOSING)
def test_a_call_of_a_session_that_is_cleaned_up_may_be_reported_as_cancelled(
    status: str, closing: bool, found: Outcome
) -> None:
    """Though its tool ended well: its caller is told that the session is closed."""
    cleanup = [invoke(ALICE, "cleanup"), ok(ALICE, "cleanup")]
    report = completed(ALICE, status=status, result=None)
    ends = [ended(ALICE), *cleanup, report] if closing else [ended(ALICE), report, *cleanup]
    lines = dispatcher(asked(ALICE), executing(ALICE), started(ALICE), *ends)

    assert outcome("CONTENT-5", lines) is found


def test_a_failure_is_no_success_because_the_session_ends() -> None:
    """Cleanup excuses a failure that is told, not a success."""
    lines = dispatcher(
        *(asked(ALICE), executing(ALICE), started(ALICE), invoke(ALICE, "cleanup")),
        *(stopped(ALICE), completed(ALICE, status="success"), ok(ALICE, "cleanup")),
    )

    assert outcome("CONTENT-5", lines) is Outcome.FAIL


@pytest.mark.parametrize("field", ["user_id", "run_id", "thread_id"])
@pytest.mark.parametrize("place", [{}, {"payload": {}}])
def test_every_place_of_an_id_counts(field: str, place: dict[str, Any]) -> None:
    """The right one in one place does not excuse a wrong one in another."""
    inner = {"run_id": ALICE.run_id, "thread_id": ALICE.thread_id, "user_id": ALICE.user_id}
    wrong = {"payload": {field: "x-1"}} if place else {field: "x-1"}
    text = json.dumps({"type": "tool_executing", "data": inner, **wrong})
    message, witness = broken("CONTENT-3", dispatcher(raw(text, "tap.send")))

    assert "x-1" in message
    assert witness == (3,)


def test_a_status_that_nobody_knows_is_in_doubt_at_an_endpoint_too() -> None:
    """There CONTENT-5 cannot speak of it; in process it does, and not twice."""
    lines = [up(ALICE), run(ALICE, 16), *call(ALICE)[1:5:3], completed(ALICE, status="fine")]
    lines += [raw('{"type": "ping"}', "tap.send")]
    endpoint = verdicts(lines, kind="endpoint", card={"truth": "no"})["CONTENT-1"]

    assert endpoint.outcome is Outcome.UNKNOWN
    assert "dialect.statuses" in endpoint.reason
    assert outcome("CONTENT-1", lines, kind="agent") is Outcome.PASS
    announced = executing(ALICE, status="fine")
    for other in (event(ALICE, "agent_thinking", status="fine"), announced):
        lines = [up(ALICE), run(ALICE, 16), other]
        assert outcome("CONTENT-1", lines, kind="endpoint", card={"truth": "no"}) is Outcome.PASS
