"""How the five events are told to a transport under test, in each shape of the field.

A bridge is addressed by run and agent, an emitter is bound to its user, a manager is given the
user's id and an event. Bridges and emitters are called in turn by position and by keyword, with the
signatures of DESIGN section 9.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from goldenpath.adapters.base import Reply, guarded, takes
from goldenpath.plant import PlantedUser

AGENT = "planted_agent"

BRIDGE, EMITTER, MANAGER = "bridge", "emitter", "manager"
SHAPES = (BRIDGE, EMITTER, MANAGER)

#: Under which names a bridge or an emitter tells an event.
_NAMES = ("notify_{}", "emit_{}", "{}")

#: What is given by position, event by event; the rest is given by keyword.
_POSITIONAL: Mapping[str, tuple[str, ...]] = {
    "agent_started": (),
    "agent_thinking": ("reasoning",),
    "tool_executing": ("tool_name", "parameters"),
    "tool_completed": ("tool_name", "result"),
    "agent_completed": ("result",),
}

Look = Callable[[str], Any]


def member_of(look: Look, event: str) -> Any:
    """The method that tells this event, or None."""
    found = (look(name.format(event)) for name in _NAMES)
    return next(filter(callable, found), None)


def shape_of(look: Look) -> str:
    """Which shape it has that offers these members; empty where it is none."""
    started = member_of(look, "agent_started")
    if started is not None:
        first = next(iter(_parameters(started)), "")
        return BRIDGE if takes(started, "run_id") or first == "run_id" else EMITTER
    manager = any(callable(look(name)) for name in ("emit_critical_event", "send_to_user"))
    return MANAGER if manager else ""


def _parameters(function: Any) -> list[str]:
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []


@dataclass
class Sender:
    """Tells the events of one user's runs. look: finds a member under its declared name."""

    look: Look
    shape: str
    user: PlantedUser
    turns: int = 0

    async def tell(self, event: str, /, to: Any = None, **fields: Any) -> Any:
        """Tell one event; what comes back, or a Reply where it raised or there is no such member.
        to: the user id, or run id, of somebody else.
        """
        self.turns += event == "agent_started"
        given = {name: value for name, value in fields.items() if value is not None}
        tell = self._as_manager if self.shape == MANAGER else self._as_bridge
        return await tell(event, given, to)

    async def _as_bridge(self, event: str, fields: dict[str, Any], to: Any) -> Any:
        member = member_of(self.look, event)
        if member is None:
            return Reply(False, {"by": "missing", "type": "", "text": f"there is no {event}"})
        ids = (self.user.run_id if to is None else to.run_id, AGENT) * (self.shape == BRIDGE)
        if self.turns % 2:
            wanted = [name for name in _POSITIONAL[event] if name in fields]
            args = [*ids, *(fields.pop(name) for name in wanted)]
            return await guarded(lambda: member(*args, **fields))
        named = dict(zip(("run_id", "agent_name"), ids, strict=False))
        return await guarded(lambda: member(**named, **fields))

    async def _as_manager(self, event: str, fields: dict[str, Any], to: Any) -> Any:
        user_id = self.user.user_id if to is None else to.user_id
        ids = {"run_id": self.user.run_id, "thread_id": self.user.thread_id}
        data = {**ids, **fields}
        emit = self.look("emit_critical_event")
        if callable(emit):
            return await guarded(lambda: emit(user_id, event, data))
        send = self.look("send_to_user")
        return await guarded(lambda: send(user_id, {"type": event, "data": data}))
