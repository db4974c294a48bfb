"""A dispatcher as an actor: callers, ended tools and timers put messages into the session's mailbox; the pump takes them out
in order, is the only one that changes a call's state or talks to the user's bridge, and ends when the box is empty."""

import asyncio
import contextvars
import json
import threading
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timezone

from goldenpath import dispatcher

TOOL_TIMEOUT, EVENT_TIMEOUT = 3.0, 2.0
GRACE = {"timeout": 1.0, "cancelled": 3.0, "closed": 3.0}  # how long a tool may take to obey
WHY = {
    "timeout": f"timed out after {TOOL_TIMEOUT} seconds",
    "closed": "the dispatcher was cleaned up meanwhile",
    "cancelled": "cancelled by the caller",
    None: "the tool cancelled itself",
}
_inside = contextvars.ContextVar("calls_around_this_code", default=frozenset())


def as_json(value, depth=60):
    """A snapshot that is JSON; what is not gets a neutral stand-in instead of its repr."""
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        if depth and isinstance(value, dict):
            return {str(as_json(k, 0)): as_json(v, depth - 1) for k, v in value.items()}
        if depth and isinstance(value, (list, tuple, set)):
            return [as_json(v, depth - 1) for v in value]
        return f"({type(value).__name__})"


def error_text(exc):
    """The error's own words, without foreign objects' reprs and without traces; never empty."""
    words = [str(a) for a in exc.args if isinstance(a, (str, int, float))]
    text = ""
    with suppress(Exception):
        text = str(exc) if len(words) == len(exc.args) else " ".join(words)
    return text.partition("Traceback (most recent")[0].strip() or type(exc).__name__


async def patiently(future, seconds):
    """Wait for a future at most so long; nobody but time ends this wait."""
    end = time.monotonic() + seconds
    while not future.done() and (left := end - time.monotonic()) > 0:
        with suppress(asyncio.CancelledError):
            await asyncio.wait({future}, timeout=left)


class Call:
    task = timer = reason = None
    announced = over = stopping = False

    def __init__(self, name, tool, parameters):
        self.id, self.name, self.tool, self.parameters = uuid.uuid4().hex, name, tool, parameters
        self.is_async = hasattr(tool, "arun") or asyncio.iscoroutinefunction(type(tool).__call__)
        self.loop, self.context, self.began = (
            asyncio.get_running_loop(),
            contextvars.copy_context(),
            time.perf_counter(),
        )
        self.context.run(_inside.set, _inside.get() | {self.id})
        self.done = self.loop.create_future()

    async def run(self):  # gives (status, value or exception), or None if it was cancelled
        try:
            if self.is_async:
                return "success", await getattr(self.tool, "arun", self.tool)(**self.parameters)
            ended, context = self.loop.create_future(), contextvars.copy_context()
            threading.Thread(target=context.run, args=(self._in_thread, ended), daemon=True).start()
            return await ended
        except asyncio.CancelledError:
            return None
        except BaseException as exc:
            return "error", exc

    def _in_thread(self, ended):
        try:
            outcome = "success", self.tool(**self.parameters)
        except BaseException as exc:
            outcome = "error", exc
        with suppress(RuntimeError):  # the loop may be gone, and with it everybody who waited
            self.loop.call_soon_threadsafe(lambda: ended.done() or ended.set_result(outcome))


