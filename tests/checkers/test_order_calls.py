"""ORDER-3 and -4: the events of a call, against each other and against what really happened."""

from __future__ import annotations

import pytest
from tests.build import (
    ALICE,
    Line,
    asked,
    broke,
    call,
    completed,
    down,
    ended,
    executing,
    hung,
    refused,
    session,
    started,
    stopped,
    told,
    up,
)
from tests.judged import broken, doubted, outcome, red, untold
from tests.scenes import NO_ID, TRUTH

from goldenpath.model import Outcome

# --- ORDER-3: each tool_completed follows its own tool_executing, once -------------------------


def dispatcher(*lines: Line) -> list[Line]:
    """A session of alice (entries 0 to 2) and a call (3), then these lines from entry 4 on."""
    return [*session(ALICE), asked(ALICE), *lines, told(ALICE)]


OUT_OF_TURN = {
    "completed first": (
        [completed(ALICE), *TRUTH, executing(ALICE)],
        "tool_completed of lookup came before its tool_executing",
        (4, 7),
    ),
    "never announced": (
        [*TRUTH, completed(ALICE)],
        "tool_completed of lookup came before its tool_executing",
        (6,),
    ),
    "completed first on one of two links": (
        [
            *(up(ALICE, link=2), executing(ALICE), *TRUTH, completed(ALICE, to="alice/2")),
            *(executing(ALICE, to="alice/2"), completed(ALICE)),
        ],
        "tool_completed of lookup came before its tool_executing",
        (8, 9),
    ),
    "answered twice": (
        [executing(ALICE), *TRUTH, completed(ALICE), completed(ALICE)],
        "tool_executing of lookup was answered 2 times",
        (4, 7, 8),
    ),
}


@pytest.mark.parametrize(("lines", "message", "witness"), OUT_OF_TURN.values(), ids=OUT_OF_TURN)
def test_a_report_that_does_not_follow_its_announcement(
    lines: list[Line], message: str, witness: tuple[int, ...]
) -> None:
    """Reported before, without, or twice after one announcement."""
    assert broken("ORDER-3", dispatcher(*lines)) == (message, witness)


IN_TURN = {
    "a call": [executing(ALICE), *TRUTH, completed(ALICE)],
    "a late report, after the answer": [executing(ALICE), *TRUTH, told(ALICE), completed(ALICE)],
    "without ids": [executing(ALICE, **NO_ID), *TRUTH, completed(ALICE, **NO_ID)],
    "tried twice, each announced and reported": [
        *(executing(ALICE), started(ALICE), broke(ALICE), completed(ALICE, status="error")),
        *(executing(ALICE), *TRUTH, completed(ALICE)),
    ],
    "two links that both see it": [
        up(ALICE, link=2),
        *(executing(ALICE), executing(ALICE, to="alice/2")),
        *(*TRUTH, completed(ALICE), completed(ALICE, to="alice/2")),
    ],
    "a link that came in between": [
        executing(ALICE),
        up(ALICE, link=2),
        *(*TRUTH, completed(ALICE), completed(ALICE, to="alice/2")),
    ],
    "a reconnected user": [
        executing(ALICE),
        *(down(ALICE), up(ALICE, link=2)),
        *(*TRUTH, completed(ALICE, to="alice/2")),
    ],
}


@pytest.mark.parametrize("lines", IN_TURN.values(), ids=IN_TURN)
def test_a_report_that_follows_its_announcement(lines: list[Line]) -> None:
    """With or without ids, late, on several links, or once per attempt."""
    assert outcome("ORDER-3", dispatcher(*lines)) is Outcome.PASS


def test_overlapping_calls_with_ids_are_told_apart() -> None:
    """They may end in any order."""
    lines = [
        *session(ALICE),
        *(asked(ALICE, 16), asked(ALICE, 17), executing(ALICE, 16), executing(ALICE, 17)),
        *(started(ALICE, 16), started(ALICE, 17), ended(ALICE, 17), completed(ALICE, 17)),
        *(ended(ALICE, 16), completed(ALICE, 16), told(ALICE, 17), told(ALICE, 16)),
    ]

    assert red(lines) == set()
    assert outcome("ORDER-3", lines) is Outcome.PASS
    assert outcome("ORDER-4", lines) is Outcome.PASS


