"""Sessions: one object of the target per user, made by its factory and used as it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace
from tests.adapters.sessions import Made, create, sessions
from tests.planted import USERS

from goldenpath.adapters.base import Reply
from goldenpath.adapters.session import check_factory
from goldenpath.canary import find
from goldenpath.errors import UsageProblem
from goldenpath.model import Entry, Kind, Step
from goldenpath.plant import PlantedUser, Tap, Tools
from goldenpath.plant.users import INVALID


async def made_async(user: PlantedUser, tap: Tap, tools: Tools) -> Made:
    await asyncio.sleep(0)
    return Made(user, tap, tools)


@pytest.mark.parametrize("factory", [Made, made_async], ids=["class", "coroutine"])
def test_a_factory_is_given_a_user_a_tap_and_tools(factory: Callable[..., Any]) -> None:
    """Sync or async; what it makes is kept as it is."""
    found = sessions(factory)
    reply = asyncio.run(found.create(create(tools=["lookup", "echo"])))
    made = found["alice"]

    assert reply == Reply(True, {"value": "Made"})
    assert "alice" in found
    assert "bob" not in found
    assert made.user.user_id == USERS[0].user_id
    assert made.user.run_id == "run-alice"
    assert [tool.name for tool in made.given] == ["lookup", "echo"]
    assert find(made.user.canary)[0].owner == USERS[0].owner


def test_a_user_has_several_sessions_at_once() -> None:
    """Each with a run and a thread of its own, over one link, with tools that say so."""
    entries: list[Entry] = []
    found = sessions(Made, entries)
    second = create(session="second", run_id="r2", thread_id="t2")

    async def main() -> None:
        for step in (create(), second, replace(second, action="cleanup")):
            assert (await (found.create if step.action == "create" else found.cleanup)(step)).ok
        await found["alice (second)"].given[0].arun(query="x")

    asyncio.run(main())
    first, other = found["alice"], found["alice (second)"]

    assert (first.user.run_id, other.user.run_id) == ("run-alice", "r2")
    assert (first.user.thread_id, other.user.thread_id) == (USERS[0].thread_id, "t2")
    assert first.user.user_id == other.user.user_id
    assert (first.cleaned, other.cleaned) == (0, 1)
    assert [entry.what for entry in entries if entry.kind is Kind.LINK] == ["up"]
    assert {entry.session for entry in entries if entry.kind is Kind.TOOL} == {"second"}


def test_a_session_beside_others_makes_a_link_where_there_is_none() -> None:
    """And one without a transport leaves that of the others alone."""
    entries: list[Entry] = []
    found = sessions(Made, entries)
    steps = [create(session="one"), create(session="two", transport="absent")]
    for step in steps:
        asyncio.run(found.create(step))

    assert [entry.what for entry in entries if entry.kind is Kind.LINK] == ["up"]
    assert found["alice (one)"].tap.manager
    assert found["alice (two)"].tap.manager is None


def test_each_user_has_a_session_of_their_own() -> None:
    """Users, taps and tools are not mixed up, and one may be opened anew."""
    found = sessions(Made)

    async def main() -> None:
        await found.create(create("alice"))
        await found.create(create("bob"))

    asyncio.run(main())
    alice, bob = found["alice"], found["bob"]
    asyncio.run(found.create(create("alice", run_id="again")))

    assert (alice.user.name, bob.user.name) == ("alice", "bob")
    assert alice.given[0].mark != bob.given[0].mark
    assert found["alice"] is not alice
    assert found["alice"].user.run_id == "again"
    assert found["bob"] is bob


@pytest.mark.parametrize(
    ("transport", "up", "there"),
    [("working", True, True), ("raising", True, True), ("absent", False, False)],
)
def test_the_transport_is_as_the_step_says(transport: str, up: bool, there: bool) -> None:
    """An absent one has no link, and every shape of the tap is None."""
    entries: list[Entry] = []
    found = sessions(Made, entries)
    asyncio.run(found.create(create(transport=transport)))

    assert [e.what for e in entries if e.kind is Kind.LINK] == (["up"] if up else [])
    assert (found["alice"].tap.manager is not None) is there


def _raises(user: Any, tap: Any, tools: Any) -> None:
    raise PermissionError("not you")


def _exits(user: Any, tap: Any, tools: Any) -> None:
    raise SystemExit(2)


@pytest.mark.parametrize(
    ("factory", "kind", "text"),
    [
        (_raises, "PermissionError", "not you"),
        (_exits, "SystemExit", "2"),
        (lambda user, tap, tools: None, "", "the factory returned None"),
    ],
)
def test_a_factory_that_fails_is_a_failed_reply(
    factory: Callable[..., Any], kind: str, text: str
) -> None:
    """No session is kept, and the harness goes on."""
    found = sessions(factory)
    reply = asyncio.run(found.create(create()))

    assert not reply.ok
    assert (reply.value["type"], reply.value["text"]) == (kind, text)
    assert "alice" not in found


def test_a_member_is_found_under_its_declared_name() -> None:
    """Ours where none is declared; None where there is none."""
    found = sessions(Made, cleanup="end", execute_tool="cleanup")
    asyncio.run(found.create(create()))

    assert found.member("alice", "execute_tool") == found["alice"].cleanup
    assert found.member("alice", "cleanup") is None
    assert found.member("alice", "given") is found["alice"].given


class Closed:
    """A facade that lets nobody look anything up."""

    def __init__(self, *_: Any) -> None: ...

    def __getattr__(self, name: str) -> Any:
        raise ConnectionResetError(f"closed: {name}")


def test_a_member_that_raises_when_it_is_looked_up_raises_when_it_is_called() -> None:
    """A closed facade refuses the call, and does not stop the harness."""
    found = sessions(Closed)
    asyncio.run(found.create(create()))
    reply = asyncio.run(found.cleanup(create()))

    assert not reply.ok
    assert (reply.value["type"], reply.value["text"]) == ("ConnectionResetError", "closed: cleanup")


def test_cleanup_may_be_called_again() -> None:
    """The object is kept, so that what it does after its end can be seen."""
    found = sessions(Made)

    async def main() -> list[Reply]:
        await found.create(create())
        return [await found.cleanup(create()) for _ in range(2)]

    assert [reply.ok for reply in asyncio.run(main())] == [True, True]
    assert found["alice"].cleaned == 2


@pytest.mark.parametrize("member", [None, 5, "text"])
def test_a_cleanup_that_cannot_be_called_is_missing(member: Any) -> None:
    """An attribute of that name is none."""

    class Odd:
        cleanup = member

    found = sessions(lambda *_: Odd())
    asyncio.run(found.create(create()))
    reply = asyncio.run(found.cleanup(create()))

    assert reply.value["by"] == "missing"


@pytest.mark.parametrize(
    "factory",
    [
        lambda user, tap, tools: None,
        lambda *anything: None,
        lambda user, tap, tools, more=None: None,
        Made,
        made_async,
        type,
    ],
)
def test_a_factory_that_can_be_called_is_accepted(factory: Callable[..., Any]) -> None:
    """Also one whose signature nobody knows."""
    check_factory(factory, "mine")


@pytest.mark.parametrize(
    "factory",
    [lambda: None, lambda user: None, lambda user, tap, tools, more: None, lambda *, user: None],
)
def test_a_factory_that_cannot_be_called_is_named(factory: Callable[..., Any]) -> None:
    """What was expected, and the signature that is there."""
    with pytest.raises(UsageProblem, match=r"make\(user, tap, tools\)") as problem:
        check_factory(factory, "mine")

    assert "<lambda>(" in problem.value.got


# --- invalid users --------------------------------------------------------------------------------


def nobody(how: str = "None") -> Step:
    return Step(
        "s1", "alice", "create_invalid", {"run_id": "run-alice", "tools": ["lookup"], "user": how}
    )


@pytest.mark.parametrize("how", INVALID)
def test_a_session_is_asked_for_with_a_wrong_user(how: str) -> None:
    """The factory gets the wrong context, a working tap and tools, as for a right one."""
    given: list[Any] = []

    def factory(user: Any, tap: Any, tools: Any) -> Any:
        given.append((user, tap.manager is not None, [tool.name for tool in tools]))
        raise ValueError("no user")

    found = sessions(factory)
    reply = asyncio.run(found.create_invalid(nobody(how)))
    right = found.plant.user("alice", "run-alice")

    assert given == [(INVALID[how](right), True, ["lookup"])]
    assert (reply.ok, reply.value["type"]) == (False, "ValueError")


def test_a_session_that_was_made_for_nobody_is_put_away() -> None:
    """It is cleaned up, and the user's own, if any, is still there."""
    made: list[Made] = []

    def factory(user: Any, tap: Any, tools: Any) -> Made:
        made.append(Made(user, tap, tools))
        return made[-1]

    found = sessions(factory)

    async def main() -> Reply:
        await found.create(create())
        return await found.create_invalid(nobody())

    assert asyncio.run(main()) == Reply(True, {"value": "a session"})
    assert [session.cleaned for session in made] == [0, 1]
    assert found["alice"] is made[0]


def test_no_session_is_a_refusal() -> None:
    """A factory that gives None has made none."""
    reply = asyncio.run(sessions(lambda *_: None).create_invalid(nobody()))

    assert (reply.ok, reply.value["by"]) == (False, "result")


class BadlyCleaned:
    async def cleanup(self) -> None:
        raise OSError("cannot close")


@pytest.mark.parametrize("factory", [Closed, lambda *_: BadlyCleaned(), lambda *_: object()])
def test_what_was_made_for_nobody_cannot_stop_the_harness(factory: Callable[..., Any]) -> None:
    """However it takes to being put away."""
    reply = asyncio.run(sessions(factory).create_invalid(nobody()))

    assert reply == Reply(True, {"value": "a session"})
