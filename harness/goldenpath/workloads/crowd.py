"""Several users at once: nobody sees, gets or is told what belongs to another."""

from __future__ import annotations

from goldenpath.model import Step
from goldenpath.workloads.base import TWO, Workload, tiers
from goldenpath.workloads.script import Ask, Lane, Script

_ISOLATION = ("ISOLATION-1", "ISOLATION-2")

#: The same question, word for word, by different users: what a cache would mix up.
_SAME = Ask("lookup", {"query": "what is new?"}, plain=True)


def _two_users(script: Script, size: int) -> tuple[Lane, ...]:
    """Both sessions are open before either works; they work side by side, then in turns."""
    names = list(script.users)
    created = {name: script.create(name, ["lookup", "echo", "explode"]) for name in names}
    rounds = [[Ask("lookup")], [Ask("echo")]] * size
    lanes = {name: [created[name]] for name in names}
    for name in names:
        lanes[name] += [script.step(name, "join", step=created[n].id) for n in names if n != name]
        lanes[name] += script.ask(name, *rounds)
    if script.kind == "dispatcher":
        _in_turns(script, lanes)
    return tuple((*lanes[name], script.cleanup(name)) for name in names)


def _in_turns(script: Script, lanes: dict[str, list[Step]]) -> None:
    """Twice round, each user asks what the one before has just asked, word for word."""
    last = {name: lane[-1] for name, lane in lanes.items()}
    before = next(reversed(list(lanes)))
    for name in [*lanes] * 2:
        lanes[name].append(script.step(name, "join", step=last[before].id))
        lanes[name] += script.ask(name, [_SAME], [Ask("explode")])
        last[name], before = lanes[name][-1], name


def _many_users(script: Script, size: int) -> tuple[Lane, ...]:
    """All work at the same time; where that is no affair of a whole run, their tools fail together,
    too.
    """
    rounds = [[Ask("lookup"), Ask("lookup")], [Ask("echo")]] * size
    if script.kind == "dispatcher":
        rounds += [[Ask("explode"), Ask("explode")], [Ask("explode")]] * size
    return tuple(script.session(name, *rounds) for name in script.users)


def _misaddressed(script: Script, size: int) -> tuple[Lane, ...]:
    """The second user comes, works and answers while the first one's tool is held in the middle.

    Whatever remembers "the current user" sends the rest of the first one's events astray.
    """
    first, second = list(script.users)[:2]
    asked = script.ask(first, [Ask("hold")])
    (token,) = script.tokens(asked)
    theirs = script.ask(second, [Ask("lookup")])
    begun = script.step(second, "wait_for", token=token, what="started")
    release = (
        script.step(first, "wait_for", token=token, what="started"),
        script.step(first, "join", step=theirs[-1].id, briefly=True),
        script.step(first, "release", token=token),
    )
    ours = (script.create(first, ["hold"]), script.together(asked, release), script.cleanup(first))
    return (
        ours,
        (
            begun,
            script.create(second, ["lookup"]),
            *theirs,
            script.step(second, "join", step=asked[-1].id),
            script.cleanup(second),
        ),
    )


WORKLOADS = (
    Workload(
        name="two_users",
        about="two users work side by side and ask the same question",
        suite="isolation",
        proves={
            "dispatcher": (*_ISOLATION, "ISOLATION-3"),
            "agent": (*_ISOLATION, "ISOLATION-3"),
            "endpoint": _ISOLATION,
            "transport": _ISOLATION,
        },
        lanes=_two_users,
        users=TWO,
        size=tiers(2, 10, 100),
    ),
    Workload(
        name="many_users",
        about="many users work at once",
        suite="isolation",
        proves={
            "dispatcher": (*_ISOLATION, "ISOLATION-3", "DELIVERY-2", "DELIVERY-3"),
            "agent": (*_ISOLATION, "DELIVERY-3", "DELIVERY-4"),
            "transport": (*_ISOLATION, "DELIVERY-3", "DELIVERY-4"),
        },
        lanes=_many_users,
        users=tiers(8, 40, 200),
        size=tiers(1, 3, 10),
    ),
    Workload(
        name="misaddressed",
        about="a user comes and works while another's tool is in the middle",
        suite="isolation",
        proves={
            "dispatcher": (*_ISOLATION, "CONTENT-3", "DELIVERY-2"),
            "agent": (*_ISOLATION, "CONTENT-3", "DELIVERY-4"),
            "transport": (*_ISOLATION, "CONTENT-3", "DELIVERY-4"),
        },
        lanes=_misaddressed,
        users=TWO,
        size=tiers(1, 1, 1),
    ),
)
