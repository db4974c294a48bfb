"""ISOLATION: what one user's links and callers may never see of another user."""

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
    broken,
    call,
    completed,
    down,
    ended,
    event,
    executing,
    fail,
    findings,
    invoke,
    ok,
    outcome,
    red,
    refused,
    run,
    session,
    started,
    token_of,
    told,
    up,
    verdicts,
)

from goldenpath.canary import mint, request_ids
from goldenpath.model import Kind, Outcome
from goldenpath.plant import plant_user

TWO = [*session(ALICE), *session(BOB)]  # entries 0 to 5: alice's 0 to 2, bob's 3 to 5


def two(*lines: Line) -> list[Line]:
    """Both users have a session and bob has asked once (6 to 11); these lines from 12 on."""
    return [*TWO, *call(BOB), *lines]


def other_user(token: str) -> Line:
    """A message that is no event, to alice."""
    text = f'{{"type": "notice", "text": "{token}"}}'
    return (Kind.FRAME, "alice/1", None, "manager.send_to_user", text)


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
    assert outcome("ISOLATION-1", lines) is Outcome.UNKNOWN


def test_an_event_to_a_user_who_asked_for_nothing_is_in_doubt() -> None:
    """Whose it is cannot be told where it names nobody."""
    lines = [up(ALICE), *session(BOB), bare(ALICE, "agent_thinking")]
    found = verdicts(lines)["ISOLATION-1"]

    assert found.outcome is Outcome.UNKNOWN
    assert found.reason == "agent_thinking reached alice, who had asked for nothing"


def test_an_event_of_ones_own_that_holds_anothers_data_is_a_leak_and_no_misdelivery() -> None:
    """It belongs to the open call of the user whom it reached."""
    lines = two(
        *(asked(ALICE), executing(ALICE), started(ALICE), ended(ALICE, result=token_of(BOB))),
        *(completed(ALICE, result=token_of(BOB)), told(ALICE, value=token_of(BOB))),
    )

    assert red(lines) == {"ISOLATION-2", "ISOLATION-3"}


# --- ISOLATION-2: no canary of another user in what a link receives ----------------------------

LEAKS = {
    "in a result": event(ALICE, "tool_completed", tool_name="x", result=[{"a": token_of(BOB)}]),
    "in an error": event(ALICE, "tool_completed", tool_name="x", error=f"no {token_of(BOB)}!"),
    "in a thought": event(ALICE, "agent_thinking", reasoning=f"as {token_of(BOB)} said"),
    "as a key": event(ALICE, "agent_thinking", extra={token_of(BOB): 1}),
    "in a message that is no event": other_user(token_of(BOB)),
    "in what is no JSON": (Kind.FRAME, "alice/1", None, "tap.send", f"oops {token_of(BOB)}"),
    "in what is no text": (Kind.FRAME, "alice/1", None, "tap.send", {"not_JSON": token_of(BOB)}),
}


@pytest.mark.parametrize("line", LEAKS.values(), ids=LEAKS)
def test_another_users_data_in_a_frame(line: Line) -> None:
    """Wherever in it, and whatever kind of frame it is."""
    assert broken("ISOLATION-2", two(line)) == ("a frame to alice holds data of bob", (12,))


def test_data_of_a_run_that_was_not_ours() -> None:
    """A canary of an earlier run of the harness was remembered by the target: a leak too."""
    line = event(ALICE, "agent_thinking", reasoning=mint("abcdef", 3))

    assert broken("ISOLATION-2", two(line))[0] == (
        "a frame to alice holds data of a user of another run"
    )


@pytest.mark.parametrize("size", [1, 4, 10, 18])
def test_another_users_data_split_over_frames(size: int) -> None:
    """A canary streamed in pieces is found in the joined text of the link."""
    token = token_of(BOB)
    pieces = [token[at : at + size] for at in range(0, len(token), size)]
    lines = two(*(event(ALICE, "agent_thinking", reasoning=piece) for piece in pieces))

    assert broken("ISOLATION-2", lines) == (
        "frames to alice, joined, hold data of bob",
        (len(lines) - 1,),
    )


def test_pieces_on_two_links_are_not_joined() -> None:
    """What two links got is no text of either."""
    token = token_of(BOB)
    pieces = [
        event(ALICE, "agent_thinking", to=f"alice/{link}", reasoning=part)
        for link, part in ((1, token[:9]), (2, token[9:]))
    ]

    assert "ISOLATION-2" not in red(two(up(ALICE, link=2), *pieces))


NO_LEAK = {
    "one's own": two(*call(ALICE)),
    "one's own, split": two(
        event(ALICE, "agent_thinking", reasoning=token_of(ALICE)[:7]),
        event(ALICE, "agent_thinking", reasoning=token_of(ALICE)[7:]),
    ),
    "a text that only looks like one": two(other_user("gpc0000010000100000")),
    "a cut one": two(other_user(token_of(BOB)[:-1])),
    "ids of the other without a canary": two(other_user("id-of-bob")),
}


@pytest.mark.parametrize("lines", NO_LEAK.values(), ids=NO_LEAK)
def test_what_is_nobody_elses(lines: list[Line]) -> None:
    """Only a genuine canary of somebody else is a leak."""
    assert outcome("ISOLATION-2", lines) is Outcome.PASS


def test_a_lone_user_cannot_be_told_anothers_data() -> None:
    """Nothing of anybody else had been planted: no opportunity."""
    assert outcome("ISOLATION-2", session(ALICE, call(ALICE))) is Outcome.UNKNOWN
    assert outcome("ISOLATION-2", [up(BOB), *session(ALICE, call(ALICE))]) is Outcome.UNKNOWN


