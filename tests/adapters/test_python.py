"""Targets in Python: what a probe finds out, once, before anything is tested."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from tests import virtual

from goldenpath import agent, dispatcher
from goldenpath.adapters.agent import AgentAdapter
from goldenpath.adapters.base import Facts
from goldenpath.adapters.dispatcher import DispatcherAdapter
from goldenpath.adapters.probing import PROBE_SECONDS
from goldenpath.adapters.python import PythonTarget
from goldenpath.dialects import COMMON, as_data, from_table
from goldenpath.errors import TargetProblem, UsageProblem
from goldenpath.plant import tools


def target(factory: Callable[..., Any], declare: Callable[..., Any] | None = None) -> PythonTarget:
    """The target made of a factory, declared a dispatcher where nothing else is said."""
    marked: Any = (declare or dispatcher())(factory)
    return PythonTarget("mine", marked, marked.__goldenpath__)


def probe(factory: Callable[..., Any], declare: Callable[..., Any] | None = None) -> Facts:
    return virtual.run(target(factory, declare).probe())


def answering(answer: Callable[[Any], Any], via: str = "execute_tool") -> Callable[..., Any]:
    """A factory of sessions with one member; `answer` makes a result out of the tool's value."""

    def factory(user: Any, tap: Any, tools: Any) -> Any:
        (tool,) = tools

        async def positional(name: str, parameters: Any = None) -> Any:
            return answer(await tool.arun(**(parameters or {})))

        async def keywords(name: str, **parameters: Any) -> Any:
            return answer(await tool.arun(**parameters))

        made = type("Made", (), {})()
        setattr(made, via, keywords if via == "dispatch" else positional)
        return made

    return factory


def same(value: Any) -> Any:
    return value


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (same, "value"),
        (lambda value: {"success": True, "result": value, "error": None}, "success"),
        (lambda value: {"status": "ok", "payload": value}, "status"),
    ],
)
@pytest.mark.parametrize("via", ["execute_tool", "dispatch_tool", "dispatch"])
def test_a_probe_finds_what_executes_and_in_which_shape(
    answer: Callable[[Any], Any], outcome: str, via: str
) -> None:
    """The first of the three members that is there, and the shape of what it returns."""
    facts = probe(answering(answer, via))

    assert facts.shown == {"made": "Made", "executes by": via, "outcome": outcome}
    assert isinstance(target(answering(answer)).adapter(facts), DispatcherAdapter)


def test_a_declared_shape_is_not_guessed() -> None:
    """What the declaration says holds, whatever one call returned."""
    facts = probe(answering(same), dispatcher(outcome="status"))

    assert facts.shown["outcome"] == "status"


def test_a_result_of_no_known_shape_is_noted() -> None:
    """The bare value is assumed, and the note shows what came."""
    facts = probe(answering(lambda value: {"data": value}))

    assert facts.shown["outcome"] == "value"
    assert "no known shape" in facts.shown["probe"]


def test_a_call_that_fails_is_noted() -> None:
    """That a tool cannot be called is for the rules to say."""

    def broken(value: Any) -> Any:
        raise KeyError("give")

    facts = probe(answering(broken))

    assert facts.shown["probe"].startswith("KeyError: 'give'")


class Hostile:
    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no equality")

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("no attributes")

    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    __hash__ = None  # type: ignore[assignment]


def test_a_hostile_result_is_noted() -> None:
    """Nothing of it is believed, and nothing of it can stop the probe."""
    facts = probe(answering(lambda _: Hostile()))

    assert "no known shape" in facts.shown["probe"]


def _none(*_: Any) -> None:
    return None


def _raises(*_: Any) -> None:
    raise ConnectionRefusedError("no database")


async def _hangs(*_: Any) -> None:
    await asyncio.Event().wait()


def _call_hangs(user: Any, tap: Any, tools: Any) -> Any:
    made = type("Made", (), {})()
    made.execute_tool = _hangs
    return made


def _cleanup_hangs(user: Any, tap: Any, tools: Any) -> Any:
    made = answering(same)(user, tap, tools)
    made.cleanup = _hangs
    return made


@pytest.mark.parametrize(
    ("factory", "said"),
    [
        (_none, "the factory returned None"),
        (_raises, "ConnectionRefusedError: no database"),
        (_hangs, f"to create a session took longer than {PROBE_SECONDS:.0f} seconds"),
        (_call_hangs, "to call execute_tool took longer than"),
        (_cleanup_hangs, "to clean up took longer than"),
        (lambda *_: 42, "int without any of them"),
    ],
)
def test_where_nothing_can_be_tested_the_probe_says_why(
    factory: Callable[..., Any], said: str
) -> None:
    """TargetProblem, exit 3: the target did not come to the point where it can be judged."""
    with pytest.raises(TargetProblem) as problem:
        probe(factory)

    assert said in str(problem.value)


def test_a_mapped_member_must_be_there() -> None:
    """A declaration that names what does not exist is found out at once."""
    with pytest.raises(TargetProblem, match="execute_tool='runn'"):
        probe(answering(same), dispatcher(execute_tool="runn"))


def test_patience_is_scaled() -> None:
    """A slow machine gives the probe more time."""
    slow: list[float] = []

    async def slowly(user: Any, tap: Any, tools: Any) -> Any:
        await asyncio.sleep(2 * PROBE_SECONDS)
        slow.append(1)
        return answering(same)(user, tap, tools)

    virtual.run(target(slowly).probe(3.0))

    assert slow


class Agent:
    async def run(self, message: str, plan: Any) -> str:
        return "an answer"


class Reusable:
    def run(self, message: str, plan: Any, run_id: str) -> str:
        return "an answer"


