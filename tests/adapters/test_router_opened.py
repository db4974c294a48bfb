"""A router that is an async context manager; and one that does its work behind the call."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tests.virtual import VirtualLoop

from goldenpath import router
from goldenpath.adapters.router_target import RouterTarget
from goldenpath.adapters.targets import of_factory
from goldenpath.conduct import Options, conduct, probe
from goldenpath.errors import TargetProblem
from goldenpath.model import Outcome
from goldenpath.workloads import WORKLOADS

OPTIONS = Options(loop_factory=VirtualLoop)


class Behind:
    """It queues what it is told to tell; somebody else tells it, a while later."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._sockets: dict[str, list[Any]] = {}
        self._queue: asyncio.Queue[tuple[list[Any], Any]] = asyncio.Queue()

    async def connect(self, user_id: str, socket: Any) -> None:
        self._sockets.setdefault(user_id, []).append(socket)

    async def disconnect(self, user_id: str, socket: Any) -> None:
        self._sockets[user_id].remove(socket)

    async def broadcast_to_user(self, user_id: Any, event: Any) -> None:
        if isinstance(user_id, str) and (sockets := self._sockets.get(user_id)):
            self._queue.put_nowait((list(sockets), event))

    async def work(self) -> None:
        while True:
            sockets, event = await self._queue.get()
            await asyncio.sleep(self._seconds)
            for socket in sockets:
                await socket.send_text(json.dumps(event))


def behind(seconds: float, seen: list[str]) -> RouterTarget:
    @router(routes=False)
    @asynccontextmanager
    async def make() -> AsyncIterator[Behind]:
        made = Behind(seconds)
        working = asyncio.create_task(made.work())
        seen.append("entered")
        try:
            yield made
        finally:
            seen.append("left")
            working.cancel()

    target = of_factory(make)
    assert isinstance(target, RouterTarget)
    return target


def outcomes(target: RouterTarget, workload: str) -> dict[str, Outcome]:
    facts = probe(target, OPTIONS)
    done = conduct(target, facts, WORKLOADS[workload], OPTIONS)
    return {v.rule: v.outcome for v in done.verdicts if v.proves}


def test_it_is_entered_before_and_left_after_by_the_probe_and_by_each_workload() -> None:
    seen: list[str] = []
    outcomes(behind(0, seen), "reconnect")
    assert seen == ["entered", "left"] * 2


@pytest.mark.parametrize("seconds", [0, 0.2, 1.5])
def test_what_comes_later_than_the_call_returns_is_waited_for(seconds: float) -> None:
    """Longer than it is silent for, and within the deadline of a delivery."""
    assert outcomes(behind(seconds, []), "broadcast")["ROUTING-8"] is Outcome.PASS


def test_what_comes_after_the_deadline_has_not_come() -> None:
    assert outcomes(behind(2.5, []), "broadcast")["ROUTING-8"] is Outcome.FAIL


def test_one_that_cannot_be_entered_is_no_router() -> None:
    @router()
    @asynccontextmanager
    async def make() -> AsyncIterator[None]:
        raise OSError("no port is free")
        yield

    with pytest.raises(TargetProblem, match="no port is free"):
        probe(of_factory(make), OPTIONS)


def test_one_that_does_not_let_go_is_left() -> None:
    """The probe ends, and the next thing begins."""

    @router(routes=False)
    @asynccontextmanager
    async def make() -> AsyncIterator[Behind]:
        yield Behind(0)
        await asyncio.Event().wait()

    probe(of_factory(make), OPTIONS)
