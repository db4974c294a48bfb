"""RECOVERY-7: what was begun has ended when cleanup is over; and what was cut."""

from __future__ import annotations

import pytest
from tests.build import (
    ALICE,
    BOB,
    Line,
    acted,
    answer,
    asked,
    call,
    closed,
    completed,
    ended,
    executing,
    fail,
    fault,
    invoke,
    lost,
    ok,
    refused,
    session,
    started,
    stopped,
    told,
)
from tests.judged import broken, outcome, red, untold, verdicts
from tests.scenes import AT_WORK, CLEANUP, DONE, GAVE_UP, agent, dispatcher, nameless

from goldenpath.model import Finding, Kind, Outcome

# --- RECOVERY-7: cleanup ends what is under way -------------------------------------------------

CLEANING, CLEANED = CLEANUP

SHOWN = [asked(ALICE), executing(ALICE), started(ALICE)]  # 3 to 5

LEFT_ALONE = {
    "it ends after it": (
        [*AT_WORK, CLEANING, CLEANED, ended(ALICE)],
        "lookup was at work during cleanup and went on after it",
        (4, 6, 7),
    ),
    "it acts after it": (
        [*AT_WORK, CLEANING, CLEANED, acted(ALICE), stopped(ALICE)],
        "lookup was at work during cleanup and went on after it",
        (4, 6, 7),
    ),
    "it acts and ends after it": (
        [*AT_WORK, CLEANING, CLEANED, acted(ALICE), ended(ALICE)],
        "lookup was at work during cleanup and went on after it",
        (4, 6, 7),
    ),
    "it never ends": (
        [*AT_WORK, CLEANING, refused(ALICE), CLEANED],
        "lookup was at work during cleanup and went on after it",
        (4, 7),
    ),
    "one of two executions never ends": (
        [*AT_WORK, started(ALICE), CLEANING, stopped(ALICE), CLEANED],
        "lookup was at work during cleanup and went on after it",
        (4, 8),
    ),
    "it is never reported": (
        [*SHOWN, CLEANING, stopped(ALICE), refused(ALICE), CLEANED],
        "lookup was at work during cleanup: announced, and never reported",
        (4, 6),
    ),
}


NOT_OVER = {
    "it waited its turn": (
        [asked(ALICE), CLEANING, CLEANED, started(ALICE), stopped(ALICE)],
        "lookup started after the session of alice had been cleaned up",
        (3, 5, 6),
    ),
    "it came meanwhile, and stays": (
        [CLEANING, asked(ALICE), started(ALICE), CLEANED, ended(ALICE)],
        "lookup was at work during cleanup and went on after it",
        (5, 6, 7),
    ),
}


@pytest.mark.parametrize(("lines", "message", "witness"), NOT_OVER.values(), ids=NOT_OVER)
def test_what_goes_on_after_cleanup(
    lines: list[Line], message: str, witness: tuple[int, ...]
) -> None:
    """Once it was answered nothing starts, and nothing is sent."""
    assert broken("RECOVERY-7", dispatcher(*lines)) == (message, witness)


FLOWS = (Kind.FAULT, ALICE.name, "s9", "flows", {"given_up": f"call-{ALICE.name}-16"})


def test_a_tool_that_starts_though_its_caller_gave_up_while_it_was_announced() -> None:
    """However its caller was answered in the end; what had begun before is another matter."""
    late = [asked(ALICE), executing(ALICE), FLOWS, started(ALICE), ended(ALICE), told(ALICE)]
    early = [asked(ALICE), started(ALICE), FLOWS, ended(ALICE), told(ALICE)]

    assert broken("TOOL-6", dispatcher(*late)) == (
        "lookup was started after its caller had given up, which was while it was being announced",
        (3, 5, 6),
    )
    assert verdicts(dispatcher(*late))["TOOL-6"].opportunities == 1
    assert untold("TOOL-6", dispatcher(*early))
    assert outcome("TOOL-6", dispatcher(asked(ALICE), FLOWS, GAVE_UP)) is Outcome.PASS


