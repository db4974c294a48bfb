"""ORDER: whether events arrive in the order in which they were sent, and what their clocks say.

Both are looked at for each link and run by itself, in the order of arrival. Of runs whose events
cannot be told apart nothing follows, which may be known only at their end.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from goldenpath import spec
from goldenpath.checkers.base import MIXED, Check, Fold
from goldenpath.model import Kind, Outcome
from goldenpath.runs import Call, Run, Seen

#: Gaps in the numbers of a link that are remembered; the oldest are given up.
GAPS = 64

_NO_ORDER = (
    Outcome.UNOBSERVABLE,
    "no event has a number, and no call was made after another had been answered",
)
_NO_TIME = (Outcome.UNOBSERVABLE, "no event has a timestamp that is recognised")


class _Line(msgspec.Struct):
    """What one link has shown of one run.

    low, high: the numbers so far; gaps: those between that did not come yet, each with the entry
    that left them out. newest: of the calls announced, the one asked for last. reported: the last
    call that was reported.
    """

    low: int | None = None
    high: int = 0
    gaps: list[tuple[int, int, int]] = []
    newest: Seen | None = None
    reported: Call | None = None


class _ByRun(Fold):
    """Base of the two: what is found of a run counts where its events are its own."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._found: dict[Run, list[tuple[str, int, int]]] = {}

    def disorder(self, seen: Seen, message: str, at: int) -> None:
        """Note a finding about an event, and about an entry before it."""
        assert seen.run is not None
        self._found.setdefault(seen.run, []).append((message, at, seen.entry.index))

    def run(self, run: Run) -> None:
        for message, *witness in self._found.pop(run, ()):
            if run.mixed:
                self.tally.doubt(MIXED)
            else:
                self.tally.fail(message, *witness)