@pytest.mark.parametrize(("made", "runs"), [(Agent, "one"), (Reusable, "many")])
def test_an_agent_is_not_run_by_its_probe(made: Any, runs: str) -> None:
    """Its signature says how often it can be run in one session."""
    facts = probe(lambda *_: made(), agent())

    assert facts.kind == "agent"
    assert facts.shown["runs per session"] == runs
    assert isinstance(target(lambda *_: made(), agent()).adapter(facts), AgentAdapter)


def test_an_agent_that_cannot_be_run_is_no_agent() -> None:
    """The problem says how to map another name."""
    with pytest.raises(TargetProblem, match="run="):
        probe(lambda *_: object(), agent())


def test_the_facts_hold_what_was_declared() -> None:
    """Events, card, options, members and dialect, as the header of each history keeps them."""

    def factory(user: Any, tap: Any, tools: Any) -> Any:
        made = answering(same, "call")(user, tap, tools)
        made.stop = lambda: None
        return made

    declare = dispatcher(
        events={"tool_executing"},
        execute_tool="call",
        cleanup="stop",
        tool_timeout=3,
        dialect={"type": "kind", "types": {"tool.begin": "tool_executing"}},
        transport=False,
    )
    facts = probe(factory, declare)

    assert facts.events["tool_executing"] == "native"
    assert facts.events["tool_completed"] == "absent"
    assert facts.declared == {
        "tool_timeout": 3,
        "members": {"execute_tool": "call", "cleanup": "stop"},
    }
    assert "tool_events" not in facts.card
    assert facts.card["members"] == "yes"
    assert "transport" not in facts.card
    assert facts.dialect["types"]["tool.begin"] == "tool_executing"


def test_a_dialect_can_be_named() -> None:
    """One of the user's own, and ours; the header holds it whole, so that it can be read again."""
    shop = from_table("shop", {"type": "kind"}, COMMON)
    marked: Any = dispatcher(dialect="shop")(answering(same))
    there = {"common": COMMON, "shop": shop}
    named = PythonTarget("mine", marked, marked.__goldenpath__, there)
    common = target(answering(same), dispatcher(dialect="common"))

    assert virtual.run(named.probe()).dialect == as_data(shop)
    assert virtual.run(common.probe()).dialect == as_data(COMMON)


@pytest.mark.parametrize(
    "dialect", [{"typs": {}}, {"types": {"a": "no such event"}}, "shop"], ids=str
)
def test_a_wrong_dialect_is_the_users_mistake(dialect: Any) -> None:
    """Found when the target is named, before anything is opened."""
    with pytest.raises(UsageProblem, match="the dialect of mine is wrong"):
        target(answering(same), dispatcher(dialect=dialect))


# --- synchronous tools ----------------------------------------------------------------------------


class Taking:
    """A session that registers tools and runs them as `run` does."""

    run: Any = None

    def __init__(self, user: Any, tap: Any, tools: Any) -> None:
        self.tools = {tool.name: tool for tool in tools}

    def register_tool(self, tool: Any) -> None:
        self.tools[tool.name] = tool

    async def execute_tool(self, name: str, parameters: Any = None) -> Any:
        tool = self.tools[name]
        if hasattr(tool, "arun"):
            return await tool.arun(**(parameters or {}))
        return await type(self).run(tool, parameters)


async def _in_thread(tool: Any, parameters: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(None, lambda: tool(**parameters))


async def _on_the_loop(tool: Any, parameters: Any) -> Any:
    return tool(**parameters)


async def _not_at_all(tool: Any, parameters: Any) -> Any:
    raise TypeError("object dict can't be used in 'await' expression")


async def _something_else(tool: Any, parameters: Any) -> Any:
    return {"found": "nothing"}


@pytest.mark.parametrize(
    ("run", "takes"),
    [(_in_thread, True), (_on_the_loop, True), (_not_at_all, False), (_something_else, False)],
)
def test_whether_it_runs_synchronous_tools_is_tried(
    run: Any, takes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One is registered and called: how it was run is TOOL-9's matter, and one that is not run is
    not asked for.
    """
    monkeypatch.setattr(tools, "SLICE", 0.001)

    class Made(Taking): ...

    Made.run = staticmethod(run)
    facts = probe(Made)

    assert facts.card.get("sync_tools") == ("yes" if takes else None)


def test_a_target_that_cannot_register_one_is_not_asked_to_run_it() -> None:
    """Nor is one that refuses it."""

    class Refuses(Taking):
        def register_tool(self, tool: Any) -> None:
            raise ValueError("async tools only")

    assert "sync_tools" not in probe(answering(same)).card
    assert "sync_tools" not in probe(Refuses).card


def test_what_is_declared_of_synchronous_tools_is_believed() -> None:
    """A dispatcher that says so, and an agent, which cannot be tried."""

    class Untried(Taking):
        run = None

    assert probe(Untried, dispatcher(accepts={"sync"})).card["sync_tools"] == "yes"
    assert probe(lambda *_: Agent(), agent(accepts={"sync"})).card["sync_tools"] == "yes"
    assert "sync_tools" not in probe(lambda *_: Agent(), agent()).card


@pytest.mark.parametrize(
    ("shape", "wrap"),
    [
        ("success", lambda value: {"success": True, "result": value}),
        ("status", lambda value: {"status": "ok", "payload": value}),
    ],
)
def test_a_synchronous_tools_answer_is_read_in_the_targets_shape(shape: str, wrap: Any) -> None:
    """As any other."""

    class Wrapped(Taking):
        run = staticmethod(_in_thread)

        async def execute_tool(self, name: str, parameters: Any = None) -> Any:
            return wrap(await super().execute_tool(name, parameters))

    facts = probe(Wrapped)

    assert (facts.shown["outcome"], facts.card["sync_tools"]) == (shape, "yes")
