"""API-6: the ways in lead to the same place."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build import (
    ALICE,
    BOB,
    Line,
    asked,
    bare,
    broke,
    call,
    closed,
    completed,
    down,
    ended,
    executing,
    fault,
    hung,
    refused,
    registered,
    session,
    started,
    stopped,
    token_of,
    told,
    tool,
)
from tests.judged import broken, findings, outcome, untold, verdicts
from tests.scenes import dispatcher, silent

from goldenpath.model import Outcome

# --- API-6: dispatch_tool and dispatch lead to what execute_tool leads to -----------------------

CONTROL = call(ALICE, 16)  # 3 to 8

doors = pytest.mark.parametrize("via", ["dispatch_tool", "dispatch"])


def through(via: str, *lines: Line, number: int = 17, **more: Any) -> list[Line]:
    """The same call through another door (entry 9), and what came of it."""
    return dispatcher(*CONTROL, asked(ALICE, number, via=via, **more), *lines)


GOOD = "the call succeeded, its tool ended, its user got 1 tool_executing and 1 tool_completed"

MUTE = bare(ALICE, "tool_completed", tool="lookup", call_id=token_of(ALICE, 17))
DIFFERENT = {
    "nothing is shown": (
        [started(ALICE, 17), ended(ALICE, 17), told(ALICE, 17)],
        "the call succeeded, its tool ended, its user got 0 tool_executing and 0 tool_completed",
    ),
    "it is announced twice": (
        [*2 * [executing(ALICE, 17)], *call(ALICE, 17)[2:]],
        "the call succeeded, its tool ended, its user got 2 tool_executing and 1 tool_completed"
        " (success)",
    ),
    "it is reported twice": (
        [*call(ALICE, 17)[1:5], MUTE, told(ALICE, 17)],
        "the call succeeded, its tool ended, its user got 1 tool_executing and 2 tool_completed"
        " (success, no status)",
    ),
    "it runs twice": (
        [*call(ALICE, 17)[1:3], broke(ALICE, 17), *call(ALICE, 17)[2:]],
        "the call succeeded, its tool failed, ended, its user got 1 tool_executing and 1"
        " tool_completed (success)",
    ),
    "it has another status": (
        [*call(ALICE, 17)[1:4], completed(ALICE, 17, status="cancelled"), told(ALICE, 17)],
        "the call succeeded, its tool ended, its user got 1 tool_executing and 1 tool_completed"
        " (cancelled)",
    ),
    "it is refused": (
        [refused(ALICE, 17)],
        "the call failed, its tool did not run, its user got 0 tool_executing and 0 tool_completed",
    ),
    "its caller is told something else": (
        [*call(ALICE, 17)[1:5], refused(ALICE, 17)],
        "the call failed, its tool ended, its user got 1 tool_executing and 1 tool_completed"
        " (success)",
    ),
    "its tool is stopped": (
        [*call(ALICE, 17)[1:3], stopped(ALICE, 17), *call(ALICE, 17)[4:]],
        "the call succeeded, its tool cancelled, its user got 1 tool_executing and 1 tool_completed"
        " (success)",
    ),
    "it is shown to somebody else": (
        [
            *(executing(ALICE, 17, to=BOB), started(ALICE, 17), ended(ALICE, 17)),
            *(completed(ALICE, 17, to=BOB), told(ALICE, 17)),
        ],
        "the call succeeded, its tool ended, its user got 0 tool_executing and 0 tool_completed",
    ),
}


@doors
@pytest.mark.parametrize(("lines", "came"), DIFFERENT.values(), ids=DIFFERENT)
def test_a_door_that_leads_elsewhere(via: str, lines: list[Line], came: str) -> None:
    """What the caller was told, what ran and what the user saw, against the control."""
    assert broken("API-6", through(via, *lines)) == (
        f"through {via} {came}; through execute_tool {GOOD} (success)",
        (9,),
    )


@doors
def test_a_door_through_which_another_result_comes_back(via: str) -> None:
    """Than the tool's, which comes back through execute_tool."""
    lines = through(via, *call(ALICE, 17, returned="lost")[1:])
    came = GOOD.replace("succeeded", "succeeded with another result than its tool's")

    assert broken("API-6", lines)[0] == (
        f"through {via} {came} (success); through execute_tool {GOOD} (success)"
    )


def failing(via: str, first: dict[str, Any], second: dict[str, Any]) -> list[Line]:
    """The tool fails through execute_tool and through another door, and this is what is told."""
    return dispatcher(
        *(asked(ALICE, 16), started(ALICE, 16), broke(ALICE, 16, _error(16))),
        *(refused(ALICE, 16, **first), asked(ALICE, 17, via=via), started(ALICE, 17)),
        *(broke(ALICE, 17, _error(17)), refused(ALICE, 17, **second)),
    )


def _error(number: int) -> str:
    return f"cannot work on {token_of(ALICE, number)}"


BARE = {"type": "ToolFailure", "text": _error(16)}


