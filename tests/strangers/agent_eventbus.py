"""An agent made of three components that know each other only by the topics of an internal event bus.

    Conductor  works through the plan       says  run.started, run.thought, tools.wanted, run.finished
    Workshop   owns and runs the tools      hears tools.wanted, run.abort; says tool.started, tool.finished
    Reporter   owns the user's emitter      hears everything that the user is to see

A bus lives for one run. Publishing waits for the listeners, so a tool starts only when its start has been reported.
"""

import asyncio
import contextvars
import json
import threading
import time
from collections import defaultdict, deque
from types import SimpleNamespace as Note

from goldenpath import agent

TOOL_TIMEOUT, PATIENCE, GRACE = 5.0, 3.0, 15.0


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


async def wait_out(futures):
    """Wait until all have ended; a cancellation meanwhile is only remembered (and returned)."""
    interrupted, end = False, time.monotonic() + GRACE
    while (left := [f for f in futures if not f.done()]) and time.monotonic() < end:
        try:
            await asyncio.wait(left, timeout=1.0)
        except asyncio.CancelledError:
            interrupted = True
    return interrupted


class Bus:
    def __init__(self):
        self.listeners, self.aborted = defaultdict(list), None

    def on(self, topic, listener):
        self.listeners[topic].append(listener)

    async def publish(self, topic, **fields):
        for listener in self.listeners[topic]:
            await listener(Note(**fields))

    async def abort(self, why):
        self.aborted = self.aborted or why
        await self.publish("run.abort", why=why)


class Reporter:
    def __init__(self, bus, emitter):
        self.emitter, self.lane, self.open, self.patience = (
            emitter,
            asyncio.Lock(),
            defaultdict(deque),
            PATIENCE,
        )
        for topic in (
            "run.started",
            "run.thought",
            "run.finished",
            "tool.started",
            "tool.finished",
        ):
            bus.on(topic, getattr(self, topic.replace(".", "_")))

    async def run_started(self, _):
        await self.send("notify_agent_started")

    async def run_thought(self, note):
        await self.send("notify_agent_thinking", note.text, step_number=note.step)

    async def run_finished(self, note):
        await self.send(
            "notify_agent_completed", plain(note.answer), status=note.status, error=note.error
        )

    async def tool_started(self, note):
        self.open[note.tool].append((note.call_id, time.perf_counter()))
        await self.send(
            "notify_tool_executing", note.tool, plain(note.arguments), call_id=note.call_id
        )

    async def tool_finished(self, note):
        call_id, began = self.open[note.tool].popleft()
        await self.send(
            "notify_tool_completed",
            note.tool,
            plain(note.value),
            (time.perf_counter() - began) * 1000,
            note.error,
            note.status,
            call_id=call_id,
        )

    async def send(self, method, *args, **extra):
        if self.emitter is None:
            return
        async with self.lane:
            for pause in (0.01, 0.03, 0):
                try:
                    async with asyncio.timeout(self.patience):
                        return await getattr(self.emitter, method)(*args, **extra)
                except TimeoutError:
                    self.patience = 0.5
                    return
                except Exception:  # the transport's trouble is not the run's
                    await asyncio.sleep(pause)


