"""Runs that give their answer piece by piece: consumed to the end, or left before it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from tests.adapters.sessions import CREATE

from goldenpath.adapters.agent import AgentAdapter
from goldenpath.adapters.base import Reply
from goldenpath.adapters.python import PythonTarget
from goldenpath.adapters.stream import MOST, streams
from goldenpath.declare import Declaration
from goldenpath.model import LEFT, Entry, Kind, Step
from goldenpath.plant import Plant, plant_user
from goldenpath.recorder import Recorder

TOKEN = "gpc" + "0" * 16
CALL = {"id": "c1", "tool": "lookup", "arguments": {}, "token": TOKEN}
PLAN = {"rounds": [[CALL]], "answer": "so it is"}
ASKED = {"run_id": "r1", "message": "please", "plan": PLAN}


def asked(run: Callable[..., Any], **leave: str) -> tuple[Reply, list[Entry]]:
    """What comes of a run, and what was recorded. `begin`, the third argument of `run`, makes the
    first tool start.
    """
    entries: list[Entry] = []

    async def main() -> Reply:
        recorder = Recorder()
        recorder.listen(entries.append)

        def begin() -> None:
            recorder.record(Kind.TOOL, "alice", None, "started", {"token": TOKEN})

        class Agent:
            def run(self, message: str, plan: Any) -> Any:
                return run(begin)

        adapter = AgentAdapter(lambda *_: Agent(), Declaration("agent", {}))
        await adapter.open(Plant(recorder, [plant_user(0, 0)]))
        await adapter.perform(CREATE)
        more = {"leave": {**leave, "after": TOKEN}} if leave else {}
        reply = await adapter.perform(Step("s2", "alice", "run", {**ASKED, **more}))
        entries.append(Entry(-1, 0, Kind.MEASURE, "", None, "answered"))
        return reply

    return asyncio.run(main()), entries


def left(entries: list[Entry]) -> list[tuple[str, Any]]:
    return [(entry.step or "", entry.value) for entry in entries if entry.what == LEFT]


async def generator(begin: Callable[[], None]) -> AsyncIterator[str]:
    yield "one"
    begin()
    yield "two"
    yield "three"


class Iterator:
    """No generator: it cannot be closed."""

    def __init__(self, begin: Callable[[], None]) -> None:
        self.begin, self.left = begin, ["one", "two"]

    def __aiter__(self) -> Iterator:
        return self

    async def __anext__(self) -> str:
        self.begin()
        if not self.left:
            raise StopAsyncIteration
        return self.left.pop(0)


async def awaited(begin: Callable[[], None]) -> AsyncIterator[str]:
    return generator(begin)


@pytest.mark.parametrize(
    ("run", "pieces"),
    [
        (generator, ["one", "two", "three"]),
        (awaited, ["one", "two", "three"]),
        (Iterator, ["one", "two"]),
    ],
)
def test_a_stream_is_taken_in_to_its_end(run: Any, pieces: list[str]) -> None:
    """Its pieces are what came back."""
    reply, entries = asked(run)

    assert (reply.ok, reply.value, reply.lost) == (True, {"value": pieces}, False)
    assert left(entries) == []


@pytest.mark.parametrize("by", ["break", "close"])
@pytest.mark.parametrize("run", [generator, awaited, Iterator])
def test_a_stream_is_left_when_the_tool_has_started(run: Any, by: str) -> None:
    """When is recorded; nobody is told how it went."""
    reply, entries = asked(run, by=by)

    assert (reply.ok, reply.value, reply.lost) == (False, {"why": "cancelled"}, True)
    assert left(entries) == [("s2", {"by": by})]


@pytest.mark.parametrize("by", ["break", "close"])
def test_what_is_left_is_closed(by: str) -> None:
    """By whoever leaves; after a break by the loop, before anything more is asked of the target."""
    closings: list[str] = []

    async def run(begin: Callable[[], None]) -> AsyncIterator[str]:
        begin()
        try:
            yield "one"
        except GeneratorExit:
            await asyncio.sleep(0)
            closings.append("closed")
            raise

    reply, _ = asked(run, by=by)

    assert reply.lost
    assert closings == ["closed"]


def test_a_stream_that_ignores_its_close_was_left_all_the_same() -> None:
    """What it did is judged by its tools; what it raised is kept."""

    async def run(begin: Callable[[], None]) -> AsyncIterator[str]:
        begin()
        try:
            yield "one"
        finally:
            yield "two"

    reply, entries = asked(run, by="close")

    assert reply.lost
    assert reply.value["why"] == "cancelled"
    assert "ignored GeneratorExit" in reply.value["text"]
    assert left(entries) == [("s2", {"by": "close"})]


def test_a_stream_that_fails_has_failed() -> None:
    async def run(begin: Callable[[], None]) -> AsyncIterator[str]:
        yield "one"
        raise ValueError("no more")

    reply, _ = asked(run)

    assert (reply.ok, reply.lost, reply.value["text"]) == (False, False, "no more")


def test_a_stream_that_is_long_is_bounded() -> None:
    """All of it is taken in; what is kept of it has a limit."""

    async def run(begin: Callable[[], None]) -> AsyncIterator[int]:
        for number in range(MOST + 10):
            yield number

    assert len(asked(run)[0].value["value"]) == MOST


def test_a_stream_is_known_by_its_function() -> None:
    """As far as it can be seen without calling it."""

    async def coroutine() -> None: ...

    assert streams(generator)
    assert not any(map(streams, (coroutine, awaited, Iterator, print)))


@pytest.mark.parametrize(
    ("options", "said"),
    [({}, "yes"), ({"streams": False}, None)],
    ids=["found by a probe", "declared otherwise"],
)
def test_whether_a_run_can_be_left_stands_on_the_card(options: Any, said: str | None) -> None:
    class Agent:
        async def run(self, message: str, plan: Any) -> AsyncIterator[str]:
            yield ""

    target = PythonTarget("it", lambda *_: Agent(), Declaration("agent", {}, options=options))

    assert asyncio.run(target.probe()).card.get("stream") == said
