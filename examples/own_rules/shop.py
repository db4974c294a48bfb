"""Two shops: one keeps SHOP-1, the other forgets it where a tool has failed.

Both are goldenpath's reference platform, which here speaks the shop's words on the wire.
"""

from __future__ import annotations

import time
from typing import Any

from goldenpath import dispatcher
from goldenpath.reference import (
    RequestScopedDispatcher,
    UserContext,
    UserEmitter,
    create_request_scoped_tool_dispatcher,
)

_KINDS = {"tool_executing": "tool.begin", "tool_completed": "tool.end"}
_HOW = {"success": "fine", "error": "broken", "cancelled": "stopped"}


class ShopWire:
    """Sends the platform's events in the shop's words, with how long each tool took."""

    def __init__(self, manager: Any) -> None:
        self._manager = manager
        self._began: dict[str, float] = {}

    async def send_to_user(self, user_id: str, message: dict[str, Any]) -> bool:
        """Send one event to one user."""
        kind, data = message["type"], message["data"]
        body = {
            "run": data["run_id"],
            "user": data["user_id"],
            "thread": data["thread_id"],
            "call": data["call_id"],
            "tool": data["tool_name"],
            **data["metadata"],
        }
        if kind == "tool_executing":
            self._began[data["call_id"]] = time.monotonic()
        else:
            body |= {"how": _HOW[data["status"]], **self.took(data)}
        sent = await self._manager.send_to_user(user_id, {"kind": _KINDS[kind], "body": body})
        return bool(sent)

    def took(self, data: dict[str, Any]) -> dict[str, Any]:
        """How long the tool took, in milliseconds."""
        return {"took_ms": round(1000 * (time.monotonic() - self._began.pop(data["call_id"])))}


class ForgetfulWire(ShopWire):
    """Says how long a tool took only where it worked."""

    def took(self, data: dict[str, Any]) -> dict[str, Any]:
        """How long the tool took, or nothing."""
        return super().took(data) if data["status"] == "success" else {}


async def _made(user: Any, tap: Any, tools: Any, wire: type[ShopWire]) -> RequestScopedDispatcher:
    context = UserContext.from_user(user)
    emitter = UserEmitter(context, wire(tap.manager)) if tap.manager else None
    return await create_request_scoped_tool_dispatcher(context, tools, emitter)


@dispatcher(dialect="shop")
async def good(user: Any, tap: Any, tools: Any) -> RequestScopedDispatcher:
    """Keeps all rules, the shop's among them."""
    return await _made(user, tap, tools, ShopWire)


@dispatcher(dialect="shop")
async def forgetful(user: Any, tap: Any, tools: Any) -> RequestScopedDispatcher:
    """Breaks SHOP-1, and nothing else."""
    return await _made(user, tap, tools, ForgetfulWire)