@doors
def test_a_door_that_keeps_the_error_to_itself(via: str) -> None:
    """Who calls through it learns nothing; what it hides from them does not count."""
    hidden = {"text": "error", "overheard": [token_of(ALICE, 17)]}

    assert broken("API-6", failing(via, BARE, hidden))[0].startswith(
        f"through {via} the call failed without its tool's error, its tool failed, its user got"
    )


TOLD = {
    "wrapped": {"type": "DispatchError", "text": f"lookup failed: {_error(17)}"},
    "by a failed result": {"by": "result", "type": "", "text": _error(17), "value": None},
    "in its value": {"by": "result", "type": "", "text": "failed", "value": {"why": _error(17)}},
    "as its cause": {"type": "DispatchError", "text": "lookup failed", "cause": _error(17)},
}


@doors
@pytest.mark.parametrize("how", TOLD.values(), ids=TOLD)
def test_a_door_that_tells_the_error_in_a_way_of_its_own(via: str, how: dict[str, Any]) -> None:
    """A facade may wrap it."""
    assert outcome("API-6", failing(via, BARE, how)) is Outcome.PASS


@doors
def test_a_platform_that_tells_no_error_of_a_tool_tells_none_through_any_door(via: str) -> None:
    """That is no difference."""
    assert outcome("API-6", failing(via, {"text": "error"}, {"text": "error"})) is Outcome.PASS


def test_a_failure_without_a_word_and_a_result_that_json_cannot_hold_are_not_compared() -> None:
    """There is nothing to be passed on."""
    opaque = {"__not_json__": "Opaque"}
    lines = [*call(ALICE, 16), asked(ALICE, 17, via="dispatch")]
    lines += call(ALICE, 17, result=opaque, returned="Opaque()")[1:]
    mute = [asked(ALICE, 18, via="dispatch"), started(ALICE, 18), broke(ALICE, 18, "")]
    control = [asked(ALICE, 19), started(ALICE, 19), broke(ALICE, 19, ""), refused(ALICE, 19)]

    assert outcome("API-6", dispatcher(*lines)) is Outcome.PASS
    assert outcome("API-6", dispatcher(*control, *mute, refused(ALICE, 18))) is Outcome.PASS


@doors
def test_doors_that_lead_to_the_same(via: str) -> None:
    """In whichever order; the canaries may differ, and what is handed to dispatch_tool."""
    good = through(via, *call(ALICE, 17)[1:])
    first = dispatcher(asked(ALICE, 17, via=via), *call(ALICE, 17)[1:], *CONTROL)

    assert outcome("API-6", good) is Outcome.PASS
    assert outcome("API-6", first) is Outcome.PASS
    assert outcome("API-6", through(via, *call(ALICE, 17)[1:], context={"a": 1})) is Outcome.PASS


ALIKE: dict[str, tuple[Any, Any]] = {
    "in another order": ({"page": 1, "size": 2}, {"size": 2, "page": 1}),
    "left out": (None, {}),
}


@pytest.mark.parametrize(("one", "other"), ALIKE.values(), ids=ALIKE)
def test_calls_with_the_same_parameters_are_alike(one: Any, other: Any) -> None:
    """However these were written."""
    lines = dispatcher(
        *(asked(ALICE, 16, parameters=one), *call(ALICE, 16)[1:]),
        *(asked(ALICE, 17, parameters=other, via="dispatch"), refused(ALICE, 17)),
    )

    assert outcome("API-6", lines) is Outcome.FAIL


def test_a_call_without_a_control_hides_no_other() -> None:
    """Each is compared for itself."""
    alone = [asked(ALICE, 18, via="dispatch", tool="echo"), refused(ALICE, 18)]
    lines = dispatcher(*alone, *CONTROL, asked(ALICE, 17, via="dispatch"), refused(ALICE, 17))

    assert outcome("API-6", lines) is Outcome.FAIL


@doors
def test_a_cleanup_that_came_later_excuses_nothing(via: str) -> None:
    """What was told before it stands."""
    lines = through(via, refused(ALICE, 17), *closed(ALICE))

    assert outcome("API-6", lines) is Outcome.FAIL


@doors
@pytest.mark.parametrize("same", [broke, stopped], ids=["failed", "cancelled"])
def test_a_fault_that_the_control_shares_is_no_difference(via: str, same: Any) -> None:
    """However bad: that is another rule's matter."""
    lines = [
        line
        for number, door in ((16, "execute_tool"), (17, via))
        for line in (asked(ALICE, number, via=door), started(ALICE, number), same(ALICE, number))
    ]
    answers = [told(ALICE, 16, value=None), told(ALICE, 17, value=None)]

    assert outcome("API-6", dispatcher(*lines, *answers)) is Outcome.PASS


NAMELESS = [
    tool(ALICE, what, None, **more)
    for what, more in (("started", {"parameters": {}}), ("ended", {"result": "found"}))
]

