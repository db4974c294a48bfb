"""Dialect D: wrapped. The outer type is not the event, which is named in `data`.

`{"type": "system_message" or "agent_progress", "data": {"event", ..., "turn_id", "timestamp"},
"correlation_id"}`. A run is a turn, and its timestamps are seconds, as numbers.
"""

from __future__ import annotations

from goldenpath.dialects.model import TYPE_WORDS, Dialect
from goldenpath.dialects.required import of_each

D = Dialect(
    name="d",
    about="wrapped: the event is named in data.event, a run by data.turn_id, times are numbers",
    type_at=("data.event",),
    types=TYPE_WORDS,
    fields={
        "run": ("data.turn_id",),
        "user": ("data.user_id",),
        "thread": ("data.thread_id",),
        "call": ("data.call_id",),
        "tool": ("data.tool_name",),
        "status": ("data.status",),
        "parameters": ("data.parameters",),
        "result": ("data.result",),
        "error": ("data.error",),
        "text": ("data.reasoning", "data.message"),
        "time": ("data.timestamp",),
    },
    required=of_each(
        {"run": "any", "time": "number"},
        tool_executing={"tool": "text"},
        tool_completed={"tool": "text"},
    ),
)
