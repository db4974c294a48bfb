"""REGISTRY-1 to -6: a registry holds what was put in, under its name, and nothing else.

What was asked is performed on the sequential specification as well; an answer that it does not
allow breaks one rule: which, depends on what was last done about the name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from goldenpath.checkers.answers import text_of
from goldenpath.checkers.base import ANSWERED, ASKED, Check, Fold
from goldenpath.checkers.same import shown
from goldenpath.checkers.sequential import (
    MOST,
    UNSURE,
    Operation,
    State,
    after,
    differing,
    linearized,
)
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.model import Entry, Kind, Step

_CHANGES = frozenset({"register_item", "remove_item", "freeze"})
_LOOKS = {"look_up": "token", "has_item": "has", "list_items": "names"}

#: What was last done about a name, and the rule that says what follows.
NEVER, REGISTERED, AGAIN, REMOVED, AT_ONCE = (
    *("never registered", "registered", "registered again", "removed"),
    "registered or removed while other calls were open",
)
_RULES = {
    **{NEVER: "REGISTRY-1", REGISTERED: "REGISTRY-1", AGAIN: "REGISTRY-2"},
    **{REMOVED: "REGISTRY-3", AT_ONCE: "REGISTRY-5"},
}


class _Change(NamedTuple):
    """What was last done about a name, and at which entry."""

    what: str = NEVER
    at: int = -1


class _Place:
    """One registry: what it must be in, and what was last done about each name."""

    def __init__(self) -> None:
        self.states: frozenset[State] = frozenset({State({})})
        self.open: dict[str | None, Entry] = {}
        self.done: list[tuple[Operation, Entry]] = []
        self.last: dict[str, _Change] = defaultdict(_Change)
        self.seen: dict[str, int] = {}  # by name, where it was last looked up and was as it must be
        self.broken: dict[str, str] = {}  # by name, the rule that was broken about it first
        self.frozen_at = -1

    @property
    def frozen(self) -> bool:
        return any(state.frozen for state in self.states)

    def held(self, name: str) -> set[str | None]:
        """What may be held under this name."""
        return {state.held.get(name) for state in self.states}

    def forget(self, names: Iterable[str]) -> None:
        """Nothing is known any more of what is held under these names."""
        for name in names:
            self.states = frozenset(state.keeping(name, UNSURE) for state in self.states)


class _Kept(Fold):
    """One walk for all these rules; each notes what is its own."""

    kinds = ASKED | ANSWERED

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._shared = bool(header.declared.get("shared"))
        self._asked_at_once = frozenset(_at_once(step for lane in header.script for step in lane))
        self._places: dict[str, _Place] = defaultdict(_Place)

    def entry(self, entry: Entry) -> None:
        if entry.what not in _CHANGES and entry.what not in _LOOKS:
            return
        place = self._places["" if self._shared else entry.actor]
        if entry.kind is Kind.INVOKE:
            place.open[entry.step] = entry
        elif (asked := place.open.pop(entry.step, None)) is not None:
            self._answered(place, asked, entry)
            if not place.open and place.done:
                done, place.done = tuple(place.done), []
                self._settle(place, done)

    def _answered(self, place: _Place, asked: Entry, answer: Entry) -> None:
        done = _operation(asked, answer)
        if done is not None:
            place.done.append((done, answer))
            return
        if answer.kind is Kind.OK:
            got = shown(answer.value["value"].get("odd"))
            member = _CALLED[asked.what]
            self._doubt("REGISTRY-1", f"what {member} gave back cannot be recognised: {got}")
        if asked.what in _CHANGES:
            place.forget([asked.value["name"]] if asked.value else _all_names(place))

    def _settle(self, place: _Place, done: tuple[tuple[Operation, Entry], ...]) -> None:
        if len(done) == 1:
            self._alone(place, *done[0])
        elif len(done) > MOST:
            said = f"{len(done)} calls were open at once: at most {MOST} can be put in order"
            self._doubt("REGISTRY-5", said)
            place.forget(name for each, _ in done for name in _names_of(place, each))
        else:
            self._at_once(place, tuple(each for each, _ in done))

    # --- one at a time ---------------------------------------------------------------------------

    def _alone(self, place: _Place, done: Operation, answer: Entry) -> None:
        wrong = list(self._wrong(place, done))
        for name in wrong or _names_of(place, done):
            rule, last = self._rule(place, done, name), place.last[name]
            if rule != self.tally.rule.id or place.held(name) == {UNSURE}:
                continue
            self.tally.chance()
            if name in wrong:
                said = f"{_said(place, done, name)}, {_got(done, name, answer)}"
                before = (last.at,) if last.at >= 0 else ()
                self.tally.fail(said, *before, done.began, done.ended)
        if self.tally.rule.id == "REGISTRY-5" and not wrong and answer.step in self._asked_at_once:
            self.tally.chance()  # it takes one after the other, whoever asks at once
        self._learn(place, done)
        if wrong:
            for name in wrong:
                place.broken.setdefault(name, self._rule(place, done, name))
            place.forget(wrong)
        else:
            following = (after(state, done) for state in place.states)
            place.states = frozenset(state for state in following if state is not None)
            if done.what == "look_up":
                place.seen[done.name] = done.ended
        self._note(place, done)

    def _wrong(self, place: _Place, done: Operation) -> Iterator[str]:
        """The names of which the answer says what cannot be."""
        if any(after(state, done) is not None for state in place.states):
            return
        if done.what == "list_items":
            yield from min((differing(state, done) for state in place.states), key=len)
        else:
            yield done.name

    def _rule(self, place: _Place, done: Operation, name: str) -> str:
        """The rule that says of this operation, as to this name, whether its answer is right."""
        if name in place.broken:
            return place.broken[name]
        if self._changed_elsewhere(place, name):
            return "REGISTRY-6"
        in_order = place.seen.get(name, -1) >= place.last[name].at
        if done.what == "freeze" or (place.frozen and (in_order or done.what in _CHANGES)):
            return "REGISTRY-4"
        if done.what == "remove_item":
            return "REGISTRY-3"
        return _RULES[place.last[name].what]

    def _changed_elsewhere(self, place: _Place, name: str) -> bool:
        """Whether another's registry was changed as to this name since it was last in order."""
        since = max(place.last[name].at, place.seen.get(name, -1))
        return any(
            max(other.last[name].at, other.frozen_at) > since
            for other in list(self._places.values())
            if other is not place
        )

    def _learn(self, place: _Place, done: Operation) -> None:
        """What becomes of a name that is taken, as long as it is always the same."""
        if done.what != "register_item" or place.frozen:
            return
        if place.held(done.name) & {None, UNSURE}:
            return
        says = "refuse" if done.refused else "replace"
        place.states = frozenset(
            State(state.held, state.frozen, says if state.again in ("", says) else "either")
            for state in place.states
        )

    def _note(self, place: _Place, done: Operation) -> None:
        if done.what == "freeze":
            place.frozen_at = done.ended
        if done.what not in _CHANGES or place.frozen:
            return
        what = REMOVED
        if done.what == "register_item":
            known = place.last[done.name].what in (REGISTERED, AGAIN, AT_ONCE)
            if done.refused and not known:
                return
            what = AGAIN if known else REGISTERED
        place.last[done.name] = _Change(what, done.ended)

    # --- at once ---------------------------------------------------------------------------------

    def _at_once(self, place: _Place, done: tuple[Operation, ...]) -> None:
        ends = linearized(place.states, done)
        if self.tally.rule.id == "REGISTRY-5":
            self.tally.chance()
            if not ends:
                witness = (index for each in done for index in (each.began, each.ended))
                self.tally.fail(f"no order of these calls explains it: {_told(done)}", *witness)
        if ends:
            place.states = ends
        else:
            place.forget(name for each in done for name in _names_of(place, each))
        for each in done:
            if each.what == "freeze":
                place.frozen_at = each.ended
            elif each.what in _CHANGES:
                place.last[each.name] = _Change(AT_ONCE, each.ended)

    def _doubt(self, rule: str, reason: str) -> None:
        if rule == self.tally.rule.id:
            self.tally.doubt(reason)


