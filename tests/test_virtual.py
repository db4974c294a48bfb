"""The clock that tests turn on: it waits for other threads, and for nothing else."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from tests import virtual


async def _by_thread(work: Callable[[], object]) -> None:
    """Have a thread of its own do something, as a target does for a synchronous tool."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def body() -> None:
        work()
        with suppress(RuntimeError):  # the loop has been given up
            loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=body, daemon=True).start()
    await ended.wait()


async def _by_pool(work: Callable[[], object]) -> None:
    await asyncio.to_thread(work)


WAYS = pytest.mark.parametrize("way", [_by_thread, _by_pool])


def test_it_jumps_to_the_next_timer() -> None:
    async def main() -> float:
        await asyncio.sleep(3600)
        return time.monotonic()

    assert virtual.run(main()) == 3600


@WAYS
def test_time_stands_still_while_a_thread_is_at_work(way: Callable[..., object]) -> None:
    """Its deadline does not pass, however long it takes on the real clock."""

    async def main() -> float:
        async with asyncio.timeout(0.001):
            await way(lambda: time.sleep(0.1))
        return time.monotonic()

    assert virtual.run(main()) == 0


@WAYS
def test_time_goes_on_after_a_thread(way: Callable[..., object]) -> None:
    """A pool keeps its threads, which wait for more to do."""

    async def main() -> float:
        await way(lambda: None)
        await asyncio.sleep(60)
        return time.monotonic()

    assert virtual.run(main()) == 60


def test_threads_of_before_do_not_hold_it_up() -> None:
    with ThreadPoolExecutor(1) as pool:
        until = threading.Event()
        pool.submit(until.wait)
        thread = threading.Thread(target=until.wait)
        thread.start()
        virtual.run(asyncio.sleep(60))
        until.set()
        thread.join()


def test_a_thread_that_waits_for_its_time_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of waiting for each other for ever."""
    monkeypatch.setattr(virtual, "POLLS", 3)
    until = threading.Event()

    async def main() -> None:
        asyncio.get_running_loop().call_later(1, until.set)
        await _by_thread(until.wait)

    with pytest.raises(RuntimeError, match="use the real clock"):
        virtual.run(main())
    until.set()


def test_it_says_when_nothing_can_happen_any_more() -> None:
    with pytest.raises(RuntimeError, match="nothing will ever happen"):
        virtual.run(asyncio.Event().wait())  # type: ignore[arg-type]
