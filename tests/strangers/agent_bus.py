"""An agent around a bus of observers, one of which tells the user by the emitter."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from goldenpath import agent

Observer = Callable[..., Awaitable[None]]


class BusClosed(RuntimeError):
    """The agent was cleaned up."""


class RunAborted(RuntimeError):
    """A tool failed, the run cannot go on."""


def sendable(value: Any) -> Any:
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        return f"[{type(value).__name__}]"


class Bus:
    def __init__(self) -> None:
        self._observers: dict[str, list[Observer]] = {}

    def on(self, topic: str, observer: Observer) -> None:
        self._observers.setdefault(topic, []).append(observer)

    async def publish(self, topic: str, **facts: Any) -> None:
        for observer in self._observers.get(topic, ()):
            await observer(**facts)


class Reporter:
    """Tells the user what happens on the bus."""

    def __init__(self, bus: Bus, emitter: Any) -> None:
        self._emitter = emitter
        bus.on("run.started", self._started)
        bus.on("run.thought", self._thought)
        bus.on("tool.called", self._called)
        bus.on("tool.returned", self._returned)
        bus.on("run.aborted", self._aborted)
        bus.on("run.ended", self._ended)

    async def _started(self, message: str) -> None:
        await self._tell("agent_started", context={"message": message})

    async def _thought(self, text: str, step: int) -> None:
        await self._tell("agent_thinking", reasoning=text, step_number=step)

    async def _called(self, call: Any) -> None:
        parameters = sendable(dict(call.arguments or {}))
        await self._tell("tool_executing", call.tool, parameters, call_id=call.id)

    async def _returned(self, call: Any, **outcome: Any) -> None:
        await self._tell("tool_completed", call.tool, call_id=call.id, **outcome)

    async def _aborted(self, reason: str) -> None:
        await self._tell("agent_completed", status="failed", error=reason)

    async def _ended(self, **outcome: Any) -> None:
        await self._tell("agent_completed", **outcome)

    async def _tell(self, event: str, *args: Any, **fields: Any) -> None:
        if self._emitter is None:
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
                await getattr(self._emitter, f"notify_{event}")(*args, **fields)
        except Exception:
            return


class BusAgent:
    def __init__(self, emitter: Any, tools: Any) -> None:
        self._tools = {tool.name: tool for tool in tools or ()}
        self._bus = Bus()
        self._reporter = Reporter(self._bus, emitter)
        self._runs: set[asyncio.Task[Any]] = set()
        self._closed = False

    async def run(self, message: str, plan: Any) -> Any:
        if self._closed:
            raise BusClosed("the agent was cleaned up")
        task = asyncio.create_task(self._run(message, plan))
        self._runs.add(task)
        task.add_done_callback(self._runs.discard)
        try:
            return await task
        except asyncio.CancelledError:
            if self._closed and not asyncio.current_task().cancelling():  # type: ignore[union-attr]
                raise BusClosed("the agent was cleaned up in its run") from None
            raise

    async def cleanup(self) -> None:
        self._closed = True
        runs = set(self._runs)
        for task in runs:
            task.cancel()
        if runs:
            await asyncio.wait(runs)

    async def _run(self, message: str, plan: Any) -> Any:
        publish = self._bus.publish
        outcome: dict[str, Any] = {"status": "cancelled", "error": "the run was cancelled"}
        step, answered = 0, False
        try:
            await publish("run.started", message=message)
            for step, calls in enumerate(plan.rounds, 1):
                await publish("run.thought", text="the tools will tell", step=step)
                failures = await self._round(tuple(calls))
                if failures:
                    await publish("run.aborted", reason=failures[0])
                    raise RunAborted(failures[0])
            await publish("run.thought", text="that is all I need", step=step + 1)
            answered = True
            await publish("run.ended", status="completed", result=sendable(plan.answer))
            return plan.answer
        except Exception as exc:
            outcome = {"status": "failed", "error": str(exc) or type(exc).__name__}
            raise
        finally:
            if not answered:
                await publish("run.ended", **outcome)

    async def _round(self, calls: tuple[Any, ...]) -> list[str]:
        async with asyncio.TaskGroup() as group:
            jobs = [group.create_task(self._call(call)) for call in calls]
        reasons = [None if job.cancelled() else job.result() for job in jobs]
        return [reason for reason in reasons if reason is not None]

    async def _call(self, call: Any) -> str | None:
        outcome: dict[str, Any] = {"status": "cancelled", "error": "cancelled"}
        try:
            await self._bus.publish("tool.called", call=call)
            if call.tool not in self._tools:
                raise LookupError(f"unknown tool {call.tool}")
            result = await self._invoke(self._tools[call.tool], dict(call.arguments or {}))
            outcome = {"status": "success", "result": sendable(result)}
        except Exception as exc:
            outcome = {"status": "error", "error": str(exc) or type(exc).__name__}
        finally:
            await self._bus.publish("tool.returned", call=call, **outcome)
        return outcome.get("error")

    @staticmethod
    async def _invoke(tool: Any, arguments: dict[str, Any]) -> Any:
        if hasattr(tool, "arun"):
            return await tool.arun(**arguments)
        job = asyncio.ensure_future(asyncio.to_thread(lambda: tool(**arguments)))
        try:
            return await asyncio.shield(job)
        finally:
            await asyncio.wait({job})


@agent()
def make(user: Any, tap: Any, tools: Any) -> BusAgent:
    return BusAgent(getattr(tap, "emitter", None), tools)
