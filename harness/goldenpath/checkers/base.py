"""How a rule is checked: over each call, over each run, or as a fold over the entries.

A check over calls or runs is a function that gets what the ledger gathered and a Tally. A fold is a
class with `entry(entry)`, `frame(seen)`, `call(call)` and `run(run)`, made once per history; it may
keep state of its own.
All are pure: what they need of the world stands in the header.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.model import Entry, Kind
from goldenpath.runs import Call, Run, Seen


class Fold:
    """Base of the checks that need to remember something; override what you need.

    kinds: the entries that `entry` is given; frames come by `frame` alone.
    """

    kinds: ClassVar[frozenset[Kind]] = frozenset()

    def __init__(self, header: Header, tally: Tally) -> None:
        self.header, self.tally = header, tally

    def entry(self, entry: Entry) -> None:
        """Take in one entry that is not a frame."""

    def frame(self, seen: Seen) -> None:
        """Take in one frame that reached a link, owner and run filled in."""

    def call(self, call: Call) -> None:
        """Take in one call, once it is settled or at the end."""

    def run(self, run: Run) -> None:
        """Take in one run, once it is settled or at the end."""

    def owes(self) -> list[str]:
        """What the target must still deliver, in words, each of them one thing."""
        return []

    def finish(self) -> None:
        """The history has ended."""


#: A call from its asking to its answer.
ASKED = frozenset({Kind.INVOKE})
ANSWERED = frozenset({Kind.OK, Kind.FAIL, Kind.LOST})

#: Why nothing is said of runs side by side whose events name neither.
MIXED = "events of runs that were open side by side cannot be told apart"

#: Why nothing is said of calls that lost their canaries and overlap.
UNTRACED = "executions of overlapping calls cannot be told apart"


@dataclass(frozen=True, slots=True)
class Check:
    """One rule and the one way in which it is checked."""

    rule: str
    call: Callable[[Call, Tally], None] | None = None
    run: Callable[[Run, Tally], None] | None = None
    fold: type[Fold] | None = None
