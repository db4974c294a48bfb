"""What is counted: the work of a target, exactly, and nothing of what is ours."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

import goldenpath
from goldenpath.jsonable import jsonable
from goldenpath.performance import counting
from goldenpath.performance.clock import JumpingLoop
from goldenpath.performance.counting import Counter, is_ours

PACKAGE = Path(goldenpath.__file__).parent


def counted(work: Callable[[], Any], *doors: CodeType) -> tuple[int, int]:
    counter = Counter(doors)
    counter.start()
    try:
        work()
    finally:
        assert counter.stop()
    return counter.instructions, counter.calls


def nothing() -> None:
    pass


def calls(count: int) -> Callable[[], None]:
    def work() -> None:
        for _ in range(count):
            nothing()

    return work


@pytest.mark.parametrize(
    ("file", "ours"),
    [
        ("plant/tools.py", True),
        ("recorder.py", True),
        ("performance/worker.py", True),
        ("adapters/dispatcher.py", True),
        ("adapters/frameworks/pydantic_ai.py", False),
        ("reference/dispatcher.py", False),
        ("miniatures/tools.py", False),
        ("builtin.py", False),
        ("../elsewhere/plant/tools.py", False),
        (asyncio.__file__, False),
        ("<string>", False),
    ],
)
def test_ours_is_the_harness_and_not_what_it_is_pointed_at(file: str, ours: bool) -> None:
    """The reference and the miniatures are targets, though they stand in our package."""
    assert is_ours(file if file.startswith("<") else str((PACKAGE / file).resolve())) is ours


def test_a_call_costs_the_same_each_time() -> None:
    """Each more costs what the one before cost, to the bytecode."""
    first, second, third = (counted(calls(count)) for count in (10, 11, 12))

    assert second[1] - first[1] == third[1] - second[1] == 1
    assert second[0] - first[0] == third[0] - second[0] > 0


def test_the_same_work_is_the_same_number() -> None:
    """Also where it was counted before."""
    assert counted(calls(50)) == counted(calls(50))


def test_what_is_ours_is_left_out_with_all_that_it_calls() -> None:
    """A planted tool may do what it likes: only the asking for it is counted."""

    class Strange:
        def __repr__(self) -> str:
            calls(100)()
            return "strange"

    few, many = Strange(), {"a": Strange(), "b": [Strange()]}

    assert counted(lambda: jsonable(few)) == counted(lambda: jsonable(many))


def test_behind_a_door_everything_is_counted_but_the_door() -> None:
    """That is how a call of ours gets to the target."""

    def door() -> None:
        calls(3)()

    outside, inside = counted(door), counted(door, door.__code__)

    assert outside[1] - inside[1] == 1
    assert 0 < outside[0] - inside[0] < 20


def turns(count: int) -> int:
    """What so many turns of the loop cost."""

    async def work() -> None:
        for _ in range(count):
            await asyncio.sleep(0)

    loop = JumpingLoop()
    try:
        return counted(lambda: loop.run_until_complete(work()))[0]
    finally:
        loop.close()


def test_turning_is_left_out_and_what_is_done_in_a_turn_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A target is counted by what it does: how a loop comes to a turn is the loop's affair."""
    one = turns(11) - turns(10)
    monkeypatch.setattr(counting, "LOOP_DOORS", ())
    with_the_loop = turns(11) - turns(10)

    assert turns(12) - turns(11) == with_the_loop
    assert 0 < one < with_the_loop


def test_it_is_noticed_when_somebody_takes_our_place() -> None:
    """A tracer of the target's own makes the count worthless."""
    counter = Counter()
    counter.start()
    if sys.version_info >= (3, 12):
        sys.monitoring.free_tool_id(sys.monitoring.PROFILER_ID)
        sys.monitoring.use_tool_id(sys.monitoring.PROFILER_ID, "another")
    else:
        sys.settrace(None)

    assert not counter.stop()
