"""An agent as a small state machine, its events go out by the bridge."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from enum import Enum, auto
from typing import Any

from goldenpath import agent

AGENT = "machine"


class State(Enum):
    START = auto()
    THINK = auto()
    ACT = auto()
    ANSWER = auto()
    DONE = auto()


class MachineOff(RuntimeError):
    """The machine was switched off by cleanup."""


class ToolProblem(Exception):
    """A call of the plan could not be carried out."""


def printable(value: Any) -> Any:
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        return f"[{type(value).__name__}]"


class Machine:
    def __init__(self, host: MachineAgent, message: str, plan: Any) -> None:
        self.host = host
        self.message = message
        self.plan = plan
        self.rounds = deque(tuple(calls) for calls in plan.rounds)
        self.state = State.START

    async def drive(self) -> Any:
        began = time.perf_counter()
        try:
            while self.state is not State.DONE:
                self.state = await self._step()
            return self.plan.answer
        except BaseException as exc:
            if self.state not in (State.ANSWER, State.DONE):
                word = "cancelled" if isinstance(exc, asyncio.CancelledError) else "failed"
                spent = round((time.perf_counter() - began) * 1000, 3)
                error = str(exc) or f"the run was {word}"
                await self.host.notify("agent_completed", None, spent, status=word, error=error)
            raise

    async def _step(self) -> State:
        match self.state:
            case State.START:
                await self.host.notify("agent_started", {"message": self.message})
                return State.THINK
            case State.THINK:
                left = len(self.rounds)
                thought = f"{left} rounds of tools to go" if left else "nothing left to look up"
                await self.host.notify("agent_thinking", thought)
                if left:
                    return State.ACT
                self.state = State.ANSWER
                return await self._step()
            case State.ACT:
                async with asyncio.TaskGroup() as group:
                    for call in self.rounds.popleft():
                        group.create_task(self._call(call))
                return State.THINK
            case _:
                answer = printable(self.plan.answer)
                await self.host.notify("agent_completed", answer, status="completed")
                return State.DONE

    async def _call(self, call: Any) -> None:
        began = time.perf_counter()
        arguments = dict(call.arguments or {})
        outcome: Any = ToolProblem("cancelled")
        word = "cancelled"
        try:
            shown = printable(arguments)
            await self.host.notify("tool_executing", call.tool, shown, call_id=call.id)
            outcome = await self._outcome(call.tool, arguments)
            word = "error" if isinstance(outcome, ToolProblem) else "success"
        finally:
            spent = round((time.perf_counter() - began) * 1000, 3)
            if isinstance(outcome, ToolProblem):
                told: dict[str, Any] = {"error": str(outcome), "status": word}
            else:
                told = {"result": printable(outcome), "status": word}
            await self.host.notify(
                "tool_completed", call.tool, execution_time_ms=spent, call_id=call.id, **told
            )

    async def _outcome(self, name: str, arguments: dict[str, Any]) -> Any:
        tool = self.host.tools.get(name)
        if tool is None:
            return ToolProblem(f"there is no tool {name}")
        try:
            if hasattr(tool, "arun"):
                return await tool.arun(**arguments)
            job = asyncio.ensure_future(asyncio.to_thread(lambda: tool(**arguments)))
            try:
                return await asyncio.shield(job)
            finally:
                await asyncio.wait({job})
        except ToolProblem as problem:
            return problem
        except Exception as exc:
            return {"message": str(exc) or type(exc).__name__, "tool": name}


class MachineAgent:
    def __init__(self, user: Any, bridge: Any, tools: Any) -> None:
        self.user = user
        self.bridge = bridge
        self.tools = {tool.name: tool for tool in tools or ()}
        self._active: set[asyncio.Task[Any]] = set()
        self._off = False

    async def run(self, message: str, plan: Any) -> Any:
        if self._off:
            raise MachineOff("the agent is switched off")
        task = asyncio.create_task(Machine(self, message, plan).drive())
        self._active.add(task)
        task.add_done_callback(self._active.discard)
        try:
            return await task
        except asyncio.CancelledError:
            if self._off and not asyncio.current_task().cancelling():  # type: ignore[union-attr]
                raise MachineOff("the agent was switched off") from None
            raise

    async def cleanup(self) -> None:
        self._off = True
        active = set(self._active)
        for task in active:
            task.cancel()
        if active:
            await asyncio.wait(active)

    async def notify(self, event: str, *args: Any, **fields: Any) -> None:
        if self.bridge is None:
            return
        job = asyncio.ensure_future(self._post(event, args, fields))
        try:
            await asyncio.shield(job)
        except asyncio.CancelledError:
            await asyncio.wait({job})
            raise

    async def _post(self, event: str, args: tuple[Any, ...], fields: dict[str, Any]) -> None:
        try:
            async with asyncio.timeout(2.0):
                method = getattr(self.bridge, f"notify_{event}")
                await method(self.user.run_id, AGENT, *args, **fields)
        except Exception:
            return


@agent()
async def make(user: Any, tap: Any, tools: Any) -> MachineAgent:
    return MachineAgent(user, getattr(tap, "bridge", None), tools)
