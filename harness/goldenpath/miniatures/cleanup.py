"""Ends of sessions that are none, or too much of one: what goes on, comes back, or is lost."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any, ClassVar

from goldenpath.miniatures.base import miniature
from goldenpath.reference import (
    Execution,
    RequestScopedDispatcher,
    ScriptedAgent,
    SessionClosed,
)
from goldenpath.reference.waiting import settle

Error = BaseException | None

# --- what begins after the end -------------------------------------------------------------------


@miniature("RECOVERY-7")
class QueuedStartsAfterEnd(RequestScopedDispatcher):
    """One call after the other; one that waits its turn has it although cleanup came before."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._turn = asyncio.Lock()

    async def _execute(
        self, tool_name: str, parameters: Any = None, call_id: str | None = None
    ) -> Any:
        self._refuse_if_closed()
        tool = self._lookup(tool_name)
        self._authorize(tool)
        execution = Execution(tool, call_id or self._next_call_id(), dict(parameters or {}))
        async with self._turn:
            task = asyncio.create_task(self._perform(execution))
            self._in_flight[task] = execution
            task.add_done_callback(self._forget)
            await settle(task, pass_on=True)
        if task.cancelled():
            raise SessionClosed
        return task.result()


@miniature("API-9", implied={"RECOVERY-7": "what was accepted meanwhile works on"})
class ClosedInTheEnd(RequestScopedDispatcher):
    """What is asked for while cleanup waits is accepted, and nobody waits for that."""

    async def cleanup(self) -> None:
        others = list(self._in_flight)
        self._stop(others)
        await settle(*others)
        self._closed = True
        self._registry.clear()


@miniature("RECOVERY-7")
class RegisteringForgets(RequestScopedDispatcher):
    """When a tool is registered, what is under way is forgotten, and cleanup leaves it at work."""

    def register_tool(self, tool: Any) -> None:
        super().register_tool(tool)
        self._in_flight = {}

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._in_flight.pop(task, None)


@miniature("RECOVERY-7")
class AgentEndsOnlyItsCalls(ScriptedAgent):
    """Cleanup ends a run whose tool is at work; one that is between its tools goes on."""

    _calling = 0

    async def cleanup(self) -> None:
        if self._calling:
            await super().cleanup()
        self._closed = True

    async def _call(self, call: Any) -> object:
        self._calling += 1
        try:
            return await super()._call(call)
        finally:
            self._calling -= 1


# --- API-8 ---------------------------------------------------------------------------------------


@miniature("API-8")
class OpenAfterFailure(RequestScopedDispatcher):
    """Leaving the context cleans up only if its body did not raise."""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: Error, trace: TracebackType | None
    ) -> None:
        if error is None:
            await self.cleanup()


@miniature("API-8")
class OpenAfterCancellation(RequestScopedDispatcher):
    """Leaving the context does not clean up where its body was cancelled."""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: Error, trace: TracebackType | None
    ) -> None:
        if error is None or isinstance(error, Exception):
            await self.cleanup()


@miniature("API-8")
class SwallowsItsBody(RequestScopedDispatcher):
    """Leaving the context hides what its body raised."""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: Error, trace: TracebackType | None
    ) -> Any:
        await self.cleanup()
        return True


@miniature("API-8")
class OneCleanupAtATime(RequestScopedDispatcher):
    """A second cleanup while the first is under way raises."""

    _cleaning = False

    async def cleanup(self) -> None:
        if self._cleaning:
            raise RuntimeError("cleanup is under way")
        self._cleaning = True
        try:
            await super().cleanup()
        finally:
            self._cleaning = False


# --- DELIVERY-2 ----------------------------------------------------------------------------------


@miniature("DELIVERY-2")
class RegistryWrittenBack(RequestScopedDispatcher):
    """Cleanup takes its session out of a copy of the registry; who came meanwhile is lost."""

    sessions: ClassVar[dict[str, object]] = {}

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._key = self.context.run_id
        self.sessions[self._key] = self

    async def _announce(self, execution: Execution) -> None:
        if self._key in self.sessions:
            await super()._announce(execution)

    async def _report(self, execution: Execution) -> None:
        if self._key in self.sessions:
            await super()._report(execution)

    async def cleanup(self) -> None:
        kept = {key: session for key, session in self.sessions.items() if key != self._key}
        await super().cleanup()
        self.sessions.clear()
        self.sessions.update(kept)
