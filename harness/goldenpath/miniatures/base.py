"""What a miniature is, and how one is made: the reference with one part exchanged.

A miniature is a few lines over one seam of the reference. `@miniature("RULE", ...)` on a subclass
of a part puts it in its place and everything else stays the reference's. What cannot be done with
one part is a decorated factory of its own, under the same decorator.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from goldenpath.adapters.targets import Target, target_of
from goldenpath.declare import Declaration, agent, dispatcher, router
from goldenpath.plant import PlantedUser, Tap, Tools
from goldenpath.reference import (
    ConnectionManager,
    EventFactory,
    MessageRouter,
    RequestScopedDispatcher,
    ScriptedAgent,
    UserContext,
    UserEmitter,
)

T = TypeVar("T")
Factory = Callable[..., Any]


@dataclass(frozen=True)
class Miniature:
    """A tiny implementation that is wrong in one named way.

    breaks: the rules it was made to break. implied: rules that must turn red as well, each with the
    reason. unknown: rules that cannot be told of it, each with the reason. factory: decorated.
    """

    name: str
    about: str
    breaks: tuple[str, ...]
    implied: Mapping[str, str]
    factory: Factory
    unknown: Mapping[str, str] = field(default_factory=dict)

    @property
    def declaration(self) -> Declaration:
        """What it says of itself."""
        declared: Declaration = vars(self.factory)["__goldenpath__"]
        return declared

    @property
    def red(self) -> frozenset[str]:
        """Exactly the rules that fail."""
        return frozenset((*self.breaks, *self.implied))

    def target(self, name: str) -> Target:
        """The miniature as something that the suite can be pointed at."""
        return target_of(name, self.factory, self.declaration)


@dataclass(frozen=True)
class Parts:
    """What sessions and routers are built of; each part may be exchanged for a broken one."""

    dispatcher: type[RequestScopedDispatcher] = RequestScopedDispatcher
    emitter: type[UserEmitter] = UserEmitter
    events: type[EventFactory] = EventFactory
    agent: type[ScriptedAgent] = ScriptedAgent
    router: type[MessageRouter] = MessageRouter
    connections: type[ConnectionManager] = ConnectionManager

    def exchanged(self, part: type) -> Parts:
        """The same with `part` in the place of what it is a subclass of."""
        for name, sound in vars(Parts()).items():
            if issubclass(part, sound):
                return replace(self, **{name: part})
        raise TypeError(f"{part.__name__} is a subclass of no part of the reference")

    def emit(self, user: PlantedUser, manager: Any) -> UserEmitter:
        """An emitter for this user over this transport, or over none."""
        emitter = self.emitter(UserContext.from_user(user), manager)
        emitter.events = self.events(emitter.context)
        return emitter


def dispatcher_of(parts: Parts) -> Factory:
    """A factory of dispatchers built of these parts."""

    @dispatcher()
    async def make(user: PlantedUser, tap: Tap, tools: Tools) -> RequestScopedDispatcher:
        emitter = parts.emit(user, tap.manager) if tap.manager else None
        return parts.dispatcher(UserContext.from_user(user), emitter, tools)

    return make


def agent_of(parts: Parts) -> Factory:
    """A factory of agents built of these parts."""

    @agent()
    def make(user: PlantedUser, tap: Tap, tools: Tools) -> ScriptedAgent:
        emitter = parts.emit(user, tap.manager)
        return parts.agent(parts.dispatcher(emitter.context, emitter, tools), emitter)

    return make


def router_of(parts: Parts) -> Factory:
    """A factory of routers built of these parts."""

    @router()
    def make() -> MessageRouter:
        return parts.router(parts.connections(socket_timeout=_SEND_TIMEOUT))

    return make


#: Seconds after which a socket that does not take what is sent is dropped: long on any machine.
_SEND_TIMEOUT = 10.0

_FACTORIES = {"dispatcher": dispatcher_of, "agent": agent_of, "router": router_of}

#: What is built around a part of it, if nothing else is said; around others a dispatcher.
_NATURAL = {ScriptedAgent: "agent", MessageRouter: "router", ConnectionManager: "router"}

#: All miniatures by name, filled by the decorator.
MINIATURES: dict[str, Miniature] = {}


def miniature(
    *breaks: str,
    implied: Mapping[str, str] | None = None,
    unknown: Mapping[str, str] | None = None,
    kind: str = "",
) -> Callable[[T], T]:
    """Register the decorated part or factory under its name, with its first line as description.

    kind: what to build around a part; left out, what it is a natural part of.
    """

    def register(broken: T) -> T:
        name = _named(getattr(broken, "__name__", ""))
        if name in MINIATURES:
            raise ValueError(f"there are two miniatures named {name}")
        about = (getattr(broken, "__doc__", None) or "").strip().partition("\n")[0]
        factory = _factory(broken, kind)
        MINIATURES[name] = Miniature(name, about, breaks, implied or {}, factory, unknown or {})
        return broken

    return register


def _named(word: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", word).replace("_", "-").lower()


def _factory(broken: Any, kind: str) -> Factory:
    if not isinstance(broken, type) or "__goldenpath__" in vars(broken):
        factory: Factory = broken
        return factory
    fits = (kind_ for part, kind_ in _NATURAL.items() if issubclass(broken, part))
    natural = next(fits, "dispatcher")
    return _FACTORIES[kind or natural](Parts().exchanged(broken))
