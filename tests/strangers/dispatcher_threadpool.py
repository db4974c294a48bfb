"""Tool dispatcher that keeps the event loop free: tools run on pool threads.

Tools that call blocking SDKs inside ``async`` code used to stall every WebSocket of the process. Now
each call runs on a thread of a bounded pool, in an event loop of its own; the socket is only touched
on the loop that serves the session.
"""

import asyncio
import contextlib
import contextvars
import copy
import inspect
import json
import logging
import threading
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Iterable, Mapping

from goldenpath import dispatcher

logger = logging.getLogger(__name__)
MAX_THREADS_PER_SESSION = 32
SEND_TIMEOUT_SECONDS = 5.0


class DispatcherClosedError(RuntimeError):
    """The session of this dispatcher is over."""


@dataclass(frozen=True)
class ToolOutcome:
    status: str  # success | error | cancelled
    value: Any = None
    error: BaseException | None = None


def _json_safe(value: Any) -> Any:
    """A detached copy of ``value`` that any JSON transport accepts."""
    with contextlib.suppress(Exception):
        json.dumps(value)
        return copy.deepcopy(value)
    with contextlib.suppress(Exception):
        return json.loads(json.dumps(value, default=repr))
    return repr(value)


class _WorkerCall:
    """One tool call; ``run`` belongs to the pool thread, ``cancel`` to the session's loop."""

    def __init__(self, tool_name: str, tool: Any, parameters: dict[str, Any]) -> None:
        self.call_id, self.tool_name, self.parameters = uuid.uuid4().hex, tool_name, parameters
        self._tool, self.cancel_requested = tool, False
        self._context = contextvars.copy_context()
        self._lock = threading.Lock()
        self._loop = self._task = None  # known once the thread has begun

    def run(self) -> ToolOutcome:
        try:
            with asyncio.Runner() as runner:
                return ToolOutcome("success", runner.run(self._main(), context=self._context))
        except asyncio.CancelledError as exc:
            return ToolOutcome("cancelled", error=exc)
        except BaseException as exc:  # handed to the caller, it must not end the thread
            return ToolOutcome("error", error=exc)

    async def _main(self) -> Any:
        with self._lock:
            if self.cancel_requested:
                raise asyncio.CancelledError
            self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        result = getattr(self._tool, "arun", self._tool)(**self.parameters)
        return await result if inspect.isawaitable(result) else result

    def cancel(self) -> None:
        with self._lock:
            self.cancel_requested = True
            if self._loop is not None:
                with contextlib.suppress(RuntimeError):  # that loop has just ended
                    self._loop.call_soon_threadsafe(self._task.cancel)


