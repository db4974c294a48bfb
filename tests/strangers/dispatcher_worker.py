"""A dispatcher with a queue and one worker task per session, which begins with the first job and ends with the session. The
worker takes the jobs in the order in which they came and lets each run in a task of its own: none holds up the next."""

import asyncio
import contextvars
import json
import threading
import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timezone
from time import monotonic

from goldenpath import dispatcher

TIMEOUT, GRACE, SEND_LIMIT = 3.0, 3.0, 2.0
surrounding_jobs = contextvars.ContextVar("surrounding_jobs", default=())
TEXTS = {
    "timeout": f"timed out after {TIMEOUT} seconds",
    "closed": "ended, the dispatcher was cleaned up",
    "cancelled": "cancelled",
    None: "the tool cancelled itself",
}


def to_json(value, depth=50):
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        if depth and isinstance(value, dict):
            return {str(to_json(k, 0)): to_json(v, depth - 1) for k, v in value.items()}
        if depth and isinstance(value, (list, tuple, set)):
            return [to_json(v, depth - 1) for v in value]
        return f"[{type(value).__name__}]"


def describe(exc):
    texts = [a for a in exc.args if isinstance(a, (str, int, float))]
    text = ""
    with suppress(Exception):
        text = str(exc) if len(texts) == len(exc.args) else " ".join(map(str, texts))
    return text.split("Traceback (most recent")[0].strip() or type(exc).__name__


class Job:
    def __init__(self, name, tool, params):
        self.id, self.name, self.tool, self.params = str(uuid.uuid4()), name, tool, params
        self.is_async = hasattr(tool, "arun") or asyncio.iscoroutinefunction(type(tool).__call__)
        self.loop, self.runner = asyncio.get_running_loop(), None
        self.done, self.stopped = self.loop.create_future(), self.loop.create_future()
        self.context = contextvars.copy_context()
        self.context.run(lambda: surrounding_jobs.set(surrounding_jobs.get() + (self.id,)))

    def stop(self, reason):
        self.stopped.done() or self.stopped.set_result(reason)

    def settle(self, runner):
        self.done.set_result(
            (False, None, TEXTS["cancelled"]) if runner.cancelled() else runner.result()
        )

    async def wait(self, *futures, seconds):
        """asyncio.wait for the first; if somebody cancels the task in which the job runs, the job is stopped instead."""
        end = monotonic() + seconds
        while True:
            try:
                return await asyncio.wait(
                    futures, timeout=max(0, end - monotonic()), return_when="FIRST_COMPLETED"
                )
            except asyncio.CancelledError:
                self.stop("cancelled")

    async def call(self):  # gives (True, result) or (False, exception), or None if cancelled
        try:
            if self.is_async:
                return True, await getattr(self.tool, "arun", self.tool)(**self.params)
            answer, context = self.loop.create_future(), contextvars.copy_context()
            threading.Thread(
                target=context.run, args=(self._in_thread, answer), daemon=True
            ).start()
            return await answer
        except asyncio.CancelledError:
            return None
        except BaseException as exc:
            return False, exc

    def _in_thread(self, answer):
        try:
            outcome = True, self.tool(**self.params)
        except BaseException as exc:
            outcome = False, exc
        with suppress(RuntimeError):  # no loop any more
            self.loop.call_soon_threadsafe(lambda: answer.done() or answer.set_result(outcome))


