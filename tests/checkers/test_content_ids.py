"""CONTENT-3: ids in an event are those of its run, thread, user, request and session."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.build import (
    ALICE,
    BOB,
    CAROL,
    Line,
    agent_run,
    answer,
    asked,
    bare,
    completed,
    ended,
    event,
    in_session,
    run,
    session,
    sibling,
    started,
    token_of,
    told,
    up,
)
from tests.judged import broken, findings, outcome, red, untold, verdicts
from tests.scenes import TRUTH, dispatcher, raw

from goldenpath.canary import request_ids
from goldenpath.model import Outcome, User

# --- CONTENT-3: requests and sessions ----------------------------------------------------------

SECOND = sibling(ALICE)
FIRST_IDS, SECOND_IDS = (request_ids(who.run_id or "") for who in (ALICE, SECOND))
BOTH = [*session(ALICE), *in_session(session(SECOND))]


@pytest.mark.parametrize("position", [0, 1], ids=["request", "session"])
def test_an_event_that_names_a_request_of_another_session(position: int) -> None:
    """Of the same user: its own is right, wherever it stands."""
    name = ("request_id", "session_id")[position]
    right = completed(SECOND, 17, **{name: SECOND_IDS[position]})
    wrong = completed(SECOND, 17, metadata={name: FIRST_IDS[position]})
    lines = [*BOTH, *in_session([asked(SECOND, 17), started(SECOND, 17), ended(SECOND, 17)])]

    assert outcome("CONTENT-3", [*lines, right]) is Outcome.PASS
    message, witness = broken("CONTENT-3", [*lines, wrong])
    assert "a request or session of another of theirs" in message
    assert FIRST_IDS[position] in message
    assert witness == (3, 8)


def test_an_event_may_tell_of_other_sessions() -> None:
    """In a list it names those that are open; they are not its own."""
    lines = [*BOTH, *in_session([asked(SECOND, 17), started(SECOND, 17), ended(SECOND, 17)])]
    line = completed(SECOND, 17, online=[{"session_id": FIRST_IDS[1]}], note=FIRST_IDS[1])

    assert outcome("CONTENT-3", [*lines, line]) is Outcome.PASS


def test_an_event_that_may_be_of_either_session_names_no_wrong_request() -> None:
    """It says nothing of whose it is."""
    lines = [*BOTH, asked(ALICE, 16), *in_session([asked(SECOND, 17)])]
    line = bare(ALICE, "tool_executing", tool_name="lookup", note=[*FIRST_IDS, *SECOND_IDS])

    assert "CONTENT-3" not in red([*lines, line])


# --- CONTENT-3: ids in an event are those of its run, thread and user --------------------------

WRONG = {
    "the thread": (
        {"thread_id": "thread-9"},
        f"tool_executing of alice names the thread thread-9, not {ALICE.thread_id}",
    ),
    "the user": (
        {"user_id": "id-of-bob"},
        "tool_executing of a run of alice names the user id-of-bob, not id-of-alice",
    ),
    "the user, cut too short": (
        {"user_id": "id-..."},
        "tool_executing of a run of alice names the user id-..., not id-of-alice",
    ),
    "the user, cut without a mark": (
        {"user_id": "id-of-al"},
        "tool_executing of a run of alice names the user id-of-al, not id-of-alice",
    ),
    "the user, in another case": (
        {"user_id": "ID-OF-ALICE"},
        "tool_executing of a run of alice names the user ID-OF-ALICE, not id-of-alice",
    ),
    "the user, in a context": (
        {"context": {"user_id": "id-of-bob"}},
        "tool_executing of a run of alice names the user id-of-bob, not id-of-alice",
    ),
    "the thread, among the metadata": (
        {"metadata": {"thread_id": "thread-9"}},
        f"tool_executing of alice names the thread thread-9, not {ALICE.thread_id}",
    ),
    "an empty user": (
        {"user_id": ""},
        "tool_executing of a run of alice names the user '', not id-of-alice",
    ),
    "an empty thread": (
        {"thread_id": ""},
        f"tool_executing of alice names the thread '', not {ALICE.thread_id}",
    ),
    "the run": (
        {"run_id": "run-9"},
        "tool_executing of alice names the run run-9, not run-of-alice",
    ),
}


def shown(**ids: Any) -> list[Line]:
    """A call whose announcement (entry 4) names these ids."""
    given = {"query": token_of(ALICE)}
    wrong = event(ALICE, "tool_executing", tool_name="lookup", parameters=given, **ids)
    return dispatcher(asked(ALICE), wrong, *TRUTH, completed(ALICE), told(ALICE))


@pytest.mark.parametrize(("ids", "message"), WRONG.values(), ids=WRONG)
def test_an_event_with_a_wrong_id(ids: dict[str, str], message: str) -> None:
    """Which id, what it says and what it should say."""
    assert broken("CONTENT-3", shown(**ids)) == (message, (4,))
    assert verdicts(shown(**ids))["CONTENT-3"].opportunities > 3
    assert red(shown(**ids)) == {"CONTENT-3"}


RIGHT: dict[str, dict[str, Any]] = {
    "all of them": {},
    "no user": {"user_id": None},
    "no run": {"run_id": None},
    "no thread": {"thread_id": None},
    "a shortened user": {"user_id": "id-of-al..."},
    "a user of which four letters are left": {"user_id": "id-o..."},
    "a user shortened by one letter": {"user_id": "id-of-al\N{HORIZONTAL ELLIPSIS}"},
    "the same in a context": {"context": {"user_id": "id-of-alice", "run_id": "run-of-alice"}},
}


@pytest.mark.parametrize("ids", RIGHT.values(), ids=RIGHT)
def test_an_event_with_right_ids_or_without(ids: dict[str, Any]) -> None:
    """An id may be left out, and a user's may be shortened where this is marked."""
    assert outcome("CONTENT-3", shown(**ids)) is Outcome.PASS


