"""pydantic-ai as a target: an agent of the framework, with a planted model and planted tools.

What is judged is what the framework itself tells, in the two ways in which it tells it:

- The events of a run, by `event_stream_handler`: `run` awaits it in its own task, event by event,
  before it goes on. `run_stream_events` is such a handler behind a second task and a memory stream,
  which lets the run be one event ahead; an event that is missing here is missing there.
- The beginning and the end of a run are not in that stream. They are told to capabilities:
  `before_run`, `after_run` and `on_run_error` (of a cancellation too). That they are called, when,
  and how often is up to the framework; this module passes on what it is told and stamps nothing.

Run and conversation ids are those of the framework's RunContext. It knows no user, so no user id is
sent. The envelope is built by the planted transport and proves nothing (CONTENT-1). An event that
cannot be sent is dropped here, so breaking the transport would only test this module.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pydantic_ai as ai
from pydantic_ai.agent import AbstractAgent
from pydantic_ai.capabilities import AbstractCapability, CapabilityOrdering
from pydantic_ai.models import function
from pydantic_core import to_jsonable_python

from goldenpath.adapters.agent import Plan
from goldenpath.declare import agent as declare_agent
from goldenpath.errors import UsageProblem
from goldenpath.plant import PlantedUser, Tap, Tools

EVENTS = {
    "agent_started": "native",  # before_run
    "agent_thinking": "native",  # part_start of a thinking part
    "tool_executing": "native",  # function_tool_call
    "tool_completed": "native",  # function_tool_result, its outcome as status
    "agent_completed": "native",  # after_run; agent_failed and agent_cancelled: on_run_error
}

#: The framework's words for outcomes; all others are errors.
_STATUS = {"success": "success", "interrupted": "cancelled"}


@dataclass
class Reporter(AbstractCapability[Any]):
    """Passes on what the framework tells of one run."""

    tap: Tap

    def get_ordering(self) -> CapabilityOrdering:
        """Outside of the user's own capabilities, so that what they change is seen."""
        return CapabilityOrdering(position="outermost")

    async def before_run(self, ctx: ai.RunContext[Any]) -> None:
        """The run begins."""
        await self._send(ctx, "agent_started")

    async def after_run(self, ctx: ai.RunContext[Any], *, result: Any) -> Any:
        """The run has a result."""
        await self._send(ctx, "agent_completed", status="success", result=_data(result.output))
        return result

    async def on_run_error(self, ctx: ai.RunContext[Any], *, error: BaseException) -> Any:
        """The run has failed, or was cancelled."""
        if isinstance(error, asyncio.CancelledError | ai.RunCancelled):
            await self._send(ctx, "agent_cancelled", status="cancelled")
        else:
            await self._send(ctx, "agent_failed", status="error", error=str(error))
        raise error

    async def handle(self, ctx: ai.RunContext[Any], events: AsyncIterable[object]) -> None:
        """The run's event stream."""
        async for event in events:
            match event:
                case ai.PartStartEvent(part=ai.ThinkingPart(content=thought)):
                    await self._send(ctx, "agent_thinking", reasoning=thought)
                case ai.FunctionToolCallEvent(part=call):
                    given = {"tool_name": call.tool_name, "parameters": call.args_as_dict()}
                    await self._send(ctx, "tool_executing", call_id=call.tool_call_id, **given)
                case ai.FunctionToolResultEvent(part=part):
                    status = _STATUS.get(part.outcome, "error")
                    said = {"result" if status == "success" else "error": _data(part.content)}
                    said |= {"tool_name": part.tool_name, "call_id": part.tool_call_id}
                    await self._send(ctx, "tool_completed", status=status, **said)

    async def _send(self, ctx: ai.RunContext[Any], event_type: str, **fields: Any) -> None:
        if self.tap.manager is not None:
            ids = {"run_id": ctx.run_id, "thread_id": ctx.conversation_id}
            with suppress(ConnectionError):
                await self.tap.manager.send_event(event_type, {**ids, **fields})


def _data(value: Any) -> Any:
    """A value as JSON data; what the framework leaves an object is named by its type, since its
    repr would be our doing.
    """
    return to_jsonable_python(value, fallback=lambda other: f"[{type(other).__name__}]")


