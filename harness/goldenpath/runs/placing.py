"""Whose each frame is, which run it belongs to, and which call.

Whose: a run belongs to whoever invoked it in the history. A frame is first taken for the run that
its ids name, else for the run of the link it came in by. It is taken for another user's only where
its canaries say so and the first user has nothing open that it could belong to; a frame of one's
own that merely *contains* another's canary stays one's own (that is a leak, not a misdelivery).

Of several sessions or runs that a user has open at once it belongs to the one that it names: by run
id, thread, canary or call id; else to the one whose own way to the user it came by, as long as what
says whose it is comes by its own; else to the one that awaits such an event, if only one does. Else
it could be of any, and nothing is said of the calls and runs that it could be of.

Which call: by call id, else by canary, else by tool name where only one call is open, or all that
await it equal each other; otherwise the frame is ambiguous and the rules that depend on it answer
UNKNOWN. An event that shows what a call of another run would show, and that fits nothing of its
own, is of that call, whatever its ids say.
"""

from __future__ import annotations

from collections.abc import Iterable

from goldenpath import spec
from goldenpath.canary import find_ids, request_ids
from goldenpath.model import Event
from goldenpath.runs import pairing
from goldenpath.runs.book import Book
from goldenpath.runs.gathered import Call, Run, Seen


