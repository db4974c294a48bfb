"""What never came may stand in the part of a history that is gone, or in a frame not read."""

from __future__ import annotations

import pytest

from goldenpath.judge import TOO_LARGE as UNREAD
from goldenpath.judge import judge
from goldenpath.model import Kind, Level, Outcome, Verdict
from tests.build import (
    ALICE,
    BOB,
    Line,
    answer,
    asked,
    call,
    completed,
    ended,
    event,
    executing,
    fail,
    history,
    invoke,
    ok,
    run,
    session,
    started,
    stopped,
    token_of,
    told,
    up,
)
from tests.judged import by_rule, outcome
from tests.scenes import CLEANUP, FINISHED, STARTED, agent, dispatcher, silent

TOO_LARGE = (Kind.FRAME, "alice/1", None, "tap.send", {"too_large": "9 letters, over 8"})


def test_what_was_not_read_explains_what_is_missing_and_nothing_else() -> None:
    """A frame that is larger than we read may be the lost one; it doubles nothing."""
    lost = [asked(ALICE), executing(ALICE), started(ALICE), ended(ALICE), told(ALICE)]
    doubled = [*call(ALICE)[:-1], completed(ALICE), told(ALICE)]

    found = by_rule(judge(history([*session(ALICE), *lost, TOO_LARGE, TOO_LARGE])))
    assert found["DELIVERY-5"] == Verdict(
        rule="DELIVERY-5",
        level=Level.MUST,
        workload="written by hand",
        outcome=Outcome.UNKNOWN,
        reason=f"2 frames were not read: {UNREAD}",
        opportunities=1,
    )
    assert outcome("DELIVERY-3", [*session(ALICE), *doubled, TOO_LARGE]) is Outcome.FAIL


def test_findings_that_may_be_none_are_left_out_with_their_number() -> None:
    """However many there were; where frames were not read, and where the history was cut."""
    lost = [line for n in range(25) for line in (asked(ALICE, n), executing(ALICE, n))]
    lines = [*session(ALICE), *lost]
    whole = by_rule(judge(history(lines)))["DELIVERY-5"]

    assert (len(whole.findings), whole.more) == (20, 5)
    for unsure in (history([*lines, TOO_LARGE]), history(lines, whole=False)):
        found = by_rule(judge(unsure))["DELIVERY-5"]
        assert (found.outcome, found.findings, found.more) == (Outcome.UNKNOWN, (), 0)
        assert found.opportunities == 25


def test_what_is_missing_of_a_cut_history_is_unknown() -> None:
    """It may stand in the part that is gone."""
    lines = [*session(ALICE), asked(ALICE), executing(ALICE), started(ALICE), ended(ALICE)]

    assert outcome("DELIVERY-5", lines, whole=False) is Outcome.UNKNOWN
    assert outcome("DELIVERY-5", lines) is Outcome.FAIL


UNSHOWN = [started(ALICE, 17), ended(ALICE, 17), told(ALICE, 17)]

SAID = [invoke(ALICE, "ask_support"), ok(ALICE, "ask_support", value={"has": True, "bridge": True})]

CLAIM = [
    invoke(ALICE, "claim", token=token_of(ALICE), text="I think so."),
    ok(ALICE, "claim", value={"claims": True}),
]

TROUBLE = [*session(BOB), asked(BOB), fail(BOB, "execute", "call-bob-16")]

#: Rules about what never came, each with what seems to be missing: the kind of target, and lines.
NEVER: dict[str, tuple[str, list[Line]]] = {
    "API-6": ("dispatcher", dispatcher(*call(ALICE), asked(ALICE, 17, via="dispatch"), *UNSHOWN)),
    "API-7": ("dispatcher", dispatcher(*SAID, asked(ALICE, 17), *UNSHOWN)),
    "DELIVERY-1": ("agent", [up(ALICE), run(ALICE, golden=True), STARTED, FINISHED, answer(ALICE)]),
    "DELIVERY-2": ("dispatcher", dispatcher(*silent())),
    "DELIVERY-4": ("agent", agent(STARTED, answer(ALICE), calls=0)),
    "DELIVERY-5": ("dispatcher", dispatcher(asked(ALICE), executing(ALICE))),
    "DELIVERY-6": ("dispatcher", dispatcher(*CLAIM)),
    "ISOLATION-8": ("dispatcher", dispatcher(*call(ALICE), *TROUBLE, asked(ALICE, 17), *UNSHOWN)),
    "RECOVERY-7": (
        "dispatcher",
        dispatcher(
            *(asked(ALICE), executing(ALICE), started(ALICE), CLEANUP[0]),
            *(stopped(ALICE), CLEANUP[1]),
        ),
    ),
}


@pytest.mark.parametrize("rule", NEVER)
def test_what_users_seem_not_to_have_been_shown(rule: str) -> None:
    """It may stand in the part that was cut, or in a frame that was not read."""
    kind, lines = NEVER[rule]

    assert outcome(rule, lines, kind=kind, proves=[rule]) is Outcome.FAIL
    assert outcome(rule, lines, kind=kind, proves=[rule], whole=False) is Outcome.UNKNOWN
    assert outcome(rule, [*lines, TOO_LARGE], kind=kind, proves=[rule]) is Outcome.UNKNOWN


def test_what_a_tool_did_is_always_read() -> None:
    """TOOL-7: that it ended may stand in the part that was cut, and in no frame."""
    lines = agent(started(ALICE), answer(ALICE))

    assert outcome("TOOL-7", lines, kind="agent") is Outcome.FAIL
    assert outcome("TOOL-7", lines, kind="agent", whole=False) is Outcome.UNKNOWN
    assert outcome("TOOL-7", [*lines, TOO_LARGE], kind="agent") is Outcome.FAIL


#: Rules about what was not there first: of what came before, nothing is cut.
FIRST: dict[str, tuple[str, list[Line]]] = {
    "ORDER-1": ("agent", agent(event(ALICE, "agent_thinking"), FINISHED, answer(ALICE))),
    "ORDER-3": (
        "dispatcher",
        dispatcher(asked(ALICE), started(ALICE), ended(ALICE), completed(ALICE), told(ALICE)),
    ),
}


@pytest.mark.parametrize("rule", FIRST)
def test_what_seems_not_to_have_come_first(rule: str) -> None:
    """It may be a frame that was not read, and stands in no part that was cut."""
    kind, lines = FIRST[rule]

    assert outcome(rule, lines, kind=kind) is Outcome.FAIL
    assert outcome(rule, lines, kind=kind, whole=False) is Outcome.FAIL
    assert outcome(rule, [*lines, TOO_LARGE], kind=kind) is Outcome.UNKNOWN