class Workshop:
    def __init__(self, bus, tools, is_admin):
        self.bus, self.tools, self.is_admin, self.at_work = bus, tools, is_admin, set()
        bus.on("tools.wanted", self.tools_wanted)
        bus.on("run.abort", self.run_abort)

    async def tools_wanted(self, note):
        for failure in await asyncio.gather(*map(self.one, note.calls), return_exceptions=True):
            if failure:
                raise failure

    async def run_abort(self, note):
        for work in self.at_work:
            work.cancel()

    async def one(self, call):
        if self.bus.aborted:
            return
        arguments = dict(call.arguments or {})
        await self.bus.publish("tool.started", tool=call.tool, call_id=call.id, arguments=arguments)
        status, value, error = await self.use(call.tool, arguments)
        await self.bus.publish(
            "tool.finished", tool=call.tool, status=status, value=value, error=error
        )

    async def use(self, name, arguments):
        tool = self.tools.get(name)
        if tool is None:
            return "error", None, f"unknown tool: {name}"
        if getattr(tool, "admin_only", False) and not self.is_admin:
            return "error", None, f"permission denied: {name} is for admins only"
        if self.bus.aborted:
            return "cancelled", None, "cancelled before the tool began"
        if not hasattr(tool, "arun"):
            return await self.thread(
                tool, arguments
            )  # a thread cannot be cancelled, so it is awaited
        work = asyncio.ensure_future(self.attempt(tool, arguments))
        self.at_work.add(work)
        await asyncio.wait({work}, timeout=TOOL_TIMEOUT)
        late = not work.done()
        for _ in range(3):
            if not work.done():
                work.cancel()
                await asyncio.wait({work}, timeout=1.0)
        self.at_work.discard(work)
        if work.done() and not work.cancelled():
            return work.result()
        return (
            ("timeout", None, f"{name} timed out")
            if late and not self.bus.aborted
            else ("cancelled", None, "cancelled")
        )

    async def attempt(self, tool, arguments):
        try:
            return "success", await tool.arun(**arguments), None
        except asyncio.CancelledError:
            if asyncio.current_task().cancelling():
                raise
            return "error", None, "the tool cancelled itself"
        except BaseException as exc:
            return "error", None, describe(exc)

    def thread(self, tool, arguments):
        loop = asyncio.get_running_loop()
        ended = loop.create_future()

        def body():
            try:
                outcome = "success", tool(**arguments), None
            except BaseException as exc:
                outcome = "error", None, describe(exc)
            if not loop.is_closed():
                loop.call_soon_threadsafe(lambda: ended.done() or ended.set_result(outcome))

        threading.Thread(target=contextvars.copy_context().run, args=(body,), daemon=True).start()
        return ended


class Conductor:
    def __init__(self, bus):
        self.bus = bus

    async def go(self, message, plan):
        answer, failure = (
            f"done: {message}" if plan is None else getattr(plan, "answer", None),
            None,
        )
        await self.bus.publish("run.started")
        try:
            rounds = list(getattr(plan, "rounds", plan) or ()) or [()]
            for step, calls in enumerate(rounds, 1):
                if not self.bus.aborted:
                    await self.bus.publish(
                        "run.thought", text=f"step {step} of {len(rounds)}", step=step
                    )
                if not self.bus.aborted:
                    await self.bus.publish("tools.wanted", calls=tuple(calls))
        except Exception as exc:
            failure = exc
        status = "cancelled" if self.bus.aborted else "error" if failure else "success"
        error = {"cancelled": "cancelled", "success": None}.get(
            status, failure and describe(failure)
        )
        await self.bus.publish(
            "run.finished", status=status, answer=answer if error is None else None, error=error
        )
        if status != "success":
            raise RuntimeError(f"the run did not finish: {self.bus.aborted or error}")
        return answer


class BusAgent:
    def __init__(self, user, emitter, tools):
        for field in ("user_id", "thread_id", "run_id"):
            if not isinstance(getattr(user, field, None), str) or not getattr(user, field).strip():
                raise ValueError(f"invalid user context: {field} is missing")
        self.emitter, self.is_admin = emitter, getattr(user, "is_admin", False) is True
        self.tools, self.closed, self.jobs = {tool.name: tool for tool in tools or ()}, False, {}

    async def run(self, message, plan=None):
        if self.closed:
            raise RuntimeError("the agent has been cleaned up")
        bus = Bus()
        Reporter(bus, self.emitter), Workshop(bus, self.tools, self.is_admin)
        job = asyncio.ensure_future(Conductor(bus).go(message, plan))
        job.add_done_callback(
            lambda done: done.cancelled() or done.exception()
        )  # seen, whoever asks for it
        self.jobs[job] = bus
        try:
            await asyncio.wait({job})
        except asyncio.CancelledError:
            await bus.abort("cancelled")
            await wait_out([job])
            raise
        finally:
            self.jobs.pop(job, None)
        return job.result()

    async def cleanup(self):
        self.closed = True
        for bus in list(self.jobs.values()):
            await bus.abort("the agent was cleaned up")
        interrupted = await wait_out(list(self.jobs))
        self.tools, self.emitter = {}, None
        if interrupted:
            raise asyncio.CancelledError

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.cleanup()


@agent(tool_timeout=TOOL_TIMEOUT)
def make(user, tap, tools):
    return BusAgent(user, tap.emitter if tap is not None else None, tools)
