"""The reference over a bridge: events addressed by the id of a run, in notify_* calls."""

from __future__ import annotations

from typing import Any

_TERMINAL = {"agent_failed": "agent_completed", "agent_cancelled": "agent_completed"}
_FIELDS = ("tool_name", "reasoning", "call_id", "status", "seq")


class OverBridge:
    """What an emitter takes for a connection manager; it ignores the user and names the run."""

    def __init__(self, bridge: Any) -> None:
        self._bridge = bridge

    def run_id(self, data: dict[str, Any]) -> str:
        """The run that an event is addressed to."""
        return str(data["run_id"])

    async def send_to_user(self, user_id: str, message: dict[str, Any], /) -> bool:
        """Turn an envelope into the call of the bridge that means the same."""
        data, name = message["data"], message["type"]
        notify = getattr(self._bridge, f"notify_{_TERMINAL.get(name, name)}")
        fields = {name: data[name] for name in _FIELDS if name in data}
        return bool(await notify(self.run_id(data), "an_agent", **fields, **data["metadata"]))
