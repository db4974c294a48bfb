"""Wrong surfaces: members, call forms, look-ups, registration, and life after cleanup."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from goldenpath.miniatures.base import miniature
from goldenpath.reference import AnyTool, RequestScopedDispatcher, SessionClosed, UnknownTool
from goldenpath.reference.tools import FunctionTool


class _Absent:
    """In the place of a member: there is none."""

    def __get__(self, instance: object, owner: type) -> Any:
        raise AttributeError("no such member")


_WORKS_ON = {
    "API-8": "leaving the context cleans up no better",
    "RECOVERY-7": "what is under way is not stopped",
}
_TAKEN = {"API-5": "a name that is taken is ignored as well"}

# --- API-1 ---------------------------------------------------------------------------------------


@miniature("API-1")
class MemberMissing(RequestScopedDispatcher):
    """There is no dispatch."""

    dispatch = _Absent()


@miniature("API-1", unknown={"API-7": "there is no bridge to compare with"})
class BridgeMissing(RequestScopedDispatcher):
    """There is no websocket_bridge."""

    websocket_bridge = _Absent()


@miniature("API-1")
class MethodIsProperty(RequestScopedDispatcher):
    """get_available_tools is a property."""

    @property
    def get_available_tools(self) -> list[str]:  # type: ignore[override]
        return self._registry.names()


@miniature("API-1")
class MethodIsAsync(RequestScopedDispatcher):
    """has_tool has to be awaited."""

    async def has_tool(self, tool_name: str) -> bool:  # type: ignore[override]
        return self._registry.has(tool_name)


@miniature(
    "API-1",
    implied={"API-8": "leaving the context awaits it in vain"},
)
class CleanupIsSync(RequestScopedDispatcher):
    """cleanup is a plain method."""

    def cleanup(self) -> None:  # type: ignore[override]
        self._closed = True
        self._stop(self._in_flight)


@miniature("API-1")
class PropertyIsMethod(RequestScopedDispatcher):
    """has_websocket_support has to be called."""

    def has_websocket_support(self) -> bool:  # type: ignore[override]
        return self._emitter is not None


# --- API-2 ---------------------------------------------------------------------------------------


@miniature("API-2")
class ParametersRequired(RequestScopedDispatcher):
    """Parameters cannot be left out."""

    async def execute_tool(self, tool_name: str, parameters: Mapping[str, Any]) -> Any:  # type: ignore[override]
        return await self._execute(tool_name, parameters)


@miniature("API-2")
class OtherKeyword(RequestScopedDispatcher):
    """The tool's name has another keyword than in the contract."""

    async def execute_tool(self, name: str, parameters: Mapping[str, Any] | None = None) -> Any:
        return await self._execute(name, parameters)


@miniature(
    "API-2",
    implied={
        "API-4": "through this member no tool can be executed",
        "API-6": "through the others it can",
        "RECOVERY-2": "nor where the transport raises",
    },
)
class DispatchTakesMapping(RequestScopedDispatcher):
    """dispatch takes the parameters as one mapping, not as keywords."""

    async def dispatch(self, tool_name: str, parameters: Mapping[str, Any] | None = None) -> Any:  # type: ignore[override]
        return await self._execute(tool_name, parameters)


@miniature("API-2")
class KnownKeywordsOnly(RequestScopedDispatcher):
    """dispatch_tool takes the keywords of the consumers that are known, and no others."""

    async def dispatch_tool(  # type: ignore[override]
        self,
        tool_name: str,
        parameters: Mapping[str, Any] | None = None,
        state: Any = None,
        run_id: Any = None,
    ) -> Any:
        return await self._execute(tool_name, parameters)


@miniature("API-2", unknown={"API-14": "a function has no mark that it is for admins only"})
class RegisterByName(RequestScopedDispatcher):
    """Tools are registered by name and function only."""

    def register_tool(self, name: Any, function: Any = None) -> None:
        self._refuse_if_closed()
        if function is None:
            raise TypeError("expected register_tool(name, function)")
        self._registry.register(FunctionTool(name, "", lambda given: function(**given)))


# --- API-3 ---------------------------------------------------------------------------------------


