"""API-9 and RECOVERY-7: what starts or is sent of a session that was cleaned up."""

from __future__ import annotations

import pytest
from tests.build import (
    ALICE,
    BOB,
    Line,
    answer,
    asked,
    call,
    closed,
    completed,
    ended,
    event,
    executing,
    invoke,
    ok,
    refused,
    run,
    started,
    stopped,
    up,
)
from tests.judged import findings, red
from tests.scenes import CLEANUP, THINKING, agent, dispatcher

BOTH = ("API-9", "RECOVERY-7")

CLEANING, CLEANED = CLEANUP

UNDER_WAY = [asked(ALICE), started(ALICE), CLEANING, stopped(ALICE)]
ANNOUNCED = [asked(ALICE), executing(ALICE), started(ALICE), CLEANING, stopped(ALICE)]

OWN = event(ALICE, "tool_executing", tool_name="own", call_id="c-1")

#: What came before the end, what is sent after it, and the rule that this breaks.
SENT: dict[str, tuple[list[Line], Line, str]] = {
    "of what was under way": (UNDER_WAY, THINKING, "RECOVERY-7"),
    "an announcement of what was under way": (
        [asked(ALICE), CLEANING],
        executing(ALICE),
        "RECOVERY-7",
    ),
    "a report of what was never announced": (
        UNDER_WAY,
        completed(ALICE, status="cancelled"),
        "RECOVERY-7",
    ),
    "a second report": (
        [*ANNOUNCED, completed(ALICE, status="cancelled")],
        completed(ALICE, status="cancelled"),
        "RECOVERY-7",
    ),
    "of a call that was over": ([*call(ALICE), CLEANING], THINKING, "API-9"),
    "the first report of a call that was over": (
        [*call(ALICE)[:4], call(ALICE)[-1], CLEANING],
        completed(ALICE),
        "API-9",
    ),
    "a report of what was asked for during cleanup": (
        [CLEANING, asked(ALICE), executing(ALICE), refused(ALICE)],
        completed(ALICE, status="error"),
        "API-9",
    ),
    "of a call of its own": ([CLEANING], OWN, "API-9"),
    "of a call of its own while another was under way": (UNDER_WAY, OWN, "API-9"),
    "of nothing that was asked for": ([CLEANING], THINKING, "API-9"),
}


@pytest.mark.parametrize(("before", "late", "rule"), SENT.values(), ids=SENT)
def test_what_is_sent_after_the_end_of_a_session(before: list[Line], late: Line, rule: str) -> None:
    """Of what cleanup was to end, or of what it was to refuse, or that had ended before."""
    lines = dispatcher(*before, CLEANED, late)
    at = len(lines) - 1
    found = {which: findings(which, lines) for which in BOTH}

    assert [which for which in BOTH if found[which]] == [rule]
    (message, witness) = found[rule][0]
    assert message.endswith("was sent after the session of alice had been cleaned up")
    assert witness == (at - 1, at)


NOT_LATE: dict[str, list[Line]] = {
    "the report of what was announced, a moment later": dispatcher(
        *ANNOUNCED, CLEANED, completed(ALICE, status="cancelled")
    ),
    "to another user, which is another rule's matter": [
        *(up(BOB), *dispatcher(*UNDER_WAY, CLEANED, event(ALICE, "agent_thinking", to=BOB))),
    ],
    "over a transport that is slow": dispatcher(*UNDER_WAY, CLEANED, THINKING, transport="slow"),
    "its context was only left": dispatcher(*call(ALICE), *closed(ALICE, "leave"), THINKING),
    "what is no event": dispatcher(
        *(*UNDER_WAY, CLEANED, event(ALICE, "notice", text="good-bye")),
    ),
}


@pytest.mark.parametrize("lines", NOT_LATE.values(), ids=NOT_LATE)
def test_what_may_be_sent_after_the_end(lines: list[Line]) -> None:
    """As far as these two are concerned."""
    assert red(lines).isdisjoint(BOTH)


# --- of an agent, whose run is what is under way --------------------------------------------------

CREATED = [invoke(ALICE, "create", tools=["lookup"]), ok(ALICE, "create")]  # 0, 1

#: A run of two calls and its session's end, from entry 2 on; the line that comes after it; and what
#: is said of that, if anything.
RUNS: dict[str, tuple[list[Line], Line, str]] = {
    "it tells of itself": ([CLEANING, answer(ALICE)], THINKING, "agent_thinking was sent"),
    "it tells of itself, and was never answered": ([CLEANING], THINKING, "agent_thinking was sent"),
    "it makes a call": ([CLEANING, answer(ALICE)], started(ALICE, 17), "lookup started"),
    "it tells of itself when it was over": ([answer(ALICE), CLEANING], THINKING, ""),
    "it makes a call when it was over": ([answer(ALICE), CLEANING], started(ALICE, 17), ""),
}


@pytest.mark.parametrize(("end", "late", "said"), RUNS.values(), ids=RUNS)
def test_what_a_run_does_after_the_end_of_its_session(
    end: list[Line], late: Line, said: str
) -> None:
    """It was to end with it; of one that had ended before other rules speak."""
    run_ = agent(started(ALICE, 16), ended(ALICE, 16), *end, CLEANED, late, calls=2)
    found = findings("RECOVERY-7", [*CREATED, *run_], kind="agent")

    assert [message for message, _ in found] == [
        f"{words} after the session of alice had been cleaned up" for words in (said,) if said
    ]


def test_a_run_that_was_asked_for_during_cleanup_was_to_end_with_it() -> None:
    """It got under way before that was over."""
    lines = [*CREATED, up(ALICE), CLEANING, run(ALICE, 16), CLEANED, THINKING]

    assert [witness for _, witness in findings("RECOVERY-7", lines, kind="agent")] == [(5, 6)]
