"""An agent as an async generator of events; a pump consumes it and sends each by the tap."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from goldenpath import agent

Event = tuple[str, dict[str, Any]]


class PumpStopped(RuntimeError):
    """The agent has been cleaned up."""


def clean(value: Any) -> Any:
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        return f"[{type(value).__name__}]"


class Script:
    """One run: yields what happens, keeps the reports of the calls that have ended."""

    def __init__(self, tools: dict[str, Any], message: str, plan: Any) -> None:
        self.tools, self.message, self.plan = tools, message, plan
        self.reports: dict[str, dict[str, Any]] = {}

    async def events(self) -> AsyncIterator[Event]:
        yield "agent_started", {"message": self.message}
        for step, calls in enumerate(self.plan.rounds, 1):
            yield "agent_thinking", {"reasoning": f"step {step} of the plan", "step_number": step}
            jobs: dict[asyncio.Task[None], Any] = {}
            try:
                for call in calls:
                    parameters = clean(dict(call.arguments or {}))
                    yield "tool_executing", self._head(call) | {"parameters": parameters}
                    jobs[asyncio.create_task(self._carry_out(call))] = call
                open_jobs = set(jobs)
                while open_jobs:
                    ended, open_jobs = await asyncio.wait(
                        open_jobs, return_when=asyncio.FIRST_COMPLETED
                    )
                    for job in ended:
                        call = jobs[job]
                        yield "tool_completed", self._head(call) | self.report(call.id)
            finally:
                for job in jobs:
                    job.cancel()
                if jobs:
                    await asyncio.wait(jobs)
        yield "agent_thinking", {"reasoning": "putting the answer together"}
        yield "agent_completed", {"result": clean(self.plan.answer), "status": "completed"}

    def report(self, call_id: str) -> dict[str, Any]:
        return self.reports.pop(call_id, {"status": "cancelled", "error": "cancelled"})

    @staticmethod
    def _head(call: Any) -> dict[str, Any]:
        return {"tool_name": call.tool, "call_id": call.id}

    async def _carry_out(self, call: Any) -> None:
        try:
            if call.tool not in self.tools:
                raise LookupError(f"no tool named {call.tool}")
            result = await self._invoke(self.tools[call.tool], dict(call.arguments or {}))
            self.reports[call.id] = {"status": "success", "result": clean(result)}
        except Exception as exc:
            message = str(exc) or type(exc).__name__
            self.reports[call.id] = {"status": "error", "error": message}

    @staticmethod
    async def _invoke(tool: Any, arguments: dict[str, Any]) -> Any:
        if hasattr(tool, "arun"):
            return await tool.arun(**arguments)
        job = asyncio.ensure_future(asyncio.to_thread(lambda: tool(**arguments)))
        try:
            return await asyncio.shield(job)
        finally:
            await asyncio.wait({job})


class PumpAgent:
    def __init__(self, user: Any, send: Any, tools: Any) -> None:
        self._user, self._send = user, send
        self._tools = {tool.name: tool for tool in tools or ()}
        self._pumps: set[asyncio.Task[None]] = set()
        self._stopped = False

    async def run(self, message: str, plan: Any) -> Any:
        if self._stopped:
            raise PumpStopped("this agent was cleaned up")
        pump = asyncio.create_task(self._pump(Script(self._tools, message, plan)))
        self._pumps.add(pump)
        pump.add_done_callback(self._pumps.discard)
        try:
            await pump
        except asyncio.CancelledError:
            if asyncio.current_task().cancelling():  # type: ignore[union-attr]
                raise
            raise PumpStopped("this agent was stopped during its run") from None
        return plan.answer

    async def cleanup(self) -> None:
        self._stopped = True
        pumps = set(self._pumps)
        for pump in pumps:
            pump.cancel()
        if pumps:
            await asyncio.wait(pumps)

    async def _pump(self, script: Script) -> None:
        announced: dict[str, dict[str, Any]] = {}
        ended = False
        stream: Any = script.events()
        try:
            async for kind, data in stream:
                if kind == "tool_executing":
                    announced[data["call_id"]] = data
                elif kind == "tool_completed":
                    del announced[data["call_id"]]
                ended = kind == "agent_completed"
                await self._deliver(kind, data)
        except BaseException as exc:
            await stream.aclose()
            for call_id, data in announced.items():
                head = {"tool_name": data["tool_name"], "call_id": call_id}
                await self._deliver("tool_completed", head | script.report(call_id))
            if not ended:
                word = "cancelled" if isinstance(exc, asyncio.CancelledError) else "failed"
                fields = {"status": word, "error": str(exc) or f"the run was {word}"}
                await self._deliver(f"agent_{word}", fields)
            raise

    async def _deliver(self, kind: str, fields: dict[str, Any]) -> None:
        if self._send is None:
            return
        job = asyncio.ensure_future(self._post(kind, fields))
        try:
            await asyncio.shield(job)
        except asyncio.CancelledError:
            await asyncio.wait({job})
            raise

    async def _post(self, kind: str, fields: dict[str, Any]) -> None:
        user, now = self._user, datetime.now(UTC).isoformat()
        data = {
            "run_id": user.run_id,
            "thread_id": user.thread_id,
            "user_id": user.user_id,
            "request_id": user.request_id,
            "timestamp": now,
            **fields,
        }
        with suppress(Exception):
            async with asyncio.timeout(2.0):
                await self._send({"type": kind, "data": data, "timestamp": now})


@agent()
def make(user: Any, tap: Any, tools: Any) -> PumpAgent:
    return PumpAgent(user, getattr(tap, "send", None), tools)
