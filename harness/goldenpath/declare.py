"""The decorators by which a target says what it is: `@dispatcher`, `@agent`, `@router`,
`@transport`, `@registry`, `@context`.

The decorated factory stays what it was; the declaration hangs on it as `__goldenpath__`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from goldenpath import spec
from goldenpath.errors import UsageProblem
from goldenpath.making import MOST, Making, making
from goldenpath.meant import asking

F = TypeVar("F", bound=Callable[..., Any])

#: What a call of a tool returns: the bare value, or an envelope with these fields: whether it
#: succeeded, the value, the error. Other names of fields are declared, see `outcome_fields`.
OUTCOMES: dict[str, tuple[str, str, str] | None] = {
    "value": None,
    "success": ("success", "result", "error"),
    "status": ("status", "payload", "message"),
}

_FORMS = frozenset({"tool", "function", "langchain", "sync"})

#: ... and of these the first that a target names is what it is given where no other is asked for.
REGISTERED = ("tool", "langchain", "function")
_LEAVING = ("cancel", "continue", "replay")


_AN_OUTCOME = f"one of {', '.join(OUTCOMES)}, or the names of three fields: 'ok,value,error'"


def outcome_fields(outcome: str) -> tuple[str, str, str] | None:
    """The fields of the envelope: the flag, the value, the error; None for the bare value. Raises
    ValueError where it is neither in the table nor three names with commas between.
    """
    if outcome in OUTCOMES:
        return OUTCOMES[outcome]
    flag, value, error = (name.strip() for name in outcome.split(","))
    if not (flag and value and error):
        raise ValueError(outcome)
    return flag, value, error


def wrong_outcome(outcome: Any) -> str:
    """What is expected instead of such a declaration; nothing where it is right."""
    try:
        outcome_fields(outcome)
    except (ValueError, AttributeError, TypeError):
        return _AN_OUTCOME
    return ""


def _seconds(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def _names(value: Any) -> bool:
    """Whether it is a collection of names; a text would be one of letters."""
    return not isinstance(value, str) and all(isinstance(name, str) and name for name in value)


#: What else a target may declare: whether a value is right, and what is expected.
OPTIONS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "tool_timeout": (_seconds, "seconds"),
    "first_event": (_seconds, "seconds"),
    "cancellable": (lambda value: isinstance(value, bool), "True or False"),
    "refuses_placeholders": (lambda value: isinstance(value, bool), "True or False"),
    "accepts": (
        lambda value: not isinstance(value, str) and set(value) <= _FORMS,
        f"a set of {', '.join(sorted(_FORMS))}",
    ),
    "on_leave": (lambda value: value in _LEAVING, f"one of {', '.join(_LEAVING)}"),
    "streams": (lambda value: isinstance(value, bool), "True or False"),
    "redacts": (_names, "a set of names of parameters"),
    "replay": (lambda value: isinstance(value, bool), "True or False"),
    "max_dispatchers_per_user": (
        lambda value: type(value) is int and 0 < value <= MOST,
        f"a number from 1 to {MOST}",
    ),
}

#: ... and what a router may: whether it has these parts; whether handlers may belong to one
#: connection; whether a broadcast goes to all sockets of a user; whether it finds these by an id;
#: what its heartbeats are answered by, type by type.
ROUTER_OPTIONS: dict[str, tuple[Callable[[Any], bool], str]] = {
    **dict.fromkeys(
        ("routes", "broadcasts", "bound_handlers", "fan_out", "addresses"), OPTIONS["streams"]
    ),
    "pings": (
        lambda value: isinstance(value, Mapping) and _names([*value, *value.values()]),
        "a mapping from the type of a message to that of its answer",
    ),
}
#: ... and what a transport: whether events go to all sockets of a user, and whether those that
#: a user missed come once they are back.
TRANSPORT_OPTIONS = dict.fromkeys(("fan_out", "replay"), OPTIONS["streams"])

#: ... and a registry: whether it has these parts; whether all users share one; whether an item is
#: registered with its name before it, which is otherwise seen by its signature; whether it may be
#: called from several threads at once.
REGISTRY_OPTIONS = dict.fromkeys(
    ("removes", "freezes", "shared", "keyed", "threads"), OPTIONS["streams"]
)

#: ... and a context.
CONTEXT_OPTIONS = {"refuses_placeholders": OPTIONS["refuses_placeholders"]}

_OPTIONS_OF = {
    "dispatcher": OPTIONS,
    "agent": OPTIONS,
    "router": ROUTER_OPTIONS,
    "transport": TRANSPORT_OPTIONS,
    "registry": REGISTRY_OPTIONS,
    "context": CONTEXT_OPTIONS,
}

#: What a router is asked that says nothing else.
PINGS = {"ping": "pong"}


@dataclass(frozen=True)
class Declaration:
    """What a target says of itself.

    events: type to native, synthesised or absent. members: our name to theirs. transport: whether
    events go out through the tap as the target decides, so that breaking it tests the target.
    facades: by name, what makes one over a router. making: in which other ways dispatchers are
    made.
    """

    kind: str
    events: Mapping[str, str]
    members: Mapping[str, str] = field(default_factory=dict)
    outcome: str | None = None
    dialect: Mapping[str, Any] | str = field(default_factory=dict)
    transport: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)
    facades: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    making: Making = field(default_factory=Making)


_MEMBER_NAMES = {
    "dispatcher": tuple(spec.MEMBERS),
    "agent": ("run", "cleanup"),
    "router": tuple(name for part in spec.ROUTER_MEMBERS.values() for name in part),
    "transport": (
        *("connect", "disconnect", "for_user", "emit_critical_event", "send_to_user"),
        *(f"notify_{event}" for event in spec.FIVE),
    ),
    "registry": tuple(name for part in spec.REGISTRY_MEMBERS.values() for name in part),
    "context": (*spec.CONTEXT_IDS, "metadata"),
}

#: What the decorators take by name beside members and options.
_KEYWORDS = {
    "dispatcher": ("events", "outcome", "dialect", "transport", "factories", "factory_only"),
    "agent": ("events", "dialect", "transport"),
    "router": ("facades",),
    "transport": ("events", "dialect"),
    "registry": (),
    "context": (),
}


def dispatcher(
    *misplaced: object,
    events: Collection[str] = ("tool_executing", "tool_completed"),
    outcome: str | None = None,
    dialect: Mapping[str, Any] | str | None = None,
    transport: bool = True,
    factories: Mapping[str, Callable[..., Any]] | None = None,
    factory_only: bool | Callable[..., Any] = False,
    **more: Any,
) -> Callable[[F], F]:
    """Declare a factory `make(user, tap, tools)` of dispatchers, one per user session.

    events: the types that are the target's own. outcome: "value", "success", "status" or the names
    of three fields, "ok,value,error"; found by a probe where left out. dialect: a table as in a
    profile, or a name. factories: others of the same implementation, by name, which are called like
    the decorated one. factory_only: that nothing else may make one; best what constructs one
    directly, called like a factory, which is to be refused. Other keywords map members
    (`execute_tool="run_tool"`) or declare options. Raises UsageProblem with all that is wrong.
    """
    _refuse(misplaced, "dispatcher")
    made, wrong = making(factories, factory_only)
    return _declare("dispatcher", events, outcome, dialect, transport, more, made=made, wrong=wrong)


def agent(
    *misplaced: object,
    events: Collection[str] = spec.FIVE,
    dialect: Mapping[str, Any] | str | None = None,
    transport: bool = True,
    **more: Any,
) -> Callable[[F], F]:
    """Declare a factory `make(user, tap, tools)` of agents with `async run(message, plan)`.

    The keywords are those of `dispatcher`, but for outcome: what a run returns is its answer.
    """
    _refuse(misplaced, "agent")
    return _declare("agent", events, None, dialect, transport, more)


def router(
    *misplaced: object, facades: Mapping[str, Callable[..., Any]] | None = None, **more: Any
) -> Callable[[F], F]:
    """Declare a factory `make()` of routers, called once per workload: all users share what it
    makes, which has `connect`, `disconnect`, `route_message`, `add_handler`, `remove_handler` and
    `broadcast_to_user`.

    facades: by name, functions that make a facade with the same members over a router. Other
    keywords map members (`route_message="handle"`) or declare options: `routes=False` for what only
    broadcasts, `broadcasts=False`, `bound_handlers=False` where no handler belongs to a connection,
    `fan_out=False` where only the newest socket of a user is sent to, `addresses=False` where it is
    handed the sockets and is given no id, `pings={"ping": "pong"}`.
    Raises UsageProblem with all that is wrong.
    """
    _refuse(misplaced, "router")
    return _declare("router", (), None, None, True, more, facades)


def transport(
    *misplaced: object,
    events: Collection[str] = spec.FIVE,
    dialect: Mapping[str, Any] | str | None = None,
    **more: Any,
) -> Callable[[F], F]:
    """Declare a factory `make()` of transports, called once per workload: all users share what it
    makes. It has `connect(user_id, socket)` and `disconnect(user_id, socket)`, and tells events as
    a bridge (`notify_agent_started(run_id, agent_name)` and its fellows), as an emitter (the same
    without those two) or as a manager (`emit_critical_event(user_id, event_type, data)`, or
    `send_to_user(user_id, message)`): by itself, or what `for_user(user)` gives does.

    Other keywords map members or declare options: `fan_out=False` where only the newest socket of a
    user is sent to, `replay=True` where missed events come after a reconnect, marked. Raises
    UsageProblem with all that is wrong.
    """
    _refuse(misplaced, "transport")
    return _declare("transport", events, None, dialect, True, more)


def registry(*misplaced: object, **more: Any) -> Callable[[F], F]:
    """Declare a factory `make(user)` of registries of tools or agents, one for each user, which
    have `register(item)` or `register(name, item)`, `get(name)`, `has(name)`, `list()`,
    `remove(name)` and `freeze()`, each synchronous or not. Not found is an exception, None or
    False; refused an exception or False.

    Keywords map members (`get="get_tool"`, `has="__contains__"`) or declare options: `shared=True`
    where all users share what `make()` makes, `removes=False`, `freezes=False`, `keyed=True` where
    the name stands before the item and the signature does not say so, `threads=True` where several
    threads may call it at once. Raises UsageProblem with all that is wrong.
    """
    _refuse(misplaced, "registry")
    return _declare("registry", (), None, None, True, more)


def context(*misplaced: object, **more: Any) -> Callable[[F], F]:
    """Declare a factory of user contexts, called as `make(user_id=..., thread_id=..., run_id=...,
    request_id=...)`: a class of contexts may be one itself. It holds these ids as attributes, and
    may hold data of its own in `metadata`, a mapping.

    Keywords map members (`user_id="uid"`), or declare `refuses_placeholders=True`. Raises
    UsageProblem with all that is wrong.
    """
    _refuse(misplaced, "context")
    return _declare("context", (), None, None, True, more)


def _refuse(misplaced: tuple[object, ...], name: str) -> None:
    if misplaced:
        raise UsageProblem(
            f"@{name} is used without brackets, or with an argument by position",
            expected=f"@{name}(), or with keywords: {', '.join(_known(name))}",
            got=repr(misplaced[0])[:80],
        )


def _declare(
    kind: str,
    events: Collection[str],
    outcome: str | None,
    dialect: Mapping[str, Any] | str | None,
    transport: bool,
    more: dict[str, Any],
    facades: Mapping[str, Callable[..., Any]] | None = None,
    made: Making = Making(),  # noqa: B008 - frozen
    wrong: Iterable[str] = (),
) -> Callable[[F], F]:
    problems = [*_wrong_events(events), *_wrong_facades(facades or {}), *wrong]
    if outcome is not None and (expected := wrong_outcome(outcome)):
        problems.append(f"outcome: expected {expected}, got {outcome!r}")
    names, options = _MEMBER_NAMES[kind], _OPTIONS_OF[kind]
    for key, value in more.items():
        if key not in (*names, *options):
            problems.append(asking(f"{key}: no such keyword", key, _known(kind)))
        elif key in names and not isinstance(value, str):
            problems.append(f"{key}: expected the name of a member, got {value!r}")
        elif key in options and not _right(options[key][0], value):
            problems.append(f"{key}: expected {options[key][1]}, got {value!r}")
    if more.get("routes") is False and more.get("broadcasts") is False:
        problems.append("routes and broadcasts: with neither there is nothing to be tested")
    if problems:
        raise UsageProblem(f"@{kind}(...) is declared wrongly:\n  " + "\n  ".join(problems))
    declaration = Declaration(
        kind=kind,
        events=_origins(events),
        members={k: v for k, v in more.items() if k in names},
        outcome=outcome,
        dialect=dialect if isinstance(dialect, str) else dict(dialect or {}),
        transport=transport,
        options={k: _plain(v) for k, v in more.items() if k in options},
        facades=dict(facades or {}),
        making=made,
    )

    def mark(factory: F) -> F:
        factory.__goldenpath__ = declaration  # type: ignore[attr-defined]  # a mark of ours
        return factory

    return mark


def _known(kind: str) -> tuple[str, ...]:
    """All keywords of a decorator."""
    return (*_KEYWORDS[kind], *_MEMBER_NAMES[kind], *_OPTIONS_OF[kind])


def _right(check: Callable[[Any], bool], value: Any) -> bool:
    try:
        return check(value)
    except TypeError:
        return False


def _wrong_facades(facades: Any) -> list[str]:
    if not isinstance(facades, Mapping):
        return [f"facades: expected functions by name, got {facades!r:.80}"]
    return [
        f"facades: expected a function that makes {name!r} over a router, got {make!r:.80}"
        for name, make in facades.items()
        if not (isinstance(name, str) and name and callable(make))
    ]


def _plain(value: Any) -> Any:
    """An option as a header can hold it."""
    if isinstance(value, Mapping):
        return dict(value)
    return value if isinstance(value, bool | int | float | str) else sorted(value)


def _wrong_events(events: Collection[str]) -> list[str]:
    if isinstance(events, str):
        return [f"events: expected a set of event types, got the text {events!r}"]
    known = ", ".join(spec.FIVE)
    if isinstance(events, Mapping):
        origins = [str(origin) for origin in spec.Origin]
        odd = {k: v for k, v in events.items() if k in spec.FIVE and v not in origins}
        return [f"events: {v!r} of {k} is none of {', '.join(origins)}" for k, v in odd.items()] + [
            f"events: {event!r} is none of {known}" for event in events if event not in spec.FIVE
        ]
    wrong = [event for event in events if event not in spec.FIVE]
    return [f"events: {event!r} is none of {known}" for event in wrong]


def _origins(events: Collection[str]) -> dict[str, str]:
    if isinstance(events, Mapping):
        return {name: str(events.get(name, spec.Origin.ABSENT)) for name in spec.FIVE}
    return {
        name: str(spec.Origin.NATIVE if name in events else spec.Origin.ABSENT)
        for name in spec.FIVE
    }
