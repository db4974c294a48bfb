"""Session work queue for tools.

Callers queue a job and wait for its future; consumers of the session run it and report to its user.
"""

import asyncio
import contextvars
import copy
import inspect
import json
import logging
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Optional

from goldenpath import dispatcher

log = logging.getLogger("platform.tools.queue")
CONSUMERS_PER_SESSION = 16
EMIT_TIMEOUT = 5.0


class QueueClosed(RuntimeError):
    """The session was cleaned up."""


@dataclass(eq=False)
class ToolJob:
    tool_name: str
    tool: Any
    parameters: dict
    future: asyncio.Future
    job_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    context: contextvars.Context = field(default_factory=contextvars.copy_context)
    started: bool = False
    stop_requested: bool = False
    stop_reason: Optional[Exception] = None
    task: Optional[asyncio.Task] = None

    def stop(self, reason: Optional[Exception] = None) -> None:
        """Ask the job to end. One that no consumer has taken yet ends at once."""
        self.stop_requested = True
        self.stop_reason = self.stop_reason or reason
        if not self.started:
            self.abandon()
        elif self.task is not None:
            self.task.cancel()

    def abandon(self) -> None:
        if self.stop_reason is not None:
            self.reject(self.stop_reason)
        else:
            self.future.cancel()

    def reject(self, error: BaseException) -> None:
        if not self.future.done():
            self.future.set_exception(error)
            self.future.exception()  # the caller may be gone: no "never retrieved" noise


def for_wire(value: Any) -> Any:
    """Detach event data from live objects and make sure that it can be serialised."""
    try:
        json.dumps(value)
        return copy.deepcopy(value)
    except Exception:
        with suppress(Exception):
            return json.loads(json.dumps(value, default=repr))
        return repr(value)


async def call_tool(tool: Any, parameters: dict) -> Any:
    result = getattr(tool, "arun", tool)(**parameters)
    return await result if inspect.isawaitable(result) else result


class ToolWorkQueue:
    """Dispatcher of one session: jobs in, results and events out."""

    def __init__(self, user, *, manager=None, tools=()):
        self._user, self._manager = user, manager
        self._queue: asyncio.Queue[ToolJob] = asyncio.Queue()
        self._consumers: list[asyncio.Task] = []
        self._in_progress: set[ToolJob] = set()
        self._registry: dict[str, Any] = {}
        self._closed = False
        for tool in tools:
            self.register_tool(tool)

    tools = property(lambda self: dict(self._registry))
    websocket_bridge = property(lambda self: self._manager)
    has_websocket_support = property(lambda self: self._manager is not None)

    def has_tool(self, name) -> bool:
        return isinstance(name, str) and name in self._registry

    def get_available_tools(self) -> list:
        return list(self._registry)

    def register_tool(self, tool) -> None:
        if self._closed:
            raise QueueClosed("session is closed, tools can no longer be registered")
        if not getattr(tool, "name", None):
            raise ValueError(f"not a tool, it has no name: {tool!r}")
        self._registry[tool.name] = tool

    async def execute_tool(self, tool_name, parameters=None):
        if self._closed:
            raise QueueClosed(f"session is closed, tool {tool_name!r} was not executed")
        if not self.has_tool(tool_name):
            raise LookupError(f"tool {tool_name!r} is not registered in this session")
        tool = self._registry[tool_name]
        if getattr(tool, "admin_only", False) and not self._user.is_admin:
            raise PermissionError(f"tool {tool_name!r} requires administrator rights")
        job = ToolJob(
            tool_name, tool, dict(parameters or {}), asyncio.get_running_loop().create_future()
        )
        while len(self._consumers) < CONSUMERS_PER_SESSION:
            self._consumers.append(
                asyncio.create_task(self._consume(), context=contextvars.Context())
            )
        self._queue.put_nowait(job)
        return await self._wait_for(job)

    async def dispatch_tool(self, /, tool_name, parameters=None, **context):
        """Old door. ``context`` belongs to the consumer (state, run ids, …), not to the tool."""
        return await self.execute_tool(tool_name, parameters)

    async def dispatch(self, /, *name, **parameters):
        """Oldest door: ``dispatch("search", query="…")``. All keywords are the tool's."""
        (tool_name,) = name or (parameters.pop("tool_name"),)
        return await self.execute_tool(tool_name, parameters)

    async def _wait_for(self, job: ToolJob):
        """The job's result. A cancelled caller stops the job and stays until it has ended."""
        caller_cancelled = False
        while not job.future.done():
            try:
                await asyncio.wait({job.future})
            except asyncio.CancelledError:
                caller_cancelled = True
                job.stop()
        if caller_cancelled:
            raise asyncio.CancelledError()
        return job.future.result()

    async def _consume(self) -> None:
        while True:
            job = await self._queue.get()
            if job.future.done():  # withdrawn while it was queued
                continue
            job.started = True
            self._in_progress.add(job)
            try:
                job.future.set_result(await self._perform(job))
            except asyncio.CancelledError:
                job.abandon()
                if asyncio.current_task().cancelling():  # it was us, not the tool
                    raise
            except BaseException as error:
                job.reject(error)
            finally:
                self._in_progress.discard(job)

    async def _perform(self, job: ToolJob):
        await self._emit_quietly(job, "tool_executing", parameters=for_wire(job.parameters))
        try:
            result = await self._run(job)
        except asyncio.CancelledError:
            await self._emit_quietly(
                job, "tool_completed", status="cancelled", error="the call was cancelled"
            )
            raise
        except BaseException as error:
            await self._emit(
                job, "tool_completed", status="error", error=str(error) or type(error).__name__
            )
            raise
        await self._emit_quietly(job, "tool_completed", status="success", result=for_wire(result))
        return result

    async def _run(self, job: ToolJob):
        job.task = asyncio.create_task(call_tool(job.tool, job.parameters), context=job.context)
        if job.stop_requested:  # while tool_executing was on its way
            job.task.cancel()
        while not job.task.done():
            try:
                await asyncio.wait({job.task})
            except asyncio.CancelledError:
                job.stop()
        if job.stop_requested:
            job.task.cancelled() or job.task.exception()  # seen, and superseded by the stop
            raise asyncio.CancelledError()
        return job.task.result()

    async def _emit(self, job: ToolJob, event_type: str, **data) -> None:
        if self._manager is None:
            return
        payload = {
            "run_id": self._user.run_id,
            "call_id": job.job_id,
            "tool_name": job.tool_name,
            **data,
        }
        async with asyncio.timeout(EMIT_TIMEOUT):
            if not await self._manager.emit_critical_event(self._user.user_id, event_type, payload):
                log.warning("%s for job %s: no confirmation", event_type, job.job_id)

    async def _emit_quietly(self, job: ToolJob, event_type: str, **data) -> None:
        try:
            await self._emit(job, event_type, **data)
        except Exception as error:
            log.warning("%s for job %s was lost: %r", event_type, job.job_id, error)

    async def cleanup(self) -> None:
        self._closed = True
        stranded = [self._queue.get_nowait() for _ in range(self._queue.qsize())]
        for job in [*stranded, *self._in_progress]:
            job.stop(QueueClosed(f"session was closed, tool {job.tool_name!r} was stopped"))
        if self._in_progress:
            await asyncio.wait({job.future for job in self._in_progress})
        for consumer in self._consumers:
            consumer.cancel()
        await asyncio.gather(*self._consumers, return_exceptions=True)
        self._consumers.clear()
        self._registry.clear()
        self._manager = None


@dispatcher()
async def make(user, tap, tools):
    return ToolWorkQueue(user, manager=tap.manager, tools=tools or ())
