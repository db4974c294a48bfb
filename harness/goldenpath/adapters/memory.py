"""How much memory is in use, read so that the reading itself leaves nothing behind.

Python takes what is small (512 bytes and less) from pools of its own, where it counts blocks; what
is larger comes from the C library, where glibc counts bytes (mallinfo2(3), since 2.33). A list or a
text that grows shows in the second figure only.
"""

from __future__ import annotations

import asyncio
import contextvars
import ctypes
import gc
import sys
from collections.abc import Callable
from functools import cache

#: Readings of the blocks in use, of which the least counts: a collection itself needs some.
READINGS = 3

#: More than what is kept of any kind of freed object.
FREELIST = 300


class _Mallinfo2(ctypes.Structure):
    """`struct mallinfo2` of <malloc.h>: `uordblks` bytes are in use, and `hblkhd` mapped apart."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    )


def blocks() -> int:
    """Small blocks in use, after a collection."""
    least = sys.maxsize
    for _ in range(READINGS):
        gc.collect()
        least = min(least, sys.getallocatedblocks())
    return least


def large_bytes() -> int | None:
    """Bytes in use of what is no small block; None where the C library does not count them."""
    read = _mallinfo2()
    if read is None:
        return None
    found = read()
    return int(found.uordblks + found.hblkhd)


@cache
def _mallinfo2() -> Callable[[], _Mallinfo2] | None:
    try:
        read = ctypes.CDLL(None).mallinfo2
    except (AttributeError, OSError, TypeError):  # not glibc, an older one, no library at all
        return None
    read.argtypes, read.restype = (), _Mallinfo2
    return read


async def fill_freelists() -> None:
    """Have the interpreter and asyncio keep as many freed objects for later use as they ever will
    (255 contexts, and 255 of what awaits a future): else each record of a batch would be growth.
    Twice, because since Python 3.12 the first time leaves 255 places.
    """
    for _ in range(2):
        await _fill()


async def _fill() -> None:
    loop = asyncio.get_running_loop()
    gate = loop.create_future()

    async def wait() -> None:
        await gate

    waiting = [loop.create_task(wait()) for _ in range(FREELIST)]
    await asyncio.sleep(0)
    gate.set_result(None)
    await asyncio.gather(*waiting)
    _ = [contextvars.copy_context() for _ in range(FREELIST)]
