"""Tool dispatch for the chat gateway: one mailbox per user session.

Callers put a ``Call`` into the session's mailbox and wait for its reply. A single worker per session takes the calls
out and opens a conversation (a task) for each, so that calls overlap: the worker never waits for a tool.
"""

from __future__ import annotations

import asyncio
import contextvars
import copy
import inspect
import json
import logging
import traceback
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from goldenpath import dispatcher

log = logging.getLogger("gateway.sessions")
SEND_TIMEOUT, STOP_GRACE = (
    1.0,
    5.0,
)  # for a socket that hangs; for a tool to react to its cancellation at cleanup
_STOP = object()


class DispatchError(RuntimeError):
    """What the session itself refuses or reports; a tool's own exception reaches the caller as it is."""


class SessionClosed(DispatchError):
    """The session was cleaned up, before the call or while it ran."""


class Outcome(NamedTuple):
    state: str  # "ok", "failed" or "stopped"
    value: Any = None
    error: BaseException | None = None


@dataclass(eq=False)
class Call:
    """A letter in the mailbox. ``context`` is the caller's, so that its tracing ids reach the tool."""

    name: str
    tool: Any
    arguments: dict[str, Any]
    reply: asyncio.Future[Outcome]
    call_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    context: contextvars.Context = field(default_factory=contextvars.copy_context)
    runner: asyncio.Task[Outcome] | None = None
    stop_requested: bool = False

    def stop(self) -> None:
        """Ask for the end of this call; without effect once its tool has ended."""
        if self.runner is None or self.runner.cancel():
            self.stop_requested = True

    def stopped(self) -> Outcome:
        return Outcome(
            "stopped",
            error=SessionClosed(
                f"tool {self.name!r} was stopped: its caller left or its session closed"
            ),
        )


def _for_wire(value: Any) -> Any:
    """A copy that JSON can carry and that nobody else holds; values JSON does not know appear as their repr."""
    for attempt in (
        lambda: json.dumps(value) and copy.deepcopy(value),
        lambda: json.loads(json.dumps(value, default=repr, skipkeys=True)),
    ):
        try:
            return attempt()
        except Exception:
            continue
    return f"<{type(value).__name__}>"


async def _invoke(call: Call) -> Outcome:
    try:
        value = (getattr(call.tool, "arun", None) or call.tool)(**call.arguments)
        return Outcome("ok", await value if inspect.isawaitable(value) else value)
    except asyncio.CancelledError:
        raise
    except BaseException as error:  # a tool that calls sys.exit() must not take the gateway with it
        own = (
            error
            if isinstance(error, Exception)
            else DispatchError(f"tool {call.name!r} failed with {error!r}")
        )
        return Outcome("failed", error=own)


