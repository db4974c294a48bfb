"""A dispatcher in which every call runs in a worker thread; async tools get an event loop of their own there.

Threads never touch the transport: events are marshalled back to the loop of the caller, one after the other.
"""

import asyncio
import contextvars
import json
import threading
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from goldenpath import dispatcher

TOOL_TIMEOUT = 5.0  # for async tools; a thread that blocks cannot be ended, only awaited
PATIENCE = 3.0  # for one event of a transport that stalls
GRACE = 30.0  # for what does not want to end


class ToolError(RuntimeError):
    """The tool failed, is unknown, or took too long."""


class DispatcherClosed(RuntimeError):
    """The dispatcher has been cleaned up."""


def plain(value):
    """A copy of JSON types only; nothing of an object's inside gets out."""
    try:
        return json.loads(
            json.dumps(value, allow_nan=False, default=lambda _: "[not serialisable]")
        )
    except (TypeError, ValueError, RecursionError):
        return "[not serialisable]"


def describe(exc):
    try:
        text = (
            str(exc)
            if all(isinstance(arg, (str, int, float, type(None))) for arg in exc.args)
            else ""
        )
    except Exception:
        text = ""
    return text or type(exc).__name__


class Call:
    """One execution, as both sides see it. `reason` says why it was broken off, if it was."""

    def __init__(self, name, tool, parameters):
        self.id, self.name, self.tool, self.parameters = uuid.uuid4().hex, name, tool, parameters
        self._lock, self.reason, self._loop, self._task = threading.Lock(), None, None, None

    def attach(self, loop, task):
        with self._lock:
            self._loop, self._task = loop, task
            if self.reason and task is not None:
                task.cancel()

    def abort(self, reason):
        with self._lock:
            self.reason = self.reason or reason
            if self._task is not None:
                self._loop.call_soon_threadsafe(self._task.cancel)


