"""The other two shapes in which events are sent: a bridge addressed by run, and an emitter.

Both write the envelopes of `events` and send them over a connection manager, to the user whom the
run belongs to. An event of a run that nobody knows reaches nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .connections import ConnectionManager, Socket
from .context import UserContext
from .events import Envelope, EventFactory

#: Messages that are kept for a user who is away.
KEPT = 100


class EventEmitter:
    """Sends the events of one run to its user."""

    def __init__(self, context: UserContext, connections: ConnectionManager) -> None:
        """Bind to a user and the way to them."""
        self._context, self._connections = context, connections
        self._events = EventFactory(context)

    async def notify_agent_started(self, context: Mapping[str, Any] | None = None) -> bool:
        """The agent began to work."""
        return await self._send(self._events.agent_started(str((context or {}).get("agent", ""))))

    async def notify_agent_thinking(self, reasoning: str, step_number: int | None = None) -> bool:
        """The agent thinks."""
        return await self._send(self._events.agent_thinking(reasoning))

    async def notify_tool_executing(
        self, tool_name: str, parameters: Mapping[str, Any] | None = None, call_id: str = ""
    ) -> bool:
        """A tool is about to run."""
        event = self._events.tool_executing(tool_name, call_id, parameters or {})
        return await self._send(_without_empty_call(event))

    async def notify_tool_completed(
        self,
        tool_name: str,
        result: Any = None,
        execution_time_ms: float | None = None,
        error: str | None = None,
        status: str | None = None,
        call_id: str = "",
    ) -> bool:
        """A tool has ended; without a status it worked, unless there is an error."""
        said = status or ("success" if error is None else "error")
        event = self._events.tool_completed(tool_name, call_id, said, result, error)
        return await self._send(_without_empty_call(event))

    async def notify_agent_completed(
        self,
        result: Any = None,
        execution_time_ms: float | None = None,
        status: str | None = None,
        error: str | None = None,
    ) -> bool:
        """The agent has answered, or failed."""
        if error is not None:
            return await self._send(self._events.agent_failed(error))
        return await self._send(self._events.agent_completed(result))

    async def _send(self, event: Envelope) -> bool:
        return await self._connections.send_to_user(self._context.user_id, event)


def _without_empty_call(event: Envelope) -> Envelope:
    """An event names its call where it has an id."""
    if not event["data"]["call_id"]:
        del event["data"]["call_id"]
    return event


class EventBridge:
    """Sends events by the id of the run that they are about."""

    def __init__(self, connections: ConnectionManager) -> None:
        """Begin without runs."""
        self._connections = connections
        self._emitters: dict[str, EventEmitter] = {}

    def register(self, context: UserContext) -> None:
        """From now on events of this run go to its user."""
        self._emitters[context.run_id] = EventEmitter(context, self._connections)

    def forget(self, run_id: str) -> None:
        """Events of this run reach nobody any more."""
        self._emitters.pop(run_id, None)

    def _of(self, run_id: str) -> EventEmitter | None:
        return self._emitters.get(run_id) if isinstance(run_id, str) else None

    async def notify_agent_started(
        self, run_id: str, agent_name: str, context: Mapping[str, Any] | None = None
    ) -> bool:
        """The agent began to work."""
        emitter = self._of(run_id)
        told = {**(context or {}), "agent": agent_name}
        return emitter is not None and await emitter.notify_agent_started(told)

    async def notify_agent_thinking(
        self, run_id: str, agent_name: str, reasoning: str, step_number: int | None = None
    ) -> bool:
        """The agent thinks."""
        emitter = self._of(run_id)
        return emitter is not None and await emitter.notify_agent_thinking(reasoning, step_number)

    async def notify_tool_executing(
        self,
        run_id: str,
        agent_name: str,
        tool_name: str,
        parameters: Mapping[str, Any] | None = None,
        call_id: str = "",
    ) -> bool:
        """A tool is about to run."""
        emitter = self._of(run_id)
        if emitter is None:
            return False
        return await emitter.notify_tool_executing(tool_name, parameters, call_id)

    async def notify_tool_completed(
        self,
        run_id: str,
        agent_name: str,
        tool_name: str,
        result: Any = None,
        execution_time_ms: float | None = None,
        error: str | None = None,
        status: str | None = None,
        call_id: str = "",
    ) -> bool:
        """A tool has ended."""
        emitter = self._of(run_id)
        if emitter is None:
            return False
        told = (result, execution_time_ms, error, status, call_id)
        return await emitter.notify_tool_completed(tool_name, *told)

    async def notify_agent_completed(
        self,
        run_id: str,
        agent_name: str,
        result: Any = None,
        execution_time_ms: float | None = None,
        status: str | None = None,
        error: str | None = None,
    ) -> bool:
        """The agent has answered, or failed."""
        emitter = self._of(run_id)
        if emitter is None:
            return False
        return await emitter.notify_agent_completed(result, execution_time_ms, status, error)


class ReplayingConnections(ConnectionManager):
    """Connections that keep what a user misses who was here before, and send it, marked, to the
    next socket of theirs before anything else.
    """

    def __init__(self, **more: Any) -> None:
        """Begin with nobody known."""
        super().__init__(**more)
        self._missed: dict[str, list[Envelope]] = {}

    async def reconnect(self, user_id: str, socket: Socket) -> None:
        """Add a socket of a user, once it has what they missed, also in the meantime. What it does
        not take stays for the next.
        """
        missed = self._missed.setdefault(user_id, [])
        while missed:
            message = missed.pop(0)
            if not await self.answer(user_id, socket, {**message, "recovered": True}):
                missed.insert(0, message)
                return
        self.connect(user_id, socket)

    async def broadcast(self, user_id: str, message: Mapping[str, Any]) -> int:
        """Send a message to every socket of a user; one that nobody took is kept."""
        taken = await super().broadcast(user_id, message)
        if not taken and isinstance(user_id, str) and user_id in self._missed:
            kept = self._missed[user_id]
            kept.append(dict(message))
            del kept[:-KEPT]
        return taken
