"""Dialect C: what `send_event(type, data)` is given; on a socket it is `{"type", "data"}`.

`data` is flat: `{"tool_name", "parameters", or "status" and "result", or "error", "run_id",
"user_id", "thread_id", "timestamp"}`.
"""

from __future__ import annotations

from goldenpath.dialects.model import TYPE_WORDS, Dialect
from goldenpath.dialects.required import of_each

C = Dialect(
    name="c",
    about="everything in data, without boxes in it",
    type_at=("type",),
    types=TYPE_WORDS,
    fields={
        "run": ("data.run_id",),
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
        {"run": "text", "user": "text", "thread": "text", "time": "text"},
        tool_executing={"tool": "text", "parameters": "object"},
        tool_completed={"tool": "text", "status|error": "any"},
    ),
)
