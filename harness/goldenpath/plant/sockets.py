"""Planted sockets: a router, a broadcast or a connection manager is given them as a user's own.

Whatever is sent on one is a frame at its link. A user may have several. The harness decides what
becomes of each: it works, stalls (who sends waits, and nothing arrives before it flows again), or
is broken (sending raises). Where a real connection stands behind one, its `wire` makes the same of
that.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar

from goldenpath.canary import find
from goldenpath.jsonable import frame_value
from goldenpath.model import FLOWS, Kind
from goldenpath.plant.tools import Gates
from goldenpath.recorder import Recorder

WORKING, STALLED, BROKEN = "working", "stalled", "broken"

#: Makes a condition real, and returns when it is.
Wire = Callable[[str], Awaitable[None]]


class State(str):
    """CONNECTED or DISCONNECTED: a text that equals the member of that name, or of the other name
    for it, in whichever enumeration of sockets' states a target compares it with.
    """

    __slots__ = ()
    _ALSO: ClassVar[Mapping[str, str]] = {"OPEN": "CONNECTED", "CLOSED": "DISCONNECTED"}

    @property
    def name(self) -> str:
        """As an enumeration has it."""
        return str(self)

    value = name

    def __eq__(self, other: object) -> bool:
        name = getattr(other, "name", other)
        return isinstance(name, str) and str(self) == str.__str__(self._ALSO.get(name, name))

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


class PlantedSocket:
    """One socket, in the words that servers of the field have for it."""

    def __init__(self, link: str, user: str, sockets: Sockets) -> None:
        self.link, self.user = link, user
        self.condition, self.closed = WORKING, False
        self.stalls = 0
        self.wire: Wire | None = None
        self._sockets = sockets
        self.tokens: set[str] = set()

    def __repr__(self) -> str:
        return f"<socket {self.link}>"

    @property
    def gate(self) -> str:
        """The gate at which those wait who send on it while it has stalled, each time another."""
        return f"the socket {self.link}, stalled for the {self.stalls}. time"

    @property
    def client_state(self) -> State:
        """CONNECTED or DISCONNECTED."""
        gone = self.closed or self.condition == BROKEN
        return State("DISCONNECTED" if gone else "CONNECTED")

    application_state = state = client_state

    async def accept(self, *_: Any, **__: Any) -> None:
        """It is open already."""

    async def send_json(self, data: Any, mode: str = "text") -> None:
        """Send a message as JSON."""
        await self._send("socket.send_json", data)

    async def send_text(self, data: str) -> None:
        """Send a text frame."""
        await self._send("socket.send_text", data)

    async def send(self, data: Any) -> None:
        """Send text, bytes of UTF-8, or what is JSON."""
        await self._send("socket.send", _text(data))

    async def send_bytes(self, data: bytes) -> None:
        """Send bytes of UTF-8."""
        await self._send("socket.send_bytes", _text(data))

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        """Close it; sending raises from then on."""
        if not self.closed:
            self._sockets.ended(self, {"user": self.user, "code": code, "by": "target"})

    async def _send(self, shape: str, message: Any) -> None:
        if self.condition == STALLED and not self.closed:
            await self._sockets.gates.wait(self.gate)
        if self.closed or self.condition == BROKEN:
            raise ConnectionError("the socket is closed")
        self._sockets.arrived(self, shape, message)


def _text(data: Any) -> Any:
    return bytes(data).decode("utf-8", "backslashreplace") if _is_bytes(data) else data


def _is_bytes(data: Any) -> bool:
    return isinstance(data, bytes | bytearray | memoryview)


class Sockets:
    """All sockets of one workload, by the names of their links: `alice/1`."""

    def __init__(self, recorder: Recorder, gates: Gates, max_frame: int) -> None:
        self._recorder, self.gates, self._max_frame = recorder, gates, max_frame
        self._sockets: dict[str, PlantedSocket] = {}

    def __getitem__(self, link: str) -> PlantedSocket:
        return self._sockets[link]

    def __contains__(self, link: str) -> bool:
        return link in self._sockets

    def open(self, link: str, user: str) -> PlantedSocket:
        """A new socket of this user."""
        socket = self._sockets[link] = PlantedSocket(link, user, self)
        self._recorder.record(Kind.LINK, link, None, "up", {"user": user})
        return socket

    async def turn(self, link: str, condition: str, step: str | None = None) -> None:
        """Let it be in this condition from now on; one that had stalled flows again. A real
        connection that broke stays broken.
        """
        socket = self._sockets.get(link)
        if socket is None:  # a history may name one that was never opened
            return
        if socket.wire and socket.condition == BROKEN:
            return
        gate, stalled = socket.gate, socket.condition == STALLED
        socket.condition = condition
        socket.stalls += condition == STALLED and not stalled
        what = FLOWS if condition == WORKING else condition
        self._recorder.record(Kind.FAULT, socket.user, step, what, {"socket": link})
        if socket.wire:
            await socket.wire(condition)
        if stalled and condition != STALLED:
            self.gates.release(gate)

    def close(self, link: str) -> None:
        """The client closes it."""
        socket = self._sockets.get(link)
        if socket is not None and not socket.closed:
            self.ended(socket, {"user": socket.user})

    def ended(self, socket: PlantedSocket, value: dict[str, Any]) -> None:
        """Record that a socket was closed; who waits to send on it is told."""
        socket.closed = True
        self._recorder.record(Kind.LINK, socket.link, None, "down", value)
        self.gates.release(socket.gate)

    def arrived(self, socket: PlantedSocket, shape: str, message: Any) -> None:
        """Record a frame at its link."""
        value = frame_value(message, self._max_frame)
        text = value if isinstance(value, str) else json.dumps(value)
        socket.tokens.update(token.text for token in find(text))
        self._recorder.record(Kind.FRAME, socket.link, None, shape, value)

    def holds(self, link: str) -> bool:
        """Whether somebody waits to send on this link, which has stalled."""
        return link in self._sockets and self.gates.holds(self._sockets[link].gate)

    def have(self, links: list[str], token: str) -> bool:
        """Whether a frame with this canary has arrived at each of these links."""
        return all(token in self._sockets[link].tokens for link in links if link in self._sockets)
