"""The runner gives up: steps that are cancelled, and calls that do not return."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from goldenpath.adapters.base import guarded
from goldenpath.model import Kind, Step
from tests.stage import Action, Stage, never, step, together, turn


def test_a_cancelled_step_is_lost_and_the_lane_goes_on() -> None:
    """The caller gave up: nobody knows whether it happened. What follows is not cancelled."""
    told: list[str] = []

    async def call(step: Step) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            told.append(step.id)
            raise

    stage = Stage(call=call, do=turn)
    lines = stage.run(
        [together("t", [step("a", "call"), step("b")], [step("c", "cancel", step="a")])]
    )

    assert lines == ["INVOKE a", "LOST a", "INVOKE b", "OK b"]
    assert stage.value(Kind.LOST, "a")["why"] == "cancelled"
    assert told == ["a"]


@pytest.mark.parametrize("wanted", ["b", "x"], ids=["not begun", "never there"])
def test_cancelling_what_is_not_being_performed_does_nothing(wanted: str) -> None:
    """A step that has ended, has not begun or is not there is left alone."""
    lines = Stage(do=turn).run([step("a"), step("c", "cancel", step="a"), step("b")])
    other = Stage(do=turn).run([step("c", "cancel", step=wanted), step("b")])

    assert lines == ["INVOKE a", "OK a", "INVOKE b", "OK b"]
    assert other == ["INVOKE b", "OK b"]


async def _swallow(step: Step) -> str:
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        return "as if nothing had happened"
    raise AssertionError


async def _convert(step: Step) -> Any:
    async def call() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise RuntimeError("given up") from None

    return await guarded(call)


@pytest.mark.parametrize(("call", "kind"), [(_swallow, "OK"), (_convert, "FAIL")])
def test_a_swallowed_cancellation_leaves_no_trace_in_the_lane(call: Action, kind: str) -> None:
    """What the caller was told is recorded, and the next step is asked by a task that is as good
    as new: a TaskGroup of the target would otherwise take it for cancelled.
    """
    pending: list[int] = []

    async def look(step: Step) -> Any:
        task = asyncio.current_task()
        assert task is not None
        pending.append(task.cancelling())

        async def work() -> None:
            async def fail() -> None:
                raise ValueError("of a sibling")

            async with asyncio.TaskGroup() as group:
                group.create_task(fail())
                group.create_task(never(step))

        return await guarded(work)

    stage = Stage(call=call, look=look)
    lane = [step("a", "call"), step("b", "look")]
    lines = stage.run([together("t", lane, [step("c", "cancel", step="a")])])

    assert lines == ["INVOKE a", f"{kind} a", "INVOKE b", "FAIL b"]
    assert pending == [0]
    assert stage.value(Kind.FAIL, "b")["type"] == "ExceptionGroup"


def test_a_call_that_does_not_return_is_lost_at_its_deadline() -> None:
    """The lane goes on, and says how long it waited."""
    stage = Stage(call=never)
    lines = stage.run([step("a", "call"), step("b")])

    assert lines == ["INVOKE a", "LOST a", "INVOKE b", "OK b"]
    assert stage.value(Kind.LOST, "a") == {"why": "deadline", "seconds": 5.0}


def test_a_deadline_cuts_its_own_lane_only() -> None:
    """The other lane's steps are answered while this one hangs."""
    stage = Stage(call=never)
    lines = stage.run([step("a", "call")], [step("b"), step("c")])

    assert lines == ["INVOKE a", "INVOKE b", "OK b", "INVOKE c", "OK c", "LOST a"]


class Deaf:
    """Swallows every cancellation until it is let go, as a target that retries for ever does."""

    def __init__(self, end: type[BaseException] | None = None) -> None:
        self.free = asyncio.Event()
        self.end = end

    async def __call__(self, step: Step) -> None:
        while not self.free.is_set():
            try:
                await self.free.wait()
            except asyncio.CancelledError:
                continue
        if self.end:
            raise self.end


def test_a_lane_that_is_stuck_is_left() -> None:
    """It is lost, a note says so, and everything else is brought to its end."""
    deaf = Deaf()
    stage = Stage(call=deaf)

    async def free() -> None:
        deaf.free.set()
        await asyncio.sleep(0.1)

    stage.after = free
    lines = stage.run([together("t", [step("a", "call"), step("b")], [step("c")]), step("d")])

    assert lines == ["INVOKE a", "INVOKE c", "OK c", "LOST a", "INVOKE d", "OK d"]
    assert stage.recorder.notes == ["call of alice swallowed its cancellation"]


@pytest.mark.parametrize("end", [None, asyncio.CancelledError])
def test_a_lane_that_was_left_does_nothing_more(end: type[BaseException] | None) -> None:
    """When the target lets go after all, its step is not answered twice and no step follows."""
    deaf = Deaf(end)

    async def let_go(step: Step) -> None:
        deaf.free.set()
        await asyncio.sleep(1.0)

    stage = Stage(call=deaf, let_go=let_go)
    lane = [together("t", [step("a", "call"), step("b")]), step("f", "let_go")]
    lines = stage.run(lane)

    assert lines == ["INVOKE a", "LOST a", "INVOKE f", "OK f"]


def test_an_answer_that_comes_too_late_is_lost() -> None:
    """Swallowing the deadline and returning soon after is no answer; the lane goes on."""

    async def slowly(step: Step) -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.sleep(1.0)
        return "late"

    stage = Stage(call=slowly)
    lines = stage.run([step("a", "call"), step("b")])

    assert lines == ["INVOKE a", "LOST a", "INVOKE b", "OK b"]
    assert stage.recorder.notes == []
