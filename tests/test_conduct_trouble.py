"""A target that misbehaves while it is conducted: it is named, and nothing of it is left behind."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import threading
import warnings
from pathlib import Path
from typing import Any

import pytest

from goldenpath.adapters.base import Facts
from goldenpath.builtin import reference_dispatcher
from goldenpath.conduct import Options, in_loop
from goldenpath.errors import Exit, TargetProblem
from goldenpath.history import load
from goldenpath.model import Kind, Outcome, Step
from tests.conducting import kept, run, target


def at_work(user: Any, tools: Any) -> bool:
    """Whether this is the workload and not the probe, whose user comes from the end of the list."""
    return user.name == "alice"


def test_a_task_that_a_target_leaves_is_ended() -> None:
    """Nothing of it runs on into the next workload."""
    left: list[asyncio.Task[None]] = []

    async def make(user: Any, tap: Any, tools: Any) -> Any:
        left.append(asyncio.ensure_future(asyncio.sleep(3600)))
        return await reference_dispatcher(user, tap, tools)

    run(target(make))

    assert len(left) == 2  # one of the probe
    assert all(task.cancelled() for task in left)


def test_what_a_target_does_after_the_end_is_no_part_of_the_history(tmp_path: Path) -> None:
    """A task that sends when it is cancelled, or swallows that, leaves the footer the last line."""

    async def last_word(tap: Any) -> None:
        for _ in range(2):
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                await tap.send({"type": "goodbye"})

    async def make(user: Any, tap: Any, tools: Any) -> Any:
        make.kept = asyncio.ensure_future(last_word(tap))  # type: ignore[attr-defined]
        return await reference_dispatcher(user, tap, tools)

    result = run(target(make), histories=tmp_path)

    assert kept(result).footer
    assert "goodbye" not in (tmp_path / "golden_path.jsonl").read_text()


def test_a_thread_that_is_late_disturbs_no_later_history(tmp_path: Path) -> None:
    """It may still use its tap; what it does is no part of what is recorded by then."""
    taps: list[Any] = []

    async def make(user: Any, tap: Any, tools: Any) -> Any:
        taps.append(tap)
        return await reference_dispatcher(user, tap, tools)

    first = run(target(make), histories=tmp_path)
    before = kept(first)

    def late() -> None:
        for tap in taps:
            asyncio.run(tap.send({"type": "late"}))

    async def make_late(user: Any, tap: Any, tools: Any) -> Any:
        thread = threading.Thread(target=late)
        thread.start()
        thread.join()
        return await reference_dispatcher(user, tap, tools)

    second = run(target(make_late), "failing_tool", histories=tmp_path)

    assert kept(first) == before
    assert not [e for e in kept(second).entries if "late" in str(e.value)]
    assert kept(second).footer


def test_a_target_may_go_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even to a folder that is deleted: the probe and each workload leave us where we were."""
    monkeypatch.chdir(tmp_path)

    async def make(user: Any, tap: Any, tools: Any) -> Any:
        with tempfile.TemporaryDirectory() as gone:
            os.chdir(gone)
        return await reference_dispatcher(user, tap, tools)

    result = run(target(make), histories=tmp_path)

    assert Path.cwd() == tmp_path
    assert kept(result).footer


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_of_a_target_that_forks_the_copy_says_nothing(tmp_path: Path) -> None:
    """Two would write one history; and the copy would go on to write its own reports."""
    copies = []

    async def make(user: Any, tap: Any, tools: Any) -> Any:
        if at_work(user, tools):
            copies.append(os.fork())
        return await reference_dispatcher(user, tap, tools)

    result = run(target(make), histories=tmp_path)

    assert os.waitstatus_to_exitcode(os.waitpid(copies[0], 0)[1]) == Exit.INCONCLUSIVE
    assert {v.outcome for v in result.verdicts if v.proves} == {Outcome.PASS}
    assert [e.index for e in kept(result).entries] == [*range(len(kept(result).entries))]


