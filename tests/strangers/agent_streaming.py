"""Assistant that streams: an async generator of events, and a sender that consumes it.

``EventSource.events`` is the whole behaviour of the agent, written as a generator: it yields what happens, in the order
in which it happens, and is resumed only after the sender has put that event on the wire. So ``tool_executing`` is out
before the tool starts, and nobody overtakes anybody. Thoughts are streamed in parts, as a model would produce them.

``Sender.pump`` drives the generator. If the run is cancelled while an event is being sent, the event is finished first
and the cancellation is then thrown into the generator, which closes what is open and ends the stream.
"""

import asyncio
import copy
import functools
import json
import logging
import time
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, AsyncIterator

from goldenpath import agent

log = logging.getLogger("assistant.stream")
WORDS_PER_PART = 6
SEND_TIMEOUT_S = 5.0
ENDINGS_WITHOUT_EMITTER_METHOD = {"agent_failed", "agent_cancelled"}


@dataclass
class StreamEvent:
    kind: str
    data: dict = field(default_factory=dict)


@dataclass
class OpenCall:
    """A call whose tool_executing is out and whose tool_completed is not."""

    call: Any
    began: float
    task: asyncio.Task | None = None

    def close(self) -> StreamEvent:
        status, result, error = "cancelled", None, "cancelled before it had ended"
        if self.task and self.task.done() and not self.task.cancelled():
            status, result, error = self.task.result()
        took = round((time.perf_counter() - self.began) * 1000, 3)
        data = {"tool_name": self.call.tool, "call_id": self.call.id, "execution_time_ms": took}
        return StreamEvent(
            "tool_completed", data | {"status": status, "result": result, "error": error}
        )


def plain(value):
    try:
        json.dumps(value)
        return copy.deepcopy(value)
    except (TypeError, ValueError, RecursionError):
        return repr(value)


def parts_of(text: str, step: int):
    """The text in parts of a few words; all but the last one are marked as partial."""
    words = text.split()
    for start in range(0, len(words), WORDS_PER_PART):
        part = " ".join(words[start : start + WORDS_PER_PART])
        more = start + WORDS_PER_PART < len(words)
        yield StreamEvent(
            "agent_thinking", {"reasoning": part, "step_number": step, "partial": more}
        )


class EventSource:
    """Produces the events of one run."""

    def __init__(self, user, tools):
        self._user = user
        self._tools = tools
        self._open: list[OpenCall] = []
        self.unwinding = False

    async def events(self, message, plan) -> AsyncIterator[StreamEvent]:
        total = len(plan.rounds)
        try:
            yield StreamEvent(
                "agent_started", {"context": {"message": plain(message), "rounds": total}}
            )
            for step, calls in enumerate(plan.rounds, start=1):
                wanted = " and then ".join(call.tool for call in calls) or "nothing more"
                for part in parts_of(
                    f"For step {step} of {total} I am going to ask {wanted}, then look again.", step
                ):
                    yield part
                async with aclosing(self._round(calls)) as happenings:
                    async for event in happenings:
                        yield event
            for part in parts_of(
                "I have all that I need, so I am writing the answer now.", total + 1
            ):
                yield part
        except asyncio.CancelledError:
            self.unwinding = True
            for item in self._open:
                yield item.close()
            yield StreamEvent(
                "agent_cancelled", {"status": "cancelled", "error": "the run was cancelled"}
            )
            raise
        except Exception as exc:
            self.unwinding = True
            yield StreamEvent(
                "agent_failed", {"status": "error", "error": f"{type(exc).__name__}: {exc}"}
            )
            raise
        else:
            yield StreamEvent(
                "agent_completed", {"result": plain(plan.answer), "status": "success"}
            )

    async def _round(self, calls):
        """Start the calls of a round, yield their ends as they come."""
        running, pending = {}, set()
        try:
            for call in calls:
                parameters = {name: plain(value) for name, value in call.arguments.items()}
                data = {"tool_name": call.tool, "call_id": call.id, "parameters": parameters}
                self._open.append(item := OpenCall(call, time.perf_counter()))
                yield StreamEvent("tool_executing", data)
                item.task = asyncio.create_task(self._invoke(call), name=f"tool-{call.id}")
                running[item.task] = item
            waiting = set(running)
            while waiting:
                done, pending = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    self._open.remove(running[task])
                    yield running[task].close()
                waiting = pending
        finally:
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)

    async def _invoke(self, call):
        """Run the tool; a failure is an outcome and not the end of the run."""
        try:
            tool = self._tools.get(call.tool)
            if tool is None:
                raise LookupError(f"no tool {call.tool!r}")
            if getattr(tool, "admin_only", False) and not self._user.is_admin:
                raise PermissionError(f"tool {call.tool!r} is for admins")
            return "success", plain(await tool.arun(**call.arguments)), None
        except asyncio.CancelledError:
            if asyncio.current_task().cancelling():
                raise
            return "error", None, "the tool cancelled itself"
        except Exception as exc:
            return "error", None, f"{type(exc).__name__}: {exc}"


class Sender:
    """Consumes the events of one run and puts them on the wire."""

    def __init__(self, user, emitter, manager):
        self._user = user
        self._emitter, self._manager = emitter, manager

    async def pump(self, source: EventSource, message, plan):
        stream = source.events(message, plan)
        advance = stream.__anext__
        try:
            while True:
                try:
                    event = await advance()
                except StopAsyncIteration:
                    return
                advance = stream.__anext__
                sending = asyncio.create_task(self._send(event))
                interrupted = None
                while not sending.done():
                    try:
                        await asyncio.shield(sending)
                    except asyncio.CancelledError as exc:
                        interrupted = exc
                if interrupted and event.kind == "agent_completed":
                    raise interrupted  # all is told; the generator has nothing to close
                if interrupted and not source.unwinding:
                    advance = functools.partial(stream.athrow, interrupted)
        finally:
            await stream.aclose()

    async def _send(self, event):
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                if event.kind in ENDINGS_WITHOUT_EMITTER_METHOD and self._manager is not None:
                    ids = {
                        name: getattr(self._user, name)
                        for name in ("run_id", "thread_id", "user_id")
                    }
                    await self._manager.send_event(event.kind, ids | event.data)
                elif self._emitter is not None:
                    kind = (
                        "agent_completed"
                        if event.kind in ENDINGS_WITHOUT_EMITTER_METHOD
                        else event.kind
                    )
                    await getattr(self._emitter, f"emit_{kind}")(**event.data)
        except Exception as exc:
            log.warning("run %s lost %s: %r", self._user.run_id, event.kind, exc)


class StreamingAssistant:
    def __init__(self, user, tools, emitter, manager):
        self._source = EventSource(user, {tool.name: tool for tool in tools})
        self._sender = Sender(user, emitter, manager)

    async def run(self, message, plan):
        await self._sender.pump(self._source, message, plan)
        return plan.answer


@agent()
def make(user, tap, tools):
    return StreamingAssistant(user, tools, tap.emitter, tap.manager)
