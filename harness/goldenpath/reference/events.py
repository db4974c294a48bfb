"""What an event looks like: the envelopes that a client receives.

`{"type", "data": {...}, "timestamp", "critical", "attempt"}`, where `data` holds the ids of the
run, `seq` (counts the events of the run), `status`, and for tools `tool_name` and `call_id`.
Parameters, results and errors are in `data.metadata`, the thought is `data.reasoning`. Nothing
here waits or sends, and what it returns is JSON already: a copy that no later change of a
tool's result can reach.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from .context import UserContext

Envelope = dict[str, Any]
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Tell the time, with its zone."""
    return datetime.now(UTC)


def plain(value: Any) -> Any:
    """Copy a value as JSON sees it; what JSON cannot hold becomes the name of its type, no repr."""
    try:
        text = json.dumps(value, default=_type_name, skipkeys=True)
        return json.loads(text, parse_constant=str)
    except (ValueError, RecursionError):
        return _type_name(value)


def _type_name(value: object) -> str:
    return f"[{type(value).__name__}]"


class EventFactory:
    """Builds the events of one run, numbered, and stamped by a clock that never runs backwards."""

    def __init__(self, context: UserContext, clock: Clock = utc_now) -> None:
        """Bind to the run that all events will be about."""
        self._context = context
        self._clock = clock
        self._seq = 0
        self._latest: datetime | None = None

    def agent_started(self, agent_name: str) -> Envelope:
        """Work on the user's message has begun."""
        return self._envelope("agent_started", "started", agent_name=agent_name)

    def agent_thinking(self, reasoning: str) -> Envelope:
        """The agent says what it is about to do."""
        return self._envelope("agent_thinking", "thinking", reasoning=reasoning)

    def tool_executing(
        self, tool_name: str, call_id: str, parameters: Mapping[str, Any]
    ) -> Envelope:
        """A tool is about to start."""
        metadata = {"parameters": plain(dict(parameters))}
        return self._envelope(
            "tool_executing", "executing", metadata, tool_name=tool_name, call_id=call_id
        )

    def tool_completed(
        self,
        tool_name: str,
        call_id: str,
        status: str,
        result: Any = None,
        error: str | None = None,
    ) -> Envelope:
        """A tool has ended: `status` is success, error or cancelled."""
        metadata = {"result": plain(result)} if error is None else {"error": error}
        return self._envelope(
            "tool_completed", status, metadata, tool_name=tool_name, call_id=call_id
        )

    def agent_completed(self, answer: Any) -> Envelope:
        """The answer is ready."""
        return self._envelope("agent_completed", "success", {"result": plain(answer)})

    def agent_failed(self, error: str) -> Envelope:
        """The run has ended without an answer."""
        return self._envelope("agent_failed", "error", {"error": error})

    def agent_cancelled(self) -> Envelope:
        """The run was called off."""
        return self._envelope("agent_cancelled", "cancelled", {"error": "the run was cancelled"})

    def _envelope(
        self, type_: str, status: str, metadata: Mapping[str, Any] | None = None, **fields: Any
    ) -> Envelope:
        timestamp = self._timestamp()
        data = {
            **self._ids(),
            "seq": self._next_seq(),
            "status": status,
            **fields,
            "metadata": dict(metadata or {}),
            "timestamp": timestamp,
        }
        return {
            "type": type_,
            "data": data,
            "timestamp": timestamp,
            "critical": True,
            "attempt": 1,
        }

    def _ids(self) -> dict[str, str]:
        context = self._context
        return {
            "user_id": context.user_id,
            "thread_id": context.thread_id,
            "run_id": context.run_id,
            "request_id": context.request_id,
        }

    def _next_seq(self) -> int:
        self._seq += 1
        return self._seq

    def _timestamp(self) -> str:
        now = self._clock()
        self._latest = now if self._latest is None else max(now, self._latest)
        return self._latest.isoformat()
