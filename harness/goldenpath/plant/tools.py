"""Planted tools: they do what their name says, and record what really happened."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from goldenpath.canary import REPR, TRACE, find
from goldenpath.jsonable import jsonable, safe_text
from goldenpath.model import Kind
from goldenpath.plant.internals import Opaque, crash, internal
from goldenpath.recorder import Recorder


class ToolFailure(Exception):
    """What a planted tool raises when it is meant to fail."""


class GaveUp(asyncio.CancelledError):
    """What a planted tool raises that was cancelled by nobody and says that it was, as a tool does
    whose own inner task was.
    """


class Gates:
    """Holds executions of the tool `hold` until they are released, by the token of the call.

    A target may run a tool in another thread, in a loop of its own: each is woken in its own.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: set[str] = set()
        self._all = False
        self._waiting: dict[str, list[asyncio.Future[None]]] = {}

    async def wait(self, token: str) -> None:
        """Wait until the call with this token is released."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with self._lock:
            if self._all or token in self._open:
                return
            self._waiting.setdefault(token, []).append(waiter)
        await waiter

    def holds(self, token: str) -> bool:
        """Whether somebody waits for the release of this one."""
        with self._lock:
            return token in self._waiting

    def release(self, token: str) -> None:
        """Let the call with this token go on, now or when it comes."""
        with self._lock:
            self._open.add(token)
            waiters = self._waiting.pop(token, [])
        _wake(waiters)

    def release_all(self) -> None:
        """Let everything go on that is held, or comes to be."""
        with self._lock:
            self._all = True
            waiters = [waiter for held in self._waiting.values() for waiter in held]
            self._waiting.clear()
        _wake(waiters)


def _wake(waiters: Iterable[asyncio.Future[None]]) -> None:
    for waiter in waiters:
        with suppress(RuntimeError):  # its loop has been closed meanwhile
            waiter.get_loop().call_soon_threadsafe(_go_on, waiter)


def _go_on(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


@dataclass(frozen=True)
class Owner:
    """The user whom a tool is planted for, by name and canary, and what it needs of the plant.
    session: which of their sessions, where they have several at once.
    """

    name: str
    mark: str
    recorder: Recorder
    gates: Gates
    twin: bool = False
    session: str = ""


class _Planted:
    """What every planted tool is: `name, description, parameters, admin_only`, and who has it.

    `mark` is the canary of the user whom this instance was planted for; results hold it, so that an
    execution on somebody else's instance shows. twin: it was made for a name that was taken.
    """

    def __init__(self, name: str, about: str, schema: dict[str, Any], owner: Owner) -> None:
        self.name = name
        self.description = about
        self.parameters = schema
        self.admin_only = name in ADMIN_ONLY
        self.mark, self.gates = owner.mark, owner.gates
        self._owner = owner
        self._runs = itertools.count()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    def begin(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Record that it starts; what each later record of this execution says as well."""
        given = jsonable(parameters)
        tokens = find(str(given))
        truth: dict[str, Any] = {"tool": self.name, "token": tokens[0].text if tokens else None}
        truth["run"] = next(self._runs)
        if self._owner.twin:
            truth["twin"] = True
        self.record("started", {**truth, "parameters": given})
        return truth

    def record(self, what: str, value: dict[str, Any]) -> None:
        """Write down what really happens."""
        owner = self._owner
        owner.recorder.record(Kind.TOOL, owner.name, None, what, value, owner.session)


class PlantedTool(_Planted):
    """An asynchronous tool as a target gets it: `arun`, and an awaitable call that is the same."""

    def __init__(self, name: str, owner: Owner) -> None:
        about, schema, self._behave = _BEHAVIOURS[name]
        super().__init__(name, about, schema, owner)

    async def __call__(self, /, **parameters: Any) -> Any:
        """Run the tool; the same as `arun`."""
        return await self.arun(**parameters)

    async def arun(self, /, **parameters: Any) -> Any:
        """Run the tool, and record that it started and how it ended."""
        truth = self.begin(parameters)
        try:
            result = await self.work(parameters, truth)
        except GaveUp as error:
            self.record("failed", {**truth, "error": safe_text(error)})
            raise
        except asyncio.CancelledError:
            self.record("cancelled", truth)
            raise
        except Exception as error:
            self.record("failed", {**truth, "error": safe_text(error)})
            raise
        self.record("ended", {**truth, "result": jsonable(result)})
        return result

    async def work(self, parameters: dict[str, Any], truth: dict[str, Any]) -> Any:
        """Do what the tool does, without recording that it started or how it ended."""
        return await self._behave(self, parameters, truth)


