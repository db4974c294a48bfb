"""Planted tools in other coats: what really happened is recorded by the tool within."""

from __future__ import annotations

import asyncio
import inspect
import sys
from typing import Any

import pytest

from goldenpath import dispatcher
from goldenpath.adapters.python import PythonTarget
from goldenpath.campaign import Campaign
from goldenpath.choice import Choice
from goldenpath.conduct import Options
from goldenpath.errors import Exit
from goldenpath.model import Entry, Outcome
from goldenpath.plant import forms
from goldenpath.plant.tools import Gates, Owner, ToolFailure, Tools, plant_tools
from goldenpath.recorder import Recorder
from goldenpath.reference import RequestScopedDispatcher, UserContext


def planted(*names: str) -> tuple[Tools, list[Entry]]:
    recorder, entries = Recorder(), list[Entry]()
    recorder.listen(entries.append)
    return plant_tools(names, Owner("alice", "gpcmark", recorder, Gates())), entries


def test_a_function_says_what_it_is() -> None:
    """Its name, what it is for, whether it is for admins; async where the tool is."""
    tools, _ = planted("echo", "administer", "recall")
    functions = tools.as_functions()

    assert [f.__name__ for f in functions.values()] == list(functions)
    assert [f.__doc__ for f in functions.values()] == [tool.description for tool in tools]
    assert [vars(f)["admin_only"] for f in functions.values()] == [False, True, False]
    assert [inspect.iscoroutinefunction(f) for f in functions.values()] == [True, True, False]


@pytest.mark.parametrize("name", ["echo", "recall"])
def test_a_function_takes_parameters_of_any_name(name: str) -> None:
    """Nothing of its own stands in the way of them."""
    tools, entries = planted(name)
    given: dict[str, Any] = {"self": 1, "tool": 2, "parameters": {}, "a.b": None}
    result = tools.as_functions()[name](**given)
    result = asyncio.run(result) if inspect.isawaitable(result) else result

    assert given in result.values()
    assert [entry.what for entry in entries] == ["started", "ended"]
    assert entries[0].value["parameters"] == given


def test_a_function_fails_as_its_tool_does() -> None:
    tools, entries = planted("explode")

    with pytest.raises(ToolFailure):
        asyncio.run(tools.as_functions()["explode"]())

    assert [entry.what for entry in entries] == ["started", "failed"]


# --- where LangChain is not there ----------------------------------------------------------------


@dispatcher(events=(), accepts={"tool", "langchain"})
def takes_both(user: Any, tap: Any, tools: Any) -> RequestScopedDispatcher:
    return RequestScopedDispatcher(UserContext.from_user(user), None, tools)


@pytest.fixture
def _without_langchain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "has_langchain", lambda: False)
    monkeypatch.setattr("goldenpath.adapters.python.has_langchain", lambda: False)


@pytest.mark.usefixtures("_without_langchain")
def test_without_langchain_its_form_cannot_be_had() -> None:
    """And it is said how it can."""
    tools, _ = planted("echo")

    with pytest.raises(ImportError, match=r"pip install 'goldenpath\[langchain\]'"):
        tools.as_langchain()


@pytest.mark.usefixtures("_without_langchain")
def test_a_declared_form_that_cannot_be_made_is_never_green() -> None:
    """API-4 is about every declared form: one that cannot be tried leaves it UNKNOWN, exit 3."""
    target = PythonTarget("takes-both", takes_both, vars(takes_both)["__goldenpath__"])
    report = Campaign(target, Options(), Choice(workloads=("contract",))).run()
    (verdict,) = [v for v in report.verdicts if v.rule == "API-4"]

    assert verdict.outcome is Outcome.UNKNOWN
    assert "pip install 'goldenpath[langchain]'" in verdict.reason
    assert report.exit == Exit.INCONCLUSIVE
    assert {v.outcome for v in report.verdicts if v.rule == "TOOL-3"} == {Outcome.PASS}


def test_looking_for_langchain_does_not_import_it() -> None:
    before = set(sys.modules)
    forms.has_langchain()

    assert not {name for name in set(sys.modules) - before if "langchain" in name}


def test_something_odd_in_its_place_is_not_langchain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as a stand-in that somebody's tests have put among the modules."""
    monkeypatch.setitem(sys.modules, "langchain_core", type(sys)("langchain_core"))

    assert forms.has_langchain() is False