def test_a_user_id_of_the_field_may_be_shortened() -> None:
    """`demo-use...` is demo-user-001, and not demonstration."""
    for user_id, wrong in (("demo-user-001", set()), ("demonstration", {"CONTENT-3"})):
        who = msgspec.structs.replace(ALICE, user_id=user_id)
        lines = [*session(who), event(who, "tool_executing", user_id="demo-use...", tool="x")]

        assert red(lines, who) - {"DELIVERY-5"} == wrong


def test_a_user_id_may_be_a_number() -> None:
    """As a number on the wire it is still that id."""
    who = msgspec.structs.replace(ALICE, user_id="7")

    assert outcome("CONTENT-3", [*session(who), event(who, "agent_started", user_id=7)], who) is (
        Outcome.PASS
    )


def test_a_thread_is_the_runs_own_and_else_the_users() -> None:
    """A run may be asked for in a thread of its own."""
    for thread, said, expected in (
        ("t-9", "t-9", Outcome.PASS),
        ("t-9", ALICE.thread_id, Outcome.FAIL),
        (None, ALICE.thread_id, Outcome.PASS),
        (None, "t-9", Outcome.FAIL),
    ):
        asked_for = run(ALICE, thread_id=thread)
        lines = [up(ALICE), asked_for, event(ALICE, "agent_started", thread_id=said)]
        assert outcome("CONTENT-3", lines, kind="agent") is expected


def test_of_who_is_not_in_the_header_only_the_run_is_known() -> None:
    """Neither the user nor a thread of theirs."""
    lines = [up(CAROL), run(CAROL, thread_id=None), event(CAROL, "agent_started")]
    found = verdicts(lines, ALICE, BOB, kind="agent")["CONTENT-3"]

    assert (found.outcome, found.opportunities) == (Outcome.PASS, 2)


def test_what_belongs_to_no_run_names_nobody_wrongly() -> None:
    """Nor does what is no event."""
    lines = [up(BOB), event(BOB, "agent_thinking", user_id="x"), raw('{"type": "ping"}')]

    assert untold("CONTENT-3", lines)


