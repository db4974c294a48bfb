"""API-10, -11: each factory of a target, by itself and against the first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from goldenpath import spec
from goldenpath.checkers.answers import Answers, text_of
from goldenpath.checkers.base import UNTRACED, Check
from goldenpath.checkers.doors import what_came
from goldenpath.checkers.held import parsed_text
from goldenpath.checkers.recovery import changed
from goldenpath.checkers.same import shown
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.model import Entry, Kind, User
from goldenpath.runs import Call, Seen


def _maker(created: Entry) -> str:
    """By which factory a session was made, in words."""
    name = created.value.get("factory", "")
    return f"the factory {name}" if name else "the first factory"


class _Made(Answers):
    """Base of the two about factories: knows by which one each session was made."""

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self.sessions: dict[str, Entry] = {}
        self.built_for_it = tally.rule.id in header.proves

    def asked(self, asked: Entry) -> None:
        if asked.what == "create":
            self.sessions[asked.who] = asked


class _KeepsTheContract(_Made):
    """API-10: what each factory makes has the members, holds the tools that were given, runs them,
    and tells the user that was given of it.
    """

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._users = {user.name: user for user in header.users}
        self._shows = header.card.get("tool_events") == "yes"

    def answered(self, asked: Entry, answer: Entry) -> None:
        created = self.sessions.get(asked.who)
        if created is None or not self.built_for_it:
            return
        if asked.what == "create":
            self.tally.chance()
            if answer.kind is not Kind.OK:
                said = f"{_maker(created)} made no session for {asked.who}"
                self._fail(f"{said}: {shown(text_of(answer))}", asked, answer)
        elif answer.kind is Kind.OK and asked.what == "inspect":
            self._members(created, answer)
        elif answer.kind is Kind.OK and asked.what == "look":
            self._tools(created, answer)

    def _fail(self, message: str, *witness: Entry) -> None:
        self.tally.fail(message, *(entry.index for entry in witness))

    def _members(self, created: Entry, answer: Entry) -> None:
        for name, expected in spec.MEMBERS.items():
            self.tally.chance()
            got = answer.value["value"].get(name, "missing")
            if got != expected and not (expected == spec.PROPERTY and got == "attribute"):
                said = f"what {_maker(created)} made has no {expected} {name}, but {got}"
                self._fail(said, created, answer)

    def _tools(self, created: Entry, answer: Entry) -> None:
        listed = answer.value["value"]["get_available_tools"]
        for name in created.value["tools"] if isinstance(listed, list) else ():
            self.tally.chance()
            if name not in listed:
                said = f"what {_maker(created)} made does not hold {name}, which it was given"
                self._fail(said, created, answer)

    def call(self, call: Call) -> None:
        """What becomes of a call of a tool that the session holds."""
        created, asked, answered = call.run.asked, call.asked, call.answered
        if not self.built_for_it or asked is None or answered is None:
            return
        closed = call.run.cleaning is not None and call.run.cleaning.index < answered.index
        if answered.kind is Kind.LOST or not call.held or closed:
            return
        if call.unsure:
            self.tally.doubt(UNTRACED)
            return
        self.tally.chance()
        for wrong in self._wrong(call, answered):
            self._fail(f"of what {_maker(created)} made: {wrong}", created, asked, answered)

    def _wrong(self, call: Call, answered: Entry) -> Iterator[str]:
        told = changed(call.tool, call.ends[-1] if call.ends else None, answered)
        if told:
            yield told
        for start in call.starts[:1]:
            if start.actor != call.owner:
                yield f"a call of {call.owner} ran the {call.tool} of {start.actor}"
        if call.run.transport != "working" or call.ambiguous or not call.starts or call.run.cut:
            return
        events = [seen for seen in (*call.executing, *call.completed) if seen.event]
        if self._shows and not (_reach(call.executing, call) and _reach(call.completed, call)):
            yield f"{call.tool} ran for {call.owner}, who was not told of it"
        wrong = {name for seen in events for name in _strange(seen, call, self._users)}
        if wrong:
            yield f"events of {call.tool} name another {' and '.join(sorted(wrong))}"


def _reach(events: list[Seen], call: Call) -> bool:
    return any(seen.user == call.owner for seen in events)


def _strange(seen: Seen, call: Call, users: dict[str, User]) -> Iterator[str]:
    """Which ids of an event are not those of the call's session."""
    event, run, user = seen.event, call.run, users.get(call.owner)
    if event is None or user is None:
        return
    claims = (
        ("user", event.user, user.user_id),
        ("thread", event.thread, run.thread),
        ("run", event.run, run.run_id),
    )
    for name, said, right in claims:
        if said is not None and right is not None and said != right:
            yield name


class _Fact(NamedTuple):
    """What was seen at one place of a session: the step, in words, and what came of it."""

    step: str
    said: str
    at: int


