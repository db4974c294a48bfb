"""A tool dispatcher with one send lock per session and one object per call, over the socket."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from goldenpath import dispatcher


class SessionClosed(RuntimeError):
    """Raised when a closed session is asked to work."""


class MissingTool(LookupError):
    """Raised when a tool is asked for that the session does not have."""


def encodable(value: Any) -> Any:
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        return f"[{type(value).__name__}]"


class SessionLink:
    """The socket of one session; a lock keeps its frames in the order of the calls to send."""

    def __init__(self, user: Any, socket: Any) -> None:
        self.user = user
        self.socket = socket
        self._lock = asyncio.Lock()

    async def send(self, kind: str, payload: dict[str, Any]) -> None:
        if self.socket is None:
            return
        job = asyncio.ensure_future(self._write(kind, payload))
        try:
            await asyncio.shield(job)
        except asyncio.CancelledError:
            await asyncio.wait({job})
            raise

    async def _write(self, kind: str, payload: dict[str, Any]) -> None:
        async with self._lock:
            frame = {
                "type": kind,
                "run_id": self.user.run_id,
                "user_id": self.user.user_id,
                "agent_name": "session_tools",
                "timestamp": datetime.now(UTC).isoformat(),
                "event_id": uuid.uuid4().hex,
                "payload": payload,
            }
            try:
                async with asyncio.timeout(2.0):
                    await self.socket.send_json(frame)
            except Exception:
                return


class ToolCall:
    """One call of one tool, from its announcement to its report."""

    def __init__(self, session: SessionDispatcher, tool: Any, parameters: dict[str, Any]) -> None:
        self.session = session
        self.tool = tool
        self.parameters = parameters
        self.base = {"tool_name": tool.name, "call_id": uuid.uuid4().hex}
        self.task: asyncio.Task[Any] | None = None

    async def run(self) -> Any:
        send = self.session.link.send
        opening = {"parameters": encodable(self.parameters), "status": "running"}
        await send("tool_executing", self.base | opening)
        began = time.perf_counter()
        report: dict[str, Any] = {}
        try:
            self.session.ensure_open()
            self.task = asyncio.create_task(self._invoke())
            result = await self.task
        except Exception as exc:
            message = str(exc) or type(exc).__name__
            report = {"status": "error", "error": message, "message": message}
            raise
        else:
            report = {"status": "success", "result": encodable(result)}
            return result
        finally:
            if report:
                spent = round((time.perf_counter() - began) * 1000, 3)
                await send("tool_completed", self.base | report | {"execution_time_ms": spent})

    async def _invoke(self) -> Any:
        if hasattr(self.tool, "arun"):
            return await self.tool.arun(**self.parameters)
        job = asyncio.ensure_future(asyncio.to_thread(lambda: self.tool(**self.parameters)))
        try:
            return await asyncio.shield(job)
        finally:
            await asyncio.wait({job})


class SessionDispatcher:
    def __init__(self, user: Any, socket: Any, tools: Any) -> None:
        self.user = user
        self.link = SessionLink(user, socket)
        self._registry: dict[str, Any] = {}
        self._calls: set[ToolCall] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._closed = False
        for tool in tools or ():
            self.register_tool(tool)

    @property
    def tools(self) -> dict[str, Any]:
        return dict(self._registry)

    @property
    def has_websocket_support(self) -> bool:
        return self.link.socket is not None

    @property
    def websocket_bridge(self) -> Any:
        return self.link.socket

    def ensure_open(self) -> None:
        if self._closed:
            raise SessionClosed("the session is closed")

    def has_tool(self, name: str) -> bool:
        return name in self._registry

    def get_available_tools(self) -> list[str]:
        return sorted(self._registry)

    def register_tool(self, tool: Any) -> None:
        self.ensure_open()
        self._registry[tool.name] = tool

    async def execute_tool(self, tool_name: str, parameters: dict[str, Any] | None = None) -> Any:
        self.ensure_open()
        if tool_name not in self._registry:
            raise MissingTool(f"tool {tool_name} is missing")
        tool = self._registry[tool_name]
        if getattr(tool, "admin_only", False) and not self.user.is_admin:
            raise PermissionError(f"tool {tool_name}: administrators only")
        call = ToolCall(self, tool, dict(parameters or {}))
        self._calls.add(call)
        self._idle.clear()
        try:
            return await call.run()
        except asyncio.CancelledError:
            if asyncio.current_task().cancelling():  # type: ignore[union-attr]
                raise
            self.ensure_open()
            raise RuntimeError(f"tool {tool_name} was cancelled") from None
        finally:
            self._calls.discard(call)
            if not self._calls:
                self._idle.set()

    async def dispatch_tool(
        self, tool_name: str, parameters: dict[str, Any] | None = None, **_context: Any
    ) -> Any:
        return await self.execute_tool(tool_name, parameters)

    async def dispatch(self, tool_name: str, /, **parameters: Any) -> Any:
        return await self.execute_tool(tool_name, parameters)

    async def cleanup(self) -> None:
        self._closed = True
        for call in tuple(self._calls):
            if call.task is not None:
                call.task.cancel()
        await self._idle.wait()
        self._registry.clear()


@dispatcher(events={"tool_executing", "tool_completed"})
def make(user: Any, tap: Any, tools: Any) -> SessionDispatcher:
    for key in ("user_id", "thread_id", "run_id"):
        if not str(getattr(user, key, None) or "").strip():
            raise ValueError(f"the user context lacks its {key}")
    return SessionDispatcher(user, getattr(tap, "socket", None), tools)
