"""Research agent with structured concurrency.

Each round of the plan is one ``asyncio.TaskGroup``. The first tool that fails ends the run: its siblings are cancelled,
every pair of events that was opened is closed, one ``agent_failed`` goes out, and the caller gets the exception of the
tool itself rather than an ExceptionGroup. When a round has been left, nothing of it is running any more.
"""

import asyncio
import copy
import json
import logging
import time
from contextlib import asynccontextmanager

from goldenpath import agent

logger = logging.getLogger("research.agent")

AGENT_NAME = "research_agent"


class ToolRefused(LookupError):
    """The plan asks for a tool that this user does not have."""


def describe(exc: BaseException) -> str:
    return f"{type(exc).__name__}: {exc}"


def freeze(value):
    """Copy a value for an event, so that later changes to it cannot reach the wire."""
    try:
        json.dumps(value)
        return copy.deepcopy(value)
    except (TypeError, ValueError, RecursionError):
        return repr(value)


class Narrator:
    """Tells one run over the bridge. Never raises because of the transport, never reorders."""

    def __init__(self, user, bridge, manager):
        self._user = user
        self._bridge = bridge
        self._manager = manager
        self._turn = asyncio.Lock()
        self._started_at = time.monotonic()

    def _elapsed_ms(self, since=None) -> float:
        return round((time.monotonic() - (since or self._started_at)) * 1000, 3)

    async def started(self):
        context = {"user_id": self._user.user_id, "thread_id": self._user.thread_id}
        await self._tell("agent_started", context=context)

    async def thinking(self, step, text):
        await self._tell("agent_thinking", reasoning=text, step_number=step)

    async def completed(self, answer):
        took = self._elapsed_ms()
        await self._tell(
            "agent_completed", result=freeze(answer), execution_time_ms=took, status="completed"
        )

    async def failed(self, exc):
        await self._end_early("agent_failed", "failed", describe(exc))

    async def cancelled(self):
        await self._end_early("agent_cancelled", "cancelled", "the run was cancelled by the caller")

    @asynccontextmanager
    async def tool(self, call):
        """The pair of events around one call. The body puts the outcome into the dict that it is given."""
        since = time.monotonic()
        outcome = {"result": None, "status": "cancelled", "error": "cancelled"}
        parameters = {name: freeze(value) for name, value in call.arguments.items()}
        try:
            await self._tell(
                "tool_executing", tool_name=call.tool, parameters=parameters, call_id=call.id
            )
            yield outcome
        finally:
            took = self._elapsed_ms(since)
            await self._tell(
                "tool_completed",
                tool_name=call.tool,
                call_id=call.id,
                execution_time_ms=took,
                **outcome,
            )

    async def _tell(self, event, **details):
        if self._bridge is not None:
            notify = getattr(self._bridge, f"notify_{event}")
            await self._deliver(event, lambda: notify(self._user.run_id, AGENT_NAME, **details))

    async def _end_early(self, event, status, error):
        """The bridge has no words for a run that ends badly; those two go through the manager of the same user."""
        if self._manager is not None:
            user = self._user
            data = {"run_id": user.run_id, "thread_id": user.thread_id, "user_id": user.user_id}
            data |= {"agent_name": AGENT_NAME, "status": status, "error": error}
            await self._deliver(event, lambda: self._manager.send_event(event, data))
        else:
            await self._tell(
                "agent_completed", status=status, error=error, execution_time_ms=self._elapsed_ms()
            )

    async def _deliver(self, event, send):
        """Deliver in turn. A cancellation waits for the event that is on its way, then goes on."""

        async def in_turn():
            async with self._turn:
                try:
                    async with asyncio.timeout(5):
                        delivered = await send()
                except Exception as exc:
                    logger.warning("%s of %s not sent: %s", event, self._user.run_id, describe(exc))
                else:
                    if delivered is False:
                        logger.warning("%s of %s not confirmed", event, self._user.run_id)

        delivery = asyncio.create_task(in_turn(), name=f"deliver-{event}")
        try:
            await asyncio.shield(delivery)
        except asyncio.CancelledError:
            await asyncio.wait([delivery])
            raise


class ResearchAgent:
    """Runs the rounds of a plan one after the other, the calls of a round in parallel."""

    def __init__(self, user, tools, bridge=None, manager=None):
        self._user = user
        self._bridge = bridge
        self._manager = manager
        self._tools = {tool.name: tool for tool in tools}

    async def run(self, message, plan):
        narrator = Narrator(self._user, self._bridge, self._manager)
        total = len(plan.rounds)
        try:
            await narrator.started()
            if not total:
                await narrator.thinking(1, "Nothing to look up; answering from what I know.")
            for step, calls in enumerate(plan.rounds, start=1):
                wanted = ", ".join(sorted({call.tool for call in calls})) or "no tools"
                await narrator.thinking(step, f"Round {step}/{total}: consulting {wanted}.")
                await self._round(calls, narrator)
        except asyncio.CancelledError:
            await narrator.cancelled()
            raise
        except Exception as exc:
            await narrator.failed(exc)
            raise
        await narrator.completed(plan.answer)
        return plan.answer

    async def _round(self, calls, narrator):
        failure = None
        try:
            async with asyncio.TaskGroup() as group:
                for call in calls:
                    group.create_task(
                        self._call(call, narrator), name=f"{self._user.run_id}:{call.id}"
                    )
        except ExceptionGroup as failures:
            failure = failures.exceptions[0]
        if failure is not None:
            raise failure

    async def _call(self, call, narrator):
        me = asyncio.current_task()
        async with narrator.tool(call) as outcome:
            try:
                result = await self._find(call.tool).arun(**call.arguments)
            except asyncio.CancelledError:
                if me.cancelling():
                    raise
                # Nobody cancelled us, so the tool did it itself. A TaskGroup would pass over that in silence.
                outcome.update(status="failed", error="the tool cancelled itself")
                raise RuntimeError(f"tool {call.tool!r} cancelled itself") from None
            except Exception as exc:
                outcome.update(status="failed", error=describe(exc))
                if (
                    me.cancelling()
                ):  # it stumbled over our own cancellation: that is no failure of the run
                    raise asyncio.CancelledError() from exc
                raise
            outcome.update(result=freeze(result), status="completed", error=None)

    def _find(self, name):
        tool = self._tools.get(name)
        if tool is None:
            raise ToolRefused(f"there is no tool called {name!r}")
        if getattr(tool, "admin_only", False) and not self._user.is_admin:
            raise ToolRefused(f"tool {name!r} needs an administrator")
        return tool


@agent()
def make(user, tap, tools):
    return ResearchAgent(user, tools, bridge=tap.bridge, manager=tap.manager)
