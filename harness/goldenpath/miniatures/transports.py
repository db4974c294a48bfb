"""Transports that lose, double or misaddress events, or tell wrongly what was missed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from goldenpath.declare import transport
from goldenpath.miniatures.base import miniature
from goldenpath.plant import PlantedUser
from goldenpath.reference import (
    ConnectionManager,
    EventBridge,
    EventEmitter,
    ReplayingConnections,
    UserContext,
)


class _Emitters(ConnectionManager):
    """Base: connections, and an emitter for each user, with one thing wrong."""

    emitter: type[EventEmitter] = EventEmitter

    def for_user(self, user: PlantedUser) -> Any:
        return self.emitter(UserContext.from_user(user), self)


# --- ISOLATION-1 ---------------------------------------------------------------------------------


class _LastRun(EventBridge):
    async def notify_tool_executing(self, run_id: str, *told: Any, **more: Any) -> bool:
        return await super().notify_tool_executing(next(reversed(self._emitters)), *told, **more)


_ELSEWHERE = {
    "ISOLATION-2": "the parameters hold the first user's data",
    "CONTENT-3": "the ids are those of the last run",
    "DELIVERY-2": "who asked first is told nothing",
    "DELIVERY-1": "... so that one of the five is missing",
    "DELIVERY-5": "whoever asked last sees tools that never end",
    "ORDER-3": "a report comes without an announcement",
}


@miniature("ISOLATION-1", implied=_ELSEWHERE)
@transport()
class BridgeKnowsTheLastRun(ConnectionManager):
    """Tools are announced to who asked last, whatever the run."""

    def __init__(self) -> None:
        super().__init__()
        self.bridge = _LastRun(self)

    def for_user(self, user: PlantedUser) -> Any:
        self.bridge.register(UserContext.from_user(user))
        return self.bridge


# --- DELIVERY, ORDER, CONTENT --------------------------------------------------------------------


class _FailuresLost(EventEmitter):
    async def notify_tool_completed(self, tool_name: str, *told: Any, **more: Any) -> bool:
        if "error" in more:
            return True
        return await super().notify_tool_completed(tool_name, *told, **more)


@miniature("DELIVERY-5", implied={"DELIVERY-2": "what is not reported is lost"})
@transport()
class EmitterKeepsFailures(_Emitters):
    """A tool that failed is not reported."""

    emitter = _FailuresLost


class _Twice(EventEmitter):
    async def notify_agent_completed(self, *told: Any, **more: Any) -> bool:
        await super().notify_agent_completed(*told, **more)
        return await super().notify_agent_completed(*told, **more)


@miniature("ORDER-2", implied={"DELIVERY-3": "it is the same event"})
@transport()
class EmitterEndsTwice(_Emitters):
    """The end of a run is told twice, to be sure."""

    emitter = _Twice


@miniature("CONTENT-1", implied={"DELIVERY-1": "what cannot be read shows no thought"})
@transport()
class WritesRepr(_Emitters):
    """Thoughts go over the wire in Python's way to write them."""

    async def _send(self, user_id: str, socket: Any, text: str) -> bool:
        odd = "agent_thinking" in text
        return await super()._send(user_id, socket, str(json.loads(text)) if odd else text)


@miniature("CONTENT-2", implied={"CONTENT-4": "nor can it be compared"})
@transport()
class NamesNoTool(_Emitters):
    """The tool's name was lost when the envelope was changed."""

    async def broadcast(self, user_id: str, message: Mapping[str, Any]) -> int:
        data = {key: value for key, value in message["data"].items() if key != "tool_name"}
        return await super().broadcast(user_id, {**message, "data": data})


# --- RECOVERY-5 ----------------------------------------------------------------------------------

_replaying = transport(replay=True, connect="reconnect")


@miniature("RECOVERY-5")
@_replaying
class ReplaysWithoutAMark(ReplayingConnections):
    """What was missed comes as if it happened now."""

    async def answer(self, user_id: str, socket: Any, message: Mapping[str, Any]) -> bool:
        plain = {key: value for key, value in message.items() if key != "recovered"}
        return await super().answer(user_id, socket, plain)


@miniature("RECOVERY-5")
@_replaying
class LosesWhatComesMeanwhile(ReplayingConnections):
    """While what was missed is on its way, its user is neither away nor here."""

    async def reconnect(self, user_id: str, socket: Any) -> None:
        missed = self._missed.pop(user_id, [])
        for message in missed:
            await self.answer(user_id, socket, {**message, "recovered": True})
        await super().reconnect(user_id, socket)


@miniature("RECOVERY-5")
@_replaying
class ReplaysBackwards(ReplayingConnections):
    """What was missed comes with the newest first."""

    async def reconnect(self, user_id: str, socket: Any) -> None:
        self._missed.get(user_id, []).reverse()
        await super().reconnect(user_id, socket)


@miniature("RECOVERY-5")
@_replaying
class ReplaysTheLast(ReplayingConnections):
    """Of what was missed only the last is kept."""

    async def reconnect(self, user_id: str, socket: Any) -> None:
        del self._missed.get(user_id, [])[:-1]
        await super().reconnect(user_id, socket)


@miniature("RECOVERY-5")
@_replaying
class NeverForgetsWhatWasMissed(ReplayingConnections):
    """What was missed comes twice."""

    async def reconnect(self, user_id: str, socket: Any) -> None:
        missed = list(self._missed.get(user_id, ()))
        await super().reconnect(user_id, socket)
        for message in missed:
            await self.answer(user_id, socket, {**message, "recovered": True})
