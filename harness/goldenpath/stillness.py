"""Whether anything in this process can still happen by itself.

A loop in which nothing is ready, no timer runs and no file is watched, in a process that has no
other thread, no child and no alarm set, stands still until somebody outside it acts: what has not
come by then never will. This is seen rather than waited for. Where it cannot be seen, the answer is
no.
"""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

from goldenpath import interrupts

#: Turns of the loop in which what is ready may run out; who is busy for longer is not still.
TURNS = 50

#: What an asyncio loop watches for itself: the pipe by which other threads wake it.
_OWN_FILES = 1

#: Where Linux lists the threads of a process, those too that Python does not know of.
_THREADS = "/proc/self/task"


async def is_still(timers: int = 0) -> bool:
    """Whether nothing can happen any more but by us, of whom so many timers run. Waits for no
    longer than some turns.
    """
    loop = asyncio.get_running_loop()
    for _ in range(TURNS):
        await asyncio.sleep(0)
        if not _may_run(loop, timers):
            return _alone()
    return False


def _may_run(loop: Any, ours: int) -> bool:
    """Whether the loop holds anything that may run. There is no public way to ask, and to count
    what is scheduled would slow down every target; another kind of loop does not tell.
    """
    try:
        ready, timers, files = loop._ready, loop._scheduled, loop._selector.get_map()
    except AttributeError:
        return True
    running = sum(not timer.cancelled() for timer in timers)
    return bool(ready) or len(files) > _OWN_FILES or running > ours


def _alone() -> bool:
    """Whether nothing else can wake this process: a thread that is not ours, a child that may send
    a signal or end, an alarm that goes off.
    """
    try:
        threads = len(os.listdir(_THREADS))
    except OSError:
        return False
    alarm = any(signal.getitimer(signal.ITIMER_REAL))
    return threads == 1 + interrupts.threads() and not alarm and not _has_children()


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True
