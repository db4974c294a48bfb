"""One workload, conducted: script, history, runner and judge."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path
from typing import Any

import pytest

from goldenpath import rulebook
from goldenpath.adapters.base import Facts
from goldenpath.adapters.targets import resolve
from goldenpath.conduct import Options, header_of, perform, probe, users_of
from goldenpath.model import Entry, Outcome
from goldenpath.offline import judge_file
from goldenpath.recorder import FileSink
from goldenpath.workloads import WORKLOADS
from tests.conducting import kept, run
from tests.virtual import VirtualLoop

FAST = Options(seed=3, loop_factory=VirtualLoop)


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
    owed = set(WORKLOADS["golden_path"].proves[resolve(name).kind]) - {*rulebook.ON_REQUEST}
    assert set(proved) == owed
    assert set(proved.values()) == {Outcome.PASS}
    assert history.footer
    proves = WORKLOADS["golden_path"].proves[history.header.kind]
    assert history.header.proves == tuple(r for r in proves if r not in rulebook.ON_REQUEST)
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
