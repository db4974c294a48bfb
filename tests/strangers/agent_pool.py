"""Operations agent whose work is done by pooled workers.

Building a worker is dear in production (prompt templates, tokeniser, policy tables), so workers are kept in a pool at
module level and borrowed for one run. A worker is never shared: the pool hands each of them to one run at a time, and
makes another one when all are busy. A tool that fails ends the run once the other calls of its round have ended.

Events are flat JSON messages on the WebSocket of the user.
"""

import asyncio
import copy
import json
import logging
import time
from collections import deque
from contextlib import contextmanager

from goldenpath import agent

log = logging.getLogger("ops.pool")
MAX_IDLE = 8
SEND_TIMEOUT_S = 5.0


class ToolError(RuntimeError):
    """A tool that cannot be used as the plan wants it."""


def wire_safe(value):
    try:
        json.dumps(value)
        return copy.deepcopy(value)
    except (TypeError, ValueError, RecursionError):
        return repr(value)


def explain(exc):
    return f"{type(exc).__name__}: {exc}"


class Scratchpad:
    """What a worker has learned in a run; it reads its latest entries when it thinks about the next round."""

    def __init__(self):
        self._entries = []

    def note(self, call, outcome):
        arguments = ", ".join(f"{name}={value!r}" for name, value in call.arguments.items())
        self._entries.append(f"{call.tool}({arguments}) -> {outcome}")

    def latest(self, count=4):
        return "; ".join(entry[:300] for entry in self._entries[-count:])

    def drain(self):
        """Hand over all entries; the pad is empty afterwards."""
        entries, self._entries = self._entries, []
        return entries


class Wire:
    """The way to one user for one run: flat messages with the ids of that run, strictly one after the other."""

    def __init__(self, user, socket):
        self._ids = {"run_id": user.run_id, "thread_id": user.thread_id, "user_id": user.user_id}
        self._socket = socket
        self._turn = asyncio.Lock()
        self._seq = 0

    async def send(self, kind, **fields):
        if self._socket is None:
            return
        # The message goes out completely even when the run is cancelled now: only then is the order certain.
        sending = asyncio.create_task(self._put(kind, fields))
        try:
            await asyncio.shield(sending)
        except asyncio.CancelledError:
            await asyncio.wait([sending])
            raise

    async def _put(self, kind, fields):
        async with self._turn:
            self._seq += 1
            message = (
                {"type": kind, "seq": self._seq, "timestamp": time.time()} | self._ids | fields
            )
            try:
                async with asyncio.timeout(SEND_TIMEOUT_S):
                    await self._socket.send_json(message)
            except Exception as exc:
                log.warning("run %s: %s not delivered: %s", self._ids["run_id"], kind, explain(exc))


class Worker:
    """Executes one plan at a time for the session that it is attached to."""

    def __init__(self):
        self.scratchpad = Scratchpad()
        self.detach()

    def attach(self, user, socket, tools):
        self._user = user
        self._wire = Wire(user, socket)
        self._tools = {tool.name: tool for tool in tools}

    def detach(self):
        self._user, self._wire, self._tools = None, None, {}

    async def work(self, message, plan):
        total = len(plan.rounds)
        try:
            await self._wire.send("agent_started", message=wire_safe(message))
            for step, calls in enumerate(plan.rounds, start=1):
                await self._think(step, total, calls)
                await self._round(calls)
            if not total:
                await self._wire.send(
                    "agent_thinking", step_number=1, reasoning="No tool is needed for this."
                )
        except asyncio.CancelledError:
            await self._wire.send(
                "agent_cancelled", status="cancelled", error="the run was cancelled"
            )
            raise
        except Exception as exc:
            await self._wire.send("agent_failed", status="failed", error=explain(exc))
            raise
        learned = self.scratchpad.drain()
        await self._wire.send(
            "agent_completed", status="ok", result=wire_safe(plan.answer), evidence=len(learned)
        )
        return plan.answer

    async def _think(self, step, total, calls):
        known = self.scratchpad.latest() or "nothing yet"
        wanted = ", ".join(call.tool for call in calls) or "no tools"
        reasoning = f"Round {step} of {total}, next: {wanted}. Known so far: {known}."
        await self._wire.send("agent_thinking", step_number=step, reasoning=reasoning)

    async def _round(self, calls):
        # With return_exceptions a cancelled gather ends only when each of its calls has ended.
        for outcome in await asyncio.gather(*map(self._call, calls), return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome

    async def _call(self, call):
        began = time.perf_counter()
        report = {"status": "cancelled", "result": None, "error": "the call was cancelled"}
        try:
            parameters = {name: wire_safe(value) for name, value in call.arguments.items()}
            await self._wire.send(
                "tool_executing", tool_name=call.tool, call_id=call.id, parameters=parameters
            )
            result = await self._tool(call.tool).arun(**call.arguments)
            report = {"status": "ok", "result": wire_safe(result), "error": None}
        except asyncio.CancelledError:
            if asyncio.current_task().cancelling():
                raise
            report |= {"status": "failed", "error": "the tool cancelled itself"}
            raise ToolError(f"tool {call.tool!r} cancelled itself") from None
        except Exception as exc:
            report |= {"status": "failed", "error": explain(exc)}
            raise
        finally:
            self.scratchpad.note(call, report["error"] or report["result"])
            took = round((time.perf_counter() - began) * 1000, 3)
            report |= {"tool_name": call.tool, "call_id": call.id, "execution_time_ms": took}
            await self._wire.send("tool_completed", **report)

    def _tool(self, name):
        tool = self._tools.get(name)
        if tool is None:
            raise ToolError(f"unknown tool {name!r}")
        if getattr(tool, "admin_only", False) and not self._user.is_admin:
            raise ToolError(f"tool {name!r} is reserved for administrators")
        return tool


class WorkerPool:
    """Idle workers, the most recently used one first (its caches are the warmest)."""

    def __init__(self, max_idle):
        self._idle = deque(maxlen=max_idle)

    @contextmanager
    def borrow(self, user, socket, tools):
        # No await in here: between looking and taking, no other run can come.
        worker = self._idle.pop() if self._idle else Worker()
        worker.attach(user, socket, tools)
        try:
            yield worker
        finally:
            worker.detach()
            self._idle.append(worker)


POOL = WorkerPool(MAX_IDLE)


class PooledAgent:
    def __init__(self, user, socket, tools):
        self._session = (user, socket, tools)

    async def run(self, message, plan):
        with POOL.borrow(*self._session) as worker:
            return await worker.work(message, plan)


@agent()
def make(user, tap, tools):
    return PooledAgent(user, tap.socket, tools)
