"""The same dispatch again and again, to be counted or timed."""

from __future__ import annotations

from goldenpath.model import Step
from goldenpath.workloads.base import ONE, Workload, tiers
from goldenpath.workloads.script import Ask, Lane, Script

#: Dispatches that are not counted, before those that are: imports, caches, what is made once.
WARM_UP = 5


def _counters(script: Script, size: int) -> tuple[Lane, ...]:
    """Calls of a tool that answers at once. An agent has one run per session."""
    rounds = [[Ask("echo")]] * (WARM_UP + size)
    if script.kind == "dispatcher":
        return (script.session("alice", *rounds),)
    lane: list[Step] = []
    for round_ in rounds:
        lane += script.session("alice", round_)
    return (tuple(lane),)


WORKLOADS = (
    Workload(
        name="counters",
        about="the same dispatch again and again; fresh processes count what each one costs",
        suite="performance",
        proves={"dispatcher": ("PERF-1",), "agent": ("PERF-1",)},
        lanes=_counters,
        users=ONE,
        size=tiers(10, 10, 10),
        on_request=True,
    ),
)
