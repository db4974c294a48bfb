"""Planted tools: they do what their name says, and record what really happened."""

from __future__ import annotations

import asyncio
import inspect
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.planted import TOKEN, USER, Planted

from goldenpath.canary import mint
from goldenpath.checkers.same import same
from goldenpath.model import NOT_JSON, Kind
from goldenpath.plant import TOOL_NAMES, Plant, PlantedTool, ToolFailure, Tools, plant_user, tools
from goldenpath.recorder import Recorder

OTHER = mint(USER.owner, 17)


def test_each_tool_is_as_a_target_expects_it() -> None:
    """A name, a description, a JSON Schema of its parameters; synchronous ones have no `arun`, and
    the privilege of admins has only what says so.
    """
    tools = Planted().tools

    assert set(tools) == set(TOOL_NAMES)
    for tool in tools.values():
        assert tool.description
        assert tool.parameters["type"] == "object"
        assert tool.admin_only is (tool.name == "administer")
        runs = inspect.iscoroutinefunction(getattr(tool, "arun", None))
        assert runs is (tool.name not in ("block", "recall", "choke"))


@pytest.mark.parametrize(
    ("name", "given", "result"),
    [
        ("lookup", {"query": f"what is {TOKEN}?"}, {"found": TOKEN}),
        ("lookup", {}, {"found": None}),
        ("echo", {"a": 1, "b": [None]}, {"echo": {"a": 1, "b": [None]}}),
        ("echo", {}, {"echo": {}}),
    ],
)
def test_a_result_tells_the_call_and_whose_tool_it_was(
    name: str, given: dict[str, Any], result: dict[str, Any]
) -> None:
    """The call's own canary, and the mark of the user whom the instance was planted for."""
    planted = Planted()

    assert planted.call(name, **given) == {**result, "by": mint(USER.owner, 0)}


@pytest.mark.parametrize("value", [None, False, 0, "", [], {}, 1.5, {"success": False}], ids=repr)
def test_give_returns_its_value_as_it_is(value: Any) -> None:
    """Nothing is put around it."""
    assert same(Planted().call("give", value=value), value)


def test_what_happened_is_recorded() -> None:
    """That it started, with what it was really given, and that it ended, with its real result."""
    planted = Planted()
    result = planted.call("lookup", query=TOKEN, page=1)
    started, ended = planted.entries
    about = {"tool": "lookup", "token": TOKEN, "run": 0}

    assert {(e.kind, e.actor, e.step) for e in planted.entries} == {(Kind.TOOL, "alice", None)}
    assert (started.what, ended.what) == ("started", "ended")
    assert started.value == {**about, "parameters": {"query": TOKEN, "page": 1}}
    assert ended.value == {**about, "result": result}


@pytest.mark.parametrize("given", [{"query": TOKEN}, {}], ids=["with a token", "without"])
def test_explode_fails(given: dict[str, Any]) -> None:
    """The error holds the call's canary, or else the user's."""
    planted = Planted()
    with pytest.raises(ToolFailure) as failure:
        planted.call("explode", **given)

    assert planted.story() == ["started", "failed"]
    assert planted.entries[1].value["error"] == str(failure.value)
    assert (TOKEN if given else mint(USER.owner, 0)) in str(failure.value)


@pytest.mark.parametrize("name", ["TimeoutError", "KeyError", "TypeError", "GaveUp", "", "exit"])
def test_stumble_fails_with_the_error_that_is_named(name: str) -> None:
    """One that says it was cancelled has failed, too; what is not on the list is never raised."""
    planted = Planted()
    with pytest.raises(BaseException, match="stumble cannot work on") as failure:
        planted.call("stumble", over=name, query=TOKEN)

    listed = name in tools._ERRORS
    assert type(failure.value).__name__ == (name if listed else "ToolFailure")
    assert planted.story() == ["started", "failed"]
    assert TOKEN in planted.entries[1].value["error"]


def test_choke_fails_at_once() -> None:
    """Without a loop."""
    planted = Planted()
    with pytest.raises(ToolFailure, match=TOKEN) as failure:
        planted.tools["choke"](query=TOKEN)

    assert planted.story() == ["started", "failed"]
    assert planted.entries[1].value["error"] == str(failure.value)


def test_hold_waits_until_its_own_call_is_released() -> None:
    """Releasing another call is not enough."""
    planted = Planted()

    async def main() -> Any:
        call = asyncio.create_task(planted.tools["hold"].arun(query=TOKEN))
        await asyncio.sleep(0)
        planted.plant.gates.release(OTHER)
        await asyncio.sleep(0)
        before = planted.story()
        planted.plant.gates.release(TOKEN)
        return before, await call

    before, result = asyncio.run(main())

    assert before == ["started"]
    assert result["found"] == TOKEN
    assert planted.story() == ["started", "effect", "ended"]


