"""The contract as data: members, event grammar, capabilities, rules. No code that decides.

Sources are the sections R1 to R12 of the requirements, given with each rule. Rules of the catalogue
that are not checked yet stand in PLANNED, so that `explain` can say so; none is silently absent.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from goldenpath.model import Level, Outcome, Rule

# --- the five events ---------------------------------------------------------------------------

STARTED = "agent_started"
THINKING = "agent_thinking"
EXECUTING = "tool_executing"
COMPLETED = "tool_completed"
FINISHED = "agent_completed"
FIVE = (STARTED, THINKING, EXECUTING, COMPLETED, FINISHED)
TOOL_EVENTS = frozenset({EXECUTING, COMPLETED})

FAILED = "agent_failed"
CANCELLED = "agent_cancelled"
TERMINAL = frozenset({FINISHED, FAILED, CANCELLED})


#: What an event must have, in every dialect (CONTENT-2): of each group at least one field. A run id
#: or a call id is not asked for, because many platforms have none (FIELD_NOTES, envelopes A to D);
#: a report that names its call need not name the tool again.
REQUIRED: dict[str, tuple[tuple[str, ...], ...]] = {
    EXECUTING: (("tool",),),
    COMPLETED: (("tool", "call"), ("status", "error", "result")),
}

#: Names of fields that can hold nothing but the id of a call.
CALL_IDS = ("call_id", "tool_call_id", "toolCallId")

#: What a field must be where it is there; what is not listed may be anything.
FIELD_TYPES: dict[str, tuple[str, ...]] = dict.fromkeys(
    ("run", "user", "thread", "call"), ("text", "number")
)
EVENT_FIELD_TYPES: dict[str, dict[str, tuple[str, ...]]] = {
    THINKING: {"text": ("text",)},
    EXECUTING: {"tool": ("text",), "parameters": ("object",)},
    COMPLETED: {"tool": ("text",), "status": ("text", "flag")},
    FINISHED: {"status": ("text", "flag")},
}


class Origin(StrEnum):
    """Whose an event is: the target's own, stamped by our adapter, or not there."""

    NATIVE = "native"
    SYNTHESISED = "synthesised"
    ABSENT = "absent"


class RunState(StrEnum):
    """Where one run stands in the grammar of DESIGN section 4."""

    BEFORE = "before the start of the run"
    RUNNING = "while it was running"
    ENDED = "after its end"


class Move(NamedTuple):
    """Where an event leads, and the rule that it breaks on the way, if any."""

    to: RunState
    breaks: str | None = None
    why: str = ""


_START_FIRST = "the first event of a run is agent_started"
_AFTER_END = "nothing of a run comes after its terminal event"

#: agent_started ( agent_thinking | tool_executing .. tool_completed )* terminal
RUN_GRAMMAR: dict[tuple[RunState, str], Move] = {
    (RunState.BEFORE, "start"): Move(RunState.RUNNING),
    (RunState.BEFORE, "middle"): Move(RunState.RUNNING, "ORDER-1", _START_FIRST),
    (RunState.BEFORE, "terminal"): Move(RunState.ENDED, "ORDER-1", _START_FIRST),
    (RunState.RUNNING, "start"): Move(RunState.RUNNING, "ORDER-1", "a run starts once"),
    (RunState.RUNNING, "middle"): Move(RunState.RUNNING),
    (RunState.RUNNING, "terminal"): Move(RunState.ENDED),
    (RunState.ENDED, "start"): Move(RunState.ENDED, "ORDER-1", "a run starts once"),
    (RunState.ENDED, "middle"): Move(RunState.ENDED, "ORDER-2", _AFTER_END),
    (RunState.ENDED, "terminal"): Move(RunState.ENDED, "ORDER-2", "a run ends once"),
}


def part(event_type: str) -> str:
    """Which column of the run grammar an event type belongs to."""
    if event_type == STARTED:
        return "start"
    return "terminal" if event_type in TERMINAL else "middle"


