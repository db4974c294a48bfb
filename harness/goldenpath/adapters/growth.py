"""Many sessions in a row, and what is left of them: blocks of memory, tasks, objects.

The sessions run with a plant of their own that records nothing, so that the harness's own memory
stands still: what grows is the target's. Each is of another user and in a task of its own, so that
what a target keeps in context variables goes with it. What grows at first and then no more, such as
a cache that fills, is waited for.
"""

from __future__ import annotations

import asyncio
import gc
import time
import uuid
import weakref
from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from goldenpath import steady
from goldenpath.adapters.base import Adapter, Reply, done
from goldenpath.adapters.memory import blocks, fill_freelists, large_bytes
from goldenpath.model import Step
from goldenpath.plant import Plant, PlantedUser, plant_user
from goldenpath.recorder import Recorder

#: Batches of sessions at most, and those over which growth is measured. What the interpreter and
#: asyncio keep for themselves still grows by a few blocks after a thousand sessions; a target that
#: stands still by then is done early, one that grows is given the time to prove it, and one that
#: grows ever less as much again to come to stand.
BATCHES, PROOF, WINDOW = 240, 120, 6

#: It is done early only where large memory stands so many times stiller than is allowed: of many
#: looks one falls just before the next step of a leak, and must not end what would have shown it.
SURELY = 2

#: How many times the time that is given a target may take which does not stand still.
LONGEST = 3

#: The batch whose sessions and users must be gone at the end, when others have come after them.
WATCHED = 4

#: Turns of the loop after a batch, and naps at the end, in which what was set free may end.
TURNS, NAPS, NAP = 20, 20, 0.01

#: Sessions that come before the first that counts.
EARLIEST = 100

#: Timers that are made and cancelled, so that the loop throws away all that were cancelled.
TIMERS = 2_000

Make = Callable[[], Adapter]


@dataclass
class _Watched:
    """Sessions and users that are remembered weakly."""

    sessions: list[weakref.ref[Any]] = field(default_factory=list)
    users: list[weakref.ref[Any]] = field(default_factory=list)


class _Readings:
    """Of memory, after each batch of so many calls; the places for them are made beforehand."""

    def __init__(self, calls: int, step: Step) -> None:
        self.blocks, self.large = array("q", [0] * BATCHES), array("q", [0] * BATCHES)
        self.count = 0
        self._few = WINDOW * calls < step.args["fewest"]
        self._blocks = calls / step.args["calls_per_block"]
        self._bytes = calls * step.args["bytes_per_call"]

    def take(self) -> None:
        """Read once more."""
        self.blocks[self.count], self.large[self.count] = blocks(), large_bytes() or 0
        self.count += 1

    def enough(self) -> bool:
        """Whether memory stands still or leaks, or there are too few calls to tell."""
        if self._few:
            return True
        blocks, large = self.blocks[: self.count], self.large[: self.count]
        if self.count >= PROOF and steady.leaks(blocks, WINDOW, self._blocks):
            return not steady.flattens(blocks)
        return steady.stands(blocks, WINDOW, self._blocks) and not steady.grows_on(
            large, WINDOW, self._bytes / SURELY
        )


class _Answers:
    """What came of each part of a session, by its kind and place: of what has worked, how often in
    a row it has been refused since.
    """

    def __init__(self) -> None:
        self.made = 0
        self._refused: dict[tuple[int, int], int] = {}
        self._told: dict[tuple[int, int], tuple[str, str]] = {}

    def note(self, at: tuple[int, int], action: str, reply: Reply) -> None:
        """Take in a reply."""
        self.made += reply.ok and action == "create"
        if reply.ok:
            self._refused[at] = 0
        elif at in self._refused:
            self._refused[at] += 1
            self._told.setdefault(at, (action, reply.error))

    def stopped(self) -> dict[str, list[Any]]:
        """By action, how often in a row it was refused at the end, and the first reason."""
        found: dict[str, list[Any]] = {}
        for at, (action, why) in self._told.items():
            if self._refused[at]:
                found.setdefault(action, [0, why])[0] += self._refused[at]
        return found


class _QuietPlant(Plant):
    """A plant for one session that records nothing."""

    def __init__(self, number: int, watched: _Watched | None) -> None:
        user = replace(plant_user(0, 0), user_id=_uuid(number))
        super().__init__(Recorder(), [user])
        self._watched = watched

    def user(self, name: str, run_id: str, **more: Any) -> PlantedUser:
        """The user, who is watched where that is wanted."""
        user = super().user(name, run_id, **more)
        if self._watched is not None:
            self._watched.users.append(weakref.ref(user))
        return user


async def grow(make: Make, step: Step) -> Reply:
    """Run the sessions that the step describes, batch after batch, until memory stands still. Where
    it describes more of them, in `also`, they come in turn.

    The value has the small `blocks` and the `large` bytes in use after each batch (none where that
    cannot be read), `calls` and `sessions` in each, `window`, the `tasks` that are left, by name,
    of the watched sessions and users how many are `alive`, how many sessions were `made`, and by
    action what worked at first and `stopped`: how often in a row at the end, and why.
    """
    await fill_freelists()
    collects, frozen = gc.isenabled(), gc.get_freeze_count() > 0
    gc.collect()
    gc.freeze()
    gc.disable()  # it is asked for after each batch, so that all batches are alike
    try:
        return await _grow(make, step)
    finally:
        if not frozen:  # what somebody has frozen must not be thawed
            gc.unfreeze()
        if collects:
            gc.enable()


