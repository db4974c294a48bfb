"""A clock that jumps: deadlines do not depend on the machine, and nothing is waited for."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Coroutine
from typing import Any

import pytest

from goldenpath.performance.clock import JumpingLoop, Outside, Stuck


def run(work: Coroutine[Any, Any, Any]) -> Any:
    loop = JumpingLoop()
    task = loop.create_task(work)
    try:
        return loop.run_until_complete(task)
    finally:
        if task.cancel():
            loop.run_until_complete(asyncio.wait([task]))
        loop.close()


def test_an_hour_passes_at_once() -> None:
    """And timers fire in their order."""
    order: list[str] = []

    async def work() -> float:
        loop = asyncio.get_running_loop()
        loop.call_later(1800, order.append, "half")
        await asyncio.sleep(3600)
        return loop.time()

    began = time.monotonic()

    assert run(work()) == 3600
    assert order == ["half"]
    assert time.monotonic() - began < 60


def test_no_time_passes_while_there_is_work() -> None:
    """However slow the machine is."""

    async def work() -> float:
        for _ in range(1000):
            await asyncio.sleep(0)
        return asyncio.get_running_loop().time()

    assert run(work()) == 0


def test_waiting_for_nothing_is_said() -> None:
    """Instead of waiting for ever."""

    async def work() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Stuck):
        run(work())


def test_waiting_for_a_socket_is_said() -> None:
    """What comes from outside comes when it comes."""
    ours, theirs = socket.socketpair()
    loop = JumpingLoop()
    loop.add_reader(ours, lambda: None)
    with ours, theirs, pytest.raises(Outside):
        loop.run_forever()
    loop.close()
