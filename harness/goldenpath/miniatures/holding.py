"""Registries and contexts that mix up, forget or share what they hold."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any, ClassVar

from goldenpath.declare import context, registry
from goldenpath.miniatures.base import miniature
from goldenpath.plant import PlantedUser
from goldenpath.reference import ToolRegistry, UserContext
from goldenpath.reference.errors import DuplicateTool, FrozenRegistry, UnknownTool
from goldenpath.reference.registry import AnyTool

# --- REGISTRY-1 ----------------------------------------------------------------------------------


@miniature("REGISTRY-1")
@registry(list="names", threads=True)
class FindsByPrefix(ToolRegistry):
    """A name that is not there is taken for the beginning of one that is."""

    def __init__(self, user: PlantedUser) -> None:
        super().__init__()

    def get(self, name: str) -> AnyTool:
        fitting = [each for each in self.names() if each.startswith(name)]
        return super().get(name if self.has(name) or not fitting else fitting[0])


@miniature("REGISTRY-1")
@registry(list="names", threads=True)
class ListsOnlyIdentifiers(ToolRegistry):
    """What is no identifier is registered, and never listed."""

    def __init__(self, user: PlantedUser) -> None:
        super().__init__()

    def names(self) -> list[str]:
        return [name for name in super().names() if "," not in name]


# --- REGISTRY-2 ----------------------------------------------------------------------------------


@miniature("REGISTRY-2")
@registry(list="names", threads=True)
class IgnoresTheSecond(ToolRegistry):
    """A tool under a name that is taken is ignored, and nobody is told."""

    def __init__(self, user: PlantedUser) -> None:
        super().__init__()

    def register(self, tool: AnyTool) -> None:
        if not self.has(tool.name):
            super().register(tool)


@miniature("REGISTRY-2", implied={"REGISTRY-5": "so is one that comes at the same time"})
@registry(list="names", threads=True)
class RefusesAndReplaces(ToolRegistry):
    """A second tool of a name is refused, and is there all the same."""

    def __init__(self, user: PlantedUser) -> None:
        super().__init__()

    def register(self, tool: AnyTool) -> None:
        try:
            super().register(tool)
        except DuplicateTool:
            self._tools[tool.name] = tool
            raise


# --- REGISTRY-3 ----------------------------------------------------------------------------------


@miniature("REGISTRY-3", implied={"REGISTRY-5": "so is what is removed beside other calls"})
@registry(list="names", threads=True)
class StillFindsIt(ToolRegistry):
    """What was removed is listed no more, and still found."""

    def __init__(self, user: PlantedUser) -> None:
        super().__init__()
        self._gone: dict[str, AnyTool] = {}

    def remove(self, name: str) -> None:
        self._gone[name] = self.get(name)
        super().remove(name)

    def get(self, name: str) -> AnyTool:
        return self._gone[name] if name in self._gone else super().get(name)

    def register(self, tool: AnyTool) -> None:
        super().register(tool)
        self._gone.pop(tool.name, None)


@miniature("REGISTRY-3")
@registry(list="names", threads=True)
class NameIsSpent(ToolRegistry):
    """The name of what was removed can never be used again."""

    def __init__(self, user: PlantedUser) -> None:
        super().__init__()
        self._spent: set[str] = set()

    def remove(self, name: str) -> None:
        super().remove(name)
        self._spent.add(name)

    def register(self, tool: AnyTool) -> None:
        if tool.name in self._spent:
            raise DuplicateTool(tool.name)
        super().register(tool)


# --- REGISTRY-4 ----------------------------------------------------------------------------------


@miniature("REGISTRY-4")
@registry(list="names", threads=True)
class RemovesWhenFrozen(ToolRegistry):
    """A frozen registry takes nothing more, and lets go of what it has."""

    def __init__(self, user: PlantedUser) -> None:
        super().__init__()

    def remove(self, name: str) -> None:
        if self._tools.pop(name, None) is None:
            raise UnknownTool(name)


@miniature("REGISTRY-4")
@registry(list="names", threads=True)
class FreezesSilently(ToolRegistry):
    """What comes once it was frozen is thrown away, and nobody is told."""

    def __init__(self, user: PlantedUser) -> None:
        super().__init__()

    def register(self, tool: AnyTool) -> None:
        if not self._frozen:
            super().register(tool)


# --- REGISTRY-5 ----------------------------------------------------------------------------------


@miniature("REGISTRY-5")
@registry()
class LooksBeforeItLeaps:
    """Whether a name is taken is asked of a store, and forgotten by the time it is written."""

    def __init__(self, user: PlantedUser) -> None:
        self._inner = ToolRegistry()

    async def register(self, tool: AnyTool) -> None:
        taken = self._inner.has(tool.name)
        await asyncio.sleep(0)  # the store answers
        if taken:
            raise DuplicateTool(tool.name)
        if self._inner.has(tool.name):
            self._inner.remove(tool.name)
        self._inner.register(tool)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, "names" if name == "list" else name)


@miniature("REGISTRY-5")
@registry(threads=True)
class WritesTheWholeBack:
    """All tools are read, changed and written back: of two changes at once one is lost."""

    def __init__(self, user: PlantedUser) -> None:
        self._inner = ToolRegistry()

    def register(self, tool: AnyTool) -> None:
        if self._inner._frozen:
            raise FrozenRegistry
        tools = dict(self._inner.view())
        time.sleep(0.01)  # written to disk
        copy = ToolRegistry(tools.values())
        copy.register(tool)
        self._inner._tools = copy._tools

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, "names" if name == "list" else name)


# --- REGISTRY-6 ----------------------------------------------------------------------------------


@miniature(
    "REGISTRY-6",
    implied={
        "REGISTRY-1": "what was left there by an earlier user is listed",
        "ISOLATION-3": "what is found may be another's",
    },
)
@registry(list="names", threads=True)
class OneForAll(ToolRegistry):
    """Every user is given a registry of their own over one table."""

    _all: ClassVar[dict[str, AnyTool]] = {}

    def __init__(self, user: PlantedUser) -> None:
        super().__init__()
        self._tools = self._all


@miniature("REGISTRY-6")
@registry(list="names", threads=True)
class FreezesAll(ToolRegistry):
    """When one user's registry is frozen all are that were made since."""

    _last: ClassVar[list[ToolRegistry]] = []

    def __init__(self, user: PlantedUser) -> None:
        super().__init__()
        self._last.append(self)
        del self._last[:-2]

    def freeze(self) -> None:
        for each in self._last:
            each._frozen = True


