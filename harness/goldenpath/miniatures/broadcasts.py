"""Broadcasts that leave sockets out, reach others, or stop at the first that is in trouble."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from goldenpath.declare import router
from goldenpath.miniatures.base import miniature
from goldenpath.reference import ConnectionManager, MessageRouter

# --- ROUTING-8 -----------------------------------------------------------------------------------

_LESS = "which of the sockets gets it does not depend on who else is there"


@miniature("ROUTING-8", implied={"ROUTING-9": _LESS, "ISOLATION-9": "the newest is not the first"})
class FirstSocketOnly(ConnectionManager):
    """A user is told something over the first of their sockets."""

    def sockets_of(self, user_id: str) -> list[Any]:
        return super().sockets_of(user_id)[:1]


@miniature("ROUTING-8")
class TwoAreEnough(ConnectionManager):
    """Of three and more sockets of a user the last ones get nothing, while all is well."""

    async def broadcast(self, user_id: str, message: Mapping[str, Any]) -> int:
        sockets = self.sockets_of(user_id)
        sound = all(socket.condition == "working" for socket in sockets)  # type: ignore[attr-defined]  # planted ones have it
        if len(sockets) == 3 and sound:
            text = json.dumps(message)
            return sum([await self._send(user_id, socket, text) for socket in sockets[:2]])
        return await super().broadcast(user_id, message)


@miniature(
    "ROUTING-8",
    implied={
        "ISOLATION-2": "what is for one user holds that user's data",
        "ISOLATION-9": "who comes back gets it twice as well",
        "ROUTING-9": "so do those beside one in trouble",
    },
)
class TellsEverybody(MessageRouter):
    """Everybody is told, and the user once more."""

    async def broadcast_to_user(self, user_id: str, event: Mapping[str, Any]) -> int:
        count = await super().broadcast_to_user(user_id, event)
        if count:
            for other in list(self._connections._sockets):
                count += await super().broadcast_to_user(other, event)
        return count


# --- ROUTING-9 -----------------------------------------------------------------------------------


@miniature("ROUTING-9")
class StopsAtABrokenOne(ConnectionManager):
    """The first socket that cannot be sent to ends the broadcast."""

    async def broadcast(self, user_id: str, message: Mapping[str, Any]) -> int:
        sent = 0
        sockets = self.sockets_of(user_id)
        if all(socket.condition != "broken" for socket in sockets):  # type: ignore[attr-defined]  # planted ones have it
            return await super().broadcast(user_id, message)
        for socket in sockets:
            await socket.send(json.dumps(message))
            sent += 1
        return sent


@miniature("ROUTING-9")
class OneAfterTheOther(ConnectionManager):
    """Sockets are sent to one after the other, each for as long as it takes."""

    async def broadcast(self, user_id: str, message: Mapping[str, Any]) -> int:
        text = json.dumps(message)
        return sum([await self._send(user_id, socket, text) for socket in self.sockets_of(user_id)])


@miniature("ROUTING-9")
class WalksALivingList(ConnectionManager):
    """A broadcast walks the list of sockets while broken ones are taken out of it."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self._lists: dict[str, list[Any]] = {}

    def connect(self, user_id: str, socket: Any) -> None:
        super().connect(user_id, socket)
        self._lists.setdefault(user_id, []).append(socket)

    def disconnect(self, user_id: str, socket: Any) -> None:
        super().disconnect(user_id, socket)
        if socket in self._lists.get(user_id, []):
            self._lists[user_id].remove(socket)

    async def broadcast(self, user_id: str, message: Mapping[str, Any]) -> int:
        mine = self._lists.get(user_id, []) if isinstance(user_id, str) else []
        if any(socket.condition == "stalled" for socket in mine):
            return await super().broadcast(user_id, message)
        return sum([await self._send(user_id, socket, json.dumps(message)) for socket in mine])


# --- ISOLATION-7 ---------------------------------------------------------------------------------

_NOT_THEIRS = {"ISOLATION-2": "what is for nobody is said by somebody"}


@miniature("ISOLATION-7", implied=_NOT_THEIRS)
class NobodyMeansAll(MessageRouter):
    """Where no recipient is named, everybody is."""

    async def broadcast_to_user(self, user_id: str, event: Mapping[str, Any]) -> int:
        if user_id:
            return await super().broadcast_to_user(user_id, event)
        told = [
            await super(NobodyMeansAll, self).broadcast_to_user(each, event)
            for each in list(self._connections._sockets)
        ]
        return sum(told)


@miniature("ISOLATION-7")
class UnknownIsTheLast(MessageRouter):
    """An unknown recipient is taken for who connected last."""

    newest = ""

    async def connect(self, user_id: str, socket: Any) -> None:
        self.newest = user_id
        await super().connect(user_id, socket)

    async def broadcast_to_user(self, user_id: str, event: Mapping[str, Any]) -> int:
        known = user_id in self._connections._sockets if isinstance(user_id, str) else True
        ever = isinstance(user_id, str) and not user_id.startswith("00000000")
        return await super().broadcast_to_user(user_id if known or ever else self.newest, event)


# --- ISOLATION-9 ---------------------------------------------------------------------------------

_ALL_GO = {"ROUTING-8": "who closes one of several sockets loses the others, too"}


@miniature("ISOLATION-9", implied=_ALL_GO)
class OldEndRemovesAll(ConnectionManager):
    """With one socket of a user all of them go."""

    def disconnect(self, user_id: str, socket: Any) -> None:
        self._sockets.pop(user_id, None)


class _OneSocket(MessageRouter):
    """Base of those that know one socket of each user."""

    def __init__(self) -> None:
        super().__init__()
        self.sockets: dict[str, Any] = {}

    async def connect(self, user_id: str, socket: Any) -> None:
        self.sockets[user_id] = socket

    async def broadcast_to_user(self, user_id: str, event: Mapping[str, Any]) -> int:
        socket = self.sockets.get(user_id) if isinstance(user_id, str) else None
        return 0 if socket is None else int(await self._connections.answer(user_id, socket, event))


@miniature("ISOLATION-9")
@router(fan_out=False)
class OldEndRemovesTheNew(_OneSocket):
    """The end of a socket removes that of its user, whichever it is by then."""

    async def disconnect(self, user_id: str, socket: Any) -> None:
        self.sockets.pop(user_id, None)


# --- DELIVERY-6a ---------------------------------------------------------------------------------


@miniature("DELIVERY-6a")
class AlwaysReached(MessageRouter):
    """Whoever it was for is said to have got it."""

    async def broadcast_to_user(self, user_id: str, event: Mapping[str, Any]) -> Any:
        await super().broadcast_to_user(user_id, event)
        return True


@miniature("DELIVERY-6a")
class CountsUsers(MessageRouter):
    """How many users were reached is given as how many sockets."""

    async def broadcast_to_user(self, user_id: str, event: Mapping[str, Any]) -> int:
        return min(1, await super().broadcast_to_user(user_id, event))
