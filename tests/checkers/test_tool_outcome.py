"""TOOL-3 and -4: callers are told what the tool really did."""

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
    call,
    completed,
    ended,
    event,
    executing,
    fail,
    hung,
    invoke,
    refused,
    run,
    session,
    started,
    stopped,
    token_of,
    told,
)
from tests.judged import broken, outcome, red, untold
from tests.scenes import CLEANUP, FALSY, dispatcher, linked

from goldenpath.model import NOT_JSON, Kind, Outcome

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


def test_what_came_back_in_no_declared_shape() -> None:
    """A value that fits none is a finding, and not a new shape (DESIGN section 5)."""
    came = {"value": [1], "misfit": "status and payload"}
    answered: Line = (Kind.OK, "alice", "call-alice-16", "execute", came)
    lines = dispatcher(asked(ALICE), started(ALICE), ended(ALICE), answered)

    assert broken("TOOL-3", lines) == (
        "what came back from lookup is not of the declared shape status and payload: [1]",
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
    "JSON cannot hold it": [
        *(asked(ALICE), started(ALICE), ended(ALICE, result={NOT_JSON: "an object"})),
        told(ALICE, value=None),
    ],
}


@pytest.mark.parametrize(
    "lines", RESULTS_THAT_CANNOT_BE_COMPARED.values(), ids=RESULTS_THAT_CANNOT_BE_COMPARED
)
def test_without_a_result_at_both_ends_there_is_no_opportunity(lines: list[Line]) -> None:
    """Nothing to compare is not a pass."""
    assert untold("TOOL-3", dispatcher(*lines))
    assert outcome("TOOL-3", dispatcher(*call(ALICE, 17), *lines)) is Outcome.PASS


def test_the_result_of_a_second_attempt_comes_back_too() -> None:
    """That the first one failed is no excuse."""
    lines = dispatcher(
        *(asked(ALICE), started(ALICE), broke(ALICE), started(ALICE), ended(ALICE, result=2)),
        told(ALICE, value=3),
    )

    assert broken("TOOL-3", lines) == ("lookup returned 2 and its caller got 3", (7, 8))


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


def test_a_tool_that_never_failed_is_no_opportunity() -> None:
    """Nor is one whose caller waits, or heard nothing."""
    failing = [asked(ALICE), started(ALICE), broke(ALICE)]

    for lines in (call(ALICE), failing, [*failing, hung(ALICE)]):
        assert untold("TOOL-4", dispatcher(*lines))


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


# --- several rules about one call -----------------------------------------------------------------


def test_an_agents_tool_that_runs_twice_behind_the_users_back() -> None:
    """The planned call is one, however the agent came to make it again."""
    lines = linked(
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


def test_a_call_that_was_refused_and_ran_afterwards() -> None:
    """As from a queue that nobody told."""
    lines = dispatcher(asked(ALICE), refused(ALICE), started(ALICE), ended(ALICE))

    assert broken("TOOL-1", lines) == ("lookup was refused and ran afterwards", (3, 5))
    in_time = dispatcher(asked(ALICE), started(ALICE), refused(ALICE), stopped(ALICE))
    assert outcome("TOOL-1", in_time) is Outcome.PASS


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
    assert untold("TOOL-3", dispatcher(*lines))


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
