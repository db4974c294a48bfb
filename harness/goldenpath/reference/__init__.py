"""A small, correct platform for chat agents, written to be read and copied.

Read it in this order: `context` (who is asking), `registry` (what can be called), `events` and
`emitter` (what the user is told), `transports` (other ways to tell it), `dispatcher` (how a tool is
called), `factories` (the ways to a dispatcher), `agent` (who calls), `router` (where messages go)
and `broadcast` (who is told), then `connections`, `auth`, `protocol`, `session` and `server` for
the way in from the network. It uses nothing of the harness around it; `server`, and with it
`websockets`, is loaded only when it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .agent import ScriptedAgent
from .auth import TokenTable
from .broadcast import BroadcastService, UserBroadcaster, broadcast_user_event
from .connections import ConnectionManager
from .context import UserContext
from .dispatcher import RequestScopedDispatcher, create_request_scoped_tool_dispatcher
from .emitter import UserEmitter
from .errors import (
    AuthenticationError,
    DuplicateTool,
    FrozenRegistry,
    InvalidParameters,
    InvalidTool,
    NotByFactory,
    NotPermitted,
    PlatformError,
    SessionClosed,
    ToolTimedOut,
    TooManyDispatchers,
    UnknownTool,
)
from .events import EventFactory
from .execution import Execution, Metrics
from .factories import (
    MAX_PER_USER,
    ToolExecutorFactory,
    UnifiedToolDispatcher,
    create_tool_dispatcher,
    tool_dispatcher,
)
from .plan import Plan, PlannedCall
from .registry import AnyTool, SyncTool, Tool, ToolRegistry
from .router import MessageRouter, RouterFacade
from .transports import EventBridge, EventEmitter, ReplayingConnections

if TYPE_CHECKING:
    from .server import ChatServer, serve

__all__ = [
    "MAX_PER_USER",
    "AnyTool",
    "AuthenticationError",
    "BroadcastService",
    "ChatServer",
    "ConnectionManager",
    "DuplicateTool",
    "EventBridge",
    "EventEmitter",
    "EventFactory",
    "Execution",
    "FrozenRegistry",
    "InvalidParameters",
    "InvalidTool",
    "MessageRouter",
    "Metrics",
    "NotByFactory",
    "NotPermitted",
    "Plan",
    "PlannedCall",
    "PlatformError",
    "ReplayingConnections",
    "RequestScopedDispatcher",
    "RouterFacade",
    "ScriptedAgent",
    "SessionClosed",
    "SyncTool",
    "TokenTable",
    "TooManyDispatchers",
    "Tool",
    "ToolExecutorFactory",
    "ToolRegistry",
    "ToolTimedOut",
    "UnifiedToolDispatcher",
    "UnknownTool",
    "UserBroadcaster",
    "UserContext",
    "UserEmitter",
    "broadcast_user_event",
    "create_request_scoped_tool_dispatcher",
    "create_tool_dispatcher",
    "serve",
    "tool_dispatcher",
]


def __getattr__(name: str) -> object:
    """Load the server when it is first asked for."""
    if name in ("ChatServer", "serve"):
        from . import server

        return getattr(server, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