def test_overlapping_calls_without_ids_are_in_doubt() -> None:
    """Which report belongs to which call cannot be told."""
    lines = [
        *session(ALICE),
        *(asked(ALICE, 16), asked(ALICE, 17)),
        *(executing(ALICE, **NO_ID), executing(ALICE, **NO_ID)),
        *(started(ALICE, 16), started(ALICE, 17), ended(ALICE, 17), ended(ALICE, 16)),
        *(completed(ALICE, **NO_ID), completed(ALICE, **NO_ID), told(ALICE, 16), told(ALICE, 17)),
    ]

    for rule in ("ORDER-3", "ORDER-4", "CONTENT-5"):
        assert doubted(rule, lines) == "events of overlapping calls cannot be paired"
    assert red(lines) == set()


# --- ORDER-4: executing before the tool starts, completed after it ended -----------------------

AGAINST_TRUTH = {
    "announced late": (
        [started(ALICE), executing(ALICE), ended(ALICE), completed(ALICE)],
        "tool_executing of lookup was sent after the tool had started",
        (4, 5),
    ),
    "reported early": (
        [executing(ALICE), started(ALICE), completed(ALICE), ended(ALICE)],
        "tool_completed of lookup was sent before the tool had ended",
        (6, 7),
    ),
    "reported before a second attempt": (
        [
            *(executing(ALICE), started(ALICE), completed(ALICE)),
            *(broke(ALICE), started(ALICE), ended(ALICE)),
        ],
        "tool_completed of lookup was sent before the tool had ended",
        (6, 7),
    ),
    "reported, and never ended": (
        [executing(ALICE), started(ALICE), completed(ALICE)],
        "tool_completed of lookup was sent before the tool had ended",
        (6,),
    ),
}


@pytest.mark.parametrize(("lines", "message", "witness"), AGAINST_TRUTH.values(), ids=AGAINST_TRUTH)
def test_events_that_contradict_the_truth(
    lines: list[Line], message: str, witness: tuple[int, ...]
) -> None:
    """Whatever order they have among themselves."""
    assert broken("ORDER-4", dispatcher(*lines)) == (message, witness)


AS_IT_WAS = {
    "a call": [executing(ALICE), *TRUTH, completed(ALICE)],
    "a failure": [executing(ALICE), started(ALICE), broke(ALICE), completed(ALICE, status="error")],
    "a cancellation": [
        *(executing(ALICE), started(ALICE), stopped(ALICE)),
        completed(ALICE, status="cancelled"),
    ],
    "a late report": [executing(ALICE), *TRUTH, told(ALICE), completed(ALICE)],
    "a second attempt": [
        *(executing(ALICE), started(ALICE), broke(ALICE), *TRUTH, completed(ALICE)),
    ],
    "only announced": [executing(ALICE), *TRUTH],
    "only reported": [*TRUTH, completed(ALICE)],
}


@pytest.mark.parametrize("lines", AS_IT_WAS.values(), ids=AS_IT_WAS)
def test_events_that_agree_with_the_truth(lines: list[Line]) -> None:
    """However the tool ended; what is missing is the matter of other rules."""
    assert outcome("ORDER-4", dispatcher(*lines)) is Outcome.PASS


NOTHING_TO_ORDER = {
    "a refused call that was announced": [executing(ALICE), completed(ALICE, status="error")],
    "a tool without events": TRUTH,
}


@pytest.mark.parametrize("lines", NOTHING_TO_ORDER.values(), ids=NOTHING_TO_ORDER)
def test_without_truth_or_events_there_is_no_opportunity(lines: list[Line]) -> None:
    """What never ran, or never showed, has no order."""
    assert untold("ORDER-4", [*session(ALICE), asked(ALICE), *lines])
    assert (
        outcome("ORDER-4", [*session(ALICE, call(ALICE, 17)), asked(ALICE), *lines]) is Outcome.PASS
    )


def test_refused_and_cancelled_calls_keep_their_order() -> None:
    """A refusal and a cancellation break nothing, shown or not."""
    lines = [
        *session(ALICE, call(ALICE, 16)),
        *(asked(ALICE, 17), executing(ALICE, 17), completed(ALICE, 17, status="error")),
        refused(ALICE, 17),
        *(asked(ALICE, 18), executing(ALICE, 18), started(ALICE, 18), stopped(ALICE, 18)),
        *(completed(ALICE, 18, status="cancelled"), hung(ALICE, 18, why="cancelled")),
    ]

    assert {rule for rule in red(lines) if rule.startswith("ORDER")} == set()
