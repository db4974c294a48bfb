"""Events that lack what they should carry, or carry it in the wrong form."""

from __future__ import annotations

import json
from typing import Any

from goldenpath.miniatures.base import miniature
from goldenpath.reference import EventFactory, Execution, RequestScopedDispatcher, ScriptedAgent

Event = dict[str, Any]

# --- CONTENT-2 -----------------------------------------------------------------------------------


@miniature("CONTENT-2")
class StatusIsAList(EventFactory):
    """The status of tool_completed is a list."""

    def tool_completed(self, *args: Any, **more: Any) -> Event:
        event = super().tool_completed(*args, **more)
        event["data"]["status"] = [event["data"]["status"]]
        return event


@miniature("CONTENT-2")
class ParametersAreText(EventFactory):
    """The parameters in tool_executing are text of JSON."""

    def tool_executing(self, *args: Any, **more: Any) -> Event:
        event = super().tool_executing(*args, **more)
        metadata = event["data"]["metadata"]
        metadata["parameters"] = json.dumps(metadata["parameters"])
        return event


@miniature(
    "CONTENT-2",
    implied={"CONTENT-4": "a tool_executing without a name does not carry the tool's name"},
    kind="agent",
)
class ToolByNumber(EventFactory):
    """Tool events of an agent name the tool by a number."""

    def tool_executing(self, tool_name: str, *args: Any) -> Event:
        event = super().tool_executing(tool_name, *args)
        event["data"]["tool_name"] = len(tool_name)
        return event


@miniature("CONTENT-2")
class ThoughtIsAnObject(ScriptedAgent):
    """A thought is an object."""

    async def _think(self, calls: Any) -> None:
        thought: Any = {"summary": "Let me see."}
        await self.emitter.agent_thinking(thought)


@miniature(
    "CONTENT-2",
    implied={"CONTENT-6": "what tells no ending tells neither the result nor the error"},
    kind="agent",
)
class TellsNoEnding(EventFactory):
    """tool_completed of an agent does not tell how the tool ended."""

    def tool_completed(self, *args: Any, **more: Any) -> Event:
        event = super().tool_completed(*args, **more)
        event["data"] |= {"status": None, "metadata": {}}
        return event


# --- CONTENT-4 -----------------------------------------------------------------------------------


class _OtherParameters(EventFactory):
    def tool_executing(self, tool_name: str, call_id: str, parameters: Any) -> Event:
        return super().tool_executing(tool_name, call_id, self.said(parameters))

    def said(self, parameters: Event) -> Event:
        """What is told of the parameters."""
        raise NotImplementedError


@miniature("CONTENT-4")
class ParametersFlattened(_OtherParameters):
    """tool_executing turns the value of every parameter to text."""

    def said(self, parameters: Event) -> Event:
        return {name: str(value) for name, value in parameters.items()}


@miniature("CONTENT-4")
class MasksIds(_OtherParameters):
    """tool_executing masks parameters that look like ids, and does not say so."""

    def said(self, parameters: Event) -> Event:
        return {n: "***" if n.endswith("id") else v for n, v in parameters.items()}


@miniature("CONTENT-4", kind="agent")
class ParametersLeftOut(_OtherParameters):
    """tool_executing of an agent holds no parameters."""

    def said(self, parameters: Event) -> Event:
        return {}


@miniature("CONTENT-4")
class ReportsATool(EventFactory):
    """tool_completed names every tool alike."""

    def tool_completed(self, tool_name: str, *args: Any) -> Event:
        return super().tool_completed("tool", *args)


@miniature("CONTENT-4", kind="agent")
class ReportsTheToolBefore(EventFactory):
    """tool_completed of an agent names the tool of the report before."""

    before = ""

    def tool_completed(self, tool_name: str, *args: Any) -> Event:
        named, self.before = self.before or tool_name, tool_name
        return super().tool_completed(named, *args)


# --- CONTENT-6 -----------------------------------------------------------------------------------


class _OtherResult(EventFactory):
    def tool_completed(self, *args: Any, **more: Any) -> Event:
        event = super().tool_completed(*args, **more)
        self.change(event["data"]["metadata"])
        return event

    def change(self, metadata: Event) -> None:
        raise NotImplementedError


@miniature("CONTENT-6")
class FalsyResultUntold(_OtherResult):
    """tool_completed leaves out a result that is falsy."""

    def change(self, metadata: Event) -> None:
        if not metadata.get("result", True):
            del metadata["result"]


@miniature("CONTENT-6")
class ResultCutShort(_OtherResult):
    """tool_completed holds the first 500 letters of a long result."""

    def change(self, metadata: Event) -> None:
        if len(json.dumps(metadata.get("result"))) > 500:
            metadata["result"] = json.dumps(metadata["result"])[:500]


@miniature("CONTENT-6")
class ErrorUntold(_OtherResult):
    """tool_completed of a tool that failed does not tell the error."""

    def change(self, metadata: Event) -> None:
        metadata.pop("error", None)


@miniature("CONTENT-6")
class FailureTakesTime(_OtherResult):
    """tool_completed of a tool that failed tells how long it took instead of the error."""

    def change(self, metadata: Event) -> None:
        if metadata.pop("error", None) is not None:
            metadata["result"] = {"took_ms": 3}


@miniature("CONTENT-6", kind="agent")
class SaysDone(EventFactory):
    """tool_completed of an agent says that it is done, and no error."""

    def tool_completed(self, *args: Any, **more: Any) -> Event:
        event = super().tool_completed(*args, **more)
        event["data"]["metadata"].pop("error", None)
        event["data"]["message"] = "done"
        return event


@miniature("CONTENT-6", kind="agent")
class OnlyThatItWorked(_OtherResult):
    """tool_completed of an agent never holds a result."""

    def change(self, metadata: Event) -> None:
        metadata.pop("result", None)


@miniature("CONTENT-6")
class AnswerUntold(ScriptedAgent):
    """agent_completed tells that there is an answer."""

    async def _finish(self, answer: str) -> str:
        await self.emitter.agent_completed("Your answer is ready.")
        return answer


@miniature(
    "CONTENT-6",
    implied=dict.fromkeys(
        ("ORDER-3", "DELIVERY-3"), "where its announcement was refused, its report is the first's"
    ),
)
class ResultOfTheFirst(RequestScopedDispatcher):
    """tool_completed holds the result of the first call of the session."""

    async def _report(self, execution: Execution) -> None:
        truth = execution.result
        if execution.status == "success":
            execution.result = vars(self).setdefault("_first", truth)
        await super()._report(execution)
        execution.result = truth
