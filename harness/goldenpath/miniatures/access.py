"""Dispatchers that let in whom or what they should not, or do not shut what is to be shut."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from goldenpath.declare import dispatcher
from goldenpath.miniatures.base import Parts, miniature
from goldenpath.plant import PlantedUser, Tap, Tools
from goldenpath.reference import (
    AnyTool,
    DuplicateTool,
    Execution,
    PlatformError,
    RequestScopedDispatcher,
    UserEmitter,
)

# --- API-5 ---------------------------------------------------------------------------------------


@miniature("API-5")
class TakenNameIgnored(RequestScopedDispatcher):
    """A tool whose name is taken is dropped without a word."""

    def register_tool(self, tool: AnyTool) -> None:
        if not self.has_tool(tool.name):
            super().register_tool(tool)


@miniature("API-5")
class TakenNameByAccident(RequestScopedDispatcher):
    """A tool whose name is taken runs into an AttributeError of the insides."""

    def register_tool(self, tool: AnyTool) -> None:
        if self.has_tool(tool.name):
            replaced: Any = None  # nobody has ever made a list of them
            replaced.append(tool)
        super().register_tool(tool)


@miniature("API-5")
class RefusedAndReplaced(RequestScopedDispatcher):
    """A tool whose name is taken is refused, after it has taken the place of the first."""

    def register_tool(self, tool: AnyTool) -> None:
        taken = self.has_tool(tool.name)
        self._registry._tools[tool.name] = tool
        if taken:
            raise DuplicateTool(tool.name)


@miniature("API-5")
class DispatchKeepsTheFirst(RequestScopedDispatcher):
    """A name may be taken over, but dispatch goes on with the tool that it ran before."""

    _by_dispatch = False

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._ran: dict[str, AnyTool] = {}

    def register_tool(self, tool: AnyTool) -> None:
        self._refuse_if_closed()
        self._registry._tools[tool.name] = tool

    async def dispatch(self, tool_name: str, /, **parameters: Any) -> Any:
        self._by_dispatch = True
        return await super().dispatch(tool_name, **parameters)

    def _lookup(self, tool_name: str) -> AnyTool:
        known, self._by_dispatch = self._by_dispatch, False
        tool = super()._lookup(tool_name)
        return self._ran.setdefault(tool_name, tool) if known else tool


# --- API-6 ---------------------------------------------------------------------------------------


@miniature("API-6")
class OldDoorSaysCancelled(RequestScopedDispatcher):
    """A tool that fails is reported as cancelled where it was called by dispatch."""

    _by_dispatch = False

    async def dispatch(self, tool_name: str, /, **parameters: Any) -> Any:
        self._by_dispatch = True
        try:
            return await super().dispatch(tool_name, **parameters)
        finally:
            self._by_dispatch = False

    async def _report(self, execution: Execution) -> None:
        if self._by_dispatch and execution.status == "error":
            execution.status = "cancelled"
        await super()._report(execution)


@miniature("API-6")
class OldDoorTellsOfUnknown(RequestScopedDispatcher):
    """An unknown tool is announced, and closed as failed, where dispatch_tool is told of it."""

    async def dispatch_tool(self, /, tool_name: str, parameters: Any = None, **context: Any) -> Any:
        if self._emitter and not self._closed and not self.has_tool(tool_name):
            call_id = self._next_call_id()
            await self._emitter.tool_executing(tool_name, call_id, parameters or {})
            await self._emitter.tool_completed(tool_name, call_id, "error", error="unknown")
        return await super().dispatch_tool(tool_name, parameters, **context)


@miniature("API-6")
class OldDoorTellsNoError(RequestScopedDispatcher):
    """A tool that fails does so without a word of its own where dispatch is told of it."""

    async def dispatch(self, tool_name: str, /, **parameters: Any) -> Any:
        try:
            return await super().dispatch(tool_name, **parameters)
        except PlatformError:
            raise
        except Exception:
            raise RuntimeError("a tool failed") from None


# --- API-7 ---------------------------------------------------------------------------------------


@miniature("API-7")
class AlwaysSupported(RequestScopedDispatcher):
    """It says that events reach the user, whether there is a way or not."""

    has_websocket_support = True

    @property
    def websocket_bridge(self) -> Any:
        return self._emitter or object()


@miniature("API-7")
class NeverSupported(RequestScopedDispatcher):
    """It sends events and says that it cannot."""

    has_websocket_support = False


@miniature("API-7")
class BridgeIsHidden(RequestScopedDispatcher):
    """There is support and no bridge."""

    websocket_bridge = None


# --- API-8 ---------------------------------------------------------------------------------------


@miniature("API-8")
class SecondCleanupRaises(RequestScopedDispatcher):
    """Cleaning up for the second time is an error."""

    async def cleanup(self) -> None:
        if self._closed:
            raise RuntimeError("cleaned up already")
        await super().cleanup()


@miniature("API-8")
class LeavingLeavesOpen(RequestScopedDispatcher):
    """The end of a `with` does not clean up."""

    async def __aexit__(self, *_: Any) -> None:
        pass


@miniature("API-8")
class LeavingBreaks(RequestScopedDispatcher):
    """The end of a `with` cleans nothing up: it takes the tools away, and calls run into that."""

    async def __aexit__(self, *_: Any) -> None:
        vars(self)["_registry"] = None


# --- API-13 --------------------------------------------------------------------------------------

_SOMEBODY = PlantedUser("somebody", "anonymous", "thread", "run", "request", "session", "", "")


def _made(user: PlantedUser, tap: Tap, tools: Tools) -> RequestScopedDispatcher:
    emitter: UserEmitter | None = Parts().emit(user, tap.manager) if tap.manager else None
    return RequestScopedDispatcher(Parts().emit(user, None).context, emitter, tools)


@miniature("API-13")
@dispatcher()
def default_user(user: PlantedUser, tap: Tap, tools: Tools) -> RequestScopedDispatcher:
    """Who has no id is taken for a user of that name that everybody shares."""
    known = bool(user and user.user_id and user.user_id.strip())
    return _made(user if known else _SOMEBODY, tap, tools)


@miniature("API-13")
@dispatcher()
def blank_user(user: PlantedUser, tap: Tap, tools: Tools) -> RequestScopedDispatcher:
    """An id of blanks only is as good as any."""
    if user and user.user_id and user.user_id.isspace():
        user = replace(user, user_id="a blank")
    return _made(user, tap, tools)


@miniature("API-13")
@dispatcher()
def empty_user_by_accident(user: PlantedUser, tap: Tap, tools: Tools) -> RequestScopedDispatcher:
    """An empty id runs into a TypeError of the insides."""
    if user and user.user_id == "":
        account: Any = None  # nothing is found under it
        user = account["owner"]
    return _made(user, tap, tools)


# --- API-14 --------------------------------------------------------------------------------------


@miniature("API-14")
class EverybodyIsAdmin(RequestScopedDispatcher):
    """Nobody's permission is looked at."""

    def _authorize(self, tool: AnyTool) -> None:
        pass


