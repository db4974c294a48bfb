"""Events that overtake each other, and clocks that cannot be trusted."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from goldenpath.miniatures.base import miniature
from goldenpath.reference import EventFactory, Execution, RequestScopedDispatcher, UserEmitter

_STAMPED = {"ORDER-6": "what is overtaken was stamped before what overtakes it"}

# --- ORDER-5 -------------------------------------------------------------------------------------


@miniature(
    "ORDER-5",
    implied={
        **_STAMPED,
        "ORDER-4": "what waits behind newer ones comes after the tool",
    },
)
class NewestFirst(UserEmitter):
    """Of events that wait to be sent the newest goes first."""

    async def _send_in_turn(self, message: dict[str, Any]) -> bool:
        waiting = vars(self).setdefault("_waiting", [])
        waiting.append(message)
        await asyncio.sleep(0)
        return await super()._send_in_turn(waiting.pop())


@miniature(
    "ORDER-5",
    implied={**_STAMPED, "ORDER-2": "of a run that ends at once its last thought comes after"},
    kind="agent",
)
class ThoughtsOvertaken(UserEmitter):
    """A thought is sent after the event that follows it."""

    async def _deliver(self, message: dict[str, Any]) -> bool:
        held = vars(self).pop("_held", None)
        if message["type"] == "agent_thinking":
            self._held = message
            return held is None or await super()._deliver(held)
        sent = await super()._deliver(message)
        return sent if held is None else await super()._deliver(held)


class _Unnumbered(EventFactory):
    def _envelope(self, *args: Any, **fields: Any) -> dict[str, Any]:
        envelope = super()._envelope(*args, **fields)
        del envelope["data"]["seq"]
        return envelope


@miniature(
    "ORDER-5",
    unknown=dict.fromkeys(
        ("DELIVERY-2", "DELIVERY-5"), "a report that is due may come after the link was cut"
    ),
)
class ReportsLater(RequestScopedDispatcher):
    """A call is reported after the next one, made when it was over, has been announced."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._unreported: list[Execution] = []
        if self._emitter is not None:
            self._emitter.events = _Unnumbered(self.context)

    async def _announce(self, execution: Execution) -> None:
        await super()._announce(execution)
        await self._catch_up()

    async def _report(self, execution: Execution) -> None:
        self._unreported.append(execution)

    async def _catch_up(self) -> None:
        while self._unreported:
            await super()._report(self._unreported.pop(0))

    async def cleanup(self) -> None:
        await super().cleanup()
        await self._catch_up()


# --- ORDER-6 -------------------------------------------------------------------------------------


@miniature("ORDER-6")
class NoZone(EventFactory):
    """Timestamps have no zone."""

    def _timestamp(self) -> str:
        return super()._timestamp().removesuffix("+00:00")


@miniature("ORDER-6", kind="agent")
class TwoClocks(EventFactory):
    """Events of an agent hold ISO text outside and a number of seconds inside."""

    def _envelope(self, *args: Any, **fields: Any) -> dict[str, Any]:
        envelope = super()._envelope(*args, **fields)
        moment = datetime.fromisoformat(envelope["timestamp"])
        envelope["data"]["timestamp"] = moment.timestamp()
        return envelope


@miniature("ORDER-6")
class StampedAtTheDoor(EventFactory):
    """tool_completed holds the time at which the session began."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._began = self._timestamp()

    def tool_completed(self, *args: Any, **more: Any) -> dict[str, Any]:
        event = super().tool_completed(*args, **more)
        event["data"]["timestamp"] = self._began
        return event
