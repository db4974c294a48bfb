"""The ways in which dispatchers are made: through each factory, past them all, and how many."""

from __future__ import annotations

from typing import Any

from goldenpath.model import Step
from goldenpath.spec import VIAS
from goldenpath.workloads.base import ONE, TWO, Workload, tiers
from goldenpath.workloads.script import Ask, Lane, Script

_GIVEN = ("lookup", "explode", "give")
_LOOKED_FOR = [*_GIVEN, "echo", "no_such_tool"]


def _factories(script: Script, size: int) -> tuple[Lane, ...]:
    """Two users beside each other, both by one factory, or the second by the next one; in both
    orders, with a transport and without. In each session the same is done.
    """
    names = ["", *script.declared.get("factories", ())]
    if not script.can("factories"):
        return (script.session("alice", [Ask("lookup")]),)
    lane: list[Step] = []
    pairs = [*zip(names, names, strict=True), *zip(names, [*names[1:], names[0]], strict=True)]
    for first, second in (("alice", "bob"), ("bob", "alice")) * size:
        for factory, other in pairs:
            for listens in (first, second):
                sessions = (
                    _session(script, name, made_by, "working" if name == listens else "absent")
                    for name, made_by in ((first, factory), (second, other))
                )
                lane += [step for both in zip(*sessions, strict=True) for step in both]
    return (tuple(lane),)


def _session(script: Script, name: str, factory: str, transport: str) -> list[Step]:
    """What the contract asks for, in a session that this factory makes."""
    more: dict[str, Any] = {"factory": factory} if factory else {}
    asks = [Ask(tool, more={"via": via}) for tool in ("lookup", "explode") for via in VIAS]
    return [
        script.create(name, _GIVEN, transport, **more),
        script.step(name, "inspect"),
        script.step(name, "look", tools=_LOOKED_FOR),
        script.step(name, "ask_support"),
        *(script.execute(name, ask) for ask in asks),
        script.execute(name, Ask("give", {"value": False})),
        script.execute(name, Ask("no_such_tool")),
        script.step(name, "register", tool="echo"),
        script.step(name, "look", tools=_LOOKED_FOR),
        script.execute(name, Ask("echo", {"page": 1})),
        script.step(name, "ask_support"),
        script.cleanup(name),
        script.execute(name, Ask("lookup")),
        script.cleanup(name),
    ]


def _past_factories(script: Script, size: int) -> tuple[Lane, ...]:
    """A session is made and works, which is the control; one is constructed directly; the factory
    works as before.
    """
    session = script.session("alice", [Ask("lookup")])
    if not script.can("factory_only"):
        return (session,)
    directly = script.create("alice", action="create_directly")
    return ((*session, directly, *script.session("alice", [Ask("lookup")])),)


def _limit(script: Script, size: int) -> tuple[Lane, ...]:
    """As many sessions as a user may have are made, and one more is asked for; those in use work
    on, and another user gets one. When one was ended there is room again.
    """
    if not script.can("limit"):
        return (script.session("alice", [Ask("lookup")]),)
    limit: int = script.declared["max_dispatchers_per_user"]
    names = [f"session {number}" for number in range(1, limit + 3)]
    *used, beyond, last = names
    lane: list[Step] = []
    for name in used:
        lane += [_open(script, name), _works(script, name)]
    asked = _open(script, beyond)
    meanwhile = [
        script.step("alice", "join", step=asked.id, briefly=True),
        *(_works(script, name) for name in used),
        *script.session("bob", [Ask("lookup")]),
        script.cleanup("alice", used[0]),
        script.step("alice", "join", step=asked.id),
    ]
    lane += [script.together([asked], meanwhile), script.cleanup("alice", beyond)]
    lane += [_open(script, last), *(_works(script, name) for name in (*used[1:], last))]
    return ((*lane, *(script.cleanup("alice", name) for name in (*used[1:], last))),)


def _open(script: Script, session: str) -> Step:
    return script.create("alice", session=session)


def _works(script: Script, session: str) -> Step:
    return script.execute("alice", Ask("lookup"), session)


WORKLOADS = (
    Workload(
        name="factories",
        about="two users beside each other, by each factory, with a transport and without",
        suite="contract",
        proves={"dispatcher": ("API-10", "API-11")},
        lanes=_factories,
        users=TWO,
        size=tiers(1, 2, 5),
    ),
    Workload(
        name="past_factories",
        about="a dispatcher is constructed directly where only factories may make one",
        suite="contract",
        proves={"dispatcher": ("API-12",)},
        lanes=_past_factories,
        users=ONE,
        size=ONE,
    ),
    Workload(
        name="limit_per_user",
        about="a user asks for one dispatcher more than they may have",
        suite="contract",
        proves={"dispatcher": ("API-15",)},
        lanes=_limit,
        users=TWO,
        size=ONE,
    ),
)
