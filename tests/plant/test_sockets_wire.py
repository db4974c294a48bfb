"""A planted socket with a real connection behind it: that becomes what the socket becomes."""

from __future__ import annotations

import asyncio

import pytest

from goldenpath.model import Entry, Kind
from goldenpath.plant import Plant, plant_user
from goldenpath.plant.sockets import PlantedSocket
from goldenpath.recorder import Recorder


class Wired:
    """A socket of Alice's, and what its wire was told."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        recorder = Recorder()
        recorder.listen(self.entries.append)
        self.sockets = Plant(recorder, [plant_user(0, 0)]).sockets
        self.socket: PlantedSocket = self.sockets.open("alice/1", "alice")
        self.told: list[str] = []

    async def wire(self, condition: str) -> None:
        await asyncio.sleep(0)
        self.told.append(condition)

    def faults(self) -> list[str]:
        return [entry.what for entry in self.entries if entry.kind is Kind.FAULT]

    async def turn(self, *conditions: str) -> None:
        for condition in conditions:
            await self.sockets.turn("alice/1", condition)


def test_the_wire_has_made_it_real_when_the_turn_is_over() -> None:
    wired = Wired()
    wired.socket.wire = wired.wire
    asyncio.run(wired.turn("stalled", "working"))
    assert wired.told == ["stalled", "working"]
    assert wired.faults() == ["stalled", "flows"]


@pytest.mark.parametrize("real", [True, False])
def test_a_real_connection_that_broke_stays_broken(real: bool) -> None:
    """And is not said to flow again; one that only stands in memory can be mended."""
    wired = Wired()
    wired.socket.wire = wired.wire if real else None
    asyncio.run(wired.turn("broken", "working"))
    assert wired.faults() == (["broken"] if real else ["broken", "flows"])
    assert wired.socket.condition == ("broken" if real else "working")
