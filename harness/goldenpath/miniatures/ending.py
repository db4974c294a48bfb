"""What works on behind somebody's back, is stopped behind it, or stands in everybody's way."""

from __future__ import annotations

import asyncio
import functools
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from goldenpath.declare import agent, dispatcher
from goldenpath.miniatures.base import Parts, miniature
from goldenpath.plant import PlantedUser, Tap, Tools
from goldenpath.reference import (
    Execution,
    RequestScopedDispatcher,
    ScriptedAgent,
    Tool,
    ToolTimedOut,
    UserContext,
)

_TOLD_EARLY = {
    "ORDER-4": "it is reported as cancelled while it is still at work",
    "RECOVERY-7": "cleanup does not stop it either",
}

# --- TOOL-6 --------------------------------------------------------------------------------------


@miniature("TOOL-6", implied=_TOLD_EARLY)
class CancelStopsAtTheDoor(RequestScopedDispatcher):
    """A call that is given up returns at once, and its tool works on."""

    async def _invoke(self, execution: Execution) -> Any:
        return await asyncio.shield(asyncio.create_task(super()._invoke(execution)))


@miniature(
    "TOOL-6",
    implied={**_TOLD_EARLY, "TOOL-7": "a run that cleanup ends leaves its tool at work"},
    kind="agent",
)
class AgentCancelStopsAtTheDoor(CancelStopsAtTheDoor):
    """A run that is given up returns at once, and its tool works on."""


# --- TOOL-7 --------------------------------------------------------------------------------------


class _StopsOthers(RequestScopedDispatcher):
    def stop_others(self) -> None:
        current = asyncio.current_task()
        self._stop([task for task in self._in_flight if task is not current])


@miniature(
    "TOOL-7",
    implied=dict.fromkeys(("API-4", "TOOL-2"), "a call that is stopped before it began never runs"),
)
class FailureStopsSiblings(_StopsOthers):
    """When one call fails, the others of the session are cancelled."""

    async def _invoke(self, execution: Execution) -> Any:
        try:
            return await super()._invoke(execution)
        except Exception:
            self.stop_others()
            raise


@miniature("TOOL-7")
class GivingUpStopsSiblings(_StopsOthers):
    """When one caller gives up, the calls of the others are cancelled."""

    async def _invoke(self, execution: Execution) -> Any:
        try:
            return await super()._invoke(execution)
        except asyncio.CancelledError:
            self.stop_others()
            raise


@miniature("TOOL-7", implied={"ORDER-2": "what is left alone tells its end after that of the run"})
class FirstFailureEndsRun(ScriptedAgent):
    """A run ends with its first failure, and leaves the other calls of the round alone."""

    async def _round(self, calls: Any) -> None:
        with suppress(Exception):
            await asyncio.gather(*map(self._call, calls))


# --- TOOL-8 --------------------------------------------------------------------------------------

_LIMIT = 0.5


def _with_timeout(
    kind: type[RequestScopedDispatcher],
    user: Any,
    tap: Tap,
    tools: Tools,
    seconds: float | None = _LIMIT,
) -> Any:
    emitter = Parts().emit(user, tap.manager) if tap.manager else None
    return kind(UserContext.from_user(user), emitter, tools, seconds)


class _NoneInTime(RequestScopedDispatcher):
    async def _in_time(self, execution: Execution) -> Any:
        with suppress(ToolTimedOut):
            return await super()._in_time(execution)


class _ToldInTime(RequestScopedDispatcher):
    async def _invoke(self, execution: Execution) -> Any:
        return await asyncio.shield(asyncio.create_task(super()._invoke(execution)))


@miniature("TOOL-8")
@dispatcher(tool_timeout=_LIMIT)
def timeout_forgotten(user: PlantedUser, tap: Tap, tools: Tools) -> Any:
    """A timeout is declared, and there is none."""
    return _with_timeout(RequestScopedDispatcher, user, tap, tools, None)


@miniature("TOOL-8")
@dispatcher(tool_timeout=_LIMIT)
def timeout_comes_late(user: PlantedUser, tap: Tap, tools: Tools) -> Any:
    """A timeout is declared, and it takes eight times as long."""
    return _with_timeout(RequestScopedDispatcher, user, tap, tools, 8 * _LIMIT)


