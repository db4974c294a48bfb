"""Calls that look alike are taken for one: at once, or one after the other through one door."""

from __future__ import annotations

import asyncio
import json
from collections.abc import MutableMapping
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from goldenpath.miniatures.base import miniature
from goldenpath.reference import Execution, RequestScopedDispatcher

_NEVER_RAN = {"CONTENT-5": "success is reported of a tool that never ran"}
_OF_ANOTHER = {
    "ISOLATION-2": "the event of a call answered by another's execution holds the other's result",
    "TOOL-1": "a call that is answered by another's execution was accepted and never ran",
    **_NEVER_RAN,
}
_OTHERWISE = {"API-6": "execute_tool, beside it, remembers nothing"}


class _OneFlight(RequestScopedDispatcher):
    """Calls of `lookup` that equal one that is under way wait for what comes of it."""

    def flights(self) -> MutableMapping[str, Any]:
        raise NotImplementedError

    async def _invoke(self, execution: Execution) -> Any:
        if execution.tool.name != "lookup":
            return await super()._invoke(execution)
        flights, key = self.flights(), json.dumps(execution.parameters, sort_keys=True)
        if key in flights:
            return await asyncio.shield(flights[key])
        flights[key] = asyncio.ensure_future(super()._invoke(execution))
        try:
            return await flights[key]
        finally:
            del flights[key]


# --- ISOLATION-3 ---------------------------------------------------------------------------------


@miniature("ISOLATION-3", implied=_OF_ANOTHER)
class OneFlightForAll(_OneFlight):
    """Equal calls at the same time, whosever they are, are answered by one execution."""

    under_way: ClassVar[WeakKeyDictionary[Any, dict[str, Any]]] = WeakKeyDictionary()

    def flights(self) -> MutableMapping[str, Any]:
        return self.under_way.setdefault(asyncio.get_running_loop(), {})


@miniature("ISOLATION-3", implied={"TOOL-1": _OF_ANOTHER["TOOL-1"], **_OTHERWISE})
class DispatchRemembersForAll(RequestScopedDispatcher):
    """What comes of the last call of `lookup` through dispatch is remembered, for all users."""

    memory: ClassVar[dict[str, Any]] = {}

    async def dispatch(self, tool_name: str, /, **parameters: Any) -> Any:
        key = json.dumps(parameters, sort_keys=True)
        if tool_name != "lookup" or self._closed:
            return await super().dispatch(tool_name, **parameters)
        if key not in self.memory:
            result = await super().dispatch(tool_name, **parameters)
            self.memory.clear()
            self.memory[key] = result
        return self.memory[key]


# --- TOOL-1 --------------------------------------------------------------------------------------


@miniature("TOOL-1", implied=_NEVER_RAN)
class OneFlightOfASession(_OneFlight):
    """Equal calls of a session at the same time are answered by one execution."""

    def flights(self) -> MutableMapping[str, Any]:
        own: dict[str, Any] = vars(self).setdefault("_flights", {})
        return own


@miniature("TOOL-1", implied=_NEVER_RAN, kind="agent")
class AgentOneFlight(OneFlightOfASession):
    """Equal calls of a round are answered by one execution."""


@miniature("TOOL-1", implied=_OTHERWISE)
class DispatchRemembers(RequestScopedDispatcher):
    """A call through dispatch that equals the last one of the session is answered from memory."""

    async def dispatch(self, tool_name: str, /, **parameters: Any) -> Any:
        key = tool_name, json.dumps(parameters, sort_keys=True)
        if vars(self).get("_last", ("", ""))[0] != key:
            self._last = key, await super().dispatch(tool_name, **parameters)
        return self._last[1]