class Placer:
    """Places frames among the runs and calls of a book."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._crossed = False  # what is of one session came by another's way

    def place(self, seen: Seen) -> None:
        """Fill in owner, run and call of a frame that reached a link."""
        event = seen.event
        if event is None:
            return
        run = self._run_of(seen, event)
        if run is None:
            seen.owner = self._token_owner(seen) or seen.user
            seen.late = seen.late or any(token.text in self._book.done for token in seen.tokens)
            return
        seen.owner, seen.run = run.owner, run
        self._watch_ways(seen, run)
        if event.type in spec.TOOL_EVENTS and seen not in run.unpaired[-1:]:
            self._place_call(seen, event, run)
        if event.run and event.run not in run.wire_ids:
            run.wire_ids.append(event.run)
            self._book.learnt.setdefault(event.run, {}).setdefault(seen.user, run)
        if not run.session and seen.run is run:
            run.events.append(seen)
            run.ended = run.ended or event.type in spec.TERMINAL

    def _run_of(self, seen: Seen, event: Event) -> Run | None:
        named = self._book.by_run_id.get(event.run or "") or self._learnt_run(seen, event)
        if named is not None:
            return named
        if event.run in self._book.done:
            seen.late = True
            return None
        whose = self._token_owner(seen) or seen.user
        if whose != seen.user and event.type in spec.TOOL_EVENTS and self._explains(seen, event):
            whose = seen.user
        return self._current(whose, seen, event)

    def _learnt_run(self, seen: Seen, event: Event) -> Run | None:
        """The run that has shown this id, which its maker chose, before: on the same user's links;
        on those of one other user only where this one has no run that could be new to its id, and
        the event holds no canary of this one's own.
        """
        runs = self._book.learnt.get(event.run or "", {})
        if seen.user in runs or not runs:
            return runs.get(seen.user)
        if self._token_owner(seen) == seen.user:
            return None
        fresh = any(run.open and not run.wire_ids for run in self._book.live(seen.user))
        return None if fresh or len(runs) > 1 else next(iter(runs.values()))

    def _current(self, user: str, seen: Seen, event: Event) -> Run | None:
        runs, way = self._book.live(user), seen.entry.session
        hearing = [run for run in runs if run.transport != "absent"]
        unended = [run for run in hearing if run.open or (way and run.which == way)]
        if len(unended) > 1:
            unended = self._named(unended, seen, event)
        if len(unended) > 1:
            self._any_of(unended, seen, event)
        chosen = unended or runs
        return chosen[-1] if chosen else None

    def _named(self, runs: list[Run], seen: Seen, event: Event) -> list[Run]:
        """Of several runs those that the event may belong to, by what it says; all, where that says
        nothing.
        """
        told = [self._book.by_token.get(token.text) for token in seen.tokens]
        of_calls = [call.run for call in told if call and event.tool in (None, call.tool)]
        text = seen.entry.value
        ids = find_ids(text) if isinstance(text, str) else frozenset()
        for says, fits in (
            (event.thread, lambda run: run.thread == event.thread),
            (event.run, lambda run: not run.wire_ids),
            (of_calls, lambda run: run in of_calls),
            (event.call, lambda run: event.call in run.by_wire_id),
            (ids, lambda run: ids & {*request_ids(run.run_id or "")}),
        ):
            if says and len(runs) > 1:
                runs = [run for run in runs if fits(run)] or runs
        way = seen.entry.session
        if len(runs) > 1 and way and not self._crossed:
            by_way = [run for run in runs if run.which == way]
            for run in by_way:
                run.by_way = True
            runs = by_way or runs
        if len(runs) > 1 and event.tool:
            awaiting = (any(pairing.awaits(call, event) for call in run.calls) for run in runs)
            runs = [run for run, awaits in zip(runs, awaiting, strict=True) if awaits] or runs
        return runs

    def _watch_ways(self, seen: Seen, run: Run) -> None:
        """Where an event of one session came by another's way, its way tells nothing of an event:
        what was told apart by that is mixed.
        """
        way = seen.entry.session
        if not way or way == run.which or self._crossed:
            return
        self._crossed = True
        for other in self._book.current(run.owner):
            if other.by_way:
                other.mixed = True
                other.doubts.append("events of a session came by the way of another")

    def _any_of(self, runs: list[Run], seen: Seen, event: Event) -> None:
        """Note that it may be of any of these runs, and of any of their calls that await it."""
        for run in runs:
            run.mixed = True
            run.doubts.append(f"{event.type} without a run id while several runs were open")
            if event.type in spec.TOOL_EVENTS:
                self._ambiguous(seen, run, pairing.fitting(run.calls, event))

    def _token_owner(self, seen: Seen) -> str | None:
        owners = {self._book.marks.get(token.owner) for token in seen.tokens}
        return owners.pop() if len(owners) == 1 else None

    def _explains(self, seen: Seen, event: Event) -> bool:
        """Whether the user of the link has an open call that this event could belong to."""
        return any(
            call.owner == seen.user and pairing.awaits(call, event)
            for call in self._book.open_calls
        )

    def _place_call(self, seen: Seen, event: Event, run: Run) -> None:
        call = self._call_of(seen, event, run)
        if call is None:
            return
        if call.run is not run:
            seen.owner, seen.run = call.owner, call.run
        seen.call = call
        if event.call:
            call.run.by_wire_id.setdefault(event.call, call)
            call.wire_id = call.wire_id or event.call
        (call.executing if event.type == spec.EXECUTING else call.completed).append(seen)

    def _call_of(self, seen: Seen, event: Event, run: Run) -> Call | None:
        told = (self._book.by_token.get(token.text) for token in seen.tokens)
        named = [call for call in told if call is not None and event.tool in (None, call.tool)]
        mine = [call for call in named if call.run is run]
        known = None if event.call in run.shared_ids else run.by_wire_id.get(event.call or "")
        if known is not None:
            other = len(mine) == 1 and mine[0] is not known and pairing.awaits(mine[0], event)
            if not other:
                return known
            run.shared_ids.add(event.call or "")  # a canary says that this is no id of a call
        if len(mine) == 1:
            return mine[0]
        astray = [call for call in named if call.run is not run and pairing.shows(call, event)]
        if len(astray) == 1 and not mine:
            return astray[0]
        fits = pairing.fitting(mine or run.calls, event)
        if not mine and not any(pairing.awaits(call, event) for call in fits):
            others = named or self._elsewhere(event, run)
            if len(others) == 1:
                return others[0]
            if any(token.text in self._book.done for token in seen.tokens):
                seen.late = True
                return None
        fits = fits if mine else self._not_another(fits, event, run)
        if len(fits) > 1:
            return self._one_of(fits, seen, event, run)
        if fits:
            return fits[0]
        theirs = self._theirs(event, run)
        if theirs is not None:
            return theirs
        planted = self._book.truth and self._book.planted(run.owner, event.tool)
        call = Call(run, event.tool or "a tool without a name", stray=planted)
        self._book.add(call)
        return call

    def _one_of(self, fits: list[Call], seen: Seen, event: Event, run: Run) -> Call | None:
        shown = [call for call in fits if pairing.shows(call, event)] or fits
        chosen = pairing.any_of(shown) if pairing.awaits(shown[0], event) else None
        if chosen is None:
            self._ambiguous(seen, run, fits)
        return chosen

    def _not_another(self, fits: list[Call], event: Event, run: Run) -> list[Call]:
        """Without those that it cannot be, because it speaks of a call that the target makes on its
        own: it has an id of its own, or announces again what was closed and is no planted tool.
        """
        if event.call and event.call not in run.shared_ids:
            fits = [call for call in fits if call.wire_id in ("", event.call)]
        planted = self._book.truth and self._book.planted(run.owner, event.tool)
        if event.type == spec.EXECUTING and not planted and all(call.completed for call in fits):
            return []
        return fits

    def _theirs(self, event: Event, run: Run) -> Call | None:
        """The one open call of another user, for a planted tool that this one never had."""
        named = event.run and event.run in (run.run_id, *run.wire_ids)
        if named or not event.tool or self._book.planted(run.owner, event.tool):
            return None
        open_ = (c for c in self._book.open_calls if c.owner != run.owner and c.tool == event.tool)
        theirs = [call for call in open_ if pairing.awaits(call, event)]
        return theirs[0] if len(theirs) == 1 else None

    def _elsewhere(self, event: Event, run: Run) -> list[Call]:
        """The one call of another run that shows like this, where none of its own tool is open."""
        if any(call.tool == event.tool and call.answered is None for call in run.calls):
            return []
        others = [
            call
            for call in self._book.open_calls
            if call.run is not run and call.answered is None and pairing.shows(call, event)
        ]
        return others if len(others) == 1 else []

    def _ambiguous(self, seen: Seen, run: Run, calls: Iterable[Call]) -> None:
        run.unpaired.append(seen)
        for call in calls:
            call.ambiguous = True
