"""Tools in the other forms that a target takes: plain functions, LangChain's."""

from __future__ import annotations

from typing import Any

from goldenpath.model import Step
from goldenpath.workloads.script import Ask, Script

#: Form to the capability that a target needs for it.
_NEEDS = {"function": "function_tools", "langchain": "langchain_tools"}

#: What is registered in each: the last one is synchronous.
_TOOLS = ("echo", "give", "explode", "recall")

_GIVEN: tuple[Any, ...] = (None, False, 0, "", [], {"page": 1, "by": ["name", None], "at": 1.5})


def other_forms(script: Script, name: str) -> list[Step]:
    """A session for each form that the target takes beside ours."""
    forms = [form for form, need in _NEEDS.items() if script.can(need)]
    return [step for form in forms for step in _session(script, name, form)]


def _session(script: Script, name: str, form: str) -> list[Step]:
    """The tools are registered one by one in this form, looked for and called."""
    lane = [script.create(name, ["lookup"]), script.execute(name, Ask("lookup"))]
    for tool in _TOOLS:
        lane.append(script.step(name, "register", tool=tool, form=form))
        lane.append(script.step(name, "look", tools=["lookup", *_TOOLS]))
        lane += [script.execute(name, ask) for ask in _asks(tool)]
    return [*lane, script.execute(name, Ask("lookup")), script.cleanup(name)]


def _asks(tool: str) -> list[Ask]:
    if tool == "give":
        return [Ask(tool, {"value": value}) for value in _GIVEN]
    return [Ask(tool), Ask(tool, _GIVEN[-1])]
