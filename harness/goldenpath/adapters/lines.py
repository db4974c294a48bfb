"""The protocol of targets in another process, as data: the lines of both sides and what they say.

One JSON object a line, each with a `type`. Pure: bytes in, records out. docs/process.md is the page
for those who write such a program; the tables here are all that has to grow for a new line, action
or condition of the transport.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from goldenpath import spec
from goldenpath.adapters.dialect import spoken
from goldenpath.declare import OPTIONS, wrong_outcome
from goldenpath.dialects import DIALECTS, Dialect, DialectProblem, as_data
from goldenpath.errors import TargetProblem, UsageProblem
from goldenpath.jsonable import readable, safe_repr
from goldenpath.model import Step

PROTOCOL = 1

#: How a target in another process is named: this, then the command.
PREFIX = "cmd:"

KINDS = ("dispatcher", "agent")

#: Letters of a stranger's line that a message shows.
EXCERPT = 200

Exec = int | str


class LineProblem(ValueError):
    """A line that is none of the protocol: what is wrong with it, and as `hint` what to do."""

    def __init__(self, problem: str, hint: str) -> None:
        self.hint = f"{hint}; docs/process.md says what goes to stdout"
        super().__init__(problem)


# --- what a program writes ------------------------------------------------------------------------


class Error(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How something failed: the name of the exception's type, and its text."""

    text: str
    type: str = ""


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="answer"):
    """What came of the request `id`: exactly one of the other fields."""

    id: int
    value: Any = msgspec.UNSET
    error: Error | msgspec.UnsetType = msgspec.UNSET
    missing: str | msgspec.UnsetType = msgspec.UNSET
    cancelled: bool | msgspec.UnsetType = msgspec.UNSET


class Frame(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="frame"):
    """A message to whoever has the id `to`; where it has an `ack` the harness says what came of it.

    A frame that is text is the text of the frame.
    """

    to: Any
    frame: Any
    ack: Exec | None = None


class Started(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="started"):
    """The tool with this id is about to run. Written before it does; the harness then runs it."""

    exec: Exec
    tool: str
    parameters: dict[str, Any]


class Ended(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="ended"):
    """The tool's result has come, and nothing has been done with it yet."""

    exec: Exec


class Failed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="failed"):
    """The tool's error has come, and nothing has been done with it yet."""

    exec: Exec


class Cancelled(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="cancelled"):
    """The program gives the tool up; no result is wanted any more."""

    exec: Exec


Over = Ended | Failed | Cancelled
Line = Answer | Frame | Started | Ended | Failed | Cancelled

_TYPES = [
    str(kind.__struct_config__.tag) for kind in (Answer, Frame, Started, Ended, Failed, Cancelled)
]
_decode = msgspec.json.Decoder(Line).decode
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


#: An escape of half a letter: what is first of a pair has no second, or the other way round.
_HALF = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_IS_HALF = "stands for one half of a surrogate pair, which is no letter"


def read_line(line: bytes) -> Line:
    """Read one line after the hello. Raises LineProblem."""
    try:
        read: Line = _decode(line)
    except _UNREADABLE as error:
        half = _HALF.search(line)
        said = f"{half[0].decode()} {_IS_HALF}" if half else str(error)
        raise LineProblem(said, _meant(line)) from None
    if isinstance(read, Answer):
        told = (read.value, read.error, read.missing, read.cancelled)
        if sum(part is not msgspec.UNSET for part in told) != 1:
            raise LineProblem(
                "expected one of value, error, missing, cancelled",
                "an answer has its id and exactly one of the four",
            )
    return read


def _meant(line: bytes) -> str:
    """What to do about a line that cannot be read: one that is no object was not meant for us."""
    if not line.lstrip().startswith(b"{"):
        return "write logs to stderr"
    if _object(line) is None:
        return "a line is one JSON object, without NaN or Infinity; logs go to stderr"
    return f"a line is of the type {', '.join(_TYPES)}, with its own fields and no others"


def _object(line: bytes) -> dict[str, Any] | None:
    """The JSON object in a line, or None where there is none."""
    try:
        said = msgspec.json.decode(line)
    except _UNREADABLE:
        return None
    return said if isinstance(said, dict) else None


