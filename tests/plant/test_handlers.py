"""Planted handlers: they do what they are for, and record the truth of how they were called."""

from __future__ import annotations

import asyncio
import json
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
from tests.planted import TOKEN, USERS

from goldenpath.model import Entry, Kind
from goldenpath.plant import Plant
from goldenpath.plant.handlers import BEHAVIOURS, HandlerFailure, PlantedHandler
from goldenpath.recorder import Recorder

ALICE = USERS[0]
SAID = {"type": "chat", "payload": {"content": f"I say {TOKEN}."}}


class Stage:
    """Handlers around one plant, and what was recorded of them."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.recorder = Recorder()
        self.recorder.listen(self.entries.append)
        self.plant = Plant(self.recorder, USERS)
        self.socket = self.plant.sockets.open("alice/1", "alice")

    def handler(self, behaviour: str = "takes", *types: str, **more: Any) -> PlantedHandler:
        kinds = types or ("chat",)
        return PlantedHandler("h", kinds, behaviour, self.recorder, self.plant.gates, **more)

    def truth(self) -> list[tuple[str, Any]]:
        return [(e.what, e.value) for e in self.entries if e.kind is Kind.TOOL]

    def told(self) -> list[str]:
        return [what for what, _ in self.truth()]


@pytest.mark.parametrize("call", ["handle", "handle_message", "__call__"])
def test_a_call_is_recorded_with_whom_it_was_for(call: str) -> None:
    """By each of its names; its user, its socket, and the canary of the message."""
    stage = Stage()
    handler = stage.handler()

    assert asyncio.run(getattr(handler, call)(ALICE.user_id, stage.socket, SAID)) is True
    assert [what for what, _ in stage.truth()] == ["started", "ended"]
    for _, value in stage.truth():
        assert value == {
            "tool": "h",
            "token": TOKEN,
            "user_id": ALICE.user_id,
            "socket": "alice/1",
        }


@pytest.mark.parametrize(
    "message",
    [
        SAID,
        json.dumps(SAID),
        json.dumps(SAID).encode(),
        [SAID],
        type("Message", (), {"__init__": lambda self: setattr(self, "payload", SAID)})(),
    ],
    ids=["object", "text", "bytes", "list", "of a class"],
)
def test_the_canary_is_found_whatever_a_router_has_made_of_the_message(message: Any) -> None:
    stage = Stage()
    asyncio.run(stage.handler().handle(ALICE.user_id, stage.socket, message))

    assert stage.truth()[0][1]["token"] == TOKEN


@pytest.mark.parametrize("message", [None, {}, "no canary", {"type": "chat"}])
def test_a_message_without_a_canary_is_recorded_without(message: Any) -> None:
    stage = Stage()
    asyncio.run(stage.handler().handle(ALICE.user_id, stage.socket, message))

    assert stage.truth()[0][1]["token"] == ""


def test_ids_and_sockets_of_other_types_are_recorded_as_what_they_are() -> None:
    """A UUID is the text that it stands for; what is no socket of ours is shown."""
    stage = Stage()
    asyncio.run(stage.handler().handle(UUID(int=7), object, SAID))
    asyncio.run(stage.handler().handle({"id": 7}, None, SAID))
    first, second = (value for what, value in stage.truth() if what == "started")

    assert first["user_id"] == str(UUID(int=7))
    assert "object" in first["socket"]
    assert (second["user_id"], second["socket"]) == ({"id": 7}, "None")


def test_one_that_replies_answers_on_the_socket_that_it_was_given() -> None:
    """And names the message."""
    stage = Stage()
    asyncio.run(stage.handler("replies").handle(ALICE.user_id, stage.socket, SAID))
    (frame,) = [e for e in stage.entries if e.kind is Kind.FRAME]

    assert frame.actor == "alice/1"
    assert json.loads(frame.value) == {"type": "chat_handled", "data": {"about": TOKEN}}


def test_one_that_fails_raises_and_says_so() -> None:
    stage = Stage()
    with pytest.raises(HandlerFailure, match=TOKEN):
        asyncio.run(stage.handler("fails").handle(ALICE.user_id, stage.socket, SAID))

    assert stage.told() == ["started", "failed"]
    assert TOKEN in stage.truth()[1][1]["error"]


@pytest.mark.parametrize("behaviour", ["holds", "holds and replies"])
def test_one_that_holds_waits_until_it_is_released_or_cancelled(behaviour: str) -> None:
    stage = Stage()

    async def work() -> None:
        handler = stage.handler(behaviour)
        goes, cancelled = (
            asyncio.create_task(handler.handle(ALICE.user_id, stage.socket, SAID)) for _ in range(2)
        )
        for _ in range(5):
            await asyncio.sleep(0)
        assert stage.told() == ["started", "started"]
        cancelled.cancel()
        await asyncio.wait({cancelled})
        assert stage.told()[2:] == ["cancelled"]
        stage.plant.gates.release(TOKEN)
        assert await goes

    asyncio.run(work())
    assert stage.told()[-1] == "ended"


class Type(Enum):
    CHAT = "chat"


@pytest.mark.parametrize(
    ("asked", "can"),
    [
        ("chat", True),
        (Type.CHAT, True),
        ({"type": "chat"}, True),
        ("task", True),
        ("cha", False),
        ("chat ", False),
        (None, False),
        ({}, False),
        ({"type": None}, False),
    ],
)
def test_it_says_for_which_types_it_is(asked: Any, can: bool) -> None:
    """Asked by a type, by a member of an enumeration, or by the message."""
    handler = Stage().handler("takes", "chat", "task")

    assert handler.can_handle(asked) is can
    assert handler.supported_types == ["chat", "task"]


def test_one_of_a_connection_has_its_user_and_socket() -> None:
    """Under both names that the field has for it; one for all has neither."""
    stage = Stage()
    own = stage.handler(user_id=ALICE.user_id, socket=stage.socket)
    shared = stage.handler()

    assert own.socket is own.websocket is stage.socket
    assert own.user_id == ALICE.user_id
    assert (shared.socket, shared.websocket, shared.user_id) == (None, None, None)
    assert repr(own) == "<handler h>"


def test_the_catalogue_knows_all_that_they_can_do() -> None:
    from goldenpath import spec

    assert tuple(BEHAVIOURS) == spec.HANDLERS
