"""Invariants: what any interleaving keeps, and what one wrong event turns red."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goldenpath.history import HistoryProblem, dump, load
from goldenpath.judge import judge
from goldenpath.model import Kind, Outcome
from tests.build import ALICE, BOB, CAROL, Line, agent_run, history, red, user

USERS = (ALICE, BOB, CAROL)


@st.composite
def interleavings(draw: st.DrawFn, calls: int = 2) -> list[Line]:
    """Correct runs of three users, side by side, each in its own order."""
    lanes = [agent_run(who, calls) for who in USERS]
    merged: list[Line] = []
    while any(lanes):
        lane = draw(st.sampled_from([lane for lane in lanes if lane]))
        merged.append(lane.pop(0))
    return merged


def frames(lines: list[Line]) -> list[int]:
    return [n for n, line in enumerate(lines) if line[0] is Kind.FRAME]


def event_type(line: Line) -> str:
    return str(json.loads(line[4])["type"])


@given(interleavings())
def test_any_interleaving_that_keeps_each_runs_order_passes(lines: list[Line]) -> None:
    """No rule fails and none is in doubt, however correct runs are interleaved."""
    found = judge(history(lines, *USERS, kind="agent"))

    wrong = [
        v
        for v in found
        if v.outcome is Outcome.FAIL or (v.outcome is Outcome.UNKNOWN and v.opportunities)
    ]
    assert wrong == []


CUT = {
    "agent_started": {"ORDER-1", "DELIVERY-1"},
    "agent_thinking": set(),
    "tool_executing": {"ORDER-3", "DELIVERY-2"},
    "tool_completed": {"DELIVERY-2", "DELIVERY-5"},
    "agent_completed": {"DELIVERY-1", "DELIVERY-4"},
}


@given(interleavings(), st.data())
def test_one_event_cut_turns_exactly_its_rules_red(lines: list[Line], data: st.DataObject) -> None:
    """A lost event is seen by the rules about that event, and by no other."""
    victim = data.draw(st.sampled_from(frames(lines)))
    kind = event_type(lines[victim])

    assert red(lines[:victim] + lines[victim + 1 :], *USERS, kind="agent") == CUT[kind]


DOUBLED = {
    "agent_started": {"ORDER-1", "DELIVERY-3"},
    "agent_thinking": {"DELIVERY-3"},
    "tool_executing": {"DELIVERY-3"},
    "tool_completed": {"ORDER-3", "DELIVERY-3"},
    "agent_completed": {"ORDER-2", "DELIVERY-3"},
}


@given(interleavings(), st.data())
def test_one_event_doubled_turns_exactly_its_rules_red(
    lines: list[Line], data: st.DataObject
) -> None:
    """A repeated event is seen as a repetition, and where the grammar forbids it as that too."""
    victim = data.draw(st.sampled_from(frames(lines)))
    kind = event_type(lines[victim])

    doubled = [*lines[: victim + 1], lines[victim], *lines[victim + 1 :]]
    assert red(doubled, *USERS, kind="agent") == DOUBLED[kind]


@given(interleavings(), st.data())
def test_one_event_misrouted_breaks_isolation(lines: list[Line], data: st.DataObject) -> None:
    """An event at another user's link is a breach of ISOLATION-1 and -2, and lost for its owner."""
    victim = data.draw(st.sampled_from(frames(lines)))
    line = lines[victim]
    others = [who for who in USERS if not line[1].startswith(who.name)]
    other = data.draw(st.sampled_from(others))
    wrong: Line = (line[0], f"{other.name}/1", *line[2:])
    first_up = [up for up in lines if up[0] is Kind.LINK]
    rest = [entry for entry in lines if entry[0] is not Kind.LINK]
    moved = [*first_up, *(wrong if entry is line else entry for entry in rest)]

    broken = red(moved, *USERS, kind="agent")
    assert "ISOLATION-1" in broken
    assert "ISOLATION-2" in broken


@given(interleavings(calls=1), st.data())
def test_completed_before_executing_breaks_the_order(
    lines: list[Line], data: st.DataObject
) -> None:
    """Swapping the two events of a call breaks ORDER-3, by their numbers ORDER-5 and, against the
    truth, ORDER-4.
    """
    begun = [n for n in frames(lines) if event_type(lines[n]) == "tool_executing"]
    first = data.draw(st.sampled_from(begun))
    second = next(
        n
        for n in frames(lines)
        if n > first and event_type(lines[n]) == "tool_completed" and lines[n][1] == lines[first][1]
    )
    swapped = list(lines)
    swapped[first], swapped[second] = swapped[second], swapped[first]

    assert red(swapped, *USERS, kind="agent") == {"ORDER-3", "ORDER-4", "ORDER-5"}


@settings(max_examples=60)
@given(interleavings(calls=1), st.data())
def test_a_history_cut_at_any_byte_is_never_green(lines: list[Line], data: st.DataObject) -> None:
    """However much of a history is there, unless it is whole no rule passes."""
    whole = b"".join(dump(history(lines, *USERS, kind="agent")))
    at = data.draw(st.integers(0, len(whole) - 1))
    try:
        cut = load(whole[:at].splitlines(keepends=True))
    except HistoryProblem:
        return

    assert cut.footer is None
    assert [v.rule for v in judge(cut) if v.outcome is Outcome.PASS] == []


@given(st.integers(0, 3), st.integers(2, 5))
def test_overlapping_calls_without_ids_are_unknown_and_never_guessed(lost: int, calls: int) -> None:
    """Events that fit several calls are counted; which call they belong to stays UNKNOWN."""
    who = user(0)
    step = "run"
    rounds = [[{"id": f"c{n}", "tool": "lookup", "arguments": {}} for n in range(calls)]]
    asked = {"run_id": who.run_id, "plan": {"rounds": rounds, "answer": ""}}
    lines: list[Line] = [
        (Kind.LINK, "alice/1", None, "up", {"user": "alice"}),
        (Kind.INVOKE, "alice", step, "run", asked),
    ]

    def bare(kind: str) -> Line:
        return (Kind.FRAME, "alice/1", None, "send", json.dumps({"type": kind, "tool": "lookup"}))

    begun = [bare("tool_executing") for _ in range(calls)]
    done = [bare("tool_completed") for _ in range(calls - min(lost, calls))]
    lines += [*begun, *done, (Kind.OK, "alice", step, "run", {"value": ""})]
    found = {v.rule: v.outcome for v in judge(history(lines, who, kind="agent"))}

    assert found["ORDER-3"] is Outcome.UNKNOWN
    assert found["DELIVERY-5"] is (Outcome.FAIL if lost else Outcome.PASS)


def test_a_whole_history_survives_being_written_and_read() -> None:
    """What is loaded equals what was dumped."""
    recorded = history(agent_run(ALICE), kind="agent")

    assert load(list(dump(recorded))) == recorded


@pytest.mark.parametrize("junk", [b"", b"\n", b"{}\n", b"[1]\n", b"null\n", b"\xff\xfe\n"])
def test_what_is_no_history_is_refused(junk: bytes) -> None:
    """A file without a header is a problem that names its line, not an empty history."""
    with pytest.raises(HistoryProblem, match="line 1"):
        load([junk])
