"""The planted transport: one for all users, routed by address, in every shape of the field.

A call that names a user or a run goes to that user's links, whoever's tap it was called on; an
unknown address reaches nobody and is recorded; only calls without an address go to the tap's own
user. So an event that a target misaddresses really arrives at the wrong user.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any

from goldenpath.canary import RAISED
from goldenpath.jsonable import frame_value
from goldenpath.model import CLOGGED, FLOWS, HELD, Kind, User
from goldenpath.plant.tools import Gates
from goldenpath.recorder import Recorder

_LEFT_OUT: Any = object()

#: Seconds that each send to a slow user takes.
SLOW_SEND = 0.1


class LinkBroken(Exception):
    """What the planted transport raises that is none of Python's own."""


#: What a transport that falters raises, in turn: each library of the field has its own (a closed
#: socket, a queue that is full, a link that is gone). Their number is odd, so that each meets an
#: announcement as well as a report.
ERRORS: tuple[type[Exception], ...] = (
    ConnectionError,
    RuntimeError,
    TimeoutError,
    LinkBroken,
    ValueError,
)

#: Which sends of a transport that falters raise, over and over: of calls one after the other first
#: the report only, then the announcement only.
FALTERS = (False, True, True, False)

#: Letters of one frame that are recorded; longer ones are noted and make the verdict UNKNOWN.
MAX_FRAME = 4 << 20


class Transport:
    """Delivers messages to links, which are lines of the history."""

    def __init__(
        self,
        recorder: Recorder,
        users: Iterable[User],
        max_frame: int = MAX_FRAME,
        gates: Gates | None = None,
    ) -> None:
        self._recorder = recorder
        self._gates = Gates() if gates is None else gates
        self._max_frame = max_frame
        self._by_user_id = {user.user_id: user.name for user in users}
        self._by_run_id: dict[str, str] = {}
        self._links: dict[str, list[str]] = {}
        self._opened: dict[str, int] = {}
        self._conditions: dict[str, str] = {}
        self._clogs: dict[str, str] = {}
        self._held: set[str] = set()
        self._raises: dict[str, Iterator[type[Exception] | None]] = {}

    # --- links ---------------------------------------------------------------------------------

    def connect(self, name: str, condition: str, *, falters: bool = False) -> None:
        """Open a link of this user in place of any before it; `condition`: working, raising, slow
        or stalled. falters: where it raises, it does so now and then, and ever another error.
        """
        self.disconnect(name)
        self._opened[name] = self._opened.get(name, 0) + 1
        link = f"{name}/{self._opened[name]}"
        self._links.setdefault(name, []).append(link)
        self._conditions[name] = condition
        raises = _FALTERING if falters else _ALWAYS
        self._raises[name] = itertools.cycle(raises if condition == "raising" else _NEVER)
        self._recorder.record(Kind.LINK, link, None, "up", {"user": name})
        if condition in ("slow", "stalled"):
            self._recorder.record(Kind.FAULT, name, None, condition, {})

    def disconnect(self, name: str) -> None:
        """Close every link of this user."""
        for link in self._links.pop(name, []):
            self._recorder.record(Kind.LINK, link, None, "down", {"user": name})

    def connected(self, user_id: object) -> bool:
        """Whether the user with this id has a link open."""
        return bool(self._links.get(self.name_of(user_id) or ""))

    def clog(self, name: str, clog: str) -> None:
        """From now on whoever sends to this user waits, after the event has reached the link."""
        self._clogs[name] = clog
        self._recorder.record(Kind.FAULT, name, clog, CLOGGED, {})

    def unclog(self, name: str, given_up: str | None = None) -> None:
        """Let those go on who wait. given_up: the step whose caller gave up meanwhile; it is noted
        where somebody did wait, for else nothing follows.
        """
        clog = self._clogs.pop(name)
        value = {"given_up": given_up} if given_up and clog in self._held else {}
        self._recorder.record(Kind.FAULT, name, clog, FLOWS, value)
        self._gates.release(_clog_of(name, clog))

    # --- addresses -----------------------------------------------------------------------------

    def own_run(self, run_id: str, name: str) -> None:
        """Note that a run belongs to a user."""
        self._by_run_id[run_id] = name

    def name_of(self, user_id: object) -> str | None:
        """The user with this id, or None."""
        return self._by_user_id.get(user_id) if isinstance(user_id, str) else None

    def owner_of(self, run_id: object) -> str | None:
        """The user whom this run belongs to, or None."""
        return self._by_run_id.get(run_id) if isinstance(run_id, str) else None

    # --- delivery ------------------------------------------------------------------------------

    def deliver(self, name: str | None, shape: str, message: Any) -> bool:
        """Record the message at each link of this user, at once; True where somebody got it.

        Raises ConnectionError where the user's transport was told to raise, or another of ERRORS
        where it falters.
        """
        if (error := next(self._raises.get(name or "", iter(_NEVER)))) is not None:
            self._recorder.record(Kind.FAULT, name or "", None, "raised", {"shape": shape})
            raise error(RAISED)
        value = frame_value(message, self._max_frame)
        links = self._links.get(name or "", [])
        for link in links or [""]:
            self._recorder.record(Kind.FRAME, link, None, shape, value)
        return bool(links)

    async def send(self, name: str | None, shape: str, message: Any) -> bool:
        """Deliver a message when this user takes it: at once, after a while, or never, of which the
        sender hears at the end of the workload.
        """
        condition = self._conditions.get(name or "")
        if condition == "slow":
            await asyncio.sleep(SLOW_SEND)
        elif condition == "stalled":
            await self._gates.wait(f"the stalled link of {name}")
            return False  # nobody has read it
        delivered = self.deliver(name, shape, message)
        if (clog := self._clogs.get(name or "")) is not None:
            await self._wait_out(name or "", clog)
        await asyncio.sleep(0)  # as a socket does that is drained: others get their turn meanwhile
        return delivered

    async def _wait_out(self, name: str, clog: str) -> None:
        """Wait as for a socket that is not drained: the event is in it already."""
        if clog not in self._held:
            self._held.add(clog)
            self._recorder.record(Kind.FAULT, name, clog, HELD, {"token": clog})
        await self._gates.wait(_clog_of(name, clog))


