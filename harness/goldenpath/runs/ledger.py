"""The ledger: gathers the entries of a history into runs and calls, and hands each over once.

Whose a frame is, is told by `placing`; what is known so far stands in the `book`. A call or run is
handed over when it is complete and some others have been completed after it, in case something
comes late for it, or at the end.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any

from goldenpath import spec
from goldenpath.history import Header
from goldenpath.model import CLOGGED, DROPPED, FLOWS, HELD, LEFT, Entry, Kind
from goldenpath.runs import pairing
from goldenpath.runs.book import Book
from goldenpath.runs.gathered import Call, Run, Seen
from goldenpath.runs.placing import Placer

#: What ends a session: asking for it, or leaving its context.
_CLOSES = ("cleanup", "leave")

#: How many settled calls and runs are kept in case something late arrives for them.
LATE_WINDOW = 256


class Ledger:
    """Folds entries into runs and calls; hands each over once, when it is settled or at the end."""

    def __init__(
        self, header: Header, on_call: Callable[[Call], None], on_run: Callable[[Run], None]
    ) -> None:
        self._kind = header.kind
        self._on_call, self._on_run = on_call, on_run
        native = {name for name, whose in header.events.items() if whose == spec.Origin.NATIVE}
        self._tool_events = native >= spec.TOOL_EVENTS
        self._run_events = spec.FINISHED in native
        self._book = Book(header)
        self._placer = Placer(self._book)
        self._transports: dict[str, str] = {}
        self._falters: set[str] = set()
        self._registering: dict[str, str] = {}
        self._of_twins: dict[tuple[Any, ...], Call] = {}
        self._late_calls: OrderedDict[Call, None] = OrderedDict()
        self._late_runs: deque[Run] = deque()
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

    def place(self, seen: Seen) -> None:
        """Fill in owner, run and call of a frame that reached a link."""
        self._placer.place(seen)
        if seen.run is not None:
            self._settle(seen.call or seen.run)

    def user_of(self, link: str) -> str:
        """The user whose link it is."""
        return self._book.links.get(link, link.partition("/")[0])

    def _fault(self, entry: Entry) -> None:
        """What is over is not touched: nothing of it was still to come that could be missed. What
        was broken of a link is broken for all sessions that share it.
        """
        if entry.what in (CLOGGED, HELD, FLOWS):  # nothing is lost by it
            self._forsake(entry)
            return
        if entry.what == LEFT:
            run = self._book.latest(entry.actor, entry.session)
            if run is not None and not _over(run):
                run.left, run.transport = entry, LEFT
            return
        for run in self._book.current(self._book.links.get(entry.actor, entry.actor)):
            if not _over(run):
                run.faults += 1
                run.dropped = run.dropped or entry.what == DROPPED

    def _forsake(self, entry: Entry) -> None:
        asked = self._book.by_step.get(entry.value.get("given_up", ""))
        if asked is not None and asked.answered is None:
            asked.forsaken = entry

    def _link(self, entry: Entry) -> None:
        if entry.what == "up":
            self._book.links[entry.actor] = entry.value["user"]
            self._book.up.add(entry.actor)
        else:
            self._book.up.discard(entry.actor)

    def _invoked(self, entry: Entry) -> None:
        value = entry.value or {}
        if entry.what in ("create", "run"):
            self._open_run(entry, value)
        elif entry.what == "execute":
            self._open_call(entry, value)
        elif entry.what == "register":
            self._registering[entry.step or ""] = value["tool"]
        elif entry.what in _CLOSES and (run := self._latest(entry)):
            run.tools.clear()
            run.cleaning = run.cleaning or entry
            run.closing.add(entry.step or "")

    def _latest(self, entry: Entry) -> Run | None:
        """The last run of the session that an entry is about."""
        return self._book.latest(entry.actor, entry.session)

    def _open_run(self, entry: Entry, value: dict[str, Any]) -> None:
        session = entry.what == "create"
        if session:
            self._transports[entry.who] = value.get("transport", "working")
            (self._falters.add if value.get("falters") else self._falters.discard)(entry.who)
            held = self._book.tools.setdefault(entry.actor, {})
            held[entry.session] = set(value.get("tools", ()))
        if session and self._kind != "dispatcher":
            return
        before = self._latest(entry)
        run = Run(
            owner=entry.actor,
            run_id=value.get("run_id"),
            thread=value.get("thread_id"),
            asked=entry,
            transport=self._transports.get(entry.who, "working"),
            which=entry.session,
            falters=entry.who in self._falters,
            session=session,
            golden=bool(value.get("golden")),
            tools=set(value.get("tools", ())),
        )
        self._book.open(run)
        if before is not None:
            self._settle(before)
        for other in self._book.current(run.owner):
            if other is not run and other.open:
                other.beside = run.beside = True
        for number, calls in enumerate(value.get("plan", {}).get("rounds", ()), 1):
            for call in calls:
                token = call.get("token", "")
                self._book.add(Call(run, call["tool"], token, planned=call, round=number))

    def _open_call(self, entry: Entry, value: dict[str, Any]) -> None:
        run = self._latest(entry)
        if run is None:
            return
        call = Call(run, value.get("tool", ""), value.get("token", ""), asked=entry)
        call.held = call.tool in run.tools
        call.unheard = run.dropped
        call.proven = (call.via, call.tool) in run.ran - run.failed
        self._book.add(call)
        run.begin(call)
        if entry.step:
            self._book.by_step[entry.step] = call

    def _answered(self, entry: Entry) -> None:
        asked = self._book.by_step.get(entry.step) if entry.step else None
        run = self._latest(entry)
        if asked is not None and entry.step:
            if isinstance(asked, Call):
                del self._book.by_step[entry.step]
                asked.run.answer(asked)
            asked.answered = entry
            if isinstance(asked, Call) and entry.kind is Kind.OK:
                self._exchange(asked)
            self._settle(asked)
        elif entry.what in _CLOSES and run is not None:
            self._closed(entry, run)
        elif entry.what == "register":
            tool = self._registering.pop(entry.step or "", "")
            if entry.kind is Kind.OK and run is not None and run.cleaned is None:
                run.tools.add(tool)
                self._held(entry).add(tool)

    def _held(self, entry: Entry) -> set[str]:
        """What the session that an entry is about holds, or ever held."""
        return self._book.tools.setdefault(entry.actor, {}).setdefault(entry.session, set())

    def _exchange(self, call: Call) -> None:
        """Give a call that was told of success an execution that was taken for one of an equal
        call, which is still waited for: it was this one's.
        """
        if not call.twin or call.starts:
            return
        for other in call.run.calls:
            if other.answered is None and other.ends and other.equals(call):
                for mine, its in (
                    (call.starts, other.starts),
                    (call.effects, other.effects),
                    (call.ends, other.ends),
                ):
                    mine += its[:1]
                    del its[:1]
                return

    def _closed(self, entry: Entry, run: Run) -> None:
        """It is over once nobody waits any more who asked for its end: the second of two may be
        answered at once.
        """
        run.closing.discard(entry.step or "")
        if entry.missing:
            self._reopen(entry, run)
        elif entry.kind is Kind.OK and not run.closing:
            run.cleaned = run.cleaned or entry
            self._settle(run)

    def _reopen(self, entry: Entry, run: Run) -> None:
        """What has no such member was not closed by asking for it."""
        if run.cleaning is not None and run.cleaning.step == entry.step:
            run.cleaning = None
            run.tools |= self._held(entry)

    def _tool(self, entry: Entry) -> None:
        token = entry.value.get("token") or ""
        call = self._book.by_token.get(token) or self._twin(entry) or self._only_running(entry)
        if call is None:
            for run in self._book.current(entry.actor):
                run.unplaced.append(entry)
            return
        _list_of(call, entry.what).append(entry)
        (call.run.failed if entry.what == "failed" else call.run.ran).add((call.via, call.tool))
        self._settle(call)

    def _only_running(self, entry: Entry) -> Call | None:
        """The one call under way that an execution without a canary can be of: of those that were
        asked with just its parameters, if any, one that it would be the first of, else one that ran
        already.
        """
        under_way = [
            call
            for call in self._book.open_calls
            if call.owner == entry.actor
            and call.tool == entry.value["tool"]
            and call.answered is None
        ]
        if entry.what == "started":
            under_way = _asked_so(entry, under_way) or self._made_again(entry) or under_way
            fits = [call for call in under_way if not call.starts] or under_way
            fits = [call for call in fits if call.executing and not call.completed] or fits
        else:
            fits = [call for call in under_way if len(call.ends) < len(call.starts)]
        if entry.what != "started":
            return fits[0] if len(fits) == 1 else None
        chosen = pairing.any_of(fits)
        if chosen is not None and chosen.twin:
            self._of_twins[_execution(entry)] = chosen
        return chosen

    def _made_again(self, entry: Entry) -> list[Call]:
        """The calls under way that were asked just so, also those that are settled."""
        calls = [call for run in self._book.current(entry.actor) for call in run.calls]
        return _asked_so(entry, [call for call in calls if call.answered is None])

    def _twin(self, entry: Entry) -> Call | None:
        """The one of several equal calls that this execution was taken for when it started."""
        if entry.what == "started" or not self._of_twins:
            return None
        call = self._of_twins.get(_execution(entry))
        if call is not None and entry.what != "effect":
            del self._of_twins[_execution(entry)]
        return call

    # --- what goes out -----------------------------------------------------------------------

    def owes(self) -> list[str]:
        """What must still arrive, in words: the events of open calls and runs, where declared. Of a
        run that has shown its end nothing may come any more, so nothing is owed.
        """
        owed = [
            f"{call.owner}: tool_completed of {call.tool}"
            for call in self._book.open_calls
            if self._tool_events and self._book.reachable(call.run) and _wants_completed(call)
        ]
        if self._run_events:
            owed += [
                f"{run.owner}: a terminal event"
                for run in self._book.open_runs
                if self._book.reachable(run) and not run.session and not run.ended
            ]
        return owed

    def run_ended(self, step: str) -> bool:
        """Whether the run that this step asked for has shown its terminal event."""
        asked = self._book.by_step.get(step)
        return not isinstance(asked, Run) or asked.ended

    def _settle(self, part: Call | Run) -> None:
        """Hand over what is complete, once LATE_WINDOW others have been completed after it."""
        if isinstance(part, Call):
            if not part.settled and self._call_complete(part):
                part.settled = True
                self._book.open_calls.pop(part, None)
                self._late_calls[part] = None
                self._settle(part.run)
        elif not part.settled and self._run_complete(part):
            part.settled = True
            self._book.open_runs.pop(part, None)
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
        if call.planned and not call.starts and self._book.truth:
            return False
        shown = bool(call.completed) or not self._tool_events or call.run.transport != "working"
        return shown and not call.ambiguous

    def _run_complete(self, run: Run) -> bool:
        """Nothing more can be asked of a session once another has taken its place."""
        if run.session:
            replaced = self._book.latest(run.owner, run.which) is not run
            over = replaced and run.closed and not run.closing
            return over and all(call.settled or call.void for call in run.calls)
        if run.answered is None:
            return False
        return run.ended and all(call.settled for call in run.calls)

    def _release_call(self, call: Call) -> None:
        del self._late_calls[call]
        self._on_call(call)
        self._book.strike_call(call)

    def _release_run(self, run: Run) -> None:
        for call in list(run.calls):
            if call in self._late_calls:
                self._release_call(call)
            elif call in self._book.open_calls:
                del self._book.open_calls[call]
                self._on_call(call)
                self._book.strike_call(call)
        self._on_run(run)
        self._book.strike_run(run)

    def finish(self) -> None:
        """Hand over everything that is left, settled or not."""
        for call in [*self._late_calls, *self._book.open_calls]:
            self._on_call(call)
        for run in [*self._late_runs, *self._book.open_runs]:
            self._on_run(run)


def _over(run: Run) -> bool:
    """Whether it has shown its end, and none of its tools is still at work."""
    return run.ended and all(len(call.ends) >= len(call.starts) for call in run.calls)


def _asked_so(entry: Entry, calls: list[Call]) -> list[Call]:
    """Those that were asked for just what has started."""
    tool, given = entry.value["tool"], entry.value.get("parameters")
    return [call for call in calls if call.tool == tool and call.parameters == given]


def _execution(entry: Entry) -> tuple[Any, ...]:
    """What tells it apart from others that are under way."""
    value = entry.value
    return entry.who, value["tool"], value.get("run"), "twin" in value


def _list_of(call: Call, what: str) -> list[Entry]:
    """Where a truth of a tool is kept: that it started, had its effect, or ended in some way."""
    return {"started": call.starts, "effect": call.effects}.get(what, call.ends)


def _wants_completed(call: Call) -> bool:
    if call.completed or call.ambiguous or call.run.ended:
        return False
    return bool(call.ends or call.executing)
