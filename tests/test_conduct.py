"""One workload, conducted: script, history, runner and judge, and nothing left behind."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from goldenpath import dispatcher
from goldenpath.adapters.base import Facts
from goldenpath.adapters.python import PythonTarget
from goldenpath.adapters.targets import Target, resolve
from goldenpath.builtin import reference_dispatcher
from goldenpath.conduct import (
    Conducted,
    Options,
    conduct,
    header_of,
    in_loop,
    perform,
    probe,
    users_of,
)
from goldenpath.errors import Exit, TargetProblem
from goldenpath.history import History, load
from goldenpath.model import Entry, Kind, Outcome, Step
from goldenpath.offline import judge_file
from goldenpath.recorder import FileSink
from goldenpath.workloads import WORKLOADS
from tests.virtual import VirtualLoop

FAST = Options(seed=3, loop_factory=VirtualLoop)


def target(factory: Callable[..., Any]) -> PythonTarget:
    marked: Any = dispatcher()(factory)
    return PythonTarget("mine", marked, marked.__goldenpath__)


def at_work(user: Any, tools: Any) -> bool:
    """Whether this is the workload and not the probe, whose user comes from the end of the list."""
    return user.name == "alice"


def run(found: Target, workload: str = "golden_path", **more: Any) -> Conducted:
    options = Options(**{"seed": 3, "loop_factory": VirtualLoop, **more})
    return conduct(found, probe(found, options), WORKLOADS[workload], options)


def kept(result: Conducted) -> History:
    assert result.history
    with result.history.open("rb") as lines:
        return load(lines)


def timeless(path: Path) -> str:
    """A history without the timestamps that the reference itself puts into its frames."""
    return re.sub(r'(timestamp\W+)[^"\\]+', r"\1", path.read_text())


@pytest.mark.parametrize("name", ["reference", "reference-agent"])
def test_a_workload_is_run_recorded_and_judged(name: str, tmp_path: Path) -> None:
    """Every rule that it is to prove has a verdict, and the history says the same again."""
    result = run(resolve(name), histories=tmp_path)
    history = kept(result)
    proved = {v.rule: v.outcome for v in result.verdicts if v.proves}

    assert result.history == tmp_path / "golden_path.jsonl"
    assert set(proved) == set(WORKLOADS["golden_path"].proves[resolve(name).kind])
    assert set(proved.values()) == {Outcome.PASS}
    assert history.footer
    assert history.header.proves == tuple(WORKLOADS["golden_path"].proves[history.header.kind])
    again = {v.rule: v.outcome for v in judge_file(tmp_path / "golden_path.jsonl")[1].verdicts}
    assert {rule: again[rule] for rule in proved} == proved


def test_without_a_folder_nothing_is_kept() -> None:
    """The verdicts are the same."""
    result = run(resolve("reference"))

    assert result.history is None
    assert {v.outcome for v in result.verdicts if v.proves} == {Outcome.PASS}


def test_a_history_that_cannot_be_written_is_judged_as_a_cut_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full in the middle is nothing of the target's, and nothing green."""

    def half(sink: FileSink, line: bytes) -> object:
        if b'"started"' in line:
            raise OSError(errno.ENOSPC, "No space left on device")
        return os.write(sink._fd, line)

    monkeypatch.setattr(FileSink, "write", half)
    done = run(resolve("reference"), histories=tmp_path)

    assert {v.outcome for v in done.verdicts if v.proves} == {Outcome.UNKNOWN}
    assert "the history cannot be written: No space left on device" in done.notes


def test_the_same_seed_gives_the_same_history(tmp_path: Path) -> None:
    """On one clock, letter for letter; another seed gives other ids."""
    folders = [tmp_path / name for name in ("one", "two", "other")]
    for folder, seed in zip(folders, (3, 3, 4), strict=True):
        folder.mkdir()
        run(resolve("reference"), "two_users", histories=folder, seed=seed)
    one, two, other = (timeless(folder / "two_users.jsonl") for folder in folders)

    assert one == two
    assert one != other


def test_a_history_can_be_performed_again(tmp_path: Path) -> None:
    """The header has all the steps, so replay needs no generator; a listener hears each entry."""
    found = resolve("reference")
    header = kept(run(found, "parallel_calls", histories=tmp_path)).header
    heard: list[Entry] = []
    (tmp_path / "again").mkdir()
    options = Options(loop_factory=VirtualLoop, histories=tmp_path / "again")
    result = perform(found, probe(found, options), header, options, heard.append)

    assert kept(result).entries == tuple(heard)
    assert kept(result).header == header
    assert timeless(tmp_path / "parallel_calls.jsonl") == timeless(
        tmp_path / "again" / "parallel_calls.jsonl"
    )


def test_the_clock_is_the_loops() -> None:
    """So that virtual time is what is recorded."""
    heard: list[Entry] = []
    found = resolve("reference")
    facts = probe(found, FAST)
    header = header_of(facts, WORKLOADS["golden_path"], FAST)
    perform(found, facts, header, FAST, heard.append)

    assert heard[0].at < 1_000_000_000


@pytest.mark.parametrize(("scale", "call"), [(1.0, 5.0), (0.5, 2.5), (4.0, 20.0)])
def test_deadlines_are_scaled_and_in_the_header(scale: float, call: float) -> None:
    """A history says by which deadlines it was made."""
    facts = probe(resolve("reference"), FAST)
    header = header_of(facts, WORKLOADS["golden_path"], Options(time_scale=scale))

    assert header.deadlines["call"] == call
    assert set(header.deadlines) == {"call", "delivery", "settle"}


def endpoint(**declared: Any) -> Facts:
    said = {"threads": None, "user_ids": ["ann", None], **declared}
    return Facts("ws://x", "endpoint", {}, {}, declared=said)


def test_a_live_endpoint_has_users_of_its_own() -> None:
    """As many as its profile knows, with its own ids or none; it makes its own runs and threads."""
    ann, ben = users_of(endpoint(), 8, 3)
    planted = users_of(Facts("t", "agent", {}, {}), 2, 3)

    assert [user.user_id for user in (ann, ben)] == ["ann", None]
    assert [user.owner for user in (ann, ben)] == [user.owner for user in planted]
    assert {user.thread_id for user in (ann, ben)} == {user.run_id for user in (ann, ben)} == {None}


def test_threads_of_a_live_endpoint_may_be_marked() -> None:
    """So that threads of one session are not those of an earlier one."""
    ann, _ = users_of(endpoint(threads="-now"), 2, 3)

    assert ann.thread_id == f"{users_of(Facts('t', 'agent', {}, {}), 1, 3)[0].thread_id}-now"


@pytest.mark.parametrize(("plan", "there"), [(True, True), (False, False)])
def test_an_endpoint_that_takes_no_plan_is_sent_none(plan: bool, there: bool) -> None:
    """What it does is then its own affair; nothing else about its steps is changed."""
    header = header_of(endpoint(plan=plan), WORKLOADS["two_users"], FAST)

    def walk(lanes: Any) -> Any:
        for lane in lanes:
            for step in lane:
                yield step
                yield from walk(step.lanes)

    runs = [step for step in walk(header.script) if step.action == "run"]
    assert runs
    assert all(("plan" in step.args) is there for step in runs)
    assert all("message" in step.args for step in runs)


# --- a target that misbehaves ------------------------------------------------------------------


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
