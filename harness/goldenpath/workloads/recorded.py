"""Whether recorded steps can be performed: a history may be damaged, or somebody else's.

One table of what each action needs. What a script makes is right by itself; this is asked only of
steps that come from a file.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from goldenpath import spec
from goldenpath.model import Step
from goldenpath.workloads.script import KNOWN

#: Seconds that no deadline is longer than, whatever the time scale.
LONGEST = 1e6

Right = Callable[[Any], bool]
Needs = dict[str, tuple[Right, str]]


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value) and 0 < value <= LONGEST


def _object(value: Any) -> bool:
    return isinstance(value, dict)


def _tools(value: Any) -> bool:
    return isinstance(value, list) and all(_text(tool) and tool in KNOWN for tool in value)


def _names(value: Any) -> bool:
    return isinstance(value, list) and all(map(_text, value))


def _some_names(value: Any) -> bool:
    return _names(value) and bool(value)


def _planned(value: Any) -> bool:
    """A plan as `Script.run` makes it."""
    rounds = value.get("rounds") if isinstance(value, dict) else None
    if not isinstance(rounds, list) or not _text(value.get("answer")):
        return False
    calls = [call for round_ in rounds if isinstance(round_, list) for call in round_]
    return all(isinstance(round_, list) for round_ in rounds) and all(map(_call, calls))


def _call(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and all(_text(value.get(name)) for name in ("id", "tool", "token"))
        and isinstance(value.get("arguments"), dict)
    )


def _parts(value: Any) -> bool:
    """Steps as `grow` repeats them."""
    return isinstance(value, list) and all(
        isinstance(part, dict) and part.get("action") in NEEDED and _object(part.get("args"))
        for part in value
    )


_TEXT, _OBJECT, _NUMBER = (_text, "text"), (_object, "an object"), (_is_number, "a number above 0")
_TOOLS = (_tools, "a list of planted tools")
_TOKEN: Needs = {"token": _TEXT}
_SOCKET: Needs = {"socket": _TEXT}
_HANDLER: Needs = {"handler": _TEXT}
_SESSION: Needs = {"run_id": _TEXT, "tools": _TOOLS}
_INVALID = (*spec.INVALID_USERS, *spec.INVALID_IDS, *spec.PLACEHOLDER_USERS)
_NAME: Needs = {"name": _TEXT}

#: What an action cannot do without: argument to what it must be.
NEEDED: dict[str, Needs] = {
    "together": {},
    **dict.fromkeys(("create", "create_directly"), _SESSION),
    "create_invalid": {
        **_SESSION,
        "user": (lambda value: value in _INVALID, "one of the invalid users"),
    },
    "execute": {"tool": _TEXT},
    "run": {"message": _TEXT},
    "register": {"tool": (lambda value: _tools([value]), "a planted tool")},
    "look": {"tools": (_names, "a list of names")},
    "claim": {"text": _TEXT, **_TOKEN},
    "grow": {
        **dict.fromkeys(("sessions", "seconds", "calls_per_block", "fewest"), _NUMBER),
        "bytes_per_call": _NUMBER,
        "create": _OBJECT,
        "steps": (_parts, "a list of steps"),
    },
    "add_handler": {
        **_HANDLER,
        "types": (_some_names, "a list of types"),
        "behaviour": (lambda value: value in spec.HANDLERS, f"one of {', '.join(spec.HANDLERS)}"),
    },
    "remove_handler": _HANDLER,
    "route": _SOCKET,
    "broadcast": {"event": _OBJECT, **_TOKEN},
    "turn": {
        **_SOCKET,
        "condition": (
            lambda value: value in spec.CONDITIONS,
            f"one of {', '.join(spec.CONDITIONS)}",
        ),
    },
    "register_item": {**_NAME, **_TOKEN},
    **dict.fromkeys(("look_up", "has_item", "remove_item"), _NAME),
    "note": _TOKEN,
    **{name: {} for name in ("list_items", "freeze", "read_context")},
    "rest": {},
    "wait_for": {},
    "release": _TOKEN,
    "cancel": {"step": _TEXT},
    "join": {"step": _TEXT},
    **{name: {} for name in ("cleanup", "enter", "leave", "inspect", "ask_support", "drop")},
    **{name: {} for name in ("connect", "disconnect", "clog", "unclog", "idle")},
}

#: What an argument must be wherever it is given.
GIVEN: Needs = {
    "session": _TEXT,
    "factory": _TEXT,
    "parameters": (lambda value: value is None or _object(value), "an object"),
    "context": _OBJECT,
    "deadlines": _NUMBER,
    "plan": (_planned, "a plan of rounds of calls"),
    "timeout": _NUMBER,
    "nobody": (lambda value: value in spec.NOBODY, "one of those who are nobody"),
    "held": _TEXT,
    "sockets": (_names, "a list of sockets"),
    "settles": (lambda value: value in range(1, 1_000), "a number of settle times"),
}


def wrong(
    lanes: Iterable[Iterable[Step]],
    kind: str,
    users: Collection[str],
    deadlines: Mapping[str, float],
    known: Collection[str],
) -> list[str]:
    """All that is wrong with the steps of a history, and with its deadlines, whose names are known.

    users: their names.
    """
    problems = [f"the deadline {name!r} is not known" for name in deadlines if name not in known]
    problems += [
        f"the deadline {name} is {seconds}: expected seconds, up to {LONGEST:,.0f}"
        for name, seconds in deadlines.items()
        if not _is_number(seconds)
    ]
    for lane in lanes:
        for step in lane:
            problems += _wrong_step(step, kind, users)
    return problems


def _wrong_step(step: Step, kind: str, users: Collection[str]) -> Iterator[str]:
    where = f"step {step.id}"
    if step.action not in NEEDED:
        yield f"{where}: there is no action {step.action!r}"
        return
    if step.action != "together" and step.actor not in users:
        yield f"{where}: there is no user {step.actor!r}"
    needed = dict(NEEDED[step.action])
    if step.action == "wait_for" and not {"run", "held"} & step.args.keys():
        needed |= _TOKEN if "sockets" in step.args else {"what": _TEXT, **_TOKEN}
    if kind == "router" and step.action in ("connect", "disconnect"):
        needed |= _SOCKET
    if step.action == "run" and kind == "agent":
        needed["plan"] = GIVEN["plan"]
    for name, (right, expected) in {**GIVEN, **needed}.items():
        if (name in needed or name in step.args) and not right(step.args.get(name)):
            got = repr(step.args[name])[:80] if name in step.args else "none"
            yield f"{where}, {step.action}: expected {expected} as {name}, got {got}"
    for lane in step.lanes:
        for inner in lane:
            yield from _wrong_step(inner, kind, users)
