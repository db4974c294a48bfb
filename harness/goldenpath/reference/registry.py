"""What a session can call: a tool, and the names under which one session knows its tools.

Each session has a registry of its own. There is no global one, so a tool given to one user
cannot be seen by another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from threading import RLock
from types import MappingProxyType
from typing import Any, Protocol, runtime_checkable

from .errors import DuplicateTool, FrozenRegistry, InvalidTool, UnknownTool
from .functions import as_tool


@runtime_checkable
class Tool(Protocol):
    """Something with a name that can be run with named parameters.

    A tool with a true attribute `admin_only` is run for admins only.
    """

    @property
    def name(self) -> str:
        """The name by which it is called."""

    @property
    def description(self) -> str:
        """What it does, for the model."""

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What it takes, as JSON Schema."""

    async def arun(self, /, **parameters: Any) -> Any:
        """Do it."""


@runtime_checkable
class SyncTool(Protocol):
    """The same as a plain callable that blocks: it is run in a thread, beside the loop."""

    @property
    def name(self) -> str:
        """The name by which it is called."""

    @property
    def description(self) -> str:
        """What it does, for the model."""

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What it takes, as JSON Schema."""

    def __call__(self, /, **parameters: Any) -> Any:
        """Do it."""


AnyTool = Tool | SyncTool


class ToolRegistry:
    """The tools of one session by name."""

    def __init__(self, tools: Iterable[AnyTool] = ()) -> None:
        """Begin with these tools."""
        self._tools: dict[str, AnyTool] = {}
        self._frozen = False
        self._lock = RLock()  # tools may be registered by threads, too
        for tool in tools:
            self.register(tool)

    def register(self, tool: AnyTool) -> None:
        """Add a tool, or a function as one; what is neither is refused, and so is a taken name."""
        tool = as_tool(tool)
        if not _is_tool(tool):
            raise InvalidTool(
                "a tool has name, description, parameters, and arun or a call:"
                f" {type(tool).__name__} has not"
            )
        if not isinstance(tool.name, str) or not tool.name.strip():
            raise InvalidTool("a tool needs a name")
        with self._lock:
            self._refuse_if_frozen()
            if tool.name in self._tools:
                raise DuplicateTool(tool.name)
            self._tools[tool.name] = tool

    def get(self, name: str) -> AnyTool:
        """Find a tool; an unknown name raises `UnknownTool`."""
        with self._lock:
            if not self.has(name):
                raise UnknownTool(name)
            return self._tools[name]

    def has(self, name: str) -> bool:
        """Say whether a tool of this name is registered."""
        return isinstance(name, str) and name in self._tools

    def names(self) -> list[str]:
        """List the names in the order of registration."""
        return list(self._tools)

    def view(self) -> Mapping[str, AnyTool]:
        """Show the tools by name: read-only and always up to date."""
        return MappingProxyType(self._tools)

    def remove(self, name: str) -> None:
        """Forget a tool; an unknown name raises `UnknownTool`."""
        with self._lock:
            self._refuse_if_frozen()
            del self._tools[self.get(name).name]

    def freeze(self) -> None:
        """Refuse every change from now on, as when a run has begun that relies on its tools."""
        with self._lock:
            self._frozen = True

    def _refuse_if_frozen(self) -> None:
        if self._frozen:
            raise FrozenRegistry

    def clear(self) -> None:
        """Forget all tools."""
        self._tools.clear()


def _is_tool(tool: object) -> bool:
    """Whether it can be run; something with an `arun` that cannot be called is a mistake."""
    if isinstance(tool, Tool):
        return callable(tool.arun)
    return isinstance(tool, SyncTool)