# An id of a user, of a run, and of what belongs to it: wherever it is no event's own.
ANN, BEN = (plant_user(7, position) for position in range(2))
REQUEST, SESSION = request_ids(str(BEN.run_id))
THEIRS = {"a user": BEN.user_id, "a run": BEN.run_id, "a request": REQUEST, "a session": SESSION}


@pytest.mark.parametrize("planted", THEIRS.values(), ids=THEIRS)
def test_another_users_id_in_a_frame(planted: str) -> None:
    """Ids mark whose data it is as canaries do."""
    lines = [*session(ANN), *session(BEN), event(ANN, "agent_thinking", peers=[planted])]

    assert broken("ISOLATION-2", lines, ANN, BEN) == (
        f"a frame to {ANN.name} holds an id of {BEN.name}",
        (6,),
    )


def test_ones_own_ids_and_those_that_say_whose_an_event_is() -> None:
    """Of these CONTENT-3 speaks; and of one account that two users share nobody can be told."""
    own = [str(ANN.user_id), *request_ids(str(ANN.run_id))]
    lines = [*session(ANN), *session(BEN), event(ANN, "agent_thinking", peers=own)]
    named = [*lines, event(ANN, "agent_thinking", user_id=BEN.user_id)]
    twin = msgspec.structs.replace(BEN, user_id=ANN.user_id)

    assert "ISOLATION-2" not in red(lines, ANN, BEN)
    assert "ISOLATION-2" not in red(named, ANN, BEN)
    assert "ISOLATION-2" not in red([*session(ANN), *session(twin), lines[-1]], ANN, twin)


# --- ISOLATION-3: no canary of another user in what is returned --------------------------------

RETURNED: dict[str, Line] = {
    "a result": told(ALICE, value={"found": token_of(BOB)}),
    "a key of a result": told(ALICE, value={token_of(BOB): None}),
    "an exception": refused(ALICE, text=f"busy with {token_of(BOB)}"),
    "a failed result": refused(ALICE, by="result", type="", text="", value=[token_of(BOB)]),
}


@pytest.mark.parametrize("line", RETURNED.values(), ids=RETURNED)
def test_another_users_data_in_what_is_returned(line: Line) -> None:
    """Results and errors alike."""
    assert broken("ISOLATION-3", two(asked(ALICE), line)) == (
        "what was returned to alice holds data of bob",
        (13,),
    )


@pytest.mark.parametrize("line", [answer(ALICE), fail(ALICE, "run")], ids=["answered", "failed"])
def test_an_agents_answer_is_returned_too(line: Line) -> None:
    """It may hold nothing of another user; here it holds nothing."""
    lines = [*agent_run(BOB), up(ALICE), run(ALICE), line]
    leak: Any = ok(ALICE, "run", value=token_of(BOB))

    assert outcome("ISOLATION-3", lines, kind="agent") is Outcome.PASS
    assert "ISOLATION-3" in red([*lines[:-1], leak], kind="agent")


def test_what_is_returned_of_ones_own_is_no_leak() -> None:
    """Beside another user who has asked, which makes it a pass; alone it is no opportunity."""
    assert outcome("ISOLATION-3", two(*call(ALICE, result=token_of(ALICE)))) is Outcome.PASS
    assert outcome("ISOLATION-3", session(ALICE, call(ALICE))) is Outcome.UNKNOWN


def test_only_what_is_returned_for_work_counts() -> None:
    """Creating a session or looking is no execution: of this, bob's call is the one opportunity."""
    lines = two(invoke(ALICE, "look"), ok(ALICE, "look", value={"has_tool": {}, "tools": None}))

    assert verdicts(lines)["ISOLATION-3"].opportunities == 1


def test_a_user_whose_session_could_not_be_made_is_not_there() -> None:
    """Nothing can leak to or from them; one whose session was made can leak before they ask."""
    create = [up(BOB), invoke(BOB, "create", tools=[])]
    for made, expected in ((ok(BOB, "create"), 2), (fail(BOB, "create"), 0)):
        found = verdicts([*create, made, *session(ALICE, call(ALICE))])
        chances = [found[f"ISOLATION-{n}"].opportunities for n in (1, 2)]

        assert chances == [expected, expected]
        assert found["ISOLATION-3"].opportunities == expected // 2


def test_an_event_that_names_nobody_is_no_opportunity() -> None:
    """That it did not go astray could not be told."""
    nameless = bare(ALICE, "agent_thinking", reasoning="hm")
    lines = [*session(ALICE), *session(BOB), nameless]
    found = verdicts(lines)["ISOLATION-1"]

    assert found.opportunities == 0
    assert found.outcome is Outcome.UNOBSERVABLE
    assert verdicts([*lines, *call(ALICE)])["ISOLATION-1"].outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("kind", "found"), [("dispatcher", Outcome.FAIL), ("endpoint", Outcome.UNKNOWN)]
)
def test_data_of_another_run_may_be_an_accounts_own_memory(kind: str, found: Outcome) -> None:
    """Only where the account is one that lives on, at an endpoint."""
    strange = mint("fedcba", 77)
    lines = two(event(ALICE, "agent_thinking", reasoning=f"you once asked {strange}"))

    assert verdicts(lines, kind=kind)["ISOLATION-2"].outcome is found


def test_a_canary_behind_escapes_is_a_leak() -> None:
    """For whoever decodes the frame it is the same."""
    hidden = "".join(f"\\u{ord(letter):04x}" for letter in token_of(BOB))
    leak = (Kind.FRAME, "alice/1", None, "tap.send", f'{{"type": "note", "text": "{hidden}"}}')

    assert "ISOLATION-2" in red(two(leak))