class _Sent(_ByRun):
    """ORDER-5: by the numbers of events, where they have any; else by what really happened: a call
    that was only asked for after another had been answered is announced after that was reported.

    A number that came before is a repetition, or a count that begins again: no disorder. Numbers of
    thoughts alone count pieces of text.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._lines: dict[Run, dict[str, _Line]] = {}

    def frame(self, seen: Seen) -> None:
        event, run = seen.event, seen.run
        if event is None or run is None:
            return
        lines = self._lines.get(run)
        if lines is None:
            lines = self._lines[run] = {}
            self.tally.excuse = _NO_ORDER
        line = lines.get(seen.link)
        if line is None:
            line = lines[seen.link] = _Line()
        if event.seq is not None and (event.type != spec.THINKING or line.low is not None):
            self._numbered(line, event.seq, seen)
        elif line.low is None and seen.call is not None and not seen.call.ambiguous:
            self._caused(line, seen, seen.call)

    def run(self, run: Run) -> None:
        super().run(run)
        self._lines.pop(run, None)

    def _numbered(self, line: _Line, number: int, seen: Seen) -> None:
        at = seen.entry.index
        if line.low is None:
            line.low = line.high = number
        elif number > line.high:
            self.tally.chance()
            if number > line.high + 1:
                line.gaps = [*line.gaps[1 - GAPS :], (line.high + 1, number - 1, at)]
            line.high = number
        elif number < line.low:
            self._late(seen, number, at)
            line.low = number
        else:
            self._fill(line, number, seen)

    def _fill(self, line: _Line, number: int, seen: Seen) -> None:
        for place, (first, last, at) in enumerate(line.gaps):
            if first <= number <= last:
                rest = [(first, number - 1, at), (number + 1, last, at)]
                line.gaps[place : place + 1] = [gap for gap in rest if gap[0] <= gap[1]]
                self._late(seen, number, at)
                return

    def _late(self, seen: Seen, number: int, at: int) -> None:
        assert seen.event is not None
        self.tally.chance()
        said = f"{seen.event.type} of {seen.owner} has the number {number}"
        self.disorder(seen, f"{said} and came after a higher one", at)

    def _caused(self, line: _Line, seen: Seen, call: Call) -> None:
        assert seen.event is not None
        at, newest = seen.entry.index, line.newest
        if seen.event.type == spec.EXECUTING:
            if line.reported is not None and _after(line.reported, call, at):
                self.tally.chance()
            if newest is None or newest.call is None or _rank(newest.call) < _rank(call):
                line.newest = seen
            return
        line.reported = call
        if newest is None or newest.call is None or newest.call is call:
            return
        again = any(s.link == seen.link for s in call.completed if s is not seen)
        if not again and _after(call, newest.call, newest.entry.index):
            self.tally.chance()
            self.disorder(
                seen,
                f"tool_completed of {call.tool} came after the tool_executing of a call of"
                f" {newest.call.tool} that was made when it had been answered",
                newest.entry.index,
            )


def _rank(call: Call) -> tuple[int, int]:
    return (call.round, call.asked.index if call.asked else 0)


def _after(call: Call, later: Call, announced: int) -> bool:
    """Whether `later` was only asked for when `call` was over for whoever made both."""
    if call.asked is not None and later.asked is not None:
        answered = call.answered
        heard = answered is not None and answered.kind in (Kind.OK, Kind.FAIL)
        return heard and answered is not None and answered.index < later.asked.index
    over = bool(call.ends) and call.ends[0].index < announced
    return over and 0 < call.round < later.round


class _Mark(msgspec.Struct, gc=False):
    """What one clock showed last: the value, its kind, what it is compared by, and where."""

    value: Any
    kind: str
    moment: Any
    at: int


class _Clock(_ByRun):
    """ORDER-6: each place of an envelope that holds a time is a clock of its own."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._kinds: dict[str, int] = {}
        self._clocks: dict[Run, dict[tuple[str, int], _Mark]] = {}

    def frame(self, seen: Seen) -> None:
        event, run = seen.event, seen.run
        if event is None or run is None:
            return
        if event.time is None:
            self.tally.excuse = _NO_TIME
            return
        clocks = self._clocks.get(run)
        if clocks is None:
            clocks = self._clocks[run] = {}
        self._stamp(clocks, event.time, seen)
        for field, time in seen.also:
            if field == "time":
                self._stamp(clocks, time, seen)

    def run(self, run: Run) -> None:
        super().run(run)
        self._clocks.pop(run, None)

    def _stamp(
        self, clocks: dict[tuple[str, int], _Mark], time: tuple[int, Any], seen: Seen
    ) -> None:
        place, value = time
        if value == "":
            self.tally.excuse = _NO_TIME
            return
        self.tally.chance()
        kind, moment = read_time(value)
        if kind not in self._kinds:
            self._new_kind(kind, seen.entry.index)
        if moment is None or kind == NAIVE:
            self._odd(kind, value, seen)
        clock = (seen.link, place)
        before = clocks.get(clock)
        if before is None:
            clocks[clock] = _Mark(value, kind, moment, seen.entry.index)
            return
        if moment is not None and before.kind == kind and moment < before.moment:
            self._backwards(value, before, seen)
        before.value, before.kind, before.moment = value, kind, moment
        before.at = seen.entry.index

    def _new_kind(self, kind: str, at: int) -> None:
        if kind not in (ODD, UNREAD):
            for other, first in self._kinds.items():
                self.tally.fail(f"timestamps are of different kinds: {other} and {kind}", first, at)
            self._kinds[kind] = at

    def _odd(self, kind: str, value: Any, seen: Seen) -> None:
        assert seen.event is not None
        name, at = seen.event.type, seen.entry.index
        if kind == NAIVE:
            self.tally.fail(f"the timestamp {value} of {name} has no zone", at)
        elif kind == ODD:
            self.tally.fail(f"the timestamp of {name} is no time", at)
        else:
            self.tally.doubt(f"timestamps such as {str(value)[:40]!r} cannot be read")

    def _backwards(self, value: Any, before: _Mark, seen: Seen) -> None:
        assert seen.event is not None
        self.disorder(
            seen,
            f"{seen.event.type} of {seen.owner} is stamped {value}, which is before {before.value},"
            " the stamp of the event before it",
            before.at,
        )


ZONED = "ISO text with a zone"
NAIVE = "ISO text without a zone"
ODD, UNREAD = "neither text nor a number", "text in a form of its own"

#: Numbers count seconds since 1970, or parts of one, by their size (until the year 5138).
_NUMBERS = ((1e11, "seconds"), (1e14, "milliseconds"), (1e17, "microseconds"))


def read_time(value: Any) -> tuple[str, Any]:
    """The kind of a timestamp, and something to compare it by with others of its kind, or None."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return UNREAD, None
        return (NAIVE if moment.tzinfo is None else ZONED), moment
    if type(value) not in (int, float):
        return ODD, None
    units = (unit for limit, unit in _NUMBERS if abs(value) < limit)
    return f"a number of {next(units, 'nanoseconds')}", value


CHECKS = (
    Check("ORDER-5", fold=_Sent),
    Check("ORDER-6", fold=_Clock),
)
