"""pydantic-ai alone: the start and end of a run are told once, to hooks, not to streams."""

import asyncio
import sys

from pydantic_ai import Agent
from pydantic_ai.capabilities import Hooks
from pydantic_ai.models.function import FunctionModel


async def told(ending):
    async def model(messages, info):
        yield "begun"
        if ending == "cancel":
            asyncio.get_running_loop().call_soon(run.cancel)
            await asyncio.sleep(60)
        if ending == "fail":
            raise ValueError

    async def handler(ctx, events):
        async for event in events:
            seen.append(event.event_kind)  # noqa: PERF401 - kept when it is cut short

    async def failed(ctx, *, error):
        seen.append(f"run_error {type(error).__name__}")
        raise error

    seen, first = [], lambda ctx: seen.append("before_run")
    last = lambda ctx, *, result: seen.append("after_run") or result  # noqa: E731
    hooks = Hooks(before_run=first, after_run=last, run_error=failed)
    agent = Agent(FunctionModel(stream_function=model), capabilities=[hooks])
    run = asyncio.create_task(agent.run("hi", event_stream_handler=handler))
    await asyncio.gather(run, return_exceptions=True)
    return seen


runs = [asyncio.run(told(ending)) for ending in ("work", "fail", "cancel")]
print(runs)
ends = ["part_end", "after_run"], ["run_error ValueError"], ["run_error CancelledError"]
sys.exit(runs != [["before_run", "part_start", "final_result", *end] for end in ends])