class ThreadedDispatcher:
    def __init__(self, user, emitter, tools=()):
        for field in ("user_id", "thread_id", "run_id"):
            value = getattr(user, field, None)
            if not isinstance(value, str) or not value.strip():
                raise ValueError(f"invalid user context: {field} is missing")
        self._is_admin = getattr(user, "is_admin", False) is True
        self._emitter, self._patience, self._lane = emitter, PATIENCE, asyncio.Lock()
        self._tools, self._calls, self._working = {}, {}, set()
        self._pool = ThreadPoolExecutor(max_workers=32, thread_name_prefix="tool")
        self._closed, self._closing = False, None
        for tool in tools or ():
            self.register_tool(tool)

    # ---- the contract
    async def dispatch_tool(self, /, tool_name, parameters=None, **_context):
        return await self.execute_tool(tool_name, parameters)

    async def dispatch(self, tool_name=None, /, **parameters):
        return await self.execute_tool(
            parameters.pop("tool_name") if tool_name is None else tool_name, parameters
        )

    def register_tool(self, tool):
        if self._closed:
            raise DispatcherClosed("the dispatcher has been cleaned up")
        name = getattr(tool, "name", None)
        if not isinstance(name, str) or not name or not callable(tool):
            raise TypeError("a tool needs a name and must be callable")
        self._tools[name] = tool  # the same name again: replaced

    def has_tool(self, name):
        return name in self._tools

    def get_available_tools(self):
        return list(self._tools)

    tools = property(lambda self: dict(self._tools))
    has_websocket_support = property(lambda self: self._emitter is not None)
    websocket_bridge = property(lambda self: self._emitter)

    async def cleanup(self):
        if self._closing is None:
            self._closed = True
            self._closing = asyncio.ensure_future(self._close())
        await asyncio.shield(self._closing)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.cleanup()

    # ---- on the loop of the caller
    async def execute_tool(self, tool_name, parameters=None):
        if self._closed:
            raise DispatcherClosed("the dispatcher has been cleaned up")
        tool = self._tools.get(tool_name)
        if tool is None:
            raise ToolError(f"unknown tool: {tool_name}")
        if getattr(tool, "admin_only", False) and not self._is_admin:
            raise PermissionError(f"permission denied: {tool_name} is for admins only")
        if parameters is not None and not isinstance(parameters, Mapping):
            raise TypeError("parameters must be a mapping")
        call = Call(tool_name, tool, dict(parameters or {}))
        handle = self._pool.submit(
            contextvars.copy_context().run, self._work, call, asyncio.get_running_loop()
        )
        future = self._calls[call] = asyncio.wrap_future(handle)
        try:
            await asyncio.wait({future})
        except asyncio.CancelledError:
            call.abort("cancelled")
            handle.cancel()  # if no worker has taken it yet, none will
            await self._drain([future])
            raise
        finally:
            self._calls.pop(call, None)
        if call.reason == "closed":
            raise DispatcherClosed(f"the dispatcher was cleaned up while {tool_name} was running")
        status, value, error = future.result()
        if status != "success":
            raise ToolError(error)
        return value

    async def _drain(self, futures):
        """Wait until all have ended, whatever else is asked of us meanwhile."""
        end = time.monotonic() + GRACE
        while (left := [f for f in futures if not f.done()]) and time.monotonic() < end:
            with suppress(asyncio.CancelledError):
                await asyncio.wait(left, timeout=1.0)

    async def _close(self):
        for call in list(self._calls):
            call.abort("closed")
        await self._drain(list(self._calls.values()))
        self._pool.shutdown(wait=not self._working, cancel_futures=True)
        self._tools.clear()
        self._emitter = None

    async def _send(self, method, args, extra):
        async with self._lane:  # one at a time: sent in order, arriving in order
            for pause in (0.01, 0.03, 0):
                try:
                    async with asyncio.timeout(self._patience):
                        await getattr(self._emitter, method)(*args, **extra)
                    self._patience = PATIENCE
                    return
                except TimeoutError:
                    self._patience = 0.25  # until it moves again
                    return
                except Exception:  # a transport changes no outcome
                    await asyncio.sleep(pause)

    # ---- in a worker thread
    def _post(self, loop, method, *args, **extra):
        if self._emitter is None or loop.is_closed():
            return
        sent = asyncio.run_coroutine_threadsafe(self._send(method, args, extra), loop)
        try:
            sent.result(timeout=4 * PATIENCE)
        except Exception:
            sent.cancel()

    def _work(self, call, loop):
        if call.reason:
            return "cancelled", None, call.reason
        self._working.add(call)
        try:
            self._post(
                loop, "notify_tool_executing", call.name, plain(call.parameters), call_id=call.id
            )
            began = time.perf_counter()
            status, value, error = self._run(call)
            spent = (time.perf_counter() - began) * 1000
            self._post(
                loop,
                "notify_tool_completed",
                call.name,
                plain(value),
                spent,
                error,
                status,
                call_id=call.id,
            )
            return status, value, error
        finally:
            self._working.discard(call)

    def _run(self, call):
        if call.reason:
            return "cancelled", None, "cancelled before the tool began"
        start = getattr(call.tool, "arun", None)
        if not callable(start):
            try:
                return "success", call.tool(**call.parameters), None
            except BaseException as exc:
                return "error", None, describe(exc)
        loop = asyncio.new_event_loop()
        try:
            return loop.run_until_complete(self._guard(call, start))
        finally:
            loop.close()  # what did not want to end ends here: nothing drives it any more

    async def _guard(self, call, start):
        async def attempt():
            try:
                return "success", await start(**call.parameters), None
            except asyncio.CancelledError:
                if call.reason:
                    raise
                return "error", None, "the tool cancelled itself"
            except BaseException as exc:
                return "error", None, describe(exc)

        task = asyncio.ensure_future(attempt())
        call.attach(asyncio.get_running_loop(), task)
        await asyncio.wait({task}, timeout=TOOL_TIMEOUT)
        for _ in range(3):
            if not task.done():
                call.abort("timeout")
                await asyncio.wait({task}, timeout=1.0)
        call.attach(None, None)
        if left := [t for t in asyncio.all_tasks() - {asyncio.current_task(), task} if t.cancel()]:
            await asyncio.wait(left, timeout=1.0)  # what the tool had left running on its loop
        if task.done() and not task.cancelled():
            return task.result()
        status = "timeout" if call.reason == "timeout" else "cancelled"
        return status, None, f"{call.name}: {status}"


@dispatcher(
    events={"tool_executing", "tool_completed"}, tool_timeout=TOOL_TIMEOUT, accepts={"tool"}
)
def make(user, tap, tools):
    return ThreadedDispatcher(user, tap.emitter if tap is not None else None, tools)
