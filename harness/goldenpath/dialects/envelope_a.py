"""Dialect A: everything in `data`, what a tool takes and gives in `data.metadata`.

`{"type", "data": {"tool_name", "metadata": {"parameters"}, "status", "timestamp", "run_id",
"thread_id", "request_id", "user_id"}, "timestamp", "critical", "attempt"}`; one that is sent again
has `"recovered": true` besides. Older ones say `data.tool` and `data.thought`.
"""

from __future__ import annotations

from goldenpath.dialects.model import TYPE_WORDS, Dialect
from goldenpath.dialects.required import of_each

A = Dialect(
    name="a",
    about="everything in data, parameters, result and error in data.metadata",
    type_at=("type",),
    types=TYPE_WORDS,
    fields={
        "run": ("data.run_id",),
        "user": ("data.user_id",),
        "thread": ("data.thread_id",),
        "call": ("data.call_id",),
        "tool": ("data.tool_name", "data.tool"),
        "status": ("data.status",),
        "seq": ("data.seq",),
        "parameters": ("data.metadata.parameters",),
        "result": ("data.metadata.result",),
        "error": ("data.metadata.error",),
        "text": ("data.reasoning", "data.thought"),
        "time": ("data.timestamp", "timestamp"),
    },
    required=of_each(
        {"run": "text", "user": "text", "thread": "text", "time": "text"},
        agent_thinking={"text": "text"},
        tool_executing={"tool": "text", "parameters": "object", "status": "text"},
        tool_completed={"tool": "text", "status": "text"},
        agent_completed={"result|error": "any"},
    ),
)
