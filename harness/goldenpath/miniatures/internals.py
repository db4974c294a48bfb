"""Events that show what is inside the platform."""

from __future__ import annotations

import json
import traceback
from typing import Any

from goldenpath.declare import agent, dispatcher
from goldenpath.miniatures.base import Parts, miniature
from goldenpath.plant import PlantedUser, Tap, Tools
from goldenpath.reference import (
    EventFactory,
    Execution,
    RequestScopedDispatcher,
    ScriptedAgent,
    UserContext,
    UserEmitter,
)

# --- CONTENT-7 -----------------------------------------------------------------------------------


@miniature("CONTENT-7")
class ReprOfResult(EventFactory):
    """A result that JSON cannot hold is shown by its repr."""

    def tool_completed(
        self, name: str, call_id: str, status: str, result: Any = None, error: Any = None
    ) -> dict[str, Any]:
        result = json.loads(json.dumps(result, default=repr))
        return super().tool_completed(name, call_id, status, result, error)


@miniature("CONTENT-7", kind="agent")
class AgentReprOfResult(ReprOfResult):
    """A result of an agent's tool that JSON cannot hold is shown by its repr."""


@miniature("CONTENT-7")
class TracebackAsError(RequestScopedDispatcher):
    """The error of a tool is told with its traceback."""

    async def _invoke(self, execution: Execution) -> Any:
        try:
            return await super()._invoke(execution)
        except Exception:
            vars(self).setdefault("_traces", {})[execution.call_id] = traceback.format_exc()
            raise

    async def _report(self, execution: Execution) -> None:
        execution.error = vars(self).get("_traces", {}).get(execution.call_id, execution.error)
        await super()._report(execution)


@miniature("CONTENT-7")
class PlaceOfError(RequestScopedDispatcher):
    """The error of a tool is told with the file and line that raised it."""

    async def _invoke(self, execution: Execution) -> Any:
        try:
            return await super()._invoke(execution)
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            self._place = f"{error} ({place.filename}:{place.lineno})"
            raise

    async def _report(self, execution: Execution) -> None:
        if execution.status == "error":
            execution.error = self._place
        await super()._report(execution)


@miniature("CONTENT-7")
class TraceOfAnEngine(RequestScopedDispatcher):
    """The error of a tool is told with a stack trace of the engine behind it, in JavaScript."""

    async def _report(self, execution: Execution) -> None:
        if execution.status == "error":
            execution.error = f"{execution.error}\n    at work (/srv/engine.js:10:15)"
        await super()._report(execution)


class _TellsAll(EventFactory):
    user: PlantedUser

    def agent_started(self, agent_name: str) -> dict[str, Any]:
        event = super().agent_started(agent_name)
        event["data"]["metadata"] = {"context": vars(self.user)}
        return event


@miniature("CONTENT-7")
@agent()
def tells_who_is_asking(user: PlantedUser, tap: Tap, tools: Tools) -> ScriptedAgent:
    """agent_started holds all that is known of the user, credentials too."""
    emitter = Parts(events=_TellsAll).emit(user, tap.manager)
    vars(emitter.events)["user"] = user
    return ScriptedAgent(RequestScopedDispatcher(emitter.context, emitter, tools), emitter)


class _Diagnosed(UserEmitter):
    token: str

    async def _deliver(self, message: dict[str, Any]) -> bool:
        if vars(self).get("_sick"):
            message["data"]["metadata"]["tried with"] = self.token
        try:
            return await super()._deliver(message)
        except Exception:
            self._sick = True
            raise


@miniature("CONTENT-7")
@dispatcher()
def diagnoses_the_transport(user: PlantedUser, tap: Tap, tools: Tools) -> RequestScopedDispatcher:
    """Once the transport has raised, events hold the credential with which it was tried."""
    context = UserContext.from_user(user)
    emitter = _Diagnosed(context, tap.manager)
    emitter.token = user.token
    return RequestScopedDispatcher(context, emitter, tools)
