"""Tools that run too often, with the wrong parameters, or whose outcome is changed on the way."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from goldenpath.miniatures.base import miniature
from goldenpath.reference import (
    AnyTool,
    Execution,
    PlatformError,
    RequestScopedDispatcher,
    ScriptedAgent,
)

_EVERYWHERE = {
    "RECOVERY-1": "the outcome is changed with every transport, so also where there is none",
    "RECOVERY-2": "the outcome is changed with every transport, so also with one that raises",
}
_NEVER_RAN = {"CONTENT-5": "success is reported of a tool that never ran"}

# --- TOOL-1 --------------------------------------------------------------------------------------


@miniature("TOOL-1")
class RunsTwice(RequestScopedDispatcher):
    """Each call runs its tool twice."""

    async def _invoke(self, execution: Execution) -> Any:
        with suppress(Exception):
            await super()._invoke(execution)
        return await super()._invoke(execution)


@miniature("TOOL-1")
class RetriesFailures(RequestScopedDispatcher):
    """A tool that fails is run once more."""

    async def _invoke(self, execution: Execution) -> Any:
        try:
            return await super()._invoke(execution)
        except Exception:
            return await super()._invoke(execution)


@miniature("TOOL-1", implied=_NEVER_RAN)
class SessionCache(RequestScopedDispatcher):
    """A call that equals an earlier one of the session is answered from memory."""

    async def _invoke(self, execution: Execution) -> Any:
        memory = vars(self).setdefault("_memory", {})
        key = execution.tool.name, json.dumps(execution.parameters)
        if key not in memory:
            memory[key] = await super()._invoke(execution)
        return memory[key]


@miniature("TOOL-1")
class AgentRunsTwice(ScriptedAgent):
    """A call that succeeded is made again behind the user's back."""

    async def _call(self, call: Any) -> object:
        result = await super()._call(call)
        tool: Any = self.dispatcher._lookup(call.tool)
        await tool.arun(**call.arguments)
        return result


@miniature(
    "TOOL-1",
    implied={
        "RECOVERY-1": "calls are left out with every transport, so also where there is none",
        "RECOVERY-2": "calls are left out with every transport, so also with one that raises",
    },
)
class AgentSkipsCalls(ScriptedAgent):
    """Of a round only the first call is made."""

    async def _round(self, calls: Any) -> None:
        await super()._round(calls[:1])


# --- TOOL-2 --------------------------------------------------------------------------------------


