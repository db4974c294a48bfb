"""Memory is read in two figures, small blocks and large bytes, and reading leaves nothing."""

from __future__ import annotations

import asyncio
import ctypes
from collections.abc import Iterator
from typing import Any

import pytest

from goldenpath.adapters import memory


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    memory._mallinfo2.cache_clear()
    yield
    memory._mallinfo2.cache_clear()


def test_small_objects_show_as_blocks() -> None:
    before = memory.blocks()
    kept = [object() for _ in range(1_000)]
    assert 1_000 <= memory.blocks() - before < 1_100
    del kept


@pytest.mark.skipif(memory.large_bytes() is None, reason="the C library does not count them")
@pytest.mark.parametrize("made", [lambda: [True] * 10_000, lambda: bytearray(80_000)])
def test_what_grows_without_new_objects_shows_as_bytes(made: Any) -> None:
    before, blocks = memory.large_bytes(), memory.blocks()
    kept = made()
    grown = (memory.large_bytes() or 0) - (before or 0)
    assert 80_000 <= grown < 90_000
    assert memory.blocks() - blocks < 20
    del kept


def test_what_is_mapped_apart_counts_too() -> None:
    before = memory.large_bytes()
    if before is None:
        pytest.skip("the C library does not count them")
    kept = bytearray(50_000_000)
    assert (memory.large_bytes() or 0) - before >= 50_000_000
    del kept


def test_reading_leaves_nothing() -> None:
    def read() -> tuple[int, int]:
        return memory.blocks(), memory.large_bytes() or 0

    read()
    readings = [(0, 0)] * 20
    for number in range(20):
        readings[number] = read()
    assert readings[-1][0] - readings[1][0] <= 5 * 20, "the readings themselves are kept here"
    assert readings[-1][1] == readings[1][1]


@pytest.mark.parametrize("error", [OSError("no library"), TypeError("not on this system")])
def test_without_such_a_library_nothing_is_said(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(_: Any) -> Any:
        raise error

    monkeypatch.setattr(ctypes, "CDLL", none)
    assert memory.large_bytes() is None


def test_the_interpreters_own_stores_are_filled() -> None:
    """Else the first hundred contexts that are freed would look like growth."""

    async def growth() -> int:
        await memory.fill_freelists()
        before = memory.blocks()
        await memory.fill_freelists()
        return memory.blocks() - before

    assert abs(asyncio.run(growth())) < 20
