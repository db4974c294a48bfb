"""The adapter for agents: objects with `async run(message, plan)`, one run per creation.

A run may also give its answer piece by piece, as an async generator does; it is then consumed.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from goldenpath.adapters.base import Reply, done, guarded, heard, missing, takes
from goldenpath.adapters.growth import grow
from goldenpath.adapters.session import Sessions
from goldenpath.adapters.stream import Consumer
from goldenpath.declare import Declaration
from goldenpath.model import LEFT, Entry, Kind, Step
from goldenpath.plant import Plant


@dataclass(frozen=True)
class PlannedCall:
    """A tool call that the agent is to make."""

    id: str
    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Plan:
    """What an agent is to do: rounds one after the other, the calls of a round in parallel."""

    rounds: tuple[tuple[PlannedCall, ...], ...]
    answer: str

    def __iter__(self) -> Any:
        return iter(self.rounds)


def read_plan(data: Mapping[str, Any]) -> Plan:
    """Make a plan out of a step's arguments."""
    rounds = tuple(
        tuple(PlannedCall(call["id"], call["tool"], dict(call["arguments"])) for call in round_)
        for round_ in data["rounds"]
    )
    return Plan(rounds, data["answer"])


class AgentAdapter:
    """Performs steps on the agents that a factory makes."""

    def __init__(self, factory: Callable[..., Any], declaration: Declaration) -> None:
        self._factory, self._declaration = factory, declaration

    async def open(self, plant: Plant) -> None:
        """Nothing is made before the first step."""
        self.sessions = Sessions(self._factory, self._declaration, plant)
        self._started: set[str] = set()
        plant.recorder.listen(self._notice)

    async def perform(self, step: Step) -> Reply:
        """Do what the step asks of its session's agent."""
        if (make := self.sessions.makes.get(step.action)) is not None:
            return await make(step)
        if step.action == "grow":
            return await grow(lambda: AgentAdapter(self._factory, self._declaration), step)
        if step.who not in self.sessions:
            return missing(f"session of {step.who}")
        if step.action == "cleanup":
            return await self._cleanup(step)
        return await self._run(step)

    async def close(self) -> None:
        """Sessions are cleaned up by steps."""

    async def _run(self, step: Step) -> Reply:
        run = self.sessions.member(step.who, "run")
        if not callable(run):
            return missing("run")
        more = {"run_id": step.args["run_id"]} if takes(run, "run_id") else {}
        plan = read_plan(step.args["plan"])
        returned = await guarded(lambda: run(step.args["message"], plan, **more))
        if not hasattr(type(returned), "__aiter__"):
            return returned if isinstance(returned, Reply) else heard(done(returned), returned)
        held = [returned]
        del returned
        record = self.sessions.plant.recorder.record
        left = functools.partial(
            record, Kind.FAULT, step.actor, step.id, LEFT, session=step.session
        )
        return await Consumer(step.args.get("leave"), self._started, left).take(held)

    def _notice(self, entry: Entry) -> None:
        if entry.kind is Kind.TOOL and entry.what == "started" and entry.value["token"]:
            self._started.add(entry.value["token"])

    async def _cleanup(self, step: Step) -> Reply:
        """An agent need not have a cleanup; then nothing follows from it."""
        member = self.sessions.member(step.who, "cleanup")
        if member is None and not self.sessions.entered(step.who):
            return Reply(True, {**done().value, "none": True})
        return await self.sessions.cleanup(step)
