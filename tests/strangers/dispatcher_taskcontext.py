"""A dispatcher in which context variables carry who acts and in which call: each call has a context of its own, in which its
task and the tool's run. Contexts outlive calls (the loop's timers keep them): the variables hold boxes, emptied afterwards."""

import asyncio
import contextvars
import json
import threading
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timezone
from types import SimpleNamespace

from goldenpath import dispatcher

TOOL_TIMEOUT, CANCEL_GRACE, TIMEOUT_GRACE, SEND_LIMIT = 3.0, 3.0, 1.0, 2.0
current_user = contextvars.ContextVar("current_user")
current_call = contextvars.ContextVar("current_call", default=None)
TOLD = {
    "timeout": f"timed out after {TOOL_TIMEOUT} seconds",
    "cancelled": "cancelled by its caller",
    "cleanup": "ended because the dispatcher is cleaned up",
    "itself": "the tool cancelled itself",
}


class Box:
    def __init__(self, value, outer=None):
        self.value, self.outer = value, outer


def end_early(call, reason):
    if not call.halt.done():
        call.halt.set_result(reason)


async def first_of(*futures, within):
    """Wait for the first of them, with a limit. Who cancels this task asks for the end of its call: that is passed on."""
    deadline = time.monotonic() + within
    while True:
        try:
            left = max(0.0, deadline - time.monotonic())
            return await asyncio.wait(futures, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            end_early(current_call.get().value, "cancelled")


def presentable(value, levels=50):
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        if levels and isinstance(value, Mapping):
            return {str(presentable(k, 0)): presentable(v, levels - 1) for k, v in value.items()}
        if levels and isinstance(value, (list, tuple, set, frozenset)):
            return [presentable(v, levels - 1) for v in value]
        return f"<{type(value).__name__}>"


def wording(error):
    """What an error says for itself: no reprs of objects in it, no trace, never nothing."""
    safe, text = all(isinstance(part, (str, int, float)) for part in error.args), ""
    with suppress(Exception):
        text = (
            str(error) if safe else " ".join(part for part in error.args if isinstance(part, str))
        )
    return text.split("Traceback (most recent call last)")[0].strip() or type(error).__name__


async def emit(kind, **fields):
    """Send an event of the current call to the current user; True if it was taken. It never raises."""
    call, user = current_call.get().value, current_user.get().value
    session = call.session

    async def send():
        session.clock = max(session.clock, datetime.now(timezone.utc))
        return await session.manager.send_to_user(
            user.user_id,
            {
                "type": kind,
                "data": {
                    "user_id": user.user_id,
                    "thread_id": user.thread_id,
                    "run_id": user.run_id,
                    "call_id": call.id,
                    "tool_name": call.name,
                    "timestamp": session.clock.isoformat(),
                    **presentable(fields),
                },
            },
        )

    async with session.one_at_a_time:
        sending = asyncio.create_task(send())
        await first_of(sending, within=SEND_LIMIT)
        if not sending.done():
            sending.cancel()
            await first_of(sending, within=0.2)
    return (
        sending.done()
        and not sending.cancelled()
        and not sending.exception()
        and sending.result() is not False
    )


async def run_async_tool():
    call = current_call.get().value
    try:
        return "success", await getattr(call.tool, "arun", call.tool)(**call.arguments), None
    except asyncio.CancelledError:
        return None
    except BaseException as error:
        return "error", None, error


def run_sync_tool():
    """A future that a thread fulfils. It cannot be interrupted, so it is waited for."""
    call, loop = current_call.get().value, asyncio.get_running_loop()
    tool, arguments, ended = call.tool, call.arguments, loop.create_future()

    def body():
        try:
            outcome = "success", tool(**arguments), None
        except BaseException as error:
            outcome = "error", None, error
        with suppress(RuntimeError):  # the loop may be closed by now
            loop.call_soon_threadsafe(ended.set_result, outcome)

    try:
        threading.Thread(target=contextvars.copy_context().run, args=(body,), daemon=True).start()
    except RuntimeError as error:
        ended.set_result(("error", None, error))
    return ended


async def perform():
    """Announce, run and report the current call. It always comes to an end and leaves its outcome in the call."""
    call, tool = current_call.get().value, None
    announced = call.session.manager is not None and await emit(
        "tool_executing", parameters=call.arguments
    )
    began = time.perf_counter()
    if not call.halt.done():
        is_async = hasattr(call.tool, "arun") or asyncio.iscoroutinefunction(
            type(call.tool).__call__
        )
        tool = asyncio.create_task(run_async_tool()) if is_async else run_sync_tool()
        await first_of(tool, call.halt, within=TOOL_TIMEOUT)
        if not tool.done():
            grace = CANCEL_GRACE if call.halt.done() else TIMEOUT_GRACE
            end_early(call, "timeout")
            if is_async:
                tool.cancel()
            await first_of(tool, within=grace)
    reason = (
        call.halt.result() if call.halt.done() else "itself"
    )  # why it ended, if it gave no outcome
    ended = (
        {"timeout": "timeout", "itself": "error"}.get(reason, "cancelled"),
        None,
        RuntimeError(TOLD[reason]),
    )
    call.outcome = (tool and tool.done() and not tool.cancelled() and tool.result()) or ended
    status, value, error = call.outcome
    if announced:
        await emit(
            "tool_completed",
            status=status,
            result=value,
            error=None if error is None else wording(error),
            execution_time_ms=round((time.perf_counter() - began) * 1000, 3),
        )


class ContextDispatcher:
    def __init__(self, user, manager, tools):
        ids = [
            getattr(user, name, None) for name in ("user_id", "thread_id", "run_id", "request_id")
        ]
        if any(not isinstance(value, str) or not value.strip() for value in ids):
            raise ValueError(
                "a dispatcher needs a valid user context, but an id is missing or empty"
            )
        self.user, self.manager, self.registry, self.closed = user, manager, {}, False
        self.calls, self.one_at_a_time, self.clock = {}, asyncio.Lock(), datetime.now(timezone.utc)
        for tool in tools or ():
            self.register_tool(tool)

    tools = property(lambda self: dict(self.registry))
    websocket_bridge = property(lambda self: None if self.closed else self.manager)
    has_websocket_support = property(lambda self: self.websocket_bridge is not None)

    def has_tool(self, name):
        return name in self.get_available_tools()

    def get_available_tools(self):
        return list(self.registry)

    def register_tool(self, tool):
        if self.closed:
            raise RuntimeError("the dispatcher is closed, nothing can be registered")
        if not isinstance(getattr(tool, "name", None), str) or not tool.name or not callable(tool):
            raise TypeError("this is no tool: it needs a name and must be callable")
        self.registry[tool.name] = (
            tool  # a name registered again is replaced; calls under way keep their tool
        )

    async def execute_tool(self, tool_name, parameters=None):
        if self.closed:
            raise RuntimeError("the dispatcher is closed, no tool can be executed")
        if not self.has_tool(tool_name):
            raise LookupError(f"there is no tool named {tool_name!r}")
        tool, parameters = self.registry[tool_name], {} if parameters is None else parameters
        if getattr(tool, "admin_only", False) and not self.user.is_admin:
            raise PermissionError(f"permission denied: {tool_name!r} may only be used by an admin")
        if not isinstance(parameters, Mapping) or any(
            not isinstance(key, str) for key in parameters
        ):
            raise TypeError("the parameters must be a mapping whose keys are names")
        call = SimpleNamespace(
            session=self,
            name=tool_name,
            tool=tool,
            arguments=dict(parameters),
            id=uuid.uuid4().hex,
            halt=asyncio.get_running_loop().create_future(),
            outcome=("cancelled", None, None),
        )
        boxes, context = (Box(self.user), Box(call, current_call.get())), contextvars.copy_context()
        context.run(lambda: (current_user.set(boxes[0]), current_call.set(boxes[1])))
        self.calls[call.id] = call
        task = call.task = asyncio.get_running_loop().create_task(perform(), context=context)
        task.add_done_callback(
            lambda _: (self.calls.pop(call.id), [box.__init__(None) for box in boxes])
        )
        cancelled = False
        while not task.done():
            try:
                await asyncio.wait({task})
            except asyncio.CancelledError:
                cancelled = True
                end_early(call, "cancelled")
        if cancelled:
            raise asyncio.CancelledError
        status, value, error = call.outcome
        if status != "success" or (call.halt.done() and call.halt.result() == "cleanup"):
            raise RuntimeError(
                f"tool {tool_name!r} failed: {wording(error) if error else TOLD['cleanup']}"
            ) from error
        return value

    async def dispatch_tool(self, /, tool_name, parameters=None, **context):
        return await self.execute_tool(tool_name, parameters)

    async def dispatch(self, /, *name, **parameters):
        return await self.execute_tool(*(name or [parameters.pop("tool_name", None)]), parameters)

    async def cleanup(self):
        self.closed = True
        self.registry.clear()
        under_way, box = dict(self.calls), current_call.get()
        for call in under_way.values():
            end_early(call, "cleanup")
        while box is not None:
            if box.value and box.value.id in under_way:
                return  # one of these calls is cleaning up: it will be ended, but cannot be waited for from within
            box = box.outer
        if under_way:
            await asyncio.wait([call.task for call in under_way.values()])
        self.user = self.manager = None

    async def __aenter__(self):
        return self

    async def __aexit__(self, kind, error, trace):
        await self.cleanup()


@dispatcher(events={"tool_executing", "tool_completed"}, tool_timeout=TOOL_TIMEOUT)
async def make(user, tap, tools):
    return ContextDispatcher(user, tap.manager if tap is not None else None, tools)
