"""Session emitters: the agent side holds an emitter and knows nothing of ids or sockets."""

from __future__ import annotations

import asyncio
import json
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from typing import Any

from goldenpath import transport

PATIENCE = 2.0
Fields = dict[str, Any]


@dataclass(frozen=True)
class RunScope:
    """The ids that go into every event of a run."""

    user_id: str
    thread_id: str
    run_id: str


active_scope: ContextVar[RunScope] = ContextVar("active_scope")


@dataclass(eq=False)
class Line:
    """One socket. Every send waits for the one before it."""

    socket: Any
    open: bool = True
    tail: asyncio.Task[bool] | None = None
    tasks: set[asyncio.Task[bool]] = field(default_factory=set)

    def send(self, frame: Fields) -> asyncio.Task[bool]:
        task = asyncio.create_task(self._send(self.tail, frame))
        self.tail = task
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    async def _send(self, before: asyncio.Task[bool] | None, frame: Fields) -> bool:
        if before is not None and not before.done():
            await asyncio.wait({before})
        if not self.open:
            return False
        try:
            async with asyncio.timeout(PATIENCE) as limit:
                await self.socket.send_json(frame)
        except Exception:
            if limit.expired():
                self.open = False
            return False
        return True

    def hang_up(self) -> None:
        self.open = False
        for task in list(self.tasks):
            task.cancel()


def ending(result: Any, error: Any, status: str | None) -> Fields:
    if error is None:
        return {"status": status or "success", "result": result}
    data = {"status": status or "error", "error": str(error)}
    return data if result is None else {**data, "result": result}


class SessionEmitter:
    def __init__(self, switchboard: Switchboard, scope: RunScope) -> None:
        self._switchboard, self._scope = switchboard, scope

    async def notify_agent_started(self, context: Any = None, **extra: Any) -> bool:
        return await self._emit("agent_started", {"status": "started"}, extra)

    async def notify_agent_thinking(
        self, reasoning: str, step_number: int | None = None, **extra: Any
    ) -> bool:
        return await self._emit(
            "agent_thinking", {"reasoning": reasoning}, {"step_number": step_number, **extra}
        )

    async def notify_tool_executing(
        self, tool_name: str, parameters: Fields | None = None, **extra: Any
    ) -> bool:
        data = {"tool_name": tool_name, "parameters": {} if parameters is None else parameters}
        return await self._emit("tool_executing", data, extra)

    async def notify_tool_completed(
        self,
        tool_name: str,
        result: Any = None,
        execution_time_ms: float | None = None,
        error: Any = None,
        status: str | None = None,
        **extra: Any,
    ) -> bool:
        data = {"tool_name": tool_name, **ending(result, error, status)}
        return await self._emit(
            "tool_completed", data, {"execution_time_ms": execution_time_ms, **extra}
        )

    async def notify_agent_completed(
        self,
        result: Any = None,
        execution_time_ms: float | None = None,
        status: str | None = None,
        error: Any = None,
        **extra: Any,
    ) -> bool:
        data = ending(result, error, status)
        return await self._emit(
            "agent_completed", data, {"execution_time_ms": execution_time_ms, **extra}
        )

    async def _emit(self, kind: str, data: Fields, extra: Fields) -> bool:
        scope = active_scope.get(self._scope)
        moment = extra.pop("timestamp", None) or datetime.now(timezone.utc).isoformat()
        optional = {key: value for key, value in extra.items() if value is not None}
        body = {**optional, **data, **asdict(scope), "timestamp": moment}
        frozen = json.loads(
            json.dumps(body, default=lambda v: type(v).__name__), parse_constant=lambda _: None
        )
        return await self._switchboard.deliver(self._scope.user_id, {"type": kind, "data": frozen})


class Switchboard:
    def __init__(self) -> None:
        self._lines: dict[str, list[Line]] = {}

    def connect(self, user_id: str, socket: Any) -> None:
        lines = self._lines.setdefault(user_id, [])
        if all(line.socket is not socket or not line.open for line in lines):
            lines.append(Line(socket))

    def disconnect(self, user_id: str, socket: Any) -> None:
        for line in [line for line in self._lines.get(user_id, []) if line.socket is socket]:
            self._lines[user_id].remove(line)
            line.hang_up()
        if not self._lines.get(user_id):
            self._lines.pop(user_id, None)

    def for_user(self, user: Any) -> SessionEmitter:
        scope = RunScope(user.user_id, user.thread_id, user.run_id)
        active_scope.set(scope)
        return SessionEmitter(self, scope)

    async def deliver(self, user_id: str, frame: Fields) -> bool:
        sends = [line.send(frame) for line in self._lines.get(user_id, ()) if line.open]
        if not sends:
            return False
        await asyncio.wait(sends)
        return any(not send.cancelled() and send.result() for send in sends)


@transport()
def make() -> Switchboard:
    return Switchboard()
