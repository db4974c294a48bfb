"""What becomes of messages: which handler gets them, in which order, and what is answered."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import Any

from goldenpath import spec
from goldenpath.model import Step
from goldenpath.workloads.base import TWO, Workload, tiers
from goldenpath.workloads.room import CHAT, TASK, UNHEARD_OF, UPDATE, Room, number_of
from goldenpath.workloads.script import Lane, Script


def _deep(levels: int) -> Any:
    value: Any = "?"
    for _ in range(levels):
        value = [value]
    return value


#: What JSON can hold and is no message.
MALFORMED: tuple[Any, ...] = (
    *(None, True, 7, "a text", "{not json", [1, 2, 3], {}, {"payload": {"content": "?"}}),
    *({"type": odd} for odd in (None, "", "   ", 5, ["chat"], {"chat": 1}, False)),
    {"type": None, "payload": _deep(150)},
    {"type": "x" * 20_000},
)


def _after(first: Iterable[Step], script: Script, *lanes: Iterable[Step]) -> tuple[Lane, ...]:
    """One lane: first these steps, then the lanes side by side."""
    return ((*first, script.together(*lanes)),)


def _routing(script: Script, size: int) -> tuple[Lane, ...]:
    """Users send messages of several types, one that nobody knows, and heartbeats."""
    room, names = Room(script), list(script.users)
    first = [script.step(names[0], "inspect")]
    first += [step for name in names for step in room.connect_two(name)]
    if not script.can("routes"):
        told = [step for name in names for step in (room.broadcast(name), room.rest())]
        return ((*first, *told, *map(room.disconnect, names)),)
    first += [room.handler(CHAT, behaviour="replies"), room.handler(TASK)]
    return _after(first, script, *(_conversation(room, name, size) for name in names))


def _conversation(room: Room, name: str, size: int) -> Iterator[Step]:
    for number in range(size):
        yield room.say(name, CHAT if number % 2 else TASK)
        yield room.rest()
    for type in (*UNHEARD_OF, UNHEARD_OF[0]):
        yield from (room.say(name, type), room.rest())
    yield from (room.say(name), room.rest())
    if room.script.can("pings"):
        for type in [*room.script.declared["pings"]] * 2:
            yield from (room.ping(name, type), room.rest())
    yield from (room.say(name, TASK), room.rest(), room.disconnect(name))


def _malformed_input(script: Script, size: int) -> tuple[Lane, ...]:
    """One user sends what is no message, each time over a new connection; another user works."""
    if not script.can("routes"):
        return ()
    room, (alice, bob) = Room(script), list(script.users)
    first = [room.handler(CHAT), room.connect(bob)]
    lane: list[Step] = []
    for sent in (*MALFORMED, *_odd(script.random, size)):
        lane += [room.connect(alice), room.malformed(alice, sent), room.rest()]
        lane += [room.say(alice), room.rest(), room.disconnect(alice)]
    lane += [*room.connect_two(alice), room.malformed(alice, {"type": None}), room.rest()]
    beside = [step for _ in range(size) for step in (room.say(bob), room.rest())]
    return _after(first, script, lane, beside)


def _odd(rng: random.Random, count: int) -> Iterator[Any]:
    """Values that JSON can hold and that are no messages, ever others with another seed, and ever
    deeper.
    """
    scalars: tuple[Any, ...] = (None, True, 0, -1.5, "", "\u0000", "text", 2**53)

    def value(depth: int) -> Any:
        if depth == 0 or rng.random() < 0.3:
            return rng.choice(scalars)
        inner = [value(depth - 1) for _ in range(rng.randrange(4))]
        if rng.random() < 0.5:
            return inner
        return {rng.choice(("kind", "data", "payload", "", "t\u0301ype")): each for each in inner}

    for number in range(count):
        odd = value(1 + number % 6)
        yield {"type": [odd], "payload": odd} if number % 3 == 0 else odd


def _failing_handler(script: Script, size: int) -> tuple[Lane, ...]:
    """A handler raises, again and again; the next message, of whoever it is, works."""
    if not script.can("routes"):
        return ()
    room, names = Room(script), list(script.users)
    first = [step for name in names for step in room.connect_two(name)]
    first += [room.handler(CHAT), room.handler(TASK, behaviour="fails")]

    def lane(name: str) -> Iterator[Step]:
        for _ in range(size):
            yield from (room.say(name, TASK), room.rest(), room.say(name), room.rest())

    return _after(first, script, *map(lane, names))


def _handlers_go(script: Script, size: int) -> tuple[Lane, ...]:
    """Handlers are removed and others come; connections go, and their handlers with them."""
    if not script.can("routes"):
        return ()
    room, (alice, bob) = Room(script), list(script.users)
    lane: list[Step] = [*map(room.connect, (alice, bob)), room.handler(CHAT)]
    for _ in range(size):
        added = room.handler(TASK, UPDATE)
        lane += [added, *_said(room, alice, TASK, UPDATE, CHAT), room.remove(added)]
        lane += [*_said(room, alice, TASK, UPDATE), *_said(room, bob, TASK, UPDATE, CHAT)]
        if script.can("bound_handlers"):
            lane += [room.handler(TASK, owner=bob), room.handler(TASK, owner=alice)]
            lane += [*_said(room, alice, TASK), room.disconnect(alice), *_said(room, bob, TASK)]
            lane += [room.connect(alice), *_said(room, alice, TASK, CHAT), *_said(room, bob, TASK)]
            lane += [room.disconnect(bob), room.connect(bob)]
        if script.can("bound_handlers") and script.can("fan_out"):
            lane += _one_of_two_goes(room, alice)
    return (tuple(lane),)


def _one_of_two_goes(room: Room, name: str) -> Iterator[Step]:
    """Of two sockets of one user, each with its handler, the older goes with its own."""
    older = room.link(name)
    yield room.handler(TASK, owner=name)
    yield room.connect(name)
    yield room.handler(TASK, owner=name)
    yield from _said(room, name, TASK)
    yield room.disconnect(name, number_of(older))
    yield from _said(room, name, TASK, CHAT)


def _said(room: Room, name: str, *types: str) -> list[Step]:
    return [step for type in types for step in (room.say(name, type), room.rest())]


def _own_handlers(script: Script, size: int) -> tuple[Lane, ...]:
    """Each connection has a handler of its own for the same type, whoever connected first."""
    if not script.can("bound_handlers"):
        return ()
    room, names = Room(script), list(script.users)
    lane: list[Step] = []
    for turn in range(2 * size):
        for order in (names, names[::-1]):
            shared = room.handler(CHAT)  # for those who have none of their own
            lane += [shared] if turn % 2 else []
            for name in order:
                lane += [room.connect(name), room.handler(CHAT, owner=name, behaviour="replies")]
            for name in (*names, *names[::-1]):
                lane += _said(room, name, CHAT)
            lane.append(script.together(*(_said(room, name, CHAT, CHAT) for name in names)))
            lane += map(room.disconnect, order)
            lane += [room.remove(shared)] if turn % 2 else []
    return (tuple(lane),)


def _message_order(script: Script, size: int) -> tuple[Lane, ...]:
    """The first message of a user takes long, those that follow do not."""
    if not script.can("routes"):
        return ()
    room, (alice, *_) = Room(script), list(script.users)
    lane = [room.connect(alice), room.handler(TASK, behaviour="holds"), room.handler(CHAT)]
    for _ in range(size):
        long, *more = room.say(alice, TASK), room.say(alice), room.say(alice)
        token = long.args["token"]
        waits = [script.step(alice, "wait_for", token=token, what="started")]
        waits.append(
            script.step(alice, "wait_for", token=more[-1].args["token"], what="ended", briefly=True)
        )
        lane += [
            script.together([long, *more], [*waits, script.step(alice, "release", token=token)]),
            room.rest(),
        ]
    return (tuple(lane),)


def _stalled_handler(script: Script, size: int) -> tuple[Lane, ...]:
    """The handler of one user's message stalls; messages of others are handled meanwhile."""
    if not script.can("routes"):
        return ()
    room, (alice, *others) = Room(script), list(script.users)
    first = [*map(room.connect, script.users), room.handler(CHAT)]
    first.append(room.handler(TASK, behaviour="holds"))
    lane: list[Step] = []
    for _ in range(size):
        held = room.say(alice, TASK)
        said = [[room.say(name), room.say(name)] for name in others]
        waits = [
            script.step(name, "wait_for", token=steps[-1].args["token"], what="ended")
            for name, steps in zip(others, said, strict=True)
        ]
        started = script.step(alice, "wait_for", token=held.args["token"], what="started")
        release = script.step(alice, "release", token=held.args["token"])
        join = [script.step(name, "join", step=started.id) for name in others]
        theirs = ([joined, *steps] for joined, steps in zip(join, said, strict=True))
        lane += [script.together([held], [started, *waits, release], *theirs), room.rest()]
    return ((*first, *lane),)


