"""Style: the ConnectionManager of a FastAPI tutorial, grown up, plus a stand-alone function broadcast_user_event.

Noted before the first run: FAULT. Links found broken are removed from the list that is being walked through, so the
socket that stands behind a broken one is skipped by that one broadcast (ROUTING-8, ROUTING-9). The broken one was
marked by the broadcast before, so the first broadcast after a break still reaches everybody.
"""

from __future__ import annotations

import asyncio
from typing import Any

from goldenpath import router

SEND_TIMEOUT = 1.0


class Connection:
    def __init__(self, websocket: Any) -> None:
        self.websocket = websocket
        self.broken = False
        self._lock = asyncio.Lock()

    async def send(self, message: dict[str, Any]) -> bool:
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                async with self._lock:
                    await self.websocket.send_json(message)
        except (ConnectionError, RuntimeError, TimeoutError):
            self.broken = True
            return False
        return True


class ConnectionManager:
    def __init__(self) -> None:
        self.active_connections: dict[str, list[Connection]] = {}

    async def connect(self, websocket: Any, user_id: str) -> None:
        mine = self.active_connections.setdefault(user_id, [])
        if all(connection.websocket is not websocket for connection in mine):
            mine.append(Connection(websocket))

    def disconnect(self, websocket: Any, user_id: str) -> None:
        mine = self.active_connections.get(user_id, [])
        for connection in mine:
            if connection.websocket is websocket:
                mine.remove(connection)
                break
        if not mine:
            self.active_connections.pop(user_id, None)

    def healthy(self, user_id: str) -> list[Connection]:
        """The connections of a user, without those that broke meanwhile."""
        mine = self.active_connections.get(user_id, [])
        found = []
        for connection in mine:
            if connection.broken:
                mine.remove(connection)
                continue
            found.append(connection)
        return found

    async def send_personal_message(self, message: dict[str, Any], user_id: str) -> int:
        connections = self.healthy(user_id)
        results = await asyncio.gather(*(connection.send(message) for connection in connections))
        return results.count(True)


async def broadcast_user_event(
    manager: ConnectionManager, event: dict[str, Any], user_id: str
) -> int:
    """Send an event to all windows of one user; answers how many got it."""
    if not user_id:
        return 0
    return await manager.send_personal_message(dict(event), user_id)


class Platform:
    def __init__(self) -> None:
        self.manager = ConnectionManager()

    async def connect(self, user_id: str, socket: Any) -> None:
        await self.manager.connect(socket, user_id)

    def disconnect(self, user_id: str, socket: Any) -> None:
        self.manager.disconnect(socket, user_id)

    async def broadcast_to_user(self, user_id: str, event: dict[str, Any]) -> int:
        return await broadcast_user_event(self.manager, event, user_id)


@router(routes=False)
def make() -> Platform:
    return Platform()