class ThreadPoolToolDispatcher:
    """Tools of one user session, executed off the event loop."""

    def __init__(self, user: Any, socket: Any = None, tools: Iterable[Any] | None = None) -> None:
        self._ids = {key: getattr(user, key, None) for key in ("user_id", "thread_id", "run_id")}
        self._is_admin = bool(getattr(user, "is_admin", False))
        self._socket = socket
        self._tools: dict[str, Any] = {}
        self._active: dict[asyncio.Task, _WorkerCall] = {}
        self._closed = False
        self._send_lock = asyncio.Lock()
        self._slots = asyncio.Semaphore(MAX_THREADS_PER_SESSION)
        self._pool = ThreadPoolExecutor(MAX_THREADS_PER_SESSION, thread_name_prefix="tool")
        self.metrics: Counter[str] = Counter()
        for tool in tools or ():
            self.register_tool(tool)

    @property
    def tools(self) -> dict[str, Any]:
        return dict(self._tools)

    @property
    def websocket_bridge(self) -> Any:
        return self._socket

    @property
    def has_websocket_support(self) -> bool:
        return self._socket is not None

    def has_tool(self, name: str) -> bool:
        return isinstance(name, str) and name in self._tools

    def get_available_tools(self) -> list[str]:
        return list(self._tools)

    def register_tool(self, tool: Any) -> None:
        self._require_open("register a tool")
        if not getattr(tool, "name", None):
            raise ValueError(f"a tool needs a name: {tool!r}")
        self._tools[tool.name] = tool

    async def execute_tool(
        self, tool_name: str, parameters: Mapping[str, Any] | None = None
    ) -> Any:
        self._require_open(f"execute tool {tool_name!r}")
        if not self.has_tool(tool_name):
            raise LookupError(f"unknown tool {tool_name!r}")
        tool = self._tools[tool_name]
        if getattr(tool, "admin_only", False) and not self._is_admin:
            raise PermissionError(f"tool {tool_name!r} is reserved for administrators")
        arguments = {} if parameters is None else dict(parameters)
        async with self._slots:
            self._require_open(f"execute tool {tool_name!r}")
            call = _WorkerCall(tool_name, tool, arguments)
            task = asyncio.create_task(self._run_call(call), name=f"tool-call-{call.call_id}")
            self._active[task] = call
            task.add_done_callback(lambda done: self._active.pop(done, None))
            outcome = await self._follow(task, call)
        if outcome.status == "success":
            return outcome.value
        if outcome.status == "cancelled" and call.cancel_requested:
            raise DispatcherClosedError(
                f"tool {tool_name!r} was stopped: the dispatcher was cleaned up"
            )
        raise outcome.error

    async def dispatch_tool(
        self, /, tool_name: str, parameters: Mapping | None = None, **context: Any
    ) -> Any:
        """Old consumers: extra keywords are their own context and never reach the tool."""
        return await self.execute_tool(tool_name, parameters)

    async def dispatch(self, /, *args: Any, **parameters: Any) -> Any:
        """``dispatch(tool_name, **parameters)``; a parameter may have any name whatsoever."""
        (tool_name,) = args or (parameters.pop("tool_name"),)
        return await self.execute_tool(tool_name, parameters)

    async def _run_call(self, call: _WorkerCall) -> ToolOutcome:
        await self._send("tool_executing", call, parameters=_json_safe(call.parameters))
        began = time.perf_counter()
        worker = asyncio.get_running_loop().run_in_executor(self._pool, call.run)
        while not worker.done():
            try:
                await asyncio.wait({worker})
            except asyncio.CancelledError:
                call.cancel()  # the loop is shutting down; the thread still has to end
        outcome = worker.result()
        if call.cancel_requested:
            outcome = ToolOutcome("cancelled", error=asyncio.CancelledError())
        report = {
            "status": outcome.status,
            "execution_time_ms": (time.perf_counter() - began) * 1000,
        }
        if outcome.status == "success":
            report["result"] = _json_safe(outcome.value)
        else:
            report["error"] = str(outcome.error) or type(outcome.error).__name__
        self.metrics[outcome.status] += 1
        await self._send("tool_completed", call, **report)
        return outcome

    async def _follow(self, task: asyncio.Task, call: _WorkerCall) -> ToolOutcome:
        """Wait for the call; a cancelled caller hears of it once the tool has really ended."""
        cancelled = False
        while not task.done():
            try:
                await asyncio.wait({task})
            except asyncio.CancelledError:
                cancelled = True
                call.cancel()
        if cancelled:
            raise asyncio.CancelledError(f"call of tool {call.tool_name!r} was cancelled")
        return task.result()

    async def _send(self, event_type: str, call: _WorkerCall, **payload: Any) -> None:
        if self._socket is None:
            return
        head = {
            **self._ids,
            "call_id": call.call_id,
            "tool_name": call.tool_name,
            "timestamp": time.time(),
        }
        try:
            async with asyncio.timeout(SEND_TIMEOUT_SECONDS), self._send_lock:
                await self._socket.send_json({"type": event_type, "payload": {**head, **payload}})
        except Exception as exc:
            self.metrics["undelivered"] += 1
            logger.warning("%s of call %s was not delivered: %r", event_type, call.call_id, exc)

    def _require_open(self, action: str) -> None:
        if self._closed:
            raise DispatcherClosedError(f"cannot {action}: the dispatcher was cleaned up")

    async def cleanup(self) -> None:
        """Stop what still runs, close its events, give the threads back. May be called again."""
        self._closed = True
        for call in list(self._active.values()):
            call.cancel()
        if self._active:
            await asyncio.wait(set(self._active))
        self._pool.shutdown(wait=False)
        self._tools.clear()
        self._socket = None


@dispatcher()
def make(user, tap, tools):
    return ThreadPoolToolDispatcher(user, socket=getattr(tap, "socket", None), tools=tools)
