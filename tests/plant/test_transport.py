"""The transport: whoever a message is addressed to gets it, whatever condition it is in."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.plant.wires import ALICE, BOB, MESSAGE, OWN, RUNS, Call, Wires
from tests.planted import USERS

from goldenpath.model import Kind
from goldenpath.plant.transport import ERRORS, FALTERS

SHAPES = ("manager", "bridge", "emitter", "socket", "send")


def addressed(user_id: Any, run_id: Any) -> dict[str, Call]:
    """Each way of sending with an address."""
    return {
        "manager.send_to_user": lambda tap: tap.manager.send_to_user(user_id, MESSAGE),
        "manager.emit_critical_event": lambda tap: tap.manager.emit_critical_event(
            user_id, "agent_started", {"a": 1}
        ),
        "bridge": lambda tap: tap.bridge.notify_agent_started(run_id, "agent"),
    }


# --- who gets it ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", OWN)
@pytest.mark.parametrize("name", ["alice", "bob"])
def test_without_an_address_it_goes_to_the_taps_own_user(shape: str, name: str) -> None:
    """And to nobody else."""
    wires = Wires()

    assert wires.call(OWN[shape], name) is True
    assert wires.frames() == [(f"{name}/1", shape)]


@pytest.mark.parametrize("shape", addressed("", ""))
@pytest.mark.parametrize("tap", ["alice", "bob"])
@pytest.mark.parametrize("to", USERS, ids=lambda user: user.name)
def test_with_an_address_it_goes_there_whoevers_tap_it_is(shape: str, tap: str, to: Any) -> None:
    """By user id or by run id: a misaddressed event really arrives at the wrong user."""
    wires = Wires()

    assert wires.call(addressed(to.user_id, RUNS[to.name])[shape], tap) is True
    assert wires.frames() == [(f"{to.name}/1", shape)]


@pytest.mark.parametrize("shape", addressed("", ""))
@pytest.mark.parametrize(
    "address", [None, "", 0, "nobody", "alice", [], (), {}, b"x", 1.5, ALICE.thread_id], ids=repr
)
def test_an_unknown_address_reaches_nobody_and_is_recorded(shape: str, address: Any) -> None:
    """The caller is told so."""
    wires = Wires()

    assert wires.call(addressed(address, address)[shape]) is False
    assert wires.frames() == [("", shape)]


@given(st.text())
def test_only_an_exact_id_is_an_address(text: str) -> None:
    """No text but the id itself reaches anybody."""
    wires = Wires()
    wires.call(lambda tap: tap.manager.send_to_user(text, MESSAGE))

    assert wires.frames() == [("", "manager.send_to_user")]


def test_a_run_belongs_to_whom_it_was_planted_for() -> None:
    """Also a later run of the same user; ids of users are no runs, nor the other way round."""
    wires = Wires()
    wires.plant.user("bob", "another run")
    wires.call(lambda tap: tap.bridge.notify_agent_started("another run", "agent"))
    wires.call(lambda tap: tap.bridge.notify_agent_started(BOB.user_id, "agent"))
    wires.call(lambda tap: tap.manager.send_to_user(RUNS["bob"], MESSAGE))

    assert [link for link, _ in wires.frames()] == ["bob/1", "", ""]


def test_a_user_who_has_left_gets_nothing() -> None:
    """The message reaches nobody, and the caller is told."""
    wires = Wires()
    wires.plant.transport.disconnect("bob")

    assert wires.call(addressed(BOB.user_id, None)["manager.send_to_user"]) is False
    assert wires.call(OWN["send"], "bob") is False
    assert wires.frames() == [("", "manager.send_to_user"), ("", "send")]


def test_a_new_link_takes_the_place_of_the_old_one() -> None:
    """The old one goes down first; what is sent through an old tap reaches the new link."""
    wires = Wires()
    old = wires.taps["alice"]
    wires.plant.tap("alice", "working")
    asyncio.run(old.send(MESSAGE))  # type: ignore[misc]
    links = [(e.actor, e.what, e.value) for e in wires.entries if e.kind is Kind.LINK]

    assert links == [("alice/1", "down", {"user": "alice"}), ("alice/2", "up", {"user": "alice"})]
    assert wires.frames() == [("alice/2", "send")]


@pytest.mark.parametrize("look", ["is_connected", "has_connection", "is_connection_active"])
def test_connections_can_be_looked_up(look: str) -> None:
    """By user id; nobody else is connected."""
    wires = Wires(bob="absent")
    ask = getattr(wires.taps["alice"].manager, look)

    assert ask(ALICE.user_id) is True
    assert ask(user_id=ALICE.user_id) is True
    assert [ask(who) for who in (BOB.user_id, "", None, 0, [], "alice")] == [False] * 6


# --- conditions ----------------------------------------------------------------------------------


def test_an_absent_transport_is_none_in_every_shape() -> None:
    """And has no link."""
    wires = Wires(alice="absent")

    assert [getattr(wires.taps["alice"], shape) for shape in SHAPES] == [None] * 5
    assert all(getattr(wires.taps["bob"], shape) is not None for shape in SHAPES)
    assert not wires.plant.transport.connected(ALICE.user_id)


@pytest.mark.parametrize("shape", [*OWN, *addressed("", "")])
def test_a_raising_transport_raises(shape: str) -> None:
    """ConnectionError, whoever's tap it is; the fault is recorded, and no frame."""
    wires = Wires(alice="raising")
    call = {**OWN, **addressed(ALICE.user_id, RUNS["alice"])}[shape]
    for _ in range(2):
        with pytest.raises(ConnectionError):
            wires.call(call, "alice")

    assert [(e.kind, e.actor, e.what, e.value) for e in wires.entries] == [
        (Kind.FAULT, "alice", "raised", {"shape": shape})
    ] * 2


