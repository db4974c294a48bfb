"""TOOL: what really ran, against what was asked and what the caller was told."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build import (
    ALICE,
    BOB,
    Line,
    answer,
    asked,
    broke,
    broken,
    call,
    completed,
    ended,
    event,
    executing,
    fail,
    findings,
    hung,
    invoke,
    ok,
    outcome,
    red,
    refused,
    run,
    session,
    started,
    stopped,
    token_of,
    told,
    tool,
    up,
)

from goldenpath.model import Outcome

FALSY: list[Any] = [None, False, 0, 0.0, "", [], {}]


def dispatcher(*lines: Line, **more: Any) -> list[Line]:
    """A session of alice (entries 0 to 2), then these lines from entry 3 on."""
    return [*session(ALICE, **more), *lines]


def agent(*lines: Line) -> list[Line]:
    return [up(ALICE), *lines]


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
    lines = agent(run(ALICE, 16, 17), started(ALICE, 16), ended(ALICE, 16), answer(ALICE))

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
    lines = agent(run(ALICE, 16, 17), started(ALICE, 16), end, answer(ALICE))

    assert outcome("TOOL-1", lines, kind="agent") is Outcome.PASS


def test_a_tool_that_ran_for_nobody_knows_which_call_is_not_guessed() -> None:
    """Where overlapping calls lost their canaries, which of them ran cannot be told."""
    lost = [
        tool(ALICE, what, None, **more)
        for what, more in (("started", {"parameters": {}}), ("ended", {"result": 1}))
    ]
    lines = dispatcher(
        asked(ALICE, 16), asked(ALICE, 17), *lost, *lost, told(ALICE, 16), told(ALICE, 17)
    )

    assert outcome("TOOL-1", lines) is Outcome.UNKNOWN


# --- TOOL-2: parameters arrive unchanged -------------------------------------------------------


@pytest.mark.parametrize("value", FALSY, ids=repr)
def test_a_falsy_parameter_that_is_dropped(value: Any) -> None:
    """A parameter that is not there is not the same as one that is null, false or empty."""
    given = {"query": "x", "value": value}
    lines = dispatcher(
        asked(ALICE, parameters=given), started(ALICE, parameters={"query": "x"}), ended(ALICE)
    )
    message, witness = broken("TOOL-2", lines)

    assert message.startswith(f"lookup was asked with {given!r} and started with")
    assert witness == (3, 4)


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


REFUSED_FOR_ANOTHER_REASON = {
    "another form of call": [asked(ALICE, 17, via="dispatch"), refused(ALICE, 17)],
    "no such member": [asked(ALICE, 17), refused(ALICE, 17, by="missing")],
    "a cancelled call": [asked(ALICE, 17), hung(ALICE, 17, why="cancelled")],
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


# --- TOOL-3: the result comes back unchanged ---------------------------------------------------


@pytest.mark.parametrize("result", FALSY, ids=repr)
def test_a_falsy_result_that_became_another(result: Any) -> None:
    """None, False, 0, "", [] and {} are not the same."""
    for other in (value for value in FALSY if repr(value) != repr(result)):
        lines = dispatcher(*call(ALICE, result=result, returned=other))

        assert broken("TOOL-3", lines) == (
            f"lookup returned {result!r} and its caller got {other!r}",
            (6, 8),
        )


@pytest.mark.parametrize(
    "result", [*FALSY, {"success": False}, {"error": "x"}, ["x" * 9999], {"a": {"b": [None]}}]
)
def test_a_result_that_came_back(result: Any) -> None:
    """Falsy, large or deep, and also where it looks like a failure."""
    assert outcome("TOOL-3", dispatcher(*call(ALICE, result=result))) is Outcome.PASS


def test_a_tool_that_succeeded_and_whose_caller_was_told_that_it_failed() -> None:
    """The result is lost, and the reason given is shown."""
    lines = dispatcher(
        asked(ALICE), started(ALICE), ended(ALICE), refused(ALICE, type="ValueError", text="odd")
    )

    assert broken("TOOL-3", lines) == (
        "lookup returned 'found' and its caller was told that it failed: odd",
        (5, 6),
    )


RESULTS_THAT_CANNOT_BE_COMPARED = {
    "the caller gave up": [
        asked(ALICE),
        started(ALICE),
        ended(ALICE),
        hung(ALICE, why="cancelled"),
    ],
    "the tool failed": [asked(ALICE), started(ALICE), broke(ALICE), refused(ALICE)],
    "it ran again and failed": [
        *(asked(ALICE), started(ALICE), ended(ALICE), started(ALICE), broke(ALICE)),
        refused(ALICE, text="it broke"),
    ],
    "it was never answered": [asked(ALICE), started(ALICE), ended(ALICE)],
}


@pytest.mark.parametrize(
    "lines", RESULTS_THAT_CANNOT_BE_COMPARED.values(), ids=RESULTS_THAT_CANNOT_BE_COMPARED
)
def test_without_a_result_at_both_ends_there_is_no_opportunity(lines: list[Line]) -> None:
    """Nothing to compare is not a pass."""
    assert outcome("TOOL-3", dispatcher(*lines)) is Outcome.UNKNOWN
    assert outcome("TOOL-3", dispatcher(*call(ALICE, 17), *lines)) is Outcome.PASS


@pytest.mark.parametrize("returned", [1, 2])
def test_of_a_tool_that_ran_twice_either_result_is_right(returned: int) -> None:
    """That it ran twice is TOOL-1; nothing was changed on the way."""
    lines = dispatcher(
        *(asked(ALICE), started(ALICE), ended(ALICE, result=1), started(ALICE)),
        *(ended(ALICE, result=2), told(ALICE, value=returned)),
    )

    assert outcome("TOOL-3", lines) is Outcome.PASS
    assert outcome("TOOL-1", lines) is Outcome.FAIL


@pytest.mark.parametrize("transport", ["absent", "raising"])
def test_with_a_broken_transport_it_is_the_rule_of_recovery(transport: str) -> None:
    """One fault is told by one rule."""
    lines = dispatcher(asked(ALICE), started(ALICE), ended(ALICE), refused(ALICE))

    assert "TOOL-3" not in red([*session(ALICE, transport=transport), *lines[3:]])


# --- TOOL-4: a tool that fails is not told as a success ----------------------------------------


@pytest.mark.parametrize("value", [None, "", {"error": "it broke"}, False])
def test_a_failure_that_is_told_as_success(value: Any) -> None:
    """Whatever the value says: the outcome was a success."""
    lines = dispatcher(asked(ALICE), started(ALICE), broke(ALICE), told(ALICE, value=value))

    assert broken("TOOL-4", lines) == (
        f"lookup failed and its caller was told that it succeeded, with {value!r}",
        (5, 6),
    )


FAILURES_TOLD = {
    "by an exception": refused(ALICE, type="ToolFailure", text="it broke"),
    "by a failed result": refused(ALICE, by="result", type="", text="it broke"),
}


@pytest.mark.parametrize("told_so", FAILURES_TOLD.values(), ids=FAILURES_TOLD)
def test_a_failure_that_is_told_as_one(told_so: Line) -> None:
    """An exception and a failed result are both right."""
    lines = dispatcher(asked(ALICE), started(ALICE), broke(ALICE), told_so)

    assert outcome("TOOL-4", lines) is Outcome.PASS


def test_a_failure_that_is_told_in_the_words_of_another_call() -> None:
    """Known by the canary of that call; words that hold their own as well are no mix-up."""
    mine, other = token_of(ALICE), token_of(ALICE, 17)
    failed = [asked(ALICE), started(ALICE), broke(ALICE, error=f"no answer to {mine}")]
    told_wrong = refused(ALICE, text=f"no answer to {other}")

    message, witness = broken("TOOL-4", dispatcher(*failed, told_wrong))
    assert message.startswith(f"lookup failed with 'no answer to {mine}' and its caller was told")
    assert witness == (5, 6)
    for text in (f"{mine} after {other}", "it broke", f"no answer to {mine}"):
        assert outcome("TOOL-4", dispatcher(*failed, refused(ALICE, text=text))) is Outcome.PASS


def test_a_failure_that_was_tried_again_and_went_well() -> None:
    """The caller was told the truth of the last attempt; that there were two is TOOL-1's matter."""
    lines = dispatcher(
        *(asked(ALICE), executing(ALICE), started(ALICE), broke(ALICE), started(ALICE)),
        *(ended(ALICE), completed(ALICE), told(ALICE)),
    )

    assert red(lines) == {"TOOL-1"}


