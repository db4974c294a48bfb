"""A request-scoped tool dispatcher: one plain class per session, frames go out by the manager."""

from __future__ import annotations

import asyncio
import json
import logging
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from goldenpath import dispatcher

log = logging.getLogger(__name__)


class DispatcherClosed(RuntimeError):
    """The session of this dispatcher is over."""


class UnknownTool(LookupError):
    """No tool of that name is registered for this session."""


def _portable(value: Any) -> Any:
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        return f"[{type(value).__name__}]"


class RequestDispatcher:
    def __init__(self, user: Any, manager: Any, tools: Any = ()) -> None:
        self._user = user
        self._manager = manager
        self._tools: dict[str, Any] = {}
        self._running: set[asyncio.Task[Any]] = set()
        self._in_flight = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._closed = False
        for tool in tools or ():
            self.register_tool(tool)

    @property
    def tools(self) -> dict[str, Any]:
        return dict(self._tools)

    @property
    def has_websocket_support(self) -> bool:
        return self._manager is not None

    @property
    def websocket_bridge(self) -> Any:
        return self._manager

    def has_tool(self, name: str) -> bool:
        return name in self._tools

    def get_available_tools(self) -> list[str]:
        return list(self._tools)

    def register_tool(self, tool: Any) -> None:
        self._check_open()
        name = getattr(tool, "name", None)
        if not isinstance(name, str) or not (hasattr(tool, "arun") or callable(tool)):
            raise TypeError("a tool needs a name and must be runnable")
        if name in self._tools:
            raise ValueError(f"tool {name!r} is already registered")
        self._tools[name] = tool

    async def execute_tool(self, tool_name: str, parameters: dict[str, Any] | None = None) -> Any:
        self._check_open()
        tool = self._tools.get(tool_name)
        if tool is None:
            raise UnknownTool(f"unknown tool: {tool_name}")
        if getattr(tool, "admin_only", False) and not self._user.is_admin:
            raise PermissionError(f"tool {tool_name} is for administrators")
        self._in_flight += 1
        self._idle.clear()
        try:
            return await self._run(tool, tool_name, dict(parameters or {}))
        finally:
            self._in_flight -= 1
            if not self._in_flight:
                self._idle.set()

    async def dispatch_tool(
        self, tool_name: str, parameters: dict[str, Any] | None = None, **_context: Any
    ) -> Any:
        return await self.execute_tool(tool_name, parameters)

    async def dispatch(self, tool_name: str, /, **parameters: Any) -> Any:
        return await self.execute_tool(tool_name, parameters)

    async def cleanup(self) -> None:
        self._closed = True
        for task in tuple(self._running):
            task.cancel()
        await self._idle.wait()
        self._tools.clear()

    def _check_open(self) -> None:
        if self._closed:
            raise DispatcherClosed("this dispatcher was cleaned up")

    async def _run(self, tool: Any, name: str, parameters: dict[str, Any]) -> Any:
        call_id = uuid.uuid4().hex
        began = time.perf_counter()
        result: Any = None
        status, error = "success", None
        try:
            sent = _portable(parameters)
            await self._send("tool_executing", name, call_id, {"parameters": sent}, "started")
            self._check_open()
            task = asyncio.create_task(self._invoke(tool, parameters))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            result = await task
            return result
        except asyncio.CancelledError:
            status, error = "cancelled", "the call was cancelled"
            if asyncio.current_task().cancelling():  # type: ignore[union-attr]
                raise
            self._check_open()
            raise RuntimeError(f"tool {name} was cancelled") from None
        except Exception as exc:
            status, error = "error", str(exc) or type(exc).__name__
            raise
        finally:
            spent = round((time.perf_counter() - began) * 1000, 3)
            meta: dict[str, Any] = {"execution_time_ms": spent}
            meta |= {"result": _portable(result)} if error is None else {"error": error}
            await self._send("tool_completed", name, call_id, meta, status)

    async def _invoke(self, tool: Any, parameters: dict[str, Any]) -> Any:
        if hasattr(tool, "arun"):
            return await tool.arun(**parameters)
        job = asyncio.ensure_future(asyncio.to_thread(lambda: tool(**parameters)))
        try:
            return await asyncio.shield(job)
        except asyncio.CancelledError:
            await asyncio.wait({job})
            raise

    async def _send(
        self, kind: str, tool_name: str, call_id: str, meta: dict[str, Any], status: str
    ) -> None:
        if self._manager is None:
            return
        now, user = datetime.now(UTC).isoformat(), self._user
        data = {
            "tool_name": tool_name,
            "call_id": call_id,
            "metadata": meta,
            "status": status,
            "timestamp": now,
            "run_id": user.run_id,
            "thread_id": user.thread_id,
            "request_id": user.request_id,
            "user_id": user.user_id,
        }
        if "result" in meta or "error" in meta:
            key = "result" if "result" in meta else "error"
            data[key] = meta[key]
        frame = {"type": kind, "data": data, "timestamp": now, "critical": True, "attempt": 1}
        job = asyncio.ensure_future(self._post(frame))
        try:
            await asyncio.shield(job)
        except asyncio.CancelledError:
            await asyncio.wait({job})
            raise

    async def _post(self, frame: dict[str, Any]) -> None:
        try:
            async with asyncio.timeout(2.0):
                await self._manager.send_to_user(self._user.user_id, frame)
        except Exception as exc:
            log.debug("event %s was not delivered: %s", frame["type"], exc)


@dispatcher(events={"tool_executing", "tool_completed"})
def make(user: Any, tap: Any, tools: Any) -> RequestDispatcher:
    ids = [getattr(user, key, None) for key in ("user_id", "thread_id", "run_id")]
    if any(not isinstance(value, str) or not value.strip() for value in ids):
        raise ValueError("a dispatcher needs the context of a user")
    return RequestDispatcher(user, getattr(tap, "manager", None), tools)