@miniature("API-3")
class ToolsAreASnapshot(RequestScopedDispatcher):
    """tools shows what there was at creation."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._snapshot = dict(self._registry.view())

    @property
    def tools(self) -> Mapping[str, AnyTool]:
        return self._snapshot


@miniature("API-3")
class HasEveryTool(RequestScopedDispatcher):
    """has_tool says yes to every name."""

    def has_tool(self, tool_name: str) -> bool:
        return True


@miniature("API-3")
class ListsTwice(RequestScopedDispatcher):
    """get_available_tools names each tool twice."""

    def get_available_tools(self) -> list[str]:
        return self._registry.names() * 2


# --- API-4 ---------------------------------------------------------------------------------------


@miniature("API-4", implied=_TAKEN)
class RegistrationDropped(RequestScopedDispatcher):
    """register_tool does nothing and says nothing."""

    def register_tool(self, tool: AnyTool) -> None:
        self._refuse_if_closed()


@miniature(
    "API-4",
    unknown=dict.fromkeys(("API-5", "API-14"), "no registration is accepted for comparison"),
)
class RegistrationRefused(RequestScopedDispatcher):
    """register_tool refuses every tool."""

    def register_tool(self, tool: AnyTool) -> None:
        self._refuse_if_closed()
        raise ValueError(f"{tool.name} is not on the list")


@miniature("API-4")
class OddNamesDropped(RequestScopedDispatcher):
    """register_tool silently leaves out a tool whose name is no identifier."""

    def register_tool(self, tool: AnyTool) -> None:
        if tool.name.isidentifier():
            super().register_tool(tool)


@miniature("API-4")
class ListedOnly(RequestScopedDispatcher):
    """A tool registered later is listed, and only those given at creation are run."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._runnable = self._registry.names()

    def _lookup(self, tool_name: str) -> AnyTool:
        if tool_name not in self._runnable:
            raise UnknownTool(tool_name)
        tool: AnyTool = super()._lookup(tool_name)
        return tool


@miniature(
    "API-4",
    implied={
        "RECOVERY-1": "the tool is not there with any transport, so neither where there is none",
        "RECOVERY-2": "the tool is not there with any transport, so neither with one that raises",
    },
    unknown=dict.fromkeys(
        ("TOOL-6", "TOOL-7", "ISOLATION-8", "ISOLATION-8a"),
        "the tool that is to be under way is not there",
    ),
)
class FirstToolOnly(RequestScopedDispatcher):
    """Of the tools given at creation only the first is kept."""

    def __init__(self, context: Any, emitter: Any, tools: Any) -> None:
        super().__init__(context, emitter, tools[:1])


# --- API-9 ---------------------------------------------------------------------------------------


@miniature("API-9", implied=_WORKS_ON)
class CleanupDoesNothing(RequestScopedDispatcher):
    """After cleanup everything works on."""

    async def cleanup(self) -> None:
        pass


@miniature("API-9", implied={**_WORKS_ON, "API-8": "cleaning up again runs into the same accident"})
class RefusedByAccident(RequestScopedDispatcher):
    """After cleanup a call runs into an AttributeError."""

    async def cleanup(self) -> None:
        del self._registry


@miniature("API-9", implied=_TAKEN)
class RegistersAfterCleanup(RequestScopedDispatcher):
    """After cleanup tools are still registered."""

    def register_tool(self, tool: AnyTool) -> None:
        if not self._registry.has(tool.name):
            self._registry.register(tool)


@miniature("API-9", implied=_WORKS_ON)
class OneDoorOpen(RequestScopedDispatcher):
    """After cleanup dispatch still works, the two others are closed."""

    async def cleanup(self) -> None:
        self._locked = True

    def _refuse(self) -> None:
        if getattr(self, "_locked", False):
            raise SessionClosed

    async def execute_tool(self, tool_name: str, parameters: Any = None) -> Any:
        self._refuse()
        return await super().execute_tool(tool_name, parameters)

    async def dispatch_tool(self, /, tool_name: str, parameters: Any = None, **context: Any) -> Any:
        self._refuse()
        return await super().dispatch_tool(tool_name, parameters)

    def register_tool(self, tool: AnyTool) -> None:
        self._refuse()
        super().register_tool(tool)


@miniature("API-9")
class EventsAfterCleanup(RequestScopedDispatcher):
    """After cleanup a call is refused, and announced and reported all the same."""

    async def _execute(self, tool_name: str, parameters: Any = None, call_id: Any = None) -> Any:
        if self._closed and self._emitter:
            late = self._next_call_id()
            await self._emitter.tool_executing(tool_name, late, parameters or {})
            await self._emitter.tool_completed(tool_name, late, "error", error="too late")
        return await super()._execute(tool_name, parameters, call_id)


@miniature("API-9", implied={"RECOVERY-8": "a call that hangs does not return either"})
class HangsAfterCleanup(RequestScopedDispatcher):
    """After cleanup execute_tool waits for ever for a session that will not come back."""

    async def execute_tool(self, tool_name: str, parameters: Any = None) -> Any:
        if self._closed:
            await asyncio.Event().wait()
        return await super().execute_tool(tool_name, parameters)
