"""The adapter for routers and broadcasts: one object that all users share, made once per workload.

It reports what each call gave back, and when something was logged as a warning or an error: a
router that says so only in its log has said it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from goldenpath import spec
from goldenpath.adapters.base import Reply, callable_with, done, guarded, heard, missing
from goldenpath.adapters.logs import Logs
from goldenpath.adapters.plain import plain
from goldenpath.declare import Declaration
from goldenpath.errors import TargetProblem
from goldenpath.model import LOGGED, Kind, Step
from goldenpath.plant import Plant
from goldenpath.plant.handlers import PlantedHandler

#: The recipients of `spec.NOBODY`, by name.
NOBODY: Mapping[str, Any] = {
    "None": None,
    "an empty text": "",
    "a blank": "   ",
    "0": 0,
    "an empty list": [],
    "an empty tuple": (),
    "an unknown id": "00000000-0000-4000-8000-000000000000",
}

#: With how many positional arguments each member is called.
_ARGUMENTS = {
    **{"connect": 2, "disconnect": 2, "add_handler": 1, "remove_handler": 1},
    **{"route_message": 3, "broadcast_to_user": 2},
}

#: Seconds that leaving a router may take.
LEAVING_SECONDS = 10.0


class RouterAdapter:
    """Performs steps on a router, or on a facade over it."""

    def __init__(self, name: str, factory: Callable[..., Any], declaration: Declaration) -> None:
        self._name, self._factory, self._declaration = name, factory, declaration
        self._handlers: dict[str, PlantedHandler] = {}
        self._logs = Logs(self._logged)
        self._entered: Any = None
        self._actions: Mapping[str, Callable[[Step], Awaitable[Reply]]] = {
            "inspect": self._inspect,
            "connect": self._connect,
            "disconnect": self._disconnect,
            "add_handler": self._add_handler,
            "remove_handler": self._remove_handler,
            "route": self._route,
            "broadcast": self._broadcast,
        }

    async def open(self, plant: Plant) -> None:
        """Make the router, and each facade over it. One that is an async context manager is
        entered, and is what comes of that.
        """
        self._plant = plant
        self._logs.open()
        made = await guarded(lambda: self._factory())
        if hasattr(type(made), "__aenter__"):
            made = await self._enter(made)
        self.made = self._there(made, "the factory", "its router")
        self._doors = {"": self.made}
        for name, make in self._declaration.facades.items():
            facade = await guarded(lambda make=make: make(self.made))
            self._doors[name] = self._there(
                facade, f"the facade {name}", "a facade over the router"
            )

    async def perform(self, step: Step) -> Reply:
        """Do what the step asks. A history may name what it has not made."""
        act = self._actions.get(step.action)
        link = step.args.get("socket")
        if act is None:
            return missing(step.action)
        if link is not None and link not in self._plant.sockets and step.action != "connect":
            return missing(f"socket {link}")
        return await act(step)

    async def close(self) -> None:
        """Leave what was entered, and hear nothing more."""
        self._logs.close()
        entered, self._entered = self._entered, None
        if entered is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(LEAVING_SECONDS):
                    await guarded(lambda: entered.__aexit__(None, None, None))

    def _logged(self, level: str) -> None:
        self._plant.recorder.record(Kind.MEASURE, "", None, LOGGED, {"level": level})

    async def _enter(self, made: Any) -> Any:
        got = await guarded(made.__aenter__)
        if not isinstance(got, Reply):
            self._entered = made
        return got

    def member(self, name: str, door: str = "") -> Any:
        """The member of the router, or of a facade, under its declared name, or None."""
        try:
            return getattr(self._doors[door], self._declaration.members.get(name, name), None)
        except Exception:
            return None

    def _there(self, made: Any, what: str, expected: str) -> Any:
        if isinstance(made, Reply):
            said = f"{made.value['type']}: {made.error}"
            raise TargetProblem(f"{self._name}: {what} failed", expected=expected, got=said)
        if made is None:
            raise TargetProblem(f"{self._name}: {what} returned None", expected=expected)
        return made

    async def _inspect(self, step: Step) -> Reply:
        kinds = {
            name: callable_with(self.member(name), _ARGUMENTS[name]) or expected
            for part, names in spec.ROUTER_MEMBERS.items()
            for name, expected in names.items()
            if self._declaration.options.get(part, True)
        }
        return done(kinds)

    async def _call(self, step: Step, name: str, *args: Any) -> Reply:
        member = self.member(name, step.args.get("via", ""))
        if not callable(member):
            return missing(name)
        returned = await guarded(lambda: member(*args))
        return returned if isinstance(returned, Reply) else heard(done(plain(returned)), returned)

    async def _connect(self, step: Step) -> Reply:
        socket = self._plant.sockets.open(step.args["socket"], step.actor)
        return await self._call(step, "connect", self._user_id(step), socket)

    async def _disconnect(self, step: Step) -> Reply:
        socket = self._plant.sockets[step.args["socket"]]
        self._plant.sockets.close(socket.link)
        return await self._call(step, "disconnect", self._user_id(step), socket)

    async def _add_handler(self, step: Step) -> Reply:
        name, args = step.args["handler"], step.args
        handler = self._plant.handler(name, args["types"], args["behaviour"], args.get("socket"))
        self._handlers[name] = handler
        return await self._call(step, "add_handler", handler)

    async def _remove_handler(self, step: Step) -> Reply:
        name = step.args["handler"]
        if name not in self._handlers:
            return missing(name)
        return await self._call(step, "remove_handler", self._handlers[name])

    async def _route(self, step: Step) -> Reply:
        socket = self._plant.sockets[step.args["socket"]]
        message = step.args.get("message")
        return await self._call(step, "route_message", self._user_id(step), socket, message)

    async def _broadcast(self, step: Step) -> Reply:
        odd = step.args.get("nobody")
        user_id = self._user_id(step) if odd is None else NOBODY[odd]
        return await self._call(step, "broadcast_to_user", user_id, step.args["event"])

    def _user_id(self, step: Step) -> Any:
        return self._plant.users[step.actor].user_id