NO_COMPARISON: dict[str, list[Line]] = {
    "there is no control": dispatcher(asked(ALICE, 17, via="dispatch"), refused(ALICE, 17)),
    "the control is another session": [
        *dispatcher(*CONTROL),
        *session(ALICE, [asked(ALICE, 17, via="dispatch"), refused(ALICE, 17)]),
    ],
    "the control is another user's": [
        *dispatcher(*CONTROL),
        *session(BOB, [asked(BOB, 17, via="dispatch"), refused(BOB, 17)]),
    ],
    "the control has other parameters": through(
        "dispatch", refused(ALICE, 17), parameters={"query": "x", "page": 2}
    ),
    "the control was of another tool": through("dispatch", refused(ALICE, 17), tool="echo"),
    "the tool was registered between them": dispatcher(
        *(asked(ALICE, 17, via="dispatch", tool="echo"), refused(ALICE, 17)),
        *registered(ALICE, "echo"),
        *(asked(ALICE, 18, tool="echo"), started(ALICE, 18, tool="echo")),
        *(ended(ALICE, 18, tool="echo"), told(ALICE, 18)),
    ),
    "the member is not there": through("dispatch", refused(ALICE, 17, by="missing")),
    "the call hung": through("dispatch", hung(ALICE, 17)),
    "it cannot be told what came of the control": dispatcher(
        *(asked(ALICE, 16), asked(ALICE, 18), *NAMELESS, *NAMELESS),
        *(told(ALICE, 16), told(ALICE, 18), asked(ALICE, 17, via="dispatch"), refused(ALICE, 17)),
    ),
    "the call was given up": through("dispatch", hung(ALICE, 17, why="cancelled")),
    "it was never answered": through("dispatch", started(ALICE, 17)),
    "it was made in a form": through("dispatch", refused(ALICE, 17), form="keyword"),
    "the session was cleaned up meanwhile": through("dispatch", *closed(ALICE), refused(ALICE, 17)),
    "the session had been cleaned up": dispatcher(
        *(*CONTROL, *closed(ALICE), asked(ALICE, 17, via="dispatch"), refused(ALICE, 17))
    ),
    "the harness broke sends of one and not of the other": [
        *session(ALICE, CONTROL, transport="raising", falters=True),
        *(asked(ALICE, 17, via="dispatch"), fault(ALICE, "raised")),
        *(started(ALICE, 17), ended(ALICE, 17), told(ALICE, 17)),
    ],
    "the link was cut between them": dispatcher(
        *(*CONTROL, fault(ALICE, "dropped"), down(ALICE), asked(ALICE, 17, via="dispatch")),
        *(started(ALICE, 17), ended(ALICE, 17), told(ALICE, 17)),
    ),
}


@pytest.mark.parametrize("lines", NO_COMPARISON.values(), ids=NO_COMPARISON)
def test_calls_that_cannot_be_compared(lines: list[Line]) -> None:
    """Neither red nor green."""
    assert untold("API-6", lines)


def test_a_transport_that_raises_is_the_same_for_all_doors() -> None:
    """There a difference is one as well."""
    one = [fault(ALICE, "raised"), *call(ALICE, 16)[2:4], told(ALICE, 16)]
    lines = [*session(ALICE, transport="raising"), asked(ALICE, 16), *one]
    other = [asked(ALICE, 17, via="dispatch"), started(ALICE, 17), ended(ALICE, 17)]

    assert outcome("API-6", [*lines, *other, told(ALICE, 17)]) is Outcome.PASS
    assert outcome("API-6", [*lines, *other, refused(ALICE, 17)]) is Outcome.FAIL


def test_where_the_control_differs_from_itself_it_says_nothing() -> None:
    """A target that loses every other report does so behind each door."""
    both = [*CONTROL, *silent(18)]
    other = [asked(ALICE, 17, via="dispatch"), *call(ALICE, 17)[1:4], told(ALICE, 17)]
    found = verdicts(dispatcher(*both, *other))["API-6"]

    assert found.outcome is Outcome.UNKNOWN
    assert found.reason == "calls through execute_tool differ among themselves"
    like_one = [asked(ALICE, 17, via="dispatch"), *call(ALICE, 17)[1:]]
    assert outcome("API-6", dispatcher(*both, *like_one)) is Outcome.PASS


def test_overlapping_calls_without_canaries_are_in_doubt() -> None:
    """What ran of them cannot be told, so that it cannot be compared either."""
    lines = dispatcher(
        *(*CONTROL, asked(ALICE, 17, via="dispatch"), asked(ALICE, 18, via="dispatch")),
        *(*NAMELESS, *NAMELESS, told(ALICE, 17), told(ALICE, 18)),
    )
    found = verdicts(lines)["API-6"]

    assert found.outcome is Outcome.UNKNOWN
    assert "cannot be told apart" in found.reason


def test_events_without_ids_of_overlapping_calls_are_not_compared() -> None:
    """They fit both."""
    lines = dispatcher(
        *(*CONTROL, asked(ALICE, 17, via="dispatch"), asked(ALICE, 18, via="dispatch")),
        *(bare(ALICE, "tool_executing", tool="lookup") for _ in range(2)),
        *(started(ALICE, 17), started(ALICE, 18), ended(ALICE, 17), ended(ALICE, 18)),
        *(bare(ALICE, "tool_completed", tool="lookup") for _ in range(2)),
        *(told(ALICE, 17), told(ALICE, 18)),
    )

    assert findings("API-6", lines) == []
