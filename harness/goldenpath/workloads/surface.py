"""The surface of a dispatcher: members, call forms, look-ups, values, and life after cleanup."""

from __future__ import annotations

from typing import Any

from goldenpath.model import Step
from goldenpath.spec import VIAS
from goldenpath.workloads.base import ONE, Workload, tiers
from goldenpath.workloads.forms import other_forms
from goldenpath.workloads.script import Ask, Lane, Script

#: Every form in which the contract's three execution members may be called (R1).
_FORMS: tuple[tuple[str, str, bool], ...] = (
    ("execute_tool", "positional", True),
    ("execute_tool", "keyword", True),
    ("execute_tool", "mixed", True),
    ("execute_tool", "omitted", False),
    ("dispatch_tool", "positional", True),
    ("dispatch_tool", "keyword", True),
    ("dispatch_tool", "omitted", False),
    ("dispatch", "keyword", True),
    ("dispatch", "omitted", False),
)

#: What an old consumer hands to dispatch_tool beside the parameters: it is not for the tool (R1).
_CONTEXT = {"state": {"turn": 1}, "run_id": "the consumer's own"}

#: ... and what no platform has ever heard of: whatever keywords it hands over are taken.
_UNHEARD = {"asked_by": "an old consumer"}

_LOOKED_FOR = ["lookup", "echo", "give", "no_such_tool", "look", "LOOKUP", ""]


def _contract(script: Script, size: int) -> tuple[Lane, ...]:
    name = "alice"

    def look() -> Step:
        return script.step(name, "look", tools=_LOOKED_FOR)

    lane = [script.create(name, ["lookup"]), look()]
    lane.append(script.execute(name, Ask("lookup")))
    for tool in ("echo", "give", "get-weather"):
        lane += [script.step(name, "register", tool=tool), look()]
        lane.append(script.execute(name, Ask(tool)))
    for _ in range(size):
        for via, form, given in _FORMS:
            ask = Ask("lookup", plain=not given, more={"via": via, "form": form})
            lane.append(script.execute(name, ask))
        for context in (_CONTEXT, _UNHEARD):
            handed = {"via": "dispatch_tool", "form": "positional", "context": context}
            lane.append(script.execute(name, Ask("lookup", more=handed)))
    lane += [look(), script.step(name, "inspect"), script.cleanup(name)]
    return ((*lane, *other_forms(script, name)),)


_VALUES: tuple[Any, ...] = (
    *(None, False, True, 0, 1, -1, 1.5, 1e300, "", " ", "0", "null", [], {}, [[]], [None]),
    *('\u2028 \u00e9 \U0001f600 " \\ \n \x00', 2**53 + 1, [1, "two", None, {"three": [4.5]}]),
    *({"success": False}, {"error": None}, {"status": "error", "result": 1}, {"a.b": {"": 0}}),
    *("7", "1e3", "true", "2024-01-01", "e\u0301", 1.0, {"1": 1.0, "_": None}),
    *({"error": "x"}, {"result": 1}, {"output": 1}, {"content": "x"}, {"data": [1]}),
    *('{"a": 1}', "[1]", "Error: none", 2**64 + 1, -(2**64)),
)

#: Names that an implementation may have taken for arguments of its own.
_NAMES = (
    *("self", "cls", "context", "name", "tool", "args", "kwargs", "parameters", "params", "user"),
    *("user_id", "run_id", "state", "timeout", "func", "result", "type", "class", "None", "a-b"),
    *(
        "tool_name",
        "_x",
        "id",
        "message",
        "config",
        "callbacks",
        "metadata",
        "tags",
        "fn",
        "return",
    ),
    *("thread_id", "request_id", "session_id", "session", "input"),
)

#: Letters that are more than a platform may have put a limit to (64 KiB), and levels likewise.
_LETTERS, _LEVELS, _DEEPEST = 70_000, 60, 180


def _deep(levels: int) -> Any:
    value: Any = "bottom"
    for level in range(levels):
        value = [value] if level % 2 else {"down": value}
    return value


