"""What a rule may need of a target, and what to say where a target has it not."""

from __future__ import annotations

from goldenpath.model import Outcome, Rule

_AT_REACH = Outcome.UNOBSERVABLE
_UNDECLARED = Outcome.UNSUPPORTED

#: By its name on a capability card: what it means, and, where it is missing, the outcome and the
#: reason of a rule that needs it.
CAPABILITIES: dict[str, tuple[str, Outcome, str]] = {
    "members": ("its members can be looked at", _AT_REACH, "only a dispatcher has this surface"),
    "registers": ("it keeps things by name", _AT_REACH, "only a registry has this surface"),
    "removes": ("things can be removed", _AT_REACH, "only a registry has this surface"),
    "freezes": ("it can be frozen", _AT_REACH, "only a registry has this surface"),
    "apart": ("each user has one of their own", _AT_REACH, "only a registry has this surface"),
    "overlaps": ("calls of it can overlap", _AT_REACH, "only a registry has this surface"),
    "contexts": ("it is a user's context", _AT_REACH, "only a context has this surface"),
    "notes": ("data can be put into it", _AT_REACH, "only a context has this surface"),
    "routes": ("it routes messages", _AT_REACH, "only a router has this surface"),
    "broadcasts": ("it broadcasts", _AT_REACH, "only a router has this surface"),
    "bound_handlers": (
        "a handler may belong to a connection",
        _AT_REACH,
        "only a router has this surface",
    ),
    "pings": ("it answers heartbeats", _AT_REACH, "only a router has this surface"),
    "facades": ("there are facades over it", _AT_REACH, "only a router has this surface"),
    "replay": ("missed events come later", _AT_REACH, "only a transport is asked for them"),
    "fan_out": ("a broadcast goes to all sockets", _AT_REACH, "only a router has this surface"),
    "frames": ("what it sends over sockets can be seen", _AT_REACH, "it is given no sockets"),
    "calls": ("the harness calls its tools", _AT_REACH, "its tools are not called by the harness"),
    "returns": ("what it returns can be seen", _AT_REACH, "nothing is returned to the harness"),
    "truth": ("planted tools run in it", _AT_REACH, "planted tools cannot run there"),
    "tool_events": ("tool events are its own", _UNDECLARED, "tool events are not declared"),
    "run_events": ("run events are its own", _UNDECLARED, "run events are not declared"),
    "all_events": ("all five events are its own", _UNDECLARED, "not all five are declared"),
    "events": ("at least one event is its own", _UNDECLARED, "no event is declared"),
    "other_users": ("a second user can be there", _AT_REACH, "there is only one user"),
    "sessions": ("a user has several sessions at once", _AT_REACH, "a user has one session"),
    "counters": ("its work can be counted", _AT_REACH, "it works in a process that is not ours"),
    "transport": ("its transport can be broken", _AT_REACH, "its transport is not ours to break"),
    "memory": ("it lives in our process", _AT_REACH, "it does not live in our process"),
    "runs": (
        "it is asked for whole runs",
        _AT_REACH,
        "its calls are made by the harness, one by one",
    ),
    "cancel": ("a call can be called off", _UNDECLARED, "cancellable=False is declared"),
    "leaving": ("a run ends when its user leaves", _UNDECLARED, "on_leave says that runs go on"),
    "stream": (
        "its run can be left by break or close",
        _UNDECLARED,
        "its run is no async generator, and streams is not declared: it can only be cancelled",
    ),
    "placeholders": (
        "it refuses placeholder ids",
        _UNDECLARED,
        "refuses_placeholders is not declared",
    ),
    "sync_tools": ("it runs synchronous tools", _UNDECLARED, "it takes no synchronous tools"),
    "function_tools": (
        "it takes plain functions as tools",
        _UNDECLARED,
        "accepts does not name function",
    ),
    "langchain_tools": (
        "it takes LangChain's tools",
        _UNDECLARED,
        "accepts does not name langchain",
    ),
    "tool_timeout": ("a tool may take so long", _UNDECLARED, "tool_timeout is not declared"),
    "factories": ("it has several factories", _UNDECLARED, "factories is not declared"),
    "factory_only": ("only factories make it", _UNDECLARED, "factory_only is not declared"),
    "limit": (
        "a user has so many at most",
        _UNDECLARED,
        "max_dispatchers_per_user is not declared",
    ),
    "first_event": ("it shows itself in time", _UNDECLARED, "first_event is not declared"),
}


def untestable(rule: Rule, card: dict[str, str]) -> tuple[Outcome, str] | None:
    """Why `rule` cannot be tested on a target with this capability card, or None.

    The card maps a capability to "yes" or to `OUTCOME: reason`; one that is not there is missing
    for the reason that CAPABILITIES gives. A need may name several, one of which is enough:
    `events|frames`. A rule stands there itself where nothing but this one
    cannot be told.
    """
    if (own := card.get(rule.id, "yes")) != "yes":
        word, _, why = own.partition(": ")
        return Outcome(word), why
    for need in rule.needs:
        first, *others = need.split("|")
        _, outcome, reason = CAPABILITIES[first]
        said = card.get(first, "")
        if said == "yes" or any(card.get(other) == "yes" for other in others):
            continue
        word, colon, why = said.partition(": ")
        return (Outcome(word), why) if colon else (outcome, reason)
    return None
