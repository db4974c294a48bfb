"""Dialect B: the ids at the top, what the event is about in `payload`. It has no thread.

`{"type", "run_id", "user_id", "agent_name", "timestamp", "payload": {"tool_name", "parameters" or
"result", "execution_time_ms", "status", "message"}, "trace", "event_id"}`, the last two not always.
"""

from __future__ import annotations

from goldenpath.dialects.model import TYPE_WORDS, Dialect
from goldenpath.dialects.required import of_each

B = Dialect(
    name="b",
    about="run_id, user_id and timestamp at the top, everything else in payload; no thread",
    type_at=("type",),
    types=TYPE_WORDS,
    fields={
        "run": ("run_id",),
        "user": ("user_id",),
        "call": ("payload.call_id",),
        "tool": ("payload.tool_name",),
        "status": ("payload.status",),
        "parameters": ("payload.parameters",),
        "result": ("payload.result",),
        "error": ("payload.error",),
        "text": ("payload.message",),
        "time": ("timestamp",),
    },
    required=of_each(
        {"run": "text", "user": "text", "time": "text"},
        agent_thinking={"text": "text"},
        tool_executing={"tool": "text", "parameters": "object"},
        tool_completed={"tool": "text", "status": "text"},
    ),
)
