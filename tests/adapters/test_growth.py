"""Many sessions in a row: what they leave, and what does not go on to the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from tests.planted import step

from goldenpath.adapters import growth
from goldenpath.adapters.dispatcher import DispatcherAdapter
from goldenpath.adapters.growth import WATCHED, WINDOW, _Readings, grow
from goldenpath.declare import dispatcher
from goldenpath.plant import PlantedUser, Tap, Tools
from goldenpath.reference import RequestScopedDispatcher, UserContext

CALL = {"action": "execute", "args": {"tool": "lookup", "parameters": {"query": "?"}}}
UNKNOWN = {"action": "execute", "args": {"tool": "no_such_tool", "parameters": {}}}
CLEANUP = {"action": "cleanup", "args": {}}

#: Sessions of a batch, batches where there are too few calls to tell, and those before the first.
SESSIONS, BATCHES, EARLIER = 3, WATCHED + 3, 2
ALL = SESSIONS * BATCHES + EARLIER


class Counted(RequestScopedDispatcher):
    """Knows which session of the target it is."""

    number: int


def made_by(change: Callable[[int, Counted], None], kind: type[Counted] = Counted) -> Any:
    """A factory whose sessions, counted from 1, are changed as they are made."""
    count = 0

    @dispatcher()
    def make(user: PlantedUser, tap: Tap, tools: Tools) -> Counted:
        nonlocal count
        count += 1
        session = kind(UserContext.from_user(user), None, tools)
        session.number = count
        change(count, session)
        return session

    return make


def nothing(number: int, session: Counted) -> None:
    """All sessions are alike."""


def refuses(after: int) -> Callable[[int, Counted], None]:
    def change(number: int, session: Counted) -> None:
        if number > after:
            raise RuntimeError(f"no place for {number}")

    return change


def measured(factory: Any, *, also: bool = False) -> dict[str, Any]:
    """What is found of so few sessions that it soon ends."""
    kind = {
        "create": {"tools": ["lookup"], "transport": "absent"},
        "steps": [CALL, UNKNOWN, CLEANUP],
    }
    sizes = {"calls_per_block": 200, "bytes_per_call": 2, "fewest": 10**9}
    asked = step("grow", sessions=SESSIONS, seconds=60, **sizes, **kind, also=[kind] * also)
    declared = vars(factory)["__goldenpath__"]
    reply = asyncio.run(grow(lambda: DispatcherAdapter(factory, declared), asked))
    found: dict[str, Any] = reply.value["value"]
    return found


def test_sessions_that_leave_nothing() -> None:
    """All of them are made; what never works has not stopped."""
    found = measured(made_by(nothing))

    assert (found["made"], found["stopped"]) == (ALL, {})
    assert (found["tasks"], found["alive"]) == ([], {"session": [0, 3], "user": [0, 3]})
    assert (found["sessions"], len(found["blocks"])) == (SESSIONS, BATCHES)


def test_sessions_that_cannot_be_made_any_more() -> None:
    """From some time on; nothing else is asked of them."""
    found = measured(made_by(refuses(10)))

    assert found["made"] == 10
    assert found["stopped"] == {"create": [ALL - 10, "no place for 11"]}


def test_each_kind_of_session_counts() -> None:
    """The first of each could be made."""
    found = measured(made_by(refuses(2)), also=True)

    assert found["made"] == 2
    assert found["stopped"]["create"][0] == ALL + EARLIER - 2


def test_sessions_that_can_never_be_made() -> None:
    """Nothing has stopped, because nothing began."""
    found = measured(made_by(refuses(0)))

    assert (found["made"], found["stopped"]) == (0, {})


def test_sessions_that_could_not_be_made_for_a_while() -> None:
    """Where the last one could be."""

    def change(number: int, session: Counted) -> None:
        if 5 < number < ALL:
            raise RuntimeError("not now")

    found = measured(made_by(change))

    assert (found["made"], found["stopped"]) == (6, {})


def test_calls_and_cleanups_that_stop_to_work() -> None:
    """Each for itself, with the reason that came first."""

    class Tires(Counted):
        async def execute_tool(self, tool_name: str, parameters: Any = None) -> Any:
            if self.number > 9:
                raise RuntimeError("tired")
            return await super().execute_tool(tool_name, parameters)

        async def cleanup(self) -> None:
            await super().cleanup()
            if self.number > 10:
                raise RuntimeError("later")

    found = measured(made_by(nothing, Tires))

    assert found["made"] == ALL
    assert found["stopped"] == {"execute": [ALL - 9, "tired"], "cleanup": [ALL - 10, "later"]}


#: By batch, the bytes by which large memory grew in a run of a text that grows.
STEPS = {
    1: 1168,
    2: 416,
    3: 464,
    4: 528,
    6: 624,
    8: 688,
    10: 720,
    12: 848,
    14: 960,
    17: 1056,
    20: 1200,
    23: 1360,
    27: 1520,
    32: 1696,
    36: 1936,
    42: 2160,
    48: 2432,
    55: 2752,
    63: 3088,
    65: 544,
    72: 3456,
    76: -624,
    82: 3904,
}


def test_a_leak_just_before_its_next_step_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large memory of a text to which 360 bytes are added in each batch, where 150 are allowed: it
    was taken for one that stands in the batch where something else had been given back.
    """
    large = 9_000_000
    read = _Readings(75, step("grow", calls_per_block=200, bytes_per_call=2, fewest=400))
    monkeypatch.setattr(growth, "blocks", lambda: 100_000)
    monkeypatch.setattr(growth, "large_bytes", lambda: large)

    for batch in range(max(STEPS) + 10):
        large += STEPS.get(batch, 0)
        read.take()
        assert batch < 2 * WINDOW or not read.enough(), batch

    for _ in range(200):
        read.take()
        if read.enough():
            return
    pytest.fail("it stands at last, and is not believed to")
