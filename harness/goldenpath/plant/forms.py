"""The forms in which targets take tools: our own, plain functions, LangChain's tools.

Each is a planted tool in another coat: what really happens is recorded by the tool within.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

from goldenpath.plant.tools import PlantedTool

#: How LangChain's library is had.
INSTALL = "pip install 'goldenpath[langchain]'"


def as_function(tool: Any) -> Callable[..., Any]:
    """A plain function with the tool's name and description: an async one, or a synchronous one
    where the tool is. Parameters may have any name.
    """
    if isinstance(tool, PlantedTool):

        async def function(**parameters: Any) -> Any:
            return await tool.arun(**parameters)

        return _named(function, tool)

    def plain(**parameters: Any) -> Any:
        return tool(**parameters)

    return _named(plain, tool)


def _named(function: Callable[..., Any], tool: Any) -> Callable[..., Any]:
    function.__name__ = function.__qualname__ = tool.name
    function.__doc__ = tool.description
    function.admin_only = tool.admin_only  # type: ignore[attr-defined]  # a mark, as on a tool
    return function


def as_langchain(tool: Any) -> Any:
    """One of LangChain's tools. Raises ImportError, with what to do, where they are not there."""
    if not has_langchain():
        raise ImportError(f"langchain-core is not installed: {INSTALL}")
    made: Any = importlib.import_module("goldenpath.plant.langchain").made_of(tool)
    return made


def has_langchain() -> bool:
    """Whether LangChain's tools can be made; it is not imported to find out."""
    try:
        return importlib.util.find_spec("langchain_core") is not None
    except ValueError:  # somebody has put something without a spec in its place
        return False


#: From the name of a form, as a target declares it, to what makes it of a tool.
FORMS: dict[str, Callable[[Any], Any]] = {
    "tool": lambda tool: tool,
    "function": as_function,
    "langchain": as_langchain,
}
