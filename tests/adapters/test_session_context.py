"""Sessions as context managers: entered, left, and left by an exception."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.adapters.sessions import Made, create, sessions

from goldenpath.adapters.base import Reply
from goldenpath.adapters.session import Sessions
from goldenpath.model import Step


class Dispatches:
    """What is more than a context: it is used as it is."""

    async def execute_tool(self, tool_name: str) -> None: ...


class Contextual(Dispatches):
    """Notes how it is entered and left; `inner` is what entering gives."""

    def __init__(self, inner: Any = None) -> None:
        self.story: list[Any] = []
        self.inner = inner

    async def __aenter__(self) -> Any:
        self.story.append("entered")
        return self.inner

    async def __aexit__(self, *about: Any) -> None:
        self.story.append(about)


class Plain(Dispatches):
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
