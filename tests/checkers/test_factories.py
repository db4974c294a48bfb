"""API-10, -11: each factory keeps the contract, and makes what the first one makes."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build import (
    ALICE,
    BOB,
    Line,
    asked,
    call,
    closed,
    completed,
    ended,
    executing,
    fail,
    invoke,
    ok,
    refused,
    session,
    started,
    told,
    tool,
)
from tests.judged import broken, findings, outcome, untold, verdicts

from goldenpath.model import Kind, Outcome
from goldenpath.spec import MEMBERS

CONTRACT, SAME = {"proves": ["API-10"]}, {"proves": ["API-11"]}


def made(*calls: list[Line], **more: Any) -> list[Line]:
    """A whole session that the factory `facade` makes."""
    return [*session(ALICE, *calls, **{"factory": "facade", **more}), *closed(ALICE)]


def inspected(**members: str) -> list[Line]:
    return [invoke(ALICE, "inspect"), ok(ALICE, "inspect", value={**MEMBERS, **members})]


def looked(*names: str) -> list[Line]:
    value = {"has_tool": {"lookup": "lookup" in names}, "wrong": {}}
    listed = {"get_available_tools": [*names], "tools": [*names]}
    return [invoke(ALICE, "look", tools=["lookup"]), ok(ALICE, "look", value={**value, **listed})]


# --- API-10 ---


def test_a_factory_that_keeps_the_contract() -> None:
    """It counts for each member, tool and call."""
    found = verdicts(made(inspected(), looked("lookup"), call(ALICE)), **CONTRACT)["API-10"]

    assert found.outcome is Outcome.PASS
    assert found.opportunities == 1 + len(MEMBERS) + 1 + 1


def test_a_factory_that_makes_nothing() -> None:
    value = {"run_id": "r", "tools": [], "factory": "facade"}
    lines = [invoke(ALICE, "create", **value), fail(ALICE, "create", text="no")]

    assert broken("API-10", lines, **CONTRACT) == (
        "the factory facade made no session for alice: 'no'",
        (0, 1),
    )


BAD: dict[str, tuple[list[Line], str]] = {
    "a member is missing": (inspected(dispatch="missing"), "has no async method dispatch"),
    "a member is of another kind": (inspected(tools="method"), "has no property tools, but method"),
    "a tool is not held": (looked("echo"), "does not hold lookup, which it was given"),
    "a tool is refused": ([asked(ALICE), refused(ALICE)], "lookup did not run"),
    "a result is another": (call(ALICE, returned="lost"), "its caller got 'lost'"),
    "nothing is told": ([asked(ALICE), started(ALICE), ended(ALICE), told(ALICE)], "was not told"),
    "it names another run": (
        [
            *(asked(ALICE), executing(ALICE), started(ALICE), ended(ALICE)),
            *(completed(ALICE, thread_id="another"), told(ALICE)),
        ],
        "events of lookup name another thread",
    ),
    "it runs the tool of another": (
        [
            *(asked(ALICE), executing(ALICE)),
            (Kind.TOOL, "bob", *started(ALICE)[2:]),
            (Kind.TOOL, "bob", *ended(ALICE)[2:]),
            *(completed(ALICE), told(ALICE)),
        ],
        "a call of alice ran the lookup of bob",
    ),
}


@pytest.mark.parametrize(("lines", "said"), BAD.values(), ids=BAD)
def test_a_factory_that_does_not_keep_it(lines: list[Line], said: str) -> None:
    """The factory is named."""
    message, _ = broken("API-10", made(lines), **CONTRACT)

    assert "the factory facade made" in message
    assert said in message
    assert "the first factory made" in broken("API-10", made(lines, factory=""), **CONTRACT)[0]


OPEN: dict[str, list[Line]] = {
    "an attribute for a property": inspected(tools="attribute"),
    "a tool that it was not given": [asked(ALICE, tool="ghost"), refused(ALICE)],
    "a call after cleanup": [*closed(ALICE), asked(ALICE), refused(ALICE)],
}


@pytest.mark.parametrize("lines", OPEN.values(), ids=OPEN)
def test_what_is_no_breach(lines: list[Line]) -> None:
    assert outcome("API-10", made(lines), **CONTRACT) is Outcome.PASS


def test_an_execution_that_may_be_any_calls_leaves_it_open() -> None:
    """A call without a canary beside another."""
    two = [asked(ALICE, 16), asked(ALICE, 17), tool(ALICE, "started", None, parameters={})]
    lines = made([*two, told(ALICE, 16), told(ALICE, 17)])

    assert outcome("API-10", lines, **CONTRACT) is Outcome.UNKNOWN


@pytest.mark.parametrize("rule", ["API-10", "API-11"])
def test_a_workload_that_was_not_built_for_it_says_nothing(rule: str) -> None:
    """Others judge what they see there."""
    assert untold(rule, [*session(ALICE), *made(BAD["a tool is refused"][0])])


# --- API-11 ---


def both(first: list[Line], other: list[Line], **more: Any) -> list[Line]:
    """The same session by the first factory, and by the facade."""
    return [*session(ALICE, first, **more), *closed(ALICE), *made(other, **more)]


ALIKE: dict[str, tuple[list[Line], list[Line]]] = {
    "the same call": (call(ALICE, 16), call(ALICE, 17)),
    "the same members": (inspected(), inspected()),
    "the same tools in another order": (looked("lookup", "echo"), looked("echo", "lookup")),
    "the same refusal in other words": (
        [asked(ALICE, 16), refused(ALICE, 16, text="no")],
        [asked(ALICE, 17), refused(ALICE, 17, text="never")],
    ),
}


@pytest.mark.parametrize(("first", "other"), ALIKE.values(), ids=ALIKE)
def test_the_same_of_both(first: list[Line], other: list[Line]) -> None:
    assert outcome("API-11", both(first, other), **SAME) is Outcome.PASS


EXTRA = [
    *(asked(ALICE, 17), executing(ALICE, 17, trace="x"), started(ALICE, 17), ended(ALICE, 17)),
    *(completed(ALICE, 17), told(ALICE, 17)),
]
TIMED_OUT = [
    *(asked(ALICE, 17), executing(ALICE, 17), started(ALICE, 17), ended(ALICE, 17)),
    *(completed(ALICE, 17, status="timeout"), told(ALICE, 17)),
]
UNLIKE: dict[str, tuple[list[Line], list[Line], str]] = {
    "a member": (
        inspected(),
        inspected(dispatch="missing"),
        "inspect: through the factory facade dispatch=missing, through the first factory"
        " dispatch=async_method",
    ),
    "a tool": (looked("lookup"), looked("lookup", "more"), "look: through the factory facade"),
    "an outcome": (
        call(ALICE, 16),
        [asked(ALICE, 17), refused(ALICE, 17)],
        "execute_tool of lookup: through the factory facade failed,",
    ),
    "a status": (call(ALICE, 16), TIMED_OUT, "(timeout), through the first factory (success)"),
    "a field": (
        call(ALICE, 16),
        EXTRA,
        "events of lookup: through the factory facade tool_executing:data.trace, through the first"
        " factory nothing more",
    ),
    "the kind of a refusal": (
        [asked(ALICE, 16), refused(ALICE, 16)],
        [asked(ALICE, 17), refused(ALICE, 17, type="LookupError")],
        "through the factory facade LookupError, through the first factory PermissionError",
    ),
}


@pytest.mark.parametrize(("first", "other", "said"), UNLIKE.values(), ids=UNLIKE)
def test_another_of_one(first: list[Line], other: list[Line], said: str) -> None:
    """What differs is named, and nothing else."""
    found = findings("API-11", both(first, other), **SAME)

    assert any(said in message for message, _ in found), found
    assert all("through the factory facade" in message for message, _ in found)


def test_a_first_factory_that_differs_from_itself_is_no_control() -> None:
    """Nothing follows where the facade does a third thing; one of the two is as good."""
    wavers = [*session(ALICE, call(ALICE, 16)), *closed(ALICE)]
    wavers += [*session(ALICE, [asked(ALICE, 18), refused(ALICE, 18)]), *closed(ALICE)]

    assert outcome("API-11", [*wavers, *made(TIMED_OUT)], **SAME) is Outcome.UNKNOWN
    assert outcome("API-11", [*wavers, *made(call(ALICE, 17))], **SAME) is Outcome.PASS


def test_another_transport_is_another_session() -> None:
    """They are compared by transport, and by place."""
    silent = [asked(ALICE, 16), started(ALICE, 16), ended(ALICE, 16), told(ALICE, 16)]
    lines = [*session(ALICE, call(ALICE, 17)), *closed(ALICE)]

    assert "API-11" not in _red([*lines, *made(silent, transport="absent")])


def _red(lines: list[Line]) -> set[str]:
    found = verdicts(lines, ALICE, BOB, **SAME)
    return {rule for rule, verdict in found.items() if verdict.outcome is Outcome.FAIL}
