"""pydantic-ai alone: one of three calls raises: none is answered, not even one that ended well."""

import asyncio

from pydantic_ai import Agent
from pydantic_ai.models.function import DeltaToolCall, FunctionModel


async def bad():
    raise ValueError


async def good():
    seen.append("good ended well")


async def slow():
    try:
        await asyncio.sleep(60)
    finally:
        seen.append("slow ended")


async def model(messages, info):
    yield {n: DeltaToolCall(t.__name__, "{}") for n, t in enumerate([bad, good, slow])}


async def main():
    async def handler(ctx, events):
        async for event in events:
            seen.append(event.event_kind)  # noqa: PERF401 - kept when it is cut short

    agent = Agent(FunctionModel(stream_function=model), tools=[bad, good, slow])
    await asyncio.gather(agent.run("hi", event_stream_handler=handler), return_exceptions=True)
    return [*seen[6:], f"{len(asyncio.all_tasks()) - 1} tasks left"]


seen, call = [], "function_tool_call"
print(told := asyncio.run(main()))
raise SystemExit(told != [call, call, call, "good ended well", "slow ended", "0 tasks left"])
