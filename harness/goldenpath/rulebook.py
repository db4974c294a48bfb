"""The rules as data: what each asks for, who asked for it, and what a target needs for it.

Sources are the sections R1 to R12 of the requirements, given with each rule. Rules of the catalogue
that are not checked yet stand in PLANNED, so that `explain` can say so; none is silently absent.

Longer than other files because it is one table and little else: it grows by the rule, and who looks
for a rule looks here.
"""

from __future__ import annotations

from collections.abc import Iterable

from goldenpath.model import Level, Rule


def _must(id: str, text: str, source: str, *needs: str) -> Rule:
    return Rule(id, Level.MUST, text, source, needs)


def _should(id: str, text: str, source: str, *needs: str) -> Rule:
    return Rule(id, Level.SHOULD, text, source, needs)


_RULES = (
    _must("API-1", "The members are there, each of its kind.", "R1", "members"),
    _must("API-2", "Every call form of the contract is accepted.", "R1", "members", "truth"),
    _must(
        "API-3", "has_tool, get_available_tools and tools agree at every moment.", "R1", "members"
    ),
    _must("API-4", "A registered tool is listed and can be executed.", "R1", "members", "truth"),
    _should(
        "API-5", "Registering a name twice raises or replaces, visibly.", "R1", "members", "truth"
    ),
    _must(
        "API-6",
        "dispatch_tool and dispatch lead to what execute_tool leads to.",
        "R1",
        "members",
        "truth",
    ),
    _must(
        "API-7",
        "has_websocket_support is true exactly if events reach the user.",
        "R1",
        "members",
        "tool_events",
    ),
    _must(
        "API-8",
        "cleanup may be called twice; leaving the context cleans up, and hides no exception.",
        "R1",
        "members",
    ),
    _must("API-9", "After cleanup every call is refused, clearly and promptly.", "R1", "members"),
    _must(
        "API-10",
        "Every factory keeps the whole contract, with the tools and for the user that it is given.",
        "R2",
        "members",
        "truth",
        "factories",
    ),
    _must(
        "API-11",
        "The same comes of the same through every factory.",
        "R2",
        "members",
        "truth",
        "factories",
    ),
    _should(
        "API-12",
        "Direct construction is refused where only factories may create.",
        "R2",
        "members",
        "factory_only",
    ),
    _must("API-13", "An invalid user context is refused at creation.", "R8", "members"),
    _must(
        "API-14",
        "An admin tool is refused, clearly, to a user who is no admin.",
        "R1",
        "members",
        "truth",
    ),
    _must(
        "API-15",
        "A limit of dispatchers per user refuses or waits, and closes none that is in use.",
        "R1",
        "members",
        "truth",
        "limit",
    ),
    _must("TOOL-1", "An accepted call runs the tool once; a refused one never.", "R1", "truth"),
    _must("TOOL-2", "Parameters arrive unchanged: any JSON value, any legal name.", "R1", "truth"),
    _must("TOOL-3", "The result comes back unchanged.", "R1", "calls", "truth"),
    _must(
        "TOOL-4", "A tool that fails gives a failed outcome, never success.", "R1", "calls", "truth"
    ),
    _must("TOOL-5", "An unknown tool gives a failed outcome that names it.", "R1", "calls"),
    _must(
        "TOOL-6",
        "Cancelling a call reaches its tool: no side effect once the caller was told.",
        "R1",
        "truth",
        "returns",
        "cancel",
    ),
    _must(
        "TOOL-7",
        "Of several calls at once none is orphaned, or stopped behind its caller's back.",
        "R1",
        "truth",
        "returns",
    ),
    _should(
        "TOOL-8",
        "A tool that hangs is ended by the declared timeout, as a failure.",
        "R5",
        "calls",
        "truth",
        "tool_timeout",
    ),
    _should(
        "TOOL-9", "A synchronous tool does not block the event loop.", "R5", "truth", "sync_tools"
    ),
    _must(
        "TOOL-10",
        "A consumer that leaves leaves no run working on unseen.",
        "R5",
        "truth",
        "runs",
        "leaving",
    ),
    _must(
        "TOOL-10a",
        "A consumer that leaves a stream by break or close leaves no run working on unseen.",
        "R5",
        "truth",
        "runs",
        "leaving",
        "stream",
    ),
    _must(
        "ORDER-1",
        "The first event of a run is agent_started, and there is one.",
        "R4",
        "run_events",
    ),
    _must("ORDER-2", "One terminal event, and nothing of the run after it.", "R4", "run_events"),
    _must(
        "ORDER-3",
        "Each tool_completed follows its own tool_executing, once, told by a call id of its own.",
        "R4",
        "tool_events",
    ),
    _must(
        "ORDER-4",
        "tool_executing is sent before the tool starts, tool_completed after it ended.",
        "R4",
        "tool_events",
        "truth",
    ),
    _must("ORDER-5", "Events of a run arrive in the order they were sent in.", "R4", "events"),
    _should(
        "ORDER-6",
        "Timestamps are of one kind, with a zone, and do not run backwards within a run.",
        "R4",
        "events",
    ),
    _must("DELIVERY-1", "A golden run shows all five types.", "R4", "all_events"),
    _must(
        "DELIVERY-2", "Every tool that ran is announced and reported.", "R5", "tool_events", "truth"
    ),
    _must("DELIVERY-3", "Nothing is delivered twice.", "R5", "events"),
    _must("DELIVERY-4", "Every run that started ends with a terminal event.", "R4", "run_events"),
    _must("DELIVERY-5", "Every tool_executing is closed by a tool_completed.", "R4", "tool_events"),
    _must(
        "DELIVERY-6",
        "Claims are true: what is said to be delivered is what arrived.",
        "R5",
        "members",
        "transport",
    ),
    _must(
        "DELIVERY-6a",
        "A broadcast claims to have reached as many as it reached.",
        "R7",
        "broadcasts",
    ),
    _must("CONTENT-1", "Every frame decodes in the declared dialect and is JSON.", "R3", "events"),
    _must("CONTENT-2", "Each event has its fields, of the right types.", "R4", "events"),
    _must("CONTENT-3", "Ids in an event are those of its run, thread and user.", "R4", "events"),
    _must(
        "CONTENT-4",
        "tool_executing carries tool and parameters of the call; tool_completed no other tool.",
        "R4",
        "tool_events",
    ),
    _must(
        "CONTENT-5", "The status of an event agrees with the truth.", "R4", "tool_events", "truth"
    ),
    _must(
        "CONTENT-6",
        "The result or error is in tool_completed, the answer in agent_completed.",
        "R4",
        "events",
    ),
    _must(
        "CONTENT-7",
        "No event shows internals: reprs, stack traces, source paths, credentials.",
        "R4",
        "events",
    ),
    _must(
        "CONTENT-8",
        "The shape of events is the stored golden one: no field added, removed or retyped.",
        "R3",
        "events",
    ),
    _must(
        "ISOLATION-1",
        "Events of a run reach its owner's links only.",
        "R6",
        "events",
        "other_users",
    ),
    _must(
        "ISOLATION-2",
        "No canary of another user is in what a link receives.",
        "R6",
        "events|frames",
        "other_users",
    ),
    _must("ISOLATION-3", "Nothing returned to a caller holds another's canary.", "R6", "returns"),
    _must(
        "ISOLATION-4",
        "A tool of one user is neither visible to another nor executed for them.",
        "R6",
        "truth",
        "other_users",
    ),
    _must(
        "ISOLATION-5",
        "A session without a transport does not use another user's.",
        "R6",
        "events",
        "other_users",
        "transport",
    ),
    _must(
        "ISOLATION-6",
        "A message of one user is handled by that user's handler, for that user.",
        "R7",
        "routes",
        "bound_handlers",
        "other_users",
    ),
    _must(
        "ISOLATION-7",
        "An empty, missing or unknown recipient reaches nobody.",
        "R7",
        "broadcasts",
    ),
    _must(
        "ISOLATION-8",
        "One user's trouble, cleanup or leaving changes nothing for another.",
        "R6",
        "truth",
        "returns",
        "other_users",
    ),
    _must(
        "ISOLATION-8a",
        "What is done in one of a user's sessions changes nothing for another of theirs.",
        "R6",
        "truth",
        "returns",
        "sessions",
    ),
    _must(
        "ISOLATION-9",
        "The new socket of a user gets what is sent, and the end of an old one leaves it alone.",
        "R7",
        "broadcasts",
    ),
    _must(
        "ROUTING-1",
        "A message is handled exactly once, by the handler for its type.",
        "R7",
        "routes",
    ),
    _must("ROUTING-2", "A message of an unknown type is answered by an error.", "R7", "routes"),
    _must("ROUTING-3", "A ping is answered by a pong, to whoever asked.", "R7", "routes", "pings"),
    _must(
        "ROUTING-4",
        "Malformed input is answered by an error, and the connection goes on or is closed.",
        "R7",
        "routes",
    ),
    _must(
        "ROUTING-5",
        "A handler that raises is reported, and the next message works.",
        "R7",
        "routes",
    ),
    _must(
        "ROUTING-6",
        "A handler that was removed, or whose connection has gone, gets nothing.",
        "R7",
        "routes",
    ),
    _must("ROUTING-7", "One user's messages are handled in the order sent.", "R7", "routes"),
    _must(
        "ROUTING-8",
        "A broadcast to a user reaches each of their sockets once, and nobody else.",
        "R7",
        "broadcasts",
    ),
    _must(
        "ROUTING-9",
        "Peers that come, go, stall or break keep no broadcast from the others.",
        "R7",
        "broadcasts",
    ),
    _must(
        "ROUTING-10",
        "A facade over a router gives the same results as the router.",
        "R7",
        "routes|broadcasts",
        "facades",
    ),
    _must(
        "RECOVERY-1",
        "Without a transport tools still run and results come back.",
        "R5",
        "transport",
    ),
    _must("RECOVERY-2", "A transport that raises changes no tool's outcome.", "R5", "transport"),
    _must(
        "RECOVERY-3",
        "A slow or stalled consumer does not slow other users.",
        "R5",
        "returns",
        "other_users",
        "transport",
    ),
    _must(
        "RECOVERY-3a",
        "A handler that stalls holds up its own user's messages only.",
        "R7",
        "routes",
        "other_users",
    ),
    _must(
        "RECOVERY-4",
        "After a disconnect in the middle of a message the user's next connection works.",
        "R7",
        "routes",
    ),
    _must(
        "RECOVERY-5",
        "What a user missed comes once they are back: once, in order, marked.",
        "R5",
        "broadcasts",
        "replay",
    ),
    _must("RECOVERY-6", "A burst loses nothing silently.", "R7", "routes"),
    _must(
        "RECOVERY-7",
        "Cleanup during an execution ends it: nothing runs on, nothing stays open.",
        "R5",
        "truth",
        "returns",
    ),
    _must("RECOVERY-8", "Every call returns within its deadline.", "R5", "returns"),
    _should(
        "RECOVERY-8a",
        "A call returns although its own consumer has stalled for ever.",
        "R5",
        "returns",
        "transport",
    ),
    _must("PERF-1", "Deterministic counters are within 1 % of the baseline.", "R9", "counters"),
    _must("RESOURCE-1", "After cleanup no task of the session is left.", "R9", "memory"),
    _must("RESOURCE-2", "Many sessions leave no growth of memory.", "R9", "memory"),
    _must(
        "RESOURCE-3", "Nothing keeps a cleaned-up session or its user's context.", "R9", "memory"
    ),
    _must(
        "LATENCY-1",
        "99 % of events arrive within 100 ms of their cause.",
        "R5",
        "tool_events",
        "truth",
    ),
    _should(
        "LATENCY-2",
        "The first event of a call or run arrives within the declared time.",
        "R5",
        "events",
        "first_event",
    ),
    _must(
        "REGISTRY-1",
        "What is registered is found and listed under its name, as it is; nothing else is.",
        "R8",
        "registers",
    ),
    _should(
        "REGISTRY-2",
        "Registering a name twice refuses or replaces, visibly: what is found then agrees.",
        "R8",
        "registers",
    ),
    _must(
        "REGISTRY-3",
        "What is removed is gone, nothing else is, and its name can be used again.",
        "R8",
        "registers",
        "removes",
    ),
    _must(
        "REGISTRY-4",
        "A frozen registry refuses every change, and what it holds is found as before.",
        "R8",
        "registers",
        "freezes",
    ),
    _must(
        "REGISTRY-5",
        "Calls at once have the effects and answers of some order of them, one by one.",
        "R8",
        "registers",
        "overlaps",
    ),
    _must(
        "REGISTRY-6",
        "What is done to one user's registry shows in no other user's.",
        "R6",
        "registers",
        "other_users",
        "apart",
    ),
    _must(
        "CONTEXT-1",
        "A context holds the ids that it was made with, each in its place, and keeps them.",
        "R8",
        "contexts",
    ),
    _must(
        "CONTEXT-2",
        "What is put into one context is in no other.",
        "R6",
        "contexts",
        "notes",
    ),
)
RULES: dict[str, Rule] = {rule.id: rule for rule in _RULES}

