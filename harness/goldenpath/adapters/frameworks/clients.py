"""Real WebSocket clients, one behind each planted socket, for servers that run in this loop.

What a client receives it passes on to its planted socket, and what becomes of that becomes of the
connection:

- broken: it is reset (SO_LINGER 0), without a closing handshake. The server has not noticed when
  the step ends, so that what is told next is told a connection that is dead and looks alive.
- stalled: the client reads no more, and the server has sent it BACKLOG after BACKLOG until the
  buffers of both sides are full. They are small, so that this takes a moment and not megabytes.
- A network that loses what is sent without a word looks like a stalled client for as long as the
  server waits; it is not made here.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from goldenpath.errors import TargetProblem
from goldenpath.plant.sockets import BROKEN, STALLED, WORKING, PlantedSocket

#: Bytes of the buffers of the kernel that are asked for, on either side.
BUFFER = 4096

#: What a client that reads no more has waiting for it. It holds nothing of a user's.
BACKLOG = "." * 16_384

#: So much of it is sent to somebody who reads no more only by a server that never waits for them.
MOST = 4096

#: Naps in a row in which the server could send no more of it: then it is held up. They are longer
#: than TCP delays an acknowledgement (40 to 200 ms), after which more would go through.
_NAP, _HELD_UP = 0.01, 25

#: Sends a text over one connection, as the server does.
SendText = Callable[[str], Awaitable[object]]

_RESET = struct.pack("ii", 1, 0)


def listener() -> socket.socket:
    """A socket for a server to listen at, the connections of which have small buffers."""
    made = socket.create_server(("127.0.0.1", 0))
    made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
    return made


class Client:
    """One connection. here: resolved by the server, once it counts it among those of its user.
    gone: set when it does so no more.
    """

    def __init__(self, planted: PlantedSocket) -> None:
        self._planted = planted
        self.here: asyncio.Future[SendText] = asyncio.get_running_loop().create_future()
        self.gone = asyncio.Event()
        self._reads = asyncio.Event()
        self._reads.set()
        self._backlog: asyncio.Task[None] | None = None

    async def open(self, raw: socket.socket, uri: str) -> None:
        """Shake hands over a socket that is connected, and wait until the server counts it in."""
        self._connection: ClientConnection = await connect(
            uri, sock=raw, max_queue=1, compression=None, ping_interval=None, proxy=None
        )
        self._passing = asyncio.create_task(self._pass_on())
        self._send = await self.here
        self._planted.wire = self.turn

    async def turn(self, condition: str) -> None:
        """Let the connection be as the planted socket is."""
        self._end_backlog()
        if condition == STALLED:
            self._reads.clear()
            self._sent = 0
            self._backlog = asyncio.create_task(self._send_backlog())
            await self._held_up()
        elif condition == BROKEN:
            self._reset()
        elif condition == WORKING:
            self._reads.set()

    async def close(self) -> None:
        """Close it as clients do; one that does not read has none but the hard way."""
        self._end_backlog()
        if self._reads.is_set():
            await self._connection.close()
        else:
            self._reset()
        self._passing.cancel()

    async def _pass_on(self) -> None:
        with suppress(ConnectionClosed):
            while True:
                await self._reads.wait()
                text = await self._connection.recv()
                if text != BACKLOG:
                    with suppress(ConnectionError):  # its user has gone
                        await self._planted.send_text(str(text))

    async def _send_backlog(self) -> None:
        with suppress(Exception):  # it broke meanwhile: each server has its own words for that
            while self._sent < MOST:
                await self._send(BACKLOG)
                self._sent += 1

    async def _held_up(self) -> None:
        sent, naps = -1, 0
        while naps < _HELD_UP:
            naps = naps + 1 if sent == self._sent else 0
            sent = self._sent
            await asyncio.sleep(_NAP)
        if sent >= MOST:
            raise TargetProblem(
                "a connection could not be stalled",
                expected="a server that waits for who does not read",
                got=f"one that sent them {MOST} times {len(BACKLOG)} bytes",
            )

    def _end_backlog(self) -> None:
        if self._backlog is not None:
            self._backlog.cancel()

    def _reset(self) -> None:
        transport = self._connection.transport
        if not transport.is_closing():
            raw = transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            transport.abort()


class Clients:
    """All clients of one server, by the port that the server sees them come from."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._by_port: dict[int, Client] = {}
        self._by_socket: dict[str, Client] = {}

    async def connect(self, user_id: str, planted: PlantedSocket) -> None:
        """Open a connection for this user; the server counts it in when this returns."""
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        raw.setblocking(False)
        await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", self._port))
        client = self._by_port[raw.getsockname()[1]] = Client(planted)
        await client.open(raw, f"ws://127.0.0.1:{self._port}/ws/{user_id}")
        self._by_socket[planted.link] = client

    async def disconnect(self, planted: PlantedSocket) -> None:
        """Close it; the server counts it no more when this returns."""
        client = self._by_socket[planted.link]
        await client.close()
        await client.gone.wait()

    def here(self, port: int, send: SendText) -> None:
        """The server counts in the connection from this port, over which `send` sends."""
        self._by_port[port].here.set_result(send)

    def gone(self, port: int) -> None:
        """The server counts it no more."""
        self._by_port[port].gone.set()

    async def close(self) -> None:
        """Close all of them."""
        await asyncio.gather(*(client.close() for client in self._by_socket.values()))