@miniature("API-14")
class PermissionUnclear(RequestScopedDispatcher):
    """A tool for admins only fails with a number."""

    def _authorize(self, tool: AnyTool) -> None:
        try:
            super()._authorize(tool)
        except PlatformError:
            raise RuntimeError("error 17") from None


@miniature("API-14")
class PermissionIsAKey(RequestScopedDispatcher):
    """A tool for admins only fails with nothing but its name, as a dict that has it not."""

    def _authorize(self, tool: AnyTool) -> None:
        try:
            super()._authorize(tool)
        except PlatformError:
            raise KeyError(tool.name) from None


@miniature("API-14")
class PermissionByAccident(RequestScopedDispatcher):
    """A tool for admins only runs into an AttributeError of the insides."""

    def _authorize(self, tool: AnyTool) -> None:
        roles: Any = self.context.roles
        with suppress(PlatformError):
            super()._authorize(tool)
            return
        roles.permission()


@miniature("API-14", implied={"API-6": "through the other members it is refused"})
class OldDoorForAdmins(RequestScopedDispatcher):
    """dispatch does not look at permissions."""

    _unguarded = False

    async def dispatch(self, tool_name: str, /, **parameters: Any) -> Any:
        self._unguarded = True
        return await super().dispatch(tool_name, **parameters)

    async def execute_tool(
        self, tool_name: str, parameters: Mapping[str, Any] | None = None
    ) -> Any:
        self._unguarded = False
        return await super().execute_tool(tool_name, parameters)

    async def dispatch_tool(self, /, tool_name: str, parameters: Any = None, **context: Any) -> Any:
        self._unguarded = False
        return await super().dispatch_tool(tool_name, parameters, **context)

    def _authorize(self, tool: AnyTool) -> None:
        if not self._unguarded:
            super()._authorize(tool)