class _Changed(RequestScopedDispatcher):
    async def _invoke(self, execution: Execution) -> Any:
        execution.parameters = self.change(execution.parameters)
        return await super()._invoke(execution)

    def change(self, parameters: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError


@miniature("TOOL-2")
class DropsContext(_Changed):
    """A parameter called context is taken for the platform's own."""

    def change(self, parameters: dict[str, Any]) -> dict[str, Any]:
        return {k: v for k, v in parameters.items() if k != "context"}


@miniature("TOOL-2")
class DropsFalsy(_Changed):
    """Parameters with a falsy value are left out."""

    def change(self, parameters: dict[str, Any]) -> dict[str, Any]:
        return {k: v for k, v in parameters.items() if v}


@miniature("TOOL-2")
class FloatsNumbers(_Changed):
    """Whole numbers become floats."""

    def change(self, parameters: dict[str, Any]) -> dict[str, Any]:
        return {k: float(v) if type(v) is int else v for k, v in parameters.items()}


@miniature("TOOL-2")
class AddsParameter(_Changed):
    """The user's id is slipped in among the parameters."""

    def change(self, parameters: dict[str, Any]) -> dict[str, Any]:
        return {**parameters, "user_id": self.context.user_id}


@miniature("TOOL-2")
class NameCollides(RequestScopedDispatcher):
    """A parameter called like an argument of the platform's own function is refused."""

    async def _invoke(self, execution: Execution) -> Any:
        return await self._run(execution.tool, **execution.parameters)

    async def _run(self, tool: Any, **parameters: Any) -> Any:
        return await tool.arun(**parameters)


@miniature("TOOL-2")
class DotsOpened(_Changed):
    """A parameter with a dot in its name becomes a parameter within another."""

    def change(self, parameters: dict[str, Any]) -> dict[str, Any]:
        opened: dict[str, Any] = {}
        for name, value in parameters.items():
            outer, dot, inner = name.partition(".")
            opened[outer] = {inner: value} if dot else value
        return opened


@miniature("TOOL-2", kind="agent")
class AgentDropsContext(DropsContext):
    """An agent's tools never get a parameter called context."""


# --- TOOL-3 --------------------------------------------------------------------------------------


@miniature("TOOL-3", implied=_EVERYWHERE)
class FalsyBecomesEmpty(RequestScopedDispatcher):
    """A falsy result becomes {}."""

    async def _execute(self, *args: Any) -> Any:
        return (await super()._execute(*args)) or {}


@miniature(
    "TOOL-3",
    implied=_EVERYWHERE,
    unknown={"ISOLATION-8": "nothing is right without another's trouble either"},
)
class ResultBecomesText(RequestScopedDispatcher):
    """Every result becomes text."""

    async def _execute(self, *args: Any) -> Any:
        return str(await super()._execute(*args))


@miniature("TOOL-3")
class ResultCut(RequestScopedDispatcher):
    """A long result is cut."""

    async def _execute(self, *args: Any) -> Any:
        result = await super()._execute(*args)
        return result[:500] if isinstance(result, list | str) else result


@miniature("TOOL-3")
class FloatsRounded(RequestScopedDispatcher):
    """Floats of a result lose what is beyond their sixth digit."""

    async def _execute(self, *args: Any) -> Any:
        return self._rounded(await super()._execute(*args))

    def _rounded(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._rounded(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._rounded(item) for item in value]
        return float(f"{value:.6g}") if isinstance(value, float) else value


@miniature("TOOL-3")
class ResultUnwrapped(RequestScopedDispatcher):
    """A result that looks like an envelope is opened."""

    async def _execute(self, *args: Any) -> Any:
        result = await super()._execute(*args)
        return result.get("result", result) if isinstance(result, dict) else result


@miniature("TOOL-3")
class RefusesFalseSuccess(RequestScopedDispatcher):
    """A result that says {"success": false} of its own is raised as an error."""

    async def _execute(self, *args: Any) -> Any:
        result = await super()._execute(*args)
        if isinstance(result, dict) and result.get("success") is False:
            raise RuntimeError("the tool was not successful")
        return result


# --- TOOL-4 --------------------------------------------------------------------------------------


@miniature("TOOL-4")
class FailureIsAValue(RequestScopedDispatcher):
    """The error of a tool is returned as if it were its result."""

    async def _execute(self, *args: Any) -> Any:
        try:
            return await super()._execute(*args)
        except PlatformError:
            raise
        except Exception as error:
            return {"error": str(error)}


@miniature("TOOL-4")
class FailureIsNone(RequestScopedDispatcher):
    """The error of a tool is logged and None returned."""

    async def _execute(self, *args: Any) -> Any:
        try:
            return await super()._execute(*args)
        except PlatformError:
            raise
        except Exception:
            return None


# --- TOOL-5 --------------------------------------------------------------------------------------


@miniature("TOOL-5", implied={"TOOL-1": "a call was accepted and nothing ran"})
class UnknownToolAccepted(RequestScopedDispatcher):
    """An unknown tool gives None."""

    async def _execute(self, tool_name: str, *args: Any) -> Any:
        self._refuse_if_closed()
        return await super()._execute(tool_name, *args) if self.has_tool(tool_name) else None


@miniature("TOOL-5")
class UnknownToolUnnamed(RequestScopedDispatcher):
    """The error for an unknown tool does not say which."""

    def _lookup(self, tool_name: str) -> AnyTool:
        if not self._registry.has(tool_name):
            raise LookupError("no such tool")
        return super()._lookup(tool_name)


@miniature("TOOL-5")
class UnknownToolByAccident(RequestScopedDispatcher):
    """An unknown tool runs into a TypeError of the insides."""

    def _lookup(self, tool_name: str) -> AnyTool:
        if not self._registry.has(tool_name):
            raise TypeError(f"'NoneType' object is not callable: {tool_name}")
        return super()._lookup(tool_name)