# --- the surface of a dispatcher (R1) ----------------------------------------------------------

ASYNC_METHOD, METHOD, PROPERTY = "async method", "method", "property"

MEMBERS: dict[str, str] = {
    "execute_tool": ASYNC_METHOD,
    "has_tool": METHOD,
    "register_tool": METHOD,
    "get_available_tools": METHOD,
    "cleanup": ASYNC_METHOD,
    "dispatch_tool": ASYNC_METHOD,
    "dispatch": ASYNC_METHOD,
    "tools": PROPERTY,
    "has_websocket_support": PROPERTY,
    "websocket_bridge": PROPERTY,
}

#: Exceptions that come out of a target's insides rather than out of a decision to refuse.
ACCIDENTS = frozenset(
    {"AttributeError", "NameError", "ReferenceError", "TypeError", "UnboundLocalError"}
)

#: User contexts that must be refused (API-13), in the words of a finding; and those that need not
#: be unless the target says that it does.
INVALID_USERS = ("None", "a user_id that is None", "an empty user_id", "a blank user_id")
PLACEHOLDER_USERS = ("the user_id 'placeholder'", "the user_id 'default_user'")

#: Calls for which one block of memory may be kept (RESOURCE-2; DESIGN section 9), bytes of what is
#: larger than a block that may be kept for one call, and the calls that must be measured, so that
#: what is allowed is more than what a reading may err.
CALLS_PER_BLOCK, BYTES_PER_CALL, FEWEST_CALLS = 200, 2, 400

#: Sessions without which growth proves nothing: after a thousand the interpreter has what it keeps
#: for itself, and a thousand are then to leave nothing.
SESSIONS = 2_000

#: Seconds within which an event follows its cause, and the share of events of which that must be
#: shown (LATENCY-1), at this confidence.
LATENCY, LATENCY_SHARE, CONFIDENCE = 0.1, 0.99, 0.95

# --- transport shapes --------------------------------------------------------------------------

#: Shapes whose envelope our own transport builds: they say nothing about the target's envelope.
OUR_ENVELOPE = frozenset({"bridge", "emitter", "manager.send_event", "manager.emit_critical_event"})

#: ... and whose words are ours as well: a dialect of the target's own does not apply to them.
OUR_WORDS = frozenset({"bridge", "emitter"})

# --- capabilities: what a rule may need, and what to say where it is missing --------------------

_AT_REACH = Outcome.UNOBSERVABLE
_UNDECLARED = Outcome.UNSUPPORTED

CAPABILITIES: dict[str, tuple[str, Outcome, str]] = {
    "members": ("its members can be looked at", _AT_REACH, "only a dispatcher has this surface"),
    "calls": ("the harness calls its tools", _AT_REACH, "its tools are not called by the harness"),
    "returns": ("what it returns can be seen", _AT_REACH, "nothing is returned to the harness"),
    "truth": ("planted tools run in it", _AT_REACH, "planted tools cannot run there"),
    "tool_events": ("tool events are its own", _UNDECLARED, "tool events are not declared"),
    "run_events": ("run events are its own", _UNDECLARED, "run events are not declared"),
    "all_events": ("all five events are its own", _UNDECLARED, "not all five are declared"),
    "events": ("at least one event is its own", _UNDECLARED, "no event is declared"),
    "other_users": ("a second user can be there", _AT_REACH, "there is only one user"),
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
    "first_event": ("it shows itself in time", _UNDECLARED, "first_event is not declared"),
}


# --- rules -------------------------------------------------------------------------------------


def _must(id: str, text: str, source: str, *needs: str) -> Rule:
    return Rule(id, Level.MUST, text, source, needs)


def _should(id: str, text: str, source: str, *needs: str) -> Rule:
    return Rule(id, Level.SHOULD, text, source, needs)