def test_sys_exit_in_a_task_of_the_target_is_its_problem() -> None:
    """asyncio lets it through; it must not end the harness, nor pass for a run that was whole."""

    async def leave() -> None:
        sys.exit(4)

    async def make(user: Any, tap: Any, tools: Any) -> Any:
        if at_work(user, tools):
            make.kept = asyncio.ensure_future(leave())  # type: ignore[attr-defined]
        return await reference_dispatcher(user, tap, tools)

    with pytest.raises(TargetProblem, match=r"sys\.exit\(4\)"):
        run(target(make))


def test_a_cut_run_keeps_what_it_had_recorded(tmp_path: Path) -> None:
    """The history has no footer, and is still a history."""

    async def make(user: Any, tap: Any, tools: Any) -> Any:
        if at_work(user, tools):
            raise KeyboardInterrupt
        return await reference_dispatcher(user, tap, tools)

    with pytest.raises(KeyboardInterrupt):
        run(target(make), histories=tmp_path)
    with (tmp_path / "golden_path.jsonl").open("rb") as lines:
        history = load(lines)

    assert history.footer is None
    assert [e.kind for e in history.entries][:1] == [Kind.INVOKE] or history.entries


def test_warnings_of_a_target_are_its_own_affair() -> None:
    """They fail nobody's strict test run, and the settings are as before afterwards."""

    async def make(user: Any, tap: Any, tools: Any) -> Any:
        warnings.warn("old", DeprecationWarning, stacklevel=1)
        return await reference_dispatcher(user, tap, tools)

    before = list(warnings.filters)
    run(target(make))

    assert list(warnings.filters) == before


def test_a_loop_is_closed_whatever_happened() -> None:
    """And none is left set for whoever comes next."""
    loops: list[asyncio.AbstractEventLoop] = []

    def loop() -> asyncio.AbstractEventLoop:
        loops.append(asyncio.new_event_loop())
        return loops[-1]

    async def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        in_loop(fail, Options(loop_factory=loop))

    assert [each.is_closed() for each in loops] == [True]
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()


def test_an_adapter_is_closed_whatever_happened() -> None:
    """Also where it could not be opened."""
    story: list[str] = []

    class Adapter:
        async def open(self, plant: Any) -> None:
            story.append("open")
            raise TargetProblem("it is not there")

        async def perform(self, step: Step) -> Any:
            story.append("perform")

        async def close(self) -> None:
            story.append("close")

    class Odd:
        name, kind = "odd", "dispatcher"

        async def probe(self, time_scale: float = 1.0) -> Facts:
            return Facts("odd", "dispatcher", {}, {})

        def adapter(self, facts: Facts) -> Adapter:
            return Adapter()

    with pytest.raises(TargetProblem):
        run(Odd())

    assert story == ["open", "close"]


def test_a_target_that_stops_the_loop_is_its_problem() -> None:
    """Not a bug of the harness."""

    async def make(user: Any, tap: Any, tools: Any) -> Any:
        if at_work(user, tools):
            asyncio.get_running_loop().stop()
        return await reference_dispatcher(user, tap, tools)

    with pytest.raises(TargetProblem, match="stopped the event loop"):
        run(target(make), loop_factory=asyncio.new_event_loop)


def test_a_target_that_cancels_every_task_is_its_problem(tmp_path: Path) -> None:
    """The workload is not quietly performed again."""

    async def make(user: Any, tap: Any, tools: Any) -> Any:
        if at_work(user, tools):
            for task in asyncio.all_tasks():
                task.cancel()
        return await reference_dispatcher(user, tap, tools)

    with pytest.raises(TargetProblem, match="cancelled the task of the harness"):
        run(target(make), histories=tmp_path)


def test_what_clearing_up_brings_about_is_no_part_of_the_history(tmp_path: Path) -> None:
    """Where the run is cut, the tasks that we cancel record nothing more."""

    async def make(user: Any, tap: Any, tools: Any) -> Any:
        made = await reference_dispatcher(user, tap, tools)
        if at_work(user, tools):

            async def execute_tool(*_: Any) -> None:
                try:
                    raise KeyboardInterrupt
                finally:
                    await tap.send({"type": "tool_completed", "late": True})

            made.execute_tool = execute_tool
        return made

    with pytest.raises(KeyboardInterrupt):
        run(target(make), histories=tmp_path)
    with (tmp_path / "golden_path.jsonl").open("rb") as lines:
        found = load(lines)
    assert found.footer is None
