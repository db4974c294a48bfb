"""A transport that is not there, or raises: tools and their callers must not notice."""

from __future__ import annotations

from goldenpath.model import Step
from goldenpath.spec import VIAS
from goldenpath.workloads.base import TWO, Workload, tiers
from goldenpath.workloads.script import Ask, Lane, Script

#: How often a door is used while the transport falters.
_EACH = 4


def _without(script: Script, size: int, transport: str) -> tuple[Lane, ...]:
    before = _faltering(script, size, transport)
    rounds = [[Ask("lookup")], [Ask("lookup"), Ask("lookup")]] * size
    if script.kind != "dispatcher":
        ours = script.session("alice", *rounds, transport=transport, golden=False)
        return (script.beside(*before, *ours),)
    rounds += [[Ask("explode")], [Ask("no_such_tool")]]
    rounds += [[Ask("give", {"value": value})] for value in (None, False)]
    tools = ["explode", "give", "hold", "lookup"]
    asked = [*script.ask("alice", *rounds), script.given_up("alice")]
    after = script.ask("alice", [Ask("lookup")])
    created = script.create("alice", tools, transport)
    trouble = [created, *asked, *after, script.cleanup("alice")]
    return (script.beside(*before, *trouble),)


def _faltering(script: Script, size: int, transport: str) -> list[Step]:
    """A session whose sends raise now and then, and ever another error, through each door."""
    if transport != "raising":
        return []
    vias = VIAS if script.kind == "dispatcher" else ("",)
    asks = [Ask("lookup", more={"via": via} if via else {}) for via in vias]
    rounds = [[ask] for ask in asks * _EACH * size] + [[Ask("lookup"), Ask("lookup")]]
    created = script.create("alice", ["lookup"], transport, falters=True)
    return [created, *script.ask("alice", *rounds, golden=False), script.cleanup("alice")]


def _absent(script: Script, size: int) -> tuple[Lane, ...]:
    return _without(script, size, "absent")


def _raising(script: Script, size: int) -> tuple[Lane, ...]:
    return _without(script, size, "raising")


WORKLOADS = (
    Workload(
        name="no_transport",
        about="a session without a transport; then another user, with one",
        suite="recovery",
        proves={
            "dispatcher": ("RECOVERY-1", "RECOVERY-8"),
            "agent": ("RECOVERY-1", "RECOVERY-8"),
        },
        lanes=_absent,
        users=TWO,
        size=tiers(1, 5, 20),
    ),
    Workload(
        name="raising_transport",
        about="some sends raise, then each does; then another user, whose do not",
        suite="recovery",
        proves={
            "dispatcher": ("RECOVERY-2", "RECOVERY-8"),
            "agent": ("RECOVERY-2", "RECOVERY-8"),
        },
        lanes=_raising,
        users=TWO,
        size=tiers(1, 5, 20),
    ),
)
