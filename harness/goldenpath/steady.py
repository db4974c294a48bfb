"""When memory stands still: readings of it, one after each batch of sessions, are looked at while
they are taken, to know when there are enough, and by the judge (RESOURCE-2).

Small blocks are kept one by one, so a leak of them shows over any few batches. What is large grows
in steps, each a part of what is there (a list by an eighth), and then has room: the more there is,
the longer nothing seems to happen.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

#: Bytes of room that the harness's own calls may fill: the largest step of a list of so many.
ROOM = 16_384

#: Less than this part of what it grew in as many batches before is clearly less. A leak of two
#: blocks in a batch stays above it over thirty batches, for all that one reading may err.
FLATTER = 0.75


def stands(readings: Sequence[int], window: int, allowed: float) -> bool:
    """Whether over the last two windows together it grew by no more than is allowed for one: half
    of what is allowed, as a reading errs, and one looks often. And over each of them by no more,
    too: one may stand still because something else was given back.
    """
    if len(readings) <= 2 * window:
        return False
    over = _over(readings[-2 * window - 1 :], window)
    return max(*over, sum(over)) <= window * allowed


def stood(readings: Sequence[int], window: int, allowed: float) -> bool:
    """Whether it ever stood so."""
    ends = range(2 * window + 1, len(readings) + 1)
    return any(stands(readings[:end], window, allowed) for end in ends)


def later(readings: Sequence[int]) -> tuple[int, int]:
    """By how much it grew in the later half, and in how many batches."""
    half = readings[len(readings) // 2 :]
    return half[-1] - half[0], len(half) - 1


def leaks(readings: Sequence[int], window: int, allowed: float) -> bool:
    """Whether it never stood, and grew in the later half by more than is allowed for a batch."""
    by, batches = later(readings)
    return by > batches * allowed and not stood(readings, window, allowed)


def flattens(readings: Sequence[int]) -> bool:
    """Whether it grew clearly less in the last quarter than in the one before: what is kept for
    later use fills up at last, a leak goes on.
    """
    quarter = len(readings) // 4
    before, between, last = (readings[-1 - n * quarter] for n in (2, 1, 0))
    return last - between < FLATTER * (between - before)


def grows_on(readings: Sequence[int], window: int, allowed: float) -> bool:
    """Whether large memory grows on, by more than is allowed for a batch: whenever one begins to
    look, after a first window, at least so much more is in use now, but for the room that an
    earlier step may have left. One step does not count: a table may have been made larger once.
    """
    steps = [after - before for before, after in pairwise(readings)][window:]
    room = 0
    for begin, step in enumerate(steps):
        since = steps[begin:]
        if sum(since) - max(0, *since) + room < allowed * len(since):
            return False
        room = max(room, min(step, ROOM))
    return bool(steps)


def _over(readings: Sequence[int], window: int) -> list[int]:
    return [after - before for before, after in pairwise(readings[::window])]
