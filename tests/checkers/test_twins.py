"""Calls that equal each other and are under way together: each counts, and none is guessed at."""

from __future__ import annotations

from tests.build import ALICE, Line, fail, fault, frame, invoke, lost, ok, session, tool
from tests.judged import outcome, red, verdicts

from goldenpath.model import Outcome

GIVEN = {"query": "what is the time?"}


def equal(step: str, query: str = GIVEN["query"]) -> Line:
    """A call without a canary."""
    return invoke(ALICE, "execute", step, tool="lookup", token="", parameters={"query": query})


def begun(number: int) -> Line:
    return tool(ALICE, "started", None, run=number, parameters=GIVEN)


def over(number: int, what: str = "ended", **more: object) -> Line:
    return tool(ALICE, what, None, run=number, **more)


def shown(call_id: str) -> Line:
    wire = {"tool_name": "lookup", "call_id": call_id, "parameters": GIVEN}
    return frame(ALICE, "tool_executing", ALICE, **wire)


def closing(call_id: str) -> Line:
    wire = {"tool_name": "lookup", "call_id": call_id, "status": "success", "result": "found"}
    return frame(ALICE, "tool_completed", ALICE, **wire)


ASKED = [*session(ALICE), equal("s1"), equal("s2"), shown("a"), shown("b")]
TOLD = [ok(ALICE, "execute", step, "found") for step in ("s1", "s2")]


def test_each_ran_once_whichever_ended_first() -> None:
    """Nobody knows which execution is whose, and nothing is held against them for it."""
    for order in ((0, 1), (1, 0)):
        ends = [over(n, result="found") for n in order]
        lines = [*ASKED, begun(0), begun(1), ends[0], closing("b"), ends[1], closing("a"), *TOLD]
        found = verdicts(lines)

        assert red(lines) == set()
        assert found["TOOL-1"].outcome is Outcome.PASS
        assert found["TOOL-1"].opportunities == 2
        assert found["DELIVERY-2"].opportunities == 2


def test_the_first_execution_may_be_that_of_the_call_which_is_answered_first() -> None:
    """It was taken for the other's; that one's own begins when this one has been answered."""
    lines = [*ASKED, begun(0), over(0, result="found"), closing("b"), TOLD[1]]
    lines += [begun(1), over(1, result="found"), closing("a"), TOLD[0]]
    found = verdicts(lines)

    assert red(lines) == set()
    assert found["TOOL-1"].opportunities == 2


def test_one_execution_for_two_calls() -> None:
    """The other was accepted and never ran, and success was reported of it."""
    lines = [*ASKED, begun(0), over(0, result="found"), closing("a"), closing("b"), *TOLD]

    assert red(lines) == {"TOOL-1", "CONTENT-5"}


def test_what_depends_on_whose_an_execution_is_stays_open() -> None:
    """One caller gave up: the execution that ended may be the other's."""
    lines = [*ASKED, begun(0), begun(1), lost(ALICE, "execute", "s1", "cancelled")]
    lines += [over(1, "cancelled"), closing("a"), over(0, result="found"), closing("b")]
    lines.append(TOLD[1])

    assert "TOOL-6" not in red(lines)
    assert "TOOL-7" not in red(lines)
    assert outcome("TOOL-6", lines) is Outcome.UNKNOWN


def test_calls_that_differ_are_no_twins() -> None:
    """Which of them an execution without a canary is of cannot be told."""
    lines = [*session(ALICE), equal("s1"), equal("s2", "another")]
    lines += [tool(ALICE, "started", None, run=n, parameters={}) for n in (0, 1)]
    lines += [over(0, result="found"), over(1, result="found"), *TOLD]

    assert outcome("TOOL-1", lines) is Outcome.UNKNOWN


def test_a_call_that_nobody_could_hear_of_is_not_missed() -> None:
    """The harness had dropped the link by then; one that was asked for before stays in doubt."""
    ran = [begun(0), over(0, result="found"), TOLD[0]]
    after = [*session(ALICE), fault(ALICE, "dropped"), equal("s1"), *ran]
    before = [*session(ALICE), equal("s1"), fault(ALICE, "dropped"), *ran]

    assert verdicts(after)["DELIVERY-2"].opportunities == 0
    assert verdicts(before)["DELIVERY-2"].opportunities == 1
    assert outcome("DELIVERY-2", before) is Outcome.UNKNOWN


def test_a_call_that_is_refused_because_nobody_hears_has_no_wrong_parameters() -> None:
    """What TOOL-2 says of a call that had worked before is not said of it."""
    worked = [equal("s0"), begun(0), over(0, result="found"), ok(ALICE, "execute", "s0", "found")]
    said = fail(ALICE, "execute", "s1", text="nobody is there", type="ConnectionError")
    refused = [equal("s1", "another"), said]

    assert "TOOL-2" in red([*session(ALICE), *worked, *refused])
    assert "TOOL-2" not in red([*session(ALICE), *worked, fault(ALICE, "dropped"), *refused])
