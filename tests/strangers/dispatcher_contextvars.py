"""Request-scoped tool dispatcher: who is asking travels in context variables, what happens stands in ``PIPELINE``.

Every call runs through the module's stages in a task of its own, with ``current_user`` and ``current_call`` bound in
that task's copy of the context: there is nothing to reset, and nothing that another user's call could see. Tools and
log filters may read them. A failing tool raises nothing, the caller gets a ``ToolResult``; only a dispatcher that is
used after its request ended raises (``DispatcherClosedError``).
"""

from __future__ import annotations

import asyncio
import copy
import inspect
import json
import logging
import traceback
import uuid
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from goldenpath import dispatcher

logger = logging.getLogger(__name__)
AGENT_NAME, NOTIFY_TIMEOUT_S, DRAIN_TIMEOUT_S = "tool_dispatcher", 1.0, 5.0


class DispatcherClosedError(RuntimeError):
    def __init__(self) -> None:
        super().__init__("this tool dispatcher is closed: its request has ended")


@dataclass(frozen=True, slots=True)
class ToolResult:
    success: bool
    result: Any = None
    error: str | None = None


@dataclass(eq=False)
class CallState:
    """One call on its way through the pipeline; ``outcome`` is set by the first stage that knows it."""

    tool_name: Any
    tool: Any
    parameters: Any
    bridge: Any
    call_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    announced: bool = False
    abort_requested: bool = False
    tool_task: asyncio.Task[ToolResult] | None = None
    outcome: ToolResult | None = None
    status: str = "error"

    def abort(self) -> None:
        """The caller or the dispatcher gave up. A tool that has already ended keeps its outcome."""
        if self.tool_task is None or self.tool_task.cancel():
            self.abort_requested = True

    def fail(self, why: str, status: str = "error") -> None:
        self.status, self.outcome = (
            status,
            ToolResult(False, error=f"Tool {self.tool_name!r} {why}"),
        )


current_user: ContextVar[Any] = ContextVar("tool_dispatch_user")
current_call: ContextVar[CallState] = ContextVar("tool_dispatch_call")


async def validate() -> None:
    call = current_call.get()
    if call.tool is None:
        call.fail("not found")
    elif getattr(call.tool, "admin_only", False) and not current_user.get().is_admin:
        call.fail("is not available to this user")
    elif not isinstance(call.parameters, Mapping) or not all(
        isinstance(name, str) for name in call.parameters
    ):
        call.fail(f"needs a mapping of names to values, got {type(call.parameters).__name__}")


async def announce() -> None:
    call = current_call.get()
    call.announced = call.outcome is None
    if call.announced:
        await _notify("notify_tool_executing", _presentable(call.parameters))


async def run() -> None:
    call = current_call.get()
    if call.announced and not call.abort_requested:
        call.tool_task = asyncio.create_task(_call_tool(call))
        await asyncio.wait({call.tool_task})
    if call.announced and call.abort_requested:
        call.fail("was cancelled", "cancelled")
    elif call.announced and call.tool_task.cancelled():
        call.fail("cancelled itself")
    elif call.announced:
        call.outcome = call.tool_task.result()
        call.status = "success" if call.outcome.success else "error"


async def report() -> None:
    call = current_call.get()
    if call.announced:
        shown = _presentable(call.outcome.result)
        await _notify(
            "notify_tool_completed", result=shown, error=call.outcome.error, status=call.status
        )


PIPELINE = (validate, announce, run, report)


async def _run_pipeline(user: Any, call: CallState) -> ToolResult:
    current_user.set(user)
    current_call.set(call)
    for stage in PIPELINE:
        await stage()
    return call.outcome


async def _call_tool(call: CallState) -> ToolResult:
    try:
        value = (getattr(call.tool, "arun", None) or call.tool)(**call.parameters)
        return ToolResult(True, result=await value if inspect.isawaitable(value) else value)
    except asyncio.CancelledError:
        raise
    except BaseException as exc:
        return ToolResult(False, error="".join(traceback.format_exception_only(exc)).strip())


