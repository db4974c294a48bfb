"""FastAPI as a target: the ConnectionManager of its documentation, under uvicorn, over TCP.

What is FastAPI's: the class ConnectionManager (of "Handling disconnections and multiple clients",
in its chapter on WebSockets), and an endpoint that connects, receives for ever, and disconnects
on WebSocketDisconnect. The documented one has no users and tells everybody. What is ours is what
applications add: a manager for each user, kept in a dict by the id in the path, and that nothing is
told to a chat when somebody leaves it. That a broadcast finds the right manager, or none, is
therefore our doing: ISOLATION-7 is not judged, and of ROUTING-8 "nobody else" proves nothing.

Server and clients run in one loop, over real connections of 127.0.0.1. Keepalive is off: it would
end a stalled connection after 40 seconds, longer than any is stalled here.
"""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

from goldenpath.adapters.frameworks.clients import Clients, listener
from goldenpath.declare import router
from goldenpath.errors import UsageProblem
from goldenpath.plant.sockets import PlantedSocket

_MEMBERS = ("connect", "disconnect", "broadcast")


class ConnectionManager:
    """The documented pattern."""

    def __init__(self) -> None:
        self.active_connections: list[WebSocket] = []

    async def connect(self, websocket: WebSocket) -> None:
        """Accept a connection, and count it in."""
        await websocket.accept()
        self.active_connections.append(websocket)

    def disconnect(self, websocket: WebSocket) -> None:
        """Count it no more."""
        self.active_connections.remove(websocket)

    async def send_personal_message(self, message: str, websocket: WebSocket) -> None:
        """Tell one of them something."""
        await websocket.send_text(message)

    async def broadcast(self, message: str) -> None:
        """Tell all of them something."""
        for connection in self.active_connections:
            await connection.send_text(message)


class Managers:
    """A manager for each user, whose connections real clients open."""

    def __init__(self, make: Callable[[], Any], port: int) -> None:
        self._make, self._managers = make, dict[str, Any]()
        self.clients = Clients(port)

    async def endpoint(self, websocket: WebSocket, user_id: str) -> None:
        """One connection of a user, from its beginning to its end."""
        assert websocket.client is not None
        port, manager = websocket.client.port, self._managers.get(user_id)
        if manager is None:
            manager = self._managers[user_id] = self._make()
        try:
            await manager.connect(websocket)
            self.clients.here(port, websocket.send_text)
            while True:
                await websocket.receive_text()
        except WebSocketDisconnect:
            left = manager.disconnect(websocket)
            if inspect.isawaitable(left):
                await left
        finally:
            self.clients.gone(port)

    async def connect(self, user_id: str, socket: PlantedSocket) -> None:
        """A user comes."""
        await self.clients.connect(user_id, socket)

    async def disconnect(self, user_id: str, socket: PlantedSocket) -> None:
        """A user leaves."""
        await self.clients.disconnect(socket)

    async def broadcast_to_user(self, user_id: str, event: Any) -> Any:
        """Tell all connections of a user something; what the manager says of it."""
        return await self._managers[user_id].broadcast(json.dumps(event))


class _Server(uvicorn.Server):
    """Leaves signals to the harness."""

    def capture_signals(self) -> Any:
        return nullcontext()


@asynccontextmanager
async def _served(make: Callable[[], Any]) -> AsyncIterator[Managers]:
    with listener() as listening:
        managers, app = Managers(make, listening.getsockname()[1]), FastAPI()
        app.add_api_websocket_route("/ws/{user_id}", managers.endpoint)
        config = uvicorn.Config(
            app, ws_ping_interval=None, timeout_graceful_shutdown=1, lifespan="off", log_config=None
        )
        server = _Server(config)
        serving = asyncio.create_task(server.serve([listening]))
        try:
            while not (server.started or serving.done()):
                await asyncio.sleep(0)
            yield managers
        finally:
            await managers.clients.close()
            server.should_exit = True
            await serving


def wrap(manager: object) -> Callable[[], AbstractAsyncContextManager[Managers]]:
    """Make a target of a manager class of a user's own, with the members of the documented one."""
    wrong = [name for name in _MEMBERS if not _takes_one(getattr(manager, name, None))]
    if wrong or not isinstance(manager, type):
        raise UsageProblem(
            "this is no class of connection managers",
            expected="a class with connect(websocket), disconnect(websocket), broadcast(text)",
            got=f"{manager!r:.60}" + f": not so are {', '.join(wrong)}" * bool(wrong),
        )

    @router(routes=False, addresses=False)
    def make() -> AbstractAsyncContextManager[Managers]:
        return _served(manager)

    return make


def _takes_one(method: Any) -> bool:
    try:
        inspect.signature(method).bind("self", "one")
    except (TypeError, ValueError):
        return False
    return True


#: The target `fastapi`.
embedded = wrap(ConnectionManager)
