"""Planted sockets: what is sent on them is seen; they work, stall, break and close when told."""

from __future__ import annotations

import asyncio
import json
from enum import Enum
from typing import Any

import pytest
from tests.planted import TOKEN, USERS

from goldenpath import spec
from goldenpath.model import Entry, Kind
from goldenpath.plant import Plant
from goldenpath.plant.sockets import BROKEN, STALLED, WORKING, PlantedSocket
from goldenpath.recorder import Recorder

NEWS = {"type": "news", "data": {"text": TOKEN}}


class Stage:
    """A socket of Alice's, and what was recorded of it."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        recorder = Recorder()
        recorder.listen(self.entries.append)
        self.sockets = Plant(recorder, USERS).sockets
        self.socket: PlantedSocket = self.sockets.open("alice/1", "alice")

    def frames(self) -> list[str]:
        return [entry.value for entry in self.entries if entry.kind is Kind.FRAME]

    def told(self, kind: Kind) -> list[str]:
        return [entry.what for entry in self.entries if entry.kind is kind]


@pytest.mark.parametrize(
    ("send", "message"),
    [
        ("send_json", NEWS),
        ("send_text", json.dumps(NEWS)),
        ("send", json.dumps(NEWS)),
        ("send", json.dumps(NEWS).encode()),
        ("send", NEWS),
        ("send_bytes", json.dumps(NEWS).encode()),
        ("send_bytes", bytearray(json.dumps(NEWS), "utf-8")),
    ],
)
def test_what_is_sent_arrives_as_text_whatever_it_is_sent_by(send: str, message: Any) -> None:
    """At its link, and with the way in which it was sent."""
    stage = Stage()
    asyncio.run(getattr(stage.socket, send)(message))
    (frame,) = [entry for entry in stage.entries if entry.kind is Kind.FRAME]

    assert json.loads(frame.value) == NEWS
    assert (frame.actor, frame.what) == ("alice/1", f"socket.{send}")
    assert stage.sockets.have(["alice/1"], TOKEN)


def test_who_sends_on_one_that_has_stalled_waits_until_it_flows() -> None:
    """Nothing arrives before; each time that it stalls they wait anew."""
    stage = Stage()

    async def work() -> None:
        for _ in range(2):
            await stage.sockets.turn("alice/1", STALLED)
            sending = asyncio.create_task(stage.socket.send_json(NEWS))
            before = len(stage.frames())
            for _ in range(3):
                await asyncio.sleep(0)
            assert stage.sockets.holds("alice/1")
            assert len(stage.frames()) == before
            await stage.sockets.turn("alice/1", WORKING)
            await sending
            assert not stage.sockets.holds("alice/1")

    asyncio.run(work())
    assert len(stage.frames()) == 2
    assert stage.told(Kind.FAULT) == [STALLED, "flows", STALLED, "flows"]


@pytest.mark.parametrize("end", ["break", "close", "the target closes it"])
def test_who_waits_to_send_is_told_when_it_ends(end: str) -> None:
    """And so is everybody who sends on it later."""
    stage = Stage()

    async def work() -> None:
        await stage.sockets.turn("alice/1", STALLED)
        sending = asyncio.create_task(stage.socket.send_json(NEWS))
        await asyncio.sleep(0)
        if end == "break":
            await stage.sockets.turn("alice/1", BROKEN)
        elif end == "close":
            stage.sockets.close("alice/1")
        else:
            await stage.socket.close(1013, "too slow")
        for send in (sending, stage.socket.send_text("more")):
            with pytest.raises(ConnectionError):
                await send

    asyncio.run(work())
    assert stage.frames() == []


def test_it_is_closed_once_and_by_whom_is_recorded() -> None:
    """The target may close what the client has closed already."""
    stage, other = Stage(), Stage()

    async def work() -> None:
        await stage.socket.close(1013, "too slow")
        stage.sockets.close("alice/1")
        other.sockets.close("alice/1")
        await other.socket.close()

    asyncio.run(work())
    (downs, others) = (
        [entry.value for entry in each.entries if entry.what == "down"] for each in (stage, other)
    )
    assert downs == [{"user": "alice", "code": 1013, "by": "target"}]
    assert others == [{"user": "alice"}]


class Theirs(Enum):
    """As servers of the field have it."""

    CONNECTED = 1
    DISCONNECTED = 2


class Other(Enum):
    OPEN = 1
    CLOSED = 3


@pytest.mark.parametrize("name", ["client_state", "application_state", "state"])
@pytest.mark.parametrize("end", ["no end", "broken", "closed"])
def test_its_state_is_that_of_any_enumeration(name: str, end: str) -> None:
    stage = Stage()
    if end == "broken":
        asyncio.run(stage.sockets.turn("alice/1", BROKEN))
    elif end == "closed":
        stage.sockets.close("alice/1")
    state, there = getattr(stage.socket, name), end == "no end"

    assert (state == Theirs.CONNECTED) is (state == Other.OPEN) is there
    assert (state != Theirs.CONNECTED) is (state == Theirs.DISCONNECTED) is not there
    assert (state == Other.CLOSED) is not there
    assert state.name == state.value == ("CONNECTED" if there else "DISCONNECTED")
    assert state != 7


def test_frames_are_awaited_at_the_links_that_are_named() -> None:
    """One that was never opened is not waited for."""
    stage = Stage()
    stage.sockets.open("alice/2", "alice")
    asyncio.run(stage.socket.send_json(NEWS))

    assert stage.sockets.have(["alice/1", "alice/9"], TOKEN)
    assert not stage.sockets.have(["alice/1", "alice/2"], TOKEN)
    assert not stage.sockets.have(["alice/1"], "another")


def test_what_a_history_names_and_was_never_opened_changes_nothing() -> None:
    stage = Stage()
    before = len(stage.entries)
    asyncio.run(stage.sockets.turn("bob/1", BROKEN))
    stage.sockets.close("bob/1")

    assert len(stage.entries) == before
    assert not stage.sockets.holds("bob/1")
    assert "bob/1" not in stage.sockets


def test_the_catalogue_knows_all_that_becomes_of_them() -> None:
    assert set(spec.CONDITIONS) == {WORKING, STALLED, BROKEN}