async def _grow(make: Make, step: Step) -> Reply:
    answers = _Answers()
    count = await _afford(make, step, answers)
    kinds = _kinds(step)
    calls = count * sum(map(_calls, kinds)) // len(kinds)
    watched, read = _Watched(), _Readings(calls, step)
    before, began = asyncio.all_tasks(), time.perf_counter()
    for number in range(BATCHES):
        watch = watched if number == WATCHED else None
        for session in range(number * count, (number + 1) * count):
            await asyncio.create_task(_session(make(), step, session, answers, watch))
        await _settle()
        read.take()
        spent = time.perf_counter() - began > LONGEST * step.args["seconds"]
        if number > WATCHED + 1 and (spent or read.enough()):
            break
    return done(
        {
            "blocks": list(read.blocks[: read.count]),
            "large": list(read.large[: read.count]) if large_bytes() is not None else [],
            "window": WINDOW,
            "sessions": count,
            "calls": calls,
            "tasks": sorted(map(_named, await _left(before)))[:10],
            "alive": _alive(watched),
            "made": answers.made,
            "stopped": answers.stopped(),
        }
    )


async def _afford(make: Make, step: Step, answers: _Answers) -> int:
    """As many sessions in a batch as the time allows, if memory soon stands still. The first one
    warms up, the second is timed.
    """
    loop, asked = asyncio.get_running_loop(), int(step.args["sessions"])
    began = 0.0
    kinds = len(_kinds(step))
    for first in (-kinds, -2 * kinds):
        began = loop.time()
        for number in range(first, first + kinds):
            await asyncio.create_task(_session(make(), step, number, answers, None))
    batches = WATCHED + 2 * WINDOW
    took = max(loop.time() - began, 1e-6) / kinds
    return max(1, min(asked, int(step.args["seconds"] / (took * batches))))


def _kinds(step: Step) -> list[Mapping[str, Any]]:
    """The kinds of sessions, which come in turn."""
    return [step.args, *step.args.get("also", ())]


def _calls(kind: Mapping[str, Any]) -> int:
    """The calls of tools that a session makes."""
    steps = [part for part in kind["steps"] if part["action"] in ("execute", "run")]
    plans = [part["args"].get("plan", {}).get("rounds", [[None]]) for part in steps]
    return sum(len(calls) for rounds in plans for calls in rounds)


async def _session(
    adapter: Any, step: Step, number: int, answers: _Answers, watched: _Watched | None
) -> None:
    plant = _QuietPlant(number, watched)
    (name,) = plant.users
    await adapter.open(plant)
    kinds = _kinds(step)
    kind = number % len(kinds)
    parts = ({"action": "create", "args": kinds[kind]["create"]}, *kinds[kind]["steps"])
    for place, part in enumerate(parts):
        asked = Step("", name, part["action"], {**part["args"], "run_id": _uuid(number)})
        if part.get("given_up"):
            await _give_up(adapter, plant, asked)
            continue
        answers.note((kind, place), asked.action, await adapter.perform(asked))
        if name not in adapter.sessions:
            break
        if watched is not None and asked.action == "create":
            _watch(adapter.sessions[name], watched)
    plant.transport.disconnect(name)


async def _give_up(adapter: Any, plant: Plant, step: Step) -> None:
    """Perform a step until its caller gives it up in the middle. Where that does not reach a tool
    that is held, the tool is let go on.
    """
    asked = asyncio.ensure_future(adapter.perform(step))
    for _ in range(TURNS):
        await asyncio.sleep(0)
    asked.cancel()
    await asyncio.wait({asked}, timeout=NAP)
    plant.gates.release_all()
    await asyncio.wait({asked})


def _uuid(number: int) -> str:
    return str(uuid.UUID(int=number + EARLIEST, version=4))


def _watch(made: object, watched: _Watched) -> None:
    try:
        watched.sessions.append(weakref.ref(made))
    except TypeError:  # it has no place for a weak reference
        return


async def _settle() -> None:
    """Let end what ends; then have the loop throw away timers that were cancelled, which it does
    only where they are many, and which hold contexts until then.
    """
    for _ in range(TURNS):
        await asyncio.sleep(0)
    loop = asyncio.get_running_loop()
    for timer in [loop.call_later(3600, gc.isenabled) for _ in range(TIMERS)]:
        timer.cancel()
    await asyncio.sleep(0)


async def _left(before: set[asyncio.Task[Any]]) -> set[asyncio.Task[Any]]:
    """Tasks that were not there before, and do not end within some naps."""
    for _ in range(NAPS):
        left = asyncio.all_tasks() - before
        if not left:
            break
        await asyncio.sleep(NAP)
    return left


def _alive(watched: _Watched) -> dict[str, list[int]]:
    """Of sessions and of users, how many are alive, and of how many that is known."""
    found = {"session": watched.sessions, "user": watched.users}
    return {
        name: [sum(ref() is not None for ref in refs), len(refs)] for name, refs in found.items()
    }


def _named(task: asyncio.Task[Any]) -> str:
    work = task.get_coro()
    return str(getattr(work, "__qualname__", type(work).__name__))[:100]