def test_a_transport_that_falters_raises_now_and_then() -> None:
    """Each of its errors at an even and at an odd place, and it delivers between."""
    wires = Wires()
    wires.taps["alice"] = wires.plant.tap("alice", "raising", falters=True)
    raised: list[type[Exception] | None] = []
    for _ in range(len(FALTERS) * len(ERRORS)):
        try:
            wires.call(OWN["send"])
            raised.append(None)
        except ERRORS as error:
            raised.append(type(error))

    assert [error is not None for error in raised] == [*FALTERS] * len(ERRORS)
    assert set(raised[::2]) == set(raised[1::2]) == {None, *ERRORS}
    assert len(wires.frames()) == raised.count(None)


def test_only_the_users_own_transport_raises() -> None:
    """Another user is served, through whatever tap; and the user again, with a new link."""
    wires = Wires(alice="raising")
    wires.call(addressed(BOB.user_id, None)["manager.send_to_user"], "alice")
    with pytest.raises(ConnectionError):
        wires.call(addressed(ALICE.user_id, None)["manager.send_to_user"], "bob")
    wires.taps["alice"] = wires.plant.tap("alice", "working")
    wires.call(OWN["send"], "alice")

    assert [link for link, _ in wires.frames()] == ["bob/1", "alice/2"]


# --- what cannot be recorded as text -------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (object(), "not_JSON"),
        ({"a": {1, 2}}, "not_JSON"),
        ({"a": float("nan")}, "not_JSON"),
        (b"bytes", "not_JSON"),
        ("\ud800", "not_JSON"),
        ("x" * 101, "too_large"),
        ({"a": "x" * 100}, "too_large"),
    ],
)
def test_what_is_no_frame_is_recorded_with_the_reason(message: Any, why: str) -> None:
    """Stamped on arrival, judged after: nothing is thrown into the target."""
    wires = Wires(max_frame=100)

    assert wires.call(lambda tap: tap.send(message)) is True
    assert [list(e.value) for e in wires.entries] == [[why]]


# --- a clogged link ------------------------------------------------------------------------------


def test_whoever_sends_to_a_clogged_link_waits_until_it_flows_again() -> None:
    """The event has arrived by then; that somebody waits is noted once, and who gave up then."""
    wires = Wires()

    async def main() -> list[str]:
        assert wires.taps["alice"].send is not None
        transport, send = wires.plant.transport, wires.taps["alice"].send
        transport.clog("alice", "s1")
        sending = [asyncio.ensure_future(send({"type": "noise", "n": n})) for n in range(2)]
        await asyncio.sleep(0.01)
        assert not any(task.done() for task in sending)
        transport.unclog("alice", "s2")
        assert await asyncio.gather(*sending) == [True, True]
        return [entry.what for entry in wires.entries]

    assert asyncio.run(main()) == ["clogged", "send", "held", "send", "flows"]
    assert wires.entries[-1].value == {"given_up": "s2"}


def test_where_nobody_waited_nothing_follows_from_who_gave_up() -> None:
    wires = Wires()
    wires.plant.transport.clog("alice", "s1")
    wires.plant.transport.unclog("alice", "s2")

    assert [entry.value for entry in wires.entries] == [{}, {}]
