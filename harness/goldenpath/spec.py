"""The contract as data: the events and their grammar, the members, the limits.

No code that decides. What is asked for, rule by rule, stands in `rulebook`; R1 to R12 are sections
of the requirements.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

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

#: What a router has, each synchronous or asynchronous (R7); those of its parts that a target says
#: it is none of are left out.
EITHER_METHOD = "method, async or not"
ROUTER_MEMBERS: dict[str, dict[str, str]] = {
    "connections": {"connect": EITHER_METHOD, "disconnect": EITHER_METHOD},
    "routes": {
        "route_message": EITHER_METHOD,
        "add_handler": EITHER_METHOD,
        "remove_handler": EITHER_METHOD,
    },
    "broadcasts": {"broadcast_to_user": EITHER_METHOD},
}

#: What a registry has, likewise (R8); what it need not have stands under the option that says so.
REGISTRY_MEMBERS: dict[str, dict[str, str]] = {
    "keeps": dict.fromkeys(("register", "get", "has", "list"), EITHER_METHOD),
    "removes": {"remove": EITHER_METHOD},
    "freezes": {"freeze": EITHER_METHOD},
}

#: The ids of a user's execution context (R8).
CONTEXT_IDS = ("user_id", "thread_id", "run_id", "request_id")

#: By kind of target, the members of each of its parts; of all others, `MEMBERS`.
MEMBERS_OF: dict[str, dict[str, dict[str, str]]] = {
    "router": ROUTER_MEMBERS,
    "registry": REGISTRY_MEMBERS,
    "context": {"ids": dict.fromkeys(CONTEXT_IDS, PROPERTY)},
}

#: What a planted handler does with a message.
HANDLERS = ("takes", "replies", "holds", "holds and replies", "fails")

#: What becomes of a planted socket.
CONDITIONS = ("working", "stalled", "broken")

#: Recipients who are nobody (ISOLATION-7).
NOBODY = (
    *("None", "an empty text", "a blank", "0", "an empty list", "an empty tuple"),
    "an unknown id",
)

#: The members through which a tool is called; the old doors are those after the first.
VIAS = ("execute_tool", "dispatch_tool", "dispatch")

#: Exceptions that come out of a target's insides rather than out of a decision to refuse.
ACCIDENTS = frozenset(
    {"AttributeError", "NameError", "ReferenceError", "TypeError", "UnboundLocalError"}
)

#: User contexts that must be refused (API-13), in the words of a finding; and those that need not
#: be unless the target says that it does.
INVALID_USERS = ("None", "a user_id that is None", "an empty user_id", "a blank user_id")
PLACEHOLDER_USERS = ("the user_id 'placeholder'", "the user_id 'default_user'")

#: ... and ids with which no context may be made; None may stand for a thread or a run to come.
INVALID_IDS = (
    *INVALID_USERS[1:],
    *(f"{how} {name}" for name in CONTEXT_IDS[1:3] for how in ("an empty", "a blank")),
)

# --- limits ------------------------------------------------------------------------------------

#: Calls for which one block of memory may be kept (RESOURCE-2; DESIGN section 9), bytes of what is
#: larger than a block that may be kept for one call, and the calls that must be measured, so that
#: what is allowed is more than what a reading may err.
CALLS_PER_BLOCK, BYTES_PER_CALL, FEWEST_CALLS = 200, 2, 400

#: Sessions without which growth proves nothing: after a thousand the interpreter has what it keeps
#: for itself, and a thousand are then to leave nothing.
SESSIONS = 2_000

#: Seconds until a call returns, where a target says nothing else and no machine is slow.
CALL = 5.0

#: Seconds within which an event follows its cause, and the share of events of which that must be
#: shown (LATENCY-1), at this confidence.
LATENCY, LATENCY_SHARE, CONFIDENCE = 0.1, 0.99, 0.95

# --- transport shapes --------------------------------------------------------------------------

#: Shapes whose envelope our own transport builds: they say nothing about the target's envelope.
OUR_ENVELOPE = frozenset({"bridge", "emitter", "manager.send_event", "manager.emit_critical_event"})

#: ... and whose words are ours as well: a dialect of the target's own does not apply to them.
OUR_WORDS = frozenset({"bridge", "emitter"})
