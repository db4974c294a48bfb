"""Tools that run too often or not at all, failures that are no failures, and unknown tools."""

from __future__ import annotations

import asyncio
import difflib
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

_NEVER_RAN = {"CONTENT-5": "success is reported of a tool that never ran"}

# --- TOOL-1 --------------------------------------------------------------------------------------


@miniature("TOOL-1")
class RunsTwice(RequestScopedDispatcher):
    """Each call runs its tool twice."""

    async def _invoke(self, execution: Execution) -> Any:
        with suppress(Exception):
            await super()._invoke(execution)
        return await super()._invoke(execution)


class _Retries(RequestScopedDispatcher):
    tried_again: type[Exception]

    async def _invoke(self, execution: Execution) -> Any:
        try:
            return await super()._invoke(execution)
        except self.tried_again:
            return await super()._invoke(execution)


@miniature("TOOL-1")
class RetriesFailures(_Retries):
    """A tool that fails is run once more."""

    tried_again = Exception


@miniature("TOOL-1")
class RetriesBrokenLinks(_Retries):
    """A tool that raises an OSError, such as ConnectionError, is run once more."""

    tried_again = OSError


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


class _SomeAreNone(RequestScopedDispatcher):
    forgiven: tuple[type[BaseException], ...]

    async def _execute(self, *args: Any) -> Any:
        try:
            return await super()._execute(*args)
        except PlatformError:
            raise
        except self.forgiven:
            return None


@miniature("TOOL-4")
class FailureIsNone(_SomeAreNone):
    """The error of a tool is logged and None returned."""

    forgiven = (Exception,)


@miniature("TOOL-4")
class OwnTimeoutIsNone(_SomeAreNone):
    """The TimeoutError of a tool is taken for a time that is up, and None returned."""

    forgiven = (TimeoutError,)


@miniature("TOOL-4")
class MissingKeyIsNone(_SomeAreNone):
    """The KeyError of a tool is taken for nothing found, and None returned."""

    forgiven = (KeyError,)


@miniature("TOOL-4")
class MissingRightIsNone(_SomeAreNone):
    """The PermissionError of a tool is taken for the platform's own, and None returned."""

    forgiven = (PermissionError,)


@miniature("TOOL-4")
class InventedCancelIsNone(RequestScopedDispatcher):
    """A tool that raises CancelledError, though nobody cancelled it, gives None."""

    async def _execute(self, *args: Any) -> Any:
        task = asyncio.current_task()
        try:
            return await super()._execute(*args)
        except asyncio.CancelledError:
            if task is None or task.cancelling():
                raise
            return None


@miniature("TOOL-4")
class SyncFailureIsNone(RequestScopedDispatcher):
    """The error of a synchronous tool is logged and None returned."""

    async def _execute(self, tool_name: str, *args: Any) -> Any:
        try:
            return await super()._execute(tool_name, *args)
        except PlatformError:
            raise
        except Exception:
            if hasattr(self._lookup(tool_name), "arun"):
                raise
            return None


@miniature(
    "TOOL-4",
    implied={
        "CONTENT-6": "so is its user",
        "API-6": "through the door of the first failure its own error is told",
    },
)
class FirstErrorAgain(RequestScopedDispatcher):
    """A tool that fails again is told of in the words of its first failure."""

    async def _invoke(self, execution: Execution) -> Any:
        try:
            return await super()._invoke(execution)
        except Exception as error:
            first = vars(self).setdefault("_first", {})
            raise first.setdefault((execution.tool.name, type(error)), error) from None


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


_OF_ANOTHER = "its events are those of another tool than was called"


@miniature("TOOL-5", implied=dict.fromkeys(("DELIVERY-2", "DELIVERY-3"), _OF_ANOTHER))
class NearestName(RequestScopedDispatcher):
    """A name that is nearly that of a tool is taken for it."""

    def _lookup(self, tool_name: str) -> AnyTool:
        near = difflib.get_close_matches(tool_name.strip().lower(), self._registry.names(), 1, 0.9)
        return super()._lookup(near[0] if near else tool_name)


@miniature("TOOL-5")
class UnknownToolByAccident(RequestScopedDispatcher):
    """An unknown tool runs into an AttributeError of the insides."""

    def _lookup(self, tool_name: str) -> AnyTool:
        found: Any = self._registry.view().get(tool_name)
        return super()._lookup(found.name)
