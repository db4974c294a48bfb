"""Facade that keeps the 2019 tool core alive behind the platform's dispatcher API.

``LegacyToolCore`` speaks its old protocol: a request is ``{"tool": name, "args": {...}}``, the answer a ``LegacyReply``
of a value and an error text (it once went over a pipe, which is why there is a text and not an exception). It knows no
users and sends no events. ``ToolDispatcherFacade`` is what everybody calls: it owns one core per user session, checks
permissions, announces calls on the user's emitter, and turns replies back into results and exceptions. The old names
``invoke`` and ``list_tools`` are still used by the admin console (PLAT-2231).
"""

import asyncio
import copy
import inspect
import json
import logging
import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple

from goldenpath import dispatcher

logger = logging.getLogger("platform.tools.facade")

EMIT_TIMEOUT, SHUTDOWN_TIMEOUT = 1.0, 5.0


class LegacyToolError(RuntimeError):
    """A tool failed, or the call was not acceptable."""


class DispatcherShutDown(LegacyToolError):
    """The dispatcher was cleaned up."""


class LegacyReply(NamedTuple):
    """Answer of the core."""

    value: Any = None
    error_text: str = ""
    cause: BaseException | None = None
    stopped: bool = False

    @property
    def ok(self):
        return not self.error_text


class LegacyToolCore:
    """Runs handlers by name. One instance per session, since handlers of different users must not meet."""

    def __init__(self):
        self.handlers = {}
        self._running, self._down = set(), False

    def add_handler(self, tool):
        self.handlers[tool.name] = tool

    async def call(self, request):
        """Old call form. Cancelling the call cancels the handler and waits for its end."""
        name = request["tool"]
        stopped = LegacyReply(
            error_text=f"tool {name!r} was stopped by the cleanup of its dispatcher", stopped=True
        )
        if self._down:
            return stopped
        task = asyncio.ensure_future(self._run(self.handlers[name], request["args"]))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        cancelled = None
        while not task.done():
            try:
                await asyncio.wait({task})
            except asyncio.CancelledError as exc:
                cancelled = exc
                task.cancel()
        if cancelled is not None:
            raise cancelled
        if task.cancelled():
            return (
                stopped if self._down else LegacyReply(error_text=f"tool {name!r} cancelled itself")
            )
        return task.result()

    async def shutdown(self):
        self._down = True
        self.handlers.clear()
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(set(self._running), timeout=SHUTDOWN_TIMEOUT)

    @staticmethod
    async def _run(handler, args):
        try:
            value = (getattr(handler, "arun", None) or handler)(**args)
            return LegacyReply(await value if inspect.isawaitable(value) else value)
        except asyncio.CancelledError:
            raise
        except BaseException as exc:
            return LegacyReply(error_text=_text_of(exc), cause=exc)


def _text_of(exc):
    try:
        return str(exc)
    except Exception:
        return type(exc).__name__


def _snapshot(value):
    """Copy for an event: later changes do not show, and what JSON does not know appears as its repr."""
    for make_copy in (
        lambda: json.dumps(value) and copy.deepcopy(value),
        lambda: json.loads(json.dumps(value, default=repr, skipkeys=True)),
    ):
        try:
            return make_copy()
        except Exception:
            continue
    return f"<{type(value).__name__}>"


class ToolDispatcherFacade:
    """Dispatcher API of the platform over one ``LegacyToolCore``."""

    def __init__(self, user, emitter, tools=None):
        self._is_admin, self._emitter, self._core = user.is_admin, emitter, LegacyToolCore()
        self._open_calls, self._closed = set(), False
        for tool in tools or ():
            self._core.add_handler(tool)

    @property
    def tools(self):
        """What this user may call; admin tools are invisible for everybody else."""
        return {
            n: t
            for n, t in self._core.handlers.items()
            if self._is_admin or not getattr(t, "admin_only", False)
        }

    websocket_bridge = property(lambda self: self._emitter)
    has_websocket_support = property(lambda self: self._emitter is not None)

    def get_available_tools(self):
        return list(self.tools)

    list_tools = get_available_tools

    def has_tool(self, name):
        return name in self.list_tools()

    def register_tool(self, tool):
        if self._closed:
            raise DispatcherShutDown("cannot register a tool: this dispatcher was cleaned up")
        self._core.add_handler(tool)

    async def execute_tool(self, tool_name, parameters=None):
        if self._closed:
            raise DispatcherShutDown(
                f"cannot run tool {tool_name!r}: this dispatcher was cleaned up"
            )
        if not self.has_tool(tool_name):
            raise LegacyToolError(f"unknown tool {tool_name!r}")
        args = {} if parameters is None else parameters
        if not isinstance(args, Mapping) or not all(isinstance(key, str) for key in args):
            raise LegacyToolError(
                f"tool {tool_name!r} needs named parameters, got {type(args).__name__}"
            )
        finished = asyncio.get_running_loop().create_future()
        self._open_calls.add(finished)
        try:
            reply = await self._announced_call(
                {"tool": tool_name, "args": dict(args)}, uuid.uuid4().hex
            )
        finally:
            self._open_calls.discard(finished)
            finished.set_result(None)
        if reply.ok:
            return reply.value
        if reply.stopped:
            raise DispatcherShutDown(reply.error_text)
        raise LegacyToolError(f"tool {tool_name!r} failed: {reply.error_text}") from reply.cause

    async def dispatch_tool(self, /, tool_name, parameters=None, **context):
        return await self.execute_tool(tool_name, parameters)

    async def dispatch(self, /, *args, **parameters):
        (tool_name,) = args or (parameters.pop("tool_name", None),)
        return await self.execute_tool(tool_name, parameters)

    invoke = execute_tool

    async def cleanup(self):
        self._closed = True
        await self._core.shutdown()
        if self._open_calls:  # their last events
            await asyncio.wait(set(self._open_calls), timeout=SHUTDOWN_TIMEOUT)

    async def _announced_call(self, request, call_id):
        name = request["tool"]
        try:
            await self._emit(
                "emit_tool_executing", name, parameters=_snapshot(request["args"]), call_id=call_id
            )
            reply = await self._core.call(request)
        except asyncio.CancelledError:
            await self._emit(
                "emit_tool_completed",
                name,
                status="cancelled",
                error="call cancelled",
                call_id=call_id,
            )
            raise
        outcome = {"status": "success", "result": _snapshot(reply.value)}
        if not reply.ok:
            outcome = {
                "status": "cancelled" if reply.stopped else "error",
                "error": reply.error_text,
            }
        await self._emit("emit_tool_completed", name, call_id=call_id, **outcome)
        return reply

    async def _emit(self, method, *args, **kwargs):
        """Best effort, within EMIT_TIMEOUT. A cancellation waits for the event to be out."""
        if self._emitter is None:
            return

        async def attempt():
            try:
                await getattr(self._emitter, method)(*args, **kwargs)
            except Exception as exc:
                logger.warning("%s lost: %r", method, exc)

        task = asyncio.ensure_future(attempt())
        timer = asyncio.get_running_loop().call_later(EMIT_TIMEOUT, task.cancel)
        cancelled = None
        while not task.done():
            try:
                await asyncio.wait({task})
            except asyncio.CancelledError as exc:
                cancelled = exc
        timer.cancel()
        if cancelled is not None:
            raise cancelled


@dispatcher()
async def make(user, tap, tools):
    return ToolDispatcherFacade(user, tap.emitter, tools)