@miniature(
    "TOOL-8",
    implied={
        "TOOL-4": "a tool that was stopped is told to have succeeded",
        "CONTENT-5": "and is shown so",
    },
)
@dispatcher(tool_timeout=_LIMIT)
def timeout_is_none(user: PlantedUser, tap: Tap, tools: Tools) -> Any:
    """A call that takes too long gives None."""
    return _with_timeout(_NoneInTime, user, tap, tools)


@miniature(
    "TOOL-8",
    implied={
        **_TOLD_EARLY,
        "TOOL-6": "nor does a caller's cancellation reach it",
    },
)
@dispatcher(tool_timeout=_LIMIT)
def timeout_leaves_tool(user: PlantedUser, tap: Tap, tools: Tools) -> Any:
    """A call that takes too long fails, and its tool works on."""
    return _with_timeout(_ToldInTime, user, tap, tools)


# --- TOOL-9 --------------------------------------------------------------------------------------


_A_WHILE = 0.4  # seconds: less than the tool waits for the loop, and more than half of it


@miniature("TOOL-9")
class SyncOnTheLoop(RequestScopedDispatcher):
    """A synchronous tool is called where it stands."""

    async def _invoke(self, execution: Execution) -> Any:
        if isinstance(execution.tool, Tool):
            return await super()._invoke(execution)
        return execution.tool(**execution.parameters)


@miniature("TOOL-9")
class WaitsForItsThread(RequestScopedDispatcher):
    """A synchronous tool has a thread of its own, and the loop waits for that."""

    async def _invoke(self, execution: Execution) -> Any:
        if isinstance(execution.tool, Tool):
            return await super()._invoke(execution)
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(execution.tool, **execution.parameters).result()


@miniature("TOOL-9")
class WaitsAWhileForItsThread(RequestScopedDispatcher):
    """A synchronous tool has a thread of its own, and the loop first waits for that for a while."""

    async def _invoke(self, execution: Execution) -> Any:
        if isinstance(execution.tool, Tool):
            return await super()._invoke(execution)
        call = functools.partial(execution.tool, **execution.parameters)
        running = asyncio.get_running_loop().run_in_executor(None, call)
        time.sleep(_A_WHILE)
        return await running


@miniature("TOOL-9")
@agent(accepts={"tool", "sync"})
def agent_sync_on_the_loop(user: PlantedUser, tap: Tap, tools: Tools) -> ScriptedAgent:
    """An agent calls a synchronous tool where it stands."""
    emitter = Parts().emit(user, tap.manager)
    return ScriptedAgent(SyncOnTheLoop(emitter.context, emitter, tools), emitter)


# --- TOOL-10 -------------------------------------------------------------------------------------


@miniature(
    "TOOL-10",
    implied={
        "DELIVERY-2": "what it does unseen it does not tell",
        "RECOVERY-7": "nor does cleanup stop it",
    },
)
class GoesOnUnseen(ScriptedAgent):
    """A run whose user has left makes the calls that were to come, for whoever comes back."""

    async def run(self, message: str, plan: Any) -> str:
        try:
            return await super().run(message, plan)
        except asyncio.CancelledError:
            self.rest = asyncio.create_task(self._rest(plan))
            raise

    async def _rest(self, plan: Any) -> None:
        for calls in plan.rounds[1:]:
            for call in calls:
                tool: Any = self.dispatcher._lookup(call.tool)
                await tool.arun(**call.arguments)


# --- RECOVERY-7 ----------------------------------------------------------------------------------


@miniature("RECOVERY-7")
class CleanupDoesNotStop(RequestScopedDispatcher):
    """Cleanup refuses what comes, and lets what is under way work on."""

    async def cleanup(self) -> None:
        self._closed = True
        self._registry.clear()


@miniature("RECOVERY-7")
class CleanupDoesNotWait(RequestScopedDispatcher):
    """Cleanup gives what is under way no more than one turn, and then it is on its own."""

    async def cleanup(self) -> None:
        first, self._closed = not self._closed, True
        if first:
            self._registry.clear()
            await asyncio.sleep(0)


@miniature("RECOVERY-7")
class AgentCleanupDoesNotStop(ScriptedAgent):
    """Cleanup of an agent does not touch a run that is under way."""

    async def cleanup(self) -> None:
        self._closed = True
