"""RESOURCE: what is left of sessions that were cleaned up: tasks, memory, objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from goldenpath import spec, steady
from goldenpath.checkers.base import ASKED, Check, Fold
from goldenpath.checkers.same import shown
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.model import Entry, Kind, Outcome

#: So many times in a row something is refused that worked before, and it is for good.
FOR_GOOD = 10

_NONE_MADE = (Outcome.UNKNOWN, "no session could be made of which something could be left")


def _stopped(found: dict[str, Any], *actions: str) -> str:
    """What of these worked at first and is refused for good, in words; empty where all goes on."""
    said = (
        f"{_NOUNS[action]} worked at first, and was refused the last {count} times: {shown(why)}"
        for action, (count, why) in sorted(found.get("stopped", {}).items())
        if action in actions and count >= FOR_GOOD
    )
    return "; ".join(said)


_NOUNS = {"create": "making a session", "cleanup": "cleanup", "execute": "a call", "run": "a run"}


class _Grown(Fold):
    """Base of the three: each `grow`, with what was found."""

    kinds = ASKED | frozenset({Kind.OK})

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._asked: dict[str | None, Entry] = {}

    def entry(self, entry: Entry) -> None:
        if entry.what != "grow":
            return
        if entry.kind is Kind.INVOKE:
            self._asked[entry.step] = entry
            return
        asked = self._asked.pop(entry.step)
        found, witness = entry.value["value"], (asked.index, entry.index)
        if found.get("made") == 0:
            self.tally.excuse = _NONE_MADE
        else:
            self.grown(found, witness)

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
    """RESOURCE-2: memory never stood still, and in the later half of all batches grew by more than
    is allowed. What the interpreter keeps for itself grows ever less; a leak grows on.
    """

    def grown(self, found: dict[str, Any], witness: tuple[int, int]) -> None:
        if stopped := _stopped(found, *_NOUNS):
            self.tally.doubt(f"what there was to measure came to an end: {stopped}")
        window, count = found["window"], len(found["blocks"])
        if window * found["calls"] < spec.FEWEST_CALLS or count <= 2 * window:
            self.tally.excuse = (
                Outcome.NOT_RUN,
                f"it is slow: {window * found['calls']} calls fit into the time,"
                f" {spec.FEWEST_CALLS} are needed; a higher tier gives more time",
            )
            return
        sessions = self.tally.figures["sessions"] = found["sessions"] * count
        growths = list(_growths(found))
        self.tally.figures.update({growth.unit: growth.by for growth in growths})
        leaks = [growth for growth in growths if growth.leaks]
        if leaks and sessions < spec.SESSIONS:
            self.tally.excuse = (
                Outcome.NOT_RUN,
                f"it is slow: {sessions} sessions fit into the time, in which memory did not come"
                f" to stand, {spec.SESSIONS} are needed; a higher tier gives more time",
            )
            return
        if leaks and all(growth.flattens for growth in leaks):
            self.tally.excuse = (
                Outcome.NOT_RUN,
                f"memory grew ever less over {sessions} sessions, and had not come to stand when"
                " the time was over; a higher tier gives more",
            )
            return
        self.tally.chance()
        for growth in leaks:
            self.tally.fail(
                f"memory grows: in the last {growth.batches * found['sessions']} sessions that were"
                f" cleaned up, of {growth.batches * found['calls']} calls, by {growth.by}"
                f" {growth.unit}",
                *witness,
            )


class _Growth(NamedTuple):
    """By how much one kind of memory grew in so many batches, whether that is a leak, and whether
    it was about to end.
    """

    unit: str
    by: int
    batches: int
    leaks: bool
    flattens: bool = False


def _growths(found: dict[str, Any]) -> Iterator[_Growth]:
    window, blocks, large = found["window"], found["blocks"], found.get("large")
    allowed = found["calls"] / spec.CALLS_PER_BLOCK
    leaks = steady.leaks(blocks, window, allowed)
    yield _Growth("small blocks", *steady.later(blocks), leaks, steady.flattens(blocks))
    if large:
        leaks = steady.grows_on(large, window, found["calls"] * spec.BYTES_PER_CALL)
        yield _Growth("bytes in large blocks", *steady.later(large), leaks)


class _NothingKept(_Grown):
    """RESOURCE-3: the watched sessions and their users are gone, others having come after them; and
    others can come: a session that was cleaned up takes no place from them.
    """

    def grown(self, found: dict[str, Any], witness: tuple[int, int]) -> None:
        if stopped := _stopped(found, "create"):
            self.tally.chance()
            self.tally.fail(
                f"{found['made']} sessions were made and cleaned up; {stopped}", *witness
            )
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