def _at_once(steps: Iterable[Step], *, beside: bool = False) -> Iterator[str]:
    """The steps that are asked for while others are."""
    for step in steps:
        if beside:
            yield step.id
        for lane in step.lanes:
            yield from _at_once(lane, beside=len(step.lanes) > 1)


def _operation(asked: Entry, answer: Entry) -> Operation | None:
    """What was asked and answered, where that can be told."""
    given = asked.value or {}
    done = Operation(
        asked.what, given.get("name", ""), asked.index, answer.index, token=given.get("token", "")
    )
    if answer.kind is Kind.LOST or answer.missing:
        return None
    refused = answer.kind is Kind.FAIL
    if asked.what in _CHANGES or (asked.what == "look_up" and refused):
        return replace(done, refused=refused)
    found = None if refused else answer.value["value"].get(_LOOKS[asked.what])
    return None if found is None else replace(done, found=found)


def _all_names(place: _Place) -> set[str]:
    return {name for state in place.states for name in state.held}


def _names_of(place: _Place, done: Operation) -> Iterable[str]:
    """The names that an operation is about; a listing is about all that are there."""
    if done.what == "list_items":
        return sorted(_all_names(place) | set(done.found))
    return (done.name,)


def _said(place: _Place, done: Operation, name: str) -> str:
    if done.what == "freeze":
        return "the registry holds what was registered"
    state = " and the registry was frozen" if place.frozen else ""
    return f"{name!r} was {place.last[name].what}{state}"


def _got(done: Operation, name: str, answer: Entry) -> str:
    """What the answer says of the name, in words."""
    if done.what == "list_items":
        count = done.found.count(name)
        return f"and is listed {count} times" if count != 1 else "and is listed"
    why = f" ({shown(text_of(answer))})" if done.refused else ""
    if done.what == "has_item":
        return f"and has says {'that it is' if done.found else 'that it is not'} there"
    if done.what == "look_up":
        return f"and get finds {'nothing' if done.refused else 'another item'}{why}"
    verb = {"register_item": "to register", "remove_item": "to remove", "freeze": "to freeze"}
    return f"and {verb[done.what]} it was {'refused' if done.refused else 'not refused'}{why}"


_CALLED = {
    **{"register_item": "register", "look_up": "get", "has_item": "has", "list_items": "list"},
    **{"remove_item": "remove", "freeze": "freeze"},
}


def _told(done: Iterable[Operation]) -> str:
    return "; ".join(
        f"{_CALLED[each.what]}({each.name}) {'failed' if each.refused else 'succeeded'}"
        if each.found is None
        else f"{_CALLED[each.what]}({each.name}) found {shown(each.found)}"
        for each in done
    )


CHECKS = tuple(Check(f"REGISTRY-{number}", fold=_Kept) for number in range(1, 7))
