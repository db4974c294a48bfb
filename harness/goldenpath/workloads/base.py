"""What a workload is: a name, the rules it is built to prove, and a function from seed to steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from goldenpath.workloads.script import Lane, Script

TIERS = ("quick", "full", "soak")

Build = Callable[[Script, int], tuple[Lane, ...]]


@dataclass(frozen=True)
class Workload:
    """proves: by kind of target, the rules whose verdict this workload owes; a kind that is not
    there cannot be given this workload. users (at most 255: each has a mark), size: by tier. suite:
    the file of suites/ that shows it. lanes: from an empty script and the size to the lanes.
    on_request: left out of a run unless a baseline was asked for, or it was chosen.
    """

    name: str
    about: str
    suite: str
    proves: Mapping[str, tuple[str, ...]]
    lanes: Build
    users: Mapping[str, int]
    size: Mapping[str, int]
    on_request: bool = False

    def build(self, script: Script, size: int) -> tuple[Lane, ...]:
        """The lanes. Their canaries are this workload's own, so that whatever a target remembers of
        another workload in the same process is not taken for an answer of this one.
        """
        script.number_for(self.name)
        return self.lanes(script, size)


def tiers(quick: int, full: int, soak: int) -> dict[str, int]:
    """A number by tier."""
    return dict(zip(TIERS, (quick, full, soak), strict=True))


ONE, TWO = tiers(1, 1, 1), tiers(2, 2, 2)