#: A session's transport, and the place of a step in it.
_Place = tuple[str, int]


class _SameFromEach(_Made):
    """API-11: what is done in a session comes to the same whichever factory made it. The first is
    the control: where it comes to now this and now that, nothing follows.
    """

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._places: dict[int, tuple[Entry, int]] = {}
        self._counts: dict[str, int] = {}
        self._facts: dict[_Place, dict[str, list[_Fact]]] = {}

    def asked(self, asked: Entry) -> None:
        super().asked(asked)
        created = self.sessions.get(asked.who)
        if created is not None and self.built_for_it:
            place = 0 if created is asked else self._counts[asked.who] + 1
            self._counts[asked.who] = place
            self._places[asked.index] = created, place

    def answered(self, asked: Entry, answer: Entry) -> None:
        if asked.what != "execute" and answer.kind is not Kind.LOST:
            self._note(asked, asked.what, _answer(asked, answer))

    def call(self, call: Call) -> None:
        asked, answered = call.asked, call.answered
        if not self.built_for_it or asked is None or answered is None:
            return
        if answered.kind is Kind.LOST or call.ambiguous or call.twin:
            return
        if call.unsure:
            self.tally.doubt(UNTRACED)
            return
        shape = " ".join(sorted({path for seen in _shown(call) for path in _paths(seen)}))
        said = f"{what_came(call, answered)} {_error(answered)}"
        self._note(asked, f"{call.via or 'execute_tool'} of {call.tool}", said)
        self._note(asked, f"events of {call.tool}", shape)

    def _note(self, asked: Entry, step: str, said: str) -> None:
        if asked.index not in self._places:
            return
        created, place = self._places[asked.index]
        at = created.value.get("transport", "working"), place
        made = self._facts.setdefault(at, {}).setdefault(created.value.get("factory", ""), [])
        made.append(_Fact(step, said, asked.index))

    def finish(self) -> None:
        for facts in self._facts.values():
            for name, mine in facts.items():
                for fact in mine if name else ():
                    first = {f.said: f for f in facts.get("", ()) if f.step == fact.step}
                    self._compare(name, fact, first)

    def _compare(self, name: str, fact: _Fact, first: dict[str, _Fact]) -> None:
        if not first:
            return
        if fact.said in first:
            self.tally.chance()
        elif len(first) > 1:
            self.tally.doubt(f"{fact.step} comes to different things after the first factory, too")
        else:
            self.tally.chance()
            (other,) = first.values()
            mine, its = _differing(fact.said, other.said)
            said = (
                f"{fact.step}: through the factory {name} {mine}, through the first factory {its}"
            )
            self.tally.fail(said, fact.at, other.at)


def _answer(asked: Entry, answer: Entry) -> str:
    """What an answer says, as far as it is to be the same."""
    if answer.kind is Kind.FAIL:
        return _error(answer)
    value = answer.value.get("value")
    if asked.what not in ("inspect", "look", "ask_support") or not isinstance(value, dict):
        return "done"
    return " ".join(f"{name}={_plain(said)}" for name, said in sorted(value.items()))


def _error(answer: Entry) -> str:
    """By what it failed, if it did."""
    if answer.kind is not Kind.FAIL:
        return ""
    return f"failed by {answer.value.get('type') or answer.value['by']}"


def _plain(said: Any) -> str:
    """A value as one word; the order of names does not count, nor what is not there."""
    if isinstance(said, dict):
        said = [name for name, there in said.items() if there]
    if isinstance(said, list):
        return ",".join(sorted(map(str, said))) or "none"
    return str(said).replace(" ", "_")


def _differing(mine: str, its: str) -> tuple[str, str]:
    """Of two texts the words in which they differ."""
    left, right = mine.split(), its.split()
    if not set(left) ^ set(right):
        return mine, its
    only = (
        " ".join(word for word in these if word not in those)
        for these, those in ((left, right), (right, left))
    )
    first, second = (text or "nothing more" for text in only)
    return first, second


def _shown(call: Call) -> list[Seen]:
    return [seen for seen in (*call.executing, *call.completed) if seen.user == call.owner]


def _paths(seen: Seen) -> Iterator[str]:
    """Where an event has something: the names of its fields, after that of its type."""
    kind = seen.event.type if seen.event else ""
    yield from (f"{kind}:{path}" for path in _within(parsed_text(seen.entry.value)))


def _within(box: Any, before: str = "") -> Iterator[str]:
    for name, value in box.items() if isinstance(box, dict) else ():
        yield f"{before}{name}"
        yield from _within(value, f"{before}{name}.")


CHECKS = (
    Check("API-10", fold=_KeepsTheContract),
    Check("API-11", fold=_SameFromEach),
)
