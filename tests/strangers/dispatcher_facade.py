"""A facade with today's dispatcher API over the old tool core, events go out by the bridge."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from goldenpath import dispatcher

AGENT = "tool_core"


class CoreClosed(RuntimeError):
    """The session was closed."""


class NoTool(LookupError):
    """The session has no such tool."""


def presentable(value: Any) -> Any:
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        return f"[{type(value).__name__}]"


class LegacyToolCore:
    """The old core: `attach` a session, then `run_tool(tool, params, state)`."""

    def __init__(self) -> None:
        self.bridge: Any = None
        self.run_id = ""

    def attach(self, bridge: Any, run_id: str) -> LegacyToolCore:
        self.bridge, self.run_id = bridge, run_id
        return self

    async def run_tool(self, tool: Any, params: dict[str, Any], state: FacadeState) -> Any:
        call_id, began = uuid.uuid4().hex, time.perf_counter()
        closing: dict[str, Any] = {"status": "cancelled", "error": "cancelled"}
        try:
            await self._notify("tool_executing", tool.name, presentable(params), call_id=call_id)
            state.check()
            result = await state.track(self._call(tool, params))
            closing = {"status": "success", "result": presentable(result)}
            return result
        except asyncio.CancelledError:
            if asyncio.current_task().cancelling():  # type: ignore[union-attr]
                raise
            state.check()
            raise RuntimeError(f"tool {tool.name} was cancelled") from None
        except Exception as exc:
            closing = {"status": "error", "error": str(exc) or type(exc).__name__}
            raise
        finally:
            closing["execution_time_ms"] = round((time.perf_counter() - began) * 1000, 3)
            await self._notify("tool_completed", tool.name, call_id=call_id, **closing)

    async def _call(self, tool: Any, params: dict[str, Any]) -> Any:
        if hasattr(tool, "arun"):
            return await tool.arun(**params)
        job = asyncio.ensure_future(asyncio.to_thread(lambda: tool(**params)))
        try:
            return await asyncio.shield(job)
        finally:
            await asyncio.wait({job})

    async def _notify(self, event: str, *args: Any, **fields: Any) -> None:
        if self.bridge is None:
            return
        method = getattr(self.bridge, f"notify_{event}")
        sending = partial(method, self.run_id, AGENT, *args, **fields)
        job = asyncio.ensure_future(self._quietly(sending))
        try:
            await asyncio.shield(job)
        except asyncio.CancelledError:
            await asyncio.wait({job})
            raise

    @staticmethod
    async def _quietly(sending: Callable[[], Awaitable[Any]]) -> None:
        try:
            async with asyncio.timeout(2.0):
                await sending()
        except Exception:
            return


class FacadeState:
    """What one session holds: whether it is open and which tools are at work."""

    def __init__(self) -> None:
        self.closed = False
        self.tasks: set[asyncio.Task[Any]] = set()
        self.calls = 0
        self.idle = asyncio.Event()
        self.idle.set()

    def check(self) -> None:
        if self.closed:
            raise CoreClosed("this tool session is closed")

    async def track(self, work: Any) -> Any:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return await task

    def __enter__(self) -> FacadeState:
        self.calls += 1
        self.idle.clear()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.calls -= 1
        if not self.calls:
            self.idle.set()


_core = LegacyToolCore()


class DispatcherFacade:
    def __init__(self, user: Any, bridge: Any, tools: Any) -> None:
        self._user = user
        self._state = FacadeState()
        self._tools: dict[str, Any] = {tool.name: tool for tool in tools or ()}
        self.websocket_bridge = bridge

    @property
    def has_websocket_support(self) -> bool:
        return self.websocket_bridge is not None

    @property
    def tools(self) -> dict[str, Any]:
        return dict(self._tools)

    def has_tool(self, name: str) -> bool:
        return name in self._tools

    def get_available_tools(self) -> list[str]:
        return list(self._tools)

    def register_tool(self, tool: Any) -> None:
        self._state.check()
        if tool.name in self._tools:
            raise ValueError(f"a tool {tool.name!r} exists")
        self._tools[tool.name] = tool

    async def execute_tool(self, tool_name: str, parameters: dict[str, Any] | None = None) -> Any:
        self._state.check()
        if tool_name not in self._tools:
            raise NoTool(f"the session has no tool {tool_name}")
        tool = self._tools[tool_name]
        if getattr(tool, "admin_only", False) and not self._user.is_admin:
            raise PermissionError(f"only administrators may call {tool_name}")
        with self._state as state:
            core = _core.attach(self.websocket_bridge, self._user.run_id)
            return await core.run_tool(tool, dict(parameters or {}), state)

    async def dispatch_tool(
        self, tool_name: str, parameters: dict[str, Any] | None = None, **_context: Any
    ) -> Any:
        return await self.execute_tool(tool_name, parameters)

    async def dispatch(self, tool_name: str, /, **parameters: Any) -> Any:
        return await self.execute_tool(tool_name, parameters)

    async def cleanup(self) -> None:
        self._state.closed = True
        for task in tuple(self._state.tasks):
            task.cancel()
        await self._state.idle.wait()
        self._tools.clear()


@dispatcher(events={"tool_executing", "tool_completed"})
async def make(user: Any, tap: Any, tools: Any) -> DispatcherFacade:
    for key in ("user_id", "thread_id", "run_id"):
        if not str(getattr(user, key, None) or "").strip():
            raise ValueError(f"user context without {key}")
    return DispatcherFacade(user, getattr(tap, "bridge", None), tools)
