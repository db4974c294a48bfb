"""Whether anything can still happen in this process: seen, and where it cannot be seen, denied."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from goldenpath import stillness
from goldenpath.stillness import TURNS, is_still

Loop = asyncio.AbstractEventLoop
Prepare = Callable[[Loop, ExitStack], object]


def ask(prepare: Prepare = lambda loop, end: None, timers: int = 0) -> bool:
    """What is said of a loop in which that was done before."""

    async def main() -> bool:
        with ExitStack() as end:
            prepare(asyncio.get_running_loop(), end)
            return await is_still(timers)

    with asyncio.Runner() as runner:
        return runner.run(main())


def timer(loop: Loop, end: ExitStack) -> None:
    end.callback(loop.call_later(60, print).cancel)


def cancelled_timer(loop: Loop, end: ExitStack) -> None:
    loop.call_later(60, print).cancel()


def waiting_task(loop: Loop, end: ExitStack) -> None:
    """It waits for what nobody will ever set."""
    end.callback(loop.create_task(asyncio.Event().wait()).cancel)


def sleeping_task(loop: Loop, end: ExitStack) -> None:
    task = loop.create_task(asyncio.sleep(60))
    end.callback(task.cancel)


def watched_file(loop: Loop, end: ExitStack) -> None:
    reads, writes = os.pipe()
    loop.add_reader(reads, print)
    end.callback(os.close, writes)
    end.callback(os.close, reads)
    end.callback(loop.remove_reader, reads)


def busy(loop: Loop, end: ExitStack) -> None:
    """It asks for one more turn in each turn."""

    def again() -> None:
        if on:
            loop.call_soon(again)

    on = [True]
    end.callback(on.clear)
    again()


def thread(loop: Loop, end: ExitStack) -> None:
    over = threading.Event()
    before = os.listdir("/proc/self/task")
    other = threading.Thread(target=over.wait)
    other.start()

    def ended() -> None:
        over.set()
        other.join()
        while os.listdir("/proc/self/task") != before:  # the system's thread ends after Python's
            os.sched_yield()

    end.callback(ended)


def alarm(loop: Loop, end: ExitStack) -> None:
    signal.setitimer(signal.ITIMER_REAL, 60)
    end.callback(signal.setitimer, signal.ITIMER_REAL, 0)


def child(loop: Loop, end: ExitStack) -> None:
    """It ends when its stdin does; whoever made it may have asked to be told by a signal."""
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    end.callback(other.communicate)


@pytest.mark.parametrize("prepare", [cancelled_timer, waiting_task], ids=lambda f: f.__name__)
def test_what_nobody_will_wake_is_still(prepare: Prepare) -> None:
    assert ask()
    assert ask(prepare)


@pytest.mark.parametrize(
    "prepare",
    [timer, sleeping_task, watched_file, busy, thread, child, alarm],
    ids=lambda f: f.__name__,
)
def test_what_may_act_by_itself_is_not_still(prepare: Prepare) -> None:
    assert ask()
    assert not ask(prepare)


def test_timers_of_ours_are_not_counted_and_one_more_is() -> None:
    assert ask(timer, timers=1)

    def two(loop: Loop, end: ExitStack) -> None:
        timer(loop, end)
        timer(loop, end)

    assert not ask(two, timers=1)


def test_what_is_ready_is_let_run_out_first() -> None:
    """A chain of callbacks that is shorter than the patience has ended when the answer comes."""
    left = [TURNS // 2]

    def hop(loop: Loop) -> None:
        left[0] -= 1
        if left[0]:
            loop.call_soon(hop, loop)

    assert ask(lambda loop, end: hop(loop))
    assert left == [0]


def test_a_loop_of_another_kind_does_not_tell() -> None:
    assert stillness._may_run(object(), ours=0)


def test_a_machine_that_does_not_list_threads_does_not_tell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert ask()
    monkeypatch.setattr(stillness, "_THREADS", "/no/such/folder")
    assert not ask()
