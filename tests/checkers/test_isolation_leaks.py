"""ISOLATION-2 and -3: no data of another user, in frames or in what is returned."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build import (
    ALICE,
    BOB,
    CAROL,
    Line,
    agent_run,
    answer,
    asked,
    call,
    event,
    fail,
    invoke,
    ok,
    refused,
    run,
    session,
    token_of,
    told,
    up,
)
from tests.judged import broken, outcome, red, untold, verdicts
from tests.scenes import two

from goldenpath.canary import mint
from goldenpath.model import Kind, Outcome


def other_user(token: str) -> Line:
    """A message that is no event, to alice."""
    text = f'{{"type": "notice", "text": "{token}"}}'
    return (Kind.FRAME, "alice/1", None, "manager.send_to_user", text)


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


def test_a_canary_is_told_once_and_not_again_with_the_next_frame() -> None:
    """Though it stood at the end of a text that is joined with what follows."""
    lines = two(
        event(ALICE, "agent_thinking", reasoning=f"as said {token_of(BOB)}"),
        event(ALICE, "agent_thinking", reasoning="and so on"),
    )

    assert broken("ISOLATION-2", lines)[1] == (12,)


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
    assert untold("ISOLATION-2", session(ALICE, call(ALICE)))
    assert untold("ISOLATION-2", [up(BOB), *session(ALICE, call(ALICE))])


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
    assert untold("ISOLATION-3", session(ALICE, call(ALICE)))


def test_only_what_is_returned_for_work_counts() -> None:
    """Creating a session or looking is no execution: of this, bob's call is the one opportunity."""
    seen = {"has_tool": {}, "tools": None, "get_available_tools": None}
    lines = two(invoke(ALICE, "look"), ok(ALICE, "look", value=seen))

    assert verdicts(lines)["ISOLATION-3"].opportunities == 1


def test_a_user_whose_session_could_not_be_made_is_not_there() -> None:
    """Nothing can leak to or from them; one whose session was made can leak before they ask."""
    create = [up(BOB), invoke(BOB, "create", tools=[])]
    for made, expected in ((ok(BOB, "create"), 2), (fail(BOB, "create"), 0)):
        found = verdicts([*create, made, *session(ALICE, call(ALICE))])
        chances = [found[f"ISOLATION-{n}"].opportunities for n in (1, 2)]

        assert chances == [expected, expected]
        assert found["ISOLATION-3"].opportunities == expected // 2


def test_a_user_whose_call_failed_is_still_there() -> None:
    """They have asked for something that could leak."""
    lines = [*session(BOB, [asked(BOB), refused(BOB)]), *session(ALICE, call(ALICE))]

    assert verdicts(lines)["ISOLATION-2"].opportunities == 2


def test_who_is_not_in_the_header_planted_nothing() -> None:
    """What they ask for holds no canary that is known."""
    lines = [invoke(CAROL, "create", tools=[]), *session(ALICE, call(ALICE))]

    assert untold("ISOLATION-2", lines)


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
