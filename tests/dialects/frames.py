"""One run in each of the envelopes of the field, as its platforms write it, and what it says."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from goldenpath.model import Event, Status

NOW = "2026-11-02T10:00:00+00:00"
_A = {"run_id": "r", "thread_id": "t", "request_id": "q", "user_id": "u", "timestamp": NOW}
_C = {"run_id": "r", "thread_id": "t", "user_id": "u", "timestamp": NOW}
_D = {"turn_id": "r", "timestamp": 1757.3}


def _a(event: str, **data: Any) -> dict[str, Any]:
    body = {**_A, "status": event.rpartition("_")[2], "metadata": {}, **data}
    return {"type": event, "data": body, "timestamp": NOW, "critical": True, "attempt": 1}


def _b(event: str, **payload: Any) -> dict[str, Any]:
    ids = {"run_id": "r", "user_id": "u", "agent_name": "planner", "timestamp": NOW}
    return {"type": event, **ids, "payload": payload, "event_id": "e"}


def _c(event: str, **data: Any) -> dict[str, Any]:
    return {"type": event, "data": {**_C, **data}}


def _d(event: str, **data: Any) -> dict[str, Any]:
    outer = "agent_progress" if event.startswith("agent") else "system_message"
    return {"type": outer, "data": {"event": event, **_D, **data}, "correlation_id": "c"}


_CALL = {"tool_name": "lookup", "parameters": {"page": 1}}
_DONE = {"tool_name": "lookup", "status": "success", "result": [1]}

#: By dialect, a run of one tool.
RUNS: dict[str, list[dict[str, Any]]] = {
    "a": [
        _a("agent_started", agent_name="planner"),
        _a("agent_thinking", reasoning="hm"),
        _a("tool_executing", tool_name="lookup", metadata={"parameters": {"page": 1}}),
        _a("tool_completed", tool_name="lookup", status="success", metadata={"result": [1]}),
        _a("agent_completed", status="success", metadata={"result": "so it is"}),
    ],
    "b": [
        _b("agent_started"),
        _b("agent_thinking", message="hm"),
        _b("tool_executing", **_CALL),
        _b("tool_completed", **_DONE, execution_time_ms=3),
        _b("agent_completed", result="so it is", status="success"),
    ],
    "c": [
        _c("agent_started"),
        _c("agent_thinking", reasoning="hm"),
        _c("tool_executing", **_CALL),
        _c("tool_completed", **_DONE),
        _c("agent_completed", status="success", result="so it is"),
    ],
    "d": [
        _d("agent_started"),
        _d("agent_thinking", message="hm"),
        _d("tool_executing", **_CALL),
        _d("tool_completed", **_DONE),
        _d("agent_completed", status="success", result="so it is"),
    ],
}

_SAID = (
    Event("agent_started"),
    Event("agent_thinking", text="hm"),
    Event("tool_executing", tool="lookup", parameters={"page": 1}),
    Event("tool_completed", tool="lookup", status=Status.SUCCESS, result=[1]),
    Event("agent_completed", status=Status.SUCCESS, result="so it is"),
)


def _read(dialect: str, event: Event) -> Event:
    """The same event as this dialect tells it."""
    told: dict[str, Any] = {"run": "r", "time": (0, 1757.3 if dialect == "d" else NOW)}
    if dialect != "d":
        told["user"] = "u"
    if dialect in "ac":
        told["thread"] = "t"
    if dialect == "a" and event.type == "tool_executing":
        told["status"] = Status.PROGRESS
    return replace(event, **told)


#: By dialect, what each frame of its run is.
EVENTS = {dialect: [_read(dialect, event) for event in _SAID] for dialect in RUNS}
