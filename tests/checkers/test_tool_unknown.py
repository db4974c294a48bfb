"""TOOL-5: an unknown tool gives a failed outcome that names it."""

from __future__ import annotations

import pytest
from tests.build import (
    ALICE,
    BOB,
    Line,
    asked,
    call,
    ended,
    hung,
    invoke,
    ok,
    refused,
    session,
    started,
    told,
)
from tests.judged import broken, findings, outcome, red, untold, verdicts
from tests.scenes import dispatcher

from goldenpath.model import Outcome

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
    assert verdicts(unknown(how))["TOOL-5"].opportunities == 1


GOOD_ANSWERS = {
    "in other letters": refused(ALICE, 17, type="LookupError", text="NO_SUCH is not there"),
    "an exception": refused(ALICE, 17, type="LookupError", text="there is no tool no_such"),
    "a failed result": refused(ALICE, 17, by="result", type="", text="no_such is unknown"),
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

    assert untold("TOOL-5", lines)


def test_a_call_of_an_unknown_tool_that_hangs_says_nothing() -> None:
    """Nor does asking for something that is no call."""
    assert untold("TOOL-5", unknown(hung(ALICE, 17), invoke(ALICE, "ask_support")))


def test_the_control_may_go_through_any_member() -> None:
    """Where both went through the same."""
    lines = dispatcher(
        *(asked(ALICE, 16, via="dispatch"), *call(ALICE, 16)[1:]),
        *(asked(ALICE, 17, via="dispatch", tool="no_such"), refused(ALICE, 17, text="no")),
    )

    assert broken("TOOL-5", lines) == (
        "the unknown tool no_such was refused without naming it: 'no '",
        (9, 10),
    )


def test_a_member_that_is_not_there_has_refused_nothing() -> None:
    """That is API-1's finding."""
    assert untold("TOOL-5", unknown(refused(ALICE, 17, by="missing")))


def test_a_call_that_failed_is_no_control() -> None:
    """Though its tool is known."""
    lines = [asked(ALICE), refused(ALICE), asked(ALICE, 17, tool="no_such"), refused(ALICE, 17)]

    assert untold("TOOL-5", dispatcher(*lines))


def test_a_session_made_anew_knows_what_it_was_given() -> None:
    """The end of the one before excuses nothing; and without any all tools are unknown."""
    again = unknown(refused(ALICE, 17, text="no"))
    lines = [*dispatcher(invoke(ALICE, "cleanup"), ok(ALICE, "cleanup")), *again]

    assert broken("TOOL-5", lines)[1] == (14, 15)
    assert untold("TOOL-5", [asked(ALICE), refused(ALICE)])


def test_the_control_must_be_of_the_same_user() -> None:
    """That bob's calls work says nothing of alice's session."""
    lines = [
        *session(BOB, call(BOB)),
        *dispatcher(asked(ALICE, 17, tool="no_such"), refused(ALICE, 17, text="no_such")),
    ]

    assert untold("TOOL-5", lines)


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


def test_the_control_of_an_unknown_tool_goes_through_the_same_member() -> None:
    """A member through which nothing works refuses everything alike."""
    lines = [
        *session(ALICE, call(ALICE)),
        asked(ALICE, 17, tool="ghost", via="dispatch"),
        refused(ALICE, 17, text="unexpected keyword"),
    ]

    assert findings("TOOL-5", lines) == []