def _lost_connection(script: Script, size: int) -> tuple[Lane, ...]:
    """A connection breaks while its message is being handled; the user comes back."""
    if not script.can("routes"):
        return ()
    room, (alice, bob) = Room(script), list(script.users)
    lane = [room.handler(TASK, behaviour="holds and replies"), room.handler(CHAT)]
    lane += [room.connect(bob)]
    for told in (True, False) * size:
        held = (room.connect(alice), room.say(alice, TASK))
        token = held[1].args["token"]
        trouble = [
            script.step(alice, "wait_for", token=token, what="started"),
            room.turn(alice, "broken"),
            *([room.disconnect(alice)] if told else []),
            script.step(alice, "release", token=token),
        ]
        lane += [script.together(held, trouble), room.rest(), *_said(room, bob, CHAT)]
        lane += [room.connect(alice), *_said(room, alice, CHAT), room.disconnect(alice)]
    return (tuple(lane),)


def _message_burst(script: Script, size: int) -> tuple[Lane, ...]:
    """Each user sends a great many messages at once."""
    if not script.can("routes"):
        return ()
    room, names = Room(script), list(script.users)
    first = [*map(room.connect, names), room.handler(CHAT)]
    return _after(first, script, *([room.say(n, burst=True)] for n in names for _ in range(size)))


