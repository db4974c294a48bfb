"""ORDER: the grammar of a run's events, and their order against what really happened."""

from __future__ import annotations

from goldenpath import spec
from goldenpath.checkers.base import Check, Fold
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.runs import Call, Run, Seen, by_link


def _walk_grammar(run: Run, tally: Tally) -> None:
    """ORDER-1, ORDER-2: walk the run's events, link by link, through the table of the spec.

    A link that came in mid-run sees the rest of what had started on another.
    """
    for doubt in run.doubts:
        tally.doubt(doubt)
    if run.mixed:
        return
    mine = [seen for seen in run.events if seen.user == run.owner]
    links = by_link(mine)
    starts = [s.entry.index for s in mine if _part(s) == "start"] if len(links) > 1 else []
    for _, events in links:
        tally.chance()
        rest = starts and _part(events[0]) != "start" and starts[0] < events[0].entry.index
        _walk_link(events, spec.RunState.RUNNING if rest else spec.RunState.BEFORE, tally)


def _part(seen: Seen) -> str:
    return spec.part(seen.event.type) if seen.event else ""


def _walk_link(events: list[Seen], state: spec.RunState, tally: Tally) -> None:
    for seen in events:
        assert seen.event is not None
        move = spec.RUN_GRAMMAR[state, spec.part(seen.event.type)]
        if move.breaks == tally.rule.id:
            tally.fail(
                f"{move.why}; got {seen.event.type} {state.value}",
                events[0].entry.index,
                seen.entry.index,
            )
        state = move.to


class _Pairs(Fold):
    """ORDER-3: completed only after executing, and on each link once for each; and no two calls of
    a run that are open at once show one id: who reads the events could not pair them.

    A link that saw no executing, because it came later or is not the owner's, sees no disorder.
    """

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._open: dict[int, dict[tuple[str, str], Seen]] = {}

    def call(self, call: Call) -> None:
        if call.ambiguous:
            self.tally.doubt("events of overlapping calls cannot be paired")
            return
        first = min((seen.entry.index for seen in call.executing), default=None)
        for link, closing in by_link(call.completed):
            begun = [s.entry.index for s in call.executing if s.link == link]
            self.tally.chance()
            self._in_order(call, [*begun] or [first], [s.entry.index for s in closing])

    def _in_order(self, call: Call, begun: list[int | None], done: list[int]) -> None:
        since = begun[0]
        if since is None or since > done[0]:
            witness = [] if since is None else [since]
            self.tally.fail(
                f"tool_completed of {call.tool} came before its tool_executing", done[0], *witness
            )
        elif len(done) > len(begun):
            self.tally.fail(
                f"tool_executing of {call.tool} was answered {len(done)} times", since, *done
            )

    def frame(self, seen: Seen) -> None:
        if seen.event is None or seen.call is None or not _call_id(seen):
            return
        opened = self._open.setdefault(seen.call.run.asked.index, {})
        key = (seen.link, seen.event.call or "")
        if seen.event.type == spec.COMPLETED:
            opened.pop(key, None)
        elif seen.event.type == spec.EXECUTING:
            other = opened.setdefault(key, seen)
            if other.call is not seen.call:
                self.tally.fail(
                    f"a call of {other.call.tool if other.call else '?'} and one of"
                    f" {seen.call.tool} were open at once with one call id",
                    other.entry.index,
                    seen.entry.index,
                )

    def run(self, run: Run) -> None:
        self._open.pop(run.asked.index, None)


def _call_id(seen: Seen) -> bool:
    """Whether it has an id that can only be a call's; an `execution_id` may be the run's."""
    return bool(seen.event and seen.event.call) and any(
        f'"{name}"' in seen.entry.value for name in spec.CALL_IDS
    )


def _against_truth(call: Call, tally: Tally) -> None:
    """ORDER-4: executing was sent before the tool started, completed after it ended."""
    if call.ambiguous:
        tally.doubt("events of overlapping calls cannot be paired")
        return
    if not call.starts or not (call.executing or call.completed):
        return
    if call.twin:
        return  # of equal calls nobody knows which execution is whose
    tally.chance()
    started = call.starts[0].index
    if call.executing and call.executing[0].entry.index > started:
        tally.fail(
            f"tool_executing of {call.tool} was sent after the tool had started",
            started,
            call.executing[0].entry.index,
        )
    if not call.completed:
        return
    shown, ended = call.completed[0].entry.index, [entry.index for entry in call.ends]
    if not ended or shown < ended[0]:
        tally.fail(
            f"tool_completed of {call.tool} was sent before the tool had ended", shown, *ended[:1]
        )


CHECKS = (
    Check("ORDER-1", run=_walk_grammar),
    Check("ORDER-2", run=_walk_grammar),
    Check("ORDER-3", fold=_Pairs),
    Check("ORDER-4", call=_against_truth),
)
