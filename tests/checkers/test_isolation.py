"""ISOLATION-1: events reach their owner's links only; and what counts as an opportunity."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from tests.build import (
    ALICE,
    BOB,
    CAROL,
    Line,
    agent_run,
    answer,
    asked,
    bare,
    call,
    completed,
    down,
    ended,
    event,
    executing,
    fail,
    invoke,
    run,
    session,
    started,
    token_of,
    told,
    up,
)
from tests.judged import broken, doubted, findings, outcome, red, untold, verdicts
from tests.scenes import TWO, two

from goldenpath.model import Outcome
from goldenpath.runs.ledger import LATE_WINDOW

# --- ISOLATION-1: events of a run reach its owner's links only ---------------------------------

REPORT = {"tool_name": "lookup", "result": {"found": token_of(BOB)}}

ASTRAY = {
    "by its run id": event(BOB, "tool_completed", to=ALICE, thread_id=None, user_id=None),
    "by its canary": bare(ALICE, "tool_completed", **REPORT),
    "by its thread": event(BOB, "agent_thinking", to=ALICE, run_id=None, user_id=None),
}


@pytest.mark.parametrize("line", ASTRAY.values(), ids=ASTRAY)
def test_an_event_that_reached_another_user(line: Line) -> None:
    """Whose run it belongs to is told by run id or canary; the run's asking is a witness."""
    message, witness = broken("ISOLATION-1", two(line))

    assert message.endswith(" of a run of bob reached alice")
    assert witness == (4, 12)


def test_the_user_id_on_the_wire_decides_nothing() -> None:
    """Rule of truth 1: an event of bob's run is bob's, whomever it says that it is for."""
    line = event(BOB, "tool_executing", to=ALICE, user_id=ALICE.user_id, tool_name="lookup")
    lying = event(ALICE, "tool_executing", user_id=BOB.user_id, tool_name="lookup")

    assert "ISOLATION-1" in red(two(line))
    assert "ISOLATION-1" not in red(two(asked(ALICE), lying))


def test_an_event_that_reached_its_owner_and_another() -> None:
    """A broadcast to everybody is a breach for each who is not the owner."""
    lines = [*TWO, up(CAROL)]
    lines += [executing(ALICE, to=who) for who in (ALICE, BOB, CAROL)]

    assert findings("ISOLATION-1", lines, ALICE, BOB, CAROL) == [
        ("tool_executing of a run of alice reached bob", (1, 8)),
        ("tool_executing of a run of alice reached carol", (1, 9)),
    ]


OWN = {
    "two users at once": [*TWO, *call(ALICE), *call(BOB)],
    "two users in turn": [*session(ALICE, call(ALICE)), *session(BOB, call(BOB)), *call(ALICE, 17)],
    "without ids": two(
        *(asked(ALICE), bare(ALICE, "tool_executing", tool="lookup"), started(ALICE)),
        *(ended(ALICE), bare(ALICE, "tool_completed", tool="lookup"), told(ALICE)),
    ),
    "a report after the answer": two(
        *(asked(ALICE), executing(ALICE), started(ALICE), ended(ALICE), told(ALICE)),
        completed(ALICE),
    ),
    "on a second link": two(up(ALICE, link=2), asked(ALICE), executing(ALICE, to="alice/2")),
    "repeated thinking": [up(BOB), *agent_run(ALICE), event(ALICE, "agent_thinking")],
}


@pytest.mark.parametrize("lines", OWN.values(), ids=OWN)
def test_events_that_reached_their_owner(lines: list[Line]) -> None:
    """While somebody else could have got them: this is what makes it a pass."""
    kind = "agent" if any(line[3] == "run" for line in lines) else "dispatcher"

    assert outcome("ISOLATION-1", lines, kind=kind) is Outcome.PASS


UNEXPOSED = {
    "nobody else was there": session(ALICE, call(ALICE)),
    "the other had left": [*session(BOB), down(BOB), *session(ALICE, call(ALICE))],
    "the other came later": [*session(ALICE, call(ALICE)), *session(BOB)],
    "two links of one user": [up(ALICE, link=2), *session(ALICE, call(ALICE))],
}


@pytest.mark.parametrize("lines", UNEXPOSED.values(), ids=UNEXPOSED)
def test_nothing_leaked_counts_only_with_proof_of_exposure(lines: list[Line]) -> None:
    """Rule of truth 6: without another user's open link it could not have gone wrong."""
    assert untold("ISOLATION-1", lines)


def test_an_event_to_a_user_who_asked_for_nothing_is_in_doubt() -> None:
    """Whose it is cannot be told where it names nobody."""
    lines = [up(ALICE), *session(BOB), bare(ALICE, "agent_thinking")]
    found = verdicts(lines)["ISOLATION-1"]

    assert found.outcome is Outcome.UNKNOWN
    assert found.reason == "agent_thinking reached alice, who had asked for nothing"


NAMES: dict[str, dict[str, Any]] = {
    "the user": {"run_id": None, "thread_id": None},
    "the thread": {"run_id": None, "user_id": None},
    "the run": {"thread_id": None, "user_id": None},
}


@pytest.mark.parametrize("left_out", NAMES.values(), ids=NAMES)
def test_what_nobody_asked_for_may_say_whom_it_is_about(left_out: dict[str, Any]) -> None:
    """By any id of the user whom it reached it is theirs; by an unknown one it is in doubt."""
    others = dict.fromkeys(("run_id", "thread_id", "user_id"), "unknown")
    base = [up(ALICE), *session(BOB)]
    own = event(ALICE, "agent_thinking", **left_out)
    unknown = event(ALICE, "agent_thinking", **{**others, **left_out})

    assert outcome("ISOLATION-1", [*base, own]) is Outcome.PASS
    assert doubted("ISOLATION-1", [*base, unknown]) == (
        "agent_thinking reached alice, who had asked for nothing"
    )


