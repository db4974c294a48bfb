"""Users who notice each other: by their tools, by a borrowed transport, by another's trouble."""

from __future__ import annotations

import asyncio
import weakref
from typing import Any, ClassVar

from goldenpath.declare import agent, dispatcher
from goldenpath.miniatures.base import Parts, miniature
from goldenpath.plant import PlantedUser, Tap, Tools
from goldenpath.reference import (
    AnyTool,
    Execution,
    RequestScopedDispatcher,
    ScriptedAgent,
    UserEmitter,
)

_SHOWN = {"ISOLATION-2": "what another's tool returned is shown"}
_UNASKED = "another's tool runs, and of the one that was called there is none"

# --- ISOLATION-4 ---------------------------------------------------------------------------------


@miniature(
    "ISOLATION-4",
    implied={
        **dict.fromkeys(("TOOL-1", "TOOL-5", "CONTENT-5"), _UNASKED),
        **_SHOWN,
        "ISOLATION-3": "what another's tool returned is returned",
    },
)
class ToolsForEverybody(RequestScopedDispatcher):
    """What is registered for one user is there for all."""

    common: ClassVar[dict[str, AnyTool]] = {}

    def register_tool(self, tool: AnyTool) -> None:
        super().register_tool(tool)
        self.common[tool.name] = tool

    def _lookup(self, tool_name: str) -> AnyTool:
        known = self._registry.has(tool_name) or tool_name not in self.common
        return super()._lookup(tool_name) if known else self.common[tool_name]


@miniature("ISOLATION-4")
class ListsEverybodysTools(RequestScopedDispatcher):
    """get_available_tools names the tools of all users, and tools and has_tool do as well."""

    names: ClassVar[dict[str, AnyTool]] = {}

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.names.update(self._registry.view())

    def register_tool(self, tool: AnyTool) -> None:
        super().register_tool(tool)
        self.names[tool.name] = tool

    def get_available_tools(self) -> list[str]:
        return list(self.names)

    @property
    def tools(self) -> dict[str, AnyTool]:
        return self.names

    def has_tool(self, tool_name: str) -> bool:
        return tool_name in self.names

    async def cleanup(self) -> None:
        self.names.clear()
        await super().cleanup()


_THEIRS = "an equal call of each user: one's tool runs for both, and the other's never"


@miniature(
    "ISOLATION-4",
    implied={**_SHOWN, **dict.fromkeys(("TOOL-1", "CONTENT-5"), _THEIRS)},
    kind="agent",
)
class AgentLastToolWins(RequestScopedDispatcher):
    """Of all tools of one name there is one: the one that came last."""

    last: ClassVar[dict[str, AnyTool]] = {}

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.last.update(self._registry.view())

    async def _invoke(self, execution: Execution) -> Any:
        execution.tool = self.last[execution.tool.name]
        return await super()._invoke(execution)


# --- ISOLATION-5 ---------------------------------------------------------------------------------

_BORROWED = {
    "ISOLATION-1": "over a borrowed transport events reach whose it is",
    "ISOLATION-2": "and take the data along",
}


class _OverSocket:
    """What an emitter takes for a connection manager; it sends to one user, whoever is named."""

    def __init__(self, tap: Tap) -> None:
        self._send: Any = tap.send

    async def send_to_user(self, _: str, message: dict[str, Any], /) -> bool:
        return bool(await self._send(message))


class _Default:
    """The transport that was given last, for those who have none."""

    sender: _OverSocket | None = None


def _borrowed(user: PlantedUser, tap: Tap) -> UserEmitter:
    if tap.send:
        _Default.sender = _OverSocket(tap)
    return Parts().emit(user, _Default.sender)


@miniature("ISOLATION-5", implied={**_BORROWED, "API-7": "it takes what is borrowed for support"})
@dispatcher()
def remembered_transport(user: PlantedUser, tap: Tap, tools: Tools) -> RequestScopedDispatcher:
    """Who has no transport gets the one that was given last."""
    emitter = _borrowed(user, tap)
    return RequestScopedDispatcher(emitter.context, emitter if emitter.manager else None, tools)


@miniature("ISOLATION-5", implied=_BORROWED)
@agent()
def agent_remembered_transport(user: PlantedUser, tap: Tap, tools: Tools) -> ScriptedAgent:
    """An agent that has no transport gets the one that was given last."""
    emitter = _borrowed(user, tap)
    return ScriptedAgent(RequestScopedDispatcher(emitter.context, emitter, tools), emitter)


# --- ISOLATION-8 ---------------------------------------------------------------------------------


@miniature(
    "ISOLATION-8",
    implied={
        "API-4": "a call that another's cleanup stops before it began does not run",
        "API-6": "another's cleanup stops what goes through this door and not through that",
        "ISOLATION-8a": "all sessions are also those of one user",
    },
)
class CleanupStopsEverybody(RequestScopedDispatcher):
    """Cleaning up one session stops the calls of all."""

    everybody: ClassVar[dict[asyncio.Task[Any], Execution]] = {}

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._in_flight = self.everybody

    async def cleanup(self) -> None:
        current = asyncio.get_running_loop()
        for task in [t for t in self.everybody if t.get_loop() is not current]:
            del self.everybody[task]
        await super().cleanup()


_SILENCED = "after a failure of another user no call is reported"


@miniature(
    "ISOLATION-8",
    implied={
        **dict.fromkeys(("DELIVERY-2", "DELIVERY-5", "API-6", "RECOVERY-7"), _SILENCED),
        "RESOURCE-2": "who had a failure is remembered for ever",
    },
)
class FailureSilencesEverybody(UserEmitter):
    """Once a tool of one user has failed, no tool_completed is sent to the others."""

    failed: ClassVar[weakref.WeakKeyDictionary[Any, set[str]]] = weakref.WeakKeyDictionary()

    async def tool_completed(self, *args: Any, **more: Any) -> bool:
        failed = self.failed.setdefault(asyncio.get_running_loop(), set())
        others = failed - {self.context.user_id}
        if args[2] == "error":
            failed.add(self.context.user_id)
        return False if others else await super().tool_completed(*args, **more)


@miniature(
    "ISOLATION-8",
    implied={"ISOLATION-8a": "all sessions are also those of one user"},
    kind="agent",
)
class AgentCleanupStopsEverybody(CleanupStopsEverybody):
    """Cleaning up one agent's session stops the calls of all."""
