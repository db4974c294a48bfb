"""API: who is let in, and to what: user contexts, admin tools."""

from __future__ import annotations

import re

from goldenpath import spec
from goldenpath.checkers.answers import (
    BOUNDS,
    Answers,
    all_said,
    is_accident,
    text_of,
    way,
)
from goldenpath.checkers.base import Check
from goldenpath.checkers.same import shown
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.model import Entry, Kind, Outcome
from goldenpath.runs import Call

#: User contexts that the few lines of an adapter may trip over before the target sees them.
_TRIPPED_OVER = frozenset(spec.INVALID_USERS[:2])


class _InvalidUsersRefused(Answers):
    """API-13: beside a session for a valid user, which is the control, none is made for another."""

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._valid: set[str] = set()
        self._refused: dict[str, int] = {}

    def answered(self, asked: Entry, answer: Entry) -> None:
        if asked.what == "create" and answer.kind is Kind.OK:
            self._valid.add(asked.actor)
            self.tally.chance(self._refused.pop(asked.actor, 0))
        if asked.what != "create_invalid" or answer.kind is Kind.LOST:
            return
        user = asked.value["user"]
        if answer.kind is Kind.OK:
            self.tally.chance()
            self.tally.fail(f"a session was made for {user}", asked.index, answer.index)
        elif not is_accident(answer):
            self._refuse(asked.actor)
        elif user not in _TRIPPED_OVER:
            self.tally.chance()
            self.tally.fail(
                f"a session for {user} was not refused but ran into {answer.value['type']}:"
                f" {shown(text_of(answer))}",
                asked.index,
                answer.index,
            )

    def _refuse(self, actor: str) -> None:
        """It counts from when a session was made for the same user as they are."""
        if actor in self._valid:
            self.tally.chance()
        else:
            self._refused[actor] = self._refused.get(actor, 0) + 1


#: Words of which a refusal for lack of permission has one, beside the name of the tool.
_PERMISSION = re.compile(
    r"permi|admin|forbid|denied|allow|authori|privilege|access|role|right|refus|restrict|insufficien",
    re.IGNORECASE,
)


#: ... and what is a word at all, of whatever language.
_WORD = re.compile(r"[^\W\d_]{2,}")

_HIDDEN = "to who is no admin it says that there is no such tool, which may be meant or not"


def _without_names(asked: Entry, said: str) -> str:
    """What is said whichever tool was called, and with whichever canary."""
    names = (asked.value["tool"], asked.value.get("token"))
    return re.sub("|".join(rf"\b{re.escape(name)}\b" for name in names if name), "", said)


class _AdminToolsRefused(Answers):
    """API-14: a call of a tool for admins, by a user who is none and whose calls of other tools,
    through the same member, work. It is to be refused in words of permission, or in words of its
    own that name the tool. Where it is refused as an unknown tool is, it may be hidden or just not
    found: nothing follows. Nor does it where no tool could be registered, or only as a function,
    which has no mark.
    """

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._worked: dict[str, set[str]] = {}
        self._untold: set[str] = set()
        self._unknown: dict[str, set[str]] = {}
        self._forbidden: set[int] = set()

    def asked(self, asked: Entry) -> None:
        if asked.what in BOUNDS:
            self._worked.pop(asked.who, None)
            self._unknown.pop(asked.who, None)
            self._untold.discard(asked.who)
        elif asked.what == "execute" and self._concerns(asked) and asked.value.get("forbidden"):
            self._forbidden.add(asked.index)

    def answered(self, asked: Entry, answer: Entry) -> None:
        if not self._concerns(asked):
            return
        if not asked.value.get("forbidden"):
            if answer.kind is Kind.OK:
                self._worked.setdefault(asked.who, set()).add(way(asked))
            elif answer.kind is Kind.FAIL and asked.value.get("unknown"):
                unknown = _without_names(asked, all_said(answer))
                self._unknown.setdefault(asked.who, set()).add(unknown)
        elif answer.kind is Kind.OK:
            self._accepted(asked, answer)
        elif self._controlled(asked) and answer.kind is Kind.FAIL and not answer.missing:
            self._refused(asked, answer)
        elif asked.what == "register":
            self._untold.add(asked.who)

    def call(self, call: Call) -> None:
        if call.asked is None or call.asked.index not in self._forbidden or not call.starts:
            return
        self.tally.chance()
        self.tally.fail(
            f"{call.tool} is for admins only, and ran for {call.owner}, who is none",
            call.asked.index,
            call.starts[0].index,
        )

    def _concerns(self, asked: Entry) -> bool:
        return asked.what in ("execute", "register") and asked.who not in self._untold

    def _controlled(self, asked: Entry) -> bool:
        return way(asked) in self._worked.get(asked.who, ())

    def _accepted(self, asked: Entry, answer: Entry) -> None:
        if asked.what == "register":
            if (answer.value["value"] or {}).get("form", "tool") != "tool":
                self._untold.add(asked.who)
            return
        self.tally.chance()
        self.tally.fail(
            f"{asked.value['tool']} is for admins only, and {asked.who}, who is none, was"
            " told that it succeeded",
            asked.index,
            answer.index,
        )

    def _refused(self, asked: Entry, answer: Entry) -> None:
        tool, said = asked.value["tool"], all_said(answer)
        rest = _without_names(asked, said)
        clear = _PERMISSION.search(rest)
        if not clear and not is_accident(answer) and rest in self._unknown.get(asked.who, ()):
            self.tally.excuse = (Outcome.UNOBSERVABLE, _HIDDEN)
            return
        self.tally.chance()
        if is_accident(answer):
            self.tally.fail(
                f"{tool} was not refused to {asked.who} but ran into {answer.value['type']}",
                asked.index,
                answer.index,
            )
        elif not clear and not (
            tool in said and _WORD.search(_without_names(asked, text_of(answer)))
        ):
            self.tally.fail(
                f"{tool} was refused to {asked.who}, who is no admin, by an error that does not"
                f" say what and why: {shown(said)}",
                asked.index,
                answer.index,
            )


CHECKS = (
    Check("API-13", fold=_InvalidUsersRefused),
    Check("API-14", fold=_AdminToolsRefused),
)
