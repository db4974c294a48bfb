"""Events that are lost, doubled, or leave something open."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from goldenpath.miniatures.base import miniature
from goldenpath.reference import (
    Execution,
    RequestScopedDispatcher,
    ScriptedAgent,
    UserEmitter,
)

_LEFT_OPEN = {"RECOVERY-7": "cleanup cancels what is under way, which is not closed then"}
_UNREPORTED = {"DELIVERY-2": "a tool that ran was not reported"}

# --- DELIVERY-1 ----------------------------------------------------------------------------------


@miniature("DELIVERY-1")
class NeverThinks(ScriptedAgent):
    """A run shows no agent_thinking."""

    async def _think(self, calls: Any) -> None:
        pass


@miniature(
    "DELIVERY-1",
    "DELIVERY-2",
    unknown=dict.fromkeys(
        (
            *("ORDER-3", "ORDER-4", "DELIVERY-5", "CONTENT-4", "LATENCY-1"),
            *("ISOLATION-8", "ISOLATION-8a"),
        ),
        "there is no event of a tool to judge",
    ),
    kind="agent",
)
class SilentTools(RequestScopedDispatcher):
    """An agent's tools run unseen."""

    async def _announce(self, execution: Execution) -> None:
        pass

    async def _report(self, execution: Execution) -> None:
        pass


# --- DELIVERY-2 ----------------------------------------------------------------------------------


@miniature(
    "DELIVERY-2",
    implied={
        "API-6": "through the other members it is told",
        "API-14": "the short cut leads past the permission as well",
        "RECOVERY-7": "and cleanup does not know of it",
    },
)
class SilentOldDoor(RequestScopedDispatcher):
    """A tool that is called by dispatch_tool runs unseen."""

    async def dispatch_tool(self, /, tool_name: str, parameters: Any = None, **context: Any) -> Any:
        self._refuse_if_closed()
        tool: Any = self._lookup(tool_name)
        return await tool.arun(**(parameters or {}))


@miniature(
    "DELIVERY-2",
    implied={"ORDER-3": "a tool_completed without a tool_executing answers nothing"},
    unknown={
        "DELIVERY-5": "nothing is announced that could stay open",
        "CONTENT-4": "nor that could carry parameters",
        **dict.fromkeys(
            ("ORDER-4", "CONTENT-5", "CONTENT-6"),
            "of two calls of one tool that were not announced reports cannot be told apart",
        ),
    },
)
class NotAnnounced(RequestScopedDispatcher):
    """tool_executing is never sent."""

    async def _announce(self, execution: Execution) -> None:
        pass


@miniature("DELIVERY-2")
class HundredAtATime(UserEmitter):
    """Of more than a hundred events in one turn of the loop the rest is lost."""

    async def _send(self, message: dict[str, Any]) -> bool:
        self._waiting = vars(self).get("_waiting", 0) + 1
        try:
            return self._waiting <= 100 and await super()._send(message)
        finally:
            self._waiting -= 1


@miniature("DELIVERY-4")
class NoToolNoEnd(ScriptedAgent):
    """A run that calls no tool shows no end."""

    async def run(self, message: str, plan: Any) -> str:
        self._calls = sum(map(len, plan.rounds))
        return await super().run(message, plan)

    async def _finish(self, answer: str) -> str:
        return await super()._finish(answer) if self._calls else answer


@miniature(
    "DELIVERY-2",
    implied={
        "DELIVERY-5": "what was announced is never closed",
        "API-6": "each door in its turn loses the report that another shows",
        "RECOVERY-7": "and so does a call that cleanup ends",
    },
    unknown=dict.fromkeys(
        ("ISOLATION-8", "ISOLATION-8a"), "reports are lost without anybody's trouble as well"
    ),
)
class EverySecondReportLost(RequestScopedDispatcher):
    """Every second tool_completed is lost."""

    async def _report(self, execution: Execution) -> None:
        self._reports = getattr(self, "_reports", 0) + 1
        if self._reports % 2:
            await super()._report(execution)


