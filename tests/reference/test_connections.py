"""Who is connected, who is sent what, and what becomes of sockets that take nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.reference.sockets import Broken, Kept, Slow, Stalled
from tests.virtual import run

from goldenpath.reference import ConnectionManager
from goldenpath.reference.broadcast import (
    BroadcastService,
    UserBroadcaster,
    broadcast_user_event,
)
from goldenpath.reference.transports import KEPT, ReplayingConnections

NEWS = {"type": "news"}


def numbered(number: int) -> dict[str, Any]:
    return {"type": "news", "number": number}


# --- connections ----------------------------------------------------------------------------------


def test_all_sockets_of_a_user_are_sent_a_message_and_nobody_elses() -> None:
    """Each once, and the answer says how many took it."""
    manager, (first, second, other) = ConnectionManager(), (Kept(), Kept(), Kept())
    for user, socket in (("alice", first), ("alice", second), ("bob", other)):
        manager.connect(user, socket)

    assert run(manager.broadcast("alice", NEWS)) == 2
    assert (first.got, second.got, other.got) == ([NEWS], [NEWS], [])


@pytest.mark.parametrize("nobody", [None, "", " ", "carol", 0, [], {"alice": 1}])
def test_who_is_not_there_is_sent_nothing(nobody: Any) -> None:
    manager, socket = ConnectionManager(), Kept()
    manager.connect("alice", socket)

    assert run(manager.broadcast(nobody, NEWS)) == 0
    assert run(manager.send_to_user(nobody, NEWS)) is False
    assert socket.got == []


@pytest.mark.parametrize("nobody", [None, "", "  ", 7])
def test_nobody_can_not_connect(nobody: Any) -> None:
    with pytest.raises(ValueError, match="user id"):
        ConnectionManager().connect(nobody, Kept())


def test_a_socket_leaves_alone_and_may_leave_twice() -> None:
    """What is left of the user stays; another user's socket is not theirs to disconnect."""
    manager, stays, leaves, other = ConnectionManager(), Kept(), Kept(), Kept()
    for user, socket in (("alice", stays), ("alice", leaves), ("bob", other)):
        manager.connect(user, socket)
    for socket in (leaves, leaves, other):
        manager.disconnect("alice", socket)
    manager.disconnect("carol", stays)

    assert manager.sockets_of("alice") == [stays]
    assert manager.sockets_of("bob") == [other]


@pytest.mark.parametrize("socket", [Broken(), Stalled()], ids=["broken", "stalled"])
def test_a_socket_that_takes_nothing_is_dropped_and_holds_up_no_other(socket: Kept) -> None:
    """Within its time; the others have the message already then."""
    manager, good = ConnectionManager(socket_timeout=3), Kept()
    manager.connect("alice", socket)
    manager.connect("alice", good)

    async def work() -> tuple[int, float]:
        sending = asyncio.create_task(manager.broadcast("alice", NEWS))
        await asyncio.sleep(1)
        assert good.got == [NEWS]
        taken = await sending
        await asyncio.sleep(0)
        return taken, asyncio.get_running_loop().time()

    taken, seconds = run(work())
    assert taken == 1
    assert seconds <= 3
    assert manager.sockets_of("alice") == [good]
    if isinstance(socket, Stalled):
        assert socket.closed == (1013, "too slow")


def test_an_answer_goes_to_one_socket() -> None:
    manager, asks, other = ConnectionManager(), Kept(), Kept()
    for socket in (asks, other):
        manager.connect("alice", socket)

    assert run(manager.answer("alice", asks, NEWS)) is True
    assert (asks.got, other.got) == ([NEWS], [])


# --- the ways to broadcast ------------------------------------------------------------------------


def test_every_way_to_broadcast_reaches_the_same_sockets() -> None:
    """As many, and of the same user."""
    manager, mine, other = ConnectionManager(), Kept(), Kept()
    manager.connect("alice", mine)
    manager.connect("bob", other)
    service = BroadcastService(manager)

    async def work() -> list[int]:
        return [
            await service.broadcast_to_user("alice", NEWS),
            await UserBroadcaster(service, "alice").broadcast(NEWS),
            await broadcast_user_event(NEWS, "alice", manager),
        ]

    assert run(work()) == [1, 1, 1]
    assert (mine.got, other.got) == ([NEWS] * 3, [])


# --- what is missed -------------------------------------------------------------------------------


def leave(manager: ReplayingConnections, user: str = "alice") -> None:
    """Be there once, and go."""
    socket = Kept()
    run(manager.reconnect(user, socket))
    manager.disconnect(user, socket)


def test_what_is_missed_comes_first_in_order_and_marked() -> None:
    """Once, to the next socket; who was never here has missed nothing."""
    manager, again, third = ReplayingConnections(), Kept(), Kept()
    leave(manager)

    async def work() -> None:
        for number in range(3):
            assert not await manager.send_to_user("alice", numbered(number))
            assert not await manager.send_to_user("carol", numbered(number))
        await manager.reconnect("alice", again)
        await manager.send_to_user("alice", numbered(3))
        await manager.reconnect("alice", third)
        await manager.reconnect("carol", third)

    run(work())
    missed = [{**numbered(number), "recovered": True} for number in range(3)]
    assert again.got == [*missed, numbered(3)]
    assert third.got == []


def test_what_comes_while_it_is_sent_is_not_lost() -> None:
    """The socket is not there yet, and the messages are taken from the store already."""
    manager, again = ReplayingConnections(), Slow()
    leave(manager)

    async def work() -> None:
        for number in range(3):
            await manager.send_to_user("alice", numbered(number))
        coming = asyncio.create_task(manager.reconnect("alice", again))
        for number in range(3, 12):
            await manager.send_to_user("alice", numbered(number))
            await asyncio.sleep(0)
        await coming

    run(work())
    assert [message["number"] for message in again.got] == list(range(12))


def test_what_a_socket_did_not_take_stays_for_the_next() -> None:
    """And the broken one is not connected."""
    manager, again = ReplayingConnections(), Kept()
    leave(manager)

    async def work() -> None:
        for number in range(2):
            await manager.send_to_user("alice", numbered(number))
        await manager.reconnect("alice", Broken())
        assert manager.sockets_of("alice") == []
        await manager.reconnect("alice", again)

    run(work())
    assert [message["number"] for message in again.got] == [0, 1]


def test_only_so_many_are_kept() -> None:
    """The last of them."""
    manager, again = ReplayingConnections(), Kept()
    leave(manager)

    async def work() -> None:
        for number in range(KEPT + 5):
            await manager.send_to_user("alice", numbered(number))
        await manager.reconnect("alice", again)

    run(work())
    assert [message["number"] for message in again.got] == list(range(5, KEPT + 5))
