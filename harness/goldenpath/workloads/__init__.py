"""Workloads: from a seed to steps, each with the rules that it is built to prove."""

from goldenpath.workloads import (
    access,
    broadcasts,
    crowd,
    drawn,
    ending,
    equal,
    factories,
    golden,
    holding,
    load,
    neighbours,
    performance,
    routing,
    sessions,
    surface,
    trouble,
)
from goldenpath.workloads.base import TIERS, Workload
from goldenpath.workloads.script import Ask, Script

WORKLOADS: dict[str, Workload] = {
    workload.name: workload
    for workload in (
        *golden.WORKLOADS,
        *surface.WORKLOADS,
        *drawn.WORKLOADS,
        *access.WORKLOADS,
        *factories.WORKLOADS,
        *crowd.WORKLOADS,
        *equal.WORKLOADS,
        *neighbours.WORKLOADS,
        *sessions.WORKLOADS,
        *ending.WORKLOADS,
        *trouble.WORKLOADS,
        *performance.WORKLOADS,
        *load.WORKLOADS,
        *routing.WORKLOADS,
        *broadcasts.WORKLOADS,
        *holding.WORKLOADS,
    )
}

__all__ = ["TIERS", "WORKLOADS", "Ask", "Script", "Workload"]
