"""Event-sourced tool execution.

An execution is a stream: it yields what happened, and last how it settled. A pump hands the events
to the sink of the user before the stream goes on. Callers only ever see the settlement.
"""

import asyncio
import copy
import inspect
import itertools
import json
import logging
import time
import uuid
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any, AsyncIterator, Awaitable, Callable, Optional, Union

from goldenpath import dispatcher

logger = logging.getLogger(__name__)
DELIVERY_TIMEOUT_S = 5.0


class ExecutionRefused(RuntimeError):
    """The execution never began: closed scope, unknown tool, missing permission."""


@dataclass(frozen=True)
class ToolExecuting:
    parameters: Any
    type = "tool_executing"

    def fields(self) -> dict:
        return {"parameters": self.parameters}


@dataclass(frozen=True)
class ToolCompleted:
    status: str
    execution_time_ms: float
    result: Any = None
    error: Optional[str] = None
    type = "tool_completed"

    def fields(self) -> dict:
        optional = {"result": self.result, "error": self.error}
        present = {name: value for name, value in optional.items() if value}
        return {"status": self.status, "execution_time_ms": self.execution_time_ms, **present}


@dataclass(frozen=True)
class Settled:
    """How an execution ended (success, error, cancelled). Always the last item of its stream."""

    status: str
    value: Any = None
    error: Optional[BaseException] = None

    def unwrap(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.value


def snapshot(value: Any) -> Any:
    """What ``value`` is right now, in a form that a frame can carry."""
    try:
        json.dumps(value)
        return copy.deepcopy(value)
    except Exception:
        with suppress(Exception):
            return json.loads(json.dumps(value, default=repr))
        return repr(value)


class UserSink:
    """Delivers to one user and stamps every message with that user's ids; never raises."""

    def __init__(self, send: Optional[Callable[[dict], Awaitable[Any]]], user: Any) -> None:
        self.send = send
        self._ids = {"user_id": user.user_id, "thread_id": user.thread_id, "run_id": user.run_id}
        self._sequence = itertools.count(1)
        self._turn = asyncio.Lock()

    async def deliver(
        self, execution: "Execution", event: Union[ToolExecuting, ToolCompleted]
    ) -> None:
        if self.send is None:
            return
        call = {"call_id": execution.call_id, "tool_name": execution.tool_name}
        try:
            async with asyncio.timeout(DELIVERY_TIMEOUT_S), self._turn:
                stamp = {"seq": next(self._sequence), "timestamp": time.time()}
                await self.send(
                    {"type": event.type, **self._ids, **call, **stamp, **event.fields()}
                )
        except Exception as exc:
            logger.warning("event %s of %s not delivered: %r", event.type, execution.call_id, exc)


class Execution:
    """One tool call as a stream of events."""

    def __init__(self, tool_name: str, tool: Any, parameters: dict) -> None:
        self.call_id, self.tool_name = f"call_{uuid.uuid4().hex}", tool_name
        self._tool, self._parameters = tool, parameters
        self._task: Optional[asyncio.Task] = None
        self._stopped_by: Optional[BaseException] = None

    def stop(self, reason: BaseException) -> None:
        self._stopped_by = self._stopped_by or reason
        if self._task is not None:
            self._task.cancel()

    async def stream(self) -> AsyncIterator[Union[ToolExecuting, ToolCompleted, Settled]]:
        yield ToolExecuting(snapshot(self._parameters))
        began = time.perf_counter()
        settled = await self._settle()
        elapsed = (time.perf_counter() - began) * 1000
        text = None if settled.error is None else str(settled.error) or type(settled.error).__name__
        yield ToolCompleted(settled.status, elapsed, result=snapshot(settled.value), error=text)
        yield settled

    async def _settle(self) -> Settled:
        self._task = asyncio.create_task(self._invoke())
        if self._stopped_by is not None:
            self._task.cancel()
        while not self._task.done():
            try:
                await asyncio.wait({self._task})
            except asyncio.CancelledError as exc:
                self.stop(exc)
        failure = asyncio.CancelledError() if self._task.cancelled() else self._task.exception()
        if self._stopped_by is not None or self._task.cancelled():
            return Settled("cancelled", error=self._stopped_by or failure)
        return (
            Settled("error", error=failure)
            if failure is not None
            else Settled("success", self._task.result())
        )

    async def _invoke(self) -> Any:
        result = getattr(self._tool, "arun", self._tool)(**self._parameters)
        return await result if inspect.isawaitable(result) else result


class EventSourcedDispatcher:
    """The tools of one user's scope."""

    def __init__(self, sink: UserSink, tools: Any = (), is_admin: bool = False) -> None:
        self._sink, self._is_admin = sink, is_admin
        self._catalogue: dict[str, Any] = {}
        self._running: dict[asyncio.Task, Execution] = {}
        self._closed = False
        for tool in tools or ():
            self.register_tool(tool)

    tools = property(lambda self: dict(self._catalogue), doc="Name -> tool, a copy.")
    websocket_bridge = property(lambda self: self._sink.send)
    has_websocket_support = property(lambda self: self._sink.send is not None)

    def has_tool(self, name: str) -> bool:
        return isinstance(name, str) and name in self._catalogue

    def get_available_tools(self) -> list[str]:
        return list(self._catalogue)

    def register_tool(self, tool: Any) -> None:
        if self._closed:
            raise ExecutionRefused("cannot register tools: this scope has been cleaned up")
        if not getattr(tool, "name", None):
            raise ValueError(f"cannot register a tool without a name: {tool!r}")
        self._catalogue[tool.name] = tool

    async def execute_tool(self, tool_name: str, parameters: Optional[dict] = None) -> Any:
        if self._closed:
            raise ExecutionRefused(f"cannot execute {tool_name!r}: this scope has been cleaned up")
        if not self.has_tool(tool_name):
            raise ExecutionRefused(f"cannot execute {tool_name!r}: no such tool")
        tool = self._catalogue[tool_name]
        if getattr(tool, "admin_only", False) and not self._is_admin:
            raise ExecutionRefused(f"cannot execute {tool_name!r}: only administrators may")
        execution = Execution(tool_name, tool, dict(parameters or {}))
        pump = asyncio.create_task(self._pump(execution))
        self._running[pump] = execution
        pump.add_done_callback(lambda done: self._running.pop(done, None))
        interrupted = None
        while not pump.done():
            try:
                await asyncio.wait({pump})
            except (
                asyncio.CancelledError
            ) as exc:  # the caller gives up; the stream is read to its end
                interrupted = exc
                execution.stop(exc)
        if interrupted is not None:
            raise interrupted
        return pump.result().unwrap()

    async def dispatch_tool(
        self, /, tool_name: str, parameters: Optional[dict] = None, **context: Any
    ) -> Any:
        """For old consumers; ``context`` is theirs and not meant for the tool."""
        return await self.execute_tool(tool_name, parameters)

    async def dispatch(*args: Any, **parameters: Any) -> Any:
        """``dispatch(tool_name, **parameters)``, with parameters of any name, ``self`` included."""
        self, *names = args
        (tool_name,) = names or (parameters.pop("tool_name"),)
        return await self.execute_tool(tool_name, parameters)

    async def _pump(self, execution: Execution) -> Settled:
        async with aclosing(execution.stream()) as stream:
            async for item in stream:
                if isinstance(item, Settled):
                    return item
                await self._sink.deliver(execution, item)

    async def cleanup(self) -> None:
        self._closed = True
        for execution in self._running.values():
            execution.stop(
                ExecutionRefused(f"{execution.tool_name!r} stopped: this scope has been cleaned up")
            )
        if self._running:
            await asyncio.wait(set(self._running))
        self._catalogue.clear()
        self._sink.send = None


@dispatcher()
def make(user, tap, tools):
    return EventSourcedDispatcher(UserSink(tap.send, user), tools=tools, is_admin=user.is_admin)
