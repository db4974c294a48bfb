"""Transports written in Python: a factory decorated with `@transport()`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from goldenpath.adapters.base import Adapter, Facts, Reply
from goldenpath.adapters.dialect import declared_dialect
from goldenpath.adapters.probing import in_time
from goldenpath.adapters.sender import SHAPES
from goldenpath.adapters.transport import TransportAdapter
from goldenpath.cards import card_of
from goldenpath.declare import Declaration
from goldenpath.dialects import DIALECTS, Dialect
from goldenpath.errors import TargetProblem
from goldenpath.plant import Plant
from goldenpath.plant.users import PROBE
from goldenpath.recorder import Recorder

#: What cannot be asked where the recipient is not named but bound.
_BOUND = {"ISOLATION-7": "UNOBSERVABLE: what tells an event is bound to its user"}

#: A second user for the probe.
_ANOTHER = replace(
    PROBE, name="another", user_id="00000000-0000-4000-8000-00000000000a", run_id="another run"
)


@dataclass
class TransportTarget:
    """A decorated factory `make()`; what it makes is shared by all users of a workload."""

    name: str
    factory: Callable[..., Any]
    declaration: Declaration
    dialects: Mapping[str, Dialect] = field(default_factory=lambda: DIALECTS)

    def __post_init__(self) -> None:
        self._dialect = declared_dialect(self.name, self.declaration.dialect, self.dialects)

    @property
    def kind(self) -> str:
        """Transport."""
        return self.declaration.kind

    async def probe(self, time_scale: float = 1.0) -> Facts:
        """Make one, and see in which shape it is told events. Raises TargetProblem."""
        adapter = TransportAdapter(self.name, self.factory, self.declaration)
        async with in_time(self.name, self.kind, time_scale):
            await adapter.open(Plant(Recorder(), [PROBE, _ANOTHER]))
            sender = await adapter.sender(PROBE.name, PROBE.run_id or "")
            shape = "" if isinstance(sender, Reply) else sender.shape
            bound = await adapter.is_bound(shape, PROBE.name, _ANOTHER.name)
        if isinstance(sender, Reply):
            raise TargetProblem(
                f"{self.name}: for_user(user) failed",
                expected="what tells this user's events",
                got=f"{sender.value['type']}: {sender.error}",
            )
        if sender.shape not in SHAPES:
            raise TargetProblem(
                f"{self.name}: it offers no way to tell an event",
                expected="notify_agent_started(...) and its four fellows, or"
                " emit_critical_event(user_id, event_type, data),"
                " or send_to_user(user_id, message)",
                got=f"a {type(adapter.made).__name__} without any of them",
                hint="what is bound to its user is made by a method for_user(user)",
            )
        return Facts(
            target=self.name,
            kind=self.kind,
            events=dict(self.declaration.events),
            card=card_of(self.declaration) | (_BOUND if bound else {}),
            declared={
                **self.declaration.options,
                "members": dict(self.declaration.members),
                "shape": sender.shape,
                "bound": bound,
            },
            dialect=self._dialect,
            shown={"made": type(adapter.made).__name__, "shape": sender.shape},
        )

    def adapter(self, facts: Facts) -> Adapter:
        """A fresh adapter, and with it a fresh transport, for one workload."""
        shape, bound = facts.declared["shape"], facts.declared["bound"]
        return TransportAdapter(self.name, self.factory, self.declaration, shape, bound=bound)
