"""A tool dispatcher as a dataclass with a chain of middlewares, events go out by send_event."""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from goldenpath import dispatcher

log = logging.getLogger(__name__)
RECENT_LIMIT = 256
_recent: dict[tuple[str, str], Any] = {}


class SessionOver(RuntimeError):
    """The dispatcher was cleaned up; nothing can be executed any more."""


class NoSuchTool(LookupError):
    """The tool is not in this session's registry."""


@dataclass
class Call:
    tool_name: str
    parameters: dict[str, Any]
    tool: Any = None
    call_id: str = field(default_factory=lambda: uuid.uuid4().hex)


Step = Callable[[Call], Awaitable[Any]]


def _plain(value: Any) -> Any:
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        return f"[{type(value).__name__}]"


@dataclass(eq=False)
class MiddlewareDispatcher:
    user: Any
    manager: Any = None
    registry: dict[str, Any] = field(default_factory=dict)
    closed: bool = False
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    calls: set[str] = field(default_factory=set)
    idle: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.idle.set()
        chain = [self._admit, self._track, self._announce, self._deduplicate]
        self._entry: Step = self._run
        for layer in reversed(chain):
            self._entry = self._wrap(self._entry, layer)

    @staticmethod
    def _wrap(inner: Step, layer: Callable[[Call, Step], Awaitable[Any]]) -> Step:
        return lambda call: layer(call, inner)

    @property
    def tools(self) -> dict[str, Any]:
        return dict(self.registry)

    @property
    def has_websocket_support(self) -> bool:
        return self.manager is not None

    @property
    def websocket_bridge(self) -> Any:
        return self.manager

    def has_tool(self, name: str) -> bool:
        return name in self.registry

    def get_available_tools(self) -> list[str]:
        return sorted(self.registry)

    def register_tool(self, tool: Any) -> None:
        self._require_open()
        if not isinstance(getattr(tool, "name", None), str):
            raise TypeError("a tool needs a name")
        self.registry[tool.name] = tool

    async def execute_tool(self, tool_name: str, parameters: dict[str, Any] | None = None) -> Any:
        return await self._entry(Call(tool_name, dict(parameters or {})))

    async def dispatch_tool(
        self, tool_name: str, parameters: dict[str, Any] | None = None, **_context: Any
    ) -> Any:
        return await self._entry(Call(tool_name, dict(parameters or {})))

    async def dispatch(self, tool_name: str, /, **parameters: Any) -> Any:
        return await self._entry(Call(tool_name, parameters))

    async def cleanup(self) -> None:
        self.closed = True
        for task in tuple(self.tasks):
            task.cancel()
        await self.idle.wait()
        self.registry.clear()

    def _require_open(self) -> None:
        if self.closed:
            raise SessionOver("this session was cleaned up, its tools are gone")

    async def _admit(self, call: Call, proceed: Step) -> Any:
        self._require_open()
        call.tool = self.registry.get(call.tool_name)
        if call.tool is None:
            raise NoSuchTool(f"no tool named {call.tool_name}")
        if getattr(call.tool, "admin_only", False) and not self.user.is_admin:
            raise PermissionError(f"{call.tool_name} needs the rights of an administrator")
        return await proceed(call)

    async def _track(self, call: Call, proceed: Step) -> Any:
        self.calls.add(call.call_id)
        self.idle.clear()
        try:
            return await proceed(call)
        finally:
            self.calls.discard(call.call_id)
            if not self.calls:
                self.idle.set()

    async def _announce(self, call: Call, proceed: Step) -> Any:
        closing: dict[str, Any] = {"status": "cancelled", "error": "cancelled"}
        try:
            await self._send("tool_executing", call, {"parameters": _plain(call.parameters)})
            self._require_open()
            result = await proceed(call)
            closing = {"status": "success", "result": _plain(result)}
            return result
        except Exception as exc:
            closing = {"status": "error", "error": str(exc) or type(exc).__name__}
            raise
        finally:
            await self._send("tool_completed", call, closing)

    async def _deduplicate(self, call: Call, proceed: Step) -> Any:
        try:
            key = (call.tool_name, json.dumps(call.parameters, sort_keys=True))
        except (TypeError, ValueError, RecursionError):
            return await proceed(call)
        if key in _recent:
            return _recent[key]
        result = await proceed(call)
        _recent[key] = result
        if len(_recent) > RECENT_LIMIT:
            _recent.pop(next(iter(_recent)))
        return result

    async def _run(self, call: Call) -> Any:
        task = asyncio.create_task(self._invoke(call.tool, call.parameters))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        try:
            return await task
        except asyncio.CancelledError:
            if asyncio.current_task().cancelling():  # type: ignore[union-attr]
                raise
            self._require_open()
            raise RuntimeError(f"{call.tool_name} was cancelled") from None

    @staticmethod
    async def _invoke(tool: Any, parameters: dict[str, Any]) -> Any:
        if hasattr(tool, "arun"):
            return await tool.arun(**parameters)
        job = asyncio.ensure_future(asyncio.to_thread(lambda: tool(**parameters)))
        try:
            return await asyncio.shield(job)
        except asyncio.CancelledError:
            await asyncio.wait({job})
            raise

    async def _send(self, kind: str, call: Call, fields: dict[str, Any]) -> None:
        if self.manager is None:
            return
        data = {
            "tool_name": call.tool_name,
            "call_id": call.call_id,
            **fields,
            "run_id": self.user.run_id,
            "user_id": self.user.user_id,
            "thread_id": self.user.thread_id,
            "timestamp": datetime.now(UTC).isoformat(),
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
                await self.manager.send_event(kind, data)
        except Exception as exc:
            log.debug("%s not sent: %s", kind, exc)


@dispatcher(events={"tool_executing", "tool_completed"})
async def make(user: Any, tap: Any, tools: Any) -> MiddlewareDispatcher:
    ids = [getattr(user, key, None) for key in ("user_id", "thread_id", "run_id")]
    if any(not isinstance(value, str) or not value.strip() for value in ids):
        raise ValueError("no valid user context")
    session = MiddlewareDispatcher(user, getattr(tap, "manager", None))
    for tool in tools or ():
        session.register_tool(tool)
    return session
