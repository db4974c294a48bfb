"""PERF: what was counted, against the baseline that stands in the header."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from goldenpath import rulebook
from goldenpath.checkers.base import Check, Fold
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.model import Entry, Kind, Outcome

#: What the entries are called in which a fresh process says what it counted.
COUNTED = "counted"

#: Percent by which a counter may differ from the baseline.
LIMIT = 1

#: Fresh processes that must agree before a count is believed.
_ENOUGH = 2

Values = Sequence[Mapping[str, Any]]


class Change(NamedTuple):
    """One counter, as totals over so many dispatches."""

    name: str
    before: int
    now: int
    dispatches: int

    @property
    def worse(self) -> bool:
        """More than the limit above the baseline; in whole numbers, so that it is exact."""
        return 100 * self.now > (100 + LIMIT) * self.before

    @property
    def better(self) -> bool:
        """More than the limit below it."""
        return 100 * self.now < (100 - LIMIT) * self.before

    def __str__(self) -> str:
        before, now = (count / self.dispatches for count in (self.before, self.now))
        percent = 100 * (self.now / self.before - 1)
        return (
            f"{self.name} per dispatch: expected {before:,.1f} within {LIMIT} %,"
            f" got {now:,.1f} ({percent:+.1f} %)"
        )


def untold(values: Values) -> tuple[Outcome, str] | None:
    """Why nothing can be said of what was counted, or None."""
    for value in values:
        if value.get("reason"):
            return Outcome(value.get("outcome", Outcome.UNKNOWN)), value["reason"]
    if len(values) < _ENOUGH:
        return Outcome.UNKNOWN, f"counted in {len(values)} fresh processes, expected {_ENOUGH}"
    first = values[0]
    for other in values[1:]:
        if other != first:
            return Outcome.UNKNOWN, (
                f"INCONCLUSIVE: fresh processes counted differently: {_shown(first)},"
                f" then {_shown(other)}; something in it depends on chance or time"
            )
    return None


def _shown(value: Mapping[str, Any]) -> str:
    return " and ".join(f"{count} {name}" for name, count in sorted(value["counts"].items()))


def void(asked: Mapping[str, Any], values: Values) -> str:
    """Why the baseline cannot be used, and what to do; nothing where it can."""
    last, now = asked.get("last", {}), values[0]
    problem = asked.get("problem", "")
    if not problem and asked["key"] != now["key"]:
        problem = f"the baseline was made on {asked['key']}, this was counted on {now['key']}"
    if not problem and last["hash"] != asked["hash"]:
        problem = f"the baseline is void: it is of workload {last['hash']}, not {asked['hash']}"
    if not problem and last["dispatches"] != now["dispatches"]:
        problem = (
            f"the baseline is void: it is of {last['dispatches']} dispatches, not"
            f" {now['dispatches']}"
        )
    if not problem and last["counts"].keys() != now["counts"].keys():
        problem = f"the baseline is void: it counts {', '.join(sorted(last['counts']))}"
    return problem and f"{problem}; to make one: {asked['update']}"


def changes(asked: Mapping[str, Any], values: Values) -> Iterator[Change]:
    """Every counter of a baseline that is not void."""
    for name, before in sorted(asked["last"]["counts"].items()):
        yield Change(name, before, values[0]["counts"][name], values[0]["dispatches"])


def improvements(asked: Mapping[str, Any], values: Values) -> list[str]:
    """What has become better, and how to keep it so."""
    if untold(values) or void(asked, values):
        return []
    found = list(changes(asked, values))
    if any(change.worse for change in found):
        return []
    return [f"better: {change}; take it in: {asked['update']}" for change in found if change.better]


class Counters(Fold):
    """PERF-1: each counter within the limit of the baseline, or below it."""

    kinds: ClassVar[frozenset[Kind]] = frozenset({Kind.MEASURE})

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._values: list[Mapping[str, Any]] = []
        self._witness: list[int] = []
        if not header.baseline:
            tally.excuse = Outcome.NOT_RUN, rulebook.ON_REQUEST["PERF-1"]

    def entry(self, entry: Entry) -> None:
        if entry.what == COUNTED:
            self._values.append(entry.value)
            self._witness.append(entry.index)

    def finish(self) -> None:
        asked = self.header.baseline
        if not asked:
            return
        outcome, reason = untold(self._values) or (Outcome.UNKNOWN, void(asked, self._values))
        if outcome is not Outcome.UNKNOWN:
            self.tally.excuse = outcome, reason
        elif reason:
            self.tally.doubt(reason)
        else:
            self._compare(asked)

    def _compare(self, asked: Mapping[str, Any]) -> None:
        for change in changes(asked, self._values):
            self.tally.chance()
            if change.worse:
                self.tally.fail(str(change), *self._witness)


CHECKS = (Check("PERF-1", fold=Counters),)
