"""The embedded targets: each part of the reference platform that the suite can be pointed at."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from goldenpath.declare import agent, context, dispatcher, registry, router, transport
from goldenpath.plant import PlantedUser, Tap, Tools
from goldenpath.reference import (
    MAX_PER_USER,
    BroadcastService,
    ConnectionManager,
    EventBridge,
    EventEmitter,
    MessageRouter,
    ReplayingConnections,
    RequestScopedDispatcher,
    RouterFacade,
    ScriptedAgent,
    ToolExecutorFactory,
    ToolRegistry,
    UnifiedToolDispatcher,
    UserBroadcaster,
    UserContext,
    UserEmitter,
    broadcast_user_event,
    create_request_scoped_tool_dispatcher,
    create_tool_dispatcher,
    tool_dispatcher,
)

#: Seconds that a tool of the reference may take: long for a machine, short for who waits.
TOOL_TIMEOUT = 1.0

#: Seconds after which a user who does not take an event gets no more of this run.
SEND_TIMEOUT = 1.0


def _emitter(user: PlantedUser, tap: Tap) -> UserEmitter | None:
    context = UserContext.from_user(user)
    return UserEmitter(context, tap.manager, send_timeout=SEND_TIMEOUT) if tap.manager else None


async def _for_user(user: PlantedUser, tap: Tap, tools: Tools) -> UnifiedToolDispatcher:
    context = UserContext.from_user(user)
    return await UnifiedToolDispatcher.create_for_user(
        context, _emitter(user, tap), tools, context.is_admin, TOOL_TIMEOUT
    )


async def _by_object(user: PlantedUser, tap: Tap, tools: Tools) -> RequestScopedDispatcher:
    factory = ToolExecutorFactory(tap.manager, TOOL_TIMEOUT, SEND_TIMEOUT)
    context = UserContext.from_user(user)
    return await factory.create_request_scoped_dispatcher(context, tools)


def _by_facade(user: PlantedUser, tap: Tap, tools: Tools) -> RequestScopedDispatcher:
    context = UserContext.from_user(user)
    return create_tool_dispatcher(tools, _emitter(user, tap), context, TOOL_TIMEOUT)


def _in_context(
    user: PlantedUser, tap: Tap, tools: Tools
) -> AbstractAsyncContextManager[RequestScopedDispatcher]:
    context = UserContext.from_user(user)
    return tool_dispatcher(context, tools, _emitter(user, tap), TOOL_TIMEOUT)


def _directly(user: PlantedUser, tap: Tap, tools: Tools) -> UnifiedToolDispatcher:
    return UnifiedToolDispatcher(UserContext.from_user(user), _emitter(user, tap), tools)


#: What both dispatchers of the reference declare.
_ACCEPTS = {"tool", "sync", "function"}


@dispatcher(
    tool_timeout=TOOL_TIMEOUT,
    first_event=1.0,
    accepts=_ACCEPTS,
    factories={
        "classmethod": _for_user,
        "factory object": _by_object,
        "facade": _by_facade,
        "context manager": _in_context,
    },
)
async def reference_dispatcher(
    user: PlantedUser, tap: Tap, tools: Tools
) -> RequestScopedDispatcher:
    """The reference's dispatcher, made by its factory."""
    context = UserContext.from_user(user)
    return await create_request_scoped_tool_dispatcher(
        context, tools, _emitter(user, tap), TOOL_TIMEOUT
    )


@dispatcher(
    tool_timeout=TOOL_TIMEOUT,
    first_event=1.0,
    accepts=_ACCEPTS,
    factory_only=_directly,
    max_dispatchers_per_user=MAX_PER_USER,
)
async def reference_unified(user: PlantedUser, tap: Tap, tools: Tools) -> UnifiedToolDispatcher:
    """The reference's unified dispatcher: made by its factory only, and not without end."""
    return await _for_user(user, tap, tools)


@agent(first_event=1.0, accepts={"tool", "sync"})
def reference_agent(user: PlantedUser, tap: Tap, tools: Tools) -> ScriptedAgent:
    """The reference's agent over its dispatcher."""
    context = UserContext.from_user(user)
    emitter = UserEmitter(context, tap.manager, send_timeout=SEND_TIMEOUT)
    return ScriptedAgent(RequestScopedDispatcher(context, emitter, tools), emitter)


@router(facades={"legacy": RouterFacade})
def reference_router() -> MessageRouter:
    """The reference's router, and its facade."""
    return MessageRouter(ConnectionManager(socket_timeout=SEND_TIMEOUT))


class _Broadcasts(ConnectionManager):
    """Connections, and the service that broadcasts over them."""

    def __init__(self) -> None:
        super().__init__(socket_timeout=SEND_TIMEOUT)
        self.service = BroadcastService(self)

    async def broadcast_to_user(self, user_id: str, event: Mapping[str, Any]) -> int:
        return await self.service.broadcast_to_user(user_id, event)


class _BoundBroadcasts(_Broadcasts):
    """... by an object that is bound to the user."""

    async def broadcast_to_user(self, user_id: str, event: Mapping[str, Any]) -> int:
        return await UserBroadcaster(self.service, user_id).broadcast(event)


class _FunctionBroadcasts(_Broadcasts):
    """... by a function."""

    async def broadcast_to_user(self, user_id: str, event: Mapping[str, Any]) -> int:
        return await broadcast_user_event(event, user_id, self)


reference_broadcast_service = router(routes=False)(_Broadcasts)
reference_broadcast_bound = router(routes=False)(_BoundBroadcasts)
reference_broadcast_function = router(routes=False)(_FunctionBroadcasts)


class _Emitters(ConnectionManager):
    """Connections, and an emitter for each user."""

    def __init__(self) -> None:
        super().__init__(socket_timeout=SEND_TIMEOUT)

    def for_user(self, user: PlantedUser) -> EventEmitter:
        return EventEmitter(UserContext.from_user(user), self)


class _Bridge(_Emitters):
    """Connections, and one bridge for all runs."""

    def __init__(self) -> None:
        super().__init__()
        self.bridge = EventBridge(self)

    def for_user(self, user: PlantedUser) -> Any:
        self.bridge.register(UserContext.from_user(user))
        return self.bridge


class _Manager(ReplayingConnections):
    """Connections that are given events by user, and keep those that are missed."""

    def __init__(self) -> None:
        super().__init__(socket_timeout=SEND_TIMEOUT)


reference_emitter = transport()(_Emitters)
reference_bridge = transport()(_Bridge)
reference_manager = transport(replay=True, connect="reconnect")(_Manager)


@registry(list="names", threads=True)
def reference_registry(user: PlantedUser) -> ToolRegistry:
    """The reference's registry of tools, of which each session has its own."""
    return ToolRegistry()


@context()
def reference_context(user_id: str, thread_id: str, run_id: str, request_id: str) -> UserContext:
    """The reference's user context; its session begins with the request."""
    return UserContext(user_id, thread_id, run_id, request_id, session_id=request_id)
