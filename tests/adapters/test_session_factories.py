"""Sessions that come of other factories, or in a context, and what is constructed past them all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
from msgspec.structs import replace
from tests.adapters.sessions import Made, create
from tests.planted import USERS

from goldenpath.adapters.base import Reply
from goldenpath.adapters.session import Sessions
from goldenpath.declare import Declaration
from goldenpath.making import Making
from goldenpath.model import Step
from goldenpath.plant import Plant, PlantedUser, Tap, Tools
from goldenpath.recorder import Recorder


class Works(Made):
    """Notes what becomes of it."""

    closed: list[str]

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.closed = []

    async def cleanup(self) -> None:
        self.closed.append("cleaned up")


class Entered(Works):
    """... and is a context manager itself."""

    async def __aenter__(self) -> None:
        self.closed.append("entered")

    async def __aexit__(self, *_: object) -> None:
        self.closed.append("left")


@asynccontextmanager
async def in_async_context(user: PlantedUser, tap: Tap, tools: Tools) -> AsyncIterator[Works]:
    made = Works(user, tap, tools)
    try:
        yield made
    finally:
        made.closed.append("left")


@contextmanager
def in_context(user: PlantedUser, tap: Tap, tools: Tools) -> Iterator[Works]:
    made = Works(user, tap, tools)
    yield made
    made.closed.append("left")


async def awaited(user: PlantedUser, tap: Tap, tools: Tools) -> Any:
    return in_async_context(user, tap, tools)


def sessions(
    factory: Callable[..., Any] = Works, making: Making | None = None, **others: Any
) -> Sessions:
    made = making or Making(others)
    declaration = Declaration("dispatcher", {}, making=made)
    return Sessions(factory, declaration, Plant(Recorder(), USERS))


def perform(found: Sessions, *steps: Step) -> list[Reply]:
    async def main() -> list[Reply]:
        return [await {**found.makes, **found.uses}[step.action](step) for step in steps]

    return asyncio.run(main())


def then(action: str, **args: Any) -> Step:
    return replace(create(**args), action=action)


# --- contexts ---


@pytest.mark.parametrize("factory", [in_async_context, in_context, awaited])
def test_what_a_context_gives_is_the_session(factory: Callable[..., Any]) -> None:
    """It is entered when it is made, and left when the session is cleaned up, once."""
    found = sessions(factory)
    made, once, again = perform(found, create(), then("cleanup"), then("cleanup"))

    assert made == Reply(True, {"value": "Works"})
    assert once.ok
    assert again.ok
    assert found["alice"].closed == ["cleaned up", "left", "cleaned up"]


@pytest.mark.parametrize("factory", [in_async_context, in_context, awaited])
def test_to_leave_the_context_is_to_leave_it_as_it_was_entered(
    factory: Callable[..., Any],
) -> None:
    """What was entered already is not entered once more."""
    found = sessions(factory)
    replies = perform(found, create(), then("enter"), then("leave"))

    assert all(reply.ok for reply in replies)
    assert found["alice"].closed == ["left"]


def test_a_dispatcher_that_is_a_context_manager_is_used_as_it_is() -> None:
    """Nobody has asked to enter it."""
    found = sessions(Entered)
    perform(found, create(), then("cleanup"))

    assert found["alice"].closed == ["cleaned up"]


def test_a_context_that_cannot_be_entered_makes_no_session() -> None:
    @asynccontextmanager
    async def broken(*_: Any) -> AsyncIterator[None]:
        raise PermissionError("not you")
        yield

    found = sessions(broken)
    (reply,) = perform(found, create())

    assert (reply.ok, reply.value["text"]) == (False, "not you")
    assert "alice" not in found


def test_a_context_that_cannot_be_left_is_no_clean_end() -> None:
    @contextmanager
    def sticky(*given: Any) -> Iterator[Works]:
        yield Works(*given)
        raise RuntimeError("it sticks")

    found = sessions(sticky)
    _, reply = perform(found, create(), then("cleanup"))

    assert (reply.ok, reply.value["text"]) == (False, "it sticks")


# --- factories by name ---


def test_a_session_comes_of_the_factory_that_the_step_names() -> None:
    found = sessions(Works, other=Entered)
    replies = perform(found, create(), create("bob", factory="other"))

    assert [reply.value["value"] for reply in replies] == ["Works", "Entered"]
    assert found["bob"].user.name == "bob"


def test_a_factory_that_is_not_there_is_missing() -> None:
    """As in a history of another version of the target."""
    (reply,) = perform(sessions(), create(factory="gone"))

    assert reply.value == {"by": "missing", "type": "", "text": "there is no factory gone"}


# --- past the factories ---

DIRECTLY = then("create_directly")


def test_what_is_declared_constructs_and_is_put_away() -> None:
    made: list[Works] = []

    def direct(*given: Any) -> Works:
        made.append(Works(*given))
        return made[0]

    (reply,) = perform(sessions(making=Making(only=True, direct=direct)), DIRECTLY)

    assert reply.ok
    assert made[0].user.name == "alice"
    assert made[0].closed == ["cleaned up"]


def test_a_refusal_is_told_as_it_is() -> None:
    def direct(*_: Any) -> None:
        raise PermissionError("use the factory")

    (reply,) = perform(sessions(making=Making(only=True, direct=direct)), DIRECTLY)

    assert (reply.value["type"], reply.value["text"]) == ("PermissionError", "use the factory")


def test_where_nothing_is_declared_the_class_is_called_without_arguments() -> None:
    """Of what the factory made; where it made nothing there is no class."""
    found = sessions(making=Making(only=True))
    nothing, _, reply = perform(found, DIRECTLY, create(), DIRECTLY)

    assert nothing.value["by"] == "missing"
    assert reply.value["type"] == "TypeError"
    assert "required positional argument" in reply.value["text"]
