"""Counts of fresh processes: the same number each time, or the reason why there is none."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from goldenpath.adapters.targets import resolve
from goldenpath.conduct import Options, header_of, probe
from goldenpath.history import Header
from goldenpath.model import Outcome
from goldenpath.performance.counters import REPEATS, Counted, count, key, repeated
from goldenpath.workloads import WORKLOADS

HEAD = """
import asyncio, os, random, socket, sys, threading, time
from goldenpath import agent, dispatcher
from goldenpath.reference import RequestScopedDispatcher, UserContext

class Mine(RequestScopedDispatcher):
    async def execute_tool(self, tool_name, parameters=None):
        global calls
        calls += 1
        {body}
        return await super().execute_tool(tool_name, parameters)

calls = 0

@dispatcher()
def make(user, tap, tools):
    return Mine(UserContext.from_user(user), None, tools)
"""


def header(target: str, seed: int = 0) -> Header:
    options = Options(seed=seed)
    return header_of(probe(resolve(target), options), WORKLOADS["counters"], options)


def mine(folder: Path, body: str, top: str = "") -> Header:
    """The header for a dispatcher that does this before each call."""
    path = folder / "mine.py"
    path.write_text(HEAD.format(body="pass"))
    made = header(f"{path}:make")
    path.write_text(top + HEAD.format(body=body))  # only the fresh process sees that
    return made


def cost(folder: Path, body: str) -> int:
    counted = count(mine(folder, body))
    assert not counted.reason
    return counted.counts["instructions"] // counted.dispatches


# --- exact -----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("target", ["reference", "reference-agent"])
def test_twenty_fresh_processes_count_the_same(target: str) -> None:
    """With both cores busy, since four are at work at a time, and with any seed of ours."""
    headers = [header(target, seed) for seed in range(20)]
    with ThreadPoolExecutor(4) as pool:
        counted = list(pool.map(count, headers))

    assert counted == [counted[0]] * 20
    assert counted[0].key == key()
    assert counted[0].dispatches == 10
    assert set(counted[0].counts) == {"calls", "instructions"}
    assert all(number % 10 == 0 for number in counted[0].counts.values())  # each dispatch as well


def test_more_work_is_more(tmp_path: Path) -> None:
    """By what it is, to the bytecode: twice as many rounds are twice as much more."""
    none, some, twice = (cost(tmp_path, f"for _ in range({n}): len('')") for n in (0, 20, 40))

    assert twice - some == some - none > 0


def test_what_is_left_to_be_done_afterwards_is_counted(tmp_path: Path) -> None:
    """Work in a task of its own that ends after the call has returned is work all the same."""
    late = """
        async def later(rounds):
            await asyncio.sleep(0.05)
            for _ in range(rounds): len('')
        asyncio.create_task(later({}))
    """.strip()
    none, some, twice = (cost(tmp_path, late.format(rounds)) for rounds in (0, 20, 40))

    assert twice - some == some - none > 0


def test_what_is_done_once_is_not_counted(tmp_path: Path) -> None:
    """Imports and caches of the first calls."""
    once = "calls < 3 and [len('') for _ in range({})]"

    assert cost(tmp_path, once.format(10)) == cost(tmp_path, once.format(1000))


def test_waiting_is_not_work(tmp_path: Path) -> None:
    """An hour costs what a second costs, and takes no time."""
    assert cost(tmp_path, "await asyncio.sleep(3600)") == cost(tmp_path, "await asyncio.sleep(1)")


def test_repeats_end_with_the_first_that_cannot_count(tmp_path: Path) -> None:
    """There is no use in waiting for the others."""
    good = list(repeated(mine(tmp_path, "pass")))
    bad = list(repeated(mine(tmp_path, "raise OSError('no database')")))

    assert len(good) == REPEATS
    assert good == [good[0]] * REPEATS
    assert len(bad) == 1


# --- not to be told ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "outcome", "said"),
    [
        ("raise OSError('no database')", Outcome.UNKNOWN, "failed: OSError: no database"),
        ("raise asyncio.CancelledError", Outcome.UNKNOWN, "a dispatch failed: CancelledError"),
        ("sys.exit(0)", Outcome.UNKNOWN, "SystemExit"),
        ("os._exit(0)", Outcome.UNKNOWN, "ended (exit code 0) before it was counted"),
        ("await asyncio.Event().wait()", Outcome.UNKNOWN, "a dispatch never returned"),
        ("return None", Outcome.UNKNOWN, "did not run its tool once"),
        ("calls > 9 and sys.settrace(None)", Outcome.UNKNOWN, "INVALID: the target took our"),
        ("calls == 9 and sys.settrace(print)", Outcome.UNKNOWN, "INVALID: "),
        ("sys.setprofile(lambda *_: None)", Outcome.UNKNOWN, "INVALID: another profiler"),
        ("await asyncio.to_thread(len, '')", Outcome.UNOBSERVABLE, "done by threads"),
        (
            "threading.Thread(target=len, args=('',)).start()",
            Outcome.UNOBSERVABLE,
            "done by threads",
        ),
        (
            "await asyncio.create_subprocess_exec('true')",
            Outcome.UNOBSERVABLE,
            "",
        ),
        (
            "socket.socket().connect_ex(('127.0.0.1', 1))",
            Outcome.UNOBSERVABLE,
            "done by sockets",
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_counted_is_said(
    body: str, outcome: Outcome, said: str, tmp_path: Path
) -> None:
    """And never counted in part."""
    if "settrace" in body and hasattr(__import__("sys"), "monitoring"):
        pytest.skip("sys.settrace does not disturb sys.monitoring")
    counted = count(mine(tmp_path, body))

    assert (counted.outcome, counted.counts) == (outcome, {})
    assert said in counted.reason


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PYTHONASYNCIODEBUG", "1", "INVALID: asyncio is in debug mode"),
        ("PYTHONDEVMODE", "1", "INVALID: asyncio is in debug mode"),
        ("PYTHONOPTIMIZE", "1", "INVALID: Python leaves assertions out"),
    ],
)
def test_counting_is_refused_where_it_would_count_something_else(
    name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Debug modes do more, and -O does less."""
    made = header("reference")
    monkeypatch.setenv(name, value)

    assert said in count(made).reason


