"""When it makes no sense to wait any longer: a target that hangs would keep its user for hours."""

from __future__ import annotations

import math

from goldenpath.model import Step

#: Times in a row that a workload waits in vain for what is asked in one way, each time until the
#: deadline; then the rest of it is left out.
MOST_HUNG = 8


class Abandoned(Exception):
    """The rest of a workload is not worth waiting for."""


class Hung:
    """Counts, by action, how often in a row it was waited for in vain: those that hang side by side
    take no longer than one. What is asked by a user who has stalled may wait for them.
    """

    def __init__(self, most: float = math.inf) -> None:
        self._most = most
        self._times: dict[str, int] = {}
        self._since: dict[str, int] = {}  # by step, how often its like had hung when it began
        self._stalled: set[str] = set()

    def begins(self, step: Step) -> None:
        """A step begins."""
        self._since[step.id] = self._times.get(step.action, 0)
        if step.action == "create":
            stalled = step.args.get("transport") == "stalled"
            (self._stalled.add if stalled else self._stalled.discard)(step.actor)

    def returns(self, step: Step) -> None:
        """It was answered, whatever the answer is."""
        self._times.pop(step.action, None)

    def hangs(self, step: Step) -> None:
        """It was not answered by its deadline."""
        times = self._times.get(step.action, 0)
        if times == self._since.get(step.id) and step.actor not in self._stalled:
            self._times[step.action] = times + 1

    def check(self) -> None:
        """Raise Abandoned where that was often enough."""
        for action, times in self._times.items():
            if times >= self._most:
                raise Abandoned(f"{action} was waited for in vain {times} times in a row")
