"""CONTENT: whether frames can be read, name the right ids and tell the truth."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from goldenpath import spec
from goldenpath.canary import find_ids, request_ids
from goldenpath.checkers.base import ASKED, UNTRACED, Check, Fold
from goldenpath.checkers.held import parsed_text
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.model import Entry, Event, Kind, Outcome, Status
from goldenpath.runs import Call, Run, Seen

#: Fields that every event, or every tool event, has where a dialect has a place for them.
_FIELDS = {"run": False, "thread": False, "user": False, "tool": True, "call": True}


#: How an id that is an empty text is shown.
_EMPTY = "''"


class _Readable(Fold):
    """CONTENT-1: counted are only frames whose envelope the target built (rule of truth 9).

    A field that the dialect declares and that no event has is most likely misspelt.
    """

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        own = header.dialect.get("own", ())
        self._missing = {name for name in own if name in _FIELDS}
        self._wire = header.card.get("truth") != "yes"  # else CONTENT-5 speaks of statuses
        self._seen: set[bool] = set()

    def frame(self, seen: Seen) -> None:
        ours = seen.entry.what in spec.OUR_ENVELOPE
        if seen.problem.startswith("too large"):
            self.tally.doubt(seen.problem)
        elif seen.problem:
            self.tally.fail(
                f"a frame to {seen.user} cannot be read: {seen.problem}", seen.entry.index
            )
        if ours and not seen.problem:
            self.tally.excuse = (
                Outcome.UNOBSERVABLE,
                "every envelope was built by our own transport shape",
            )
        elif seen.event or seen.problem:
            self.tally.chance()
        if seen.event is not None and self._missing:
            self._look_for_fields(seen.event)
        if seen.event is not None and self._wire and seen.event.type == spec.COMPLETED:
            _known_word(seen.event, self.tally)

    def _look_for_fields(self, event: Event) -> None:
        self._seen |= {False, event.type in spec.TOOL_EVENTS}
        self._missing -= {name for name in self._missing if getattr(event, name) is not None}

    def finish(self) -> None:
        for name in sorted(self._missing):
            if _FIELDS[name] in self._seen:
                paths = " or ".join(self.header.dialect["fields"][name])
                self.tally.doubt(
                    f"the dialect declares the field {name} at {paths}: no event has it"
                )


#: Ids of requests and sessions that are kept, to know them again; the oldest go first.
REMEMBERED = 100_000


class _OwnIds(Fold):
    """CONTENT-3: user and thread ids; where the harness knows none, they must at least not mix. The
    ids of a request and of a session are those of the run, and of no other run of the same user.
    """

    kinds = ASKED

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._users = {user.name: user for user in header.users}
        self._claimed: dict[str, str] = {}
        self._requests: OrderedDict[str, tuple[str, str]] = OrderedDict()

    def entry(self, entry: Entry) -> None:
        run_id = entry.value.get("run_id") if entry.value else None
        if not isinstance(run_id, str):
            return
        for planted in request_ids(run_id):
            self._requests[planted] = entry.actor, run_id
        while len(self._requests) > REMEMBERED:
            self._requests.popitem(last=False)

    def frame(self, seen: Seen) -> None:
        event, run = seen.event, seen.run
        if event is None or run is None:
            return
        self.tally.excuse = (Outcome.UNOBSERVABLE, "no event names a run, a thread or a user")
        user = self._users.get(run.owner)
        known = {
            "user": user,
            "thread": run.thread or (user.thread_id if user else None),
            "run": run.run_id,
        }
        if event.user is not None:
            self._claim(seen, "user", event.user, known)
        if event.thread is not None:
            self._claim(seen, "thread", event.thread, known)
        if event.run is not None:
            self._claim(seen, "run", event.run, known)
        for what, claim in seen.also:
            if what in known:
                self._claim(seen, what, claim, known)
        if run.run_id is not None and not run.mixed and isinstance(seen.entry.value, str):
            self._request(seen, event, run)

    def _request(self, seen: Seen, event: Event, run: Run) -> None:
        """Whose request it names. That it is another user's is for ISOLATION-2."""
        for planted in find_ids(seen.entry.value):
            user, run_id = self._requests.get(planted, ("", ""))
            if user != run.owner:
                continue
            self.tally.chance()
            if run_id != run.run_id and planted in _own_fields(parsed_text(seen.entry.value)):
                self.tally.fail(
                    f"{event.type} of {run.who} names a request or session of another of theirs:"
                    f" {planted}",
                    run.asked.index,
                    seen.entry.index,
                )

    def _claim(self, seen: Seen, what: str, claim: str, known: dict[str, Any]) -> None:
        right = known[what]
        if right is None:
            return
        self.tally.chance()
        if what == "user":
            self._user(seen, claim, right.user_id, seen.owner)
        elif claim != right and seen.event is not None:
            self.tally.fail(
                f"{seen.event.type} of {seen.owner} names the {what} {claim or _EMPTY},"
                f" not {right}",
                seen.entry.index,
            )

    def _user(self, seen: Seen, claim: str, known: str | None, owner: str) -> None:
        if known is None:
            wrong = self._claimed.setdefault(claim or owner, owner) != owner
        else:
            wrong = claim != known and not _shortened(claim, known)
        if wrong and seen.event is not None:
            self.tally.fail(
                f"{seen.event.type} of a run of {owner} names the user {claim or _EMPTY},"
                f" not {known or 'one of their own'}",
                seen.entry.index,
            )


