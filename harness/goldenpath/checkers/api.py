"""API: the surface of a dispatcher, its call forms, its look-ups, and what cleanup leaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from goldenpath import spec
from goldenpath.checkers.answers import is_accident, text_of, way
from goldenpath.checkers.base import ANSWERED, ASKED, Check, Fold
from goldenpath.checkers.over import Over
from goldenpath.checkers.same import shown
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.model import Entry, Kind
from goldenpath.runs import Call, Seen


class _Members(Fold):
    """API-1: a session is made for every valid user, and `inspect` says what each of its members
    is; one finding for each that is wrong (DESIGN 9: a failing creation is one, too). Whether one
    of several sessions of a user is made is for API-15.
    """

    kinds = ANSWERED

    def entry(self, entry: Entry) -> None:
        if entry.what == "create":
            self._created(entry)
        elif entry.what == "inspect" and entry.kind is Kind.OK:
            self._inspected(entry)

    def _created(self, entry: Entry) -> None:
        limited = entry.session and self.header.card.get("limit") == "yes"
        if entry.missing or limited:
            return  # a session such as cannot be made at this reach, or may be refused
        self.tally.chance()
        if entry.kind is not Kind.OK:
            said = shown((entry.value or {}).get("text", "no answer in time"))
            self.tally.fail(f"no session was made for {entry.who}: {said}", entry.index)

    def _inspected(self, entry: Entry) -> None:
        members: dict[str, str] = entry.value["value"]
        for name, expected in self._expected():
            self.tally.chance()
            got = members.get(name, "missing")
            if not _fits(expected, got):
                self.tally.fail(f"{name}: expected {_article(expected)}, got {got}", entry.index)

    def _expected(self) -> Iterable[tuple[str, str]]:
        """The members of the kind; of one that is made of parts those of the parts that it has."""
        parts = spec.MEMBERS_OF.get(self.header.kind, {"": spec.MEMBERS}).items()
        there = [names for part, names in parts if self.header.declared.get(part, True)]
        return [item for names in there for item in names.items()]


def _fits(expected: str, got: str) -> bool:
    """A property may also be a plain attribute (DESIGN section 9)."""
    return got == expected or (expected == spec.PROPERTY and got == "attribute")


def _article(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _form(call: Call, tally: Tally) -> None:
    """API-2: a call in one of the contract's forms gets through to the tool."""
    asked, answered = call.asked, call.answered
    if asked is None or "form" not in asked.value or answered is None:
        return
    if answered.missing:
        return
    tally.chance()
    if answered.kind is Kind.FAIL and not call.starts:
        tally.fail(
            f"{asked.value['via']} was called with {asked.value['form']} and answered"
            f" {answered.value['type']}: {shown(text_of(answered))}",
            asked.index,
            answered.index,
        )


class _RegisterForm(Fold):
    """API-2: `register_tool(tool)` itself is accepted, not only a form of the target's own."""

    kinds = frozenset({Kind.OK})

    def entry(self, entry: Entry) -> None:
        if entry.what != "register":
            return
        self.tally.chance()
        form = (entry.value["value"] or {}).get("form", "tool")
        if form != "tool":
            self.tally.fail(
                f"register_tool(tool) was refused; only register_tool({form}) was accepted",
                entry.index,
            )


