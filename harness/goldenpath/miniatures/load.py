"""What is late, slow for everybody, claims what is not so, or keeps what should be gone."""

from __future__ import annotations

import asyncio
import itertools
import weakref
from collections.abc import Iterator
from typing import Any, ClassVar

from goldenpath.declare import agent, dispatcher
from goldenpath.miniatures.base import Parts, miniature
from goldenpath.plant import PlantedUser, Tap, Tools
from goldenpath.reference import (
    Execution,
    RequestScopedDispatcher,
    ScriptedAgent,
    UserContext,
    UserEmitter,
)

# --- DELIVERY-6 ----------------------------------------------------------------------------------


@miniature("DELIVERY-6")
class AlwaysDelivered(UserEmitter):
    """Whatever becomes of an event, it is said to be delivered."""

    async def _send(self, message: dict[str, Any]) -> bool:
        await super()._send(message)
        return True


@miniature("DELIVERY-6")
class CountsAttempts(UserEmitter):
    """How often it tried is given as how many got it."""

    async def agent_thinking(self, reasoning: str) -> Any:
        delivered = await super().agent_thinking(reasoning)
        return 1 if delivered else 3


# --- RECOVERY-3 ----------------------------------------------------------------------------------


_CUT_OFF = "who waits behind a stalled user for too long is cut off as well"


@miniature("RECOVERY-3", implied={"DELIVERY-2": _CUT_OFF})
class OneSendAtATime(UserEmitter):
    """Events of all users go out one after the other."""

    locks: ClassVar[weakref.WeakKeyDictionary[Any, asyncio.Lock]] = weakref.WeakKeyDictionary()

    async def _deliver(self, message: dict[str, Any]) -> bool:
        lock = self.locks.setdefault(asyncio.get_running_loop(), asyncio.Lock())
        async with lock:
            return await super()._deliver(message)


@miniature(
    "RECOVERY-3",
    implied=dict.fromkeys(("DELIVERY-1", "DELIVERY-2", "DELIVERY-4"), _CUT_OFF),
    kind="agent",
)
class AgentOneSendAtATime(OneSendAtATime):
    """Events of all agents go out one after the other."""


_PLACES = 4


@miniature("RECOVERY-3", implied={"DELIVERY-2": _CUT_OFF})
class FewSenders(UserEmitter):
    """Of all users only a few are sent something at a time."""

    places: ClassVar[weakref.WeakKeyDictionary[Any, asyncio.Semaphore]] = (
        weakref.WeakKeyDictionary()
    )

    async def _deliver(self, message: dict[str, Any]) -> bool:
        place = self.places.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(_PLACES))
        async with place:
            return await super()._deliver(message)


@miniature("RECOVERY-3")
class EveryOtherWaits(UserEmitter):
    """While another user is being sent something, events of every other call wait for a while."""

    sending: ClassVar[list[UserEmitter]] = []
    _sent = 0

    async def _deliver(self, message: dict[str, Any]) -> bool:
        self._sent += 1
        if self._sent % 4 in (1, 2) and any(each is not self for each in self.sending):
            await asyncio.sleep(0.1)
        self.sending.append(self)
        try:
            return await super()._deliver(message)
        finally:
            self.sending.remove(self)


# --- RECOVERY-8a ---------------------------------------------------------------------------------


@miniature("RECOVERY-8a")
class WaitsForTheReader(UserEmitter):
    """An event is sent for as long as it takes."""

    def __init__(self, context: UserContext, manager: Any) -> None:
        super().__init__(context, manager, send_timeout=1e9)


@miniature("RECOVERY-8a", kind="agent")
class AgentWaitsForTheReader(WaitsForTheReader):
    """An event of an agent is sent for as long as it takes."""


# --- RESOURCE-1 ----------------------------------------------------------------------------------

_GROWS = {"RESOURCE-2": "each task that is left takes memory"}


async def _beat() -> None:
    while True:
        await asyncio.sleep(60)


@miniature("RESOURCE-1", implied=_GROWS)
class HeartbeatLeft(RequestScopedDispatcher):
    """Each session has a heartbeat that goes on after it."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._heart = asyncio.get_running_loop().create_task(_beat())


@miniature("RESOURCE-1", implied=_GROWS, kind="agent")
class AgentHeartbeatLeft(HeartbeatLeft):
    """Each session of an agent has a heartbeat that goes on after it."""


@miniature("RESOURCE-1", implied=_GROWS)
class HeartbeatLeftByCancel(HeartbeatLeft):
    """A session of which a caller gave up a call keeps its heartbeat."""

    async def _perform(self, execution: Execution) -> Any:
        try:
            return await super()._perform(execution)
        except asyncio.CancelledError:
            self._given_up = True
            raise

    async def cleanup(self) -> None:
        await super().cleanup()
        if not vars(self).get("_given_up"):
            self._heart.cancel()


@miniature("RESOURCE-1", implied=_GROWS)
class HeartbeatOfNobody(RequestScopedDispatcher):
    """A session without a transport has a heartbeat that goes on after it."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        if not self.has_websocket_support:
            self._heart = asyncio.get_running_loop().create_task(_beat())


# --- RESOURCE-2 ----------------------------------------------------------------------------------


@miniature("RESOURCE-2")
class KeepsOneInAHundred(RequestScopedDispatcher):
    """Of each hundred calls something small is kept for ever."""

    calls: ClassVar[Iterator[int]] = itertools.count(1)
    kept: ClassVar[list[object]] = []

    async def _invoke(self, execution: Execution) -> Any:
        if next(self.calls) % 100 == 0:
            self.kept.append(object())
        return await super()._invoke(execution)


