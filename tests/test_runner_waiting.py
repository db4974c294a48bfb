"""The runner waits for the target: for tools, runs and other lanes, and never for ever."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from goldenpath.deadlines import Deadlines
from goldenpath.model import Kind, Step
from goldenpath.runner import BRIEFLY, NAP
from tests.stage import DEADLINES, Stage, never, step, together


def test_a_held_tool_is_waited_for_and_released() -> None:
    """`wait_for` ends when the call with this token did what was named, `release` lets it go on."""
    stage = Stage()

    async def call(step: Step) -> None:
        await asyncio.sleep(1.0)
        stage.truth("started", "T")
        await stage.plant.gates.wait("T")
        stage.truth("ended", "T")

    stage.adapter.actions["call"] = call
    freed = [
        step("w", "wait_for", token="T", what="started"),
        step("b", "mark"),
        step("r", "release", token="T"),
    ]
    stage.run([together("t", [step("a", "call")], freed)])

    assert [f"{e.kind} {e.step or e.what}" for e in stage.entries] == [
        "INVOKE a",
        "TOOL started",
        "INVOKE b",
        "OK b",
        "TOOL ended",
        "OK a",
    ]


def test_waiting_has_an_end_that_is_recorded() -> None:
    """What does not come within the delivery deadline was waited for in vain; the lane goes on."""
    stage = Stage()
    stage.run([step("w", "wait_for", token="T", what="started"), step("b")])

    assert [f"{e.kind} {e.what}" for e in stage.entries] == [
        "MEASURE waited in vain",
        "INVOKE do",
        "OK do",
    ]
    assert stage.entries[0].value == {"token": "T", "what": "started"}
    assert stage.entries[0].at / 1e9 == pytest.approx(2.0, abs=0.1)


def test_only_the_named_deed_of_the_named_call_is_waited_for() -> None:
    """Another token's start, or the same token's end, is not it."""
    stage = Stage()

    async def other(step: Step) -> None:
        stage.truth("started", "U")
        stage.truth("ended", "T")

    stage.adapter.actions["other"] = other
    lines = stage.run([step("o", "other"), step("w", "wait_for", token="T", what="started")])

    assert lines[-1] == "MEASURE w"


def test_a_run_is_waited_for_until_it_shows_its_end() -> None:
    """`wait_for` a run asks whoever reads the history."""
    stage = Stage()

    async def answer(step: Step) -> None:
        stage.plant.transport.connect("alice", "working")
        await asyncio.sleep(1.0)
        stage.watcher.ended.add("r")
        stage.recorder.record(Kind.FRAME, "alice/1", None, "text", "{}")

    stage.adapter.actions["answer"] = answer
    lines = stage.run([step("a", "answer")], [step("w", "wait_for", run="r"), step("b")])

    assert lines == ["INVOKE a", "OK a", "INVOKE b", "OK b"]


@pytest.mark.parametrize(("link", "seconds"), [("up", 2.0), ("down", 0.0), ("never", 0.0)])
def test_a_run_is_not_waited_for_where_nobody_listens(link: str, seconds: float) -> None:
    """Without a link of its user the end of a run cannot come, so patience ends at once."""
    stage = Stage()

    async def change(step: Step) -> None:
        stage.plant.transport.connect("bob", "working")
        if link != "never":
            stage.plant.transport.connect("alice", "working")
        if link == "down":
            stage.plant.transport.disconnect("alice")

    stage.adapter.actions["change"] = change
    lines = stage.run([step("c", "change"), step("w", "wait_for", run="r")])
    waited = next(e.at for e in stage.entries if e.step == "w") / 1e9

    assert lines[-1] == "MEASURE w"
    assert waited == pytest.approx(seconds, abs=0.1)


def test_what_must_not_happen_is_waited_for_briefly() -> None:
    """The settle time, not the delivery deadline; a run that goes on was then not in vain."""
    stage = Stage()

    async def connect(step: Step) -> None:
        stage.plant.transport.connect("alice", "working")

    stage.adapter.actions["connect"] = connect
    lane = [step("c", "connect"), step("w", "wait_for", run="r", briefly=True), step("b")]
    lines = stage.run(lane)

    assert lines == ["INVOKE c", "OK c", "INVOKE b", "OK b"]
    assert stage.entries[-1].at / 1e9 == pytest.approx(DEADLINES.settle, abs=0.05)


def test_an_entry_of_another_thread_is_noticed() -> None:
    """A tool that runs in a thread is waited for like any other; on the real clock."""
    stage = Stage()

    async def call(step: Step) -> None:
        thread = threading.Thread(target=stage.truth, args=("started", "T"))
        thread.start()
        await asyncio.to_thread(thread.join)

    stage.adapter.actions["call"] = call
    lane = [step("w", "wait_for", token="T", what="started")]
    patient = Deadlines(call=60, delivery=60, settle=0.001)
    asyncio.run(stage._run([lane, [step("a", "call")]], patient))

    assert stage.lines() == ["INVOKE a", "OK a"]


@pytest.mark.parametrize(
    ("steps", "first"),
    [
        ([step("w", "wait_for", token="T", what="started")], "started"),
        ([step("j", "join", step="a")], "ended"),
    ],
    ids=["wait_for", "join"],
)
def test_lanes_wait_for_each_other(steps: list[Step], first: str) -> None:
    """One lane's step comes after what the other lane's call did, however long that took."""
    stage = Stage()

    async def call(step: Step) -> None:
        await asyncio.sleep(1.0)
        stage.truth("started", "T")
        await asyncio.sleep(0.5)
        stage.truth("ended", "T")

    stage.adapter.actions["call"] = call
    stage.run([step("a", "call")], [*steps, step("b")])
    order = [e.what if e.kind is Kind.TOOL else f"{e.kind} {e.step}" for e in stage.entries]

    assert order.index("INVOKE b") > order.index(first)


@pytest.mark.parametrize(
    ("more", "settles"), [({"briefly": True}, BRIEFLY), ({"settles": 2}, 2)], ids=["briefly", "2"]
)
def test_joining_may_be_given_up_soon(more: dict[str, Any], settles: int) -> None:
    """Then the lane goes on, as if the other had done it."""
    stage = Stage(never=never)
    stage.run([step("a", "never")], [step("j", "join", step="a", **more), step("b")])
    at = next(e.at for e in stage.entries if e.step == "b") / 1e9

    assert at == pytest.approx(settles * DEADLINES.settle, abs=2 * NAP)


def test_joining_what_waits_for_a_timeout_takes_as_long_as_that_and_no_longer() -> None:
    """It says how many seconds the target's timeout is, and how many deadlines may come on top."""
    stage = Stage(never=never)
    overdue = [step("j", "join", step="a", timeout=30, deadlines=0.2), step("b")]
    stage.run([step("a", "never", timeout=30)], overdue)
    at = {e.step: e.at / 1e9 for e in stage.entries if e.kind is not Kind.INVOKE}

    assert at["b"] == pytest.approx(31, abs=0.2)
    assert at["a"] == pytest.approx(35, abs=0.2)


def test_joining_what_never_ends_has_an_end() -> None:
    """Twice a call's deadline, then the lane goes on."""
    stage = Stage()
    lines = stage.run([step("j", "join", step="no such step"), step("b")])

    assert lines == ["INVOKE b", "OK b"]
    assert stage.entries[0].at / 1e9 == pytest.approx(10.0, abs=0.2)
