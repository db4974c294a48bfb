"""Every canary in what a target returned or raised, wherever in it: a leak hides in a corner.

What is shown of a result is cut and reduced to the field that matters; a leak is searched for
before that, in all of it. Walked are containers, bytes, data objects and exceptions with their
causes and notes; of any other object only its own fields, so that a result that refers to the whole
platform does not accuse it of what the platform rightly knows.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from goldenpath.canary import find

#: How much is walked: nothing that a user is told is larger.
NODES, DEPTH, TOKENS = 20_000, 8, 50


def overheard(value: Any) -> list[str]:
    """The distinct canaries in `value`, bounded; never raises, whatever the value does."""
    found: dict[str, None] = {}
    stack: list[tuple[Any, int]] = [(value, 0)]
    seen: set[int] = set()
    for _ in range(NODES):
        if not stack or len(found) >= TOKENS:
            break
        item, depth = stack.pop()
        if isinstance(item, str):
            found.update(dict.fromkeys(token.text for token in find(str.__str__(item))))
        elif depth < DEPTH and id(item) not in seen:
            seen.add(id(item))
            with suppress(Exception):  # a hostile object: what cannot be walked is not told either
                stack += [(part, depth + 1) for part in _parts(item, depth)]
    return list(found)


def _parts(item: Any, depth: int) -> Iterable[Any]:
    if isinstance(item, Mapping):
        return [part for pair in list(item.items()) for part in pair]
    if isinstance(item, list | tuple | set | frozenset | deque):
        return list(item)
    if isinstance(item, bytes | bytearray | memoryview):
        return (bytes(item).decode("ascii", "replace"),)
    if isinstance(item, int | float | type(None)):
        return ()
    if isinstance(item, BaseException):
        return [*item.args, *_fields(item), item.__cause__, item.__context__, *_notes(item)]
    if depth == 0 or is_data(item):
        return list(_fields(item))
    return ()


def _notes(error: BaseException) -> list[Any]:
    return list(getattr(error, "__notes__", ()))


def is_data(item: Any) -> bool:
    """A dataclass, an attrs, pydantic or msgspec model, or a bare namespace."""
    marks = ("__attrs_attrs__", "model_fields", "__struct_fields__")
    kind = type(item)
    return (
        dataclasses.is_dataclass(kind)
        or kind.__name__ == "SimpleNamespace"
        or any(hasattr(kind, mark) for mark in marks)
    )


def _fields(item: Any) -> Iterator[Any]:
    yield from list(getattr(item, "__dict__", {}).values())
    names = [getattr(kind, "__slots__", ()) for kind in type(item).__mro__]
    for slots in names:
        for name in (slots,) if isinstance(slots, str) else slots:
            yield getattr(item, name, None)
