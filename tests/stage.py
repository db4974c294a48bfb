"""A stage for the runner: an adapter that does as it is told, and what is needed around it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from goldenpath.adapters.base import Reply, done
from goldenpath.deadlines import Deadlines
from goldenpath.model import Entry, Kind, Step
from goldenpath.plant import Plant, plant_user
from goldenpath.recorder import Recorder
from goldenpath.runner import Runner
from tests import virtual

DEADLINES = Deadlines(call=5.0, delivery=2.0, settle=0.03)

Action = Callable[[Step], Awaitable[Any]]


async def at_once(step: Step) -> None:
    """Do nothing."""


async def turn(step: Step) -> None:
    """Let everybody else have a turn or two."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def never(step: Step) -> None:
    """Wait for ever."""
    await asyncio.Event().wait()


class Fake:
    """An adapter whose actions are given as functions; one that is not known returns at once."""

    def __init__(self, **actions: Action) -> None:
        self.actions = actions

    async def open(self, plant: Plant) -> None: ...

    async def perform(self, step: Step) -> Reply:
        result = await self.actions.get(step.action, at_once)(step)
        return result if isinstance(result, Reply) else done(result)

    async def close(self) -> None: ...


class Watcher:
    """An observer that is told what is owed and which runs have ended."""

    def __init__(self) -> None:
        self.owed: list[str] = []
        self.ended: set[str] = set()

    def see(self, entry: Entry) -> None: ...

    def owes(self) -> list[str]:
        return self.owed

    def run_ended(self, step: str) -> bool:
        return step in self.ended


class Stage:
    """Everything around one run: what was recorded, and when it ended."""

    def __init__(self, **actions: Action) -> None:
        self.users = [plant_user(0, n) for n in range(2)]
        self.recorder = Recorder()
        self.plant = Plant(self.recorder, self.users)
        self.watcher = Watcher()
        self.entries: list[Entry] = []
        self.recorder.listen(self.entries.append)
        self.adapter = Fake(**actions)
        self.after: Callable[[], Awaitable[None]] | None = None

    def run(self, *lanes: Iterable[Step], deadlines: Deadlines = DEADLINES) -> list[str]:
        """Drive the lanes on virtual time; the lines say kind and step."""
        virtual.run(self._run(lanes, deadlines))
        return self.lines()

    async def _run(self, lanes: Iterable[Iterable[Step]], deadlines: Deadlines) -> None:
        loop = asyncio.get_running_loop()
        self.recorder.clock = loop.time
        runner = Runner(self.adapter, self.plant, self.watcher, deadlines)
        await runner.run([tuple(lane) for lane in lanes])
        self.seconds = loop.time()
        if self.after:
            await self.after()

    def lines(self) -> list[str]:
        return [f"{e.kind} {e.step}" for e in self.entries if e.step]

    def value(self, kind: Kind, step: str) -> Any:
        """The value of the only entry of this kind for a step."""
        (value,) = [e.value for e in self.entries if e.kind is kind and e.step == step]
        return value

    def truth(self, what: str, token: str) -> None:
        """Record that a planted tool did something."""
        self.recorder.record(Kind.TOOL, "alice", None, what, {"tool": "hold", "token": token})


def step(
    id: str, action: str = "do", *lanes: Iterable[Step], actor: str = "alice", **args: Any
) -> Step:
    return Step(id, actor, action, args, tuple(tuple(lane) for lane in lanes))


def together(id: str, *lanes: Iterable[Step]) -> Step:
    return step(id, "together", *lanes)
