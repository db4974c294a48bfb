"""Planted tools: they do what their name says, and record what really happened."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any

from goldenpath.canary import REPR, TRACE, find
from goldenpath.jsonable import jsonable, safe_text
from goldenpath.model import Kind
from goldenpath.plant.internals import Opaque, crash, internal
from goldenpath.recorder import Recorder


class ToolFailure(Exception):
    """What a planted tool raises when it is meant to fail."""


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


class PlantedTool:
    """A tool as a target gets it: `name, description, parameters, admin_only`, `arun` and call.

    `mark` is the canary of the user whom this instance was planted for; results hold it, so that an
    execution on somebody else's instance shows.
    """

    admin_only = False

    def __init__(self, name: str, owner: str, mark: str, recorder: Recorder, gates: Gates) -> None:
        about, schema, self._behave = _BEHAVIOURS[name]
        self.name = name
        self.description = about
        self.parameters = schema
        self._owner, self.mark, self._recorder, self.gates = owner, mark, recorder, gates
        self._runs = itertools.count()

    def __repr__(self) -> str:
        return f"PlantedTool({self.name!r})"

    async def __call__(self, /, **parameters: Any) -> Any:
        """Run the tool; the same as `arun`."""
        return await self.arun(**parameters)

    async def arun(self, /, **parameters: Any) -> Any:
        """Run the tool, and record that it started and how it ended."""
        given = jsonable(parameters)
        tokens = find(str(given))
        truth: dict[str, Any] = {"tool": self.name, "token": tokens[0].text if tokens else None}
        truth["run"] = next(self._runs)
        self._record("started", {**truth, "parameters": given})
        try:
            result = await self._behave(self, parameters, truth["token"])
        except asyncio.CancelledError:
            self._record("cancelled", truth)
            raise
        except Exception as error:
            self._record("failed", {**truth, "error": safe_text(error)})
            raise
        self._record("ended", {**truth, "result": jsonable(result)})
        return result

    def _record(self, what: str, value: dict[str, Any]) -> None:
        self._recorder.record(Kind.TOOL, self._owner, None, what, value)


Behaviour = Callable[[PlantedTool, dict[str, Any], "str | None"], Awaitable[Any]]


async def _lookup(tool: PlantedTool, parameters: dict[str, Any], token: str | None) -> Any:
    """Take two turns of the loop, as real work would, and answer with the call's own canary."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return {"found": token, "by": tool.mark}


async def _echo(tool: PlantedTool, parameters: dict[str, Any], token: str | None) -> Any:
    return {"echo": parameters, "by": tool.mark}


async def _give(tool: PlantedTool, parameters: dict[str, Any], token: str | None) -> Any:
    await asyncio.sleep(0)
    return parameters.get("value")


async def _explode(tool: PlantedTool, parameters: dict[str, Any], token: str | None) -> Any:
    await asyncio.sleep(0)
    raise ToolFailure(f"{tool.name} cannot work on {token or tool.mark}")


async def _collapse(tool: PlantedTool, parameters: dict[str, Any], token: str | None) -> Any:
    await asyncio.sleep(0)
    raise ToolFailure


async def _hold(tool: PlantedTool, parameters: dict[str, Any], token: str | None) -> Any:
    await tool.gates.wait(token or "")
    return {"found": token, "by": tool.mark}


async def _opaque(tool: PlantedTool, parameters: dict[str, Any], token: str | None) -> Any:
    await asyncio.sleep(0)
    return Opaque(internal(tool.mark, REPR))


async def _crash(tool: PlantedTool, parameters: dict[str, Any], token: str | None) -> Any:
    await asyncio.sleep(0)
    crash(ToolFailure(f"{tool.name} has no answer to {token}"), internal(tool.mark, TRACE))


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
    "collapse": ("Fail without a word.", _QUERY, _collapse),
    "hold": ("Wait until released, then answer.", _QUERY, _hold),
    "opaque": ("Return an object that JSON cannot hold.", _QUERY, _opaque),
    "crash": ("Fail in the depths of other code.", _QUERY, _crash),
}

TOOL_NAMES = tuple(_BEHAVIOURS)


class Tools(list[PlantedTool]):
    """The planted tools of one session, as a factory gets them."""

    def as_functions(self) -> dict[str, Callable[..., Awaitable[Any]]]:
        """The tools as plain async functions, by name."""
        return {tool.name: tool.arun for tool in self}


def plant_tools(
    names: Iterable[str], owner: str, mark: str, recorder: Recorder, gates: Gates
) -> Tools:
    """Make the tools with these names for one user."""
    return Tools(PlantedTool(name, owner, mark, recorder, gates) for name in names)
