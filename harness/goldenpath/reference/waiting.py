"""The one way in which this platform waits for work that must not be left half done.

Cancelling a coroutine interrupts whatever it awaits. That is wrong in two places: an event that
is being sent must arrive whole, and a tool that was told to stop must have stopped before its
caller is told so. Both wait with `settle`.
"""

from __future__ import annotations

import asyncio
from typing import Any


async def settle(*tasks: asyncio.Future[Any], pass_on: bool = False) -> None:
    """Wait until all tasks have ended, also if the waiting itself is cancelled.

    Such a cancellation is handed to the tasks if `pass_on` is true, and is raised here once they
    have all ended.
    """
    pending = set(tasks)
    interrupted = False
    while pending:
        try:
            _, pending = await asyncio.wait(pending)
        except asyncio.CancelledError:
            interrupted = True
            pending = {task for task in pending if not task.done()}
            if pass_on:
                for task in tasks:
                    task.cancel()
    if interrupted:
        _mark_as_seen(tasks)
        raise asyncio.CancelledError


def _mark_as_seen(tasks: tuple[asyncio.Future[Any], ...]) -> None:
    """Keep asyncio from reporting failures that a cancellation has made irrelevant."""
    for task in tasks:
        if not task.cancelled():
            task.exception()
