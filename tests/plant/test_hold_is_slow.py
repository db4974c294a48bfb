"""No planted tool is slow by the clock: `hold` shows whatever such a tool would, and not by luck.

A call that is held takes as long as the workload needs it to, so these dispatchers, which treat a
slow tool badly in four ways, are caught in one run each.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.virtual import VirtualLoop

from goldenpath.adapters.python import PythonTarget
from goldenpath.conduct import Options, conduct, probe
from goldenpath.miniatures.base import Parts, dispatcher_of
from goldenpath.model import Outcome
from goldenpath.reference import Execution, RequestScopedDispatcher
from goldenpath.workloads import WORKLOADS


class OneAtATime(RequestScopedDispatcher):
    """All sessions wait for one lock, so that everybody waits for whose tool is slow."""

    locks: dict[Any, asyncio.Lock] = {}  # noqa: RUF012 - shared is what is wrong with it

    async def _invoke(self, execution: Execution) -> Any:
        async with self.locks.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
            return await super()._invoke(execution)


class Polls(RequestScopedDispatcher):
    """Looks now and then whether a tool has ended."""

    async def _invoke(self, execution: Execution) -> Any:
        working = asyncio.create_task(super()._invoke(execution))
        try:
            while not working.done():
                await asyncio.sleep(0.12)
        finally:
            working.cancel()
            await asyncio.wait([working])
        return working.result()


class Slices(RequestScopedDispatcher):
    """Gives a tool a little time, and begins again where that was not enough."""

    async def _invoke(self, execution: Execution) -> Any:
        while True:
            try:
                async with asyncio.timeout(0.01):
                    return await super()._invoke(execution)
            except TimeoutError:
                await asyncio.sleep(0)


class Batches(RequestScopedDispatcher):
    """All calls of a moment are one batch, and the next batch begins when all of it has ended."""

    gates: dict[Any, asyncio.Lock] = {}  # noqa: RUF012 - shared is what is wrong with it
    batches: dict[Any, list[Any]] = {}  # noqa: RUF012 - likewise

    async def _invoke(self, execution: Execution) -> Any:
        loop = asyncio.get_running_loop()
        answer = loop.create_future()
        batch = self.batches.setdefault(loop, [])
        batch.append((super()._invoke(execution), answer))
        if len(batch) == 1:
            self.working = asyncio.create_task(self._work(loop))
        return await answer

    async def _work(self, loop: Any) -> None:
        async with self.gates.setdefault(loop, asyncio.Lock()):
            batch = self.batches.pop(loop)
            calls = (call for call, _ in batch)
            results = await asyncio.gather(*calls, return_exceptions=True)
        for (_, answer), result in zip(batch, results, strict=True):
            if answer.done():
                continue
            if isinstance(result, BaseException):
                answer.set_exception(result)
            else:
                answer.set_result(result)


@pytest.mark.parametrize(
    ("broken", "workload", "rule"),
    [
        (OneAtATime, "unmoved", "RECOVERY-8"),
        (Polls, "latency", "LATENCY-1"),
        (Slices, "unmoved", "TOOL-1"),
        (Batches, "unmoved", "RECOVERY-8"),
    ],
)
def test_who_treats_a_slow_tool_badly_is_caught(broken: type, workload: str, rule: str) -> None:
    factory: Any = dispatcher_of(Parts().exchanged(broken))
    target = PythonTarget("it", factory, factory.__goldenpath__)
    options = Options(seed=1, loop_factory=VirtualLoop)
    done = conduct(target, probe(target, options), WORKLOADS[workload], options)

    assert rule in {v.rule for v in done.verdicts if v.outcome is Outcome.FAIL}
