"""A transport that is not there, or raises: tools and their callers must not notice."""

from __future__ import annotations

from goldenpath.workloads.base import TWO, Workload, tiers
from goldenpath.workloads.script import Ask, Lane, Script


def _without(script: Script, size: int, transport: str) -> tuple[Lane, ...]:
    rounds = [[Ask("lookup")], [Ask("lookup"), Ask("lookup")]] * size
    if script.kind != "dispatcher":
        ours = script.session("alice", *rounds, transport=transport, golden=False)
        return (script.beside(*ours),)
    rounds += [[Ask("explode")], [Ask("no_such_tool")]]
    rounds += [[Ask("give", {"value": value})] for value in (None, False)]
    tools = ["explode", "give", "hold", "lookup"]
    asked = [*script.ask("alice", *rounds), script.given_up("alice")]
    after = script.ask("alice", [Ask("lookup")])
    created = script.create("alice", tools, transport)
    return (script.beside(created, *asked, *after, script.cleanup("alice")),)


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
        about="every send raises; then another user, whose do not",
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
