"""A tool dispatcher with a functional core: pure functions make the events, a shell sends them."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import uuid4

from goldenpath import dispatcher

Frame = dict[str, Any]


class Refused(RuntimeError):
    """The dispatcher has been cleaned up and takes no more work."""


class Unregistered(LookupError):
    """The tool asked for does not exist here."""


class Ids(NamedTuple):
    user_id: str
    thread_id: str
    run_id: str
    request_id: str


@dataclass(frozen=True)
class Call:
    ids: Ids
    call_id: str
    tool: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    status: str
    value: Any = None
    failure: BaseException | None = None


def jsonable(value: Any) -> Any:
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        return f"[{type(value).__name__}]"


def frame(kind: str, call: Call, status: str, metadata: Frame) -> Frame:
    now = datetime.now(UTC).isoformat()
    data = {
        "tool_name": call.tool,
        "call_id": call.call_id,
        "status": status,
        "metadata": metadata,
        "timestamp": now,
        **call.ids._asdict(),
    }
    return {"type": kind, "data": data, "timestamp": now, "critical": False, "attempt": 1}


def opening(call: Call) -> list[Frame]:
    parameters = jsonable(call.parameters)
    return [frame("tool_executing", call, "running", {"parameters": parameters})]


def closing(call: Call, outcome: Outcome) -> list[Frame]:
    if outcome.failure is None:
        key, value = "result", jsonable(outcome.value)
    else:
        key, value = "error", str(outcome.failure) or type(outcome.failure).__name__
    event = frame("tool_completed", call, outcome.status, {key: value})
    event["data"][key] = value
    return [event]


def admitted(tools: dict[str, Any], name: str, is_admin: bool) -> Any:
    if name not in tools:
        raise Unregistered(f"there is no tool {name}")
    if getattr(tools[name], "admin_only", False) and not is_admin:
        raise PermissionError(f"tool {name} is reserved for administrators")
    return tools[name]


async def attempt(tool: Any, parameters: dict[str, Any]) -> Outcome:
    try:
        if hasattr(tool, "arun"):
            return Outcome("success", await tool.arun(**parameters))
        job = asyncio.ensure_future(asyncio.to_thread(lambda: tool(**parameters)))
        try:
            return Outcome("success", await asyncio.shield(job))
        finally:
            await asyncio.wait({job})
    except asyncio.CancelledError as exc:
        return Outcome("cancelled", failure=exc)
    except Exception as exc:
        return Outcome("error", failure=exc)


class Shell:
    def __init__(self, user: Any, send: Any, tools: Any) -> None:
        self._user, self._send = user, send
        self._tools: dict[str, Any] = {}
        self._outbox: deque[Frame] = deque()
        self._line = asyncio.Lock()
        self._jobs: dict[asyncio.Task[Outcome], asyncio.Task[Any] | None] = {}
        self._closed = False
        self.has_websocket_support = send is not None
        self.websocket_bridge = send
        for tool in tools or ():
            self.register_tool(tool)

    tools = property(lambda self: dict(self._tools))

    def has_tool(self, name: str) -> bool:
        return name in self._tools

    def get_available_tools(self) -> list[str]:
        return [*self._tools]

    def register_tool(self, tool: Any) -> None:
        self._open()
        self._tools[tool.name] = tool

    async def execute_tool(self, tool_name: str, parameters: dict[str, Any] | None = None) -> Any:
        self._open()
        user = self._user
        tool = admitted(self._tools, tool_name, bool(user.is_admin))
        ids = Ids(user.user_id, user.thread_id, user.run_id, user.request_id)
        call = Call(ids, uuid4().hex, tool_name, dict(parameters or {}))
        job = asyncio.create_task(self._carry_out(call, tool))
        self._jobs[job] = None
        job.add_done_callback(lambda done: self._jobs.pop(done, None))
        try:
            outcome = await asyncio.shield(job)
        except asyncio.CancelledError:
            self._stop(job)
            await asyncio.wait({job})
            raise
        if outcome.status == "cancelled":
            self._open()
            raise RuntimeError(f"tool {tool_name} was cancelled")
        if outcome.failure is not None:
            raise outcome.failure
        return outcome.value

    async def dispatch_tool(
        self, tool_name: str, parameters: dict[str, Any] | None = None, **_context: Any
    ) -> Any:
        return await self.execute_tool(tool_name, parameters)

    async def dispatch(self, tool_name: str, /, **parameters: Any) -> Any:
        return await self.execute_tool(tool_name, parameters)

    async def cleanup(self) -> None:
        self._closed = True
        jobs = set(self._jobs)
        for job in jobs:
            self._stop(job)
        if jobs:
            await asyncio.wait(jobs)
        self._tools.clear()

    def _open(self) -> None:
        if self._closed:
            raise Refused("refused: the dispatcher was cleaned up")

    def _stop(self, job: asyncio.Task[Outcome]) -> None:
        if job.done():
            return
        work = self._jobs.get(job)
        self._jobs[job] = work or job
        if work is not None:
            work.cancel()

    async def _carry_out(self, call: Call, tool: Any) -> Outcome:
        me: Any = asyncio.current_task()
        await self._publish(opening(call))
        if self._jobs.get(me) is me:
            outcome = Outcome("cancelled", failure=Refused("cancelled before the tool began"))
        else:
            work = self._jobs[me] = asyncio.create_task(attempt(tool, call.parameters))
            await asyncio.wait({work})
            outcome = (
                Outcome("cancelled", failure=Refused("cancelled"))
                if work.cancelled()
                else work.result()
            )
        await self._publish(closing(call, outcome))
        return outcome

    async def _publish(self, events: list[Frame]) -> None:
        self._outbox.extend(events)
        async with self._line:
            while self._outbox:
                event = self._outbox.popleft()
                if self._send is None:
                    continue
                try:
                    async with asyncio.timeout(2.0):
                        await self._send(event)
                except Exception:
                    continue


@dispatcher(events={"tool_executing", "tool_completed"})
def make(user: Any, tap: Any, tools: Any) -> Shell:
    ids = [getattr(user, key, None) for key in ("user_id", "thread_id", "run_id")]
    if not all(isinstance(value, str) and value.strip() for value in ids):
        raise ValueError("the user context is missing or incomplete")
    return Shell(user, getattr(tap, "send", None), tools)
