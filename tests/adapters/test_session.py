"""Sessions: one object of the target per user, made by its factory and used as it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from goldenpath.adapters.base import Reply
from goldenpath.adapters.session import Sessions, check_factory
from goldenpath.canary import find
from goldenpath.declare import Declaration
from goldenpath.errors import UsageProblem
from goldenpath.model import Entry, Kind, Step
from goldenpath.plant import Plant, PlantedUser, Tap, Tools, plant_user
from goldenpath.plant.users import INVALID
from goldenpath.recorder import Recorder

USERS = [plant_user(0, n) for n in range(2)]


class Made:
    """What a factory made, with what it was given."""

    def __init__(self, user: PlantedUser, tap: Tap, tools: Tools) -> None:
        self.user, self.tap, self.given = user, tap, tools
        self.cleaned = 0

    async def cleanup(self) -> None:
        self.cleaned += 1


async def made_async(user: PlantedUser, tap: Tap, tools: Tools) -> Made:
    await asyncio.sleep(0)
    return Made(user, tap, tools)


def sessions(
    factory: Callable[..., Any], entries: list[Entry] | None = None, **members: str
) -> Sessions:
    recorder = Recorder()
    if entries is not None:
        recorder.listen(entries.append)
    return Sessions(factory, Declaration("dispatcher", {}, members), Plant(recorder, USERS))


def create(actor: str = "alice", **args: Any) -> Step:
    return Step("s1", actor, "create", {"run_id": f"run-{actor}", "tools": ["lookup"], **args})


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


# --- context managers -----------------------------------------------------------------------------


class Contextual:
    """Notes how it is entered and left; `inner` is what entering gives."""

    def __init__(self, inner: Any = None) -> None:
        self.story: list[Any] = []
        self.inner = inner

    async def __aenter__(self) -> Any:
        self.story.append("entered")
        return self.inner

    async def __aexit__(self, *about: Any) -> None:
        self.story.append(about)


class Plain:
    """The same, not async."""

    def __init__(self) -> None:
        self.story: list[Any] = []

    def __enter__(self) -> Any:
        self.story.append("entered")
        return self

    def __exit__(self, *about: Any) -> None:
        self.story.append(about)


def passed(made: Any, *names: str) -> tuple[Sessions, list[Reply]]:
    """Open a session, and enter or leave its context."""
    found = sessions(lambda *_: made)

    async def main() -> list[Reply]:
        await found.create(create())
        return [await found.uses[name](create()) for name in names]

    return found, asyncio.run(main())


@pytest.mark.parametrize("made", [Contextual, Plain])
def test_a_context_is_entered_and_left(made: Any) -> None:
    """As a `with` would, async or not, at the end without an exception."""
    found, replies = passed(made(), "enter", "leave")

    assert replies == [Reply(True, {"value": None})] * 2
    assert found["alice"].story == ["entered", (None, None, None)]


def test_what_entering_gives_is_used_and_what_was_entered_is_left() -> None:
    """A context manager need not be the session that it gives."""
    inner = object()
    outer = Contextual(inner)
    found, replies = passed(outer, "enter", "leave")

    assert found["alice"] is inner
    assert [reply.ok for reply in replies] == [True, True]
    assert outer.story == ["entered", (None, None, None)]


def test_a_session_made_anew_has_a_context_of_its_own() -> None:
    """It is left, and not the one that was entered before it was made."""
    first, second = Contextual(), Contextual()
    made = iter((first, second))
    found = sessions(lambda *_: next(made))

    async def main() -> None:
        for action in ("enter", "leave"):
            await found.create(create())
            await found.uses[action](create())

    asyncio.run(main())

    assert (first.story, second.story) == (["entered"], [(None, None, None)])


@pytest.mark.parametrize("name", ["enter", "leave"])
def test_what_is_no_context_manager_cannot_be_passed(name: str) -> None:
    """Attributes of an instance do not make it one, as for a `with`."""
    made = Made(None, None, None)  # type: ignore[arg-type]
    made.__aenter__ = made.__aexit__ = made.cleanup  # type: ignore[attr-defined]
    _, (reply,) = passed(made, name)

    assert reply.value == {"by": "missing", "type": "", "text": "there is no context manager"}
    assert made.cleaned == 0


class Unwilling(Contextual):
    async def __aenter__(self) -> Any:
        raise RuntimeError("not now")


def test_a_context_that_cannot_be_entered_leaves_the_session_as_it_was() -> None:
    """What it raised is the reply."""
    made = Unwilling()
    found, (reply,) = passed(made, "enter")

    assert (reply.ok, reply.value["type"]) == (False, "RuntimeError")
    assert found["alice"] is made


class Context(Made):
    """A context manager that does with the exception of its body what it is told to."""

    how = "passes it on"

    async def __aenter__(self) -> Context:
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if error is not None and self.how == "raises it":
            raise error
        if error is not None and self.how == "wraps it":
            raise ExceptionGroup("of the session", [error])  # type: ignore[list-item]
        if error is not None and self.how == "breaks down":
            raise KeyError("session")
        return self.how == "swallows it"


LEFT_BY_RAISING = {
    "passes it on": Reply(True, {"value": {"swallowed": False}}),
    "raises it": Reply(True, {"value": None}),
    "wraps it": Reply(True, {"value": None}),
    "swallows it": Reply(True, {"value": {"swallowed": True}}),
}


async def left_by_raising(how: str) -> Reply:
    found = sessions(Context)
    await found.create(create())
    found["alice"].how = how
    await found.enter(Step("s2", "alice", "enter"))
    return await found.leave(Step("s3", "alice", "leave", {"raising": True}))


@pytest.mark.parametrize(("how", "reply"), LEFT_BY_RAISING.items(), ids=LEFT_BY_RAISING)
def test_a_context_whose_body_raises(how: str, reply: Reply) -> None:
    """It comes out as it is, or in what was raised because of it."""
    assert asyncio.run(left_by_raising(how)) == reply


def test_a_context_that_breaks_down_when_its_body_raises() -> None:
    reply = asyncio.run(left_by_raising("breaks down"))

    assert (reply.ok, reply.value["type"]) == (False, "KeyError")
