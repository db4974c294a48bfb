"""Planted items: what is put into a registry, and found again in what it gives back.

An item looks like a tool, because most registries want to see one, and holds a canary by which it
is known even in a copy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from goldenpath.canary import find

_SCHEMA: dict[str, Any] = {"type": "object", "additionalProperties": True}

#: Of a collection so many members are looked at.
_MOST = 100


class Item:
    """Something with a name that can be registered, and run like a tool."""

    def __init__(self, name: str, token: str) -> None:
        self.name, self.token = name, token
        self.description = f"Answer {token}."
        self.parameters = _SCHEMA
        self.admin_only = False

    async def arun(self, /, **parameters: Any) -> Any:
        """Answer the canary."""
        return {"by": self.token}

    async def __call__(self, /, **parameters: Any) -> Any:
        """Run it; the same as `arun`."""
        return await self.arun(**parameters)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self.token!r})"


def token_in(found: Any) -> str | None:
    """The canary of the item that this is, that it holds, or that it was made of; else None. Never
    raises, whatever that does.
    """
    with suppress(Exception):
        return _token_in(found)
    return None


def _token_in(found: Any) -> str | None:
    for thing in (found, *_held(found)):
        if isinstance(thing, Item):
            return thing.token
    for thing in (found, *_held(found)):
        described = _attribute(thing, "description")
        if isinstance(described, str) and (tokens := find(described)):
            return tokens[0].text
    return None


def _held(found: Any) -> Iterator[Any]:
    """What a record, a pair or a bound method holds."""
    if isinstance(found, Mapping):
        yield from list(found.values())[:_MOST]
    elif isinstance(found, list | tuple):
        yield from found[:_MOST]
    else:
        yield _attribute(found, "__self__")
        yield from list((_attribute(found, "__dict__") or {}).values())[:_MOST]


def _attribute(thing: Any, name: str) -> Any:
    with suppress(Exception):
        return getattr(thing, name, None)
    return None
