"""Invariants: what any interleaving keeps, and what one wrong event turns red."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goldenpath import rulebook
from goldenpath.history import HistoryProblem, dump, load
from goldenpath.judge import judge
from goldenpath.model import Kind, Outcome, User
from tests.build import (
    ALICE,
    BOB,
    CAROL,
    Line,
    acted,
    agent_run,
    asked,
    broke,
    call,
    closed,
    completed,
    ended,
    executing,
    history,
    hung,
    invoke,
    ok,
    refused,
    registered,
    session,
    started,
    stopped,
    told,
    user,
)
from tests.judged import red

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
    rounds = [[{"id": f"c{n}", "tool": "lookup", "arguments": {"n": n}} for n in range(calls)]]
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


# --- sessions of dispatchers side by side ---------------------------------------------------------

#: What may become of one call of a sound session, line by line, by the number of the call.
SOUND: dict[str, Callable[[User, int], list[Line]]] = {
    "goes well": lambda who, n: call(who, n),
    "goes well by another door": lambda who, n: [
        asked(who, n, via="dispatch"),
        *call(who, n)[1:],
    ],
    "fails": lambda who, n: [
        *(asked(who, n), executing(who, n), started(who, n), broke(who, n)),
        *(completed(who, n, status="error", result=None, error="it broke"),),
        refused(who, n, type="ToolFailure", text="it broke"),
    ],
    "is given up, stopped, and told": lambda who, n: [
        *(asked(who, n), executing(who, n), started(who, n), stopped(who, n)),
        *(completed(who, n, status="cancelled", result=None), hung(who, n, why="cancelled")),
    ],
    "is given up, told, and stopped": lambda who, n: [
        *(asked(who, n), executing(who, n), started(who, n), hung(who, n, why="cancelled")),
        *(stopped(who, n), completed(who, n, status="cancelled", result=None)),
    ],
    "is given up, and let end before it is told": lambda who, n: [
        *(asked(who, n), executing(who, n), started(who, n), acted(who, n), ended(who, n)),
        *(completed(who, n), hung(who, n, why="cancelled")),
    ],
    "fails beside one that goes well": lambda who, n: [
        *(asked(who, n), asked(who, n + 30), executing(who, n), executing(who, n + 30)),
        *(started(who, n), started(who, n + 30), broke(who, n)),
        completed(who, n, status="error", result=None, error="it broke"),
        refused(who, n, text="it broke"),
        *(ended(who, n + 30), completed(who, n + 30), told(who, n + 30)),
    ],
    "is of a synchronous tool": lambda who, n: [
        *(asked(who, n), executing(who, n), started(who, n)),
        *(ended(who, n, turned=True, waited=0.0), completed(who, n), told(who, n)),
    ],
    "is of a tool that is not there": lambda who, n: [
        asked(who, n, tool="no_such_tool"),
        refused(who, n, type="LookupError", text="no_such_tool"),
    ],
}

#: How a sound session may end: what is asked of it, and a call that is under way meanwhile.
ENDS: dict[str, Callable[[User], list[Line]]] = {
    "by cleanup": lambda who: closed(who),
    "twice": lambda who: [*closed(who), *closed(who, step="again")],
    "by its context": lambda who: closed(who, "leave"),
    "in the middle of a call": lambda who: [
        *(asked(who, 90), executing(who, 90), started(who, 90), invoke(who, "cleanup")),
        *(stopped(who, 90), completed(who, 90, status="cancelled", result=None)),
        *(refused(who, 90, type="SessionClosed", text="closed"), ok(who, "cleanup")),
    ],
    "not at all": lambda who: [],
}


@st.composite
def sessions(draw: st.DrawFn, who: User) -> list[Line]:
    """A sound session: it looks, is asked for its way to the user, registers, calls and ends."""
    tools = draw(st.sampled_from([["lookup"], ["lookup", "echo"]]))
    transport = draw(st.sampled_from(["working", "absent"]))
    reaches = transport == "working"
    value = {"has_tool": {"echo": "echo" in tools, "no": False}, "tools": tools}
    look = {**value, "get_available_tools": tools}
    said = {"has": reaches, "bridge": reaches}
    lines = session(who, tools=tools, transport=transport)
    lines += [invoke(who, "enter"), ok(who, "enter"), *registered(who, "give")]
    lines += [invoke(who, "ask_support"), ok(who, "ask_support", value=said)]
    calls = draw(st.lists(st.sampled_from(sorted(SOUND)), min_size=1, max_size=4))
    lines += [
        line
        for n, how in enumerate(calls, 17)
        for line in (*call(who, n + 50), *SOUND[how](who, n))
    ]
    look["tools"] = look["get_available_tools"] = [*tools, "give"]
    lines += [invoke(who, "look"), ok(who, "look", value=look)]
    lines += ENDS[draw(st.sampled_from(sorted(ENDS)))](who)
    if not reaches:
        lines = [line for line in lines[1:] if line[0] is not Kind.FRAME]
    return lines


@st.composite
def side_by_side(draw: st.DrawFn) -> list[Line]:
    """Sound sessions of two users in one process, each in its own order."""
    lanes = [draw(sessions(who)) for who in (ALICE, BOB)]
    merged: list[Line] = []
    while any(lanes):
        merged.append(draw(st.sampled_from([lane for lane in lanes if lane])).pop(0))
    return merged


@settings(max_examples=200)
@given(side_by_side(), st.booleans())
def test_sound_sessions_side_by_side_break_nothing(lines: list[Line], whole: bool) -> None:
    """However their lines fall together, and wherever the history ends."""
    rules = tuple(rulebook.RULES)

    assert red(lines, ALICE, BOB, proves=rules, whole=whole) == set()


@settings(max_examples=60)
@given(side_by_side(), st.data())
def test_sound_sessions_that_are_cut_short_are_never_blamed(
    lines: list[Line], data: st.DataObject
) -> None:
    """What has not come yet is no breach of any rule."""
    at = data.draw(st.integers(0, len(lines)))

    assert red(lines[:at], ALICE, BOB, proves=tuple(rulebook.RULES), whole=False) == set()


@settings(max_examples=60)
@given(side_by_side(), st.data())
def test_a_deed_behind_a_callers_back_is_seen_wherever_it_falls(
    lines: list[Line], data: st.DataObject
) -> None:
    """The tool of a call that was given up acts, at any moment after its caller was told."""
    who = data.draw(st.sampled_from((ALICE, BOB)))
    given_up = [asked(who, 99), started(who, 99), hung(who, 99, why="cancelled"), acted(who, 99)]
    first = next(n for n, line in enumerate(lines) if line[:2] == (Kind.OK, who.name))
    places = sorted(data.draw(st.lists(st.integers(first + 1, len(lines)), min_size=4, max_size=4)))
    made = list(lines)
    for extra, (place, line) in enumerate(zip(places, given_up, strict=True)):
        made.insert(place + extra, line)

    assert "TOOL-6" in red(made, ALICE, BOB)
