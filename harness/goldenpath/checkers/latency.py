"""LATENCY: how long after its cause an event arrives, by one clock.

The share of late events is judged by its exact binomial distribution (one-sided, Clopper and
Pearson 1934): broken where so many late ones would be a rare accident, kept where so few would be,
and open between the two.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from goldenpath import spec
from goldenpath.checkers.base import Check, Fold
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.model import Entry, Outcome
from goldenpath.runs import Call, Run, Seen

#: Samples that the claim needs: with fewer not even none that is late would show it.
FEWEST = math.ceil(math.log(1 - spec.CONFIDENCE) / math.log(spec.LATENCY_SHARE))


#: Nanoseconds in which an event must have come.
_LIMIT = int(spec.LATENCY * 1e9)


class _Sample(NamedTuple):
    """How long an event took, and for how much of it the machine had no time, in nanoseconds; and
    the entries of cause and event.
    """

    took: int
    waited: int
    cause: int
    event: int

    @property
    def late(self) -> bool:
        return self.took >= _LIMIT

    @property
    def open(self) -> bool:
        """Whether it would have come in time on a machine that had time: nobody can tell."""
        return self.late and self.took - self.waited < _LIMIT


class _InTime(Fold):
    """LATENCY-1: from the call to tool_executing, where the harness calls, and from the tool's true
    end to tool_completed; of calls that are made to be timed, one after the other. Of calls that
    are made at once only the second: when their turn comes is the target's affair. The median of
    a burst is one sample: what holds up one of them holds up all. What the machine may have held
    up counts neither way.
    """

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._samples: list[_Sample] = []
        self._bursts: dict[str, list[_Sample]] = {}

    def call(self, call: Call) -> None:
        made = call.asked.value if call.asked is not None else call.planned
        timed = (made or {}).get("timed")
        if not timed or call.run.transport != "working" or call.ambiguous:
            return
        samples = self._samples if timed is True else self._bursts.setdefault(timed, [])
        if timed is True:
            samples += _taken(call, call.asked, call.executing)
        samples += _taken(call, call.ends[0] if call.ends else None, call.completed)

    def finish(self) -> None:
        bursts = filter(None, self._bursts.values())
        taken = [*self._samples, *(sorted(burst)[len(burst) // 2] for burst in bursts)]
        if not taken:
            return
        samples = sorted(sample for sample in taken if not sample.open)
        late = [sample for sample in samples if sample.late]
        self.tally.figures.update(_figures(samples, len(late), len(taken) - len(samples)))
        self._judge(len(samples), late, _said(self.tally.figures))

    def _judge(self, count: int, late: list[_Sample], said: str) -> None:
        if count < FEWEST:
            self.tally.excuse = (Outcome.NOT_RUN, f"{said}; the claim needs {FEWEST} events")
            return
        self.tally.chance(count)
        few, many = 1 - spec.CONFIDENCE, spec.CONFIDENCE
        if at_most(len(late) - 1, count, 1 - spec.LATENCY_SHARE) > many:
            self.tally.fail(said, late[-1].cause, late[-1].event)
        elif at_most(len(late), count, 1 - spec.LATENCY_SHARE) >= few:
            self.tally.doubt(f"{said}: too few events to tell whether these are 1 %")


def _figures(samples: Sequence[_Sample], late: int, held_up: int) -> dict[str, float]:
    """Of samples in order. held up: how many were not counted, because the machine had no time."""
    figures: dict[str, float] = {"events": len(samples), "late": late}
    if held_up:
        figures["held up"] = held_up
    if samples:
        times = [sample.took / 1e6 for sample in samples]
        figures["p50 ms"] = round(times[len(times) // 2], 3)
        figures["p99 ms"] = round(times[math.ceil(spec.LATENCY_SHARE * len(times)) - 1], 3)
        figures["max ms"] = round(times[-1], 3)
    return figures


def _said(figures: Mapping[str, float]) -> str:
    said = (
        f"{figures['late']} of {figures['events']} events came {spec.LATENCY * 1e3:.0f} ms or more"
        " after their cause"
    )
    if "p99 ms" in figures:
        said += f"; p99 is {figures['p99 ms']} ms"
    if "held up" in figures:
        said += f"; for {figures['held up']} more the machine had no time"
    return said


def _taken(call: Call, cause: Entry | None, events: list[Seen]) -> list[_Sample]:
    """How long the first of these events took to reach the user, where it did."""
    mine = [seen.entry for seen in events if seen.user == call.owner]
    if cause is None or not mine:
        return []
    first = mine[0]
    waited = first.waited - cause.waited
    return [_Sample(first.at - cause.at, waited, cause.index, first.index)]


def at_most(successes: int, trials: int, chance: float) -> float:
    """The probability of at most so many successes."""
    logs = (
        math.lgamma(trials + 1)
        - math.lgamma(n + 1)
        - math.lgamma(trials - n + 1)
        + n * math.log(chance)
        + (trials - n) * math.log1p(-chance)
        for n in range(min(successes, trials) + 1)
    )
    return min(1.0, math.fsum(math.exp(log) for log in logs))


class _FirstEvent(Fold):
    """LATENCY-2: of each run, and of each call that is made alone, the first event that arrives. It
    may take as many times longer as the deadlines were stretched for a slow machine.
    """

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        declared = header.declared.get("first_event", math.inf)
        usual = header.declared.get("deadlines", {}).get("call", spec.CALL)
        scale = max(header.deadlines.get("call", usual) / usual, 1.0)
        self._limit = declared * scale
        self._allowed = f"{declared:g} are declared"
        if scale > 1:
            self._allowed += f", {self._limit:g} at this time scale"

    def call(self, call: Call) -> None:
        if call.asked is None or call.beside or call.ambiguous or call.run.transport != "working":
            return
        mine = [seen.entry for seen in call.executing if seen.user == call.owner]
        if mine:
            self._judge(mine[0].at - call.asked.at, call.asked.index, mine[0].index)

    def run(self, run: Run) -> None:
        if run.mixed or run.transport != "working":
            return
        mine = [seen.entry for seen in run.events if seen.user == run.owner]
        if mine:
            self._judge(mine[0].at - run.asked.at, run.asked.index, mine[0].index)

    def _judge(self, took: int, cause: int, event: int) -> None:
        self.tally.chance()
        if took > self._limit * 1e9:
            self.tally.fail(
                f"the first event came after {took / 1e9:.2f} seconds, and {self._allowed}",
                cause,
                event,
            )


CHECKS = (Check("LATENCY-1", fold=_InTime), Check("LATENCY-2", fold=_FirstEvent))
