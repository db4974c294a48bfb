"""Events in the wrong order: within a run, and against what really happened."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from goldenpath.miniatures.base import miniature
from goldenpath.reference import (
    EventFactory,
    Execution,
    RequestScopedDispatcher,
    ScriptedAgent,
)
from goldenpath.reference.plan import AnyCall
from goldenpath.reference.waiting import settle

Event = dict[str, Any]

_NO_START = {"DELIVERY-1": "agent_started is one of the five"}
_UNKNOWING = {
    "CONTENT-5": "what is reported before the end cannot know how it ends",
    "CONTENT-6": "nor can it hold what the tool returns",
}
_TWICE = {"DELIVERY-3": "what comes twice is delivered twice"}

# --- ORDER-1 -------------------------------------------------------------------------------------


@miniature("ORDER-1", implied=_NO_START)
class NeverStarted(ScriptedAgent):
    """A run has no agent_started."""

    async def _begin(self, message: str) -> None:
        pass


@miniature("ORDER-1")
class StartedLate(ScriptedAgent):
    """agent_started comes after the first thought."""

    async def _begin(self, message: str) -> None:
        await self.emitter.agent_thinking("Let me see.")
        await super()._begin(message)


@miniature("ORDER-1", implied=_TWICE)
class StartedTwice(ScriptedAgent):
    """A run starts twice."""

    async def _begin(self, message: str) -> None:
        await super()._begin(message)
        await super()._begin(message)


@miniature("ORDER-1")
class StartedLast(ScriptedAgent):
    """agent_started comes after the end."""

    async def _begin(self, message: str) -> None:
        pass

    async def _finish(self, answer: str) -> str:
        await super()._finish(answer)
        await super()._begin("")
        return answer

    async def _cancelled(self) -> None:
        await super()._begin("")
        await super()._cancelled()


# --- ORDER-2 -------------------------------------------------------------------------------------


@miniature("ORDER-2")
class ThinksAfterEnd(ScriptedAgent):
    """A thought comes after the answer."""

    async def _finish(self, answer: str) -> str:
        await super()._finish(answer)
        await self.emitter.agent_thinking("That was easy.")
        return answer


@miniature("ORDER-2", implied=_TWICE)
class EndsTwice(ScriptedAgent):
    """The answer is sent twice."""

    async def _finish(self, answer: str) -> str:
        await super()._finish(answer)
        return await super()._finish(answer)


@miniature("ORDER-2")
class CancelledAndFailed(ScriptedAgent):
    """A cancelled run ends as cancelled, and again as failed."""

    async def _cancelled(self) -> None:
        await super()._cancelled()
        await self.emitter.agent_failed("the run was cancelled")


@miniature(
    "ORDER-2",
    implied={
        "CONTENT-5": "success is told before the calls of the last round are made",
        "DELIVERY-4": "a run that is cancelled before has told nothing",
        "RECOVERY-7": "cleanup does not see a run that is between its tools",
    },
)
class ToolAfterEnd(ScriptedAgent):
    """The calls of the last round are made after the answer."""

    async def run(self, message: str, plan: Any) -> str:
        await self._begin(message)
        for calls in plan.rounds[:-1]:
            await self._think(calls)
            await self._round(calls)
        await self._think(plan.rounds[-1])
        await self._finish(plan.answer)
        await self._round(plan.rounds[-1])
        return str(plan.answer)


@miniature("ORDER-2", "TOOL-7")
class LeavesSiblings(ScriptedAgent):
    """A call that fails ends the run, while the other calls of its round still work on."""

    async def _round(self, calls: Sequence[AnyCall]) -> None:
        await asyncio.gather(*map(self._call, calls))


# --- ORDER-3 -------------------------------------------------------------------------------------


@miniature(
    "ORDER-3",
    implied={
        "ORDER-4": "it is announced after the tool has ended",
        "DELIVERY-2": "and not at all where its caller gives up while it is being reported",
        "DELIVERY-5": "of two calls of one tool a report may be taken for the other's",
    },
    unknown=dict.fromkeys(
        ("CONTENT-4", "CONTENT-5", "CONTENT-6"),
        "reports of two calls of one tool come before either is announced",
    ),
)
class CompletedFirst(RequestScopedDispatcher):
    """tool_executing comes after tool_completed."""

    async def _announce(self, execution: Execution) -> None:
        pass

    async def _report(self, execution: Execution) -> None:
        await super()._report(execution)
        await super()._announce(execution)


@miniature("ORDER-3", implied=_TWICE)
class CompletedTwice(RequestScopedDispatcher):
    """tool_executing is answered twice."""

    async def _report(self, execution: Execution) -> None:
        await super()._report(execution)
        await super()._report(execution)


@miniature(
    "ORDER-3",
    implied=dict.fromkeys(
        ("DELIVERY-2", "DELIVERY-3", "CONTENT-6"), "what nothing else tells apart is paired by it"
    ),
)
class OneIdForAll(EventFactory):
    """All calls show the same call id, also side by side."""

    def tool_executing(self, tool_name: str, call_id: str, *args: Any) -> Event:
        return super().tool_executing(tool_name, "call", *args)

    def tool_completed(self, tool_name: str, call_id: str, *args: Any) -> Event:
        return super().tool_completed(tool_name, "call", *args)


@miniature(
    "ORDER-3",
    implied=dict.fromkeys(
        ("DELIVERY-2", "DELIVERY-3"), "what nothing else tells apart is paired by it"
    ),
    kind="agent",
)
class AgentIdByTool(EventFactory):
    """The call id of an agent is the name of the tool, also side by side."""

    def tool_executing(self, tool_name: str, call_id: str, *args: Any) -> Event:
        return super().tool_executing(tool_name, tool_name, *args)

    def tool_completed(self, tool_name: str, call_id: str, *args: Any) -> Event:
        return super().tool_completed(tool_name, tool_name, *args)


# --- ORDER-4 -------------------------------------------------------------------------------------

_NEVER_REPORTED = {"DELIVERY-5": "what is stopped while it is announced comes to no report"}


@miniature("ORDER-4")
class AnnouncedLate(RequestScopedDispatcher):
    """tool_executing is sent when the tool has started already."""

    async def _announce(self, execution: Execution) -> None:
        pass

    async def _invoke(self, execution: Execution) -> Any:
        running = asyncio.create_task(super()._invoke(execution))
        try:
            await asyncio.sleep(0)
            await super()._announce(execution)
            return await running
        finally:
            running.cancel()
            await asyncio.wait([running])


@miniature("ORDER-4", kind="agent")
class AgentAnnouncesLate(AnnouncedLate):
    """An agent's tool_executing is sent when the tool has started already."""


@miniature(
    "ORDER-4",
    implied={**_UNKNOWING, **_NEVER_REPORTED},
)
class ReportedEarly(RequestScopedDispatcher):
    """tool_completed is sent before the tool has started."""

    async def _invoke(self, execution: Execution) -> Any:
        execution.succeed(None)
        await super()._report(execution)
        execution.status = None
        return await super()._invoke(execution)

    async def _report(self, execution: Execution) -> None:
        pass


@miniature(
    "ORDER-4",
    implied={
        **_UNKNOWING,
        **_NEVER_REPORTED,
        "TOOL-6": "the tool is no longer waited for when its caller gives up",
    },
)
class ReportedMeanwhile(ReportedEarly):
    """tool_completed is sent while the tool still runs."""

    async def _invoke(self, execution: Execution) -> Any:
        running = asyncio.create_task(RequestScopedDispatcher._invoke(self, execution))
        await asyncio.sleep(0)
        execution.succeed(None)
        await RequestScopedDispatcher._report(self, execution)
        execution.status = None
        await settle(running, pass_on=True)
        return running.result()
