"""Tools and callers who suffer when the transport does, and calls that never return."""

from __future__ import annotations

import asyncio
from typing import Any

from goldenpath.miniatures.base import miniature
from goldenpath.reference import (
    Execution,
    RequestScopedDispatcher,
    ScriptedAgent,
    UnknownTool,
    UserEmitter,
)

# --- RECOVERY-1 ----------------------------------------------------------------------------------


_SILENT = {"ISOLATION-5": "who fails without a transport has nothing to send"}


@miniature("RECOVERY-1", unknown=_SILENT)
class NeedsTransport(RequestScopedDispatcher):
    """Without a transport a call runs into an AttributeError."""

    async def _announce(self, execution: Execution) -> None:
        emitter: Any = self._emitter
        await emitter.tool_executing(execution.tool.name, execution.call_id, execution.parameters)


@miniature(
    "RECOVERY-1",
    implied={
        "TOOL-1": "a call was accepted and nothing ran",
        "TOOL-5": "so is one of an unknown tool",
    },
)
class IdleWithoutTransport(RequestScopedDispatcher):
    """Without a transport a call gives None and runs nothing."""

    async def _execute(self, *args: Any) -> Any:
        return await super()._execute(*args) if self._emitter else None


@miniature("RECOVERY-1", unknown=_SILENT)
class AgentNeedsTransport(ScriptedAgent):
    """Without a transport an agent refuses to run."""

    async def _begin(self, message: str) -> None:
        if not self.emitter.has_transport:
            raise RuntimeError("nobody is listening")
        await super()._begin(message)


# --- RECOVERY-2 ----------------------------------------------------------------------------------


_PATIENT = {"RECOVERY-8a": "what is not guarded has no patience of its own either"}


@miniature("RECOVERY-2", implied=_PATIENT)
class SendingRaises(UserEmitter):
    """What the transport raises ends the call."""

    async def _send(self, message: dict[str, Any]) -> bool:
        return await self._deliver(message)


@miniature("RECOVERY-2", implied=_PATIENT)
class OnlyConnectionErrors(UserEmitter):
    """Of what a transport may raise only ConnectionError is caught."""

    async def _send(self, message: dict[str, Any]) -> bool:
        try:
            return await self._deliver(message)
        except ConnectionError:
            return False


@miniature("RECOVERY-2", implied=_PATIENT)
class TrustsWhatOnceWorked(UserEmitter):
    """What raises from the start is caught, what raises after something was delivered is not."""

    async def _send(self, message: dict[str, Any]) -> bool:
        try:
            delivered = await self._deliver(message)
        except Exception:
            if vars(self).get("_works"):
                raise
            return False
        self._works = True
        return delivered


@miniature("RECOVERY-2", implied={"TOOL-3": "nor where nobody is there any more to be told"})
class ReportingRaises(RequestScopedDispatcher):
    """A tool whose report is not delivered is taken for failed."""

    async def _report(self, execution: Execution) -> None:
        emitter = self._emitter
        if emitter and not await emitter.tool_completed(
            execution.tool.name,
            execution.call_id,
            execution.status or "error",
            execution.result,
            execution.error,
        ):
            raise ConnectionError("tool_completed was not delivered")


@miniature("RECOVERY-2", implied=_PATIENT, kind="agent")
class AgentSendingRaises(SendingRaises):
    """What the transport raises ends the run of an agent."""


@miniature("RECOVERY-2", implied=_PATIENT, kind="agent")
class AgentOnlyConnectionErrors(OnlyConnectionErrors):
    """Of what a transport may raise only ConnectionError is caught around an agent."""


# --- RECOVERY-8 ----------------------------------------------------------------------------------


@miniature("RECOVERY-8", unknown={"API-8": "a cleanup that hangs is neither accepted nor refused"})
class SecondCleanupHangs(RequestScopedDispatcher):
    """Cleaning up for the second time never returns."""

    async def cleanup(self) -> None:
        if self._closed:
            await asyncio.Event().wait()
        await super().cleanup()


@miniature(
    "RECOVERY-8",
    unknown={
        "TOOL-5": "a call that hangs has no outcome to judge",
        **dict.fromkeys(
            ("RESOURCE-1", "RESOURCE-2", "RESOURCE-3"), "the sessions to be measured hang"
        ),
    },
)
class UnknownToolHangs(RequestScopedDispatcher):
    """A call of an unknown tool never returns."""

    async def _execute(self, *args: Any) -> Any:
        try:
            return await super()._execute(*args)
        except UnknownTool:
            await asyncio.Event().wait()


@miniature("RECOVERY-8")
class AgentHangsAfterFailure(ScriptedAgent):
    """A run in which a tool failed tells its end and never returns."""

    async def run(self, message: str, plan: Any) -> str:
        answer = await super().run(message, plan)
        if self.dispatcher.metrics.failed:
            await asyncio.Event().wait()
        return answer