#: How a field is called that says of which request or session an event is.
_REQUEST = re.compile(r"(?:request|session)_?id$", re.IGNORECASE)


def _own_fields(box: Any) -> Iterator[Any]:
    """The requests and sessions that a frame says it is of; a list may tell of others."""
    for name, value in box.items() if isinstance(box, dict) else ():
        if isinstance(value, dict):
            yield from _own_fields(value)
        elif _REQUEST.search(name):
            yield value


def _shortened(claim: str, known: str) -> bool:
    """Whether `claim` is `known` cut short and marked so, as in `demo-use...`."""
    for mark in ("...", "\N{HORIZONTAL ELLIPSIS}"):
        if claim.endswith(mark):
            stem = claim.removesuffix(mark)
            return len(stem) >= 4 and known.startswith(stem)
    return False


def _one_run_id(run: Run, tally: Tally) -> None:
    """CONTENT-3: all events of a run name the same run."""
    if run.wire_ids:
        tally.chance()
    if len(run.wire_ids) > 1 and run.run_id is None:
        tally.fail(
            f"events of one run of {run.owner} name the runs {', '.join(run.wire_ids)}",
            *(seen.entry.index for seen in run.events),
        )


def _known_word(event: Event, tally: Tally) -> None:
    if event.status is Status.PROGRESS:
        tally.doubt(
            "a tool_completed has a status that is none of the known words: declare it, with"
            " dialect.statuses"
        )


_FAILED = {Status.ERROR, Status.TIMEOUT, Status.CANCELLED}
_AGREES = {"ended": {Status.SUCCESS}, "failed": _FAILED, "cancelled": _FAILED, None: _FAILED}


def _status(call: Call, tally: Tally) -> None:
    """CONTENT-5: tool_completed says success exactly if the tool ended without failing.

    A call that the caller was told has failed, or gave up, or whose session was being cleaned up,
    may say so, although its tool ended well. Of a tool that ran more than once the status may be
    that of any execution.
    """
    if call.ambiguous:
        tally.doubt("events of overlapping calls cannot be paired")
        return
    if call.untraced:
        tally.doubt(UNTRACED)
        return
    if not (call.asked or call.planned):
        return
    told_failed = call.answered is not None and call.answered.kind is Kind.FAIL
    told = call.answered or call.run.answered
    told_failed = told_failed or (told is not None and told.given_up)
    truths: set[str | None] = {*(end.what for end in call.ends)} or {None}
    agrees = {status for truth in truths for status in _AGREES[truth]}
    for position, seen in enumerate(call.completed):
        status = seen.event.status if seen.event else None
        if seen.event:
            _known_word(seen.event, tally)
        if status is None or status is Status.PROGRESS:
            continue
        end = call.ends[min(position, len(call.ends) - 1)] if call.ends else None
        tally.chance()
        closing = call.run.cleaning is not None and call.run.cleaning.index < seen.entry.index
        if status not in agrees and not ((told_failed or closing) and status in _FAILED):
            if call.twin and call.ends:
                tally.doubt(UNTRACED)
                continue
            if end:
                truth, witness = end.what, [end]
            else:
                truth = "started and has no end" if call.starts else "never ran"
                witness = call.starts
            tally.fail(
                f"tool_completed of {call.tool} says {status.value}; in truth the tool {truth}",
                seen.entry.index,
                *(entry.index for entry in witness),
            )


def _terminal_status(run: Run, tally: Tally) -> None:
    """CONTENT-5: the terminal event says success exactly if the caller was not told of a failure.

    A caller that gave up was told nothing: success is wrong there only if work was still to do.
    """
    answered = run.answered
    if run.mixed or answered is None:
        return
    for seen in run.events:
        if seen.event is None or seen.event.type not in spec.TERMINAL:
            continue
        tally.chance()
        failed = seen.event.type != spec.FINISHED or seen.event.status in _FAILED
        truth = _told(run, answered, seen)
        if truth and failed != (truth != "answered"):
            word = seen.event.status.value if seen.event.status else "no status"
            tally.fail(
                f"a run of {run.owner} {truth}; its {seen.event.type} with {word} says otherwise",
                answered.index,
                seen.entry.index,
            )


def _told(run: Run, answered: Entry, terminal: Seen) -> str:
    """How the run ended for its caller, or nothing where that is open."""
    if answered.kind is not Kind.LOST:
        return "answered" if answered.kind is Kind.OK else "failed"
    ended = (
        any(end.what == "ended" and end.index < terminal.entry.index for end in call.ends)
        for call in run.calls
    )
    return "was cancelled" if answered.given_up and not all(ended) else ""


CHECKS = (
    Check("CONTENT-1", fold=_Readable),
    Check("CONTENT-3", fold=_OwnIds, run=_one_run_id),
    Check("CONTENT-5", call=_status, run=_terminal_status),
)
