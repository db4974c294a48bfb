"""Steps on user contexts: which ids they hold, what is put into them, and whom they refuse."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.planted import TOKEN, USERS, step

from goldenpath import context
from goldenpath.adapters.base import Reply
from goldenpath.adapters.context import ContextAdapter
from goldenpath.adapters.targets import of_factory
from goldenpath.errors import TargetProblem, UsageProblem
from goldenpath.plant import Plant
from goldenpath.recorder import Recorder


@dataclass
class Plain:
    """As teams write it."""

    user_id: str
    thread_id: str
    run_id: str
    request_id: str
    metadata: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (self.user_id or "").strip():
            raise ValueError("whose?")


def performed(factory: Callable[..., Any], *steps: Any) -> list[Reply]:
    async def run() -> list[Reply]:
        adapter = ContextAdapter(factory, vars(factory)["__goldenpath__"])
        await adapter.open(Plant(Recorder(), USERS))
        return [await adapter.perform(each) for each in steps]

    return asyncio.run(run())


CREATE = step("create", run_id="run-1", thread_id=None, tools=[])
READ = step("read_context")


def test_the_ids_are_read_as_they_stand_there() -> None:
    """Given by name, and read by name."""
    made, read = performed(context()(Plain), CREATE, READ)
    ids = read.result["ids"]

    assert made.ok
    assert (ids["user_id"], ids["thread_id"]) == (USERS[0].user_id, USERS[0].thread_id)
    assert ids["run_id"] == "run-1"
    assert ids["request_id"] not in (None, *(ids[n] for n in ("user_id", "thread_id", "run_id")))


def test_several_contexts_of_a_user_are_apart() -> None:
    """Each in a thread of its own."""
    other = step("create", run_id="run-2", thread_id="thread-2", tools=[], session="second")
    *_, first, second = performed(
        context()(Plain), CREATE, other, READ, step("read_context", session="second")
    )

    assert first.result["ids"]["run_id"] == "run-1"
    assert (second.result["ids"]["run_id"], second.result["ids"]["thread_id"]) == (
        "run-2",
        "thread-2",
    )


def test_what_is_noted_is_found_in_it() -> None:
    _, noted, read = performed(context()(Plain), CREATE, step("note", token=TOKEN), READ)

    assert noted.ok
    assert TOKEN in read.result["notes"]


def test_an_invalid_id_is_given_as_it_is() -> None:
    """One that is refused is an error, one that is made is kept nowhere."""
    blank = step("create_invalid", run_id="r", tools=[], user="a blank user_id")
    thread = step("create_invalid", run_id="r", tools=[], user="an empty thread_id")
    refused, taken, read = performed(context()(Plain), blank, thread, READ)

    assert (refused.ok, refused.error) == (False, "whose?")
    assert taken.ok
    assert read.value["by"] == "missing"


def test_members_have_the_names_that_are_declared_or_are_missing() -> None:
    class Other:
        def __init__(self, user_id: str, thread_id: str, run_id: str, request_id: str) -> None:
            self.uid, self.run_id, self.request_id = user_id, run_id, request_id

    factory = context(user_id="uid")(Other)
    _, inspected, read, noted = performed(
        factory, CREATE, step("inspect"), READ, step("note", token=TOKEN)
    )

    assert inspected.result["thread_id"] == "missing"
    assert inspected.result["user_id"] == "attribute"
    assert read.result["ids"]["user_id"] == USERS[0].user_id
    assert noted.value["by"] == "missing"


def test_whether_data_can_be_put_into_it_is_found_out() -> None:
    """By what is made."""

    @dataclass
    class Bare:
        user_id: str
        thread_id: str
        run_id: str
        request_id: str

    cards = [asyncio.run(of_factory(context()(each)).probe()).card for each in (Plain, Bare)]

    assert [card["notes"] for card in cards] == [
        "yes",
        "UNOBSERVABLE: it has no mapping metadata that can be written to",
    ]


def test_what_is_no_context_is_a_problem_of_the_target() -> None:
    with pytest.raises(TargetProblem, match="it is no context"):
        asyncio.run(of_factory(context()(lambda **ids: 42)).probe())


def test_a_factory_that_takes_other_arguments_is_told_so() -> None:
    with pytest.raises(UsageProblem, match=r"request_id\), each by name"):
        of_factory(context()(lambda user: None))
