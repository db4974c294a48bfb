"""The runner performs lanes of steps side by side, and records what was asked and answered."""

from __future__ import annotations

import asyncio
import contextvars
from typing import Any

import pytest

from goldenpath.adapters.base import Reply, raised
from goldenpath.model import Kind, Step
from tests.stage import Stage, never, step, together, turn


def test_the_steps_of_a_lane_come_one_after_the_other() -> None:
    """A step is asked for when the one before it has been answered."""
    lines = Stage(do=turn).run([step("a"), step("b"), step("c")])

    assert lines == ["INVOKE a", "OK a", "INVOKE b", "OK b", "INVOKE c", "OK c"]


def test_lanes_run_side_by_side() -> None:
    """All are at work before any goes on: each of three waits for the other two."""
    barrier = asyncio.Barrier(3)

    async def meet(step: Step) -> None:
        await barrier.wait()

    lines = Stage(do=meet).run(*([step(f"a{n}")] for n in range(3)))

    assert lines[:3] == ["INVOKE a0", "INVOKE a1", "INVOKE a2"]
    assert sorted(lines[3:]) == ["OK a0", "OK a1", "OK a2"]


def test_lanes_within_a_lane_run_side_by_side_and_are_waited_for() -> None:
    """`together` has lanes of its own; the step after it comes when they have all ended."""
    barrier = asyncio.Barrier(2)

    async def meet(step: Step) -> None:
        await barrier.wait()

    stage = Stage(meet=meet)
    lines = stage.run([together("t", [step("a", "meet")], [step("b", "meet")]), step("c")])

    assert set(lines[:4]) == {"INVOKE a", "INVOKE b", "OK a", "OK b"}
    assert lines[4:] == ["INVOKE c", "OK c"]


def test_a_lane_is_one_task_with_one_context() -> None:
    """What a target sets in a context variable in `create` is there in later steps, in that lane
    and in lanes within it, and nowhere else.
    """
    current: contextvars.ContextVar[str] = contextvars.ContextVar("current", default="nobody")
    tasks: dict[str, set[Any]] = {"alice": set(), "bob": set()}

    async def create(step: Step) -> None:
        tasks[step.actor].add(asyncio.current_task())
        current.set(step.actor)

    async def look(step: Step) -> str:
        if step.id.startswith("own"):
            tasks[step.actor].add(asyncio.current_task())
        return current.get()

    stage = Stage(create=create, look=look)
    stage.run(
        [
            step("c1", "create"),
            step("own1", "look"),
            together("t", [step("in", "look")], [step("in2", "create", actor="bob")]),
            step("own2", "look"),
        ],
        [step("other", "look", actor="bob")],
    )
    seen = {name: stage.value(Kind.OK, name) for name in ("own1", "in", "own2", "other")}

    assert {name: value["value"] for name, value in seen.items()} == {
        "own1": "alice",
        "in": "alice",
        "own2": "alice",
        "other": "nobody",
    }
    assert len(tasks["alice"]) == 1


def test_what_was_asked_and_answered_is_recorded() -> None:
    """INVOKE has the step's arguments, OK and FAIL what the caller was told."""

    async def fail(step: Step) -> Reply:
        return raised(ValueError("no"))

    async def answer(step: Step) -> int:
        return 42

    stage = Stage(good=answer, bad=fail)
    lines = stage.run([step("a", "good", tool="lookup"), step("b", "bad")])

    assert lines == ["INVOKE a", "OK a", "INVOKE b", "FAIL b"]
    assert stage.value(Kind.INVOKE, "a") == {"tool": "lookup"}
    assert stage.value(Kind.INVOKE, "b") is None
    assert stage.value(Kind.OK, "a") == {"value": 42}
    assert stage.value(Kind.FAIL, "b")["type"] == "ValueError"


def test_a_bug_of_an_adapter_is_not_taken_for_an_answer() -> None:
    """An adapter never raises; where one does the run ends with what it raised."""

    async def bug(step: Step) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Stage(bug=bug, never=never).run([step("a", "bug")], [step("b", "never")])


def test_a_script_without_lanes_ends() -> None:
    """Nothing is asked, and nothing is recorded."""
    assert Stage().run() == []
