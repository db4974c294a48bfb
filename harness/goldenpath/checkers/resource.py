"""RESOURCE: what is left of sessions that were cleaned up: tasks, memory, objects."""

from __future__ import annotations

from typing import Any

from goldenpath import spec
from goldenpath.checkers.base import ASKED, Check, Fold
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.model import Entry, Kind, Outcome


class _Grown(Fold):
    """Base of the three: each `grow`, with what was found."""

    kinds = ASKED | frozenset({Kind.OK})

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._asked: dict[str, Entry] = {}

    def entry(self, entry: Entry) -> None:
        if entry.what != "grow":
            return
        if entry.kind is Kind.INVOKE:
            self._asked[entry.step or ""] = entry
            return
        asked = self._asked.pop(entry.step or "")
        self.grown(entry.value["value"], (asked.index, entry.index))

    def grown(self, found: dict[str, Any], witness: tuple[int, int]) -> None:
        """Judge what is left."""
        raise NotImplementedError


class _NoTasks(_Grown):
    """RESOURCE-1."""

    def grown(self, found: dict[str, Any], witness: tuple[int, int]) -> None:
        self.tally.chance()
        if found["tasks"]:
            names = ", ".join(dict.fromkeys(found["tasks"]))
            self.tally.fail(f"after all sessions were cleaned up tasks are left: {names}", *witness)


class _NoGrowth(_Grown):
    """RESOURCE-2: over no two windows of batches, one after the other, did memory stand still, and
    in the later half of all it grew by more than is allowed. What the interpreter keeps for itself
    grows ever less; a leak grows on.
    """

    def grown(self, found: dict[str, Any], witness: tuple[int, int]) -> None:
        blocks, window = found["blocks"], found["window"]
        calls = window * found["calls"]
        if calls < spec.FEWEST_CALLS or len(blocks) <= 2 * window:
            self.tally.excuse = (
                Outcome.NOT_RUN,
                f"it is slow: {calls} calls fit into the time, {spec.FEWEST_CALLS} are needed",
            )
            return
        self.tally.chance()
        grown = [later - before for before, later in zip(blocks, blocks[window:], strict=False)]
        least = min(max(pair) for pair in zip(grown, grown[window:], strict=False))
        later = blocks[len(blocks) // 2 :]
        self.tally.figures.update(
            {"sessions": found["sessions"] * len(blocks), "blocks": later[-1] - later[0]}
        )
        allowed = found["calls"] / spec.CALLS_PER_BLOCK
        if least > window * allowed and later[-1] - later[0] > (len(later) - 1) * allowed:
            self.tally.fail(
                f"memory grows: in the last {(len(later) - 1) * found['sessions']} sessions that"
                f" were cleaned up, of {(len(later) - 1) * found['calls']} calls, by"
                f" {later[-1] - later[0]} blocks",
                *witness,
            )


class _NothingKept(_Grown):
    """RESOURCE-3: the watched sessions and their users are gone, others having come after them."""

    def grown(self, found: dict[str, Any], witness: tuple[int, int]) -> None:
        for what, (alive, known) in found["alive"].items():
            self.tally.chance(known > 0)
            if alive:
                self.tally.fail(
                    f"of {known} sessions that were cleaned up something still holds the {what} of"
                    f" {alive}",
                    *witness,
                )


CHECKS = (
    Check("RESOURCE-1", fold=_NoTasks),
    Check("RESOURCE-2", fold=_NoGrowth),
    Check("RESOURCE-3", fold=_NothingKept),
)