def test_a_success_that_was_followed_by_a_failure() -> None:
    """Whoever runs it again and fails has failed, unless the caller gets the first result."""
    lines = dispatcher(
        *(asked(ALICE), started(ALICE), ended(ALICE), started(ALICE), broke(ALICE)),
        told(ALICE, value=None),
    )

    assert "TOOL-4" in red(lines)


# --- TOOL-5: an unknown tool gives a failed outcome that names it ------------------------------


def unknown(*how: Line) -> list[Line]:
    """Beside a call that works (entries 3 to 8), one of a tool that is not there (9, 10)."""
    return dispatcher(*call(ALICE, 16), asked(ALICE, 17, tool="no_such"), *how)


BAD_ANSWERS = {
    "success": (
        told(ALICE, 17, value=None),
        "the unknown tool no_such was called with success",
    ),
    "no name": (
        refused(ALICE, 17, type="KeyError", text="not there"),
        "the unknown tool no_such was refused without naming it",
    ),
    "an accident": (
        refused(ALICE, 17, type="AttributeError", text="None of no_such"),
        "the unknown tool no_such was not refused but ran into AttributeError",
    ),
}


@pytest.mark.parametrize(("how", "message"), BAD_ANSWERS.values(), ids=BAD_ANSWERS)
def test_an_unknown_tool_that_is_not_refused_by_name(how: Line, message: str) -> None:
    """Success, a refusal that does not say what is unknown, and a crash are none."""
    said, witness = broken("TOOL-5", unknown(how))

    assert said.startswith(message)
    assert witness == (9, 10)


