"""Memory is read in two figures, small blocks and large bytes, and reading leaves nothing.

What is measured is a process of its own: in that of the tests much else comes and goes.
"""

from __future__ import annotations

import ctypes
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from goldenpath.adapters import memory

MEASURED = """
import asyncio, json
from goldenpath.adapters import memory

def read():
    return memory.blocks(), memory.large_bytes() or 0

for _ in range(3):
    read()
"""


def measured(code: str) -> Any:
    """What a fresh process prints as JSON, after it has read its memory a few times."""
    command = [sys.executable, "-c", MEASURED + code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)


def grown(made: str) -> tuple[int, int]:
    """By how many blocks and bytes memory grows when this is made."""
    code = f"before = read(); kept = {made}; after = read()\n"
    blocks, large = measured(code + "print(json.dumps([b - a for a, b in zip(before, after)]))")
    return blocks, large


@pytest.fixture
def _fresh() -> Iterator[None]:
    memory._mallinfo2.cache_clear()
    yield
    memory._mallinfo2.cache_clear()


counted = pytest.mark.skipif(memory.large_bytes() is None, reason="only glibc counts them")


def test_small_objects_show_as_blocks() -> None:
    assert 1_000 <= grown("[object() for _ in range(1_000)]")[0] < 1_020


@counted
@pytest.mark.parametrize("made", ["[True] * 10_000", "bytearray(80_000)", "bytearray(50_000_000)"])
def test_what_grows_without_new_objects_shows_as_bytes(made: str) -> None:
    """A list, a text, and what is mapped apart."""
    blocks, large = grown(made)
    assert large >= 50_000_000 if "50" in made else 80_000 <= large < 90_000
    assert blocks < 20


def test_reading_leaves_nothing() -> None:
    code = "seen = [(0, 0)] * 20\nfor n in range(20): seen[n] = read()\nprint(json.dumps(seen))"
    readings = measured(code)
    assert readings[-1][0] - readings[1][0] <= 5 * 20, "the readings themselves are kept here"
    assert readings[-1][1] == readings[1][1]


@pytest.mark.parametrize("error", [OSError("no library"), TypeError("not on this system")])
@pytest.mark.usefixtures("_fresh")
def test_without_such_a_library_nothing_is_said(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(_: Any) -> Any:
        raise error

    monkeypatch.setattr(ctypes, "CDLL", none)
    assert memory.large_bytes() is None


def test_the_interpreters_own_stores_are_filled() -> None:
    """Else the first hundred contexts that are freed would look like growth."""
    code = """
async def main():
    await memory.fill_freelists()
    before = memory.blocks()
    await memory.fill_freelists()
    return memory.blocks() - before
print(asyncio.run(main()))
"""
    assert abs(measured(code)) < 20
