"""The ledger: gathers the entries of a history into runs and calls, and says whose each frame is.

Whose: a run belongs to whoever invoked it in the history. A frame is first taken for the run that
its ids name, else for the run of the link it came in by. It is taken for another user's only where
its canaries say so and the first user has nothing open that it could belong to; a frame of one's
own that merely *contains* another's canary stays one's own (that is a leak, not a misdelivery).

Which call: by call id, else by canary, else by tool name where only one call is open; otherwise the
frame is ambiguous and the rules that depend on it answer UNKNOWN. An event that shows what a call
of another run would show, and that fits nothing of its own, is of that call, whatever its ids say.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from goldenpath import spec
from goldenpath.history import Header
from goldenpath.model import Entry, Event, Kind
from goldenpath.runs import pairing
from goldenpath.runs.gathered import Call, Run, Seen

#: How many settled calls and runs are kept in case something late arrives for them.
LATE_WINDOW = 256


class Ledger:
    """Folds entries into runs and calls; hands each over once, when it is settled or at the end."""

    def __init__(
        self, header: Header, on_call: Callable[[Call], None], on_run: Callable[[Run], None]
    ) -> None:
        self.header = header
        self.marks = {user.owner: user.name for user in header.users}
        self.links: dict[str, str] = {}
        self.up: set[str] = set()
        self._on_call, self._on_run = on_call, on_run
        self._tool_events = all(
            header.events.get(t) == spec.Origin.NATIVE for t in spec.TOOL_EVENTS
        )
        self._truth = header.card.get("truth") == "yes"
        self._run_events = header.events.get(spec.FINISHED) == spec.Origin.NATIVE
        self._transports: dict[str, str] = {}
        self._tools: dict[str, set[str]] = {}
        self._runs: dict[str, list[Run]] = {}
        self._by_run_id: dict[str, Run] = {}
        self._learnt: dict[str, dict[str, Run]] = {}
        self._by_step: dict[str, Call | Run] = {}
        self._by_token: dict[str, Call] = {}
        self._registering: dict[str, str] = {}
        self._open_calls: dict[Call, None] = {}
        self._open_runs: dict[Run, None] = {}
        self._late_calls: dict[Call, None] = {}
        self._late_runs: deque[Run] = deque()
        self._done: set[str] = set()
        self._takes: dict[Kind, Callable[[Entry], None]] = {
            Kind.INVOKE: self._invoked,
            **dict.fromkeys((Kind.OK, Kind.FAIL, Kind.LOST), self._answered),
            Kind.TOOL: self._tool,
            Kind.LINK: self._link,
            Kind.FAULT: self._fault,
        }

    # --- what comes in ---------------------------------------------------------------------

    def see(self, entry: Entry) -> None:
        """Take in any entry but a frame."""
        take = self._takes.get(entry.kind)
        if take is not None:
            take(entry)

    def _fault(self, entry: Entry) -> None:
        user = self.links.get(entry.actor, entry.actor)
        for run in self._runs.get(user, [])[-1:]:
            run.faults += 1

    def _link(self, entry: Entry) -> None:
        if entry.what == "up":
            self.links[entry.actor] = entry.value["user"]
            self.up.add(entry.actor)
        else:
            self.up.discard(entry.actor)

    def _invoked(self, entry: Entry) -> None:
        value = entry.value or {}
        if entry.what in ("create", "run"):
            self._open_run(entry, value)
        elif entry.what == "execute":
            self._open_call(entry, value)
        elif entry.what == "register":
            self._registering[entry.step or ""] = value["tool"]
        elif entry.what == "cleanup":
            for run in self._runs.get(entry.actor, [])[-1:]:
                run.tools.clear()

    def _open_run(self, entry: Entry, value: dict[str, Any]) -> None:
        session = entry.what == "create"
        if session:
            self._transports[entry.actor] = value.get("transport", "working")
            self._tools[entry.actor] = set(value.get("tools", ()))
        if session and self.header.kind != "dispatcher":
            return
        run = Run(
            owner=entry.actor,
            run_id=value.get("run_id"),
            thread=value.get("thread_id"),
            asked=entry,
            transport=self._transports.get(entry.actor, "working"),
            session=session,
            golden=bool(value.get("golden")),
            tools=set(value.get("tools", ())),
        )
        self._runs.setdefault(entry.actor, []).append(run)
        self._open_runs[run] = None
        if run.run_id:
            self._by_run_id[run.run_id] = run
        if entry.step:
            self._by_step[entry.step] = run
        for call in (c for round_ in value.get("plan", {}).get("rounds", ()) for c in round_):
            self._add(Call(run, call["tool"], call.get("token", ""), planned=call))

    def _open_call(self, entry: Entry, value: dict[str, Any]) -> None:
        run = next(reversed(self._runs.get(entry.actor, [])), None)
        if run is None:
            return
        call = Call(run, value.get("tool", ""), value.get("token", ""), asked=entry)
        call.held, call.proven = call.tool in run.tools, call.tool in run.ran
        self._add(call)
        if entry.step:
            self._by_step[entry.step] = call

    def _add(self, call: Call) -> None:
        call.run.calls.append(call)
        self._open_calls[call] = None
        if call.token:
            self._by_token[call.token] = call

    def _answered(self, entry: Entry) -> None:
        asked = self._by_step.get(entry.step) if entry.step else None
        if asked is not None and entry.step:
            if isinstance(asked, Call):
                del self._by_step[entry.step]
            asked.answered = entry
            self._settle(asked)
        elif entry.what == "cleanup" and entry.kind is Kind.OK:
            for run in self._runs.get(entry.actor, [])[-1:]:
                run.cleaned = True
                self._settle(run)
        elif entry.what == "register":
            tool = self._registering.pop(entry.step or "", "")
            for run in self._runs.get(entry.actor, [])[-1:]:
                if entry.kind is Kind.OK and not run.cleaned:
                    run.tools.add(tool)
                    self._tools.setdefault(entry.actor, set()).add(tool)

    def _tool(self, entry: Entry) -> None:
        call = self._by_token.get(entry.value.get("token") or "") or self._only_running(entry)
        if call is None:
            for run in self._runs.get(entry.actor, [])[-1:]:
                run.unplaced.append(entry)
            return
        (call.starts if entry.what == "started" else call.ends).append(entry)
        call.run.ran.add(call.tool)
        self._settle(call)

    def _only_running(self, entry: Entry) -> Call | None:
        """The one call under way that an execution without a canary can be of: one that it would be
        the first of, else one that ran already.
        """
        under_way = [
            call
            for call in self._open_calls
            if call.owner == entry.actor
            and call.tool == entry.value["tool"]
            and call.answered is None
        ]
        if entry.what == "started":
            fits = [call for call in under_way if not call.starts] or under_way
            fits = [call for call in fits if call.executing and not call.completed] or fits
        else:
            fits = [call for call in under_way if len(call.ends) < len(call.starts)]
        return fits[0] if len(fits) == 1 else None

    # --- frames: whose, which run, which call ------------------------------------------------

    def place(self, seen: Seen) -> None:
        """Fill in owner, run and call of a frame that reached a link."""
        event = seen.event
        if event is None:
            return
        run = self._run_of(seen, event)
        if run is None:
            seen.owner = self._token_owner(seen) or seen.user
            seen.late = seen.late or any(token.text in self._done for token in seen.tokens)
            return
        seen.owner, seen.run = run.owner, run
        if event.type in spec.TOOL_EVENTS:
            self._place_call(seen, event, run)
        if event.run and event.run not in run.wire_ids:
            run.wire_ids.append(event.run)
            self._learnt.setdefault(event.run, {}).setdefault(seen.user, run)
        if not run.session and seen.run is run:
            run.events.append(seen)
            run.ended = run.ended or event.type in spec.TERMINAL
        self._settle(seen.call or run)

    def _run_of(self, seen: Seen, event: Event) -> Run | None:
        named = self._by_run_id.get(event.run or "") or self._learnt_run(seen, event)
        if named is not None:
            return named
        if event.run in self._done:
            seen.late = True
            return None
        whose = self._token_owner(seen) or seen.user
        if whose != seen.user and event.type in spec.TOOL_EVENTS and self._explains(seen, event):
            whose = seen.user
        return self._current(whose, event)

    def _learnt_run(self, seen: Seen, event: Event) -> Run | None:
        """The run that has shown this id, which its maker chose, before: on the same user's links;
        on those of one other user only where this one has no run that could be new to its id.
        """
        runs = self._learnt.get(event.run or "", {})
        if seen.user in runs or not runs:
            return runs.get(seen.user)
        fresh = any(run.open and not run.wire_ids for run in self._runs.get(seen.user, []))
        return None if fresh or len(runs) > 1 else next(iter(runs.values()))

    def _current(self, user: str, event: Event) -> Run | None:
        kept = self._runs.get(user, [])
        runs = [run for run in kept if not run.settled or run.session] or kept[-1:]
        unended = [run for run in runs if run.open]
        if len(unended) > 1 and event.thread:
            unended = [run for run in unended if run.thread == event.thread] or unended
        if len(unended) > 1 and event.run:
            unended = [run for run in unended if not run.wire_ids] or unended
        if len(unended) > 1 and not all(run.session for run in unended):
            for run in unended:
                run.mixed = True
                run.doubts.append(f"{event.type} without a run id while several runs were open")
        chosen = unended or runs
        return chosen[-1] if chosen else None

    def _token_owner(self, seen: Seen) -> str | None:
        owners = {self.marks.get(token.owner) for token in seen.tokens}
        return owners.pop() if len(owners) == 1 else None

    def _explains(self, seen: Seen, event: Event) -> bool:
        """Whether the user of the link has an open call that this event could belong to."""
        return any(
            call.owner == seen.user and pairing.awaits(call, event) for call in self._open_calls
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
        named = [c for t in seen.tokens if (c := self._by_token.get(t.text)) is not None]
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
            if any(token.text in self._done for token in seen.tokens):
                seen.late = True
                return None
        fits = fits if mine else self._not_another(fits, event, run)
        if len(fits) > 1:
            self._ambiguous(seen, run, fits)
            return None
        if fits:
            return fits[0]
        theirs = self._theirs(event, run)
        if theirs is not None:
            return theirs
        call = Call(run, event.tool or "a tool without a name")
        self._add(call)
        return call

    def _not_another(self, fits: list[Call], event: Event, run: Run) -> list[Call]:
        """Without those that it cannot be, because it speaks of a call that the target makes on its
        own: it has an id of its own, or announces again what was closed and is no planted tool.
        """
        if event.call and event.call not in run.shared_ids:
            fits = [call for call in fits if call.wire_id in ("", event.call)]
        planted = self._truth and event.tool in self._tools.get(run.owner, ())
        if event.type == spec.EXECUTING and not planted and all(call.completed for call in fits):
            return []
        return fits

    def _theirs(self, event: Event, run: Run) -> Call | None:
        """An open call of another user, for a planted tool that this one never had."""
        if not event.tool or event.tool in self._tools.get(run.owner, ()):
            return None
        open_ = (c for c in self._open_calls if c.owner != run.owner and c.tool == event.tool)
        return next((call for call in open_ if pairing.awaits(call, event)), None)

    def _elsewhere(self, event: Event, run: Run) -> list[Call]:
        """The one call of another run that shows like this, where none of its own tool is open."""
        if any(call.tool == event.tool and call.answered is None for call in run.calls):
            return []
        others = [
            call
            for call in self._open_calls
            if call.run is not run and call.answered is None and pairing.shows(call, event)
        ]
        return others if len(others) == 1 else []

    def _ambiguous(self, seen: Seen, run: Run, calls: Iterable[Call]) -> None:
        run.unpaired.append(seen)
        for call in calls:
            call.ambiguous = True

    # --- what goes out -----------------------------------------------------------------------

    def owes(self) -> list[str]:
        """What must still arrive, in words: the events of open calls and runs, where declared."""
        owed = [
            f"{call.owner}: tool_completed of {call.tool}"
            for call in self._open_calls
            if self._tool_events and self._reachable(call.run) and _wants_completed(call)
        ]
        if self._run_events:
            owed += [
                f"{run.owner}: a terminal event"
                for run in self._open_runs
                if self._reachable(run) and not run.session and not run.ended
            ]
        return owed

    def run_ended(self, step: str) -> bool:
        """Whether the run that this step asked for has shown its terminal event."""
        asked = self._by_step.get(step)
        return not isinstance(asked, Run) or asked.ended

    def _reachable(self, run: Run) -> bool:
        return run.transport == "working" and any(self.links[link] == run.owner for link in self.up)

    def _settle(self, part: Call | Run) -> None:
        """Hand over what is complete, once LATE_WINDOW others have been completed after it."""
        if isinstance(part, Call):
            if not part.settled and self._call_complete(part):
                part.settled = True
                self._open_calls.pop(part, None)
                self._late_calls[part] = None
                self._settle(part.run)
        elif not part.settled and self._run_complete(part):
            part.settled = True
            self._open_runs.pop(part, None)
            self._late_runs.append(part)
        while len(self._late_calls) > LATE_WINDOW:
            self._release_call(next(iter(self._late_calls)))
        while len(self._late_runs) > LATE_WINDOW:
            self._release_run(self._late_runs.popleft())

    def _call_complete(self, call: Call) -> bool:
        if call.asked is not None and call.answered is None:
            return False
        if len(call.ends) < len(call.starts):
            return False
        if call.planned and not call.starts and self._truth:
            return False
        shown = bool(call.completed) or not self._tool_events or call.run.transport != "working"
        return shown and not call.ambiguous

    def _run_complete(self, run: Run) -> bool:
        if run.session or run.answered is None:
            return False
        return run.ended and all(call.settled for call in run.calls)

    def _release_call(self, call: Call) -> None:
        del self._late_calls[call]
        self._on_call(call)
        if call.token:
            self._by_token.pop(call.token, None)
            self._done.add(call.token)
        if call.run.session:
            call.run.calls.remove(call)
            call.run.by_wire_id = {k: c for k, c in call.run.by_wire_id.items() if c is not call}
            call.forget()

    def _release_run(self, run: Run) -> None:
        for call in run.calls:
            if call in self._late_calls:
                self._release_call(call)
        self._on_run(run)
        self._by_step.pop(run.asked.step or "", None)
        for run_id in {*run.wire_ids, run.run_id or ""}:
            self._by_run_id.pop(run_id, None)
            self._learnt.pop(run_id, None)
            self._done.add(run_id)
        self._runs[run.owner].remove(run)
        run.forget()

    def finish(self) -> None:
        """Hand over everything that is left, settled or not."""
        for call in [*self._late_calls, *self._open_calls]:
            self._on_call(call)
        for run in [*self._late_runs, *self._open_runs]:
            self._on_run(run)


def _wants_completed(call: Call) -> bool:
    if call.completed or call.ambiguous:
        return False
    return bool(call.ends or call.executing)
