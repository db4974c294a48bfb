"""Steps on routers and their facades: who came, what was handled, given back and logged."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from tests.planted import TOKEN, USERS, step

from goldenpath import router
from goldenpath.adapters.base import Reply
from goldenpath.adapters.router import NOBODY
from goldenpath.adapters.router_target import RouterTarget
from goldenpath.adapters.targets import of_factory
from goldenpath.builtin import reference_router
from goldenpath.errors import TargetProblem, UsageProblem
from goldenpath.model import LOGGED, Entry, Kind, Step
from goldenpath.plant import Plant
from goldenpath.recorder import Recorder

SOCKET = "alice/1"
MESSAGE = {"type": "chat_message", "payload": {"content": f"I say {TOKEN}."}}
EVENT = {"type": "notification", "data": {"text": TOKEN}}

CONNECT = step("connect", socket=SOCKET)
DISCONNECT = step("disconnect", socket=SOCKET)
ROUTE = step("route", socket=SOCKET, message=MESSAGE, token=TOKEN)
TELL = step("broadcast", event=EVENT, token=TOKEN)
REMOVE = step("remove_handler", handler="h")


def add(does: str = "takes", **more: Any) -> Step:
    return step("add_handler", handler="h", types=("chat_message",), behaviour=does, **more)


class Room:
    """A router of a few lines; it keeps what it is called with."""

    def __init__(self) -> None:
        self.seen: list[tuple[Any, ...]] = []
        self.sockets: list[Any] = []
        self.handlers: list[Any] = []

    async def connect(self, user_id: str, socket: Any) -> bool:
        self.seen.append(("connect", user_id, socket))
        self.sockets.append(socket)
        return True

    def disconnect(self, user_id: str, socket: Any) -> None:
        self.seen.append(("disconnect", user_id, socket))
        self.sockets.remove(socket)

    def add_handler(self, handler: Any) -> None:
        self.handlers.append(handler)

    def remove_handler(self, handler: Any) -> None:
        self.handlers.remove(handler)

    async def route_message(self, user_id: str, socket: Any, message: Any) -> Any:
        for handler in self.handlers:
            if handler.can_handle(message["type"]):
                return {"handled": await handler.handle(user_id, socket, message)}
        logging.getLogger("room").warning("nobody handles %s", message["type"])
        return None

    async def broadcast_to_user(self, user_id: Any, event: Any) -> int:
        self.seen.append(("broadcast_to_user", user_id))
        for socket in self.sockets:
            await socket.send_json(event)
        return len(self.sockets)


class Performed:
    """What came of some steps: replies and entries, and the router that they were performed on."""

    def __init__(self, made: Any, replies: list[Reply], entries: list[Entry]) -> None:
        self.made, self.replies, self.entries = made, replies, entries

    @property
    def last(self) -> Reply:
        return self.replies[-1]

    def of(self, kind: Kind) -> list[Entry]:
        return [entry for entry in self.entries if entry.kind is kind]


def target(factory: Callable[..., Any] = Room, **how: Any) -> RouterTarget:
    def make() -> Any:
        return factory()

    found = of_factory(router(**how)(make))
    assert isinstance(found, RouterTarget)
    return found


def perform(
    *steps: Step, factory: Callable[..., Any] = Room, of: RouterTarget | None = None, **how: Any
) -> Performed:
    async def main() -> Performed:
        entries: list[Entry] = []
        recorder = Recorder()
        recorder.listen(entries.append)
        found = of or target(factory, **how)
        adapter = found.adapter(await found.probe())
        try:
            await adapter.open(Plant(recorder, USERS))
            replies = [await adapter.perform(each) for each in steps]
            return Performed(getattr(adapter, "made", None), replies, entries)
        finally:
            await adapter.close()

    return asyncio.run(main())


# --- sockets --------------------------------------------------------------------------------------


def test_a_socket_is_opened_before_the_router_is_told_and_closed_before_it_hears() -> None:
    """With the id of its user, and the same socket both times."""
    done = perform(CONNECT, DISCONNECT)
    (came, who, socket), (went, also, again) = done.made.seen

    assert (came, went) == ("connect", "disconnect")
    assert who == also == USERS[0].user_id
    assert socket is again
    assert socket.link == SOCKET
    assert [entry.what for entry in done.of(Kind.LINK)] == ["up", "down"]
    assert done.replies[0].result is True


@pytest.mark.parametrize("each", [DISCONNECT, ROUTE, add(socket=SOCKET)], ids=lambda s: s.action)
def test_a_step_on_a_socket_that_was_never_opened(each: Step) -> None:
    """A history may name one."""
    assert perform(each).last.error == "there is no socket alice/1"


def test_an_action_that_is_for_other_targets() -> None:
    assert perform(step("create")).last.error == "there is no create"


# --- handlers and messages ------------------------------------------------------------------------


def test_a_message_reaches_the_handler_and_what_is_given_back_is_told() -> None:
    done = perform(CONNECT, add(), ROUTE)

    assert [(entry.actor, entry.what) for entry in done.of(Kind.TOOL)] == [
        ("h", "started"),
        ("h", "ended"),
    ]
    assert done.of(Kind.TOOL)[0].value["token"] == TOKEN
    assert done.last.result == {"handled": True}


def test_what_a_handler_raises_through_the_router_is_told() -> None:
    done = perform(CONNECT, add("fails"), ROUTE)

    assert [entry.what for entry in done.of(Kind.TOOL)] == ["started", "failed"]
    assert done.last.value["type"] == "HandlerFailure"


def test_a_handler_of_a_connection_knows_it_and_its_user() -> None:
    (handler,) = perform(CONNECT, add(socket=SOCKET)).made.handlers

    assert handler.socket.link == SOCKET
    assert handler.user_id == USERS[0].user_id


def test_a_handler_of_all_knows_no_connection() -> None:
    (handler,) = perform(add()).made.handlers

    assert handler.socket is handler.user_id is None


def test_a_handler_is_removed_as_it_was_added() -> None:
    assert perform(add(), REMOVE).made.handlers == []


def test_a_handler_that_was_never_added_is_not_removed() -> None:
    assert perform(REMOVE).last.error == "there is no h"


def test_what_is_logged_is_told_by_its_level_until_the_adapter_is_closed() -> None:
    """Nothing of its text, which may hold anything."""
    done = perform(CONNECT, ROUTE)
    (said,) = done.of(Kind.MEASURE)
    logging.getLogger("room").warning("nobody hears this")

    assert (said.what, said.value) == (LOGGED, {"level": "WARNING"})
    assert len(done.of(Kind.MEASURE)) == 1


def test_a_message_that_is_none_is_handed_on_as_it_is() -> None:
    """And what the router runs into is told."""
    done = perform(CONNECT, step("route", socket=SOCKET, message=None, malformed=True))

    assert done.last.value["type"] == "TypeError"
    assert "meant" not in done.last.value


# --- broadcasts -----------------------------------------------------------------------------------


def test_a_broadcast_arrives_and_what_is_claimed_is_told() -> None:
    done = perform(CONNECT, TELL)

    assert [json.loads(entry.value) for entry in done.of(Kind.FRAME)] == [EVENT]
    assert done.last.result == 1


@pytest.mark.parametrize("odd", NOBODY)
def test_a_broadcast_to_nobody(odd: str) -> None:
    done = perform(step("broadcast", event=EVENT, token=TOKEN, nobody=odd))

    assert done.made.seen == [("broadcast_to_user", NOBODY[odd])]


def test_a_member_that_is_not_there_is_missing_and_one_that_is_mapped_is_called() -> None:
    class Other:
        def tell(self, user_id: Any, event: Any) -> str:
            return "told"

    done = perform(TELL, CONNECT, factory=Other, broadcast_to_user="tell", routes=False)

    assert [(reply.result, reply.error) for reply in done.replies] == [
        ("told", ""),
        (None, "there is no connect"),
    ]


# --- what is there --------------------------------------------------------------------------------


def test_what_is_there_is_told_member_by_member() -> None:
    class Half:
        async def route_message(self, *_: Any) -> None: ...

        broadcast_to_user = "no function"

    found = perform(step("inspect"), factory=Half).last.result

    assert {name for name, kind in found.items() if kind == "missing"} == {
        "connect",
        "disconnect",
        "add_handler",
        "remove_handler",
        "broadcast_to_user",
    }


def test_a_member_that_wants_other_arguments_is_none() -> None:
    class Odd(Room):
        async def connect(self, socket: Any) -> None: ...  # type: ignore[override]

    found = perform(step("inspect"), factory=Odd).last.result

    assert (
        found["connect"]
        == "one that does not take 2 positional arguments: (socket: 'Any') -> 'None'"
    )
    assert found["disconnect"] == "method, async or not"


def test_a_part_that_is_not_declared_is_not_looked_for() -> None:
    found = perform(step("inspect"), routes=False).last.result

    assert sorted(found) == ["broadcast_to_user", "connect", "disconnect"]


def test_a_facade_is_made_over_the_router_and_called_in_its_place() -> None:
    class Facade:
        def __init__(self, made: Room) -> None:
            self.made = made

        async def route_message(self, *args: Any) -> Any:
            return ["by the facade", await self.made.route_message(*args)]

    via = step("route", socket=SOCKET, message=MESSAGE, token=TOKEN, via="old")
    done = perform(CONNECT, add(), ROUTE, via, facades={"old": Facade})

    assert [reply.result for reply in done.replies[-2:]] == [
        {"handled": True},
        ["by the facade", {"handled": True}],
    ]


def test_the_reference_answers_as_its_facade_does() -> None:
    found = of_factory(reference_router)
    assert isinstance(found, RouterTarget)
    via = step("route", socket=SOCKET, message=MESSAGE, token=TOKEN, via="legacy")
    done = perform(CONNECT, add(), ROUTE, via, of=found)

    assert [reply.ok for reply in done.replies] == [True] * 4
    assert done.replies[-1].result == done.replies[-2].result


# --- the target -----------------------------------------------------------------------------------


def facts_of(found: RouterTarget) -> Any:
    return asyncio.run(found.probe())


def test_what_is_known_of_it_stands_in_the_header() -> None:
    facts = facts_of(target(broadcasts=False, facades={"old": repr, "new": str}))

    assert facts.kind == "router"
    assert facts.declared["facades"] == ["new", "old"]
    assert facts.declared["broadcasts"] is False
    assert facts.declared["pings"] == {"ping": "pong"}
    assert facts.shown == {"made": "Room"}


def refused(factory: Callable[..., Any], **how: Any) -> str:
    with pytest.raises(TargetProblem) as problem:
        facts_of(target(factory, **how))
    return str(problem.value)


def test_members_that_are_mapped_and_not_there_are_named_at_once() -> None:
    said = refused(Room, route_message="handle", connect="join")

    assert "route_message='handle'" in said
    assert "connect='join'" in said


def test_what_can_neither_route_nor_broadcast_is_no_router() -> None:
    said = refused(object)

    assert "it offers no way to route or broadcast anything" in said
    assert '@router(route_message="handle_message")' in said


def test_a_factory_that_raises_is_quoted() -> None:
    def broken() -> None:
        raise OSError("no port is free")

    assert "the factory failed" in refused(broken)
    assert "OSError: no port is free" in refused(broken)


def test_a_factory_or_a_facade_that_gives_nothing() -> None:
    assert "the factory returned None" in refused(lambda: None)
    assert "the facade old returned None" in refused(Room, facades={"old": lambda made: None})


def test_a_factory_that_wants_something_cannot_be_called() -> None:
    @router()
    def make(user: Any) -> Room:
        return Room()

    with pytest.raises(UsageProblem, match="missing a required argument: 'user'"):
        of_factory(make)


def test_a_factory_that_takes_for_ever_is_ended() -> None:
    async def make() -> None:
        await asyncio.Event().wait()

    with pytest.raises(TargetProblem, match="took longer than"):
        asyncio.run(target(make).probe(time_scale=0.001))
