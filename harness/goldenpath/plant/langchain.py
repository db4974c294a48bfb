"""Planted tools as LangChain's: the only place that names its library, imported when asked for."""

from __future__ import annotations

import asyncio
import functools
from typing import Any

from langchain_core.tools import BaseTool

from goldenpath.plant.tools import PlantedTool


class _SyncTool(BaseTool):
    """Has `_run`, and runs that in a thread when it is awaited, as LangChain itself does; but with
    parameters of any name, such as `self`.

    args_schema is JSON Schema, as planted tools have it, so that parameters go through as they are.
    """

    planted: Any
    admin_only: bool = False

    def _run(self, /, **parameters: Any) -> Any:
        return self.planted(**parameters)

    async def _arun(self, /, **parameters: Any) -> Any:
        return await asyncio.to_thread(functools.partial(self.planted, **parameters))


class _AsyncTool(_SyncTool):
    """Has `_arun` alone, as StructuredTool has that was made of a coroutine."""

    def _run(self, /, **parameters: Any) -> Any:
        raise NotImplementedError(f"{self.name} is asynchronous: use ainvoke or arun")

    async def _arun(self, /, **parameters: Any) -> Any:
        return await self.planted.arun(**parameters)


def made_of(tool: Any) -> BaseTool:
    """The planted tool in LangChain's coat."""
    made = _AsyncTool if isinstance(tool, PlantedTool) else _SyncTool
    return made(
        name=tool.name,
        description=tool.description,
        args_schema=tool.parameters,
        planted=tool,
        admin_only=tool.admin_only,
    )
