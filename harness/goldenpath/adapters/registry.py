"""The adapter for registries: one for each user, or one that all share, made when first needed.

It reports what was found by the canary of the item, and what was listed by name.
"""

from __future__ import annotations

import asyncio
import inspect
import itertools
from collections.abc import AsyncIterable, Awaitable, Callable, Mapping
from typing import Any

from goldenpath import spec
from goldenpath.adapters.base import (
    MOST_LISTED,
    Reply,
    callable_with,
    done,
    failed,
    guarded,
    heard,
    missing,
)
from goldenpath.adapters.plain import plain
from goldenpath.declare import Declaration
from goldenpath.jsonable import name_shown, safe_repr
from goldenpath.model import Step
from goldenpath.plant import Plant
from goldenpath.plant.items import Item, token_in

#: Parts of the name of a parameter that says under which name an item is registered.
_NAMING = ("name", "key", "type", "id")

#: With how many positional arguments each member is called.
_ARGUMENTS = {
    **{"register": (1, 2), "list": (0,), "freeze": (0,)},
    **dict.fromkeys(("get", "has", "remove"), (1,)),
}


class RegistryAdapter:
    """Performs steps on the registries that a factory makes."""

    def __init__(self, factory: Callable[..., Any], declaration: Declaration) -> None:
        self._factory, self._declaration = factory, declaration
        self._made: dict[str, Any] = {}
        self._actions: Mapping[str, Callable[[Step], Awaitable[Reply]]] = {
            "create": self._create,
            "inspect": self._inspect,
            "register_item": self._register,
            "look_up": self._look_up,
            "has_item": self._has,
            "list_items": self._list,
            "remove_item": lambda step: self._change(step, "remove", step.args["name"]),
            "freeze": lambda step: self._change(step, "freeze"),
        }

    async def open(self, plant: Plant) -> None:
        """Nothing is made before the first step."""
        self._plant = plant

    async def perform(self, step: Step) -> Reply:
        """Do what the step asks of its user's registry."""
        act = self._actions.get(step.action)
        if act is None:
            return missing(step.action)
        if step.action != "create" and self._place(step) not in self._made:
            return missing(f"registry of {step.actor}")
        return await act(step)

    async def close(self) -> None:
        """Nothing of a registry is to be closed."""

    async def make(self, name: str) -> Any:
        """What the factory makes for this user; a Reply where it fails."""
        if self._declaration.options.get("shared"):
            return await guarded(lambda: self._factory())
        user = self._plant.user(name, self._plant.users[name].run_id or "")
        return await guarded(lambda: self._factory(user))

    def member(self, made: Any, name: str) -> Any:
        """The member of a registry under its declared name, or None."""
        try:
            return getattr(made, self._declaration.members.get(name, name), None)
        except Exception:
            return None

    def reach(self, made: Any) -> Mapping[str, str]:
        """What this reach has, by what was made: whether calls can overlap."""
        members = (self.member(made, name) for name in spec.REGISTRY_MEMBERS["keeps"])
        overlaps = self._declaration.options.get("threads") or any(map(_is_async, members))
        return {"overlaps": "yes"} if overlaps else {}

    def _place(self, step: Step) -> str:
        return "" if self._declaration.options.get("shared") else step.actor

    async def _create(self, step: Step) -> Reply:
        place = self._place(step)
        if place in self._made and self._declaration.options.get("shared"):
            return done(type(self._made[place]).__name__)
        made = await self.make(step.actor)
        if isinstance(made, Reply):
            return made
        if made is None:
            return failed("the factory returned None", None)
        self._made[place] = made
        return done(type(made).__name__)

    async def _inspect(self, step: Step) -> Reply:
        made = self._made[self._place(step)]
        kinds = {
            name: callable_with(self.member(made, name), *_ARGUMENTS[name]) or expected
            for part in spec.REGISTRY_MEMBERS.values()
            for name, expected in part.items()
        }
        return done(kinds)

    async def _ask(self, step: Step, name: str, *args: Any) -> Any:
        member = self.member(self._made[self._place(step)], name)
        if not callable(member):
            return missing(name)
        if self._declaration.options.get("threads") and not _is_async(member):
            return await guarded(lambda: asyncio.to_thread(member, *args))
        return await guarded(lambda: member(*args))

    async def _register(self, step: Step) -> Reply:
        item = Item(step.args["name"], step.args["token"])
        member = self.member(self._made[self._place(step)], "register")
        keyed = self._declaration.options.get("keyed")
        named = _takes_a_name(member) if keyed is None else keyed
        return await self._change(step, "register", *((item.name, item) if named else (item,)))

    async def _change(self, step: Step, name: str, *args: Any) -> Reply:
        """What returns False has refused; whatever else it returns, it has done it."""
        returned = await self._ask(step, name, *args)
        if isinstance(returned, Reply):
            return returned
        if returned is False:
            return failed(f"{name} returned False", returned)
        return heard(done(plain(returned)), returned)

    async def _look_up(self, step: Step) -> Reply:
        """Nothing and False stand for not found."""
        found = await self._ask(step, "get", step.args["name"])
        if isinstance(found, Reply):
            return found
        if found is None or found is False:
            return failed(f"get returned {found}", found)
        token = token_in(found)
        seen = {"token": token} if token else {"odd": safe_repr(found)}
        return heard(done(seen), found)

    async def _has(self, step: Step) -> Reply:
        found = await self._ask(step, "has", step.args["name"])
        if isinstance(found, Reply):
            return found
        return done({"has": found} if isinstance(found, bool) else {"odd": safe_repr(found)})

    async def _list(self, step: Step) -> Reply:
        found = await self._ask(step, "list")
        if isinstance(found, AsyncIterable):
            found = await guarded(lambda: _gathered(found))
        if isinstance(found, Reply):
            return found
        names = _names(found)
        return done({"names": names} if names is not None else {"odd": safe_repr(found)})


def _is_async(member: Any) -> bool:
    return inspect.iscoroutinefunction(member)


def _takes_a_name(register: Any) -> bool:
    """Whether an item is registered with its name before it."""
    try:
        parameters = [
            each
            for each in inspect.signature(register).parameters.values()
            if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)
        ]
    except (TypeError, ValueError):
        return False
    needed = [each for each in parameters if each.default is each.empty]
    first = parameters[0].name.lower() if parameters else ""
    return len(needed) > 1 or (
        len(parameters) > 1 and any(part in first.split("_") for part in _NAMING)
    )


def _names(found: Any) -> list[str] | None:
    """The names in a listing of names, of items, or of both; None where it is none."""
    if isinstance(found, str | bytes):
        return None
    try:
        listed: list[Any] = list(itertools.islice(found, MOST_LISTED + 1))
    except Exception:
        return None
    if len(listed) > MOST_LISTED:
        return None
    names = [each if isinstance(each, str) else _name_of(each) for each in listed]
    return [name_shown(name) for name in names if name] if all(names) else None


async def _gathered(found: AsyncIterable[Any]) -> list[Any]:
    """What an asynchronous listing lists, as far as a listing is read."""
    listed: list[Any] = []
    async for each in found:
        listed.append(each)
        if len(listed) > MOST_LISTED:
            break
    return listed


def _name_of(each: Any) -> str | None:
    """The name of what is listed: an item, or a pair of a name and one."""
    if isinstance(each, tuple) and each and isinstance(each[0], str):
        return each[0]
    try:
        named = each["name"] if isinstance(each, Mapping) else getattr(each, "name", None)
    except Exception:
        return None
    return named if isinstance(named, str) else None