class ActorDispatcher:
    def __init__(self, user, bridge, tools):
        ids = [
            getattr(user, field, None) for field in ("user_id", "thread_id", "run_id", "request_id")
        ]
        if not all(
            isinstance(i, str) and i.strip().lower() not in ("", "none", "null", "placeholder")
            for i in ids
        ):
            raise ValueError("invalid user context: an id is missing, empty or a placeholder")
        self._user, self._bridge, self._tools, self._closed = user, bridge, {}, False
        self._mailbox, self._pump, self._calls, self._clock = (
            [],
            None,
            {},
            datetime.now(timezone.utc),
        )
        [self.register_tool(tool) for tool in tools or ()]

    tools = property(lambda self: dict(self._tools))
    has_websocket_support = property(lambda self: self.websocket_bridge is not None)
    websocket_bridge = property(lambda self: None if self._closed else self._bridge)

    def has_tool(self, name):
        return isinstance(name, str) and name in self._tools

    def get_available_tools(self):
        return list(self._tools)

    def _check(self, fine=True, error=None, text=""):
        if self._closed:
            raise RuntimeError("this dispatcher is closed: it has been cleaned up")
        if not fine:
            raise error(text)

    def register_tool(self, tool):
        name = getattr(tool, "name", None)
        self._check(
            name and isinstance(name, str) and callable(tool),
            TypeError,
            "not a tool: no name or not callable",
        )
        self._check(
            name not in self._tools, ValueError, f"a tool named {name!r} is registered already"
        )
        self._tools[name] = tool

    async def execute_tool(self, tool_name, parameters=None):
        self._check(self.has_tool(tool_name), LookupError, f"unknown tool: {tool_name!r}")
        tool, parameters = self._tools[tool_name], {} if parameters is None else parameters
        self._check(
            not getattr(tool, "admin_only", False) or self._user.is_admin,
            PermissionError,
            f"permission denied: tool {tool_name!r} is for admins only",
        )
        self._check(
            isinstance(parameters, Mapping) and all(isinstance(key, str) for key in parameters),
            TypeError,
            "parameters must be a mapping with names as keys",
        )
        call = Call(tool_name, tool, dict(parameters))
        self._calls[call.id] = call
        self._tell(self._on_start, call)
        try:
            await asyncio.wait({call.done})
        except asyncio.CancelledError:
            self._stop(call, "cancelled")
            await patiently(call.done, 60)
            raise
        value, error, cause = call.done.result()
        if error is not None:
            raise RuntimeError(f"tool {tool_name!r} failed: {error}") from cause
        return value

    async def dispatch_tool(self, /, tool_name, parameters=None, **consumer_context):
        return await self.execute_tool(tool_name, parameters)

    async def dispatch(self, /, *name, **parameters):
        return await self.execute_tool(*(name or (parameters.pop("tool_name", None),)), parameters)

    async def cleanup(self):
        self._closed = True
        self._tools.clear()
        calls = list(self._calls.values())
        [self._stop(call, "closed") for call in calls]
        if any(call.id in _inside.get() for call in calls):
            return  # called by one of the tools to be ended: waiting for it would be a deadlock
        if self._pump and not self._pump.done():  # it ends when the last call is over
            await asyncio.wait([call.done for call in calls] + [self._pump])
        self._bridge = self._pump = self._user = None

    async def __aenter__(self):
        return self

    async def __aexit__(self, *exc):
        await self.cleanup()

    def _tell(self, handler, call):
        self._mailbox.append((handler, call))
        self._wake(call.loop)

    def _wake(self, loop):
        if self._mailbox and (self._pump is None or self._pump.done()):
            self._pump = loop.create_task(self._drain(), context=contextvars.Context())
            self._pump.add_done_callback(
                lambda _: self._wake(loop)
            )  # should it be cancelled before it began

    async def _drain(self):
        while self._mailbox:
            handler, call = self._mailbox.pop(0)
            if not call.over:
                await handler(call)

    def _stop(self, call, reason):
        call.reason = (
            call.reason or reason
        )  # seen at once by a start under way; the rest is done in turn
        self._tell(self._on_stop, call)

    async def _on_start(self, call):
        if call.reason is None:
            call.announced = self._bridge is not None and await self._send(
                "notify_tool_executing", call, parameters=call.parameters
            )
        if call.reason is not None:
            return await self._on_end(call)
        call.began, call.task = (
            time.perf_counter(),
            call.loop.create_task(call.run(), context=call.context),
        )
        call.task.add_done_callback(lambda _: self._tell(self._on_end, call))
        call.timer = call.loop.call_later(TOOL_TIMEOUT, self._tell, self._on_stop, call)

    async def _on_stop(self, call):
        if not call.stopping:
            call.stopping, call.reason = True, call.reason or "timeout"
            call.timer.cancel()
            if call.is_async:  # a thread cannot be told; it is awaited
                call.task.cancel()
            call.timer = call.loop.call_later(GRACE[call.reason], self._tell, self._on_end, call)

    async def _on_end(self, call):
        """Close the pair and tell the caller. No outcome: the tool was ended, given up, or never began."""
        call.over, outcome = True, None
        if call.task:
            call.timer.cancel()
            outcome = (
                call.task.result()
                if call.task.done() and not call.task.cancelled()
                else call.task.cancel() and None
            )
        status, value = outcome or (
            {"timeout": "timeout", None: "error"}.get(call.reason, "cancelled"),
            None,
        )
        value, cause = (None, value) if status == "error" else (value, None)
        error = None if status == "success" else error_text(cause) if cause else WHY[call.reason]
        if call.announced:
            ms = round((time.perf_counter() - call.began) * 1000, 3)
            await self._send(
                "notify_tool_completed",
                call,
                result=value,
                execution_time_ms=ms,
                error=error,
                status=status,
            )
        del self._calls[call.id]
        call.done.set_result((value, WHY["closed"] if call.reason == "closed" else error, cause))

    async def _send(self, method, call, **fields):
        """True if the bridge took it. A bridge that raises or stalls costs the user events, never a tool's outcome."""

        async def deliver():
            self._clock = max(self._clock, datetime.now(timezone.utc))
            return await getattr(self._bridge, method)(
                self._user.run_id,
                "tool_dispatcher",
                call.name,
                call_id=call.id,
                timestamp=self._clock.isoformat(),
                **{name: as_json(value) for name, value in fields.items()},
            )

        task = call.loop.create_task(deliver(), context=call.context)
        await patiently(task, EVENT_TIMEOUT)
        task.done() or (task.cancel(), await patiently(task, 0.2))
        return (
            task.done()
            and not task.cancelled()
            and not task.exception()
            and task.result() is not False
        )


@dispatcher(events={"tool_executing", "tool_completed"}, tool_timeout=TOOL_TIMEOUT)
def make(user, tap, tools):
    return ActorDispatcher(user, tap.bridge if tap is not None else None, tools)
