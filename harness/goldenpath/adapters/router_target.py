"""Routers and broadcasts written in Python: a factory decorated with `@router()`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from goldenpath.adapters.base import Adapter, Facts
from goldenpath.adapters.probing import in_time
from goldenpath.adapters.router import RouterAdapter
from goldenpath.cards import card_of
from goldenpath.declare import PINGS, Declaration
from goldenpath.errors import TargetProblem, UsageProblem
from goldenpath.plant import Plant
from goldenpath.plant.users import PROBE
from goldenpath.recorder import Recorder


@dataclass(frozen=True)
class RouterTarget:
    """A decorated factory `make()`; what it makes is shared by all users of a workload."""

    name: str
    factory: Callable[..., Any]
    declaration: Declaration

    @property
    def kind(self) -> str:
        """Router."""
        return self.declaration.kind

    async def probe(self, time_scale: float = 1.0) -> Facts:
        """Make one, with its facades. Raises TargetProblem where there is nothing to be asked."""
        adapter = RouterAdapter(self.name, self.factory, self.declaration)
        try:
            async with in_time(self.name, self.kind, time_scale):
                await adapter.open(Plant(Recorder(), [PROBE]))
            self._check_members(adapter)
        finally:
            await adapter.close()
        options = {"pings": PINGS, **self.declaration.options}
        return Facts(
            target=self.name,
            kind=self.kind,
            events=dict(self.declaration.events),
            card=card_of(self.declaration),
            declared={
                **options,
                "members": dict(self.declaration.members),
                "facades": sorted(self.declaration.facades),
            },
            shown={"made": type(adapter.made).__name__},
        )

    def adapter(self, facts: Facts) -> Adapter:
        """A fresh adapter, and with it a fresh router, for one workload."""
        return RouterAdapter(self.name, self.factory, self.declaration)

    def _check_members(self, adapter: RouterAdapter) -> None:
        """What the declaration maps must be there, and something that can be asked at all."""
        wrong = [
            f"{ours}={theirs!r}"
            for ours, theirs in self.declaration.members.items()
            if not adapter.member(ours)
        ]
        if wrong:
            raise TargetProblem(
                f"{self.name}: the declaration names members that are not there",
                expected=f"a {type(adapter.made).__name__} with them",
                got=", ".join(wrong),
            )
        if not any(map(adapter.member, ("route_message", "broadcast_to_user"))):
            raise TargetProblem(
                f"{self.name}: it offers no way to route or broadcast anything",
                expected="route_message(user_id, socket, message) or"
                " broadcast_to_user(user_id, event)",
                got=f"a {type(adapter.made).__name__} without either",
                hint='map other names by a keyword: @router(route_message="handle_message")',
            )


def check_shared_factory(factory: Callable[..., Any], target: str) -> None:
    """Raise UsageProblem where the factory cannot be called without arguments."""
    try:
        signature = inspect.signature(factory)
    except (TypeError, ValueError):
        return
    try:
        signature.bind()
    except TypeError as error:
        raise UsageProblem(
            f"the factory of {target} cannot be called: {error}",
            expected="a factory make()",
            got=f"{getattr(factory, '__name__', 'it')}{signature}",
            hint="all users share what it makes: the factory is given none of them",
        ) from None
