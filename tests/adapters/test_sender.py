"""How events are told to a transport: by the shape that it has, each member as it is called."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from tests.planted import USERS

from goldenpath.adapters.base import Reply
from goldenpath.adapters.sender import (
    AGENT,
    BRIDGE,
    EMITTER,
    MANAGER,
    Sender,
    member_of,
    shape_of,
)
from goldenpath.plant.users import as_planted

USER = as_planted(USERS[0], "run-1")
OTHER = as_planted(USERS[1], "run-2")
ALL = ("agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed")


def looking(**members: Any) -> Callable[[str], Any]:
    return lambda name: members.get(name)


class Noting:
    """Notes what it was called with, under any name of the field."""

    def __init__(self, prefix: str = "notify_") -> None:
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        self.prefix = prefix

    def look(self, name: str) -> Any:
        event = name.removeprefix(self.prefix)
        if not name.startswith(self.prefix) or event not in ALL:
            return None

        async def tell(*args: Any, **named: Any) -> str:
            self.calls.append((event, args, named))
            return "told"

        return tell


def told(sender: Sender, *events: tuple[str, dict[str, Any]], to: Any = None) -> list[Any]:
    async def work() -> list[Any]:
        return [await sender.tell(event, to, **fields) for event, fields in events]

    return asyncio.run(work())


# --- which shape it has ---------------------------------------------------------------------------


def by_run(run_id: str, agent_name: str) -> None: ...
def by_run_under_another_name(run_id: str, agent: str, /) -> None: ...
def bound(context: Any = None) -> None: ...
def send(user_id: str, event: Any) -> None: ...


@pytest.mark.parametrize(
    ("members", "shape"),
    [
        ({"notify_agent_started": by_run}, BRIDGE),
        ({"agent_started": by_run_under_another_name}, BRIDGE),
        ({"emit_agent_started": bound}, EMITTER),
        ({"agent_started": bound, "send_to_user": send}, EMITTER),
        ({"send_to_user": send}, MANAGER),
        ({"emit_critical_event": send}, MANAGER),
        ({"send_to_user": "no function"}, ""),
        ({"agent_started": 7}, ""),
        ({}, ""),
    ],
)
def test_the_shape_is_seen_by_its_members(members: dict[str, Any], shape: str) -> None:
    assert shape_of(looking(**members)) == shape


def test_a_member_is_found_under_each_name_of_the_field() -> None:
    """The first that can be called."""
    for prefix in ("notify_", "emit_", ""):
        assert member_of(looking(**{f"{prefix}tool_executing": bound}), "tool_executing") is bound
    mixed = looking(notify_tool_executing=None, emit_tool_executing=bound)
    assert member_of(mixed, "tool_executing") is bound
    assert member_of(looking(tool_executed=bound), "tool_executing") is None


# --- how it is told -------------------------------------------------------------------------------

CALL = ("tool_executing", {"tool_name": "lookup", "parameters": {"query": "q"}})
STARTED: tuple[str, dict[str, Any]] = ("agent_started", {})


def test_a_bridge_is_addressed_by_run_and_agent_in_turn_by_position_and_by_name() -> None:
    """Run by run: what stands first is given as the signature of the field has it."""
    bridge = Noting()
    told(Sender(bridge.look, BRIDGE, USER), STARTED, CALL, STARTED, CALL)

    ids = {"run_id": "run-1", "agent_name": AGENT}
    assert bridge.calls == [
        ("agent_started", ("run-1", AGENT), {}),
        ("tool_executing", ("run-1", AGENT, "lookup", {"query": "q"}), {}),
        ("agent_started", (), ids),
        ("tool_executing", (), {**ids, **CALL[1]}),
    ]


def test_an_emitter_is_told_no_ids() -> None:
    """It is bound to its user."""
    emitter = Noting("emit_")
    told(Sender(emitter.look, EMITTER, USER), STARTED, CALL, STARTED, CALL)

    assert emitter.calls == [
        ("agent_started", (), {}),
        ("tool_executing", ("lookup", {"query": "q"}), {}),
        ("agent_started", (), {}),
        ("tool_executing", (), CALL[1]),
    ]


def test_what_is_not_there_is_not_told() -> None:
    """A failure has no result, and a success no error."""
    emitter = Noting()
    failed = ("tool_completed", {"tool_name": "lookup", "error": "no", "status": "error"})
    worked = ("tool_completed", {"tool_name": "lookup", "result": None, "error": None})
    told(Sender(emitter.look, EMITTER, USER, turns=1), failed, worked)

    assert emitter.calls == [
        ("tool_completed", ("lookup",), {"error": "no", "status": "error"}),
        ("tool_completed", ("lookup",), {}),
    ]


@pytest.mark.parametrize("shape", ["emit_critical_event", "send_to_user", "both"])
def test_a_manager_is_told_whom_and_in_our_words(shape: str) -> None:
    """With the ids of run and thread; by the way that delivers, where it has both."""
    got: list[Any] = []
    both = {
        "emit_critical_event": lambda *args: got.append(args),
        "send_to_user": lambda user, message: got.append((user, message["type"], message["data"])),
    }
    members = {name: both[name] for name in ([shape] if shape in both else [*both])}
    told(Sender(looking(**members), MANAGER, USER), CALL)

    data = {"run_id": "run-1", "thread_id": USER.thread_id, **CALL[1]}
    assert got == [(USER.user_id, "tool_executing", data)]


@pytest.mark.parametrize("shape", [BRIDGE, MANAGER])
def test_it_can_be_told_to_somebody_else(shape: str) -> None:
    got: list[Any] = []
    members = {"agent_thinking": lambda *args, **named: got.append((args, named))}
    members["send_to_user"] = lambda *args: got.append((args, {}))
    told(Sender(looking(**members), shape, USER), ("agent_thinking", {"reasoning": "x"}), to=OTHER)

    ((args, named),) = got
    wanted = OTHER.run_id if shape == BRIDGE else OTHER.user_id
    assert wanted in (*args, *named.values())
    assert USER.user_id not in args


def test_a_member_that_is_missing_or_raises_is_a_failure() -> None:
    """With what was raised; anything else it gives back is handed on."""

    def explode(*_: Any, **__: Any) -> None:
        raise RuntimeError("no link")

    members = SimpleNamespace(agent_started=explode, agent_completed=lambda **_: False)
    sender = Sender(lambda name: getattr(members, name, None), EMITTER, USER)
    missing, raised, given = told(
        sender, ("agent_thinking", {"reasoning": "x"}), STARTED, ("agent_completed", {})
    )

    assert isinstance(missing, Reply)
    assert (missing.ok, missing.error) == (False, "there is no agent_thinking")
    assert isinstance(raised, Reply)
    assert (raised.value["type"], raised.error) == ("RuntimeError", "no link")
    assert given is False
