"""DELIVERY: nothing lost, nothing doubled, everything closed.

Calls that overlap and carry neither an id nor a canary cannot be told apart, but they can be
counted: too few events are a loss and too many a repetition, whichever call they belong to.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from goldenpath import spec
from goldenpath.checkers.base import MIXED, Check, Fold
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.model import Entry, Kind, Outcome
from goldenpath.runs import Call, Run, Seen, by_link

#: A link that the harness cut, for a limit of its own, shows nothing of the target (DESIGN 9).
_CUT = "the harness itself cut the link"


_ONCE = (spec.STARTED, *sorted(spec.TERMINAL))


def _at(events: Iterable[Seen]) -> list[int]:
    return [seen.entry.index for seen in events]


def _reached(events: Iterable[Seen], owner: str) -> list[Seen]:
    return [seen for seen in events if seen.user == owner]


def _all_five(run: Run, tally: Tally) -> None:
    """DELIVERY-1: a golden run shows all five types on links of its owner. One that its caller gave
    up is none.
    """
    if not run.golden or run.transport != "working" or run.given_up:
        return
    tally.chance()
    if run.answered is not None and run.answered.kind is Kind.FAIL:
        tally.fail(
            f"a golden run of {run.owner} failed to its caller: {run.answered.value['text']}",
            run.asked.index,
            run.answered.index,
        )
        return
    shown = {seen.event.type for seen in _reached(run.events, run.owner) if seen.event}
    missing = [name for name in spec.FIVE if name not in shown]
    if missing and (run.cut or run.mixed):
        tally.doubt(_CUT if run.cut else MIXED)
    elif missing:
        tally.fail(
            f"a golden run of {run.owner} showed no {', no '.join(missing)}", run.asked.index
        )


def _announced(call: Call, tally: Tally) -> None:
    """DELIVERY-2: a call whose tool ran was announced and reported to its owner."""
    if not call.starts or call.run.transport != "working" or call.ambiguous or call.unheard:
        return
    tally.chance()
    shown = (("tool_executing", call.executing), ("tool_completed", call.completed))
    missing = [name for name, events in shown if not _reached(events, call.owner)]
    if missing and call.run.cut:
        tally.doubt(_CUT)
    elif missing:
        tally.fail(
            f"{call.tool} ran for {call.owner}, who got no {' and no '.join(missing)}",
            *(entry.index for entry in (*call.starts[:1], *call.ends[:1])),
        )


def _crowds(run: Run) -> Iterable[tuple[list[Call], list[Seen], list[Seen]]]:
    """Calls of one tool that cannot be told apart, with all their executing and completed."""
    for tool in sorted({call.tool for call in run.calls if call.ambiguous}):
        calls = [call for call in run.calls if call.ambiguous and call.tool == tool]
        loose = [s for s in run.unpaired if s.event and s.event.tool in (tool, None)]
        begun = [s for s in loose if s.event and s.event.type == spec.EXECUTING]
        done = [s for s in loose if s.event and s.event.type == spec.COMPLETED]
        begun += [s for call in calls for s in call.executing]
        done += [s for call in calls for s in call.completed]
        yield calls, _reached(begun, run.owner), _reached(done, run.owner)


def _announced_crowd(run: Run, tally: Tally) -> None:
    """DELIVERY-2, by counting."""
    for calls, begun, done in _crowds(run):
        if run.mixed:
            tally.doubt(MIXED)
            return
        ran = [call for call in calls if call.starts]
        tally.chance(len(ran))
        for name, events in (("tool_executing", begun), ("tool_completed", done)):
            if len(events) >= len(ran) or run.transport != "working":
                continue
            if run.cut:
                tally.doubt(_CUT)
            else:
                tally.fail(
                    f"{calls[0].tool} ran {len(ran)} times for {run.owner}, who got {len(events)}"
                    f" {name}",
                    *(call.starts[0].index for call in ran),
                )


def _not_doubled(call: Call, tally: Tally) -> None:
    """DELIVERY-3: on one link, no more executing or completed of a call than times it ran, and no
    pair of its own for a planted tool that nobody called and that never ran.
    """
    if call.ambiguous:
        return
    if call.phantom:
        tally.fail(
            f"events of {call.tool} tell of a call that nobody made and that never ran",
            *_at((*call.executing[:1], *call.completed[:1])),
        )
    allowed = max(len(call.starts), 1)
    for name, events in (("tool_executing", call.executing), ("tool_completed", call.completed)):
        for _, here in by_link(events):
            tally.chance()
            if len(here) > allowed:
                tally.fail(
                    f"{name} of one call of {call.tool} arrived {len(here)} times", *_at(here)
                )


def _not_doubled_run(run: Run, tally: Tally) -> None:
    """DELIVERY-3: started and each terminal once a link, no thought twice; crowds by counting.

    Two different terminal events are two events: that is ORDER-2.
    """
    if run.mixed:
        tally.doubt(MIXED)
        return
    for _, here in by_link(run.events):
        tally.chance()
        types = [seen.event.type for seen in here if seen.event]
        for name in _ONCE:
            if types.count(name) > 1:
                same = [s for s in here if s.event and s.event.type == name]
                tally.fail(f"{name} of one run arrived {len(same)} times", *_at(same))
        _thoughts_once(here, tally)
    for calls, begun, done in _crowds(run):
        tally.chance()
        most = sum(max(len(call.starts), 1) for call in calls)
        for name, events in (("tool_executing", begun), ("tool_completed", done)):
            if len(events) > most:
                tally.fail(
                    f"{name} of {calls[0].tool} arrived more often than it ran", *_at(events)
                )


def _thoughts_once(events: list[Seen], tally: Tally) -> None:
    """An identical thought without a number may be meant; one with the same number is a double."""
    first: dict[int, Seen] = {}
    for seen in events:
        event = seen.event
        if event is None or event.seq is None or event.type != spec.THINKING:
            continue
        before = first.setdefault(event.seq, seen)
        if before is not seen and before.event == event:
            tally.fail(f"agent_thinking number {event.seq} arrived twice", *_at((before, seen)))


class _LateRepeats(Fold):
    """DELIVERY-3 for what arrives long after its call or run was complete."""

    def frame(self, seen: Seen) -> None:
        if seen.late and seen.event is not None:
            self.tally.fail(
                f"{seen.event.type} arrived again long after its run was complete",
                seen.entry.index,
            )


def _ends(run: Run, tally: Tally) -> None:
    """DELIVERY-4: a run that was accepted, or began to show itself, ends with a terminal event."""
    if run.session or run.transport != "working":
        return
    if not run.events and run.answered is not None and run.answered.kind is Kind.FAIL:
        return
    tally.chance()
    mine = _reached(run.events, run.owner)
    if any(seen.event and seen.event.type in spec.TERMINAL for seen in mine):
        return
    if run.cut or run.mixed:
        tally.doubt(_CUT if run.cut else MIXED)
    else:
        tally.fail(
            f"a run of {run.owner} never ended: no terminal event by the deadline",
            run.asked.index,
            *_at(mine[-1:]),
        )


def _closed(call: Call, tally: Tally) -> None:
    """DELIVERY-5: an announced call is closed, for every user who saw it announced. Where a
    transport raises, what closes it may have been refused.
    """
    if call.ambiguous or call.run.patchy:
        return
    told = {seen.user for seen in call.completed}
    for _, begun in by_link(call.executing):
        tally.chance()
        if begun[0].user not in told and call.run.cut:
            tally.doubt(_CUT)
        elif begun[0].user not in told:
            tally.fail(f"tool_executing of {call.tool} was never closed", *_at(begun[:1]))


def _closed_crowd(run: Run, tally: Tally) -> None:
    """DELIVERY-5, by counting."""
    if run.patchy:
        return
    for calls, begun, done in _crowds(run):
        if run.mixed:
            tally.doubt(MIXED)
            return
        tally.chance(len(begun))
        if len(done) < len(begun) and run.cut:
            tally.doubt(_CUT)
        elif len(done) < len(begun):
            tally.fail(
                f"{len(begun)} tool_executing of {calls[0].tool} and {len(done)} tool_completed",
                *_at(begun),
            )


class _ClaimsAreTrue(Fold):
    """DELIVERY-6: a session's own way to its user claims that a thought was delivered, or to how
    many, exactly where it has arrived.
    """

    kinds = frozenset({Kind.INVOKE, Kind.OK, Kind.FAIL})

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._texts: dict[str | None, str] = {}
        self._claims: dict[str, tuple[Any, Entry]] = {}
        self._arrived: dict[str, int] = {}  # by the canary of each claim that was asked for
        self._marks = {user.name: user.owner for user in header.users}

    def entry(self, entry: Entry) -> None:
        if entry.what != "claim":
            return
        if entry.kind is Kind.INVOKE:
            self._texts[entry.step] = token = entry.value["token"]
            self._arrived.setdefault(token, 0)
            return
        token = self._texts.pop(entry.step)
        said = entry.value.get("value") if entry.kind is Kind.OK else None
        claimed = said.get("claims") if isinstance(said, dict) else None
        if isinstance(claimed, bool | int):
            self._claims[token] = claimed, entry
        else:
            self.tally.excuse = (Outcome.UNOBSERVABLE, "its bridge claims nothing that can be seen")

    def frame(self, seen: Seen) -> None:
        for token in seen.tokens:
            if token.text in self._arrived and token.owner == self._marks.get(seen.user):
                self._arrived[token.text] += 1

    def finish(self) -> None:
        for token, (claimed, entry) in self._claims.items():
            self.tally.chance()
            arrived = self._arrived[token]
            if (
                (claimed is True) != (arrived > 0)
                if isinstance(claimed, bool)
                else claimed != arrived
            ):
                self.tally.fail(
                    f"the bridge of {entry.actor} claims {claimed}, and {arrived} arrived",
                    entry.index,
                )


CHECKS = (
    Check("DELIVERY-1", run=_all_five),
    Check("DELIVERY-2", call=_announced, run=_announced_crowd),
    Check("DELIVERY-3", call=_not_doubled, run=_not_doubled_run, fold=_LateRepeats),
    Check("DELIVERY-4", run=_ends),
    Check("DELIVERY-5", call=_closed, run=_closed_crowd),
    Check("DELIVERY-6", fold=_ClaimsAreTrue),
)