def test_what_nobody_asked_for_is_no_doubt_where_nobody_else_asked() -> None:
    """There is nobody whose it could be."""
    assert untold("ISOLATION-1", [up(ALICE), bare(ALICE, "agent_thinking")])


def test_what_one_asked_for_oneself_is_no_doubt_of_another() -> None:
    """There was nothing that could have shown itself, and nobody else's either."""
    asked_for = invoke(ALICE, "enter")

    assert untold("ISOLATION-1", [up(ALICE), asked_for, bare(ALICE, "agent_thinking")])


def test_what_has_no_id_is_not_known_by_it() -> None:
    """Of a user whose thread the harness does not know."""
    unknown = replace(ALICE, thread_id=None, run_id=None)
    lines = [up(ALICE), *session(BOB), bare(ALICE, "agent_thinking")]

    assert doubted("ISOLATION-1", lines, unknown, BOB) == (
        "agent_thinking reached alice, who had asked for nothing"
    )


def test_what_comes_of_a_run_that_was_forgotten_is_no_doubt() -> None:
    """It was asked for, however long ago; that it is late is for DELIVERY-3."""
    lines = [*session(BOB, call(BOB)), up(ALICE)]
    for number in range(LATE_WINDOW + 20):
        end = bare(ALICE, "agent_completed", run_id=f"run-{number}")
        lines += [run(ALICE, run_id=f"run-{number}"), end, answer(ALICE)]
    late = bare(ALICE, "agent_thinking", run_id="run-0")

    assert outcome("ISOLATION-1", [*lines, late], kind="agent") is Outcome.PASS


def test_what_reached_a_user_who_is_not_known_claims_nobody() -> None:
    """A link may be of somebody of whom the header says nothing."""
    lines = [*session(BOB), up(CAROL), bare(CAROL, "agent_thinking")]

    assert doubted("ISOLATION-1", lines, ALICE, BOB) == (
        "agent_thinking reached carol, who had asked for nothing"
    )


def test_an_event_that_holds_the_canary_of_one_who_had_asked_for_nothing() -> None:
    """There is no run whose asking could be shown."""
    lines = [*session(ALICE), up(BOB), bare(ALICE, "agent_thinking", reasoning=token_of(BOB))]

    assert broken("ISOLATION-1", lines)[1] == (4,)


def test_an_event_of_ones_own_that_holds_anothers_data_is_a_leak_and_no_misdelivery() -> None:
    """It belongs to the open call of the user whom it reached."""
    lines = two(
        *(asked(ALICE), executing(ALICE), started(ALICE), ended(ALICE, result=token_of(BOB))),
        *(completed(ALICE, result=token_of(BOB)), told(ALICE, value=token_of(BOB))),
    )

    assert red(lines) == {"ISOLATION-2", "ISOLATION-3"}


# --- ISOLATION-1: what counts as an opportunity ---------------------------------------------------


def test_a_user_whose_session_could_not_be_made_no_longer_listens() -> None:
    """From then on, whichever links come and go; the others still do."""
    failed = [up(BOB), invoke(BOB, "create", tools=[]), fail(BOB, "create")]
    lines = [*session(ALICE), *failed, *call(ALICE), up(ALICE, link=2), *call(ALICE, 17)]
    listens = [up(CAROL), *lines]

    assert untold("ISOLATION-1", lines)
    assert verdicts(listens, ALICE, BOB, CAROL)["ISOLATION-1"].opportunities == 4


def test_without_any_link_nobody_listens() -> None:
    """Frames that came before a link was up, if that can be."""
    lines = [invoke(BOB, "create", tools=[]), executing(ALICE)]

    assert verdicts(lines)["ISOLATION-1"].opportunities == 0


SAYS = {
    "its run": event(ALICE, "agent_thinking", user_id=None, thread_id=None),
    "its thread": event(ALICE, "agent_thinking", user_id=None, run_id=None),
    "a thread without a canary": bare(ALICE, "agent_thinking", thread_id="t-1"),
    "its user": event(ALICE, "agent_thinking", thread_id=None, run_id=None),
    "a canary": bare(ALICE, "agent_thinking", reasoning=token_of(ALICE)),
    "its call": bare(ALICE, "tool_executing", tool="lookup"),
}


@pytest.mark.parametrize("line", SAYS.values(), ids=SAYS)
def test_an_event_that_names_somebody_is_an_opportunity(line: Line) -> None:
    """It could have been seen to go astray."""
    lines = [*session(ALICE), *session(BOB), asked(ALICE), line]

    assert verdicts(lines)["ISOLATION-1"].opportunities == 1


def test_an_event_that_names_nobody_is_no_opportunity() -> None:
    """That it did not go astray could not be told."""
    nameless = bare(ALICE, "agent_thinking", reasoning="hm")
    lines = [*session(ALICE), *session(BOB), nameless]
    found = verdicts(lines)["ISOLATION-1"]

    assert found.opportunities == 0
    assert found.outcome is Outcome.UNOBSERVABLE
    assert found.reason == "no event says whose it is"
    assert verdicts([*lines, *call(ALICE)])["ISOLATION-1"].outcome is Outcome.PASS