class Session:
    """The dispatcher of one user: registry, mailbox, worker and the conversations in progress."""

    def __init__(self, user: Any, manager: Any, tools: Any = ()) -> None:
        self._user_id, self._thread_id, self._run_id = user.user_id, user.thread_id, user.run_id
        self._is_admin = bool(getattr(user, "is_admin", False))
        self._manager = manager
        self._mailbox: asyncio.Queue[Any] = asyncio.Queue()
        self._worker: asyncio.Task[None] | None = None
        self._active: dict[Call, asyncio.Task[Outcome]] = {}
        self._closed = False
        self._registry: dict[str, Any] = {tool.name: tool for tool in tools or ()}

    has_websocket_support = property(lambda self: self._manager is not None)
    websocket_bridge = property(lambda self: self._manager)

    @property
    def tools(self) -> dict[str, Any]:
        """What this user may call: tools for administrators do not exist for anybody else."""
        return {
            n: t
            for n, t in self._registry.items()
            if self._is_admin or not getattr(t, "admin_only", False)
        }

    def get_available_tools(self) -> list[str]:
        return list(self.tools)

    def has_tool(self, name: str) -> bool:
        return name in self.get_available_tools()

    def register_tool(self, tool: Any) -> None:
        if self._closed:
            raise SessionClosed("cannot register a tool: the session is closed")
        self._registry[tool.name] = tool

    async def execute_tool(
        self, tool_name: str, parameters: Mapping[str, Any] | None = None
    ) -> Any:
        """Put a call into the mailbox and wait for its reply. A cancelled caller leaves once its call is closed."""
        if self._closed:
            raise SessionClosed(f"cannot run tool {tool_name!r}: the session is closed")
        if not self.has_tool(tool_name):
            raise DispatchError(f"no tool {tool_name!r} in this session")
        if parameters is not None and not (
            isinstance(parameters, Mapping) and all(isinstance(k, str) for k in parameters)
        ):
            raise DispatchError(
                f"tool {tool_name!r} needs a mapping of names to values, got {type(parameters).__name__}"
            )
        reply: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        call = Call(tool_name, self._registry[tool_name], dict(parameters or {}), reply)
        self._mailbox.put_nowait(call)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work(), name="session-mailbox")
            self._worker.add_done_callback(self._return_undelivered)
        cancelled = None
        while not reply.done():
            try:
                await asyncio.wait({reply})
            except asyncio.CancelledError as error:
                cancelled = error
                call.stop()
        if cancelled is not None:
            raise cancelled
        if (outcome := reply.result()).error is not None:
            raise outcome.error
        return outcome.value

    async def dispatch_tool(
        self, /, tool_name: str, parameters: Mapping[str, Any] | None = None, **context: Any
    ) -> Any:
        return await self.execute_tool(tool_name, parameters)

    async def dispatch(self, /, *tool_name: str, **parameters: Any) -> Any:
        """``dispatch(tool_name, **parameters)``: a parameter may have any name, even ``tool_name``."""
        (name,) = tool_name or (parameters.pop("tool_name", None),)
        return await self.execute_tool(name, parameters)

    async def cleanup(self) -> None:
        if not self._closed:
            self._closed = True
            self._registry.clear()
            self._mailbox.put_nowait(_STOP)
        if self._worker is not None and not self._worker.done():
            await asyncio.wait({self._worker}, timeout=STOP_GRACE + 1)

    async def _work(self) -> None:
        while (call := await self._mailbox.get()) is not _STOP:
            self._active[call] = task = asyncio.create_task(
                self._converse(call), context=call.context
            )
            task.add_done_callback(lambda task, call=call: self._answer(call, task))
        if self._active:
            for call in self._active:
                call.stop()
            await asyncio.wait(set(self._active.values()), timeout=STOP_GRACE)

    def _answer(self, call: Call, task: asyncio.Task[Outcome]) -> None:
        self._active.pop(call, None)
        call.reply.set_result(call.stopped() if task.cancelled() else task.result())

    def _return_undelivered(self, _worker: asyncio.Task[None]) -> None:
        while not self._mailbox.empty():
            if (call := self._mailbox.get_nowait()) is not _STOP:
                call.reply.set_result(call.stopped())

    async def _converse(self, call: Call) -> Outcome:
        await self._publish("tool.started", call, arguments=_for_wire(call.arguments))
        if not call.stop_requested:
            call.runner = asyncio.create_task(_invoke(call))
            await asyncio.wait({call.runner})
        if call.stop_requested:
            outcome = call.stopped()
        elif call.runner.cancelled():
            outcome = Outcome("failed", error=DispatchError(f"tool {call.name!r} cancelled itself"))
        else:
            outcome = call.runner.result()
        told = {"output": _for_wire(outcome.value)}
        if outcome.error is not None:
            told = {"reason": "".join(traceback.format_exception_only(outcome.error)).strip()}
        await self._publish("tool.finished", call, state=outcome.state, **told)
        return outcome

    async def _publish(self, kind: str, call: Call, **body: Any) -> None:
        """Best effort: whatever happens to the socket, the call goes on."""
        if self._manager is None:
            return
        message = {
            "kind": kind,
            "to": self._user_id,
            "thread": self._thread_id,
            "run": self._run_id,
            "body": {"call": call.call_id, "tool": call.name, **body},
        }

        async def send() -> None:
            try:
                await self._manager.send_to_user(self._user_id, message)
            except Exception:
                log.warning("%s of call %s was lost", kind, call.call_id, exc_info=True)

        sending = asyncio.create_task(send())
        await asyncio.wait({sending}, timeout=SEND_TIMEOUT)
        sending.cancel()  # no effect once it is done


@dispatcher(
    dialect={
        "type": "kind",
        "types": {"tool.started": "tool_executing", "tool.finished": "tool_completed"},
        "fields": {
            "user": "to",
            "thread": "thread",
            "run": "run",
            "call": "body.call",
            "tool": "body.tool",
            "status": "body.state",
            "parameters": "body.arguments",
            "result": "body.output",
            "error": "body.reason",
        },
        "statuses": {"ok": "success", "failed": "error", "stopped": "cancelled"},
    }
)
async def make(user, tap, tools):
    return Session(user, tap.manager, tools)
