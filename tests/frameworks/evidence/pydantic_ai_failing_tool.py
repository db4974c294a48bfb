"""pydantic-ai alone: a tool that raises is announced and not answered, unless by ToolFailed."""

import asyncio
import sys

from pydantic_ai import Agent, ToolFailed
from pydantic_ai.models.function import DeltaToolCall, FunctionModel


async def model(messages, info):
    yield {0: DeltaToolCall("bad", "{}", tool_call_id="c1")} if len(messages) == 1 else "done"


async def shown(error, by_handler):
    def bad():
        raise error

    async def handler(ctx, events):
        async for event in events:
            seen.add(event.event_kind)

    async def drive():
        async with agent.run_stream_events("hi") as events:
            await handler(None, events)

    agent, seen = Agent(FunctionModel(stream_function=model), tools=[bad]), set()
    try:
        await (agent.run("hi", event_stream_handler=handler) if by_handler else drive())
    except ValueError as raised:
        seen.add(f"raised {raised}")
    return sorted(seen & {"function_tool_call", "function_tool_result", "raised boom"})


told = [asyncio.run(shown(ValueError("boom"), way)) for way in (True, False)]
meant = [asyncio.run(shown(ToolFailed("boom"), way)) for way in (True, False)]
print(f"an exception, by handler and by run_stream_events: {told}; ToolFailed: {meant}")
call, result = "function_tool_call", "function_tool_result"
sys.exit((told, meant) != ([[call, "raised boom"]] * 2, [[call, result]] * 2))
