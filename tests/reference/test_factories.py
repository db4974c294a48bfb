"""The reference's ways to a dispatcher: each binds to its user, none remembers another's."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

import pytest
from tests.reference.test_dispatcher import Async, context

from goldenpath.reference import (
    MAX_PER_USER,
    NotByFactory,
    NotPermitted,
    RequestScopedDispatcher,
    SessionClosed,
    ToolExecutorFactory,
    TooManyDispatchers,
    UnifiedToolDispatcher,
    UserContext,
    UserEmitter,
    create_request_scoped_tool_dispatcher,
    create_tool_dispatcher,
    tool_dispatcher,
)


class Manager:
    """Notes whom it is asked to send to."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    async def send_to_user(self, user_id: str, message: Any, /) -> bool:
        self.sent.append(user_id)
        return True


async def answer(**_: Any) -> str:
    return "found"


async def by_facade(user: UserContext, manager: Manager | None, tools: Any) -> Any:
    return create_tool_dispatcher(tools, manager and UserEmitter(user, manager), user)


async def by_function(user: UserContext, manager: Manager | None, tools: Any) -> Any:
    emitter = manager and UserEmitter(user, manager)
    return await create_request_scoped_tool_dispatcher(user, tools, emitter)


async def by_classmethod(user: UserContext, manager: Manager | None, tools: Any) -> Any:
    emitter = manager and UserEmitter(user, manager)
    return await UnifiedToolDispatcher.create_for_user(user, emitter, tools)


FACTORY = ToolExecutorFactory()


async def by_object(user: UserContext, manager: Manager | None, tools: Any) -> Any:
    return await FACTORY.create_request_scoped_dispatcher(user, tools, manager)


WAYS = [by_facade, by_function, by_classmethod, by_object]
Make = Callable[..., Awaitable[RequestScopedDispatcher]]


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


@pytest.mark.parametrize("make", WAYS)
def test_each_way_holds_the_tools_and_is_bound_to_the_user(make: Make) -> None:
    """One after the other; who comes without a transport has none."""

    async def main() -> list[str]:
        manager = Manager()
        ann = await make(context(user_id="ann"), manager, [Async(answer)])
        ben = await make(context(user_id="ben"), None, [Async(answer)])
        assert (ann.context.user_id, ben.context.user_id) == ("ann", "ben")
        assert [await each.execute_tool("tool") for each in (ann, ben)] == ["found"] * 2
        assert (ann.has_websocket_support, ben.has_websocket_support) == (True, False)
        for each in (ann, ben):
            await each.cleanup()
        return manager.sent

    assert run(main()) == ["ann", "ann"]


def test_a_factory_object_has_a_manager_for_those_who_bring_none() -> None:
    """It was given to the object, and by no call."""

    async def main() -> tuple[list[str], list[str]]:
        ours, own = Manager(), Manager()
        factory = ToolExecutorFactory(ours)
        for manager in (own, None):
            made = await factory.create_request_scoped_dispatcher(
                context(), [Async(answer)], manager
            )
            await made.execute_tool("tool")
        return ours.sent, own.sent

    assert run(main()) == (["a user_id"] * 2, ["a user_id"] * 2)


def test_the_dispatcher_of_a_context_ends_with_it() -> None:
    """However it is left."""

    async def main() -> None:
        for error in (None, KeyError()):
            scope = tool_dispatcher(context(), [Async(answer)])
            made = await scope.__aenter__()
            assert await made.execute_tool("tool") == "found"
            with suppress(KeyError):
                await scope.__aexit__(error and type(error), error, None)
            with pytest.raises(SessionClosed):
                await made.execute_tool("tool")

    run(main())


def test_only_its_factory_makes_a_unified_dispatcher() -> None:
    for given in [(), (context(),), (context(), None, [])]:
        with pytest.raises(NotByFactory, match="create_for_user"):
            UnifiedToolDispatcher(*given)


def test_a_user_may_have_so_many_and_no_more() -> None:
    """Another user is not concerned; a place is given back by cleanup, once."""

    async def main() -> None:
        make = UnifiedToolDispatcher.create_for_user
        first, *others = [await make(context(user_id="ann")) for _ in range(MAX_PER_USER)]
        with pytest.raises(TooManyDispatchers, match=str(MAX_PER_USER)):
            await make(context(user_id="ann"))
        assert [each.has_tool("x") for each in (first, *others)] == [False] * MAX_PER_USER
        ben = await make(context(user_id="ben"))
        await first.cleanup()
        await first.cleanup()
        again = await make(context(user_id="ann"))
        with pytest.raises(TooManyDispatchers):
            await make(context(user_id="ann"))
        for each in (*others, again, ben):
            await each.cleanup()

    run(main())
    assert not {"ann", "ben"} & UnifiedToolDispatcher._open.keys()


def test_who_is_forgotten_gives_the_place_back() -> None:
    """A request that broke before it could clean up keeps none for ever."""

    async def main() -> None:
        for _ in range(3 * MAX_PER_USER):
            await UnifiedToolDispatcher.create_for_user(context(user_id="cas"))
            gc.collect()

    run(main())


def test_admin_tools_are_for_admins_who_ask_for_them() -> None:
    tool = Async(answer, admin_only=True)

    async def call(*, admin: bool, asks: bool) -> Any:
        user = context(user_id="dan", is_admin=admin)
        made = await UnifiedToolDispatcher.create_for_user(user, None, [tool], asks)
        try:
            return await made.execute_tool("tool")
        finally:
            await made.cleanup()

    assert run(call(admin=True, asks=True)) == "found"
    for admin, asks in ((True, False), (False, True), (False, False)):
        with pytest.raises(NotPermitted):
            run(call(admin=admin, asks=asks))
