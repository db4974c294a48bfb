"""The reference's dispatcher: synchronous tools in threads, timeouts, and who may call what."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import pytest
from tests import virtual

from goldenpath.reference import (
    DuplicateTool,
    InvalidTool,
    NotPermitted,
    PlatformError,
    RequestScopedDispatcher,
    SessionClosed,
    ToolRegistry,
    ToolTimedOut,
    UserContext,
    UserEmitter,
)

T = TypeVar("T")
IDS = ("user_id", "thread_id", "run_id", "request_id", "session_id")


def context(**more: Any) -> UserContext:
    return UserContext(**{**{name: f"a {name}" for name in IDS}, **more})


class Named:
    """What every tool has."""

    description = "Does something."

    def __init__(self, does: Callable[..., Any], name: str = "tool", **more: Any) -> None:
        self.name, self.parameters, self._does = name, {"type": "object"}, does
        vars(self).update(more)


class Async(Named):
    async def arun(self, /, **parameters: Any) -> Any:
        return await self._does(**parameters)


class Sync(Named):
    def __call__(self, /, **parameters: Any) -> Any:
        return self._does(**parameters)


class Events:
    """A transport that keeps what it is given."""

    def __init__(self) -> None:
        self.messages: list[Any] = []

    async def send_to_user(self, user_id: str, message: Any) -> bool:
        self.messages.append(message)
        return True

    def said(self) -> list[tuple[str, Any]]:
        """The type and status of each event."""
        return [(m["type"], m["data"].get("status")) for m in self.messages]


def session(
    *tools: Any, timeout: float | None = None, **more: Any
) -> tuple[RequestScopedDispatcher, Events]:
    events, who = Events(), context(**more)
    return RequestScopedDispatcher(who, UserEmitter(who, events), tools, timeout), events


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(asyncio.wait_for(work, 60))


# --- synchronous tools ---------------------------------------------------------------------------


def test_a_synchronous_tool_runs_in_a_thread_of_its_own_while_the_loop_turns() -> None:
    """It gets its parameters, and its caller what it returns; the loop is what lets it go on."""
    free, where = threading.Event(), []

    def work(**given: Any) -> Any:
        where.append(threading.get_ident())
        return free.wait(60) and given

    dispatcher, events = session(Sync(work))

    async def main() -> Any:
        call = asyncio.create_task(dispatcher.execute_tool("tool", {"self": 1, "context": None}))
        while not where:
            await asyncio.sleep(0)
        free.set()
        return await call

    assert run(main()) == {"self": 1, "context": None}
    assert where != [threading.get_ident()]
    assert events.said() == [("tool_executing", "executing"), ("tool_completed", "success")]


def test_a_synchronous_tool_that_fails_tells_its_own_exception() -> None:
    """As an asynchronous one does."""

    def work() -> None:
        raise LookupError("not there")

    dispatcher, events = session(Sync(work))

    with pytest.raises(LookupError, match="not there"):
        run(dispatcher.execute_tool("tool"))
    assert events.said()[-1] == ("tool_completed", "error")


class Held:
    """A synchronous tool that ends when it is let go, and notes that it did."""

    def __init__(self) -> None:
        self.free, self.began, self.ended = threading.Event(), threading.Event(), False

    def __call__(self) -> str:
        self.began.set()
        self.free.wait(60)
        self.ended = True
        return "done"

    async def begun(self) -> None:
        while not self.began.is_set():
            await asyncio.sleep(0)


async def turns() -> None:
    """Give everybody time to do what they would do too early."""
    for _ in range(50):
        await asyncio.sleep(0)


def test_a_caller_who_gives_up_is_told_when_the_thread_has_ended() -> None:
    """A thread cannot be stopped, and nobody is told before it has."""
    held = Held()
    dispatcher, events = session(Sync(held))

    async def main() -> None:
        call = asyncio.create_task(dispatcher.execute_tool("tool"))
        await held.begun()
        call.cancel()
        await turns()
        assert not call.done()
        assert not held.ended
        held.free.set()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert held.ended

    run(main())
    assert events.said() == [("tool_executing", "executing"), ("tool_completed", "cancelled")]
    assert dispatcher.metrics.cancelled == 1


def test_cleanup_waits_for_a_thread() -> None:
    """Its caller is told that the session is closed, and nothing is left at work."""
    held = Held()
    dispatcher, events = session(Sync(held))

    async def main() -> None:
        call = asyncio.create_task(dispatcher.execute_tool("tool"))
        await held.begun()
        cleaning = asyncio.create_task(dispatcher.cleanup())
        await turns()
        assert not cleaning.done()
        held.free.set()
        await cleaning
        assert held.ended
        with pytest.raises(SessionClosed):
            await call

    run(main())
    assert events.said()[-1] == ("tool_completed", "cancelled")


# --- timeouts ------------------------------------------------------------------------------------


def hangs(ended: list[str]) -> Callable[..., Awaitable[None]]:
    async def work() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("stopped")
            raise

    return work


@pytest.mark.parametrize("via", ["execute_tool", "dispatch_tool", "dispatch"])
def test_a_tool_that_hangs_is_stopped_in_time(via: str) -> None:
    """Its caller is told which tool and after how long, and its user that it was a timeout."""
    ended: list[str] = []
    dispatcher, events = session(Async(hangs(ended)), timeout=2.5)

    async def main() -> float:
        with pytest.raises(ToolTimedOut, match=r"tool 'tool' was stopped after 2\.5 seconds"):
            await getattr(dispatcher, via)("tool")
        return asyncio.get_running_loop().time()

    assert virtual.run(main()) == pytest.approx(2.5)
    assert ended == ["stopped"]
    assert events.said() == [("tool_executing", "executing"), ("tool_completed", "timeout")]
    assert (dispatcher.metrics.failed, dispatcher.metrics.cancelled) == (1, 0)
    assert issubclass(ToolTimedOut, PlatformError)


@pytest.mark.parametrize("timeout", [None, 5.0])
def test_a_tools_own_timeout_is_a_failure_like_any_other(timeout: float | None) -> None:
    """It reaches the caller as the tool raised it."""

    async def work() -> None:
        async with asyncio.timeout(1.0):
            await asyncio.Event().wait()

    dispatcher, events = session(Async(work), timeout=timeout)

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await dispatcher.execute_tool("tool")

    virtual.run(main())
    assert events.said()[-1] == ("tool_completed", "error")


def test_a_tool_that_ends_in_time_is_not_stopped() -> None:
    """Nor one that takes for ever where no timeout was asked for."""

    async def work() -> str:
        await asyncio.sleep(1.0)
        return "done"

    for timeout in (1.5, None):
        dispatcher, events = session(Async(work), timeout=timeout)

        assert virtual.run(dispatcher.execute_tool("tool")) == "done"
        assert events.said()[-1] == ("tool_completed", "success")


def test_a_caller_who_gives_up_before_the_timeout_was_not_timed_out() -> None:
    """A cancellation stays one."""
    ended: list[str] = []
    dispatcher, events = session(Async(hangs(ended)), timeout=10.0)

    async def main() -> None:
        call = asyncio.create_task(dispatcher.execute_tool("tool"))
        await asyncio.sleep(1.0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

    virtual.run(main())
    assert ended == ["stopped"]
    assert events.said()[-1] == ("tool_completed", "cancelled")


def test_a_synchronous_tool_that_takes_too_long_is_told_of_when_it_has_ended() -> None:
    """It cannot be stopped; that it took too long is told all the same."""
    held = Held()
    dispatcher, events = session(Sync(held), timeout=0.001)

    async def main() -> None:
        call = asyncio.create_task(dispatcher.execute_tool("tool"))
        await held.begun()
        await asyncio.sleep(0.01)
        await turns()
        assert not call.done()
        held.free.set()
        with pytest.raises(ToolTimedOut):
            await call
        assert held.ended

    run(main())
    assert events.said()[-1] == ("tool_completed", "timeout")


# --- what is a tool, and who may call it ---------------------------------------------------------


async def nothing(**_: Any) -> None: ...


def test_a_tool_is_asynchronous_or_can_be_called() -> None:
    """Something with an `arun` that cannot be called is a mistake, even if it can be called."""

    class Confused(Sync):
        arun = "a name"

    registry = ToolRegistry([Async(nothing, "a"), Sync(print, "b")])

    assert registry.names() == ["a", "b"]
    for wrong in (Named(print), Confused(print), print, None, "tool"):
        with pytest.raises(InvalidTool):
            registry.register(wrong)  # type: ignore[arg-type]
    with pytest.raises(DuplicateTool, match="'b'"):
        registry.register(Async(nothing, "b"))
    assert registry.names() == ["a", "b"]


@pytest.mark.parametrize("kind", [Async, Sync])
@pytest.mark.parametrize("via", ["execute_tool", "dispatch_tool", "dispatch"])
def test_a_tool_for_admins_is_refused_to_others(kind: Any, via: str) -> None:
    """By name, before anything is shown or run; an admin may call it by every door."""
    ran: list[int] = []

    async def work() -> None:
        ran.append(1)

    does = work if kind is Async else lambda: ran.append(1)
    tool = kind(does, admin_only=True)
    (user, seen), (admin, _) = session(tool), session(tool, is_admin=True)

    with pytest.raises(NotPermitted, match="permission denied: tool 'tool' is for admins only"):
        run(getattr(user, via)("tool"))
    assert (ran, seen.messages) == ([], [])
    run(getattr(admin, via)("tool"))
    assert ran == [1]


@pytest.mark.parametrize("name", IDS)
@pytest.mark.parametrize("value", [None, "", "   ", 0])
def test_a_context_without_an_id_is_refused(name: str, value: Any) -> None:
    """Any id that could stand for nobody or for everybody."""
    with pytest.raises(ValueError, match=f"needs a {name}"):
        context(**{name: value})
    with pytest.raises(ValueError, match="got None"):
        UserContext.from_user(None)


def test_a_plain_function_is_a_tool() -> None:
    """Under its own name, with what it says of itself; an async one, and one that blocks."""

    async def ask(**parameters: Any) -> Any:
        """Ask somebody."""
        return parameters

    def look(**parameters: Any) -> Any:
        return list(parameters)

    async def main() -> None:
        session = RequestScopedDispatcher(context())
        for function in (ask, look):
            session.register_tool(function)  # type: ignore[arg-type]

        assert session.get_available_tools() == ["ask", "look"]
        assert session.tools["ask"].description == "Ask somebody."
        assert await session.execute_tool("ask", {"self": 1, "function": 2}) == {
            "self": 1,
            "function": 2,
        }
        assert await session.execute_tool("look", {"self": 1}) == ["self"]

    asyncio.run(main())


def test_a_function_for_admins_says_so() -> None:
    """By a mark, as a tool does."""

    def rule() -> None: ...

    rule.admin_only = True  # type: ignore[attr-defined]
    session = RequestScopedDispatcher(context())
    session.register_tool(rule)  # type: ignore[arg-type]

    with pytest.raises(NotPermitted):
        asyncio.run(session.execute_tool("rule"))