#: How long a synchronous tool waits for the loop to turn, in slices, so that a machine which stalls
#: stretches the time: long enough that only a loop that is blocked does not.
SLICES, SLICE = 20, 0.025


class BlockingTool(_Planted):
    """A synchronous tool: no `arun`, and a call that blocks its thread until the loop has turned,
    which happens at once unless that thread is the loop's own, or the loop waits for it.
    """

    def __init__(self, name: str, owner: Owner) -> None:
        super().__init__(name, "Look something up, and block meanwhile.", _QUERY, owner)
        self._loop = _running_loop()

    def __call__(self, /, **parameters: Any) -> Any:
        """Run the tool, and record whether the loop went on meanwhile."""
        truth = self.begin(parameters)
        seen = self._watched()
        result = {"found": truth["token"], "by": self.mark}
        self.record("ended", {**truth, "result": result, **seen})
        return result

    def _watched(self) -> dict[str, Any]:
        """Whether the loop turned, and how many seconds were waited for it; nothing is said where
        there is none, or none any more.
        """
        turned = threading.Event()
        try:
            if self._loop is None:
                return {}
            self._loop.call_soon_threadsafe(turned.set)
        except RuntimeError:  # it has been closed meanwhile
            return {}
        waited = next((n for n in range(SLICES) if turned.wait(SLICE)), SLICES)
        if self._loop.is_closed():
            return {}
        return {"turned": turned.is_set(), "waited": round(waited * SLICE, 3)}


class PromptTool(_Planted):
    """A synchronous tool that answers at once."""

    def __init__(self, name: str, owner: Owner) -> None:
        super().__init__(name, "Recall something.", _QUERY, owner)

    def __call__(self, /, **parameters: Any) -> Any:
        """Run the tool."""
        truth = self.begin(parameters)
        result = {"recalled": jsonable(parameters), "by": self.mark}
        self.record("ended", {**truth, "result": result})
        return result


class ChokingTool(_Planted):
    """A synchronous tool that fails at once."""

    def __init__(self, name: str, owner: Owner) -> None:
        super().__init__(name, "Fail, synchronously.", _QUERY, owner)

    def __call__(self, /, **parameters: Any) -> Any:
        """Run the tool."""
        truth = self.begin(parameters)
        error = ToolFailure(f"{self.name} cannot work on {truth['token'] or self.mark}")
        self.record("failed", {**truth, "error": safe_text(error)})
        raise error


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


Behaviour = Callable[[PlantedTool, dict[str, Any], dict[str, Any]], Awaitable[Any]]


