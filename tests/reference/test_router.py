"""Messages find their handlers, in order, and whoever cannot be served is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from tests.reference.sockets import Kept
from tests.virtual import run

from goldenpath.reference import ConnectionManager, MessageRouter
from goldenpath.reference.router import LONGEST_TYPE, RouterFacade


class Handles:
    """A handler of one type of messages that notes them; `does` is awaited for each."""

    def __init__(self, kind: str = "chat", socket: Any = None, does: Any = None) -> None:
        self.kind, self.socket, self.does = kind, socket, does
        self.got: list[tuple[str, Any]] = []

    def can_handle(self, message_type: str) -> bool:
        return message_type == self.kind

    async def handle(self, user_id: str, socket: Any, message: Mapping[str, Any]) -> None:
        if self.does is not None:
            await self.does(message)
        self.got.append((user_id, message.get("n")))


def chat(number: int) -> dict[str, Any]:
    return {"type": "chat", "n": number}


def connected(*users: str) -> tuple[MessageRouter, list[Kept]]:
    """A router, and a socket of each of these users."""
    router, sockets = MessageRouter(ConnectionManager()), [Kept() for _ in users]

    async def work() -> None:
        for user, socket in zip(users, sockets, strict=True):
            await router.connect(user, socket)

    run(work())
    return router, sockets


def test_a_message_goes_to_the_handler_of_its_own_connection_else_to_one_for_all() -> None:
    """Whoever connected, or was added, first."""
    router, (alice, bob) = connected("alice", "bob")
    shared, hers, other = Handles(), Handles(socket=alice), Handles("other")
    for handler in (other, shared, hers):
        router.add_handler(handler)

    assert run(router.route_message("alice", alice, chat(1)))
    assert run(router.route_message("bob", bob, chat(2)))
    assert (hers.got, shared.got, other.got) == ([("alice", 1)], [("bob", 2)], [])
    assert alice.got == bob.got == []


def test_handlers_go_when_they_are_removed_and_with_their_connection() -> None:
    """Another's stay; removing one twice is fine."""
    router, (alice, bob) = connected("alice", "bob")
    shared, hers, his = Handles(), Handles(socket=alice), Handles(socket=bob)
    for handler in (hers, his, shared):
        router.add_handler(handler)
    run(router.disconnect("alice", alice))
    assert run(router.route_message("alice", alice, chat(1)))
    assert shared.got == [("alice", 1)]

    router.remove_handler(shared)
    router.remove_handler(shared)
    assert not run(router.route_message("alice", alice, chat(2)))
    assert run(router.route_message("bob", bob, chat(3)))
    assert (hers.got, his.got) == ([], [("bob", 3)])


def test_messages_of_a_user_are_handled_one_after_the_other_and_others_do_not_wait() -> None:
    """In the order in which they came, also from two sockets of the user."""
    router, (first, second, bob) = connected("alice", "alice", "bob")
    gate = asyncio.Event()

    async def wait(message: Mapping[str, Any]) -> None:
        if message["n"] == 1:
            await gate.wait()

    handler = Handles(does=wait)
    router.add_handler(handler)

    async def work() -> None:
        hers = [
            asyncio.create_task(router.route_message("alice", socket, chat(number)))
            for number, socket in ((1, first), (2, second), (3, first))
        ]
        await router.route_message("bob", bob, chat(9))
        assert handler.got == [("bob", 9)]
        gate.set()
        await asyncio.gather(*hers)

    run(work())
    assert handler.got[1:] == [("alice", 1), ("alice", 2), ("alice", 3)]


@pytest.mark.parametrize(
    "message",
    [
        *(None, 7, [], "", "{", "[]", b"\xff", {}, {"type": None}, {"type": 7}, {"type": " "}),
        {"type": "x" * (LONGEST_TYPE + 1)},
    ],
    ids=repr,
)
def test_what_is_no_message_is_answered_by_an_error_on_its_socket(message: Any) -> None:
    """Nobody else hears of it, no handler sees it, and the next message is handled."""
    router, (alice, again) = connected("alice", "alice")
    handler = Handles()
    router.add_handler(handler)

    assert run(router.route_message("alice", alice, message)) is False
    assert alice.kinds == ["error_message"]
    assert alice.got[0]["error_code"] in ("INVALID_MESSAGE", "JSON_PARSE_ERROR")
    assert again.got == handler.got == []
    assert run(router.route_message("alice", alice, chat(1)))


def test_who_cannot_be_served_is_told() -> None:
    """A type that nothing handles, and a handler that fails: of what, is not for the client."""
    router, (alice,) = connected("alice")

    async def fail(message: Mapping[str, Any]) -> None:
        raise RuntimeError("the password is secret")

    router.add_handler(Handles(does=fail))

    assert not run(router.route_message("alice", alice, {"type": "unheard of"}))
    assert not run(router.route_message("alice", alice, chat(1)))
    assert [told["error_code"] for told in alice.got] == ["UNKNOWN_TYPE", "HANDLER_FAILED"]
    assert "secret" not in json.dumps(alice.got)


def test_a_ping_is_answered_whatever_handlers_there_are() -> None:
    router, (alice, again) = connected("alice", "alice")
    router.add_handler(Handles("ping"))

    assert run(router.route_message("alice", alice, json.dumps({"type": "ping"})))
    assert (alice.kinds, again.kinds) == (["pong"], [])


def test_a_handler_that_is_cancelled_leaves_the_lane_free() -> None:
    """The caller gave up; the user's next message is handled."""
    router, (alice,) = connected("alice")
    handler = Handles(does=lambda message: asyncio.sleep(0 if message["n"] else 60))
    router.add_handler(handler)

    async def work() -> None:
        given_up = asyncio.create_task(router.route_message("alice", alice, chat(0)))
        await asyncio.sleep(1)
        given_up.cancel()
        assert await router.route_message("alice", alice, chat(1))

    run(work())
    assert handler.got == [("alice", 1)]


@pytest.mark.parametrize("of", [lambda router: router, RouterFacade], ids=["router", "facade"])
def test_the_facade_does_what_the_router_does(of: Callable[[MessageRouter], Any]) -> None:
    """Through either the same handlers and sockets are reached."""
    router, (alice,) = connected("alice")
    door, handler = of(router), Handles()
    door.add_handler(handler)

    async def work() -> None:
        assert await door.route_message("alice", alice, chat(1))
        assert await door.broadcast_to_user("alice", {"type": "news"}) == 1
        door.remove_handler(handler)
        assert not await router.route_message("alice", alice, chat(2))
        await door.disconnect("alice", alice)
        assert await router.broadcast_to_user("alice", {"type": "news"}) == 0

    run(work())
    assert handler.got == [("alice", 1)]
    assert alice.kinds == ["news", "error_message"]
