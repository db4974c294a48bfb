"""Callers who give up, at odd moments or often, and what becomes of them and of others."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, ClassVar

from goldenpath.miniatures.base import miniature
from goldenpath.reference import (
    AnyTool,
    Execution,
    NotPermitted,
    RequestScopedDispatcher,
    ScriptedAgent,
)

# --- of two calls of one tool ---------------------------------------------------------------------

_WRONG_ONE = {
    "TOOL-6": "the call that was given up works on",
    "ORDER-4": "and is reported as cancelled meanwhile",
}


class _ByName(RequestScopedDispatcher):
    jobs: dict[str, asyncio.Task[Any]]

    async def _invoke(self, execution: Execution) -> Any:
        job = self.jobs[execution.tool.name] = asyncio.create_task(super()._invoke(execution))
        try:
            return await asyncio.shield(job)
        except asyncio.CancelledError:
            last = self.jobs[execution.tool.name]
            last.cancel()
            await asyncio.wait({last})
            raise


@miniature("TOOL-7", implied=_WRONG_ONE)
class StopsTheLastOfItsName(_ByName):
    """What is under way is known by its tool: of two calls of one tool the last is stopped."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.jobs = {}


@miniature(
    "ISOLATION-8",
    implied={
        **_WRONG_ONE,
        "TOOL-7": "within a session, too",
        "RECOVERY-7": "the call that was given up is at work when its session has ended",
    },
)
class StopsAnothersCall(_ByName):
    """The same for all users: one who gives up stops another's call of the tool."""

    everybodys: ClassVar[dict[str, asyncio.Task[Any]]] = {}

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.jobs = self.everybodys


# --- TOOL-7 --------------------------------------------------------------------------------------


class _StopsAll(RequestScopedDispatcher):
    def stop_all(self) -> None:
        self._stop(list(self._in_flight))


@miniature("TOOL-7", implied={"TOOL-2": "a call that is stopped before it began never runs"})
class UnknownToolStopsSiblings(_StopsAll):
    """When an unknown tool is called, the other calls of the session are cancelled."""

    def _lookup(self, tool_name: str) -> AnyTool:
        if not self._registry.has(tool_name):
            self.stop_all()
        return super()._lookup(tool_name)


@miniature("TOOL-7")
class RefusalStopsSiblings(_StopsAll):
    """When a call is not permitted, the other calls of the session are cancelled."""

    def _authorize(self, tool: AnyTool) -> None:
        try:
            super()._authorize(tool)
        except NotPermitted:
            self.stop_all()
            raise


# --- while an event is being sent ----------------------------------------------------------------


@miniature("TOOL-6")
class RunsThoughGivenUp(RequestScopedDispatcher):
    """A call that is given up while it is being announced runs all the same."""

    async def _announce(self, execution: Execution) -> None:
        with suppress(asyncio.CancelledError):
            await super()._announce(execution)


@miniature("DELIVERY-5")
class UnreportedUntilAnnounced(RequestScopedDispatcher):
    """Of a call that is stopped while it is being announced no end is told."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._told: set[str] = set()

    async def _announce(self, execution: Execution) -> None:
        await super()._announce(execution)
        self._told.add(execution.call_id)

    async def _report(self, execution: Execution) -> None:
        if execution.call_id in self._told:
            await super()._report(execution)


@miniature("DELIVERY-4")
class EndsUntoldBeforeTools(ScriptedAgent):
    """A run that is cancelled before its first tool ends without a word."""

    _began = False

    async def _round(self, calls: Any) -> None:
        self._began = True
        await super()._round(calls)

    async def _cancelled(self) -> None:
        if self._began:
            await super()._cancelled()


@miniature("TOOL-10")
class SendsThroughCancellation(ScriptedAgent):
    """Who sends an event does not hear that the run is given up, and it goes on."""

    async def _begin(self, message: str) -> None:
        with suppress(asyncio.CancelledError):
            await super()._begin(message)

    async def _think(self, calls: Any) -> None:
        with suppress(asyncio.CancelledError):
            await super()._think(calls)


# --- afterwards, and often -----------------------------------------------------------------------

#: Seconds after which it is tried again.
_LATER = 0.4


@miniature(
    "TOOL-1",
    implied={
        "TOOL-6": "and its caller had given up",
        **dict.fromkeys(
            ("RESOURCE-1", "RESOURCE-2", "RESOURCE-3"),
            "what is to do it again is left when its session is over, and holds it",
        ),
    },
)
class DoneAgainLater(RequestScopedDispatcher):
    """A call that was given up is made once more, a while later."""

    async def _execute(self, *given: Any) -> Any:
        try:
            return await super()._execute(*given)
        except asyncio.CancelledError:
            if not self._closed:
                self.again = asyncio.create_task(self._again(*given))
            raise

    async def _again(self, *given: Any) -> None:
        await asyncio.sleep(_LATER)
        with suppress(Exception):
            await super()._execute(*given)


@miniature("RECOVERY-8")
class PermitLostByGivingUp(RequestScopedDispatcher):
    """Twenty calls may run at once; who gives up does not give back the permit."""

    _PERMITS = 20

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._permits = asyncio.Semaphore(self._PERMITS)

    async def _invoke(self, execution: Execution) -> Any:
        await self._permits.acquire()
        try:
            result = await super()._invoke(execution)
        except Exception:
            self._permits.release()
            raise
        self._permits.release()
        return result


# --- API-14 --------------------------------------------------------------------------------------


@miniature("API-14")
class OnceAnAdmin(RequestScopedDispatcher):
    """Who was an admin in one session is one in all later ones."""

    admins: ClassVar[set[str]] = set()

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        if self.context.is_admin:
            self.admins.add(self.context.user_id)

    def _authorize(self, tool: AnyTool) -> None:
        if self.context.user_id not in self.admins:
            super()._authorize(tool)