class WorkerDispatcher:
    def __init__(self, user, manager, tools):
        ids = [getattr(user, key, None) for key in ("user_id", "thread_id", "run_id", "request_id")]
        if not all(isinstance(value, str) and value.strip() for value in ids):
            raise ValueError("invalid user context: an id is missing or empty")
        self._user, self._manager, self._closed = user, manager, False
        self._registry, self._live, self._queue, self._worker = {}, set(), None, None
        self._sending, self._last = asyncio.Lock(), datetime.now(timezone.utc)
        for tool in tools or []:
            self.register_tool(tool)

    tools = property(lambda self: dict(self._registry))
    websocket_bridge = property(lambda self: None if self._closed else self._manager)
    has_websocket_support = property(lambda self: self.websocket_bridge is not None)

    def has_tool(self, name):
        return isinstance(name, str) and name in self._registry

    def get_available_tools(self):
        return list(self._registry)

    def register_tool(self, tool):
        if self._closed:
            raise RuntimeError("cannot register a tool: the dispatcher is closed")
        if not callable(tool) or not isinstance(getattr(tool, "name", None), str) or not tool.name:
            raise TypeError("cannot register what is not a tool")
        if tool.name in self._registry:
            raise ValueError(f"cannot register tool {tool.name!r} twice")
        self._registry[tool.name] = tool

    async def execute_tool(self, tool_name, parameters=None):
        if self._closed:
            raise RuntimeError("cannot execute a tool: the dispatcher is closed")
        if not self.has_tool(tool_name):
            raise LookupError(f"tool {tool_name!r} is unknown")
        tool, parameters = self._registry[tool_name], {} if parameters is None else parameters
        if getattr(tool, "admin_only", False) and not self._user.is_admin:
            raise PermissionError(f"permission denied: tool {tool_name!r} is reserved to admins")
        if not isinstance(parameters, Mapping) or not all(isinstance(k, str) for k in parameters):
            raise TypeError("parameters must map names to values")
        job = Job(tool_name, tool, dict(parameters))
        if self._worker is None or self._worker.done():
            self._queue, self._worker = (
                asyncio.Queue(),
                job.loop.create_task(self._work(), context=contextvars.Context()),
            )
        self._live.add(job)
        self._queue.put_nowait(job)
        cancelled = False
        while not job.done.done() and (job.runner or not cancelled):
            try:
                await asyncio.wait({job.done})
            except asyncio.CancelledError:
                cancelled = True
                job.stop("cancelled")
        if cancelled:
            raise asyncio.CancelledError
        ok, value, text = job.done.result()
        if ok:
            return value
        raise RuntimeError(f"tool {tool_name!r} failed: {text}") from value

    async def dispatch_tool(self, /, tool_name, parameters=None, **state):
        return await self.execute_tool(tool_name, parameters)

    async def dispatch(self, /, *name, **parameters):
        return await self.execute_tool(*(name or (parameters.pop("tool_name", None),)), parameters)

    async def cleanup(self):
        self._closed = True
        self._registry.clear()
        live = list(self._live)
        for job in live:
            job.stop("closed")
        if any(job.id in surrounding_jobs.get() for job in live):
            return  # a tool cleans up the session that runs it: it cannot wait for its own end
        if live:
            await asyncio.wait([job.done for job in live])
        if self._worker is not None and not self._worker.done():
            self._queue.put_nowait(None)
            await asyncio.wait({self._worker})
        self._manager = None

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.cleanup()

    async def _work(self):
        while (job := await self._queue.get()) is not None:
            runner = job.runner = job.loop.create_task(self._perform(job), context=job.context)
            runner.add_done_callback(job.settle)
            runner.add_done_callback(lambda _: self._live.discard(job))

    async def _perform(self, job):
        announced = not job.stopped.done() and await self._send(
            job, "tool_executing", parameters=job.params
        )
        began, outcome = monotonic(), None
        if not job.stopped.done():
            task = job.loop.create_task(job.call(), context=job.context)
            await job.wait(task, job.stopped, seconds=TIMEOUT)
            if not task.done():
                job.stop("timeout")
                if job.is_async:  # a thread has to be waited for
                    task.cancel()
                await job.wait(task, seconds=GRACE if job.stopped.result() != "timeout" else 1.0)
                task.cancel()
            outcome = task.result() if task.done() and not task.cancelled() else None
        why = job.stopped.result() if job.stopped.done() else None
        ok, value = outcome or (False, None)
        status = (
            "success"
            if ok
            else "error"
            if outcome or why is None
            else "timeout"
            if why == "timeout"
            else "cancelled"
        )
        error = None if ok else describe(value) if outcome else TEXTS[why]
        if announced:
            await self._send(
                job,
                "tool_completed",
                status=status,
                result=value if ok else None,
                error=error,
                execution_time_ms=round((monotonic() - began) * 1000, 3),
            )
        if ok and why == "closed":
            ok, value, error = False, None, TEXTS[why]
        return ok, value, error

    async def _send(self, job, kind, **data):
        """One event to the user, one at a time. A manager that fails or stalls is the user's loss, not the tool's."""
        if self._manager is None:
            return False

        async def emit():
            self._last = max(self._last, datetime.now(timezone.utc))
            user = self._user
            return await self._manager.emit_critical_event(
                user.user_id,
                kind,
                {
                    "run_id": user.run_id,
                    "thread_id": user.thread_id,
                    "user_id": user.user_id,
                    "call_id": job.id,
                    "tool_name": job.name,
                    "timestamp": self._last.isoformat(),
                    **to_json(data),
                },
            )

        async with self._sending:
            task = job.loop.create_task(emit())
            await job.wait(task, seconds=SEND_LIMIT)
            if not task.done():
                task.cancel()
                await job.wait(task, seconds=0.2)
        return (
            task.done()
            and not task.cancelled()
            and not task.exception()
            and task.result() is not False
        )


@dispatcher(events={"tool_executing", "tool_completed"}, tool_timeout=TIMEOUT)
def make(user, tap, tools):
    return WorkerDispatcher(user, tap.manager if tap is not None else None, tools)
