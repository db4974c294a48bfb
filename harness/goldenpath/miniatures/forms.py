"""Tools in a form that is declared, and then dropped, taken for another, or called wrongly."""

from __future__ import annotations

import inspect
from typing import Any

from goldenpath.declare import dispatcher
from goldenpath.miniatures.base import Parts, miniature
from goldenpath.plant import PlantedUser, Tap, Tools
from goldenpath.reference import AnyTool, Execution, RequestScopedDispatcher, UserContext
from goldenpath.reference.functions import AsyncFunction, SyncFunction


def _made(kind: type[RequestScopedDispatcher], user: Any, tap: Tap, tools: Tools) -> Any:
    emitter = Parts().emit(user, tap.manager) if tap.manager else None
    return kind(UserContext.from_user(user), emitter, tools)


class _Drops(RequestScopedDispatcher):
    def register_tool(self, tool: AnyTool) -> None:
        if not inspect.isfunction(tool):
            super().register_tool(tool)


class _AwaitsAll(RequestScopedDispatcher):
    async def _invoke(self, execution: Execution) -> Any:
        if isinstance(execution.tool, SyncFunction):
            result: Any = execution.tool(**execution.parameters)
            return await result
        return await super()._invoke(execution)


class _ByPosition(RequestScopedDispatcher):
    async def _invoke(self, execution: Execution) -> Any:
        if isinstance(execution.tool, AsyncFunction):
            return await execution.tool.function(parameters=execution.parameters)
        return await super()._invoke(execution)


@miniature("API-4")
@dispatcher(accepts={"tool", "function"})
def functions_dropped(user: PlantedUser, tap: Tap, tools: Tools) -> Any:
    """Functions are said to be taken as tools, and are dropped without a word."""
    return _made(_Drops, user, tap, tools)


@miniature("TOOL-3")
@dispatcher(accepts={"tool", "function"})
def awaits_every_function(user: PlantedUser, tap: Tap, tools: Tools) -> Any:
    """What a synchronous function returns is awaited, which is an error after it has run."""
    return _made(_AwaitsAll, user, tap, tools)


@miniature("TOOL-2")
@dispatcher(accepts={"tool", "function"})
def functions_get_one_mapping(user: PlantedUser, tap: Tap, tools: Tools) -> Any:
    """An async function gets its parameters as one mapping called parameters."""
    return _made(_ByPosition, user, tap, tools)