async def _notify(method: str, *args: Any, **kwargs: Any) -> None:
    """Tell the bridge of the current user. Delivery is best effort and bounded in time."""
    call, run_id = current_call.get(), current_user.get().run_id
    if call.bridge is None:
        return

    async def attempt() -> None:
        try:
            await getattr(call.bridge, method)(
                run_id, AGENT_NAME, call.tool_name, *args, call_id=call.call_id, **kwargs
            )
        except Exception:
            logger.warning(
                "%s failed for run %s, call %s", method, run_id, call.call_id, exc_info=True
            )

    task = asyncio.create_task(attempt())
    await asyncio.wait({task}, timeout=NOTIFY_TIMEOUT_S)
    task.cancel()


def _presentable(value: Any) -> Any:
    """What the frontend gets to see of a value: a private copy, with a repr where JSON has no word for it."""
    for make_copy in (
        lambda: json.dumps(value) and copy.deepcopy(value),
        lambda: json.loads(json.dumps(value, default=repr, skipkeys=True)),
    ):
        try:
            return make_copy()
        except Exception:
            continue
    return f"<{type(value).__name__}>"


class RequestToolDispatcher:
    def __init__(self, user: Any, bridge: Any, tools: Any = None) -> None:
        self._user, self._bridge = user, bridge
        self._registry: dict[str, Any] = {tool.name: tool for tool in tools or ()}
        self._in_flight: dict[asyncio.Task[ToolResult], CallState] = {}
        self._closed = False

    @property
    def tools(self) -> dict[str, Any]:
        return {
            n: t
            for n, t in self._registry.items()
            if self._user.is_admin or not getattr(t, "admin_only", False)
        }

    websocket_bridge = property(lambda self: self._bridge)
    has_websocket_support = property(lambda self: self._bridge is not None)

    def get_available_tools(self) -> list[str]:
        return list(self.tools)

    def has_tool(self, name: str) -> bool:
        return name in self.get_available_tools()

    def register_tool(self, tool: Any) -> None:
        if self._closed:
            raise DispatcherClosedError
        self._registry[tool.name] = tool

    async def execute_tool(
        self, tool_name: str, parameters: Mapping[str, Any] | None = None
    ) -> ToolResult:
        if self._closed:
            raise DispatcherClosedError
        tool = self._registry.get(tool_name) if isinstance(tool_name, str) else None
        given = (
            {}
            if parameters is None
            else dict(parameters)
            if isinstance(parameters, Mapping)
            else parameters
        )
        call = CallState(tool_name, tool, given, self._bridge)
        task = asyncio.create_task(_run_pipeline(self._user, call))
        self._in_flight[task] = call
        task.add_done_callback(lambda done: self._in_flight.pop(done, None))
        cancellation = None
        while not task.done():  # the pair of events is closed before a cancelled caller goes on
            try:
                await asyncio.wait({task})
            except asyncio.CancelledError as exc:
                cancellation = exc
                call.abort()
        if cancellation is not None:
            raise cancellation
        return task.result()

    async def dispatch_tool(
        self, /, tool_name: str, parameters: Any = None, **context: Any
    ) -> ToolResult:
        return await self.execute_tool(tool_name, parameters)

    async def dispatch(self, /, *args: Any, **parameters: Any) -> ToolResult:
        """``dispatch(tool_name, **parameters)``, with every keyword free for the tool."""
        (tool_name,) = args or (parameters.pop("tool_name", None),)
        return await self.execute_tool(tool_name, parameters)

    async def cleanup(self) -> None:
        """End of the request: calls in progress are aborted and reported, everything after is refused."""
        self._closed = True
        self._registry.clear()
        if self._in_flight:
            for call in self._in_flight.values():
                call.abort()
            await asyncio.wait(set(self._in_flight), timeout=DRAIN_TIMEOUT_S)


@dispatcher(outcome="success")
async def make(user, tap, tools):
    return RequestToolDispatcher(user, tap.bridge, tools)
