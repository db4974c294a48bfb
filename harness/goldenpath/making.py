"""The ways in which the dispatchers of one target are made, beside its first factory.

Others of the same implementation, by name, and what constructs one past all of them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Factory = Callable[..., Any]

#: The most that `max_dispatchers_per_user` may be: so many sessions are really made.
MOST = 200


@dataclass(frozen=True)
class Making:
    """factories: others by name. only: whether nothing else may make one; direct: what does so all
    the same, where that is told.
    """

    factories: Mapping[str, Factory] = field(default_factory=dict)
    only: bool = False
    direct: Factory | None = None


def misfit(factory: Factory) -> str:
    """Why it cannot be called with (user, tap, tools); empty where it can, as far as it shows."""
    try:
        signature = inspect.signature(factory)
    except (TypeError, ValueError):
        return ""
    try:
        signature.bind(None, None, None)
    except TypeError as error:
        return f"{error}: {getattr(factory, '__name__', 'it')}{signature}"
    return ""


def wrong_factories(factories: Any) -> Iterator[str]:
    """All that is wrong with the factories that a target names."""
    if not isinstance(factories, Mapping) or not factories:
        yield f"factories: expected a mapping from names to factories, got {factories!r:.80}"
        return
    for name, factory in factories.items():
        expected = f"factories: {name}: expected a factory make(user, tap, tools)"
        if not isinstance(name, str) or not name.strip():
            yield f"factories: expected a name, got {name!r:.80}"
        elif not callable(factory):
            yield f"{expected}, got {factory!r:.80}"
        elif why := misfit(factory):
            yield f"{expected}: {why}"


def wrong_factory_only(value: Any) -> Iterator[str]:
    """What is wrong with `factory_only`, if anything."""
    expected = "factory_only: expected True, False, or what constructs directly, (user, tap, tools)"
    if isinstance(value, bool):
        return
    if not callable(value):
        yield f"{expected}; got {value!r:.80}"
    elif why := misfit(value):
        yield f"{expected}: {why}"


def making(factories: Any, factory_only: Any) -> tuple[Making, list[str]]:
    """What was declared, and all that is wrong with it."""
    problems = [*(wrong_factories(factories) if factories is not None else ())]
    problems += wrong_factory_only(factory_only)
    if problems:
        return Making(), problems
    direct = None if isinstance(factory_only, bool) else factory_only
    return Making(dict(factories or {}), factory_only is not False, direct), []
