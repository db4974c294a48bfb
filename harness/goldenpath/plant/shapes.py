"""The shapes of the field in which targets see the planted transport.

A call that names a user or a run goes to that user's links, whoever's tap it was called on; only
calls without an address go to the tap's own user. So an event that a target misaddresses really
arrives at the wrong user.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from goldenpath.plant.sockets import State
from goldenpath.plant.transport import Transport

_LEFT_OUT: Any = object()

#: Sends a message in some shape to the tap's own user.
Own = Callable[[str, Any], Awaitable[bool]]


class Manager:
    """A connection manager: addressed by user id, or a bare event to the tap's own user."""

    def __init__(self, transport: Transport, own: Own) -> None:
        self._transport, self._own = transport, own

    async def send_event(self, event_type: str, data: Any = None) -> bool:
        """Send an event to the tap's own user."""
        return await self._own("manager.send_event", {"type": event_type, "data": data})

    async def send_to_user(self, user_id: Any, message: Any) -> bool:
        """Send a message, envelope and all, to the user with this id."""
        name = self._transport.name_of(user_id)
        return await self._transport.send(name, "manager.send_to_user", message)

    async def emit_critical_event(self, user_id: Any, event_type: str, data: Any = None) -> bool:
        """Send an event to the user with this id."""
        name = self._transport.name_of(user_id)
        message = {"type": event_type, "data": data}
        return await self._transport.send(name, "manager.emit_critical_event", message)

    def is_connected(self, user_id: Any) -> bool:
        """Whether this user has a link open."""
        return self._transport.connected(user_id)

    has_connection = is_connection_active = is_connected


def _body(fields: dict[str, Any], extra: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in {**fields, **extra}.items() if v is not _LEFT_OUT}


class Emitter:
    """The five events for the tap's own user, as `notify_*` and `emit_*`."""

    def __init__(self, send: Callable[[str, dict[str, Any]], Awaitable[bool]]) -> None:
        self._send = send

    async def notify_agent_started(self, context: Any = _LEFT_OUT, **extra: Any) -> bool:
        """The agent began to work."""
        return await self._send("agent_started", _body({"context": context}, extra))

    async def notify_agent_thinking(
        self, reasoning: Any, step_number: Any = _LEFT_OUT, **extra: Any
    ) -> bool:
        """The agent thinks."""
        fields = {"reasoning": reasoning, "step_number": step_number}
        return await self._send("agent_thinking", _body(fields, extra))

    async def notify_tool_executing(
        self, tool_name: Any, parameters: Any = _LEFT_OUT, **extra: Any
    ) -> bool:
        """A tool is about to run."""
        fields = {"tool_name": tool_name, "parameters": parameters}
        return await self._send("tool_executing", _body(fields, extra))

    async def notify_tool_completed(
        self,
        tool_name: Any,
        result: Any = _LEFT_OUT,
        execution_time_ms: Any = _LEFT_OUT,
        error: Any = _LEFT_OUT,
        status: Any = _LEFT_OUT,
        **extra: Any,
    ) -> bool:
        """A tool has ended."""
        fields = {
            "tool_name": tool_name,
            "result": result,
            "execution_time_ms": execution_time_ms,
            "error": error,
            "status": status,
        }
        return await self._send("tool_completed", _body(fields, extra))

    async def notify_agent_completed(
        self,
        result: Any = _LEFT_OUT,
        execution_time_ms: Any = _LEFT_OUT,
        status: Any = _LEFT_OUT,
        error: Any = _LEFT_OUT,
        **extra: Any,
    ) -> bool:
        """The agent has answered."""
        fields = {
            "result": result,
            "execution_time_ms": execution_time_ms,
            "status": status,
            "error": error,
        }
        return await self._send("agent_completed", _body(fields, extra))

    emit_agent_started = notify_agent_started
    emit_agent_thinking = notify_agent_thinking
    emit_tool_executing = notify_tool_executing
    emit_tool_completed = notify_tool_completed
    emit_agent_completed = notify_agent_completed


