"""What a reader of the events pairs by: ids of calls (ORDER-3) and names of tools (CONTENT-4)."""

from __future__ import annotations

import pytest
from tests.build import (
    ALICE,
    BOB,
    Line,
    asked,
    bare,
    call,
    completed,
    ended,
    executing,
    session,
    started,
    token_of,
    told,
)
from tests.judged import broken, outcome, red

from goldenpath.model import Outcome


def overlapping(first: str, second: str, name: str = "call_id") -> list[Line]:
    """Two calls side by side that show these ids; each is told by its canary as well."""

    def shown(number: int, id: str, kind: str) -> Line:
        token = token_of(ALICE, number)
        body = {name: id, "tool_name": "lookup", "run_id": ALICE.run_id}
        if kind == "tool_executing":
            return bare(ALICE, kind, **body, parameters={"query": token})
        return bare(ALICE, kind, **body, status="success", result=f"found {token}")

    lines = [asked(ALICE, 16), asked(ALICE, 17)]
    lines += [shown(16, first, "tool_executing"), shown(17, second, "tool_executing")]
    for number, id in ((16, first), (17, second)):
        result = f"found {token_of(ALICE, number)}"
        lines += [started(ALICE, number), ended(ALICE, number, result)]
        lines += [shown(number, id, "tool_completed"), told(ALICE, number, result)]
    return [*session(ALICE), *lines]


def test_calls_that_are_open_at_once_have_ids_of_their_own() -> None:
    assert outcome("ORDER-3", overlapping("a", "b")) is Outcome.PASS


@pytest.mark.parametrize("name", ["call_id", "tool_call_id", "toolCallId"])
def test_one_id_for_two_calls_at_once_pairs_nothing(name: str) -> None:
    said, witness = broken("ORDER-3", overlapping("a", "a", name))
    assert said == "a call of lookup and one of lookup were open at once with one call id"
    assert witness == (5, 6)


def test_an_execution_id_may_be_that_of_the_run() -> None:
    assert outcome("ORDER-3", overlapping("a", "a", "execution_id")) is not Outcome.FAIL


def test_an_id_may_come_again_when_its_call_is_over() -> None:
    """... and on another user's link, and for what is announced a second time."""
    again = {"call_id": "a"}
    lines = [
        *session(ALICE),
        *(asked(ALICE, 16), executing(ALICE, 16, **again), started(ALICE, 16), ended(ALICE, 16)),
        *(completed(ALICE, 16, **again), told(ALICE, 16)),
        *(asked(ALICE, 17), executing(ALICE, 17, **again), executing(ALICE, 17, **again)),
        *session(BOB),
        *(asked(BOB, 17), executing(BOB, 17, **again)),
    ]
    assert outcome("ORDER-3", lines) is not Outcome.FAIL


@pytest.mark.parametrize("named", ["echo", "tool"])
def test_a_report_that_names_another_tool(named: str) -> None:
    lines = [*call(ALICE)[:-2], completed(ALICE, tool_name=named), told(ALICE)]
    said, witness = broken("CONTENT-4", [*session(ALICE), *lines])
    assert said == f"tool_completed of a call of lookup names {named}"
    assert witness == (3, 7)


def test_a_report_with_the_id_of_its_call_need_not_name_its_tool() -> None:
    lines = [*call(ALICE)[:-2], completed(ALICE, tool_name=None), told(ALICE)]
    assert outcome("CONTENT-4", [*session(ALICE), *lines]) is Outcome.PASS
    assert red([*session(ALICE), *lines]) == set()