def test_counting_is_refused_under_another_tracer(tmp_path: Path) -> None:
    """Coverage in subprocesses, a debugger: whatever was there before us."""
    counted = count(mine(tmp_path, "pass", top="import sys; sys.settrace(lambda *_: None)\n"))

    assert counted.reason == "INVALID: another tracer is at work (sys.settrace)"


def test_the_seed_of_hashes_is_pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the environment says."""
    made = mine(tmp_path, "for _ in range(hash('seed') % 1000): len('')")
    monkeypatch.setenv("PYTHONHASHSEED", "17")
    first = count(made)
    monkeypatch.setenv("PYTHONHASHSEED", "random")

    assert first.counts
    assert count(made) == first


def test_a_process_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    """A target that spins, or is imported for ever."""
    made = mine(tmp_path, "pass", top="while True: pass\n")

    assert count(made, patience=1.0).reason == "it was not counted within 1 seconds"


def test_what_the_target_prints_is_no_result(tmp_path: Path) -> None:
    """Results go their own way."""
    assert count(mine(tmp_path, "print('{}', flush=True); os.write(2, b'{}')")).counts


def test_a_target_that_cannot_be_imported_says_why(tmp_path: Path) -> None:
    """With the words of the error, on one line."""
    counted = count(mine(tmp_path, "pass", top="import no_such_module\n"))

    assert counted.outcome is Outcome.UNKNOWN
    assert "no_such_module" in counted.reason
    assert "\n" not in counted.reason


def test_counting_does_not_disturb_a_loop_that_runs() -> None:
    """It is done elsewhere."""

    made = header("reference")

    async def work() -> Counted:
        return count(made)

    assert asyncio.run(work()).counts