def _facades(script: Script, size: int) -> tuple[Lane, ...]:
    """The same is said to the router and to each facade over it, and the same is told by them."""
    if not script.can("facades"):
        return ()
    room, (alice, *_) = Room(script), list(script.users)
    vias = ("", *script.declared["facades"])
    lane = [room.connect(alice)]
    if script.can("routes"):
        lane += _said_to_each(room, alice, vias, size)
    if script.can("broadcasts"):
        lane += _told_by_each(room, alice, vias, size)
    return (tuple(lane),)


def _said_to_each(room: Room, name: str, vias: tuple[str, ...], size: int) -> Iterator[Step]:
    """Messages that are handled, that fail, and that nothing is for."""
    yield room.handler(CHAT, behaviour="replies")
    yield room.handler(TASK, behaviour="fails")
    for number in range(size):
        for type in (CHAT, UNHEARD_OF[0], TASK, CHAT):
            for via in vias:
                yield room.say(name, type, via=via, same=f"{type} {number}")
                yield room.rest()
        for via in vias:
            yield from _through(room, name, via, number)


def _told_by_each(room: Room, name: str, vias: tuple[str, ...], size: int) -> Iterator[Step]:
    """Broadcasts to a user who is there, to one who is away, and to nobody."""
    for number in range(size):
        yield from _told_alike(room, name, vias, f"told {number}")
        for nobody in spec.NOBODY:
            yield from _told_alike(room, name, vias, f"{nobody} {number}", nobody=nobody)
        yield room.disconnect(name)
        yield from _told_alike(room, name, vias, f"told who is away {number}")
        yield room.connect(name)


def _told_alike(
    room: Room, name: str, vias: tuple[str, ...], same: str, **more: Any
) -> Iterator[Step]:
    for via in vias:
        yield room.broadcast(name, via=via, same=same, **more)
        yield room.rest()


def _through(room: Room, name: str, via: str, number: int) -> Iterator[Step]:
    """A connection and a handler come and go through a facade, as they do through the router."""
    added = room.handler(UPDATE, name=f"update {number}", via=via)
    yield added
    link = room.link(name)
    for when in ("there", "gone"):
        yield room.say(name, UPDATE, same=f"handler {when} {number}", after=via)
        yield room.rest()
        if when == "there":
            yield room.remove(added, via=via)
    yield room.connect(name, via=via)
    yield room.say(name, same=f"connection {number}", after=via)
    yield room.rest()
    yield room.disconnect(name, via=via)
    room.speak_on(name, link)


def _workload(
    name: str, about: str, proves: tuple[str, ...], lanes: Any, size: dict[str, int]
) -> Workload:
    return Workload(name, about, "routing", {"router": proves}, lanes, TWO, size)


WORKLOADS = (
    _workload(
        "routing",
        "users send messages that are handled, one that is not, and heartbeats",
        ("API-1", "ROUTING-1", "ROUTING-2", "ROUTING-3", "ISOLATION-2", "RECOVERY-8"),
        _routing,
        tiers(4, 20, 200),
    ),
    _workload(
        "malformed_input",
        "a user sends what is no message; another works",
        ("ROUTING-4",),
        _malformed_input,
        tiers(20, 200, 2_000),
    ),
    _workload(
        "failing_handler",
        "a handler raises; the next message works",
        ("ROUTING-5",),
        _failing_handler,
        tiers(2, 10, 50),
    ),
    _workload(
        "handlers_go",
        "handlers are removed, and go with their connection",
        ("ROUTING-6",),
        _handlers_go,
        tiers(2, 10, 50),
    ),
    _workload(
        "own_handlers",
        "each connection has a handler of its own for the same type",
        ("ISOLATION-6",),
        _own_handlers,
        tiers(1, 5, 25),
    ),
    _workload(
        "message_order",
        "a message that takes long is followed by some that do not",
        ("ROUTING-7",),
        _message_order,
        tiers(1, 3, 10),
    ),
    _workload(
        "stalled_handler",
        "the handler of one user stalls; another user's messages are handled",
        ("RECOVERY-3a",),
        _stalled_handler,
        tiers(1, 3, 10),
    ),
    _workload(
        "lost_connection",
        "a connection breaks while its message is being handled",
        ("RECOVERY-4",),
        _lost_connection,
        tiers(1, 5, 25),
    ),
    _workload(
        "message_burst",
        "each user sends a great many messages at once",
        ("RECOVERY-6",),
        _message_burst,
        tiers(110, 150, 500),
    ),
    _workload(
        "facades",
        "the same is said to a router and to the facades over it",
        ("ROUTING-10",),
        _facades,
        tiers(1, 5, 25),
    ),
)