#: What each section of the requirements is about, by the name that rules give as their source.
SOURCES: dict[str, str] = {
    "R1": "dispatchers",
    "R2": "factories",
    "R3": "transports",
    "R4": "the five events",
    "R5": "delivery",
    "R6": "isolation",
    "R7": "routers and broadcasts",
    "R8": "registries and context",
    "R9": "resources",
    "R10": "single source of truth",
    "R11": "consolidation",
    "R12": "staging",
}

#: In the catalogue and not checked yet.
PLANNED: tuple[str, ...] = (
    *("DELIVERY-7", "DELIVERY-8"),
    "ISOLATION-10",
    *(f"AUTH-{n}" for n in range(1, 6)),
    *(f"PERF-{n}" for n in range(2, 6)),
    *(f"AUDIT-{n}" for n in range(1, 6)),
)

#: Rules that are tested only where somebody asks for it, and how.
ON_REQUEST = dict.fromkeys(
    ("CONTENT-8", "PERF-1"), "no baseline was asked for: --baseline DIR asks"
)

#: Without an opportunity for each of these a target of the kind was not tested (exit 3).
CORE_RULES: dict[str, tuple[str, ...]] = {
    "dispatcher": ("TOOL-1", "TOOL-3", "DELIVERY-2", "DELIVERY-5", "ISOLATION-1", "ISOLATION-3"),
    "agent": ("TOOL-1", "ORDER-1", "DELIVERY-1", "DELIVERY-4", "ISOLATION-1"),
    "endpoint": ("ORDER-1", "DELIVERY-1", "DELIVERY-4", "ISOLATION-1"),
    "router": ("API-1", "RECOVERY-8"),
    "transport": ("ORDER-1", "DELIVERY-1", "DELIVERY-4", "ISOLATION-1"),
    "registry": ("REGISTRY-1",),
    "context": ("API-13", "CONTEXT-1"),
}


def with_own(own: Iterable[Rule]) -> dict[str, Rule]:
    """Our rules, and after them those of a user's own; none of ours is replaced."""
    return {**RULES, **{rule.id: rule for rule in own if rule.id not in RULES}}


def spelt(name: str, rules: Iterable[str]) -> str:
    """The id as the catalogue spells it, whatever its case here; what is not there as it is."""
    there = {rule.upper(): rule for rule in (*rules, *PLANNED)}
    return there.get(name.upper(), name)
