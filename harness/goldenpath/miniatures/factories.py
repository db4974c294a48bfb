"""Factories of one platform that do not make the same, and limits that are kept wrongly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from weakref import WeakSet, WeakValueDictionary

from goldenpath.declare import dispatcher
from goldenpath.miniatures.base import Factory, Parts, miniature
from goldenpath.plant import PlantedUser, Tap, Tools
from goldenpath.reference import (
    EventFactory,
    RequestScopedDispatcher,
    UserContext,
    UserEmitter,
)

Made = RequestScopedDispatcher


def _made(user: PlantedUser, tap: Tap, tools: Any, parts: Parts = Parts()) -> Made:  # noqa: B008
    emitter = parts.emit(user, tap.manager) if tap.manager else None
    return parts.dispatcher(UserContext.from_user(user), emitter, tools)


def _beside(other: Callable[[PlantedUser, Tap, Tools], Any]) -> Factory:
    """A sound factory, and another one beside it."""

    @dispatcher(factories={"facade": other})
    def make(user: PlantedUser, tap: Tap, tools: Tools) -> Made:
        return _made(user, tap, tools)

    make.__doc__, make.__name__ = other.__doc__, other.__name__
    return make


# --- API-10 --------------------------------------------------------------------------------------

_OTHERWISE = {"API-11": "and the first factory makes what is right"}


@miniature(
    "API-10",
    implied={
        **_OTHERWISE,
        "API-4": "what was given is not listed",
        "RECOVERY-1": "nor does it run without a transport",
    },
)
@_beside
def facade_drops_tools(user: PlantedUser, tap: Tap, tools: Tools) -> Made:
    """Of the tools that the facade is given it hands on the first only."""
    return _made(user, tap, tools[:1])


class _WithoutDispatch(RequestScopedDispatcher):
    @property
    def dispatch(self) -> Any:
        raise AttributeError("dispatch")


@miniature("API-10", implied={**_OTHERWISE, "API-1": "dispatch is one of the ten members"})
@_beside
def facade_without_dispatch(user: PlantedUser, tap: Tap, tools: Tools) -> Made:
    """What the facade makes has no member dispatch."""
    return _made(user, tap, tools, Parts(dispatcher=_WithoutDispatch))


@miniature("API-10", implied={**_OTHERWISE, "DELIVERY-2": "nothing is told of what ran"})
@_beside
def facade_forgets_its_emitter(user: PlantedUser, tap: Tap, tools: Tools) -> Made:
    """What the facade makes tells nobody of its calls."""
    return RequestScopedDispatcher(UserContext.from_user(user), None, tools)


# --- ISOLATION-5, across factories ---------------------------------------------------------------


class _Kept:
    """The way to the user that the facade was given last."""

    send: Any = None


class _OverSend:
    """What an emitter takes for a manager: it has one way, whoever is named."""

    def __init__(self, send: Any) -> None:
        self._send = send

    async def send_to_user(self, _: str, message: dict[str, Any], /) -> bool:
        return bool(await self._send(message))


@miniature(
    "ISOLATION-5",
    implied={
        **{"ISOLATION-1": "events reach whose way it is", "ISOLATION-2": "with all their data"},
        "API-7": "it takes what is kept for support",
        "API-11": "the first factory keeps nothing",
    },
)
@_beside
def facade_keeps_its_transport(user: PlantedUser, tap: Tap, tools: Tools) -> Made:
    """The facade keeps the transport that it was given last, for who has none."""
    _Kept.send = tap.send or _Kept.send
    emitter = Parts().emit(user, _OverSend(_Kept.send)) if _Kept.send else None
    return RequestScopedDispatcher(UserContext.from_user(user), emitter, tools)


# --- API-11 --------------------------------------------------------------------------------------


class _OldEnvelope(EventFactory):
    def _ids(self) -> dict[str, str]:
        return {k: v for k, v in super()._ids().items() if k != "thread_id"}


@miniature("API-11")
@_beside
def facade_has_an_old_envelope(user: PlantedUser, tap: Tap, tools: Tools) -> Made:
    """Events of what the facade makes name no thread."""
    return _made(user, tap, tools, Parts(events=_OldEnvelope))


class _KindToUnknown(RequestScopedDispatcher):
    async def _execute(self, tool_name: str, *more: Any) -> Any:
        self._refuse_if_closed()
        if not self._registry.has(tool_name):
            raise KeyError(tool_name)
        return await super()._execute(tool_name, *more)


@miniature("API-11")
@_beside
def facade_refuses_otherwise(user: PlantedUser, tap: Tap, tools: Tools) -> Made:
    """An unknown tool is refused by another error than where the first factory made the session."""
    return _made(user, tap, tools, Parts(dispatcher=_KindToUnknown))


class _Silent(UserEmitter):
    async def tool_completed(self, *args: Any, **more: Any) -> bool:
        if args[2] == "error":
            return await super().tool_completed(args[0], args[1], "timeout", *args[3:], **more)
        return await super().tool_completed(*args, **more)


@miniature("API-11")
@_beside
def facade_tells_of_timeouts(user: PlantedUser, tap: Tap, tools: Tools) -> Made:
    """What fails is reported as timed out where the facade made the session."""
    return _made(user, tap, tools, Parts(emitter=_Silent))


# --- API-12 --------------------------------------------------------------------------------------


@miniature("API-12")
@dispatcher(factory_only=_made)
def constructed_by_anybody(user: PlantedUser, tap: Tap, tools: Tools) -> Made:
    """Its class can be called past the factory."""
    return _made(user, tap, tools)


class _Open(RequestScopedDispatcher):
    """All that it is given may be left out."""

    def __init__(self, *args: Any) -> None:
        if args:
            super().__init__(*args)


@miniature("API-12")
@dispatcher(factory_only=True)
def constructed_without_anything(user: PlantedUser, tap: Tap, tools: Tools) -> Made:
    """Its class can be called without a user."""
    return _made(user, tap, tools, Parts(dispatcher=_Open))


# --- API-15 --------------------------------------------------------------------------------------


class _Counted(RequestScopedDispatcher):
    """Knows which of its kind are open, by user, in the order in which they came."""

    limit: ClassVar[int] = 2
    everybody: ClassVar[WeakValueDictionary[int, RequestScopedDispatcher]] = WeakValueDictionary()

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        mine = self.context.user_id
        others = [one for one in self.everybody.values() if one.context.user_id == mine]
        self.beside([one for one in others if not one._closed])
        self.everybody[id(self)] = self

    def beside(self, others: list[RequestScopedDispatcher]) -> None:
        """What becomes of it, or of the others, where there are these."""


def _limited(part: type[_Counted]) -> Factory:
    """A factory of these, which declares their limit."""

    @dispatcher(max_dispatchers_per_user=part.limit)
    def make(user: PlantedUser, tap: Tap, tools: Tools) -> Made:
        return _made(user, tap, tools, Parts(dispatcher=part))

    make.__doc__, make.__name__ = part.__doc__, part.__name__
    return make


@miniature("API-15")
@_limited
class ClosesTheOldest(_Counted):
    """Beyond the limit the user's oldest dispatcher is closed."""

    def beside(self, others: list[RequestScopedDispatcher]) -> None:
        for other in others[: 1 + len(others) - self.limit]:
            other._closed = True
            other._stop(other._in_flight)


@miniature("API-15")
@_limited
class KnowsNoLimit(_Counted):
    """As many dispatchers are made as are asked for."""


@miniature("API-15")
@_limited
class RunsIntoItsLimit(_Counted):
    """Beyond the limit it breaks, instead of refusing."""

    def beside(self, others: list[RequestScopedDispatcher]) -> None:
        place: Any = "a place" if len(others) < self.limit else None
        self.place = place.upper()


@miniature("API-15", implied={"API-1": "a session of another user is not made"})
@_limited
class FullForEverybody(_Counted):
    """While a user waits who has as many as they may have, nobody gets one."""

    full: ClassVar[WeakSet[RequestScopedDispatcher]] = WeakSet()

    def beside(self, others: list[RequestScopedDispatcher]) -> None:
        if len(others) >= self.limit:
            self.full.update(others)
        if others[self.limit - 1 :] or any(not one._closed for one in self.full):
            raise PermissionError("too many dispatchers")