def _clog_of(name: str, clog: str) -> str:
    """The gate at which those wait who send to a clogged link."""
    return f"the link of {name}, clogged by {clog}"


def _now_and_then() -> tuple[type[Exception] | None, ...]:
    errors = itertools.cycle(ERRORS)
    return tuple(next(errors) if raises else None for raises in FALTERS * len(ERRORS))


#: What the sends raise of a transport that works, raises each time, or falters.
_NEVER, _ALWAYS, _FALTERING = (None,), ERRORS[:1], _now_and_then()


class Manager:
    """A connection manager: addressed by user id, or a bare event to the tap's own user."""

    def __init__(self, transport: Transport, own: str) -> None:
        self._transport, self._own = transport, own

    async def send_event(self, event_type: str, data: Any = None) -> bool:
        """Send an event to the tap's own user."""
        message = {"type": event_type, "data": data}
        return await self._transport.send(self._own, "manager.send_event", message)

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

    _shape = "emitter"

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

    def __init__(self, transport: Transport, own: str) -> None:
        self._transport, self._own = transport, own
        self.closed = False

    @property
    def state(self) -> str:
        """CONNECTED or DISCONNECTED."""
        return "DISCONNECTED" if self.closed else "CONNECTED"

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
        return await self._transport.send(self._own, shape, message)


#: What a target may hand on as its own.
SHAPES = (Manager, Bridge, Emitter, Socket)


class Tap:
    """One user's view of the transport, in every shape; each is None where it is absent."""

    def __init__(self, transport: Transport, own: str, *, absent: bool = False) -> None:
        self.manager = None if absent else Manager(transport, own)
        self.bridge = None if absent else Bridge(transport)
        self.emitter = None if absent else Emitter(self._emit(transport, own))
        self.socket = None if absent else Socket(transport, own)
        self.send = None if absent else self._sender(transport, own)

    @staticmethod
    def _emit(transport: Transport, own: str) -> Callable[[str, dict[str, Any]], Awaitable[bool]]:
        async def send(event_type: str, fields: dict[str, Any]) -> bool:
            return await transport.send(own, "emitter", {**fields, "type": event_type})

        return send

    @staticmethod
    def _sender(transport: Transport, own: str) -> Callable[[Any], Awaitable[bool]]:
        async def send(message: Any) -> bool:
            return await transport.send(own, "send", message)

        return send
