"""The capability card that follows from what a target declares: which rules can be tested on it."""

from __future__ import annotations

from goldenpath import spec
from goldenpath.capabilities import CAPABILITIES
from goldenpath.declare import PINGS, ROUTER_OPTIONS, Declaration
from goldenpath.making import MOST


def card_of(declaration: Declaration) -> dict[str, str]:
    """The capability card that follows from a declaration alone."""
    return _CARDS.get(declaration.kind, _session_card)(declaration)


#: Rules about what the harness does itself where it is the agent.
_OURS = (
    *("TOOL-1", "TOOL-2", "TOOL-6", "TOOL-7", "TOOL-9", "TOOL-10", "TOOL-10a", "ORDER-4"),
    *("ISOLATION-3", "ISOLATION-4", "ISOLATION-8", "RECOVERY-7"),
)


_NOT = "UNSUPPORTED: {} declared"


def _transport_card(declaration: Declaration) -> dict[str, str]:
    """Of a transport, through which the harness tells what it does."""
    options, session = declaration.options, _session_card(declaration)
    wanted = ("tool_events", "run_events", "all_events", "events", "returns", "truth")
    said = {name: session[name] for name in (*wanted, "other_users") if name in session}
    said |= {"broadcasts": "yes", "frames": "yes"}
    said["fan_out"] = "yes" if options.get("fan_out", True) else _NOT.format("fan_out=False is")
    said["replay"] = "yes" if options.get("replay", False) else _NOT.format("replay is not")
    ours = "UNOBSERVABLE: tools are run by the harness, which is the agent"
    none = dict.fromkeys(CAPABILITIES, "UNOBSERVABLE: a transport only tells events")
    return {**none, **said, **dict.fromkeys(_OURS, ours)}


def _router_card(declaration: Declaration) -> dict[str, str]:
    options = declaration.options
    routes, broadcasts = options.get("routes", True), options.get("broadcasts", True)
    has = {
        "members": True,
        "returns": True,
        "frames": True,
        "other_users": True,
        "routes": routes,
        "broadcasts": broadcasts,
        "bound_handlers": routes and options.get("bound_handlers", True),
        "pings": routes and bool(options.get("pings", PINGS)),
        "fan_out": options.get("fan_out", True),
        "facades": bool(declaration.facades),
    }
    said = dict.fromkeys(CAPABILITIES.keys() - has.keys(), "UNOBSERVABLE: a router has no sessions")
    said |= {name: "yes" for name, there in has.items() if there}
    said.setdefault("facades", "UNSUPPORTED: no facades are declared")
    refused = (name for name in ROUTER_OPTIONS if options.get(name) is False)
    said |= {name: _NOT.format(f"{name}=False is") for name in refused}
    if said.pop("addresses", ""):  # what tells nobody from somebody is then not its own
        said["ISOLATION-7"] = "UNOBSERVABLE: addresses=False is declared"
    return said


def _registry_card(declaration: Declaration) -> dict[str, str]:
    options = declaration.options
    has = {
        **dict.fromkeys(("members", "returns", "registers", "other_users"), True),
        "removes": options.get("removes", True),
        "freezes": options.get("freezes", True),
        "apart": not options.get("shared", False),
    }
    said = dict.fromkeys(CAPABILITIES.keys() - has.keys(), "UNOBSERVABLE: a registry only keeps")
    said["overlaps"] = "UNSUPPORTED: its methods are synchronous, and threads is not declared"
    said |= {name: "yes" for name, there in has.items() if there}
    refused = (name for name in ("removes", "freezes") if not has[name])
    said |= {name: _NOT.format(f"{name}=False is") for name in refused}
    return said if has["apart"] else {**said, "apart": _NOT.format("shared=True is")}


def _context_card(declaration: Declaration) -> dict[str, str]:
    """Of a context; whether data can be put into it, a probe finds out."""
    placeholders = declaration.options.get("refuses_placeholders", False)
    has = ("members", "returns", "contexts", "other_users", *("placeholders",) * placeholders)
    none = "UNOBSERVABLE: a context only holds ids"
    said = dict.fromkeys(CAPABILITIES.keys() - {*has, "placeholders"}, none)
    said["notes"] = "UNOBSERVABLE: it has no mapping metadata that can be written to"
    return {**said, **dict.fromkeys(has, "yes")}


def _session_card(declaration: Declaration) -> dict[str, str]:
    native, made = (
        {name for name, origin in declaration.events.items() if origin == wanted}
        for wanted in (spec.Origin.NATIVE, spec.Origin.SYNTHESISED)
    )
    kind = declaration.kind
    card = {
        "members": kind == "dispatcher",
        "calls": kind == "dispatcher",
        "returns": True,
        "truth": True,
        "counters": True,
        "tool_events": native >= spec.TOOL_EVENTS,
        "run_events": native >= {spec.STARTED, spec.FINISHED},
        "all_events": native >= set(spec.FIVE),
        "events": bool(native),
        "transport": declaration.transport,
        "other_users": True,
        "sessions": declaration.options.get("max_dispatchers_per_user", MOST) > 1,
        "factories": bool(declaration.making.factories),
        "factory_only": declaration.making.only,
        "limit": "max_dispatchers_per_user" in declaration.options,
        "memory": True,
        "runs": kind == "agent",
        "cancel": declaration.options.get("cancellable", True),
        "leaving": declaration.options.get("on_leave", "cancel") == "cancel",
        "stream": declaration.options.get("streams", False),
        "placeholders": declaration.options.get("refuses_placeholders", False),
        "sync_tools": "sync" in declaration.options.get("accepts", ()),
        "function_tools": "function" in declaration.options.get("accepts", ()),
        "langchain_tools": "langchain" in declaration.options.get("accepts", ()),
        "tool_timeout": "tool_timeout" in declaration.options,
        "first_event": "first_event" in declaration.options,
    }
    said = {name: "yes" for name, has in card.items() if has}
    stamped = "UNOBSERVABLE: only through what our own adapter stamps"
    for name, needed in (
        ("tool_events", spec.TOOL_EVENTS),
        ("run_events", {spec.STARTED, spec.FINISHED}),
        ("all_events", set(spec.FIVE)),
    ):
        if name not in said and needed <= native | made:
            said[name] = stamped
    return said


_CARDS = {
    "router": _router_card,
    "transport": _transport_card,
    "registry": _registry_card,
    "context": _context_card,
}
