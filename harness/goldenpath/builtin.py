"""The embedded targets: the reference platform, as a dispatcher and as an agent."""

from __future__ import annotations

from goldenpath.declare import agent, dispatcher
from goldenpath.plant import PlantedUser, Tap, Tools
from goldenpath.reference import (
    RequestScopedDispatcher,
    ScriptedAgent,
    UserContext,
    UserEmitter,
    create_request_scoped_tool_dispatcher,
)

#: Seconds that a tool of the reference may take: long for a machine, short for who waits.
TOOL_TIMEOUT = 1.0

#: Seconds after which a user who does not take an event gets no more of this run.
SEND_TIMEOUT = 1.0


@dispatcher(
    tool_timeout=TOOL_TIMEOUT,
    first_event=1.0,
    accepts={"tool", "sync", "function"},
)
async def reference_dispatcher(
    user: PlantedUser, tap: Tap, tools: Tools
) -> RequestScopedDispatcher:
    """The reference's dispatcher, made by its factory."""
    context = UserContext.from_user(user)
    emitter = UserEmitter(context, tap.manager, send_timeout=SEND_TIMEOUT) if tap.manager else None
    return await create_request_scoped_tool_dispatcher(context, tools, emitter, TOOL_TIMEOUT)


@agent(first_event=1.0, accepts={"tool", "sync"})
def reference_agent(user: PlantedUser, tap: Tap, tools: Tools) -> ScriptedAgent:
    """The reference's agent over its dispatcher."""
    context = UserContext.from_user(user)
    emitter = UserEmitter(context, tap.manager, send_timeout=SEND_TIMEOUT)
    return ScriptedAgent(RequestScopedDispatcher(context, emitter, tools), emitter)