@miniature(
    "DELIVERY-2",
    "DELIVERY-3",
    "DELIVERY-5",
    implied={
        "ORDER-3": "the call that is reported for the others is answered more than once",
        **dict.fromkeys(("CONTENT-5", "CONTENT-6"), "it is reported before it has a status"),
        "ORDER-4": "and so before its tool has ended",
        "RECOVERY-7": "of two calls that cleanup ends one is reported twice",
    },
)
class LastCallWins(RequestScopedDispatcher):
    """Of calls that overlap the last one is reported for all."""

    async def _announce(self, execution: Execution) -> None:
        self._latest = execution
        await super()._announce(execution)

    async def _report(self, execution: Execution) -> None:
        await super()._report(self._latest)


# --- DELIVERY-3 ----------------------------------------------------------------------------------


@miniature("DELIVERY-3")
class AnnouncedTwice(RequestScopedDispatcher):
    """tool_executing is sent twice."""

    async def _announce(self, execution: Execution) -> None:
        await super()._announce(execution)
        await super()._announce(execution)


@miniature("DELIVERY-3")
class PairTwice(RequestScopedDispatcher):
    """Both events of a call are sent again when it is over."""

    async def _report(self, execution: Execution) -> None:
        await super()._report(execution)
        await super()._announce(execution)
        await super()._report(execution)


@miniature("DELIVERY-3")
class ThoughtTwice(ScriptedAgent):
    """The same agent_thinking is sent twice."""

    async def _think(self, calls: Any) -> None:
        thought = self.emitter.events.agent_thinking("Let me see.")
        await self.emitter._send(thought)
        await self.emitter._send(thought)


# --- DELIVERY-4 ----------------------------------------------------------------------------------


@miniature("DELIVERY-4", implied={"DELIVERY-1": "agent_completed is one of the five"})
class NeverEnds(ScriptedAgent):
    """A run has no terminal event."""

    async def _finish(self, answer: str) -> str:
        return answer


@miniature("DELIVERY-4")
class FailsInSilence(ScriptedAgent):
    """A run that fails with its tool has no terminal event."""

    async def _round(self, calls: Any) -> None:
        for outcome in await asyncio.gather(*map(self._call, calls), return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome

    async def _failed(self, error: Exception) -> None:
        pass


@miniature("DELIVERY-4")
class CancelledInSilence(ScriptedAgent):
    """A run that is cancelled has no terminal event."""

    async def _cancelled(self) -> None:
        pass


# --- DELIVERY-5 ----------------------------------------------------------------------------------


@miniature("DELIVERY-5", implied=_UNREPORTED)
class FailureNotClosed(RequestScopedDispatcher):
    """A tool that fails leaves its tool_executing open."""

    async def _report(self, execution: Execution) -> None:
        if execution.status != "error":
            await super()._report(execution)


@miniature("DELIVERY-5", implied=_UNREPORTED | _LEFT_OPEN)
class CancellationNotClosed(RequestScopedDispatcher):
    """A call that is cancelled leaves its tool_executing open."""

    async def _report(self, execution: Execution) -> None:
        if execution.status != "cancelled":
            await super()._report(execution)


@miniature("DELIVERY-5", implied=_UNREPORTED | _LEFT_OPEN, kind="agent")
class AgentCancellationNotClosed(CancellationNotClosed):
    """An agent that is cancelled leaves its tool_executing open."""


@miniature("DELIVERY-5")
class UnknownToolNotClosed(RequestScopedDispatcher):
    """An unknown tool is announced and never closed."""

    async def _execute(self, tool_name: str, parameters: Any = None, call_id: Any = None) -> Any:
        self._refuse_if_closed()
        if not self.has_tool(tool_name) and self._emitter:
            await self._emitter.tool_executing(tool_name, uuid.uuid4().hex, parameters or {})
        return await super()._execute(tool_name, parameters, call_id)
