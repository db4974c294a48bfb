"""An agent whose run is an async generator of events; a driver consumes it and forwards them to the transport.

The generator knows nothing of transports. When it is asked for the next event, the one before has been
forwarded; so what it announces is announced before it is done. It can be left at any point: closed, it ends its
tools and says no more; cancelled, it ends its tools, yields what closes the run, and is gone.
"""

import asyncio
import contextvars
import json
import math
import threading
import time
from collections import namedtuple
from contextlib import suppress

from goldenpath import agent

AGENT, TOOL_TIMEOUT, PATIENCE, STEP = "generator-agent", 5.0, 3.0, 1.0
Event = namedtuple("Event", "kind fields")


def plain(value):
    try:
        return json.loads(
            json.dumps(value, allow_nan=False, default=lambda _: "[not serialisable]")
        )
    except (TypeError, ValueError, RecursionError):
        return "[not serialisable]"


def describe(exc):
    try:
        text = (
            str(exc) if all(isinstance(a, (str, int, float, type(None))) for a in exc.args) else ""
        )
    except Exception:
        text = ""
    return text or type(exc).__name__


async def until(done, ask=lambda: None, tries=15):
    """Wait until `done()`, asking again every second. Being cancelled does not end the wait; it is told afterwards."""
    interrupted, start, asked = False, time.monotonic(), 0
    while not done() and asked <= tries:
        if time.monotonic() >= start + asked * STEP:
            asked += 1
            ask()
        try:
            await asyncio.sleep(0.005)
        except asyncio.CancelledError:
            interrupted = True
    return interrupted


async def beside(function, arguments):
    """Call something that blocks, in a thread of its own. What has begun there is awaited to its end."""
    loop, outcome = asyncio.get_running_loop(), []
    ended = asyncio.Event()

    def body():
        try:
            outcome.append(("success", function(**arguments), None))
        except BaseException as exc:
            outcome.append(("error", None, describe(exc)))
        if not loop.is_closed():
            loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=contextvars.copy_context().run, args=(body,), daemon=True).start()
    while not outcome:
        with suppress(asyncio.CancelledError):
            await ended.wait()
    return outcome[0]


def answer_to(message, plan):
    return f"done: {message}" if plan is None else getattr(plan, "answer", None)


class Work:
    """A call that has been announced; `task` is None until it may begin."""

    def __init__(self, call):
        self.call, self.task, self.reason, self.asked, self.due = call, None, None, 0, math.inf

    def stop(self, reason):
        self.reason, self.asked = self.reason or reason, self.asked + 1
        if self.task is not None:
            self.task.cancel()

    @property
    def over(self):
        return self.task is None or self.task.done() or self.asked > 4  # it was asked often enough

    def completed(self):
        if self.task is None or not self.task.done() or self.task.cancelled():
            status, value, error = (
                self.reason or "cancelled",
                None,
                f"{self.call.tool}: {self.reason or 'cancelled'}",
            )
        else:
            status, value, error = self.task.result()
        return Event(
            "tool_completed",
            {
                "tool_name": self.call.tool,
                "call_id": self.call.id,
                "status": status,
                "result": plain(value),
                "error": error,
            },
        )


