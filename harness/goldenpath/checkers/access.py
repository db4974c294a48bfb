"""API: who and what is let in: contexts, names that are taken, admin tools, and closed sessions."""

from __future__ import annotations

import re
from dataclasses import dataclass

from goldenpath import spec
from goldenpath.checkers.base import ANSWERED, ASKED, UNTRACED, Check, Fold
from goldenpath.checkers.same import shown
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.model import Entry, Kind, Outcome
from goldenpath.runs import Call


def _text(answer: Entry) -> str:
    return str((answer.value or {}).get("text", ""))


def _said(answer: Entry) -> str:
    """All that a failure says: its type, its text, and a value where it is a failed result."""
    said = (answer.value.get("type", ""), _text(answer), answer.value.get("value") or "")
    return " ".join(str(part) for part in said if part)


def _missing(answer: Entry) -> bool:
    return answer.kind is Kind.FAIL and answer.value["by"] == "missing"


def _accident(answer: Entry) -> bool:
    """Whether it failed out of the target's insides and not by a decision to refuse."""
    return answer.kind is Kind.FAIL and answer.value.get("type") in spec.ACCIDENTS


class _Answers(Fold):
    """A fold that sees each answer together with what was asked."""

    kinds = ASKED | ANSWERED

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._pending: dict[str, Entry] = {}

    def entry(self, entry: Entry) -> None:
        if entry.kind is Kind.INVOKE:
            self._pending[entry.step or ""] = entry
            self.asked(entry)
        elif entry.kind in ANSWERED:
            asked = self._pending.pop(entry.step or "", None)
            if asked is not None:
                self.answered(asked, entry)

    def asked(self, asked: Entry) -> None:
        """The harness asks for something."""

    def answered(self, asked: Entry, answer: Entry) -> None:
        """... and is told how it went."""


#: Where a session begins or ends: what was seen of it before says nothing of what comes.
_BOUNDS = frozenset({"create", "cleanup", "leave"})


def _way(asked: Entry) -> str:
    """The member through which a step goes."""
    if asked.what == "register":
        return "register_tool"
    via: str = asked.value.get("via", "execute_tool")
    return via


#: User contexts that the few lines of an adapter may trip over before the target sees them.
_TRIPPED_OVER = frozenset(spec.INVALID_USERS[:2])