def write_line(type_: str, **fields: Any) -> bytes:
    """One line of the harness. Only ASCII: some languages end lines at U+2028 as well."""
    line = {"type": type_, **fields}
    return json.dumps(line, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def excerpt(line: bytes, limit: int = EXCERPT) -> str:
    """A stranger's bytes, fit for a message: one line, nothing that moves a cursor, bounded."""
    text = readable(line[: 4 * limit].decode("utf-8", "backslashreplace"))
    shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    return shown if len(shown) <= limit else f"{shown[:limit]}..."


# --- what it is asked -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Action:
    """A request. kinds: of targets that may be asked. sends: the arguments of the step that it
    holds. untold: the rules that nothing can be said of where a program does not answer it.
    needed: a program that does not answer it cannot be tested.
    """

    kinds: tuple[str, ...]
    sends: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()
    needed: bool = False


ACTIONS: dict[str, Action] = {
    "create": Action(KINDS, ("transport",), needed=True),
    "execute": Action(("dispatcher",), ("via", "tool", "parameters", "context"), needed=True),
    "run": Action(("agent",), ("run_id", "message", "plan"), needed=True),
    "register": Action(("dispatcher",), (), ("API-4", "API-5", "API-14")),
    "look": Action(("dispatcher",), ("tools",), ("API-3", "API-4")),
    "inspect": Action(("dispatcher",), (), ("API-1",)),
    "ask_support": Action(("dispatcher",), (), ("API-7",)),
    "create_invalid": Action(("dispatcher",), (), ("API-13",)),
    "cleanup": Action(KINDS, (), ("API-8", "API-9", "RECOVERY-7")),
}

#: Conditions of the transport that a program may be told of, and what cannot be told without them.
TRANSPORTS: dict[str, tuple[str, ...]] = {
    "working": (),
    "absent": ("RECOVERY-1", "ISOLATION-5"),
    "raising": ("RECOVERY-2",),
}

#: What a program may declare as a factory does; what else a factory may is about Python.
DECLARED = ("cancellable", "first_event", "on_leave", "refuses_placeholders", "tool_timeout")

#: Call forms that exist between processes; the others are forms of Python.
FORMS = frozenset({"positional", "omitted"})

_PLANNED = ("id", "tool", "arguments")


def _plan(plan: Mapping[str, Any]) -> dict[str, Any]:
    """A plan without what is ours alone."""
    rounds = [[{key: call[key] for key in _PLANNED} for call in calls] for calls in plan["rounds"]]
    return {"rounds": rounds, "answer": plan["answer"]}


def request(step: Step) -> dict[str, Any]:
    """What of a step's arguments goes into its request."""
    sent = {name: step.args[name] for name in ACTIONS[step.action].sends if name in step.args}
    return {**sent, "plan": _plan(sent["plan"])} if "plan" in sent else sent


def unmade(step: Step) -> str:
    """What a step asks for that cannot be done between processes; empty where it can."""
    if step.action not in ACTIONS:
        return f"way to {step.action} in the process protocol"
    form = step.args.get("form", "positional")
    if form not in FORMS and step.args.get("via") != "dispatch":
        return f"{form} form of a call between processes"
    return ""


# --- the hello ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Hello:
    """What a program says of itself in its first line.

    outcome: None where a probe is to find it. dialect: as data, empty for the common one. numbers:
    `double` where its language does not tell 1 from 1.0 and has no whole numbers beyond 2**53.
    options: those of DECLARED that it names.
    """

    kind: str
    events: tuple[str, ...]
    actions: tuple[str, ...]
    transports: tuple[str, ...] = ("working",)
    outcome: str | None = None
    dialect: Mapping[str, Any] | None = None
    numbers: str = "exact"
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def untold(self) -> dict[str, str]:
        """Rule to the reason why nothing can be said of it."""
        told: dict[str, str] = {}
        for name, action in ACTIONS.items():
            if self.kind == "dispatcher" in action.kinds and name not in self.actions:
                told |= dict.fromkeys(action.untold, f"UNOBSERVABLE: it does not answer {name}")
        for name, rules in TRANSPORTS.items():
            if name not in self.transports:
                reason = f"UNOBSERVABLE: its hello does not list the transport {name}"
                told |= dict.fromkeys(rules, reason)
        return told


def read_hello(name: str, line: bytes, dialects: Mapping[str, Dialect] = DIALECTS) -> Hello:
    """Read the first line of the program `name`, which may name one of these dialects.

    Raises TargetProblem where it is no hello, UsageProblem with all that is wrong with one.
    """
    said = _object(line)
    if said is None or said.get("type") != "hello":
        hint = "write logs to stderr" if said is None else "write the hello before anything else"
        raise TargetProblem(
            f"{name}: the first line that it writes is no hello",
            expected=f'{{"type":"hello","protocol":{PROTOCOL},"kind":"dispatcher"}}',
            got=excerpt(line) or "an empty line",
            hint=f"{hint}; docs/process.md says what goes to stdout",
        )
    if said.get("protocol") != PROTOCOL:
        raise UsageProblem(
            f"{name} speaks another version of the process protocol",
            expected=f"protocol {PROTOCOL}",
            got=f"protocol {safe_repr(said.get('protocol'), 80)}",
            hint="see docs/process.md",
        )
    problems = _wrong(said, dialects)
    if problems:
        raise UsageProblem(f"the hello of {name} is wrong:\n  " + "\n  ".join(problems))
    return _hello(said, dialects)


def _hello(said: Mapping[str, Any], dialects: Mapping[str, Dialect]) -> Hello:
    kind = said["kind"]
    default = spec.FIVE if kind == "agent" else tuple(sorted(spec.TOOL_EVENTS))
    own = said.get("dialect")
    return Hello(
        kind=kind,
        events=tuple(said.get("events", default)),
        actions=tuple(said.get("actions", _answerable(kind))),
        transports=tuple(said.get("transports", ("working",))),
        outcome=said.get("outcome"),
        dialect=as_data(spoken("own", own, dialects)) if own else None,
        numbers=said.get("numbers", "exact"),
        options={name: said[name] for name in DECLARED if name in said},
    )


def _answerable(kind: object) -> tuple[str, ...]:
    """What such a target may answer; of a kind that is none nothing is known, and all may be."""
    return tuple(
        name for name, action in ACTIONS.items() if kind in action.kinds or kind not in KINDS
    )


def _some_of(known: Mapping[str, Any] | tuple[str, ...], *needed: str) -> Callable[[Any], str]:
    """Whether a value is a list of some of these words, the needed ones among them."""

    def wrong(value: Any) -> str:
        if not isinstance(value, list) or any(word not in tuple(known) for word in value):
            return f"a list out of {', '.join(known)}"
        left_out = [word for word in needed if word not in value]
        return f"{', '.join(left_out)} among them" if left_out else ""

    return wrong


def _one_of(*known: str) -> Callable[[Any], str]:
    return lambda value: "" if value in known else f"one of {', '.join(known)}"


def _dialect(dialects: Mapping[str, Dialect]) -> Callable[[Any], str]:
    def wrong(value: Any) -> str:
        try:
            spoken("own", value, dialects)
        except DialectProblem as error:
            return f"one that is right ({'; '.join(error.problems)})"
        return ""

    return wrong


def _option(name: str) -> Callable[[Any], str]:
    right, expected = OPTIONS[name]
    return lambda value: "" if right(value) else expected


def _wrong(said: Mapping[str, Any], dialects: Mapping[str, Dialect]) -> list[str]:
    """Everything that is wrong with the fields of a hello."""
    answerable = _answerable(said.get("kind"))
    needed = [name for name in answerable if ACTIONS[name].needed and said.get("kind") in KINDS]
    fields: dict[str, Callable[[Any], str]] = {
        "type": lambda _: "",
        "protocol": lambda _: "",
        "kind": _one_of(*KINDS),
        "events": _some_of(spec.FIVE),
        "outcome": wrong_outcome,
        "dialect": _dialect(dialects),
        "transports": _some_of(TRANSPORTS, "working"),
        "numbers": _one_of("exact", "double"),
        "actions": _some_of(answerable, *needed),
        **{name: _option(name) for name in DECLARED},
    }
    problems = [f"{name}: expected one of {', '.join(fields)}" for name in said.keys() - fields]
    for name, check in fields.items():
        if (name in said or name == "kind") and (expected := check(said.get(name))):
            problems.append(f"{name}: expected {expected}, got {safe_repr(said.get(name), 80)}")
    return problems