@pytest.mark.parametrize(("lines", "message", "witness"), LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_what_cleanup_leaves_alone(
    lines: list[Line], message: str, witness: tuple[int, ...]
) -> None:
    """A tool at work, or an announcement without its report."""
    assert broken("RECOVERY-7", dispatcher(*lines)) == (message, witness)


ENDED = {
    "stopped": [*AT_WORK, CLEANING, stopped(ALICE), refused(ALICE), CLEANED],
    "waited for": [*AT_WORK, CLEANING, acted(ALICE), ended(ALICE), told(ALICE), CLEANED],
    "stopped a moment later": [*AT_WORK, CLEANING, refused(ALICE), CLEANED, stopped(ALICE)],
    "announced and reported": [
        *(*SHOWN, CLEANING, stopped(ALICE), completed(ALICE, status="cancelled"), CLEANED),
    ],
    "reported a moment later": [
        *(*SHOWN, CLEANING, stopped(ALICE), CLEANED, completed(ALICE, status="cancelled")),
    ],
    "its caller gave up as well": [*AT_WORK, CLEANING, GAVE_UP, stopped(ALICE), CLEANED],
    "it was cleaned up twice": [
        *(*AT_WORK, CLEANING, stopped(ALICE), CLEANED, *closed(ALICE, step="again")),
    ],
    "it started meanwhile": [asked(ALICE), CLEANING, started(ALICE), stopped(ALICE), CLEANED],
    "it had ended, and was made again": [
        *(*AT_WORK, ended(ALICE), CLEANING, started(ALICE), ended(ALICE), CLEANED),
    ],
    "the second of two was answered at once": [
        *(*AT_WORK, CLEANING, *closed(ALICE, step="again"), stopped(ALICE), CLEANED),
    ],
    "its context was left": [
        *(*AT_WORK, invoke(ALICE, "leave"), stopped(ALICE), ok(ALICE, "leave")),
    ],
    "its report fits another as well": [
        *(asked(ALICE, 16), asked(ALICE, 17), executing(ALICE, 16), executing(ALICE, 17)),
        *(started(ALICE, 16), started(ALICE, 17), CLEANING, DONE, DONE),
        *(stopped(ALICE, 16), stopped(ALICE, 17), CLEANED),
    ],
    "its link was cut": [
        *(*SHOWN, fault(ALICE, "dropped"), CLEANING, stopped(ALICE), refused(ALICE), CLEANED),
    ],
}


@pytest.mark.parametrize("lines", ENDED.values(), ids=ENDED)
def test_what_cleanup_ends(lines: list[Line]) -> None:
    """It may stop it or wait for it, and the pair of events is closed."""
    assert outcome("RECOVERY-7", dispatcher(*lines)) is Outcome.PASS


def test_a_target_that_shows_no_reports_owes_none() -> None:
    """Where only tool_executing is its own."""
    lines = dispatcher(*SHOWN, CLEANING, stopped(ALICE), refused(ALICE), CLEANED)
    found = verdicts(lines, card={"tool_events": ""})["RECOVERY-7"]

    assert found.outcome is Outcome.PASS


NOT_MIDWAY = {
    "nothing was under way": [*call(ALICE), CLEANING, CLEANED],
    "cleanup hung": [*AT_WORK, CLEANING, lost(ALICE, "cleanup"), ended(ALICE)],
    "cleanup failed": [*AT_WORK, CLEANING, fail(ALICE, "cleanup"), ended(ALICE)],
    "there is no cleanup": [*AT_WORK, CLEANING, fail(ALICE, "cleanup", by="missing")],
    "it is no context manager": [
        *(*AT_WORK, invoke(ALICE, "leave"), fail(ALICE, "leave", by="missing"), ended(ALICE)),
    ],
    "it was another user's": [*session(BOB), *AT_WORK, *closed(BOB), ended(ALICE), told(ALICE)],
}


@pytest.mark.parametrize("lines", NOT_MIDWAY.values(), ids=NOT_MIDWAY)
def test_a_cleanup_that_came_upon_nothing(lines: list[Line]) -> None:
    """Neither red nor green."""
    assert untold("RECOVERY-7", dispatcher(*lines))


def test_a_session_of_an_agent_is_cleaned_up_like_one_of_a_dispatcher() -> None:
    """Its run is what is under way; one that has no cleanup owes none."""
    create = [invoke(ALICE, "create", tools=["lookup"]), ok(ALICE, "create")]
    at_work = [*create, *agent(started(ALICE), CLEANING)]  # 0 to 5
    none = (*CLEANED[:4], {"value": None, "none": True})

    assert broken("RECOVERY-7", [*at_work, CLEANED, ended(ALICE)], kind="agent")[1] == (4, 6, 7)
    assert outcome("RECOVERY-7", [*at_work, stopped(ALICE), CLEANED], kind="agent") is Outcome.PASS
    said = verdicts([*at_work, none, ended(ALICE)], kind="agent")["RECOVERY-7"]
    assert (said.outcome, said.reason) == (Outcome.UNSUPPORTED, "it has no cleanup")


def test_calls_without_canaries_that_cleanup_came_upon_are_in_doubt() -> None:
    """The end that fits no single call may be the one that is missing."""
    lines = dispatcher(
        *(asked(ALICE, 16), nameless("started", parameters={})),
        *(asked(ALICE, 17), nameless("started", parameters={}), CLEANING),
        *(nameless("cancelled"), refused(ALICE, 16), refused(ALICE, 17), CLEANED),
    )
    found = verdicts(lines)["RECOVERY-7"]

    assert found.outcome is Outcome.UNKNOWN
    assert "cannot be told apart" in found.reason


# --- what was cut -------------------------------------------------------------------------------

CUT = {
    "TOOL-7": ("agent", agent(started(ALICE), answer(ALICE))),
    "RECOVERY-7": ("dispatcher", dispatcher(*AT_WORK, CLEANING, CLEANED)),
}


@pytest.mark.parametrize("rule", CUT)
def test_an_end_that_is_missing_may_stand_in_the_part_that_was_cut(rule: str) -> None:
    """Whole it is red, and cut it is unknown."""
    kind, lines = CUT[rule]
    found: dict[bool, list[Finding]] = {}
    for whole in (True, False):
        verdict = verdicts(lines, kind=kind, whole=whole)[rule]
        found[whole] = list(verdict.findings)
        assert verdict.outcome is (Outcome.FAIL if whole else Outcome.UNKNOWN)

    assert found[True]
    assert not found[False]


def test_a_caller_that_gave_up_and_whose_tool_works_on_needs_no_more_lines() -> None:
    """What was seen stands, though the history was cut."""
    lines = dispatcher(*AT_WORK, GAVE_UP, ended(ALICE))

    assert "TOOL-6" in red(lines, whole=False)