class _LookUpsAgree(Fold):
    """API-3: each `look` takes all three look-ups in one go, without a turn of the loop between."""

    kinds = ASKED | ANSWERED

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._cleaned: set[str] = set()

    def entry(self, entry: Entry) -> None:
        if entry.what == "cleanup":
            self._cleaned.add(entry.who)
        elif entry.what == "create":
            self._cleaned.discard(entry.who)
        if entry.what != "look" or entry.kind is not Kind.OK or entry.who in self._cleaned:
            return
        seen: dict[str, Any] = entry.value["value"]
        self._compare(seen, entry.index)

    def _compare(self, seen: dict[str, Any], index: int) -> None:
        for member, problem in seen.get("wrong", {}).items():
            self.tally.chance()
            self.tally.fail(f"{member}: {problem}", index)
        lists = {k: seen[k] for k in ("get_available_tools", "tools") if isinstance(seen[k], list)}
        for name, has in sorted(seen["has_tool"].items()):
            said = {"has_tool": has, **{k: name in v for k, v in lists.items()}}
            self.tally.chance(len(said) > 1)
            if len(set(said.values())) > 1:
                words = ", ".join(f"{k} says {'yes' if v else 'no'}" for k, v in said.items())
                self.tally.fail(f"look-ups disagree about {name}: {words}", index)
        for member, names in lists.items():
            doubled = [name for name, count in Counter(names).items() if count > 1]
            if doubled:
                self.tally.fail(f"{member} names {', '.join(doubled)} more than once", index)
        if len(lists) == 2 and set(lists["tools"]) != set(lists["get_available_tools"]):
            self.tally.fail(
                f"get_available_tools lists {sorted(lists['get_available_tools'])}, tools holds"
                f" {sorted(lists['tools'])}",
                index,
            )


class _RegisteredWorks(Fold):
    """API-4: what was registered, or given at creation, is listed from then on."""

    kinds = ASKED | ANSWERED

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._names: dict[str, dict[str, int]] = {}
        self._asked: dict[str | None, Entry] = {}

    def entry(self, entry: Entry) -> None:
        if entry.kind is Kind.INVOKE:
            self._asked[entry.step] = entry
            if entry.what == "cleanup":
                self._names.pop(entry.who, None)
            return
        asked = self._asked.pop(entry.step, None)
        if asked is None:
            return
        if entry.what == "create" and entry.kind is Kind.OK:
            self._names[entry.who] = dict.fromkeys(asked.value["tools"], asked.index)
        elif entry.what == "register":
            self._registered(asked, entry)
        elif entry.what == "look" and entry.kind is Kind.OK:
            self._listed(entry)

    def _registered(self, asked: Entry, entry: Entry) -> None:
        name = asked.value["tool"]
        if entry.kind is Kind.OK and not asked.value.get("forbidden"):
            self._names.setdefault(entry.who, {})[name] = asked.index
        elif entry.kind is Kind.FAIL and self._owed(asked, entry):
            self.tally.chance()
            self.tally.fail(
                f"registering {name} was refused: {shown(text_of(entry))}",
                asked.index,
                entry.index,
            )

    def _owed(self, asked: Entry, entry: Entry) -> bool:
        """Whether it had to be accepted: the session is alive, the name not taken (API-5), and the
        tool not for admins only (API-14).
        """
        names = self._names.get(entry.who)
        if entry.missing or asked.value.get("forbidden") or names is None:
            return False
        return asked.value["tool"] not in names

    def _listed(self, entry: Entry) -> None:
        listed = entry.value["value"]["get_available_tools"]
        if not isinstance(listed, list):
            return
        for name, index in self._names.get(entry.who, {}).items():
            self.tally.chance()
            if name not in listed:
                self.tally.fail(
                    f"{name} was registered and is not listed: {sorted(listed)}", index, entry.index
                )


def _executable(call: Call, tally: Tally) -> None:
    """API-4: a tool given at creation or registered can be executed, through each member.

    One that ran before in this session can: whether it may be refused is another rule's question.
    """
    asked, answered = call.asked, call.answered
    if asked is None or answered is None or not call.held or not call.plain:
        return
    if asked.value.get("forbidden"):
        return
    if call.run.transport != "working" or answered.kind is Kind.LOST:
        return
    tally.chance()
    if call.refused and not call.proven:
        tally.fail(
            f"{call.tool} was registered and cannot be executed through {call.via}:"
            f" {shown(text_of(answered))}",
            asked.index,
            answered.index,
        )


