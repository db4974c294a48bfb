"""Registries and user contexts written in Python: a factory with `@registry()` or `@context()`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from goldenpath import spec
from goldenpath.adapters.base import Adapter, Facts, Reply
from goldenpath.adapters.context import ContextAdapter
from goldenpath.adapters.probing import in_time
from goldenpath.adapters.registry import RegistryAdapter
from goldenpath.cards import card_of
from goldenpath.declare import Declaration
from goldenpath.errors import TargetProblem, UsageProblem
from goldenpath.plant import Plant
from goldenpath.plant.users import PROBE
from goldenpath.recorder import Recorder

Holding = RegistryAdapter | ContextAdapter


class _What(NamedTuple):
    """adapter: of this kind. any_of: members without all of which it cannot be asked for anything.
    hint: how to declare others.
    """

    adapter: Callable[[Callable[..., Any], Declaration], Holding]
    any_of: tuple[str, ...]
    hint: str


_KINDS: Mapping[str, _What] = {
    "registry": _What(
        RegistryAdapter,
        ("register",),
        'map other names by a keyword: @registry(register="add", get="get_tool")',
    ),
    "context": _What(
        ContextAdapter, spec.CONTEXT_IDS, 'map other names by a keyword: @context(user_id="uid")'
    ),
}


@dataclass(frozen=True)
class HoldingTarget:
    """A decorated factory of what only holds something: a registry, or a user's context."""

    name: str
    factory: Callable[..., Any]
    declaration: Declaration

    @property
    def kind(self) -> str:
        """Registry or context."""
        return self.declaration.kind

    async def probe(self, time_scale: float = 1.0) -> Facts:
        """Make one. Raises TargetProblem where there is nothing to be asked."""
        adapter = self._adapter()
        async with in_time(self.name, self.kind, time_scale):
            await adapter.open(Plant(Recorder(), [PROBE]))
            made = await adapter.make(PROBE.name)
        self._check(adapter, made)
        return Facts(
            target=self.name,
            kind=self.kind,
            events=dict(self.declaration.events),
            card={**card_of(self.declaration), **adapter.reach(made)},
            declared={
                **self.declaration.options,
                "members": dict(self.declaration.members),
            },
            shown={"made": type(made).__name__},
        )

    def adapter(self, facts: Facts) -> Adapter:
        """A fresh adapter for one workload."""
        return self._adapter()

    def _adapter(self) -> Holding:
        return _KINDS[self.kind].adapter(self.factory, self.declaration)

    def _check(self, adapter: Holding, made: Any) -> None:
        if isinstance(made, Reply) or made is None:
            got = "None" if made is None else f"{made.value['type']}: {made.error}"
            raise TargetProblem(
                f"{self.name}: the factory made nothing", expected=f"its {self.kind}", got=got
            )
        wrong = [
            f"{ours}={theirs!r}"
            for ours, theirs in self.declaration.members.items()
            if adapter.member(made, ours) is None
        ]
        if wrong:
            raise TargetProblem(
                f"{self.name}: the declaration names members that are not there",
                expected=f"a {type(made).__name__} with them",
                got=", ".join(wrong),
            )
        what = _KINDS[self.kind]
        if not any(adapter.member(made, name) is not None for name in what.any_of):
            raise TargetProblem(
                f"{self.name}: it is no {self.kind}: a {type(made).__name__} has no attribute"
                f" {', '.join(what.any_of)}",
                expected=f"what has {' or '.join(what.any_of)}",
                hint=what.hint,
            )


def check_holding_factory(factory: Callable[..., Any], target: str) -> None:
    """Raise UsageProblem where the factory cannot be called as one of its kind is."""
    declaration: Declaration = vars(factory)["__goldenpath__"]
    shared = declaration.options.get("shared")
    ids = dict.fromkeys(spec.CONTEXT_IDS)
    given: dict[str, tuple[tuple[Any, ...], dict[str, Any], str]] = {
        "registry": ((), {}, "make()") if shared else ((None,), {}, "make(user)"),
        "context": ((), ids, f"make({', '.join(ids)}), each by name"),
    }
    positional, named, expected = given[declaration.kind]
    try:
        signature = inspect.signature(factory)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*positional, **named)
    except TypeError as error:
        raise UsageProblem(
            f"the factory of {target} cannot be called: {error}",
            expected=f"a factory {expected}",
            got=f"{getattr(factory, '__name__', 'it')}{signature}",
            hint="where all users share one registry declare @registry(shared=True)"
            if declaration.kind == "registry"
            else "",
        ) from None
