"""LangChain's tools: a dispatcher that works with nothing else conforms, and two are caught."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.virtual import VirtualLoop

from goldenpath.adapters.targets import resolve
from goldenpath.campaign import Campaign
from goldenpath.choice import Choice
from goldenpath.conduct import Options
from goldenpath.errors import Exit
from goldenpath.model import Outcome, Verdict
from goldenpath.plant.forms import as_langchain
from goldenpath.plant.tools import Gates, Owner, plant_tools
from goldenpath.recorder import Recorder

pytest.importorskip("langchain_core")
FILE = Path(__file__).with_name("langchain_dispatcher.py")


def run(name: str, *workloads: str) -> tuple[list[Verdict], int]:
    options = Options(seed=3, loop_factory=VirtualLoop)
    report = Campaign(resolve(f"{FILE}:{name}"), options, Choice(workloads=workloads)).run()
    return list(report.verdicts), int(report.exit)


def red(verdicts: list[Verdict]) -> set[str]:
    return {v.rule for v in verdicts if v.outcome is Outcome.FAIL}


def test_a_dispatcher_over_langchains_tools_conforms() -> None:
    """In every workload: whatever name a parameter has, LangChain carries it."""
    verdicts, code = run("make")
    wrong = [
        (v.workload, v.rule, v.reason)
        for v in verdicts
        if v.outcome in (Outcome.FAIL, Outcome.UNKNOWN)
    ]

    assert wrong == []
    assert code == Exit.CONFORMS


def test_langchains_tools_that_are_dropped_are_missed() -> None:
    """They were registered with success, and are neither listed nor executed."""
    verdicts, code = run("drops", "contract", "values")

    assert red(verdicts) == {"API-4"}
    assert {v.workload for v in verdicts if v.outcome is Outcome.FAIL} == {"contract"}
    assert code == Exit.VIOLATIONS


def test_parameters_that_are_flattened_for_langchain_are_missed() -> None:
    """The tool ran, and not with what it was asked."""
    verdicts, _ = run("by_text", "contract")

    assert "TOOL-2" in red(verdicts)


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["echo", "recall"])
async def test_what_really_happened_is_recorded_by_the_tool_within(name: str) -> None:
    """An asynchronous tool by `_arun`, a synchronous one by `_run`, in a thread of LangChain's."""
    recorder, entries = Recorder(), []
    recorder.listen(entries.append)
    (planted,) = plant_tools([name], Owner("alice", "gpcmark", recorder, Gates()))
    tool = as_langchain(planted)
    given: dict[str, Any] = {"self": 1, "config": None, "run_manager": [], "callbacks": 0, "a.b": 2}
    result = await tool.ainvoke(given)

    assert (tool.name, tool.description) == (planted.name, planted.description)
    assert tool.args_schema == planted.parameters
    assert given in result.values()
    assert [entry.what for entry in entries] == ["started", "ended"]
    assert entries[0].value["parameters"] == given


def test_an_asynchronous_tool_cannot_be_invoked_synchronously() -> None:
    """As with any of LangChain's that was made of a coroutine."""
    (planted,) = plant_tools(["echo"], Owner("alice", "gpcmark", Recorder(), Gates()))

    with pytest.raises(NotImplementedError, match="ainvoke"):
        as_langchain(planted).invoke({})