def test_events_without_any_id_are_grey() -> None:
    """There is nothing in them that could be wrong."""
    lines = dispatcher(asked(ALICE), bare(ALICE, "tool_executing", tool="lookup"))

    said = verdicts(lines)["CONTENT-3"]
    assert said.outcome is Outcome.UNOBSERVABLE
    assert said.reason == "no event names a run, a thread or a user"


def unknown(who: User) -> User:
    """A user of a live endpoint, which chooses all ids itself."""
    return msgspec.structs.replace(who, user_id=None, thread_id=None, run_id=None)


def test_ids_that_the_target_chose_must_not_mix() -> None:
    """Two users may not be called the same, nor one run by two names."""
    alice, bob = unknown(ALICE), unknown(BOB)
    lines = [up(alice), up(bob), run(alice), run(bob)]
    for who in (alice, bob):
        lines += [
            event(who, "agent_started", user_id="u-1", run_id=f"r-{who.name}"),
            event(who, "agent_completed", user_id="u-1", run_id=f"r-{who.name}"),
        ]
    two_names = [
        *(up(alice), run(alice), event(alice, "agent_started", run_id="r-1")),
        *(event(alice, "agent_completed", run_id="r-2"), answer(alice)),
    ]

    assert findings("CONTENT-3", lines, alice, bob, kind="endpoint") == [
        ("agent_started of a run of bob names the user u-1, not one of their own", (6,)),
        ("agent_completed of a run of bob names the user u-1, not one of their own", (7,)),
    ]
    assert broken("CONTENT-3", two_names, alice, kind="endpoint") == (
        "events of one run of alice name the runs r-1, r-2",
        (2, 3),
    )


def test_a_user_id_that_is_left_empty_does_not_mix_users() -> None:
    """Of users whose ids the target chooses; and each run counts, that has a name."""
    alice, bob = unknown(ALICE), unknown(BOB)
    lines = [up(alice), up(bob), run(alice), run(bob)]
    lines += [event(who, "agent_started", user_id="", run_id=who.name) for who in (alice, bob)]
    found = verdicts(lines, alice, bob, kind="endpoint")["CONTENT-3"]

    assert (found.outcome, found.opportunities) == (Outcome.PASS, 4)


def test_ids_that_the_target_chose_and_kept() -> None:
    """Each user has one, each run has one: nothing is wrong."""
    alice, bob = unknown(ALICE), unknown(BOB)
    lines = [up(alice), up(bob)]
    for who in (alice, bob, alice):
        lines.append(run(who))
        number = len(lines)
        lines += [
            event(who, "agent_started", user_id=f"u-{who.name}", run_id=f"r-{number}"),
            event(
                who,
                "agent_completed",
                user_id=f"u-{who.name}",
                run_id=f"r-{number}",
                result="so it is",
            ),
            answer(who),
        ]

    assert red(lines, alice, bob, kind="endpoint") == set()
    assert outcome("CONTENT-3", lines, alice, bob, kind="endpoint") is Outcome.PASS


def test_one_made_up_run_id_for_everybody_is_no_leak() -> None:
    """Each user got their own events: the id is wrong, and nothing reached the wrong user."""
    lines = [*session(ALICE), *session(BOB)]
    for who in (ALICE, BOB):
        wire = {"tool_name": "lookup", "run_id": "unknown"}
        begun = {**wire, "parameters": {"query": token_of(who)}}
        lines += [
            *(asked(who), event(who, "tool_executing", **begun), started(who), ended(who)),
            *(event(who, "tool_completed", **wire, result="found"), told(who)),
        ]

    assert red(lines) == {"CONTENT-3"}


def test_two_users_in_turn_keep_their_ids() -> None:
    """What belongs to the first is not expected of the second."""
    lines = [*agent_run(ALICE), *agent_run(BOB), *agent_run(ALICE)[1:]]

    assert outcome("CONTENT-3", lines, kind="agent") is Outcome.PASS
