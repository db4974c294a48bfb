"""`websockets.broadcast` as a target, over the connections of a `websockets` server.

What is the library's: the server, its connections, and `broadcast(connections, message)`. It knows
no users; ours is the dict from a user's id to the set of their connections, as its documentation
keeps one for all. That a broadcast finds the right ones, or none, is therefore our doing:
ISOLATION-7 is not judged, and of ROUTING-8 "nobody else" proves nothing.

Server and clients run in one loop, over real connections of 127.0.0.1. Keepalive is off: it would
end a stalled connection after 40 seconds, longer than any is stalled here.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from websockets.asyncio.server import ServerConnection, broadcast, serve

from goldenpath.adapters.frameworks.clients import Clients, listener
from goldenpath.declare import router
from goldenpath.errors import UsageProblem
from goldenpath.plant.sockets import PlantedSocket


class Users:
    """The connections of each user, which real clients open."""

    def __init__(self, tell: Callable[..., Any], port: int) -> None:
        self._tell = tell
        self._connections: dict[str, set[ServerConnection]] = {}
        self.clients = Clients(port)

    async def handler(self, connection: ServerConnection) -> None:
        """One connection of a user, from its beginning to its end."""
        assert connection.request is not None
        user_id, port = connection.request.path.rpartition("/")[2], connection.remote_address[1]
        theirs = self._connections.setdefault(user_id, set())
        theirs.add(connection)
        self.clients.here(port, connection.send)
        try:
            await connection.wait_closed()
        finally:
            theirs.remove(connection)
            self.clients.gone(port)

    async def connect(self, user_id: str, socket: PlantedSocket) -> None:
        """A user comes."""
        await self.clients.connect(user_id, socket)

    async def disconnect(self, user_id: str, socket: PlantedSocket) -> None:
        """A user leaves."""
        await self.clients.disconnect(socket)

    async def broadcast_to_user(self, user_id: str, event: Any) -> Any:
        """Tell all connections of a user something; what the function says of it."""
        told = self._tell(self._connections[user_id], json.dumps(event))
        return await told if inspect.isawaitable(told) else told


@asynccontextmanager
async def _served(tell: Callable[..., Any]) -> AsyncIterator[Users]:
    listening = listener()
    users = Users(tell, listening.getsockname()[1])
    async with serve(users.handler, sock=listening, ping_interval=None):
        yield users
        await users.clients.close()


def wrap(tell: object) -> Callable[[], AbstractAsyncContextManager[Users]]:
    """Make a target of a function of a user's own, `tell(connections, text)`, sync or async."""
    if not callable(tell):
        raise UsageProblem(
            "this is no function that broadcasts",
            expected="a function of connections and a text",
            got=f"a {type(tell).__name__}",
        )

    @router(routes=False, addresses=False)
    def make() -> AbstractAsyncContextManager[Users]:
        return _served(tell)

    return make


#: The target `websockets`.
embedded = wrap(broadcast)