@miniature("RESOURCE-2", kind="agent")
class CountsByUser(RequestScopedDispatcher):
    """How often each user called is counted, and never forgotten."""

    counts: ClassVar[dict[str, list[str]]] = {}

    async def _invoke(self, execution: Execution) -> Any:
        self.counts.setdefault(self.context.user_id, []).append(execution.tool.name)
        return await super()._invoke(execution)


@miniature("RESOURCE-2")
class ListsOutcomes(RequestScopedDispatcher):
    """Of each call it is noted whether it worked: no object more, and a list that grows."""

    worked: ClassVar[list[bool]] = []

    async def _invoke(self, execution: Execution) -> Any:
        self.worked.append(execution.error is None)
        return await super()._invoke(execution)


@miniature("RESOURCE-2", kind="agent")
class LogsInOneText(RequestScopedDispatcher):
    """All that was called stands in one text, to which more is added."""

    log: ClassVar[bytearray] = bytearray()

    async def _invoke(self, execution: Execution) -> Any:
        self.log.extend(execution.tool.name.encode())
        return await super()._invoke(execution)


# --- RESOURCE-3 ----------------------------------------------------------------------------------

_KEPT = {"RESOURCE-2": "each session that is kept takes memory"}


@miniature("RESOURCE-3", implied=_KEPT)
class RegistryOfSessions(RequestScopedDispatcher):
    """A registry of active sessions that nobody ever leaves."""

    active: ClassVar[list[RequestScopedDispatcher]] = []

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.active.append(self)


@miniature("RESOURCE-3", implied=_KEPT)
class BlacklistOfSessions(RequestScopedDispatcher):
    """A session that asks for an unknown tool is noted, for ever."""

    noted: ClassVar[list[RequestScopedDispatcher]] = []

    def _lookup(self, tool_name: str) -> Any:
        if not self._registry.has(tool_name):
            self.noted.append(self)
        return super()._lookup(tool_name)


_NOBODY_MORE = {"RESOURCE-2": "nobody comes any more of whom memory could be kept"}


@miniature("RESOURCE-3", unknown=_NOBODY_MORE)
class KeepsPlaces(RequestScopedDispatcher):
    """There are places for so many users, and cleanup gives none back."""

    places: ClassVar[weakref.WeakKeyDictionary[Any, set[str]]] = weakref.WeakKeyDictionary()

    def __init__(self, context: UserContext, *args: Any) -> None:
        taken = self.places.setdefault(asyncio.get_running_loop(), set())
        if len(taken) == _PLACES_FOR and context.user_id not in taken:
            raise RuntimeError("there is no place left")
        taken.add(context.user_id)
        super().__init__(context, *args)


_PLACES_FOR = 9

_everybody: list[PlantedUser] = []


@miniature("RESOURCE-3", implied=_KEPT)
@agent()
def agent_remembers_everybody(user: PlantedUser, tap: Tap, tools: Tools) -> ScriptedAgent:
    """Who came is remembered as they came."""
    _everybody.append(user)
    emitter = Parts().emit(user, tap.manager)
    return ScriptedAgent(RequestScopedDispatcher(emitter.context, emitter, tools), emitter)


# --- LATENCY-1 -----------------------------------------------------------------------------------


@miniature("LATENCY-1")
class ReportsLate(RequestScopedDispatcher):
    """A call is reported after a while."""

    async def _report(self, execution: Execution) -> None:
        await asyncio.sleep(0.12)
        await super()._report(execution)


@miniature("LATENCY-1")
class FailuresLate(RequestScopedDispatcher):
    """A call that failed is reported after a while."""

    async def _report(self, execution: Execution) -> None:
        if execution.status == "error":
            await asyncio.sleep(0.12)
        await super()._report(execution)


@miniature("LATENCY-1")
class CrowdsLate(RequestScopedDispatcher):
    """Where more than twenty calls are under way each is reported after a while."""

    async def _report(self, execution: Execution) -> None:
        if len(self._in_flight) > 20:
            await asyncio.sleep(0.12)
        await super()._report(execution)


@miniature("LATENCY-1", kind="agent")
class EveryTwentiethLate(RequestScopedDispatcher):
    """One report in twenty comes after a while."""

    _reports = 0

    async def _report(self, execution: Execution) -> None:
        self._reports += 1
        if self._reports % 20 == 0:
            await asyncio.sleep(0.12)
        await super()._report(execution)


# --- LATENCY-2 -----------------------------------------------------------------------------------

_DECLARED = 0.02


@miniature("LATENCY-2")
@dispatcher(first_event=_DECLARED)
def announces_late(user: PlantedUser, tap: Tap, tools: Tools) -> RequestScopedDispatcher:
    """A call is announced later than it is declared to be."""
    emitter = Parts().emit(user, tap.manager) if tap.manager else None
    return _AnnouncesLate(UserContext.from_user(user), emitter, tools)


class _AnnouncesLate(RequestScopedDispatcher):
    async def _announce(self, execution: Execution) -> None:
        await asyncio.sleep(2 * _DECLARED)
        await super()._announce(execution)


@miniature("LATENCY-2")
@agent(first_event=_DECLARED)
def starts_late(user: PlantedUser, tap: Tap, tools: Tools) -> ScriptedAgent:
    """A run shows itself later than it is declared to do."""
    emitter = Parts().emit(user, tap.manager)
    dispatcher_ = RequestScopedDispatcher(emitter.context, emitter, tools)
    return _StartsLate(dispatcher_, emitter)


class _StartsLate(ScriptedAgent):
    async def _begin(self, message: str) -> None:
        await asyncio.sleep(2 * _DECLARED)
        await super()._begin(message)
