"""What is told to all sockets of a user, and who else is there meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from goldenpath import spec
from goldenpath.model import Step
from goldenpath.workloads.base import TWO, Workload, tiers
from goldenpath.workloads.room import CHAT, Room, number_of
from goldenpath.workloads.script import Lane, Script

#: Things that a user is told who is not there.
_MISSED = 3

#: How often something is told while a socket stays broken, before the last time.
_AGAIN = 2

#: Sockets of a user who is told something.
_SOCKETS = 3


def _broadcast(script: Script, size: int) -> tuple[Lane, ...]:
    """Users with several sockets are told something, and one with a single socket several things at
    once; and nobody is.
    """
    if not script.can("broadcasts"):
        return ()
    room, (alice, bob) = Room(script), list(script.users)
    lane = [room.connect(alice) for _ in range(_SOCKETS)]
    lane += [room.broadcast(bob), room.rest(), room.connect(bob)]
    for _ in range(size):
        for name in (alice, bob, alice):
            lane += [room.broadcast(name), room.rest()]
        for nobody in spec.NOBODY:
            lane += [room.broadcast(bob, nobody=nobody), room.rest()]
        told = ([room.broadcast(name) for _ in range(2)] for name in (alice, bob))
        lane += [script.together(*told), room.rest(), *_overlapping(room, bob)]
    lane += [room.disconnect(alice, 2), room.broadcast(alice), room.rest()]
    return ((*lane, room.disconnect(bob), room.broadcast(bob), room.rest()),)


def _overlapping(room: Room, name: str) -> Iterator[Step]:
    """While one event is held up at the user's only socket, more of them follow; whoever tells them
    behind the call has the time for each.
    """
    step, link = room.script.step, room.link(name)
    first, *more = (room.broadcast(name) for _ in range(3))
    held = step(name, "wait_for", held=link, briefly=True)
    flows = [step(name, "idle"), room.turn(name, "working")]
    follow = room.script.together(*([each] for each in more), flows)
    yield room.turn(name, "stalled")
    yield room.script.together([first], [held, follow])
    for told in (first, *more):
        token = told.args["token"]
        yield step(name, "wait_for", token=token, sockets=[link], briefly=True)
    yield room.rest()


def _peers(script: Script, size: int) -> tuple[Lane, ...]:
    """Of several sockets of a user one breaks, or stalls and flows again or breaks, wherever it
    stands among them; others come and go while something is being told.
    """
    if not script.can("broadcasts"):
        return ()
    room, (alice, bob) = Room(script), list(script.users)
    lane = [room.connect(bob)]
    for _ in range(size):
        for bad in range(1, _SOCKETS + 1):
            lane += _with_one_bad(room, alice, bad, "broken", "working")
            lane += _with_one_bad(room, alice, bad, "stalled", "working")
            lane += _with_one_bad(room, alice, bad, "stalled", "broken")
        lane += _while_it_goes_on(room, alice)
        lane += [room.broadcast(bob), room.rest()]
    return (tuple(lane),)


def _with_one_bad(room: Room, name: str, bad: int, condition: str, then: str) -> Iterator[Step]:
    """Something is told while one socket, the first, the second or the last, is in a bad way, and
    then in another.
    """
    opened = [room.connect(name) for _ in range(_SOCKETS)]
    links = [step.args["socket"] for step in opened]
    yield from opened
    number = number_of(links[bad - 1])
    yield room.turn(name, condition, number)
    others = _promised(room, [link for place, link in enumerate(links, 1) if place != bad], links)
    for _ in range(_AGAIN if condition == "broken" else 0):
        yield from _told(room, room.broadcast(name), others, [])
    yield from _told(room, room.broadcast(name), others, [room.turn(name, then, number)])
    for link in links:
        yield room.disconnect(name, number_of(link))


def _promised(room: Room, links: list[str], opened: list[str]) -> list[str]:
    """Those that are promised an event: all, or only the newest of all that were opened."""
    return links if room.script.can("fan_out") else [link for link in links if link == opened[-1]]


def _told(room: Room, told: Step, links: list[str], then: list[Step]) -> Iterator[Step]:
    """Wait until the others have it, before what was wrong is over."""
    wait = room.script.step(told.actor, "wait_for", token=told.args["token"], sockets=links)
    yield room.script.together([told], [wait, *then])
    yield room.rest()


def _while_it_goes_on(room: Room, name: str) -> Iterator[Step]:
    """While one socket holds a broadcast up, another goes and one more comes."""
    opened = [room.connect(name) for _ in range(_SOCKETS + 1)]
    yield from opened
    first, held, *_, last = (number_of(step.args["socket"]) for step in opened)
    yield room.turn(name, "stalled", held)
    told = room.broadcast(name)
    links = [step.args["socket"] for step in opened]
    owed = _promised(room, links[2:], links)
    then = [room.disconnect(name, first), room.connect(name), room.turn(name, "working", held)]
    yield from _told(room, told, owed, then)
    yield from (room.broadcast(name), room.rest())
    for number in (held, last - 1, last, last + 1):
        yield room.disconnect(name, number)


def _reconnect(script: Script, size: int) -> tuple[Lane, ...]:
    """A user comes back over a new socket before the old one has gone, or after it broke."""
    if not script.can("broadcasts"):
        return ()
    room, (alice, bob) = Room(script), list(script.users)
    lane = [room.connect(bob), room.connect(alice)]
    routes = script.kind == "router" and script.can("routes")
    lane += [room.handler(CHAT)] if routes else []
    old = 1
    for number in range(size):
        broken = [room.turn(alice, "broken", old)] if number % 2 else []
        lane += [*broken, room.connect(alice), room.disconnect(alice, old)]
        lane += [room.broadcast(alice), room.rest(), room.broadcast(bob), room.rest()]
        lane += [room.say(alice), room.rest()] if routes else []
        old += 1
    return ((*lane, room.disconnect(alice)),)


def _workload(
    name: str, about: str, proves: tuple[str, ...], lanes: Any, size: dict[str, int]
) -> Workload:
    kinds = {"router": proves, "transport": proves}
    return Workload(name, about, "routing", kinds, lanes, TWO, size)


def _missed(script: Script, size: int) -> tuple[Lane, ...]:
    """A user is told something while no socket of theirs is there, and comes back; and once over a
    socket that takes nothing yet, so that more is told while what was missed is on its way.
    """
    if not script.can("replay"):
        return ()
    room, (alice, bob) = Room(script), list(script.users)
    lane = [room.connect(bob)]
    for _ in range(size):
        lane += [room.connect(alice), room.broadcast(alice), room.rest(), room.disconnect(alice)]
        lane += [room.broadcast(alice) for _ in range(_MISSED)]
        lane += [room.rest(), room.connect(alice), room.rest(), room.broadcast(alice), room.rest()]
        lane.append(room.disconnect(alice))
        lane += [room.broadcast(alice), room.rest(), *_slowly_back(room, alice)]
    return (tuple(lane),)


def _slowly_back(room: Room, name: str) -> list[Step]:
    """The user comes back over a socket that has stalled, and is told more until it flows."""
    back = room.connect(name, condition="stalled")
    link, step = room.link(name), room.script.step

    def once_held(*steps: Step) -> list[Step]:
        return [step(name, "wait_for", held=link, briefly=True), *steps]

    told = [once_held(room.broadcast(name)) for _ in range(_MISSED)]
    flows = once_held(step(name, "idle"), room.turn(name, "working"))
    together = room.script.together([back], *told, flows)
    return [together, room.rest(), room.disconnect(name)]


WORKLOADS = (
    _workload(
        "broadcast",
        "users with several sockets are told something, and nobody is",
        ("ROUTING-8", "DELIVERY-6a", "ISOLATION-7"),
        _broadcast,
        tiers(2, 10, 100),
    ),
    _workload(
        "peers",
        "of several sockets of a user some break, stall, come or go",
        ("ROUTING-9",),
        _peers,
        tiers(1, 5, 25),
    ),
    _workload(
        "reconnect",
        "a user comes back before the old connection has gone",
        ("ISOLATION-9",),
        _reconnect,
        tiers(4, 20, 100),
    ),
    Workload(
        name="missed",
        about="a user who was away is told something meanwhile, and comes back",
        suite="routing",
        proves={"transport": ("RECOVERY-5",)},
        lanes=_missed,
        users=TWO,
        size=tiers(2, 10, 50),
    ),
)
