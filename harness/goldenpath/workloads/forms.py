"""Tools in every form that a target takes: our own, plain functions, LangChain's."""

from __future__ import annotations

from typing import Any

from goldenpath.model import Step
from goldenpath.workloads.base import ONE, Workload, tiers
from goldenpath.workloads.script import Ask, Lane, Script

#: Form to the capability that a target needs for it, and the tools that are registered in it: where
#: a form is of functions a synchronous one is among them.
_ASYNC = ("echo", "give", "explode")
_FORMS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("tool", "", _ASYNC),
    ("function", "function_tools", (*_ASYNC, "recall")),
    ("langchain", "langchain_tools", (*_ASYNC, "recall")),
)

_GIVEN: tuple[Any, ...] = (None, False, 0, "", [], {"page": 1, "by": ["name", None], "at": 1.5})


def _tool_forms(script: Script, size: int) -> tuple[Lane, ...]:
    """In a session for each form the tools are registered one by one, looked for and called."""
    forms = [(form, tools) for form, need, tools in _FORMS if not need or script.can(need)]
    if "tool" not in script.declared.get("accepts", ("tool",)) and len(forms) > 1:
        forms = forms[1:]
    lane: list[Step] = []
    for form, tools in forms * size:
        lane += _in_form(script, "alice", form, tools)
    return (tuple(lane),)


def _in_form(script: Script, name: str, form: str, tools: tuple[str, ...]) -> list[Step]:
    lane = [script.create(name, ["lookup"]), script.execute(name, Ask("lookup"))]
    more: dict[str, Any] = {"form": form} if form != "tool" else {}
    for tool in tools:
        lane.append(script.step(name, "register", tool=tool, **more))
        lane.append(script.step(name, "look", tools=["lookup", *tools]))
        lane += [script.execute(name, ask) for ask in _asks(tool)]
    return [*lane, script.execute(name, Ask("lookup")), script.cleanup(name)]


def _asks(tool: str) -> list[Ask]:
    if tool == "give":
        return [Ask(tool, {"value": value}) for value in _GIVEN]
    return [Ask(tool), Ask(tool, _GIVEN[-1])]


WORKLOADS = (
    Workload(
        name="tool_forms",
        about="tools are registered in each form that is declared, and called",
        suite="contract",
        proves={"dispatcher": ("API-4", "TOOL-1", "TOOL-2", "TOOL-3", "TOOL-4")},
        lanes=_tool_forms,
        users=ONE,
        size=tiers(1, 3, 10),
    ),
)
