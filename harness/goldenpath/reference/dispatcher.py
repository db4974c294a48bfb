"""One session's way to its tools: the request-scoped dispatcher.

A dispatcher belongs to one user context for its whole life. A call goes through small steps,
one method each:

    _refuse_if_closed -> _lookup -> _authorize -> _announce -> _invoke -> _report

`tool_executing` is sent before the tool starts and `tool_completed` after it ended, whichever
way it ended. The caller gets the tool's bare value, or the tool's own exception. A caller that
is cancelled is told so only after the tool has ended. `cleanup` stops what is under way, waits
for it, and lets the callers know by `SessionClosed`.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Self, cast

from .context import UserContext
from .emitter import UserEmitter
from .errors import NotPermitted, SessionClosed, ToolTimedOut
from .execution import Execution, Metrics, checked
from .registry import AnyTool, SyncTool, ToolRegistry
from .waiting import settle


class RequestScopedDispatcher:
    """Runs the tools of one user's session and tells the user about it."""

    def __init__(
        self,
        context: UserContext,
        emitter: UserEmitter | None = None,
        tools: Iterable[AnyTool] = (),
        tool_timeout: float | None = None,
    ) -> None:
        """Bind to a user; an emitter that is bound to somebody else is refused.

        tool_timeout: seconds that a tool may take before it is stopped, or None.
        """
        self.context = UserContext.from_user(context)
        if emitter is not None and emitter.context != self.context:
            raise ValueError("the emitter is bound to another user context")
        self.metrics = Metrics()
        self._emitter = emitter
        self._registry = ToolRegistry(tools)
        self._tool_timeout = tool_timeout
        self._in_flight: dict[asyncio.Task[Any], Execution] = {}
        self._calls = 0
        self._closed = False

    async def execute_tool(
        self, tool_name: str, parameters: Mapping[str, Any] | None = None
    ) -> Any:
        """Run a tool and return what it returns."""
        return await self._execute(tool_name, parameters)

    async def dispatch_tool(
        self, /, tool_name: str, parameters: Mapping[str, Any] | None = None, **context: Any
    ) -> Any:
        """Run a tool, for old consumers; `context` is theirs and not a parameter of the tool."""
        return await self._execute(tool_name, parameters)

    async def dispatch(self, tool_name: str, /, **parameters: Any) -> Any:
        """Run a tool, for old consumers who give its parameters as keywords."""
        return await self._execute(tool_name, parameters)

    def has_tool(self, tool_name: str) -> bool:
        """Say whether this session has a tool."""
        self._refuse_if_closed()
        return self._registry.has(tool_name)

    def register_tool(self, tool: AnyTool) -> None:
        """Give this session, and no other, a tool."""
        self._refuse_if_closed()
        self._registry.register(tool)

    def get_available_tools(self) -> list[str]:
        """List the names of this session's tools."""
        self._refuse_if_closed()
        return self._registry.names()

    @property
    def tools(self) -> Mapping[str, AnyTool]:
        """The session's tools by name, read-only."""
        self._refuse_if_closed()
        return self._registry.view()

    @property
    def has_websocket_support(self) -> bool:
        """Whether events of an execution have a way to the user."""
        return self._emitter is not None and self._emitter.has_transport and not self._closed

    @property
    def websocket_bridge(self) -> UserEmitter | None:
        """The way to the user, or None if there is none."""
        return self._emitter if self.has_websocket_support else None

    async def cleanup(self) -> None:
        """Close the session: stop what is under way and await its end; doing it twice is fine."""
        first, self._closed = not self._closed, True
        others = [task for task in self._in_flight if task is not asyncio.current_task()]
        if first:
            self._stop(others)
        await settle(*others)
        self._registry.clear()

    async def __aenter__(self) -> Self:
        """Use the session in a `with`."""
        self._refuse_if_closed()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the session on the way out."""
        await self.cleanup()

    async def _execute(
        self,
        tool_name: str,
        parameters: Mapping[str, Any] | None = None,
        call_id: str | None = None,
    ) -> Any:
        """Do what all call forms share; the agent comes in here with call ids of its own."""
        self._refuse_if_closed()
        tool = self._lookup(tool_name)
        self._authorize(tool)
        execution = Execution(tool, call_id or self._next_call_id(), checked(parameters))
        task = asyncio.create_task(self._perform(execution))
        self._in_flight[task] = execution
        task.add_done_callback(self._forget)
        await settle(task, pass_on=True)
        if task.cancelled() and self._closed:
            raise SessionClosed
        return task.result()

    async def _perform(self, execution: Execution) -> Any:
        """Announce, run, report: what is announced is reported, however it ends."""
        self.metrics.started += 1
        try:
            await self._announce(execution)
            result = await self._in_time(execution)
        except asyncio.CancelledError:
            execution.cancel()
            self.metrics.cancelled += 1
            raise
        except ToolTimedOut as error:
            execution.time_out(error)
            self.metrics.failed += 1
            raise
        except Exception as error:
            execution.fail(error)
            self.metrics.failed += 1
            raise
        else:
            execution.succeed(result)
            self.metrics.succeeded += 1
            return result
        finally:
            await self._report(execution)

    def _stop(self, tasks: Iterable[asyncio.Task[Any]]) -> None:
        """Cancel the tools that still run; a call whose tool has ended may finish its report."""
        for task in tasks:
            if self._in_flight[task].status is None:
                task.cancel()

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise SessionClosed

    def _lookup(self, tool_name: str) -> AnyTool:
        return self._registry.get(tool_name)

    def _authorize(self, tool: AnyTool) -> None:
        if getattr(tool, "admin_only", False) and not self.context.is_admin:
            raise NotPermitted(tool.name)

    async def _announce(self, execution: Execution) -> None:
        if self._emitter is not None:
            await self._emitter.tool_executing(
                execution.tool.name, execution.call_id, execution.parameters
            )

    async def _in_time(self, execution: Execution) -> Any:
        limit = asyncio.timeout(self._tool_timeout)
        try:
            async with limit:
                return await self._invoke(execution)
        except TimeoutError:
            if not limit.expired() or self._tool_timeout is None:
                raise  # the tool's own
            raise ToolTimedOut(execution.tool.name, self._tool_timeout) from None

    async def _invoke(self, execution: Execution) -> Any:
        arun = getattr(execution.tool, "arun", None)
        if arun is not None:
            return await arun(**execution.parameters)
        tool = cast(SyncTool, execution.tool)
        return await _in_thread(functools.partial(tool, **execution.parameters))

    async def _report(self, execution: Execution) -> None:
        if self._emitter is not None:
            await self._emitter.tool_completed(
                execution.tool.name,
                execution.call_id,
                execution.status or "error",
                execution.result,
                execution.error,
            )

    def _next_call_id(self) -> str:
        self._calls += 1
        return f"{self.context.run_id}-{self._calls}"

    def _forget(self, task: asyncio.Task[Any]) -> None:
        del self._in_flight[task]


async def create_request_scoped_tool_dispatcher(
    user_context: UserContext,
    tools: Iterable[AnyTool] | None = None,
    websocket_emitter: UserEmitter | None = None,
    tool_timeout: float | None = None,
) -> RequestScopedDispatcher:
    """Make the dispatcher of one request."""
    return RequestScopedDispatcher(user_context, websocket_emitter, tools or (), tool_timeout)


async def _in_thread(work: Callable[[], Any]) -> Any:
    """Run what blocks beside the loop. A thread cannot be stopped: whoever is cancelled meanwhile
    is told so when it has ended.
    """
    running = asyncio.get_running_loop().run_in_executor(None, work)
    await settle(running)
    return running.result()
