"""Steps on transports: sockets that come and go, events that are told, and an agent's whole run."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.planted import TOKEN, USERS, step

from goldenpath import transport
from goldenpath.adapters.base import Reply
from goldenpath.adapters.targets import of_factory
from goldenpath.builtin import reference_bridge, reference_emitter, reference_manager
from goldenpath.errors import TargetProblem, UsageProblem
from goldenpath.model import Entry, Kind
from goldenpath.plant import Plant
from goldenpath.recorder import Recorder

EACH = {"bridge": reference_bridge, "emitter": reference_emitter, "manager": reference_manager}
CREATE = step("create", run_id="run-1", thread_id=None, tools=["lookup", "explode"])
EVENT = {"type": "notification", "data": {"text": f"They say {TOKEN}."}}


def plan(*tools: str) -> dict[str, Any]:
    calls = [
        {"id": f"call-{n}", "tool": tool, "arguments": {"query": TOKEN}, "token": TOKEN}
        for n, tool in enumerate(tools)
    ]
    return {"rounds": [[call] for call in calls], "answer": "so it is"}


def performed(factory: Callable[..., Any], *steps: Any) -> tuple[list[Reply], list[Entry]]:
    """The replies, and all that was recorded."""
    recorder, entries = Recorder(), list[Entry]()
    recorder.listen(entries.append)

    async def run() -> list[Reply]:
        target = of_factory(factory, "it")
        adapter = target.adapter(await target.probe())
        await adapter.open(Plant(recorder, USERS))
        return [await adapter.perform(each) for each in steps]

    return asyncio.run(run()), entries


def frames(entries: list[Entry]) -> list[tuple[str, str]]:
    """Link and type of each frame."""
    return [
        (entry.actor, json.loads(entry.value)["type"])
        for entry in entries
        if entry.kind is Kind.FRAME
    ]


@pytest.mark.parametrize("shape", EACH)
def test_a_run_is_told_as_an_agent_tells_it(shape: str) -> None:
    """All five events reach the user's own socket, and the tools run; a failure is told as one."""
    (made, ran), entries = performed(
        EACH[shape], CREATE, step("run", plan=plan("lookup", "explode"))
    )
    tool = ["tool_executing", "tool_completed"]

    assert (made.ok, ran.result) == (True, "so it is")
    assert "not told" not in ran.value
    assert [kind for _, kind in frames(entries)] == [
        *("agent_started", "agent_thinking", *tool),
        *("agent_thinking", *tool, "agent_completed"),
    ]
    assert {link for link, _ in frames(entries)} == {"alice/1"}
    assert [e.what for e in entries if e.kind is Kind.TOOL] == (
        ["started", "ended", "started", "failed"]
    )


@pytest.mark.parametrize("shape", EACH)
def test_something_is_told_to_all_sockets_of_a_user(shape: str) -> None:
    """Whoever tells it; who has left is told nothing."""
    _, entries = performed(
        EACH[shape],
        step("connect", socket="alice/1"),
        step("connect", socket="alice/2"),
        step("connect", "bob", socket="bob/1"),
        step("broadcast", event=EVENT, token=TOKEN),
        step("disconnect", socket="alice/1"),
        step("broadcast", event=EVENT, token=TOKEN),
    )

    assert [link for link, _ in frames(entries)] == ["alice/1", "alice/2", "alice/2"]
    assert all(TOKEN in entry.value for entry in entries if entry.kind is Kind.FRAME)


def test_a_socket_may_have_stalled_before_it_is_connected() -> None:
    """And says so before anything is sent on it."""
    _, entries = performed(
        reference_emitter, step("connect", socket="alice/1", condition="stalled")
    )

    assert [(e.kind, e.what) for e in entries] == [(Kind.LINK, "up"), (Kind.FAULT, "stalled")]


def test_who_is_bound_to_a_user_is_not_told_to_address_nobody() -> None:
    """Of an emitter that cannot be asked; of a manager it can."""
    odd = step("broadcast", nobody="None", event=EVENT, token=TOKEN)
    (emitter,), _ = performed(reference_emitter, odd)
    (manager,), entries = performed(reference_manager, odd)

    assert emitter.value["by"] == "missing"
    assert manager.value.get("by") != "missing"
    assert frames(entries) == []


def test_when_a_session_ends_its_socket_is_closed() -> None:
    """Once; and nothing can be run in it any more."""
    (_, left, again, late), entries = performed(
        reference_emitter, CREATE, step("disconnect"), step("disconnect"), step("run", plan=plan())
    )

    assert left.ok
    assert (again.value["by"], late.value["by"]) == ("missing", "missing")
    assert [e.what for e in entries if e.kind is Kind.LINK] == ["up", "down"]


def test_an_event_that_cannot_be_told_is_noted() -> None:
    """The run goes on: what is missing will be found missing."""

    class Mute:
        def connect(self, user_id: str, socket: Any) -> None: ...
        def disconnect(self, user_id: str, socket: Any) -> None: ...
        def agent_started(self) -> None: ...

        def agent_thinking(self, reasoning: str) -> None:
            raise RuntimeError("no link")

    (_, ran), _ = performed(transport()(Mute), CREATE, step("run", plan=plan("lookup")))

    assert ran.ok
    assert ran.value["not told"] == [
        "RuntimeError: no link",
        ": there is no tool_executing",
        ": there is no tool_completed",
        ": there is no agent_completed",
    ]


@pytest.mark.parametrize(
    ("factory", "said"),
    [
        (lambda: None, "the factory made nothing"),
        (lambda: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_a_factory_that_makes_nothing_is_no_target(factory: Any, said: str) -> None:
    with pytest.raises(TargetProblem, match=said):
        performed(transport()(factory))


def test_a_factory_takes_nothing() -> None:
    """One transport serves all users."""
    with pytest.raises(UsageProblem, match="cannot be called"):
        of_factory(transport()(lambda user: None), "it")