_RULES = (
    _must("API-1", "The ten members are there, each of its kind.", "R1", "members"),
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
    _must("API-8", "cleanup may be called twice; leaving the context cleans up.", "R1", "members"),
    _must("API-9", "After cleanup every call is refused, clearly and promptly.", "R1", "members"),
    _must("API-13", "An invalid user context is refused at creation.", "R8", "members"),
    _must(
        "API-14",
        "An admin tool is refused, clearly, to a user who is no admin.",
        "R1",
        "members",
        "truth",
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
        "events",
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
        "ISOLATION-8",
        "One user's trouble, cleanup or leaving changes nothing for another.",
        "R6",
        "truth",
        "returns",
        "other_users",
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
        "RECOVERY-7",
        "Cleanup during an execution ends it: nothing runs on, nothing stays open.",
        "R5",
        "truth",
        "returns",
    ),
    _must("RECOVERY-8", "Every call returns within its deadline.", "R5", "returns"),
    _must("PERF-1", "Deterministic counters are within 1 % of the baseline.", "R9", "counters"),
    _should(
        "RECOVERY-8a",
        "A call returns although its own consumer has stalled for ever.",
        "R5",
        "returns",
        "transport",
    ),
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
    *(f"API-{n}" for n in (10, 11, 12, 15)),
    *("DELIVERY-7", "DELIVERY-8"),
    "CONTENT-8",
    *(f"ISOLATION-{n}" for n in (6, 7, 9, 10)),
    *(f"ROUTING-{n}" for n in range(1, 11)),
    *(f"RECOVERY-{n}" for n in range(4, 7)),
    *(f"AUTH-{n}" for n in range(1, 6)),
    *(f"PERF-{n}" for n in range(2, 6)),
    *(f"AUDIT-{n}" for n in range(1, 6)),
)

#: Rules that are tested only where somebody asks for it, and how.
ON_REQUEST = {"PERF-1": "no baseline was asked for: --baseline DIR asks"}

#: Without an opportunity for each of these a target of the kind was not tested (exit 3).
CORE_RULES: dict[str, tuple[str, ...]] = {
    "dispatcher": ("TOOL-1", "TOOL-3", "DELIVERY-2", "DELIVERY-5", "ISOLATION-1", "ISOLATION-3"),
    "agent": ("TOOL-1", "ORDER-1", "DELIVERY-1", "DELIVERY-4", "ISOLATION-1"),
    "endpoint": ("ORDER-1", "DELIVERY-1", "DELIVERY-4", "ISOLATION-1"),
}


#: How alike an id must be to be taken for a misspelt one: `-1` is common to all families.
_ALIKE = 0.75


def with_own(own: Iterable[Rule]) -> dict[str, Rule]:
    """Our rules, and after them those of a user's own; none of ours is replaced."""
    return {**RULES, **{rule.id: rule for rule in own if rule.id not in RULES}}


def spelt(name: str, rules: Iterable[str]) -> str:
    """The id as the catalogue spells it, whatever its case here; what is not there as it is."""
    there = {rule.upper(): rule for rule in (*rules, *PLANNED)}
    return there.get(name.upper(), name)


def nearest(name: str, rules: Iterable[str]) -> str:
    """The rule that was most likely meant where there is none of this id; or nothing."""
    there = {rule.upper(): rule for rule in rules}
    near = difflib.get_close_matches(name.upper(), there, 1, _ALIKE)
    return there[near[0]] if near else ""


def untestable(rule: Rule, card: dict[str, str]) -> tuple[Outcome, str] | None:
    """Why `rule` cannot be tested on a target with this capability card, or None.

    The card maps a capability to "yes" or to `OUTCOME: reason`; one that is not there is missing
    for the reason that CAPABILITIES gives. A rule stands there itself where nothing but this one
    cannot be told.
    """
    if (own := card.get(rule.id, "yes")) != "yes":
        word, _, why = own.partition(": ")
        return Outcome(word), why
    for need in rule.needs:
        _, outcome, reason = CAPABILITIES[need]
        said = card.get(need, "")
        if said == "yes":
            continue
        word, colon, why = said.partition(": ")
        return (Outcome(word), why) if colon else (outcome, reason)
    return None
