"""Frames that cannot be read, name the wrong ids, or do not tell the truth."""

from __future__ import annotations

import uuid
from typing import Any

from goldenpath.miniatures.base import miniature
from goldenpath.reference import (
    EventFactory,
    Execution,
    RequestScopedDispatcher,
    ScriptedAgent,
    UserEmitter,
)

# --- CONTENT-1 -----------------------------------------------------------------------------------


class _Garbage(UserEmitter):
    """Sends something unreadable after each event."""

    garbage: Any = None

    async def _deliver(self, message: dict[str, Any]) -> bool:
        sent = await super()._deliver(message)
        if self.manager is not None:
            await self.manager.send_to_user(self.context.user_id, self.garbage)
        return sent


@miniature("CONTENT-1")
class ReprFrame(_Garbage):
    """A frame is Python's repr of a message."""

    garbage = str({"type": "progress", "data": None})


@miniature("CONTENT-1")
class NanFrame(_Garbage):
    """A frame holds NaN, which is no JSON."""

    garbage = '{"type": "progress", "data": {"seconds": NaN}}'


@miniature("CONTENT-1")
class ObjectFrame(_Garbage):
    """A frame holds an object that JSON cannot say."""

    garbage = {"type": "progress", "data": {1, 2}}  # noqa: RUF012 - never changed


@miniature("CONTENT-1", kind="agent")
class AgentReprFrame(ReprFrame):
    """A frame of an agent is Python's repr of a message."""


# --- CONTENT-3 -----------------------------------------------------------------------------------


class _OtherId(EventFactory):
    field = ""

    def _ids(self) -> dict[str, str]:
        return {**super()._ids(), self.field: self.wrong()}

    def wrong(self) -> str:
        """A new id."""
        return str(uuid.uuid4())


@miniature("CONTENT-3")
class WrongThread(_OtherId):
    """Events name a thread that nobody knows."""

    field = "thread_id"


@miniature("CONTENT-3")
class WrongUser(_OtherId):
    """Events name the user "anonymous"."""

    field = "user_id"

    def wrong(self) -> str:
        return "anonymous"


@miniature("CONTENT-3")
class WrongRun(_OtherId):
    """Each event names a run of its own."""

    field = "run_id"


@miniature("CONTENT-3", kind="agent")
class AgentWrongThread(WrongThread):
    """Events of an agent name a thread that nobody knows."""


@miniature("CONTENT-3", kind="agent")
class AgentWrongRun(WrongRun):
    """Each event of an agent names a run of its own."""


# --- CONTENT-5 -----------------------------------------------------------------------------------


class _OtherStatus(RequestScopedDispatcher):
    said: dict[str, str]

    async def _report(self, execution: Execution) -> None:
        truth = execution.status
        execution.status = self.said.get(truth or "", truth)
        await super()._report(execution)
        execution.status = truth


@miniature("CONTENT-5")
class ErrorSaysSuccess(_OtherStatus):
    """A tool that failed is reported as a success."""

    said = {"error": "success"}  # noqa: RUF012 - never changed


@miniature("CONTENT-5")
class SuccessSaysError(_OtherStatus):
    """A tool that succeeded is reported as an error."""

    said = {"success": "error"}  # noqa: RUF012 - never changed


@miniature("CONTENT-5")
class CancelledSaysSuccess(_OtherStatus):
    """A tool that was cancelled is reported as a success."""

    said = {"cancelled": "success"}  # noqa: RUF012 - never changed


@miniature("CONTENT-5")
class CancelledSaysCompleted(ScriptedAgent):
    """A run that is cancelled in the middle of a tool ends with agent_completed."""

    async def _cancelled(self) -> None:
        await self.emitter.agent_completed("as far as I came")


@miniature("CONTENT-5", implied={"DELIVERY-1": "agent_completed is one of the five"})
class AnswersAsFailed(ScriptedAgent):
    """A run that answers its caller ends with agent_failed."""

    async def _finish(self, answer: str) -> str:
        await self.emitter.agent_failed("something broke")
        return answer


@miniature("CONTENT-5", kind="agent")
class AgentErrorSaysSuccess(ErrorSaysSuccess):
    """A tool of an agent that failed is reported as a success."""
