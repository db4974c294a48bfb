"""The ways to tell all sockets of a user something, each over the same connections.

A service that others are given; one that is bound to its user, so that nobody else can be named;
and a function for those who have neither. `MessageRouter.broadcast_to_user` is the fourth.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .connections import ConnectionManager


class BroadcastService:
    """Tells any user something."""

    def __init__(self, connections: ConnectionManager) -> None:
        """Use these connections."""
        self._connections = connections

    async def broadcast_to_user(self, user_id: str, event: Mapping[str, Any]) -> int:
        """Send an event to every socket of a user; how many took it."""
        return await self._connections.broadcast(user_id, event)


class UserBroadcaster:
    """Tells one user something, and can tell it nobody else."""

    def __init__(self, service: BroadcastService, user_id: str) -> None:
        """Bind it to a user."""
        self._service, self._user_id = service, user_id

    async def broadcast(self, event: Mapping[str, Any]) -> int:
        """Send an event to every socket of the user; how many took it."""
        return await self._service.broadcast_to_user(self._user_id, event)


async def broadcast_user_event(
    event: Mapping[str, Any], user_id: str, connections: ConnectionManager
) -> int:
    """Send an event to every socket of a user; how many took it."""
    return await BroadcastService(connections).broadcast_to_user(user_id, event)
