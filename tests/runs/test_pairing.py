"""Which call an event belongs to: pure questions about one call or many."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenpath.model import Entry, Event, Kind
from goldenpath.runs import Call, Run, Seen
from goldenpath.runs.pairing import awaits, fitting, shows

EXECUTING, COMPLETED = "tool_executing", "tool_completed"
RUN = Run("alice", "r", "t", Entry(0, 0, Kind.INVOKE, "alice", "s", "run"))


def entry(what: str, **value: Any) -> Entry:
    return Entry(1, 1, Kind.TOOL, "alice", None, what, value)


def seen(event_type: str) -> Seen:
    frame = Entry(2, 2, Kind.FRAME, "alice/1", None, "send", "{}")
    return Seen(frame, "alice/1", "alice", Event(event_type), ())


def call(state: str = "new", *, tool: str = "lookup", answered: bool = False) -> Call:
    """A call that has shown nothing (new), was announced (open), was reported (done)."""
    found = Call(RUN, tool, planned={"arguments": {"a": 1}})
    if state in ("open", "done"):
        found.executing.append(seen(EXECUTING))
    if state in ("done", "only reported"):
        found.completed.append(seen(COMPLETED))
    if answered:
        found.answered = Entry(3, 3, Kind.OK, "alice", "s", "execute", {"value": 1})
    return found


# --- awaits ------------------------------------------------------------------------------------

STATES = ("new", "open", "done", "only reported")
NEXT = {("new", EXECUTING), ("open", COMPLETED)}


@pytest.mark.parametrize(("state", "event_type"), list(product(STATES, (EXECUTING, COMPLETED))))
def test_a_call_awaits_its_next_event(state: str, event_type: str) -> None:
    """First its announcement, then its report, then nothing."""
    assert awaits(call(state), Event(event_type)) == ((state, event_type) in NEXT)


@pytest.mark.parametrize(("tool", "expected"), [("lookup", True), (None, True), ("echo", False)])
def test_a_call_awaits_events_of_its_own_tool(tool: str | None, expected: bool) -> None:
    """One that names no tool may be of any."""
    assert awaits(call(), Event(EXECUTING, tool=tool)) is expected


# --- shows -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "expected"), [({"a": 1}, True), ({"a": 2}, False), ({}, False), (None, False)]
)
def test_an_announcement_shows_a_call_by_its_parameters(parameters: Any, expected: bool) -> None:
    """They must be just those of the call."""
    assert shows(call(), Event(EXECUTING, parameters=parameters)) is expected


@pytest.mark.parametrize("result", [None, False, 0, "", [], {"found": 1}])
def test_a_report_shows_a_call_by_its_result(result: Any) -> None:
    """That of an execution that went well, falsy or not."""
    found, failed = call("open"), call("open")
    found.ends.append(entry("ended", result=result))
    failed.ends.append(entry("failed", error="x"))

    assert shows(found, Event(COMPLETED, result=result))
    assert not shows(found, Event(COMPLETED, result="another"))
    assert not shows(failed, Event(COMPLETED, result=result))
    assert not shows(call("open"), Event(COMPLETED, result=result))


def test_a_call_id_shows_the_call_that_had_it() -> None:
    """Then neither parameters nor result are asked for; another's id shows nothing."""
    mine, other = call("open"), call("open")
    run = Run("alice", "r", "t", RUN.asked, by_wire_id={"c": mine})
    mine.run = other.run = run

    assert shows(mine, Event(COMPLETED, call="c"))
    assert not shows(other, Event(COMPLETED, call="c"))


def test_what_is_not_awaited_is_not_shown() -> None:
    """However well it fits."""
    assert not shows(call("done"), Event(EXECUTING, parameters={"a": 1}))


# --- fitting -----------------------------------------------------------------------------------


def test_calls_that_await_the_event_come_first() -> None:
    """Where there are any, no other fits."""
    new, begun, done = call("new"), call("open"), call("done")

    assert fitting([new, begun, done], Event(EXECUTING)) == [new]
    assert fitting([new, begun, done], Event(COMPLETED)) == [begun]


def test_where_none_awaits_it_those_of_its_tool_fit() -> None:
    """It is a repetition, or comes out of turn."""
    done, other = call("done"), call("done", tool="echo")

    assert fitting([done, other], Event(COMPLETED, tool="lookup")) == [done]
    assert fitting([done, other], Event(COMPLETED, tool="ghost")) == []


def test_an_announcement_is_of_a_call_whose_caller_waits() -> None:
    """A report may come after the answer; there an answered call counts as much."""
    answered, waiting = call("new", answered=True), call("new")
    late, early = call("open", answered=True), call("open")

    assert fitting([answered, waiting], Event(EXECUTING)) == [waiting]
    assert fitting([answered], Event(EXECUTING)) == [answered]
    assert fitting([late, early], Event(COMPLETED)) == [late, early]


calls = st.builds(
    call, st.sampled_from(STATES), tool=st.sampled_from(["lookup", "echo"]), answered=st.booleans()
)
events = st.builds(
    Event,
    st.sampled_from([EXECUTING, COMPLETED]),
    tool=st.sampled_from([None, "lookup", "echo", "ghost"]),
)


@given(st.lists(calls, max_size=5), events)
def test_what_fits_is_one_of_the_calls_and_of_the_tool(listed: list[Call], event: Event) -> None:
    """Never a call of another tool, and nothing is lost that awaits the event alone."""
    found = fitting(listed, event)
    awaiting = [one for one in listed if awaits(one, event)]

    assert all(any(one is other for other in listed) for one in found)
    assert all(event.tool in (None, one.tool) for one in found)
    if len(awaiting) == 1:
        assert found[0] is awaiting[0]
        assert len(found) == 1
