"""A dispatcher of closures: `build` makes the functions over shared local state and hangs them on a namespace object."""

import asyncio
import contextvars
import json
import threading
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timezone
from types import MappingProxyType, SimpleNamespace

from goldenpath import dispatcher

LIMITS = {
    "tool": 3.0,
    "event": 2.0,
    "cancelled": 3.0,
    "closed": 3.0,
    "timeout": 1.0,
}  # seconds, by what is waited for
enclosing = contextvars.ContextVar("enclosing", default=())


class Namespace:  # `async with` looks at the type only, so these two cannot be hung on the object
    async def __aenter__(self):
        return self

    async def __aexit__(self, *exc_info):
        await self.cleanup()


def jsonable(value, depth=50):
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        if depth and isinstance(value, Mapping):
            return {str(jsonable(k, 0)): jsonable(v, depth - 1) for k, v in value.items()}
        if depth and isinstance(value, (list, tuple, set, frozenset)):
            return [jsonable(v, depth - 1) for v in value]
        return f"<{type(value).__name__}>"


def message_of(exc):
    """The message of an exception, fit for the user: a trace is cut off, arguments that are no text are left out."""
    texts = [a for a in exc.args if isinstance(a, (str, int, float))]
    try:
        text = str(exc) if len(texts) == len(exc.args) else f"{type(exc).__name__} {texts}"
    except Exception:
        text = type(exc).__name__
    return text.split("Traceback (most recent call last)")[0].strip()


def check_user(user):
    for field in ("user_id", "thread_id", "run_id", "request_id"):
        value = getattr(user, field, None)
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"cannot make a dispatcher for an invalid user: {field} is {value!r}")


def is_async(tool):
    return hasattr(tool, "arun") or asyncio.iscoroutinefunction(type(tool).__call__)


def start(tool, parameters, loop, context):
    """Start the tool: a task or (for a blocking one, in a thread) a future, which gives (result, exception)."""

    async def in_loop():
        try:
            return await getattr(tool, "arun", tool)(**parameters), None
        except asyncio.CancelledError:
            raise
        except BaseException as exc:
            return None, exc

    def in_thread():
        try:
            outcome = tool(**parameters), None
        except BaseException as exc:
            outcome = None, exc
        with suppress(RuntimeError):  # the loop may have been closed
            loop.call_soon_threadsafe(ended.set_result, outcome)

    if is_async(tool):
        return loop.create_task(in_loop(), context=context)
    ended = loop.create_future()
    try:
        threading.Thread(target=context.copy().run, args=(in_thread,), daemon=True).start()
    except RuntimeError as exc:
        ended.set_result((None, exc))
    return ended


