"""The tools of the reference server: harmless, quick, and each with another way to end."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .registry import Tool

LONGEST_WAIT = 1.0


class ToolError(Exception):
    """A tool could not do what it was asked; the text is meant for the user."""


@dataclass(frozen=True, slots=True)
class FunctionTool:
    """A tool made of an async function that takes all parameters as one mapping."""

    name: str
    description: str
    function: Callable[[Mapping[str, Any]], Awaitable[Any]]
    parameters: Mapping[str, Any] = field(default_factory=lambda: {"type": "object"})
    admin_only: bool = False

    async def arun(self, /, **parameters: Any) -> Any:
        """Run the function."""
        return await self.function(parameters)


async def echo(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments."""
    return dict(arguments)


async def lookup(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Pretend to have found the key."""
    return {"found": arguments.get("key")}


async def fail(arguments: Mapping[str, Any]) -> None:
    """Fail with the given message."""
    raise ToolError(str(arguments.get("message", "the tool failed")))


async def wait(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Sleep for so many seconds, within bounds."""
    seconds = arguments.get("seconds", 0)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or math.isnan(seconds):
        raise ToolError("seconds must be a number")
    waited = min(max(seconds, 0), LONGEST_WAIT)
    await asyncio.sleep(waited)
    return {"waited": waited}


def server_tools() -> list[Tool]:
    """Make the tools of one session."""
    return [
        FunctionTool("echo", "Returns its arguments.", echo),
        FunctionTool("lookup", "Finds a key.", lookup, _takes("key", "string")),
        FunctionTool("fail", "Fails with a message.", fail, _takes("message", "string")),
        FunctionTool("wait", "Waits for at most a second.", wait, _takes("seconds", "number")),
    ]


def _takes(name: str, kind: str) -> dict[str, Any]:
    return {"type": "object", "properties": {name: {"type": kind}}}
