"""Concierge agent as a small state graph: plan -> think -> act -> (think | answer).

Every node is a coroutine that works on the ``RunState``; every edge is a function of the state that names the next
node. The graph knows nothing about events: nodes hand them to an ``EventSink``, which owns the envelope, the ids, the
order, and the rule that a transport in trouble never disturbs a run. A tool that fails is an observation like any
other one; the run goes on with the next round.
"""

import asyncio
import copy
import json
import logging
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from goldenpath import agent

log = logging.getLogger("concierge.graph")

SEND_TIMEOUT_S = 5.0
END = "__end__"


def _portable(value: Any) -> Any:
    """A snapshot that any transport can serialise; what JSON cannot hold goes out as its repr."""
    try:
        json.dumps(value)
        return copy.deepcopy(value)
    except (TypeError, ValueError, RecursionError):
        return repr(value)


@dataclass
class Observation:
    call_id: str
    tool: str
    status: str
    value: Any = None


@dataclass
class RunState:
    """All that one run knows; nothing of it outlives the run."""

    message: str
    plan: Any
    rounds: list = field(default_factory=list)
    cursor: int = 0
    observations: list = field(default_factory=list)
    answer: Any = None


class EventSink:
    """Puts events of one run into our envelope and sends them, one at a time and in the order of ``publish``."""

    def __init__(self, manager, user):
        self._manager = manager
        self._user = user
        self._order = asyncio.Lock()
        self._seq = 0

    async def publish(self, kind: str, **body):
        if self._manager is None:
            return
        user = self._user
        ids = {"run_id": user.run_id, "thread_id": user.thread_id, "user_id": user.user_id}
        # In a task of its own: an event that was published goes out whole, even if the run is cancelled meanwhile.
        sending = asyncio.create_task(self._send(kind, {**ids, **body}))
        try:
            await asyncio.shield(sending)
        except asyncio.CancelledError:
            await asyncio.wait({sending})
            raise

    async def _send(self, kind, payload):
        async with self._order:
            self._seq += 1
            envelope = {
                "event_id": uuid.uuid4().hex,
                "type": kind,
                "seq": self._seq,
                "timestamp": datetime.now(timezone.utc).isoformat(),
                "payload": payload,
            }
            try:
                async with asyncio.timeout(SEND_TIMEOUT_S):
                    if await self._manager.send_to_user(self._user.user_id, envelope) is False:
                        log.warning("event %s of run %s was not delivered", kind, self._user.run_id)
            except Exception as exc:  # a transport may raise anything; the run must not notice
                log.warning("event %s of run %s was lost: %r", kind, self._user.run_id, exc)


class ConciergeGraph:
    """The agent. One instance serves one session of one user."""

    def __init__(self, user, manager, tools):
        self._user = user
        self._manager = manager
        self._tools = {tool.name: tool for tool in tools}
        self._closed = False
        self._nodes = {
            "plan": self._plan,
            "think": self._think,
            "act": self._act,
            "answer": self._answer,
        }
        self._edges = {
            "plan": lambda state: "think",
            "think": lambda state: "act" if state.cursor < len(state.rounds) else "answer",
            "act": lambda state: "think" if state.cursor < len(state.rounds) else "answer",
            "answer": lambda state: END,
        }

    async def run(self, message, plan):
        """Walk the graph; returns the answer of the plan."""
        if self._closed:
            raise RuntimeError("this agent was cleaned up and takes no more runs")
        sink = EventSink(self._manager, self._user)
        state = RunState(message=message, plan=plan)
        try:
            await sink.publish("agent_started", agent_name="concierge", message=_portable(message))
            node = "plan"
            while node != END:
                await self._nodes[node](state, sink)
                node = self._edges[node](state)
        except asyncio.CancelledError:
            await sink.publish("agent_cancelled", status="cancelled", error="the run was cancelled")
            raise
        except Exception as exc:
            await sink.publish("agent_failed", status="error", error=f"{type(exc).__name__}: {exc}")
            raise
        # Outside of the try: a cancellation that arrives while this one goes out must not add a second ending.
        await sink.publish("agent_completed", status="success", result=_portable(state.answer))
        return state.answer

    async def cleanup(self):
        self._closed = True

    # -- nodes ---------------------------------------------------------------------------------------------------

    async def _plan(self, state, sink):
        state.rounds = [tuple(calls) for calls in state.plan.rounds]

    async def _think(self, state, sink):
        if state.cursor < len(state.rounds):
            names = ", ".join(call.tool for call in state.rounds[state.cursor]) or "nothing"
            thought = f"Step {state.cursor + 1} of {len(state.rounds)}: I need {names}."
        else:
            thought = "I can answer this without a tool."
        failed = [seen.tool for seen in state.observations if seen.status != "success"]
        if failed:
            thought += f" So far without a result: {', '.join(failed)}."
        await sink.publish("agent_thinking", reasoning=thought, step_number=state.cursor + 1)

    async def _act(self, state, sink):
        calls = state.rounds[state.cursor]
        # return_exceptions: on a cancellation, gather then waits until every call has closed its pair of events.
        seen = await asyncio.gather(
            *(self._call(call, sink) for call in calls), return_exceptions=True
        )
        for item in seen:
            if isinstance(item, BaseException):
                raise item
        state.observations.extend(seen)
        state.cursor += 1

    async def _answer(self, state, sink):
        state.answer = state.plan.answer

    async def _call(self, call, sink) -> Observation:
        """One call of a tool between its two events. Only a cancellation leaves this as an exception."""
        ids = {"call_id": call.id, "tool_name": call.tool}
        began = time.perf_counter()
        status, value, error = "cancelled", None, "cancelled before the tool had ended"
        try:
            parameters = {name: _portable(argument) for name, argument in call.arguments.items()}
            await sink.publish("tool_executing", **ids, parameters=parameters)
            value = await self._tool(call.tool).arun(**call.arguments)
            status, error = "success", None
        except asyncio.CancelledError:
            if asyncio.current_task().cancelling():
                raise
            status, error = "error", f"{call.tool} gave up: it was cancelled from within"
        except Exception as exc:
            status, error = "error", f"{type(exc).__name__}: {exc}"
            log.info("run %s: %s failed: %s", self._user.run_id, call.tool, error)
        finally:
            took = round((time.perf_counter() - began) * 1000, 3)
            outcome = {
                "status": status,
                "result": _portable(value),
                "error": error,
                "execution_time_ms": took,
            }
            await sink.publish("tool_completed", **ids, **outcome)
        return Observation(call.id, call.tool, status, value)

    def _tool(self, name):
        tool = self._tools.get(name)
        if tool is None:
            raise LookupError(f"unknown tool {name!r}")
        if getattr(tool, "admin_only", False) and not self._user.is_admin:
            raise PermissionError(f"tool {name!r} is for administrators only")
        return tool


@agent()
def make(user, tap, tools):
    return ConciergeGraph(user, tap.manager, tools)