GOOD_ANSWERS = {
    "an exception": refused(ALICE, 17, type="LookupError", text="there is no tool no_such"),
    "a failed result": refused(ALICE, 17, by="result", type="", text="no_such is unknown"),
    "in other letters": refused(ALICE, 17, type="LookupError", text="NO_SUCH is not there"),
    "a failed result, named in its value": refused(
        ALICE, 17, by="result", type="", text="unknown", value={"tool": "no_such"}
    ),
}


@pytest.mark.parametrize("how", GOOD_ANSWERS.values(), ids=GOOD_ANSWERS)
def test_an_unknown_tool_that_is_refused_by_name(how: Line) -> None:
    """By an exception or a failed result alike."""
    assert outcome("TOOL-5", unknown(how)) is Outcome.PASS


def test_a_refusal_without_a_control_beside_it_counts_for_nothing() -> None:
    """Rule of truth 6: who refuses everything has not refused the unknown tool."""
    how = refused(ALICE, 17, text="there is no tool no_such")
    lines = dispatcher(asked(ALICE, 17, tool="no_such"), how)

    assert outcome("TOOL-5", lines) is Outcome.UNKNOWN


def test_the_control_must_be_of_the_same_user() -> None:
    """That bob's calls work says nothing of alice's session."""
    lines = [
        *session(BOB, call(BOB)),
        *dispatcher(asked(ALICE, 17, tool="no_such"), refused(ALICE, 17, text="no_such")),
    ]

    assert outcome("TOOL-5", lines) is Outcome.UNKNOWN


def test_a_tool_registered_later_is_known() -> None:
    """From its registration on."""
    lines = dispatcher(
        *call(ALICE, 16),
        invoke(ALICE, "register", tool="late"),
        ok(ALICE, "register"),
        *(asked(ALICE, 17, tool="late"), started(ALICE, 17), ended(ALICE, 17), told(ALICE, 17)),
    )

    assert "TOOL-5" not in red(lines)


def test_after_cleanup_every_call_is_refused_for_another_reason() -> None:
    """Then the message need not name the tool."""
    lines = dispatcher(
        *call(ALICE, 16),
        *(invoke(ALICE, "cleanup"), ok(ALICE, "cleanup")),
        *(asked(ALICE, 17, tool="no_such"), refused(ALICE, 17, text="closed")),
    )

    assert "TOOL-5" not in red(lines)


def test_an_agents_tool_that_runs_twice_behind_the_users_back() -> None:
    """The planned call is one, however the agent came to make it again."""
    lines = agent(
        run(ALICE, 16),
        event(ALICE, "agent_started"),
        *(started(ALICE), ended(ALICE), started(ALICE), ended(ALICE)),
        answer(ALICE),
    )

    assert broken("TOOL-1", lines, kind="agent")[1] == (1, 3, 5)


