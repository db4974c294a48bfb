"""API-5: a name that is registered twice."""

from __future__ import annotations

from dataclasses import dataclass

from goldenpath.checkers.answers import (
    BOUNDS,
    Answers,
    is_accident,
    text_of,
    way,
)
from goldenpath.checkers.base import UNTRACED, Check
from goldenpath.checkers.same import shown
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.model import Entry, Kind
from goldenpath.runs import Call


@dataclass(frozen=True)
class _Taken:
    """A name that was registered twice, and whether calls of it must run the second tool."""

    asked: Entry
    replaced: bool


class _TakenNames(Answers):
    """API-5: registering a name twice raises, and the first tool stays; or it replaces it. In a
    session that accepts registrations, for a tool that ran, through members by which it ran.
    """

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._registers: set[str] = set()
        self._ways: dict[tuple[str, str], set[str]] = {}
        self._taken: dict[tuple[str, str], _Taken] = {}
        self._calls: dict[int, _Taken] = {}

    def asked(self, asked: Entry) -> None:
        if asked.what in BOUNDS:
            self._forget(asked.who)
        elif asked.what == "execute":
            name = (asked.who, asked.value["tool"])
            if name in self._taken and way(asked) in self._ways[name]:
                self._calls[asked.index] = self._taken[name]

    def _forget(self, actor: str) -> None:
        self._registers.discard(actor)
        for kept in (self._ways, self._taken):
            for name in [name for name in kept if name[0] == actor]:
                del kept[name]

    def answered(self, asked: Entry, answer: Entry) -> None:
        if asked.what == "register" and asked.value.get("again"):
            self._registered(asked, answer)
        elif asked.what == "register" and answer.kind is Kind.OK:
            self._registers.add(asked.who)
        elif asked.what == "execute" and answer.kind is Kind.OK:
            self._ways.setdefault((asked.who, asked.value["tool"]), set()).add(way(asked))

    def _registered(self, asked: Entry, answer: Entry) -> None:
        name = (asked.who, asked.value["tool"])
        before = self._taken.pop(name, None)
        if asked.who not in self._registers or name not in self._ways:
            return
        if answer.kind is Kind.LOST or answer.missing:
            return
        if is_accident(answer):
            self.tally.chance()
            self.tally.fail(
                f"registering {asked.value['tool']} again was not refused but ran into"
                f" {answer.value['type']}: {shown(text_of(answer))}",
                asked.index,
                answer.index,
            )
        # of two that came second nobody can tell which one runs
        replaced = _replaces(answer) or (before is not None and before.replaced)
        self._taken[name] = _Taken(asked, replaced)

    def call(self, call: Call) -> None:
        asked, answered = call.asked, call.answered
        taken = self._calls.pop(asked.index, None) if asked is not None else None
        if asked is None or taken is None or answered is None or not _telling(call, answered):
            return
        if call.untraced:
            self.tally.doubt(UNTRACED)
            return
        self.tally.chance()
        wrong = _wrong_one(call, taken)
        if wrong:
            witness = (taken.asked.index, asked.index, answered.index)
            self.tally.fail(f"registering {call.tool} again {wrong}", *witness)


def _replaces(answer: Entry) -> bool:
    """Whether a registration was accepted; one that gives False was refused as visibly as one that
    raises.
    """
    return answer.kind is Kind.OK and (answer.value.get("value") or {}).get("returned") is not False


def _telling(call: Call, answered: Entry) -> bool:
    """Whether something follows from what a call ran: an ordinary one, of an open session."""
    if answered.kind is Kind.LOST or answered.missing or not call.plain:
        return False
    return call.run.cleaning is None or call.run.cleaning.index > answered.index


def _wrong_one(call: Call, taken: _Taken) -> str:
    """What is wrong with what a call of a taken name ran, or nothing."""
    twins = {bool(start.value.get("twin")) for start in call.starts}
    if not twins:
        return "left none of it: it does not run any more"
    if taken.replaced and False in twins:
        return "was accepted and ignored: the first one still runs"
    if not taken.replaced and True in twins:
        return "was refused, and the refused one runs"
    return ""


CHECKS = (Check("API-5", fold=_TakenNames),)