class Bridge:
    """The same five with the run's id and the agent's name before them: addressed by run."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def _emitter(self, run_id: Any, agent_name: Any) -> Emitter:
        async def send(event_type: str, fields: dict[str, Any]) -> bool:
            ours = {"type": event_type, "run_id": run_id, "agent_name": agent_name}
            message = {**ours, **fields, **ours}
            return await self._transport.send(self._transport.owner_of(run_id), "bridge", message)

        return Emitter(send)

    async def notify_agent_started(
        self, run_id: Any, agent_name: Any, context: Any = _LEFT_OUT, **extra: Any
    ) -> bool:
        """The agent began to work."""
        return await self._emitter(run_id, agent_name).notify_agent_started(context, **extra)

    async def notify_agent_thinking(
        self,
        run_id: Any,
        agent_name: Any,
        reasoning: Any,
        step_number: Any = _LEFT_OUT,
        **extra: Any,
    ) -> bool:
        """The agent thinks."""
        emitter = self._emitter(run_id, agent_name)
        return await emitter.notify_agent_thinking(reasoning, step_number, **extra)

    async def notify_tool_executing(
        self,
        run_id: Any,
        agent_name: Any,
        tool_name: Any,
        parameters: Any = _LEFT_OUT,
        **extra: Any,
    ) -> bool:
        """A tool is about to run."""
        emitter = self._emitter(run_id, agent_name)
        return await emitter.notify_tool_executing(tool_name, parameters, **extra)

    async def notify_tool_completed(
        self,
        run_id: Any,
        agent_name: Any,
        tool_name: Any,
        result: Any = _LEFT_OUT,
        execution_time_ms: Any = _LEFT_OUT,
        error: Any = _LEFT_OUT,
        status: Any = _LEFT_OUT,
        **extra: Any,
    ) -> bool:
        """A tool has ended."""
        emitter = self._emitter(run_id, agent_name)
        return await emitter.notify_tool_completed(
            tool_name, result, execution_time_ms, error, status, **extra
        )

    async def notify_agent_completed(
        self,
        run_id: Any,
        agent_name: Any,
        result: Any = _LEFT_OUT,
        execution_time_ms: Any = _LEFT_OUT,
        status: Any = _LEFT_OUT,
        error: Any = _LEFT_OUT,
        **extra: Any,
    ) -> bool:
        """The agent has answered."""
        emitter = self._emitter(run_id, agent_name)
        return await emitter.notify_agent_completed(
            result, execution_time_ms, status, error, **extra
        )


class Socket:
    """A socket of the tap's own user."""

    def __init__(self, own: Own) -> None:
        self._own = own
        self.closed = False

    @property
    def state(self) -> State:
        """CONNECTED or DISCONNECTED."""
        return State("DISCONNECTED" if self.closed else "CONNECTED")

    client_state = application_state = state

    async def send_json(self, data: Any, mode: str = "text") -> bool:
        """Send a message as JSON."""
        return await self._send("socket.send_json", data)

    async def send_text(self, data: str) -> bool:
        """Send a text frame."""
        return await self._send("socket.send_text", data)

    send = send_text

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        """Close the socket; sending raises from then on."""
        self.closed = True

    async def _send(self, shape: str, message: Any) -> bool:
        if self.closed:
            raise ConnectionError("the socket is closed")
        return await self._own(shape, message)


#: What a target may hand on as its own.
SHAPES = (Manager, Bridge, Emitter, Socket)


class Tap:
    """One user's view of the transport, in every shape; each is None where it is absent."""

    def __init__(
        self, transport: Transport, own: str, *, absent: bool = False, session: str = ""
    ) -> None:
        def to_own(shape: str, message: Any) -> Awaitable[bool]:
            return transport.send(own, shape, message, session)

        self.manager = None if absent else Manager(transport, to_own)
        self.bridge = None if absent else Bridge(transport)
        self.emitter = None if absent else Emitter(self._emit(to_own))
        self.socket = None if absent else Socket(to_own)
        self.send = None if absent else self._sender(to_own)

    @staticmethod
    def _emit(own: Own) -> Callable[[str, dict[str, Any]], Awaitable[bool]]:
        async def send(event_type: str, fields: dict[str, Any]) -> bool:
            return await own("emitter", {**fields, "type": event_type})

        return send

    @staticmethod
    def _sender(own: Own) -> Callable[[Any], Awaitable[bool]]:
        async def send(message: Any) -> bool:
            return await own("send", message)

        return send