class _RefusedAfterCleanup(Over):
    """API-9: each member that worked before, which is the control, refuses after cleanup."""

    kinds = ASKED | ANSWERED | {Kind.TOOL}

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._worked: set[tuple[str, str]] = set()
        self._cleaned: dict[str, int] = {}
        self._cleaning: dict[str, str | None] = {}
        self._before: dict[str | None, Entry] = {}
        self._asked: dict[str | None, Entry] = {}
        self._tokens: dict[str, Entry] = {}
        self._after: dict[int, Entry] = {}

    def entry(self, entry: Entry) -> None:
        if entry.kind is Kind.INVOKE:
            self._invoked(entry)
        elif entry.kind is Kind.TOOL:
            self._ran(entry)
        elif entry.what == "cleanup":
            self._clean(entry)
        elif entry.what == "leave" and not entry.missing:
            self._cleaning.setdefault(entry.who, entry.step)  # a cleanup after that comes again
        elif (before := self._before.pop(entry.step or "", None)) is not None:
            if entry.kind is Kind.OK:
                self._worked.add((entry.who, way(before)))
        elif (asked := self._asked.pop(entry.step or "", None)) is not None:
            self._judge(asked, entry)

    def _ran(self, entry: Entry) -> None:
        asked = self._tokens.get(entry.value["token"])
        if asked is not None and entry.what == "started":
            self.tally.fail(f"{entry.value['tool']} ran after cleanup", asked.index, entry.index)

    def _invoked(self, entry: Entry) -> None:
        if entry.what == "create":
            self._cleaned.pop(entry.who, None)
            self._cleaning.pop(entry.who, None)
        elif entry.what == "cleanup":
            self._cleaning.setdefault(entry.who, entry.step)
        elif entry.what in ("execute", "register") and entry.who not in self._cleaned:
            self._before[entry.step or ""] = entry
        elif entry.what in ("execute", "register"):
            if (entry.who, way(entry)) in self._worked:
                self._asked[entry.step or ""] = entry
            self._after[entry.index] = entry
            if token := entry.value.get("token"):
                self._tokens[token] = entry

    def _clean(self, entry: Entry) -> None:
        """From here on everything must be refused, also where cleanup itself failed. That a second
        one may not fail is another rule (API-8).
        """
        again = self._cleaning.get(entry.who) != entry.step
        self._cleaned.setdefault(entry.who, entry.index)
        if entry.kind is Kind.FAIL and not entry.missing and not again:
            self.tally.chance()
            self.tally.fail(f"cleanup failed: {shown(text_of(entry))}", entry.index)

    def _judge(self, asked: Entry, answer: Entry) -> None:
        self.tally.chance()
        witness = (self._cleaned.get(asked.who, asked.index), asked.index, answer.index)
        what = way(asked)
        if answer.kind is Kind.OK:
            self.tally.fail(f"{what} was accepted after cleanup", *witness)
        elif answer.kind is Kind.LOST:
            self.tally.fail(f"{what} hung after cleanup", *witness)
        elif is_accident(answer):
            self.tally.fail(
                f"{what} after cleanup was not refused but ran into {answer.value['type']}:"
                f" {shown(text_of(answer))}",
                *witness,
            )

    def frame(self, seen: Seen) -> None:
        super().frame(seen)
        asked = next((self._tokens[t.text] for t in seen.tokens if t.text in self._tokens), None)
        if asked is None and seen.call is not None and seen.call.asked is not None:
            asked = self._after.get(seen.call.asked.index)
        if asked is not None and seen.event is not None:
            self.tally.fail(
                f"{seen.event.type} was sent for a call after cleanup",
                asked.index,
                seen.entry.index,
            )


CHECKS = (
    Check("API-1", fold=_Members),
    Check("API-2", call=_form, fold=_RegisterForm),
    Check("API-3", fold=_LookUpsAgree),
    Check("API-4", call=_executable, fold=_RegisteredWorks),
    Check("API-9", fold=_RefusedAfterCleanup),
)