class _InvalidUsersRefused(_Answers):
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
        elif not _accident(answer):
            self._refuse(asked.actor)
        elif user not in _TRIPPED_OVER:
            self.tally.chance()
            self.tally.fail(
                f"a session for {user} was not refused but ran into {answer.value['type']}:"
                f" {shown(_text(answer))}",
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


class _AdminToolsRefused(_Answers):
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
        if asked.what in _BOUNDS:
            self._worked.pop(asked.actor, None)
            self._unknown.pop(asked.actor, None)
            self._untold.discard(asked.actor)
        elif asked.what == "execute" and self._concerns(asked) and asked.value.get("forbidden"):
            self._forbidden.add(asked.index)

    def answered(self, asked: Entry, answer: Entry) -> None:
        if not self._concerns(asked):
            return
        if not asked.value.get("forbidden"):
            if answer.kind is Kind.OK:
                self._worked.setdefault(asked.actor, set()).add(_way(asked))
            elif asked.value.get("unknown"):
                unknown = _without_names(asked, _said(answer))
                self._unknown.setdefault(asked.actor, set()).add(unknown)
        elif answer.kind is Kind.OK:
            self._accepted(asked, answer)
        elif self._controlled(asked) and answer.kind is Kind.FAIL and not _missing(answer):
            self._refused(asked, answer)
        elif asked.what == "register":
            self._untold.add(asked.actor)

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
        return asked.what in ("execute", "register") and asked.actor not in self._untold

    def _controlled(self, asked: Entry) -> bool:
        return _way(asked) in self._worked.get(asked.actor, ())

    def _accepted(self, asked: Entry, answer: Entry) -> None:
        if asked.what == "register":
            if (answer.value["value"] or {}).get("form", "tool") != "tool":
                self._untold.add(asked.actor)
            return
        self.tally.chance()
        self.tally.fail(
            f"{asked.value['tool']} is for admins only, and {asked.actor}, who is none, was"
            " told that it succeeded",
            asked.index,
            answer.index,
        )

    def _refused(self, asked: Entry, answer: Entry) -> None:
        tool, said = asked.value["tool"], _said(answer)
        rest = _without_names(asked, said)
        clear = _PERMISSION.search(rest)
        if not clear and not _accident(answer) and rest in self._unknown.get(asked.actor, ()):
            self.tally.excuse = (Outcome.UNOBSERVABLE, _HIDDEN)
            return
        self.tally.chance()
        if _accident(answer):
            self.tally.fail(
                f"{tool} was not refused to {asked.actor} but ran into {answer.value['type']}",
                asked.index,
                answer.index,
            )
        elif not clear and not (
            tool in said and _WORD.search(_without_names(asked, _text(answer)))
        ):
            self.tally.fail(
                f"{tool} was refused to {asked.actor}, who is no admin, by an error that does not"
                f" say what and why: {shown(said)}",
                asked.index,
                answer.index,
            )


@dataclass(frozen=True)
class _Taken:
    """A name that was registered twice, and whether calls of it must run the second tool."""

    asked: Entry
    replaced: bool


class _TakenNames(_Answers):
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
        if asked.what in _BOUNDS:
            self._forget(asked.actor)
        elif asked.what == "execute":
            name = (asked.actor, asked.value["tool"])
            if name in self._taken and _way(asked) in self._ways[name]:
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
            self._registers.add(asked.actor)
        elif asked.what == "execute" and answer.kind is Kind.OK:
            self._ways.setdefault((asked.actor, asked.value["tool"]), set()).add(_way(asked))

    def _registered(self, asked: Entry, answer: Entry) -> None:
        name = (asked.actor, asked.value["tool"])
        before = self._taken.pop(name, None)
        if asked.actor not in self._registers or name not in self._ways:
            return
        if answer.kind is Kind.LOST or _missing(answer):
            return
        if _accident(answer):
            self.tally.chance()
            self.tally.fail(
                f"registering {asked.value['tool']} again was not refused but ran into"
                f" {answer.value['type']}: {shown(_text(answer))}",
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
    if answered.kind is Kind.LOST or _missing(answered) or not call.plain:
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


class _EndsTwiceAndByLeaving(_Answers):
    """API-8: cleaning up again is accepted, also while the first is under way; what was left as a
    context manager is closed, so that members that had worked refuse, and what its body raised is
    not hidden.
    """

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._asked: set[str] = set()
        self._again: set[int] = set()
        self._worked: dict[str, set[str]] = {}
        self._left: dict[str, Entry] = {}
        self._after: set[int] = set()

    def call(self, call: Call) -> None:
        if call.asked is None or call.asked.index not in self._after or not call.starts:
            return
        self.tally.fail(
            f"{call.tool} ran after the context was left", call.asked.index, call.starts[0].index
        )

    def asked(self, asked: Entry) -> None:
        if asked.what == "create":
            self._asked.discard(asked.actor)
            self._left.pop(asked.actor, None)
            self._worked.pop(asked.actor, None)
        elif asked.what == "cleanup" and asked.actor in self._asked:
            self._again.add(asked.index)
        elif asked.what == "cleanup":
            self._asked.add(asked.actor)
        elif asked.what == "execute" and asked.actor in self._left:
            self._after.add(asked.index)

    def answered(self, asked: Entry, answer: Entry) -> None:
        if answer.kind is Kind.LOST:
            return
        if asked.what == "cleanup":
            self._cleanup(asked, answer)
        elif asked.what in ("enter", "leave") and not _missing(answer):
            self._passed(asked, answer)
        elif asked.what == "execute":
            self._execute(asked, answer)

    def _cleanup(self, asked: Entry, answer: Entry) -> None:
        if asked.index not in self._again:
            if answer.kind is not Kind.OK:
                self._asked.discard(asked.actor)  # how it is to fail again nobody says
            return
        self.tally.chance()
        if answer.kind is Kind.FAIL:
            self.tally.fail(
                f"cleaning up again failed: {shown(_text(answer))}", asked.index, answer.index
            )

    def _passed(self, asked: Entry, answer: Entry) -> None:
        if answer.kind is Kind.FAIL:
            self.tally.chance()
            self.tally.fail(
                f"to {asked.what} its context failed: {shown(_text(answer))}",
                asked.index,
                answer.index,
            )
        elif asked.what == "enter":
            self._left.pop(asked.actor, None)
        elif (answer.value.get("value") or {}).get("swallowed"):
            self.tally.chance()
            self.tally.fail(
                "what the body of its context raised was swallowed by leaving it",
                asked.index,
                answer.index,
            )
        if asked.what == "leave" and answer.kind is Kind.OK and asked.actor in self._worked:
            self._left[asked.actor] = answer

    def _execute(self, asked: Entry, answer: Entry) -> None:
        left = self._left.get(asked.actor)
        if left is None:
            if answer.kind is Kind.OK:
                self._worked.setdefault(asked.actor, set()).add(_way(asked))
            return
        if asked.index not in self._after:
            return  # it was asked for before
        witness, worked = (left.index, asked.index, answer.index), self._worked[asked.actor]
        self.tally.chance(answer.kind is Kind.OK or _way(asked) in worked)
        if answer.kind is Kind.OK:
            self.tally.fail(
                f"{asked.value['tool']} was called with success after its session's context was"
                " left",
                *witness,
            )
        elif _accident(answer) and _way(asked) in worked:
            self.tally.fail(
                f"{_way(asked)} after its session's context was left was not refused but ran into"
                f" {answer.value['type']}: {shown(_text(answer))}",
                *witness,
            )


CHECKS = (
    Check("API-5", fold=_TakenNames),
    Check("API-8", fold=_EndsTwiceAndByLeaving),
    Check("API-13", fold=_InvalidUsersRefused),
    Check("API-14", fold=_AdminToolsRefused),
)