def _values(script: Script, size: int) -> tuple[Lane, ...]:
    """Falsy, odd, large and deep values go in and come back; parameters have awkward names."""
    values = [
        *_VALUES,
        _deep(min(_LEVELS * size, _DEEPEST)),
        "x" * _LETTERS * size,
        list(range(1_000 * size)),
    ]
    asks = [Ask("give", {"value": value}) for value in values]
    asks.append(Ask("echo"))  # the control: with its usual parameter it runs
    asks += [Ask("echo", {name: f"the value of {name}"}) for name in _NAMES]
    asks.append(Ask("echo", dict.fromkeys(_NAMES, 0)))
    if script.kind == "agent":
        some = [*asks[: -1 : max(1, 4 // size)], asks[-1]]
        return (script.session("alice", *([ask] for ask in some)),)
    return (script.session("alice", *([ask] for ask in asks)),)


def _after_cleanup(script: Script, size: int) -> tuple[Lane, ...]:
    """Everything is tried once before cleanup, as a control, and again after it, and after two."""
    name, lane = "alice", [script.create("alice", ["lookup"])]
    lane += [script.execute(name, Ask("lookup", more={"via": via})) for via in VIAS]
    lane.append(script.step(name, "register", tool="give"))
    for _ in range(2):
        lane.append(script.cleanup(name))
        lane += [script.execute(name, Ask("lookup", more={"via": via})) for via in VIAS]
        lane.append(script.step(name, "register", tool="echo"))
        lane.append(script.execute(name, Ask("no_such_tool")))
    return (tuple(lane),)


_GIVEN: tuple[Any, ...] = (None, False, 0, "", [], {"success": False})

#: What goes through each of the old doors.
_THROUGH: tuple[tuple[str, dict[str, Any]], ...] = (
    ("lookup", {}),
    ("echo", {}),
    *(("give", {"value": value}) for value in _GIVEN),
    ("echo", {"context": None, "name": "x", "parameters": {}, "self": 0, "state": False}),
    ("explode", {}),
    ("collapse", {}),
    ("no_such_tool", {}),
)


#: So many calls are under way through one door at once: what is kept for one may be mixed up.
_AT_ONCE = 3


def _through(script: Script, name: str, via: str) -> list[Step]:
    more: dict[str, Any] = {"via": via}
    if via == "dispatch_tool":
        more["context"] = _CONTEXT
    calls = [script.execute(name, Ask(tool, given, more=more)) for tool, given in _THROUGH]
    at_once = [script.execute(name, Ask("lookup", more=more)) for _ in range(_AT_ONCE)]
    return [*calls, script.together(*([call] for call in at_once))]


def _old_doors(script: Script, size: int) -> tuple[Lane, ...]:
    """dispatch_tool and dispatch, as thoroughly as execute_tool and beside it: two users side by
    side, then one without a transport and with one that raises.
    """
    vias = ("dispatch_tool", "dispatch", "execute_tool")
    given = ["collapse", "explode", "give", "lookup"]
    names = list(script.users)
    lanes = {name: [script.create(name, given)] for name in names[:2]}
    for name, other in zip(names[:2], reversed(names[:2]), strict=True):
        lanes[name].append(script.step(name, "join", step=lanes[other][0].id))
    for name, first in zip(names[:2], (vias, vias[::-1]), strict=True):
        lanes[name].append(script.step(name, "register", tool="echo"))
        for via in first * size:
            lanes[name] += _through(script, name, via)
        lanes[name].append(script.cleanup(name))
    lanes[names[2]] = [script.step(names[2], "join", step=lanes[n][-1].id) for n in names[:2]]
    for transport in ("absent", "raising"):
        lanes[names[2]].append(script.create(names[2], [*given, "echo"], transport))
        lanes[names[2]] += [step for via in vias for step in _through(script, names[2], via)]
        lanes[names[2]].append(script.cleanup(names[2]))
    return tuple(map(tuple, lanes.values()))


WORKLOADS = (
    Workload(
        name="contract",
        about="the ten members, every call form, look-ups, and tools in each declared form",
        suite="contract",
        proves={"dispatcher": ("API-1", "API-2", "API-3", "API-4", "TOOL-1", "TOOL-2", "TOOL-3")},
        lanes=_contract,
        users=ONE,
        size=tiers(1, 3, 20),
    ),
    Workload(
        name="values",
        about="parameters and results of every kind of JSON value, under awkward names",
        suite="contract",
        proves={
            "dispatcher": ("TOOL-2", "TOOL-3", "CONTENT-4", "CONTENT-6"),
            "agent": ("TOOL-2", "CONTENT-4", "CONTENT-6"),
        },
        lanes=_values,
        users=ONE,
        size=tiers(1, 4, 8),
    ),
    Workload(
        name="old_doors",
        about="the calls of old consumers, dispatch_tool and dispatch, are as good as any",
        suite="contract",
        proves={
            "dispatcher": (
                *("API-4", "API-6", "TOOL-1", "TOOL-2", "TOOL-3", "TOOL-4", "TOOL-5", "CONTENT-5"),
                *("CONTENT-4", "CONTENT-6"),
                *("ISOLATION-1", "ISOLATION-2", "ISOLATION-3", "RECOVERY-1", "RECOVERY-2"),
            )
        },
        lanes=_old_doors,
        users=tiers(3, 3, 3),
        size=tiers(1, 3, 10),
    ),
    Workload(
        name="after_cleanup",
        about="a session is used after it was cleaned up",
        suite="contract",
        proves={"dispatcher": ("API-9", "RECOVERY-8")},
        lanes=_after_cleanup,
        users=ONE,
        size=ONE,
    ),
)
