"""Plain functions as tools: the name, what it is for and how it runs stand in the function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class _Function:
    name: str
    description: str
    function: Callable[..., Any]
    admin_only: bool = False
    parameters: Mapping[str, Any] = field(default_factory=lambda: {"type": "object"})


class AsyncFunction(_Function):
    """A tool made of an async function."""

    __slots__ = ()

    async def arun(self, /, **parameters: Any) -> Any:
        """Run the function."""
        return await self.function(**parameters)


class SyncFunction(_Function):
    """A tool made of a function that blocks."""

    __slots__ = ()

    def __call__(self, /, **parameters: Any) -> Any:
        """Run the function."""
        return self.function(**parameters)


def as_tool(thing: Any) -> Any:
    """A function as a tool; anything else as it is."""
    if not inspect.isfunction(thing):
        return thing
    kind = AsyncFunction if inspect.iscoroutinefunction(thing) else SyncFunction
    marked = bool(getattr(thing, "admin_only", False))
    return kind(thing.__name__, inspect.getdoc(thing) or "", thing, marked)
