"""pydantic-ai alone: a cancelled run leaves the call that was running unanswered in its stream."""

import asyncio
import sys

from pydantic_ai import Agent
from pydantic_ai.models.function import DeltaToolCall, FunctionModel


async def model(messages, info):
    yield {0: DeltaToolCall("slow", "{}", tool_call_id="c1")}


async def shown(by_handler):
    async def slow():
        asyncio.get_running_loop().call_soon(run.cancel)
        try:
            await asyncio.sleep(60)
        finally:
            seen.append("tool ended")

    async def handler(ctx, events):
        async for event in events:
            seen.append(event.event_kind)  # noqa: PERF401 - kept when it is cut short

    async def drive():
        async with agent.run_stream_events("hi") as events:
            await handler(None, events)

    agent, seen = Agent(FunctionModel(stream_function=model), tools=[slow]), []
    whole = agent.run("hi", event_stream_handler=handler) if by_handler else drive()
    run = asyncio.create_task(whole)
    await asyncio.wait([run])
    return [*seen[2:], "run cancelled" if run.cancelled() else "run ended"]


told = [asyncio.run(shown(by_handler)) for by_handler in (True, False)]
print(f"by handler: {told[0]}; by run_stream_events: {told[1]}")
sys.exit(told != [["function_tool_call", "tool ended", "run cancelled"]] * 2)