def planted_model(plan: Plan, thought: str) -> function.FunctionModel:
    """A model that, without a network, thinks and makes a round of the plan at each request."""
    rounds = iter(plan.rounds)

    async def turn(_: Any, info: function.AgentInfo) -> AsyncIterator[Any]:
        yield {0: function.DeltaThinkingPart(content=thought)}
        calls = next(rounds, None)
        if calls is None:
            yield _answer(plan.answer, info)
            return
        for place, call in enumerate(calls, 1):
            given = json.dumps(call.arguments)
            yield {place: function.DeltaToolCall(call.tool, given, tool_call_id=call.id)}

    return function.FunctionModel(stream_function=turn)


def _answer(text: str, info: function.AgentInfo) -> Any:
    """The answer in the form that the agent's output settings ask for."""
    form = info.model_request_parameters.output_object
    if info.output_tools and not info.allow_text_output:
        tool, schema = info.output_tools[0].name, info.output_tools[0].parameters_json_schema
        return {1: function.DeltaToolCall(tool, json.dumps(_filled(schema, text, schema)))}
    return json.dumps(_filled(form.json_schema, text, form.json_schema)) if form else text


def _filled(schema: Mapping[str, Any], text: str, root: Mapping[str, Any], deep: int = 0) -> Any:
    """A simple value of a JSON schema, with `text` wherever a string may stand."""
    if "$ref" in schema:
        return _filled(root["$defs"][schema["$ref"].rpartition("/")[2]], text, root, deep + 1)
    for choices in (schema.get("anyOf"), schema.get("oneOf")):
        if choices:  # the last one where a type holds itself: None, as a rule
            return _filled(choices[-1 if deep > 4 else 0], text, root, deep + 1)
    if schema.get("type") == "object":
        inner = schema.get("properties", {})
        return {name: _filled(about, text, root, deep + 1) for name, about in inner.items()}
    if schema.get("type") == "array":
        items = schema.get("prefixItems") or [schema.get("items", {})]
        return [] if deep > 4 else [_filled(item, text, root, deep + 1) for item in items]
    plain = {"integer": 0, "number": 0, "boolean": False, "null": None}
    default = schema.get("minimum", plain.get(schema.get("type", ""), text))
    return schema.get("const", schema.get("enum", [default])[0])


@dataclass
class Session:
    """One user's way to the agent."""

    agent: AbstractAgent[Any, Any]
    deps: Any
    user: PlantedUser
    tap: Tap
    tools: Tools

    async def run(self, message: str, plan: Plan) -> Any:
        """Let the agent work on the plan. The limit of model requests is lifted: plans are long."""
        reporter = Reporter(self.tap)
        tools = [
            ai.Tool[Any].from_schema(tool.arun, tool.name, tool.description, tool.parameters)
            for tool in self.tools
        ]
        model = planted_model(plan, f"I think, for {self.user.canary}.")
        with self.agent.override(model=model, tools=tools, toolsets=[]):
            result = await self.agent.run(
                message,
                deps=self.deps,
                run_id=self.user.run_id,
                conversation_id=self.user.thread_id,
                usage_limits=ai.UsageLimits(request_limit=None),
                event_stream_handler=reporter.handle,
                capabilities=[reporter],
            )
        return _data(result.output)


def wrap(agent: object, deps: Any = None) -> Callable[[PlantedUser, Tap, Tools], Session]:
    """Make a target of a user's own agent, shared by all sessions as in production.

    Its model, tools and toolsets are overridden; its output settings, instructions and capabilities
    stay. An output validator that refuses the planted answer fails the run.
    """
    if not isinstance(agent, AbstractAgent):
        got = f"a {type(agent).__name__}"
        raise UsageProblem("this is no agent", expected="a pydantic_ai.Agent", got=got)

    @declare_agent(events=EVENTS, transport=False)
    def make(user: PlantedUser, tap: Tap, tools: Tools) -> Session:
        return Session(agent, deps, user, tap, tools)

    return make


#: The target `pydantic-ai`: one plain agent, shared by all users, as its documentation recommends.
embedded = wrap(ai.Agent(name="goldenpath"))
