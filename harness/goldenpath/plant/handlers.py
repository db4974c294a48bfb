"""Planted handlers: what a router is to call for a message, and they record that it did.

In the words of the field: `types`, `can_handle(type)`, `handle(user_id, socket, message)`, also as
`handle_message` and by call. One that belongs to a connection has its `user_id` and `socket`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from goldenpath.canary import FIRST_CALL, find
from goldenpath.jsonable import jsonable, safe_repr
from goldenpath.model import Kind
from goldenpath.overheard import overheard
from goldenpath.plant.sockets import PlantedSocket
from goldenpath.plant.tools import Gates
from goldenpath.recorder import Recorder


class HandlerFailure(Exception):
    """What a planted handler raises that is meant to fail."""


@dataclass(frozen=True)
class Handled:
    """One message as a handler got it: its canary, its type, and the socket it is to answer on."""

    token: str
    type: str
    socket: Any
    gates: Gates


async def _take(handled: Handled) -> None:
    """Take a turn of the loop, as real work would."""
    await asyncio.sleep(0)


async def _reply(handled: Handled) -> None:
    """Answer on the socket that was given."""
    await asyncio.sleep(0)
    answer = {"type": f"{handled.type}_handled", "data": {"about": handled.token}}
    await handled.socket.send_json(answer)


async def _hold(handled: Handled) -> None:
    """Wait until released."""
    await handled.gates.wait(handled.token)


async def _hold_and_reply(handled: Handled) -> None:
    await _hold(handled)
    await _reply(handled)


async def _fail(handled: Handled) -> None:
    await asyncio.sleep(0)
    raise HandlerFailure(f"the handler cannot work on {handled.token}")


BEHAVIOURS: Mapping[str, Callable[[Handled], Awaitable[None]]] = {
    "takes": _take,
    "replies": _reply,
    "holds": _hold,
    "holds and replies": _hold_and_reply,
    "fails": _fail,
}


def _token_of(message: Any) -> str:
    """The message's own canary, whatever a router has made of it; empty where it has none."""
    found = (token for text in overheard(message) for token in find(text))
    return next((token.text for token in found if token.number >= FIRST_CALL), "")


def _id_of(user_id: Any) -> Any:
    """A user id as it was given; a router may well keep it in a type of its own."""
    return str(user_id) if isinstance(user_id, str | UUID) else jsonable(user_id)


class PlantedHandler:
    """A handler of some types of messages; of one connection, where it has a socket."""

    def __init__(
        self,
        name: str,
        types: tuple[str, ...],
        behaviour: str,
        recorder: Recorder,
        gates: Gates,
        user_id: str | None = None,
        socket: PlantedSocket | None = None,
    ) -> None:
        self.name, self.types = name, types
        self.supported_types = list(types)
        self.user_id, self.socket, self.websocket = user_id, socket, socket
        self._work, self._recorder, self._gates = BEHAVIOURS[behaviour], recorder, gates

    def __repr__(self) -> str:
        return f"<handler {self.name}>"

    def can_handle(self, message_type: Any) -> bool:
        """Whether it is for messages of this type."""
        if isinstance(message_type, Mapping):
            message_type = message_type.get("type")
        return str(getattr(message_type, "value", message_type)) in self.types

    async def handle(self, user_id: Any, socket: Any, message: Any) -> bool:
        """Do what it is for, and record that it was called, for whom, and how it went."""
        token = _token_of(message)
        truth = {
            "tool": self.name,
            "token": token,
            "user_id": _id_of(user_id),
            "socket": socket.link if isinstance(socket, PlantedSocket) else safe_repr(socket),
        }
        self._record("started", truth)
        try:
            await self._work(Handled(token, self.types[0], socket, self._gates))
        except asyncio.CancelledError:
            self._record("cancelled", truth)
            raise
        except Exception as error:
            self._record("failed", {**truth, "error": str(error)})
            raise
        self._record("ended", truth)
        return True

    handle_message = handle

    async def __call__(self, user_id: Any, socket: Any, message: Any) -> bool:
        """The same as `handle`."""
        return await self.handle(user_id, socket, message)

    def _record(self, what: str, value: dict[str, Any]) -> None:
        self._recorder.record(Kind.TOOL, self.name, None, what, value)