def test_a_call_may_be_released_before_it_comes() -> None:
    """The order of two tasks does not decide over a deadlock."""
    planted = Planted()

    async def main() -> None:
        planted.plant.gates.release(TOKEN)
        await planted.tools["hold"].arun(query=TOKEN)

    asyncio.run(main())

    assert planted.story() == ["started", "effect", "ended"]


def test_everything_that_is_held_can_be_let_go() -> None:
    """At the end of a workload no call is left behind."""
    planted = Planted()

    async def main() -> None:
        hold = planted.tools["hold"]
        calls = [asyncio.create_task(hold.arun(query=query)) for query in (TOKEN, OTHER, "")]
        await asyncio.sleep(0)
        planted.plant.gates.release_all()
        await asyncio.gather(*calls)

    asyncio.run(main())

    assert planted.story() == ["started"] * 3 + ["effect", "ended"] * 3


def test_a_cancelled_call_says_so() -> None:
    """The cancellation is recorded, and goes on to whoever called."""
    planted = Planted()

    async def main() -> None:
        call = asyncio.create_task(planted.tools["hold"].arun(query=TOKEN))
        await asyncio.sleep(0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

    asyncio.run(main())

    assert planted.story() == ["started", "cancelled"]
    assert planted.entries[1].value == {"tool": "hold", "token": TOKEN, "run": 0}


def test_runs_of_one_tool_are_told_apart() -> None:
    """Starts and ends that overlap are joined by the number of the run."""
    planted = Planted()

    async def main() -> None:
        await asyncio.gather(*(planted.tools["lookup"].arun(query=TOKEN) for _ in range(3)))

    asyncio.run(main())
    runs = [(entry.what, entry.value["run"]) for entry in planted.entries]

    assert sorted(runs) == [(what, n) for what in ("ended", "started") for n in range(3)]


@pytest.mark.parametrize(
    "name", ["self", "cls", "name", "tool", "parameters", "token", "mark", "args", "kwargs", "a-b"]
)
@pytest.mark.parametrize("how", ["arun", "call", "function"])
def test_parameters_may_have_any_name(name: str, how: str) -> None:
    """None is taken for an argument of the tool's own."""
    planted = Planted()
    tool = planted.tools["echo"]
    call: Any = {"arun": tool.arun, "call": tool, "function": Tools([tool]).as_functions()["echo"]}
    result = asyncio.run(call[how](**{name: 1}))

    assert result["echo"] == {name: 1}
    assert planted.entries[0].value["parameters"] == {name: 1}


@given(st.dictionaries(st.text(), st.text(alphabet=st.characters(codec=None)), max_size=3))
def test_whatever_a_target_passes_can_be_recorded(parameters: dict[str, str]) -> None:
    """Any name and any text, also one that is no UTF-8; nothing is thrown into the target."""
    planted = Planted()
    planted.call("echo", **parameters)

    assert planted.story() == ["started", "ended"]


def test_what_is_no_json_is_marked() -> None:
    """A target may pass anything; the tool gets it as it is, the history a marker."""
    planted = Planted()
    thing = object()
    result = planted.call("give", value=thing)

    assert result is thing
    assert NOT_JSON in planted.entries[0].value["parameters"]["value"]
    assert NOT_JSON in planted.entries[1].value["result"]


def test_the_first_canary_names_the_call() -> None:
    """It may stand anywhere in the parameters, however deep; a forged one does not count."""
    planted = Planted()
    planted.call("echo", deep=[{"in": f"... {TOKEN} {OTHER}"}])
    planted.call("echo", forged=TOKEN[:-1] + ("0" if TOKEN[-1] != "0" else "1"))

    assert [entry.value["token"] for entry in planted.entries] == [TOKEN, TOKEN, None, None]


def test_tools_are_a_list_and_functions_by_name() -> None:
    """A factory takes them in the form that it needs."""
    tools = Planted().plant.tools("alice", ["echo", "give"])
    functions = tools.as_functions()

    assert [tool.name for tool in tools] == ["echo", "give"]
    assert all(isinstance(tool, PlantedTool) for tool in tools)
    assert list(functions) == ["echo", "give"]
    assert asyncio.run(functions["give"](value=5)) == 5
    assert repr(tools[0]) == "PlantedTool('echo')"


def test_two_users_have_instances_of_their_own() -> None:
    """A result from somebody else's instance shows by its mark."""
    users = [plant_user(0, n) for n in range(2)]
    plant = Plant(Recorder(), users)
    marks = [
        asyncio.run(plant.tools(user.name, ["lookup"])[0].arun(query=TOKEN))["by"] for user in users
    ]

    assert marks == [mint(user.owner, 0) for user in users]


@pytest.mark.parametrize("name", ["hold", "linger"])
def test_what_is_held_does_something_to_the_world_when_it_is_let_go(name: str) -> None:
    """Which is recorded, before its end; one that is stopped first does nothing."""
    planted = Planted()

    async def main() -> None:
        stopped = asyncio.create_task(planted.tools[name].arun(query=OTHER))
        await asyncio.sleep(0)
        stopped.cancel()
        planted.plant.gates.release_all()
        await planted.tools[name].arun(query=TOKEN)
        with pytest.raises(asyncio.CancelledError):
            await stopped

    asyncio.run(main())
    of = [(entry.value["token"], entry.what) for entry in planted.entries]

    assert [what for token, what in of if token == OTHER] == ["started", "cancelled"]
    assert [what for token, what in of if token == TOKEN] == ["started", "effect", "ended"]
    effect = next(entry for entry in planted.entries if entry.what == "effect")
    assert effect.value == {"tool": name, "token": TOKEN, "run": 1}


def test_a_twin_says_so_whatever_it_does() -> None:
    """So that of two tools of one name it is told which one ran."""
    planted = Planted()
    (twin,) = planted.plant.tools("alice", ["lookup"], twin=True)
    planted.call("lookup", query=TOKEN)
    asyncio.run(twin.arun(query=TOKEN))

    assert [entry.value.get("twin") for entry in planted.entries] == [None, None, True, True]


def test_the_synchronous_tool_is_a_callable_and_nothing_more() -> None:
    """It is no PlantedTool."""
    (block,) = Planted().plant.tools("alice", ["block"])

    assert not isinstance(block, PlantedTool)
    assert not inspect.iscoroutinefunction(block.__call__)
    assert repr(block) == "BlockingTool('block')"


def planted_in(loop: asyncio.AbstractEventLoop | None) -> tuple[Planted, Any]:
    """The synchronous tool, planted while this loop ran."""

    async def plant() -> Planted:
        return Planted()

    planted = loop.run_until_complete(plant()) if loop else Planted()
    return planted, planted.tools["block"]


def seen(planted: Planted) -> Any:
    """What the tool says of the loop: whether it turned; None where it says nothing."""
    assert planted.story() == ["started", "ended"]
    return planted.entries[1].value.get("turned")


def test_beside_the_loop_a_synchronous_tool_sees_it_turn() -> None:
    """At once; and it returns what lookup would."""
    with asyncio.Runner() as runner:
        planted, block = planted_in(runner.get_loop())

        async def main() -> Any:
            return await asyncio.to_thread(block, query=TOKEN)

        result = runner.run(main())

    assert seen(planted) is True
    assert planted.entries[1].value["waited"] < tools.SLICES * tools.SLICE
    assert result == {"found": TOKEN, "by": mint(USER.owner, 0)}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tool whose loop stands still does not wait long for it."""
    monkeypatch.setattr(tools, "SLICE", 0.001)


@pytest.mark.parametrize("how", ["on it", "waited for by it"])
@pytest.mark.usefixtures("impatient")
def test_a_synchronous_tool_sees_that_the_loop_stands_still(how: str) -> None:
    """Where it is called in its thread, or in another for which that waits."""
    with asyncio.Runner() as runner, ThreadPoolExecutor(1) as pool:
        planted, block = planted_in(runner.get_loop())

        async def main() -> Any:
            return block(query=TOKEN) if how == "on it" else pool.submit(block).result()

        runner.run(main())

    assert seen(planted) is False
    assert planted.entries[1].value["waited"] == pytest.approx(tools.SLICES * tools.SLICE)


@pytest.mark.parametrize("loop", ["none", "closed"])
def test_where_there_is_no_loop_nothing_is_said_of_it(loop: str) -> None:
    """That it does not turn is then nobody's fault."""
    with asyncio.Runner() as runner:
        planted, block = planted_in(runner.get_loop() if loop == "closed" else None)
    block(query=TOKEN)

    assert seen(planted) is None
    assert "waited" not in planted.entries[1].value


def test_a_loop_that_is_closed_meanwhile_was_not_blocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for it in vain has waited for nothing."""
    monkeypatch.setattr(tools, "SLICE", 0.001)
    loop = asyncio.new_event_loop()
    planted, block = planted_in(loop)
    monkeypatch.setattr(loop, "call_soon_threadsafe", lambda _: loop.close())
    block(query=TOKEN)

    assert seen(planted) is None
