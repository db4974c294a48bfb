"""The dispatcher adapter: what a member is, in every way in which Python can spell it."""

from __future__ import annotations

import functools
from types import SimpleNamespace
from typing import Any

import pytest

from goldenpath import spec
from goldenpath.adapters.dispatcher import _kind


async def plain(name: str) -> None: ...


class Callable:
    def __call__(self) -> None: ...


class AsyncCallable:
    async def __call__(self) -> None: ...


class Spellings:
    __slots__ = ("__dict__", "slotted")

    async def execute(self) -> None: ...

    def has(self) -> None: ...

    @classmethod
    async def of_class(cls) -> None: ...

    @staticmethod
    async def static() -> None: ...

    partial = functools.partialmethod(has)

    @property
    def prop(self) -> Any:
        return None

    @property
    def broken(self) -> Any:
        raise RuntimeError("not here")

    @property
    def lost(self) -> Any:
        return self.no_such_thing

    @functools.cached_property
    def cached(self) -> Any:
        return Callable()

    def __getattr__(self, name: str) -> Any:
        if name == "delegated":
            return plain
        if name == "raises":
            raise OSError(name)
        raise AttributeError(name)


def target() -> Spellings:
    made = Spellings()
    made.slotted = plain
    made.closure = plain  # type: ignore[attr-defined]
    made.bridge = Callable()  # type: ignore[attr-defined]
    made.value = 5  # type: ignore[attr-defined]
    return made


@pytest.mark.parametrize(
    ("name", "expected", "kind"),
    [
        ("execute", spec.ASYNC_METHOD, "async method"),
        ("has", spec.METHOD, "method"),
        ("of_class", spec.ASYNC_METHOD, "async method"),
        ("static", spec.ASYNC_METHOD, "async method"),
        ("partial", spec.METHOD, "method"),
        ("slotted", spec.ASYNC_METHOD, "async method"),
        ("closure", spec.ASYNC_METHOD, "async method"),
        ("delegated", spec.ASYNC_METHOD, "async method"),
        ("prop", spec.PROPERTY, "property"),
        ("broken", spec.PROPERTY, "a member that raises RuntimeError"),
        ("lost", spec.PROPERTY, "a member that raises AttributeError"),
        ("cached", spec.PROPERTY, "attribute"),
        ("bridge", spec.PROPERTY, "attribute"),
        ("closure", spec.PROPERTY, "attribute"),
        ("value", spec.PROPERTY, "attribute"),
        ("has", spec.PROPERTY, "method"),
        ("value", spec.METHOD, "attribute"),
        ("absent", spec.METHOD, "missing"),
        ("raises", spec.METHOD, "a member that raises OSError"),
    ],
)
def test_a_member_is_told_apart_however_it_is_spelled(name: str, expected: str, kind: str) -> None:
    """Methods, closures, slots, delegates and properties are each seen for what they are."""
    assert _kind(target(), name, expected) == kind


@pytest.mark.parametrize(
    ("made", "kind"), [(AsyncCallable(), "async method"), (Callable(), "method")]
)
def test_an_object_that_can_be_called_is_a_method(made: object, kind: str) -> None:
    """An instance with `__call__` under a method's name counts as what its call is."""
    assert _kind(SimpleNamespace(execute=made), "execute", spec.METHOD) == kind