def test_a_call_that_its_dispatcher_lacks_is_no_call() -> None:
    """A missing member is API-1's finding alone."""
    lines = dispatcher(
        *call(ALICE, 16),
        asked(ALICE, 17, via="dispatch"),
        fail(ALICE, "execute", "call-alice-17", by="missing", type="", text="there is no dispatch"),
    )

    assert red(lines) == set()


def test_a_tool_that_was_cancelled_is_no_success() -> None:
    """Whoever cancelled it: its caller had not given up."""
    lines = [*session(ALICE), asked(ALICE), started(ALICE), stopped(ALICE), told(ALICE, value=None)]

    assert broken("TOOL-4", lines)[0].startswith(
        "lookup was cancelled and its caller was told that it succeeded"
    )


def test_a_tool_that_failed_may_be_refused_for_that() -> None:
    """A breaker that opens after failures does not look at the parameters."""
    first = [asked(ALICE), started(ALICE), broke(ALICE), refused(ALICE, text="it broke")]
    lines = [*session(ALICE), *first, asked(ALICE, 17), refused(ALICE, 17, text="circuit open")]

    assert outcome("TOOL-2", lines) is Outcome.PASS


def test_the_control_of_an_unknown_tool_goes_through_the_same_member() -> None:
    """A member through which nothing works refuses everything alike."""
    lines = [
        *session(ALICE, call(ALICE)),
        asked(ALICE, 17, tool="ghost", via="dispatch"),
        refused(ALICE, 17, text="unexpected keyword"),
    ]

    assert findings("TOOL-5", lines) == []


def test_a_call_that_was_refused_and_ran_afterwards() -> None:
    """As from a queue that nobody told."""
    lines = dispatcher(asked(ALICE), refused(ALICE), started(ALICE), ended(ALICE))

    assert broken("TOOL-1", lines) == ("lookup was refused and ran afterwards", (3, 5))
    in_time = dispatcher(asked(ALICE), started(ALICE), refused(ALICE), stopped(ALICE))
    assert outcome("TOOL-1", in_time) is Outcome.PASS


CLEANUP = [invoke(ALICE, "cleanup"), ok(ALICE, "cleanup")]
TOLD_EARLY = {
    "before the tool ended": [asked(ALICE), started(ALICE), refused(ALICE), ended(ALICE)],
    "by the end of its session": [
        *(asked(ALICE), started(ALICE), CLEANUP[0], ended(ALICE), refused(ALICE), CLEANUP[1]),
    ],
    "by its context being left": [
        *(asked(ALICE), started(ALICE), invoke(ALICE, "leave"), ended(ALICE), refused(ALICE)),
    ],
}


@pytest.mark.parametrize("lines", TOLD_EARLY.values(), ids=TOLD_EARLY)
def test_a_caller_who_was_told_of_a_failure_early_may_be_right(lines: list[Line]) -> None:
    """What the tool returned could not be given back any more; that nobody stopped it, and what
    cleanup owes, are the matter of other rules.
    """
    assert outcome("TOOL-3", dispatcher(*lines)) is Outcome.UNKNOWN


TOLD_WRONGLY = {
    "the session had been cleaned up before": [
        *(*CLEANUP, asked(ALICE), started(ALICE), ended(ALICE), refused(ALICE)),
    ],
    "it was cleaned up later": [
        *(asked(ALICE), started(ALICE), ended(ALICE), refused(ALICE), *CLEANUP),
    ],
    "another user's was cleaned up": [
        *(*session(BOB), asked(ALICE), started(ALICE), invoke(BOB, "cleanup")),
        *(ended(ALICE), refused(ALICE)),
    ],
    "success with another value, in spite of cleanup": [
        *(asked(ALICE), started(ALICE), CLEANUP[0], ended(ALICE), told(ALICE, value="other")),
    ],
}


@pytest.mark.parametrize("lines", TOLD_WRONGLY.values(), ids=TOLD_WRONGLY)
def test_the_end_of_a_session_excuses_only_whose_call_it_interrupts(lines: list[Line]) -> None:
    """And only that a failure is told."""
    assert "TOOL-3" in red(dispatcher(*lines))