# --- contexts ------------------------------------------------------------------------------------


def _made(ids: Mapping[str, str], **more: Any) -> UserContext:
    user_id, thread_id, run_id, request_id = (ids[name] for name in _IDS)
    return UserContext(user_id, thread_id, run_id, request_id, request_id, **more)


_IDS = ("user_id", "thread_id", "run_id", "request_id")


@miniature("CONTEXT-1")
@context()
def thread_for_run(**ids: str) -> UserContext:
    """The thread stands where the run belongs."""
    made = _made(ids)
    return _made({**ids, "run_id": made.thread_id})


class _Latest:
    """What it knows of its run is what was last made for its user."""

    runs: ClassVar[dict[str, str]] = {}

    def __init__(self, made: UserContext) -> None:
        self._made = made
        self.runs[made.user_id] = made.run_id

    @property
    def run_id(self) -> str:
        return self.runs[self._made.user_id]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._made, name)


@miniature("CONTEXT-1")
@context()
def latest_run(**ids: str) -> _Latest:
    """A user's earlier context takes on the run of the later one."""
    return _Latest(_made(ids))


_TOLD = {"ISOLATION-3": "who reads a context is told what is in it"}

_SHARED: dict[str, Any] = {}


@miniature("CONTEXT-2", implied=_TOLD)
@context()
def shared_metadata(*, metadata: dict[str, Any] = _SHARED, **ids: str) -> UserContext:
    """All contexts share the mapping that is the default of their metadata."""
    return _made(ids, metadata=metadata)


@miniature("CONTEXT-2", implied=_TOLD)
@context()
def copies_the_last(**ids: str) -> UserContext:
    """A context begins with what was noted in the last one."""
    made = _made(ids)
    made.metadata.update(_SHARED_BY_COPY)
    _SHARED_BY_COPY["made by"] = ids["thread_id"]
    return made


_SHARED_BY_COPY: dict[str, Any] = {}


@miniature("API-13")
@context()
def strips_nothing(**ids: str) -> UserContext:
    """A blank id is an id."""
    named = {name: value or "" for name, value in ids.items()}
    if not all(named.values()):
        raise ValueError("a user context needs its ids")
    return _made({name: value.strip() or "none" for name, value in named.items()})


@miniature("API-1", implied={"CONTEXT-1": "where there is no thread it is not the one asked for"})
@context()
class HasNoThread:
    """It knows its user and its run, and no thread."""

    def __init__(self, user_id: str, thread_id: str, run_id: str, request_id: str) -> None:
        made = UserContext(user_id, thread_id, run_id, request_id, request_id)
        self.user_id, self.run_id, self.request_id = made.user_id, run_id, request_id
        self.metadata = made.metadata
