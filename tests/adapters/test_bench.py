"""The bench: planted tools run for a program, and the truth is what the program tells of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.planted import TOKEN, USER

from goldenpath.adapters import bench as benches
from goldenpath.adapters.bench import Bench
from goldenpath.adapters.lines import Cancelled, Ended, Failed, LineProblem, Started
from goldenpath.canary import mint
from goldenpath.model import Entry
from goldenpath.plant import TOOL_NAMES, Plant
from goldenpath.plant.tools import SYNCHRONOUS
from goldenpath.recorder import Recorder


class Laid:
    """A bench with one session of alice, what it wrote, and what was recorded."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.written: list[dict[str, Any]] = []
        recorder = Recorder()
        recorder.listen(self.entries.append)
        self.plant = Plant(recorder, [USER])
        self.bench = Bench(lambda type, **fields: self.written.append({"type": type, **fields}))
        tools = [tool for tool in self.plant.tools("alice", TOOL_NAMES) if hasattr(tool, "work")]
        self.told = self.bench.lay_out("s", tools)
        self.ids = {tool["name"]: tool["id"] for tool in self.told}

    def start(self, tool: str, exec: int = 1, **parameters: Any) -> None:
        self.bench.started(Started(exec, self.ids.get(tool, tool), parameters))

    async def results(self, count: int = 1) -> None:
        for _ in range(50):
            if len(self.written) >= count:
                return
            await asyncio.sleep(0)
        raise AssertionError(self.written)

    @property
    def story(self) -> list[tuple[str, str]]:
        return [(str(entry.kind), entry.what) for entry in self.entries]


def run(work: Callable[[Laid], Awaitable[None]]) -> Laid:
    async def main() -> Laid:
        laid = Laid()
        await work(laid)
        laid.bench.clear()
        return laid

    return asyncio.run(main())


def test_a_program_is_told_of_its_tools_as_a_factory_is() -> None:
    laid = Laid()

    assert set(laid.ids) == set(TOOL_NAMES) - SYNCHRONOUS
    assert set(laid.told[0]) == {"id", "name", "description", "parameters", "admin_only"}


def test_the_truth_is_recorded_when_the_program_tells_it() -> None:
    """Started at once; ended not when the result is there but when the program has it."""

    async def work(laid: Laid) -> None:
        laid.start("lookup", query=f"what is {TOKEN}?")
        assert laid.story == [("TOOL", "started")]
        await laid.results()
        assert laid.story == [("TOOL", "started")]
        assert laid.bench.unreported("s") == ["lookup"]
        laid.bench.over(Ended(1))

    laid = run(work)
    start, end = laid.entries

    assert start.actor == "alice"
    assert start.value["token"] == TOKEN
    assert start.value["parameters"] == {"query": f"what is {TOKEN}?"}
    assert end.what == "ended"
    assert end.value["result"] == {"found": TOKEN, "by": mint(USER.owner, 0)}
    assert laid.written[0] == {"type": "result", "exec": 1, "value": end.value["result"]}
    assert laid.bench.unreported("s") == []


def test_a_failure_is_sent_and_told_as_one() -> None:
    async def work(laid: Laid) -> None:
        laid.start("explode", query=TOKEN)
        await laid.results()
        laid.bench.over(Failed(1))

    laid = run(work)

    assert laid.written[0]["error"]["type"] == "ToolFailure"
    assert laid.entries[-1].what == "failed"
    assert laid.entries[-1].value["error"] == laid.written[0]["error"]["text"]


def test_a_tool_that_is_given_up_stops() -> None:
    async def work(laid: Laid) -> None:
        laid.start("hold", query=TOKEN)
        await asyncio.sleep(0)
        laid.bench.over(Cancelled(1))
        await asyncio.sleep(0)
        laid.plant.gates.release_all()
        for _ in range(10):
            await asyncio.sleep(0)

    laid = run(work)

    assert [what for _, what in laid.story] == ["started", "cancelled"]
    assert laid.written == []


def test_giving_up_may_cross_a_result() -> None:
    async def work(laid: Laid) -> None:
        laid.start("lookup", query=TOKEN)
        await laid.results()
        laid.bench.over(Cancelled(1))

    assert run(work).story[-1] == ("TOOL", "cancelled")


@pytest.mark.parametrize(
    ("tool", "line", "said"),
    [
        ("lookup", Ended(2), "has not been started"),
        ("lookup", Failed(1), "cannot have failed: its value was sent"),
        ("explode", Ended(1), "cannot have ended: its error was sent"),
    ],
)
def test_an_end_that_cannot_be_is_refused(tool: str, line: Ended | Failed, said: str) -> None:
    async def work(laid: Laid) -> None:
        laid.start(tool, query=TOKEN)
        await laid.results()
        with pytest.raises(LineProblem, match=said):
            laid.bench.over(line)

    assert run(work).story == [("TOOL", "started")]


def test_an_end_before_the_result_is_refused() -> None:
    async def work(laid: Laid) -> None:
        laid.start("hold", query=TOKEN)
        for line in (Ended(1), Failed(1)):
            with pytest.raises(LineProblem, match="nothing of it was sent yet"):
                laid.bench.over(line)

    assert run(work).story == [("TOOL", "started")]


def test_an_end_is_told_once() -> None:
    async def work(laid: Laid) -> None:
        laid.start("lookup", query=TOKEN)
        await laid.results()
        laid.bench.over(Ended(1))
        with pytest.raises(LineProblem, match="over already"):
            laid.bench.over(Ended(1))

    run(work)


def test_a_tool_that_nobody_was_given_is_refused() -> None:
    async def work(laid: Laid) -> None:
        with pytest.raises(LineProblem, match="no tool has the id 'tool-99'"):
            laid.start("tool-99")

    assert run(work).story == []


def test_the_very_tool_with_the_id_is_run() -> None:
    """Of two with one name, as of two users, each is run by its own id."""

    async def work(laid: Laid) -> None:
        (twin,) = laid.bench.lay_out("s", laid.plant.tools("alice", ["lookup"], twin=True))
        laid.start("lookup", 1, query=TOKEN)
        laid.start(twin["id"], 2, query=TOKEN)

    assert [entry.value.get("twin", False) for entry in run(work).entries] == [False, True]


def test_names_of_executions_are_not_shared() -> None:
    async def work(laid: Laid) -> None:
        laid.start("hold", query=TOKEN)
        with pytest.raises(LineProblem, match="under way already"):
            laid.start("hold", query=TOKEN)

    assert run(work).story == [("TOOL", "started")]


def test_tools_under_way_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benches, "MOST_RUNNING", 3)

    async def work(laid: Laid) -> None:
        for number in range(3):
            laid.start("hold", number)
        with pytest.raises(LineProblem, match="more than 3 tools"):
            laid.start("hold", 3)

    run(work)