class GeneratorAgent:
    def __init__(self, user, bridge, tools):
        for field in ("user_id", "thread_id", "run_id"):
            if not isinstance(getattr(user, field, None), str) or not getattr(user, field).strip():
                raise ValueError(f"invalid user context: {field} is missing")
        self._run_id, self._is_admin, self._bridge = (
            user.run_id,
            getattr(user, "is_admin", False) is True,
            bridge,
        )
        self._tools = {tool.name: tool for tool in tools or ()}
        self._closed, self._jobs, self._patience = False, set(), PATIENCE

    # ---- what happens: the generator
    async def stream(self, message, plan=None):
        live, said_all = [], False
        try:
            yield Event("agent_started", {})
            rounds = list(getattr(plan, "rounds", plan) or ()) or [()]
            for number, calls in enumerate(rounds, 1):
                yield Event(
                    "agent_thinking",
                    {"reasoning": f"step {number} of {len(rounds)}", "step_number": number},
                )
                for call in calls:
                    fields = {
                        "tool_name": call.tool,
                        "parameters": plain(dict(call.arguments or {})),
                        "call_id": call.id,
                    }
                    live.append(work := Work(call))
                    yield Event("tool_executing", fields)
                    work.task = asyncio.create_task(self._use(call))
                    if hasattr(
                        self._tools.get(call.tool), "arun"
                    ):  # a thread cannot be ended, only awaited
                        work.due = time.monotonic() + TOOL_TIMEOUT
                while live:
                    await self._one_ended(live)
                    for work in [w for w in live if w.over]:
                        live.remove(work)
                        yield work.completed()
            said_all = True
            yield Event(
                "agent_completed", {"result": plain(answer_to(message, plan)), "status": "success"}
            )
        except (asyncio.CancelledError, Exception) as exc:
            status = "cancelled" if isinstance(exc, asyncio.CancelledError) else "error"
            await self._end(live)
            last = Event(
                "agent_completed",
                {"status": status, "error": describe(exc) if status == "error" else status},
            )
            for event in () if said_all else [*(work.completed() for work in live), last]:
                with suppress(
                    asyncio.CancelledError
                ):  # told twice: what closes the run is said all the same
                    yield event
            raise
        finally:
            if await self._end(live):  # the consumer has left: nothing goes on unseen
                raise asyncio.CancelledError

    async def _one_ended(self, live):
        left = max(0.0, min(work.due for work in live) - time.monotonic())
        await asyncio.wait(
            [work.task for work in live],
            timeout=min(left, 3600),
            return_when=asyncio.FIRST_COMPLETED,
        )
        for work in live:
            if not work.over and work.due <= time.monotonic():
                work.stop("timeout")
                work.due = time.monotonic() + STEP

    async def _end(self, live):
        def ask():
            [work.stop("cancelled") for work in live if not work.over]

        return await until(lambda: all(work.task is None or work.task.done() for work in live), ask)

    async def _use(self, call):
        tool = self._tools.get(call.tool)
        if tool is None:
            return "error", None, f"unknown tool: {call.tool}"
        if getattr(tool, "admin_only", False) and not self._is_admin:
            return "error", None, f"permission denied: {call.tool} is for admins only"
        try:
            if hasattr(tool, "arun"):
                return "success", await tool.arun(**(call.arguments or {})), None
            return await beside(tool, call.arguments or {})
        except asyncio.CancelledError:
            if asyncio.current_task().cancelling():
                raise
            return "error", None, "the tool cancelled itself"
        except BaseException as exc:
            return "error", None, describe(exc)

    # ---- where it goes: the driver
    async def run(self, message, plan=None):
        if self._closed:
            raise RuntimeError("the agent has been cleaned up")
        job = asyncio.create_task(self._drive(message, plan))
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)
        try:
            await asyncio.wait({job})
        except asyncio.CancelledError:
            job.cancel()
            await until(job.done)
            raise
        if job.cancelled():
            raise RuntimeError("the agent was cleaned up during the run")
        return job.result()

    async def _drive(self, message, plan):
        stream = self.stream(message, plan)
        try:
            event = await stream.__anext__()
            while True:
                interrupted = await self._forward(event)
                event = await (
                    stream.athrow(asyncio.CancelledError()) if interrupted else stream.__anext__()
                )
        except StopAsyncIteration:
            return answer_to(message, plan)
        finally:
            await stream.aclose()

    async def _forward(self, event):
        """Send one event whole, and say whether we were cancelled meanwhile."""
        sending, interrupted = asyncio.create_task(self._send(event)), False
        while not sending.done():
            try:
                await asyncio.wait({sending})
            except asyncio.CancelledError:
                interrupted = True
        return interrupted

    async def _send(self, event):
        for pause in (0.01, 0.03, 0) if self._bridge is not None else ():
            try:
                async with asyncio.timeout(self._patience):
                    return await getattr(self._bridge, "notify_" + event.kind)(
                        self._run_id, AGENT, **event.fields
                    )
            except TimeoutError:
                self._patience = 0.5  # not as long a second time
                return
            except Exception:  # a transport that raises changes nothing
                await asyncio.sleep(pause)

    async def cleanup(self):
        self._closed = True
        jobs = [job for job in self._jobs if job.cancel()]
        interrupted = await until(lambda: all(job.done() for job in jobs))
        self._tools, self._bridge = {}, None
        if interrupted:
            raise asyncio.CancelledError

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.cleanup()


@agent(tool_timeout=TOOL_TIMEOUT)
async def make(user, tap, tools):
    return GeneratorAgent(user, tap.bridge if tap is not None else None, tools)
