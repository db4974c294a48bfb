"""An agent as one straight coroutine, its events go out as critical events of the manager."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

from goldenpath import agent


class AgentClosed(RuntimeError):
    """The agent was cleaned up."""


def as_json(value: Any) -> Any:
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        return f"[{type(value).__name__}]"


class CoroutineAgent:
    name = "coroutine_agent"

    def __init__(self, user: Any, manager: Any, tools: Any) -> None:
        self._user = user
        self._manager = manager
        self._tools = {tool.name: tool for tool in tools or ()}
        self._runs: set[asyncio.Task[Any]] = set()
        self._closed = False

    async def run(self, message: str, plan: Any) -> Any:
        if self._closed:
            raise AgentClosed("the agent was cleaned up")
        task = asyncio.create_task(self._work(message, plan))
        self._runs.add(task)
        task.add_done_callback(self._runs.discard)
        try:
            return await task
        except asyncio.CancelledError:
            if self._closed and not asyncio.current_task().cancelling():  # type: ignore[union-attr]
                raise AgentClosed("the agent was cleaned up during the run") from None
            raise

    async def cleanup(self) -> None:
        self._closed = True
        runs = set(self._runs)
        for task in runs:
            task.cancel()
        if runs:
            await asyncio.wait(runs)

    async def _work(self, message: str, plan: Any) -> Any:
        answered = False
        try:
            await self._emit("agent_started", message=message, status="started")
            for number, calls in enumerate(plan.rounds, 1):
                names = ", ".join(call.tool for call in calls)
                await self._emit("agent_thinking", reasoning=f"I need {names}", step_number=number)
                async with asyncio.TaskGroup() as group:
                    for call in calls:
                        group.create_task(self._call(call))
            await self._emit("agent_thinking", reasoning="I can answer now")
            answered = True
            answer = as_json(plan.answer)
            await self._emit("agent_completed", result=answer, status="completed")
            return plan.answer
        except asyncio.CancelledError:
            if not answered:
                await self._emit("agent_cancelled", status="cancelled", error="run cancelled")
            raise
        except Exception as exc:
            if not answered:
                await self._emit("agent_failed", status="failed", error=str(exc))
            raise

    async def _call(self, call: Any) -> None:
        base = {"tool_name": call.tool, "call_id": call.id}
        closing: dict[str, Any] = {"status": "cancelled", "error": "cancelled"}
        try:
            arguments = dict(call.arguments or {})
            await self._emit("tool_executing", **base, parameters=as_json(arguments))
            if call.tool not in self._tools:
                raise LookupError(f"unknown tool: {call.tool}")
            result = await self._invoke(self._tools[call.tool], arguments)
            closing = {"status": "success", "result": as_json(result)}
        except Exception as exc:
            closing = {"status": "error", "error": str(exc) or type(exc).__name__}
        finally:
            await self._emit("tool_completed", **base, **closing)

    @staticmethod
    async def _invoke(tool: Any, arguments: dict[str, Any]) -> Any:
        if hasattr(tool, "arun"):
            return await tool.arun(**arguments)
        job = asyncio.ensure_future(asyncio.to_thread(lambda: tool(**arguments)))
        try:
            return await asyncio.shield(job)
        finally:
            await asyncio.wait({job})

    async def _emit(self, kind: str, **fields: Any) -> None:
        if self._manager is None:
            return
        user = self._user
        data = {
            "agent_name": self.name,
            "run_id": user.run_id,
            "thread_id": user.thread_id,
            "user_id": user.user_id,
            "timestamp": datetime.now(UTC).isoformat(),
            **fields,
        }
        job = asyncio.ensure_future(self._post(kind, data))
        try:
            await asyncio.shield(job)
        except asyncio.CancelledError:
            await asyncio.wait({job})
            raise

    async def _post(self, kind: str, data: dict[str, Any]) -> None:
        try:
            async with asyncio.timeout(2.0):
                await self._manager.emit_critical_event(self._user.user_id, kind, data)
        except Exception:
            return


@agent()
async def make(user: Any, tap: Any, tools: Any) -> CoroutineAgent:
    return CoroutineAgent(user, getattr(tap, "manager", None), tools)