def build(user, emitter, tools):
    check_user(user)
    registry, calls, taking_turns = {}, {}, asyncio.Lock()
    closed, last_stamp = False, ""
    space = Namespace()

    def refuse_if(condition, error, text):
        if condition:
            raise error(text)

    def has_tool(name):
        return isinstance(name, str) and name in registry

    def get_available_tools():
        return list(registry)

    def register_tool(tool):
        refuse_if(
            closed, RuntimeError, "the dispatcher has been closed: no tools can be registered"
        )
        name = getattr(tool, "name", None)
        refuse_if(
            not name or not isinstance(name, str) or not callable(tool),
            TypeError,
            "a tool has a name and is callable",
        )
        registry[name] = tool  # the newest of a name counts

    def stop(call, reason):
        if not call.stopped.done():
            call.stopped.set_result(reason)

    async def first(call, *futures, seconds):
        deadline = time.monotonic() + seconds
        while True:
            try:
                left = max(0, deadline - time.monotonic())
                return await asyncio.wait(
                    futures, timeout=left, return_when=asyncio.FIRST_COMPLETED
                )
            except asyncio.CancelledError:  # someone cancels all tasks: that is meant for the tool
                stop(call, "cancelled")

    async def tell_user(call, method, **fields):
        """True if the emitter took the event; when it raises or stalls the event is lost, and nothing else."""

        async def tell():
            nonlocal last_stamp
            last_stamp = max(
                last_stamp, datetime.now(timezone.utc).isoformat(timespec="microseconds")
            )
            ids = dict(
                run_id=user.run_id, thread_id=user.thread_id, call_id=call.id, timestamp=last_stamp
            )
            return await getattr(emitter, method)(call.name, **ids, **jsonable(fields))

        async with taking_turns:
            telling = asyncio.create_task(tell())
            await first(call, telling, seconds=LIMITS["event"])
            if not telling.done():
                telling.cancel()
                await first(call, telling, seconds=0.2)
        return (
            telling.done()
            and not telling.cancelled()
            and not telling.exception()
            and telling.result() is not False
        )

    async def perform(call, parameters, context):
        announced = emitter is not None and await tell_user(
            call, "notify_tool_executing", parameters=parameters
        )
        began, work = time.perf_counter(), None
        if not call.stopped.done():
            work = start(call.tool, parameters, call.loop, context)
            await first(call, work, call.stopped, seconds=LIMITS["tool"])
            if not work.done():
                stop(call, "timeout")
                if is_async(call.tool):  # a thread can only be awaited
                    work.cancel()
                await first(call, work, seconds=LIMITS[call.stopped.result()])
        reason = call.stopped.result() if call.stopped.done() else None
        if work and work.done() and not work.cancelled():
            call.result, call.exception = work.result()
            error = None if call.exception is None else message_of(call.exception)
            status = "error" if error else "success"
        else:
            status = {"timeout": "timeout", None: "error"}.get(reason, "cancelled")
            error = {
                "timeout": f"no result after {LIMITS['tool']} seconds",
                None: "the tool cancelled itself",
                "closed": "ended by the cleanup of the dispatcher",
            }.get(reason, "cancelled by the caller")
            call.exception = RuntimeError(f"tool {call.name!r} failed: {error}")
        if announced:
            await tell_user(
                call,
                "notify_tool_completed",
                result=call.result,
                error=error,
                status=status,
                execution_time_ms=round((time.perf_counter() - began) * 1000, 3),
            )

    async def execute_tool(tool_name, parameters=None):
        refuse_if(closed, RuntimeError, "the dispatcher has been closed: no tools can be executed")
        refuse_if(not has_tool(tool_name), LookupError, f"no such tool: {tool_name!r}")
        tool, parameters = registry[tool_name], {} if parameters is None else parameters
        refuse_if(
            getattr(tool, "admin_only", False) and not user.is_admin,
            PermissionError,
            f"permission denied: {tool_name!r} is an admin tool",
        )
        refuse_if(
            not isinstance(parameters, Mapping)
            or any(not isinstance(key, str) for key in parameters),
            TypeError,
            "the parameters of a tool are a mapping with strings as keys",
        )
        loop, context = asyncio.get_running_loop(), contextvars.copy_context()
        call = SimpleNamespace(
            id=uuid.uuid4().hex,
            name=tool_name,
            tool=tool,
            loop=loop,
            stopped=loop.create_future(),
            result=None,
            exception=None,
        )
        context.run(enclosing.set, (*enclosing.get(), call.id))
        calls[call.id] = call
        call.task = loop.create_task(perform(call, dict(parameters), context), context=context)
        call.task.add_done_callback(lambda _: calls.pop(call.id))
        cancelled = False
        while not call.task.done():
            try:
                await asyncio.wait({call.task})
            except asyncio.CancelledError:
                cancelled = True
                stop(call, "cancelled")
        refuse_if(cancelled, asyncio.CancelledError, "cancelled by the caller")
        call.task.result()  # that is None, unless the loop is being shut down
        ended_by_cleanup = call.stopped.done() and call.stopped.result() == "closed"
        if isinstance(call.exception, Exception) and not isinstance(
            call.exception, (StopIteration, StopAsyncIteration)
        ):
            raise call.exception
        refuse_if(
            ended_by_cleanup or call.exception is not None,
            RuntimeError,
            f"tool {tool_name!r} failed or was ended by the cleanup",
        )
        return call.result

    async def dispatch_tool(tool_name, parameters=None, **consumer_context):
        return await execute_tool(tool_name, parameters)

    async def dispatch(*name, **parameters):
        return await execute_tool(*(name or (parameters.pop("tool_name", None),)), parameters)

    async def cleanup():
        nonlocal closed, emitter
        closed, space.has_websocket_support, space.websocket_bridge = True, False, None
        registry.clear()
        open_calls = list(calls.values())
        for call in open_calls:
            stop(call, "closed")
        if any(call.id in enclosing.get() for call in open_calls):
            return  # called from inside of a tool, which would wait for itself
        if open_calls:
            await asyncio.wait([call.task for call in open_calls])
        emitter = None

    for given in tools or ():
        register_tool(given)
    vars(space).update(
        execute_tool=execute_tool,
        dispatch_tool=dispatch_tool,
        dispatch=dispatch,
        has_tool=has_tool,
        register_tool=register_tool,
        get_available_tools=get_available_tools,
        cleanup=cleanup,
        tools=MappingProxyType(registry),
        has_websocket_support=emitter is not None,
        websocket_bridge=emitter,
    )
    return space


@dispatcher(events={"tool_executing", "tool_completed"}, tool_timeout=LIMITS["tool"])
def make(user, tap, tools):
    return build(user, tap.emitter if tap is not None else None, tools)
