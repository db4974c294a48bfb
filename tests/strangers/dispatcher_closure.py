"""A tool dispatcher built from closures over one session, events go out by the user's emitter."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

from goldenpath import dispatcher


class DispatcherGone(RuntimeError):
    """Raised for every use after cleanup."""


class ToolNotFound(LookupError):
    """Raised for a name nobody registered."""


def wire_safe(value: Any) -> Any:
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        return f"[{type(value).__name__}]"


async def invoke(tool: Any, parameters: dict[str, Any]) -> Any:
    if hasattr(tool, "arun"):
        return await tool.arun(**parameters)
    return await unbroken(asyncio.to_thread(lambda: tool(**parameters)))


async def unbroken(step: Awaitable[Any]) -> Any:
    """Wait for a step that must not be torn: a cancellation is passed on once it is over."""
    job = asyncio.ensure_future(step)
    try:
        return await asyncio.shield(job)
    except asyncio.CancelledError:
        await asyncio.wait({job})
        raise


def build(user: Any, emitter: Any, tools: Any) -> SimpleNamespace:
    registry: dict[str, Any] = {}
    running: dict[str, asyncio.Task[Any] | None] = {}
    closed = False
    idle = asyncio.Event()
    idle.set()

    def ensure_open() -> None:
        if closed:
            raise DispatcherGone("the dispatcher is closed")

    async def post(method: Callable[..., Awaitable[Any]], *args: Any, **fields: Any) -> None:
        with suppress(Exception):
            async with asyncio.timeout(2.0):
                await method(*args, **fields)

    async def announce(call_id: str, tool_name: str, parameters: dict[str, Any]) -> None:
        if emitter is not None:
            shown = wire_safe(parameters)
            await unbroken(post(emitter.notify_tool_executing, tool_name, shown, call_id=call_id))

    async def report(call_id: str, tool_name: str, began: float, **fields: Any) -> None:
        if emitter is not None:
            fields["execution_time_ms"] = round((time.perf_counter() - began) * 1000, 3)
            await unbroken(
                post(emitter.notify_tool_completed, tool_name, call_id=call_id, **fields)
            )

    async def perform(tool: Any, tool_name: str, parameters: dict[str, Any]) -> Any:
        call_id, began = uuid.uuid4().hex, time.perf_counter()
        running[call_id] = None
        idle.clear()
        try:
            try:
                await announce(call_id, tool_name, parameters)
                ensure_open()
                task = running[call_id] = asyncio.create_task(invoke(tool, parameters))
                result = await task
            except asyncio.CancelledError:
                await report(call_id, tool_name, began, status="cancelled", error="cancelled")
                if asyncio.current_task().cancelling():  # type: ignore[union-attr]
                    raise
                ensure_open()
                raise RuntimeError(f"{tool_name} was cancelled") from None
            except Exception as exc:
                message = str(exc) or type(exc).__name__
                await report(call_id, tool_name, began, status="error", error=message)
                raise
            shown = wire_safe(result)
            await report(call_id, tool_name, began, status="success", result=shown)
            return result
        finally:
            del running[call_id]
            if not running:
                idle.set()

    async def execute_tool(tool_name: str, parameters: dict[str, Any] | None = None) -> Any:
        ensure_open()
        if tool_name not in registry:
            raise ToolNotFound(f"tool not found: {tool_name}")
        tool = registry[tool_name]
        if getattr(tool, "admin_only", False) and not user.is_admin:
            raise PermissionError(f"{user.user_id} may not use the admin tool {tool_name}")
        return await perform(tool, tool_name, dict(parameters or {}))

    async def dispatch_tool(
        tool_name: str, parameters: dict[str, Any] | None = None, **_context: Any
    ) -> Any:
        return await execute_tool(tool_name, parameters)

    async def dispatch(tool_name: str, /, **parameters: Any) -> Any:
        return await execute_tool(tool_name, parameters)

    def register_tool(tool: Any) -> None:
        ensure_open()
        if not isinstance(getattr(tool, "name", None), str):
            raise TypeError("a tool needs a name")
        if tool.name in registry:
            raise ValueError(f"{tool.name} is registered already")
        registry[tool.name] = tool

    def has_tool(name: str) -> bool:
        return name in registry

    def get_available_tools() -> list[str]:
        return list(registry)

    async def cleanup() -> None:
        nonlocal closed
        closed = True
        for task in list(running.values()):
            if task is not None:
                task.cancel()
        await idle.wait()
        registry.clear()

    for tool in tools or ():
        register_tool(tool)
    return SimpleNamespace(
        execute_tool=execute_tool,
        dispatch_tool=dispatch_tool,
        dispatch=dispatch,
        register_tool=register_tool,
        has_tool=has_tool,
        get_available_tools=get_available_tools,
        cleanup=cleanup,
        tools=registry,
        has_websocket_support=emitter is not None,
        websocket_bridge=emitter,
    )


@dispatcher(events={"tool_executing", "tool_completed"})
async def make(user: Any, tap: Any, tools: Any) -> SimpleNamespace:
    for key in ("user_id", "thread_id", "run_id"):
        value = getattr(user, key, None)
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"the user context has no {key}")
    return build(user, getattr(tap, "emitter", None), tools)
