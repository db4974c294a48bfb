"""The old doors, dispatch_tool and dispatch, are not as good as execute_tool beside them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from goldenpath.miniatures.base import miniature
from goldenpath.reference import RequestScopedDispatcher

_EVERYWHERE = {
    "RECOVERY-1": "results are mixed up with every transport, so also where there is none",
    "RECOVERY-2": "results are mixed up with every transport, so also with one that raises",
}

_A_WHILE = 0.01  # seconds


class _OldDoors(RequestScopedDispatcher):
    """Both old doors lead through `old`."""

    async def old(self, tool_name: str, parameters: Mapping[str, Any]) -> Any:
        raise NotImplementedError

    async def dispatch_tool(
        self, /, tool_name: str, parameters: Mapping[str, Any] | None = None, **context: Any
    ) -> Any:
        return await self.old(tool_name, parameters or {})

    async def dispatch(self, tool_name: str, /, **parameters: Any) -> Any:
        return await self.old(tool_name, parameters)


@miniature("TOOL-3", implied={**_EVERYWHERE, "API-6": "and through execute_tool they are not"})
class OldDoorsKeepTheLast(_OldDoors):
    """What an old door returns is looked up where the last call left it."""

    async def old(self, tool_name: str, parameters: Mapping[str, Any]) -> Any:
        self.last = await self.execute_tool(tool_name, parameters)
        await asyncio.sleep(_A_WHILE)  # as whoever looks something up first
        return self.last


@miniature("TOOL-6")
class OldDoorsShield(_OldDoors):
    """A call through an old door that is given up returns at once, and its tool works on."""

    async def old(self, tool_name: str, parameters: Mapping[str, Any]) -> Any:
        call = asyncio.create_task(self.execute_tool(tool_name, parameters))
        return await asyncio.shield(call)


@miniature("RECOVERY-7")
class OldDoorsOutliveTheSession(_OldDoors):
    """Calls through an old door are made by a dispatcher of their own, which nobody cleans up."""

    async def old(self, tool_name: str, parameters: Mapping[str, Any]) -> Any:
        self._refuse_if_closed()
        apart = RequestScopedDispatcher(self.context, self._emitter, self._registry.view().values())
        return await apart._execute(tool_name, parameters, self._next_call_id())