async def _lookup(tool: PlantedTool, parameters: dict[str, Any], truth: dict[str, Any]) -> Any:
    """Take two turns of the loop, as real work would, and answer with the call's own canary."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return {"found": truth["token"], "by": tool.mark}


async def _echo(tool: PlantedTool, parameters: dict[str, Any], truth: dict[str, Any]) -> Any:
    return {"echo": parameters, "by": tool.mark}


async def _give(tool: PlantedTool, parameters: dict[str, Any], truth: dict[str, Any]) -> Any:
    await asyncio.sleep(0)
    return parameters.get("value")


async def _explode(tool: PlantedTool, parameters: dict[str, Any], truth: dict[str, Any]) -> Any:
    await asyncio.sleep(0)
    raise ToolFailure(f"{tool.name} cannot work on {truth['token'] or tool.mark}")


async def _collapse(tool: PlantedTool, parameters: dict[str, Any], truth: dict[str, Any]) -> Any:
    await asyncio.sleep(0)
    raise ToolFailure


#: What tools of the field raise, each of which some platform takes for something of its own: a
#: timeout, a link that broke, an unknown tool, a missing right, wrong parameters, a stub.
_ERRORS: dict[str, type[BaseException]] = {
    error.__name__: error
    for error in (
        *(TimeoutError, ConnectionError, KeyError, PermissionError, TypeError, ValueError),
        *(NotImplementedError, GaveUp),
    )
}


async def _stumble(tool: PlantedTool, parameters: dict[str, Any], truth: dict[str, Any]) -> Any:
    await asyncio.sleep(0)
    error = _ERRORS.get(str(parameters.get("over")), ToolFailure)
    raise error(f"{tool.name} cannot work on {truth['token'] or tool.mark}")


async def _hold(tool: PlantedTool, parameters: dict[str, Any], truth: dict[str, Any]) -> Any:
    """Wait, and then do something to the world, which is what a caller that gave up must not get:
    the effect is recorded.

    A tool that is slow by the clock would show nothing that this one does not: it is as slow as a
    workload needs it, on every machine (tests/plant/test_hold_is_slow.py).
    """
    await tool.gates.wait(truth["token"] or "")
    tool.record("effect", truth)
    return {"found": truth["token"], "by": tool.mark}


async def _opaque(tool: PlantedTool, parameters: dict[str, Any], truth: dict[str, Any]) -> Any:
    await asyncio.sleep(0)
    return Opaque(internal(tool.mark, REPR))


async def _crash(tool: PlantedTool, parameters: dict[str, Any], truth: dict[str, Any]) -> Any:
    await asyncio.sleep(0)
    crash(ToolFailure(f"{tool.name} has no answer to {truth['token']}"), internal(tool.mark, TRACE))


_ANYTHING: dict[str, Any] = {"type": "object", "additionalProperties": True}
_QUERY: dict[str, Any] = {
    "type": "object",
    "properties": {"query": {"type": "string"}},
    "additionalProperties": True,
}

_BEHAVIOURS: dict[str, tuple[str, dict[str, Any], Behaviour]] = {
    "lookup": ("Look something up.", _QUERY, _lookup),
    "echo": ("Return the parameters.", _ANYTHING, _echo),
    "give": ("Return the parameter `value` as it is.", _ANYTHING, _give),
    "explode": ("Fail.", _QUERY, _explode),
    "stumble": ("Fail with the error whose name is in `over`.", _ANYTHING, _stumble),
    "collapse": ("Fail without a word.", _QUERY, _collapse),
    "get-weather": ("Look something up, under a name that is no identifier.", _QUERY, _lookup),
    "hold": ("Wait until released, then answer.", _QUERY, _hold),
    "linger": ("The same under another name, for two that are held at once.", _QUERY, _hold),
    "administer": ("Do what only an admin may.", _QUERY, _lookup),
    "opaque": ("Return an object that JSON cannot hold.", _QUERY, _opaque),
    "crash": ("Fail in the depths of other code.", _QUERY, _crash),
}

#: The synchronous ones, and those that are for admins only.
_SYNCHRONOUS: dict[str, Callable[[str, Owner], _Planted]] = {
    "block": BlockingTool,
    "recall": PromptTool,
    "choke": ChokingTool,
}
SYNCHRONOUS = frozenset(_SYNCHRONOUS)
ADMIN_ONLY = frozenset({"administer"})

#: Those that wait until they are released.
HELD = frozenset(name for name, (_, _, behave) in _BEHAVIOURS.items() if behave is _hold)

TOOL_NAMES = (*_BEHAVIOURS, *SYNCHRONOUS)


class Tools(list[Any]):
    """The planted tools of one session, as a factory gets them."""

    def as_functions(self) -> dict[str, Callable[..., Any]]:
        """The tools as plain functions, by name: async ones, and synchronous ones where it is."""
        from goldenpath.plant.forms import as_function

        return {tool.name: as_function(tool) for tool in self}

    def as_langchain(self) -> list[Any]:
        """The tools as LangChain's BaseTool. Raises ImportError, with what to do, where its library
        is not there.
        """
        from goldenpath.plant.forms import as_langchain

        return [as_langchain(tool) for tool in self]


def plant_tools(names: Iterable[str], owner: Owner) -> Tools:
    """Make the tools with these names for one user."""
    return Tools(
        _SYNCHRONOUS[name](name, owner) if name in SYNCHRONOUS else PlantedTool(name, owner)
        for name in names
    )
