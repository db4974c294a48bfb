"""API: who and what is let in: contexts, names that are taken, admin tools, and closed sessions."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from goldenpath import spec
from goldenpath.checkers.base import ANSWERED, ASKED, Check, Fold
from goldenpath.checkers.same import shown
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.model import Entry, Kind


def _text(answer: Entry) -> str:
    return str((answer.value or {}).get("text", ""))


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


#: User contexts that the few lines of an adapter may trip over before the target sees them.
_TRIPPED_OVER = frozenset(spec.INVALID_USERS[:2])


class _InvalidUsersRefused(_Answers):
    """API-13: beside a session for a valid user, which is the control, none is made for another."""

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._refused: dict[str, int] = {}

    def answered(self, asked: Entry, answer: Entry) -> None:
        if asked.what == "create" and answer.kind is Kind.OK:
            self.tally.chance(self._refused.pop(asked.actor, 0))
        if asked.what != "create_invalid" or answer.kind is Kind.LOST:
            return
        user = asked.value["user"]
        if answer.kind is Kind.OK:
            self.tally.chance()
            self.tally.fail(f"a session was made for {user}", asked.index, answer.index)
        elif not _accident(answer):
            self._refused[asked.actor] = self._refused.get(asked.actor, 0) + 1
        elif user not in _TRIPPED_OVER:
            self.tally.chance()
            self.tally.fail(
                f"a session for {user} was not refused but ran into {answer.value['type']}:"
                f" {shown(_text(answer))}",
                asked.index,
                answer.index,
            )


#: Words of which a refusal for lack of permission has one. One that names the tool is clear, too.
_PERMISSION = re.compile(
    r"permi|admin|forbid|denied|allow|authori|privilege|access|role|right|refus", re.IGNORECASE
)


class _AdminToolsRefused(_Answers):
    """API-14: a call of a tool for admins, by a user who is none and whose calls of other tools,
    through the same member, work. A tool that could only be registered as a function has no mark.
    """

    kinds = ASKED | ANSWERED | {Kind.TOOL}

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._worked: set[tuple[str, str]] = set()
        self._unmarked: set[str] = set()
        self._forbidden: dict[str, Entry] = {}

    def entry(self, entry: Entry) -> None:
        super().entry(entry)
        if entry.kind is not Kind.TOOL or entry.what != "started":
            return
        asked = self._forbidden.get(entry.value.get("token") or "")
        if asked is not None:
            self.tally.chance()
            self.tally.fail(
                f"{entry.value['tool']} is for admins only, and ran for {asked.actor}, who is none",
                asked.index,
                entry.index,
            )

    def asked(self, asked: Entry) -> None:
        forbidden = asked.what == "execute" and asked.value.get("forbidden")
        if forbidden and asked.actor not in self._unmarked:
            self._forbidden[asked.value["token"]] = asked

    def answered(self, asked: Entry, answer: Entry) -> None:
        if asked.what not in ("execute", "register") or asked.actor in self._unmarked:
            return
        if not asked.value.get("forbidden"):
            if answer.kind is Kind.OK and asked.what == "execute":
                self._worked.add((asked.actor, _way(asked)))
        elif asked.what == "register" and answer.kind is Kind.OK:
            if (answer.value["value"] or {}).get("form", "tool") != "tool":
                self._unmarked.add(asked.actor)
        elif answer.kind is Kind.OK:
            self.tally.chance()
            self.tally.fail(
                f"{asked.value['tool']} is for admins only, and {asked.actor}, who is none, was"
                " told that it succeeded",
                asked.index,
                answer.index,
            )
        elif answer.kind is Kind.FAIL and (asked.actor, _way(asked)) in self._worked:
            self._refused(asked, answer)

    def _refused(self, asked: Entry, answer: Entry) -> None:
        if _missing(answer):
            return
        self.tally.chance()
        text, tool = f"{answer.value.get('type', '')} {_text(answer)}", asked.value["tool"]
        if _accident(answer):
            self.tally.fail(
                f"{tool} was not refused to {asked.actor} but ran into {answer.value['type']}",
                asked.index,
                answer.index,
            )
        elif not _PERMISSION.search(text) and tool not in text:
            self.tally.fail(
                f"{tool} was refused to {asked.actor}, who is no admin, by an error that says"
                f" neither why nor what: {shown(text)}",
                asked.index,
                answer.index,
            )


def _way(asked: Entry) -> str:
    """The member through which a call goes; registering is controlled by the main one."""
    via: str = asked.value.get("via", "execute_tool")
    return via


@dataclass
class _Taken:
    """A name that was registered twice: what was said of it, and what the next call must run."""

    asked: Entry
    replaced: bool
    token: str = ""
    ran: list[bool] = field(default_factory=list)


class _TakenNames(_Answers):
    """API-5: registering a name twice raises, and the first tool stays; or it replaces it."""

    kinds = ASKED | ANSWERED | {Kind.TOOL}

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._works: set[tuple[str, str]] = set()
        self._taken: dict[tuple[str, str], _Taken] = {}
        self._calls: dict[str, _Taken] = {}

    def entry(self, entry: Entry) -> None:
        super().entry(entry)
        if entry.kind is Kind.TOOL and entry.what == "started":
            taken = self._calls.get(entry.value.get("token") or "")
            if taken is not None:
                taken.ran.append(bool(entry.value.get("twin")))

    def asked(self, asked: Entry) -> None:
        if asked.what == "execute" and asked.value.get("token"):
            taken = self._taken.get((asked.actor, asked.value["tool"]))
            if taken is not None:
                self._calls[asked.value["token"]] = taken

    def answered(self, asked: Entry, answer: Entry) -> None:
        value = asked.value or {}
        if asked.what == "register" and value.get("again"):
            self._registered(asked, answer)
        elif asked.what == "execute" and answer.kind is not Kind.LOST:
            taken = self._calls.pop(value.get("token", ""), None)
            if taken is None and answer.kind is Kind.OK:
                self._works.add((asked.actor, value["tool"]))
            elif taken is not None:
                self._called(taken, asked, answer)

    def _registered(self, asked: Entry, answer: Entry) -> None:
        if answer.kind is Kind.LOST or _missing(answer):
            return
        if (asked.actor, asked.value["tool"]) not in self._works:
            return
        if _accident(answer):
            self.tally.chance()
            self.tally.fail(
                f"registering {asked.value['tool']} again was not refused but ran into"
                f" {answer.value['type']}: {shown(_text(answer))}",
                asked.index,
                answer.index,
            )
        returned = (answer.value.get("value") or {}) if answer.kind is Kind.OK else {}
        replaced = answer.kind is Kind.OK and returned.get("returned") is not False
        self._taken[asked.actor, asked.value["tool"]] = _Taken(asked, replaced)

    def _called(self, taken: _Taken, asked: Entry, answer: Entry) -> None:
        self.tally.chance()
        tool = asked.value["tool"]
        witness = (taken.asked.index, asked.index, answer.index)
        if not taken.ran:
            self.tally.fail(f"{tool} was registered twice and does not run any more", *witness)
        elif taken.replaced and not all(taken.ran):
            self.tally.fail(
                f"registering {tool} again was accepted and ignored: the first one still runs",
                *witness,
            )
        elif not taken.replaced and any(taken.ran):
            self.tally.fail(
                f"registering {tool} again was refused, and the refused one runs", *witness
            )
        taken.ran.clear()


class _EndsTwiceAndByLeaving(_Answers):
    """API-8: cleaning up again is accepted; what was left as a context manager is closed."""

    kinds = ASKED | ANSWERED | {Kind.TOOL}

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._cleaned: set[str] = set()
        self._worked: set[str] = set()
        self._left: dict[str, Entry] = {}
        self._after: dict[str, Entry] = {}

    def entry(self, entry: Entry) -> None:
        super().entry(entry)
        if entry.kind is Kind.TOOL and entry.what == "started":
            asked = self._after.get(entry.value.get("token") or "")
            if asked is not None:
                self.tally.fail(
                    f"{entry.value['tool']} ran after the context was left",
                    asked.index,
                    entry.index,
                )

    def asked(self, asked: Entry) -> None:
        if asked.what == "create":
            self._cleaned.discard(asked.actor)
            self._left.pop(asked.actor, None)
            self._worked.discard(asked.actor)
        elif asked.what == "execute" and asked.actor in self._left and asked.value.get("token"):
            self._after[asked.value["token"]] = asked

    def answered(self, asked: Entry, answer: Entry) -> None:
        if asked.what == "cleanup":
            self._cleanup(asked, answer)
        elif asked.what in ("enter", "leave") and not _missing(answer):
            self._passed(asked, answer)
        elif asked.what == "execute" and answer.kind is not Kind.LOST:
            self._execute(asked, answer)

    def _cleanup(self, asked: Entry, answer: Entry) -> None:
        again = asked.actor in self._cleaned
        if answer.kind is Kind.OK:
            self._cleaned.add(asked.actor)
        if not again or answer.kind is Kind.LOST:
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
        elif asked.what == "leave" and asked.actor in self._worked:
            self._left[asked.actor] = answer

    def _execute(self, asked: Entry, answer: Entry) -> None:
        left = self._left.get(asked.actor)
        if left is None:
            if answer.kind is Kind.OK:
                self._worked.add(asked.actor)
            return
        self.tally.chance()
        if answer.kind is Kind.OK:
            self.tally.fail(
                f"{asked.value['tool']} was called with success after its session's context was"
                " left",
                left.index,
                asked.index,
                answer.index,
            )


CHECKS = (
    Check("API-5", fold=_TakenNames),
    Check("API-8", fold=_EndsTwiceAndByLeaving),
    Check("API-13", fold=_InvalidUsersRefused),
    Check("API-14", fold=_AdminToolsRefused),
)
