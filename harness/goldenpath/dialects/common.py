"""The default dialect: reads the envelopes A, B, C and D of the field, and flat ones.

It is lenient on purpose: where the target declares nothing, what can be understood is understood.
"""

from __future__ import annotations

from goldenpath.dialects.model import TYPE_WORDS, Dialect


def _everywhere(*names: str, deep: bool = False) -> tuple[str, ...]:
    boxes = ("data.", "payload.", "data.metadata.", "") if deep else ("data.", "payload.", "")
    return tuple(f"{box}{name}" for box in boxes for name in names)


def _ids(*names: str) -> tuple[str, ...]:
    boxes = ("context.", "metadata.")
    return _everywhere(*names) + tuple(
        path for box in boxes for path in _everywhere(*(f"{box}{name}" for name in names))
    )


COMMON = Dialect(
    name="common",
    about="the default: whatever can be understood, A to D and flat ones",
    type_at=("type", "data.event", "event"),
    types=TYPE_WORDS,
    fields={
        "run": _ids("run_id", "runId"),
        "user": _ids("user_id", "userId"),
        "thread": _ids("thread_id", "threadId"),
        "call": _everywhere("call_id", "tool_call_id", "toolCallId", "execution_id"),
        "tool": _everywhere("tool_name", "tool", "toolName"),
        "status": _everywhere("status", "success", "ok", deep=True),
        "seq": _everywhere("seq", "sequence", "sequence_number"),
        "parameters": _everywhere("parameters", "params", "arguments", deep=True),
        "result": _everywhere("result", "output", "answer", deep=True),
        "error": _everywhere("error", "error_message", deep=True),
        "text": _everywhere("reasoning", "thought", "message", "content", "delta", "text", "chunk"),
        "time": _everywhere("timestamp"),
    },
)
