"""ISOLATION-4, -5, -8, -8a: users, and sessions, of one process that must not notice each other."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any, ClassVar, NamedTuple

from goldenpath.canary import find
from goldenpath.checkers.base import ANSWERED, ASKED, Check, Fold
from goldenpath.checkers.ending import overdue
from goldenpath.checkers.isolation import Exposure
from goldenpath.checkers.recovery import changed
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.model import Entry, Kind
from goldenpath.runs import Call, Run, Seen


class _OwnToolsOnly(Fold):
    """ISOLATION-4: what was given to one user only is not shown to another and does not run for
    them; a call of a tool that both have runs the instance of whoever calls.
    """

    kinds = ASKED | ANSWERED | {Kind.TOOL}

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._users = {user.owner: user.name for user in header.users}
        self._tools: dict[str, dict[str, set[str]]] = {}  # of each user, by session
        self._pending: dict[str | None, Entry] = {}

    def entry(self, entry: Entry) -> None:
        if entry.kind is Kind.TOOL:
            self._ran(entry)
        elif entry.kind is Kind.INVOKE:
            self._pending[entry.step] = entry
        else:
            asked = self._pending.pop(entry.step, None)
            if asked is not None:
                self._answered(asked, entry)

    def _answered(self, asked: Entry, answer: Entry) -> None:
        sessions = self._tools.get(asked.actor, {})
        mine = sessions.get(asked.session)
        good = answer.kind is Kind.OK
        if asked.what == "create" and good:
            self._tools.setdefault(asked.actor, {})[asked.session] = set(asked.value["tools"])
        elif mine is None:
            return  # a session that is over may still show what it held
        elif asked.what in ("cleanup", "leave"):
            if answer.kind is not Kind.FAIL or answer.value["by"] != "missing":
                self._close(asked)
        elif asked.what == "register" and good:
            mine.add(asked.value["tool"])
        elif asked.what == "look" and good:
            self._looked(asked, answer)
        elif asked.what == "execute" and answer.kind is not Kind.LOST:
            self.tally.chance(asked.value["tool"] in self._foreign(asked.actor))

    def _close(self, asked: Entry) -> None:
        sessions = self._tools[asked.actor]
        del sessions[asked.session]
        if not sessions:
            del self._tools[asked.actor]

    def _held(self, user: str) -> set[str]:
        """The tools that a user has, in whichever session."""
        return set().union(*self._tools.get(user, {}).values())

    def _foreign(self, actor: str) -> dict[str, str]:
        """Tools that this user does not have and another does, and who."""
        mine = self._held(actor)
        return {tool: user for user in self._tools for tool in self._held(user) - mine}

    def _looked(self, asked: Entry, answer: Entry) -> None:
        value: dict[str, Any] = answer.value["value"]
        lists = [value[k] for k in ("get_available_tools", "tools") if isinstance(value[k], list)]
        has = {tool for tool, said in value["has_tool"].items() if said}
        everybody = set().union(*map(self._held, self._tools))
        if has <= everybody and len(has) < len(value["has_tool"]):
            lists.append(list(has))  # else it says yes to anything, which tells nothing of others
        for tool, user in self._foreign(asked.actor).items():
            self.tally.chance()
            if any(tool in names for names in lists):
                self.tally.fail(
                    f"{tool}, which was given to {user} only, is shown to {asked.actor}",
                    asked.index,
                    answer.index,
                )

    def _ran(self, entry: Entry) -> None:
        if entry.what != "started":
            return
        tokens = find(entry.value.get("token") or "")
        caller = self._users.get(tokens[0].owner) if tokens else None
        if caller is None:
            return
        self.tally.chance(len(self._tools) > 1)
        if caller != entry.actor:
            self.tally.fail(
                f"a call of {caller} ran the {entry.value['tool']} that was given to {entry.actor}",
                entry.index,
            )


class _NoBorrowedTransport(Exposure):
    """ISOLATION-5: of a call or run without a transport nothing arrives, while others listen. One
    that failed is no opportunity: who refuses everything sends nothing.
    """

    kinds = Exposure.kinds | {Kind.OK}

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._without: set[str] = set()

    def entry(self, entry: Entry) -> None:
        super().entry(entry)
        if entry.kind is Kind.INVOKE and entry.what == "create":
            absent = entry.value.get("transport") == "absent"
            (self._without.add if absent else self._without.discard)(entry.who)
        elif entry.kind is Kind.OK and entry.what in ("execute", "run"):
            without = entry.who in self._without
            self.tally.chance(without and self.others_listen(entry.actor))

    def frame(self, seen: Seen) -> None:
        if seen.event is None or seen.run is None or seen.run.transport != "absent":
            return
        if seen.user == seen.owner:
            return  # a link of an earlier session of their own
        self.tally.fail(
            f"{seen.event.type} of {seen.owner}, whose session has no transport, went out over that"
            f" of {seen.user}",
            seen.run.asked.index,
            seen.entry.index,
        )


class _Case(NamedTuple):
    """How a call went: until when it took, its session, whose that is, what was wrong with it if
    anything.
    """

    end: int
    session: int
    first: int
    user: str
    who: str
    wrong: str


class _NeighbourUnmoved(Fold):
    """ISOLATION-8: what goes right for a user goes right, too, while another has trouble, and after
    it. The control are the calls of the same session before the trouble, which must all have gone
    right; a workload that was not built for this has none that are worth the name.
    """

    kinds = ANSWERED | {Kind.INVOKE, Kind.LINK}
    whose: ClassVar[str] = "another user had trouble"

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._troubles: list[tuple[int, str, str]] = []
        self._built_for_it = tally.rule.id in header.proves
        self._cases: list[_Case] = []
        self._shows = header.card.get("tool_events") == "yes"

    def entry(self, entry: Entry) -> None:
        if self._built_for_it and self.is_trouble(entry):
            self._troubles.append((entry.index, entry.actor.partition("/")[0], entry.who))

    def is_trouble(self, entry: Entry) -> bool:
        """Whether something happens to a user that may touch another."""
        return (
            entry.kind in (Kind.FAIL, Kind.LOST)
            or entry.what in ("cleanup", "leave")
            or (entry.kind is Kind.LINK and entry.what == "down")
        )

    def apart(self, case: _Case, user: str, who: str) -> bool:
        """Whether it happens to somebody whose doings must not touch this call."""
        return user != case.user

    def call(self, call: Call) -> None:
        """Keep how it went, where that can be told: calls come in no certain order."""
        end = self._end(call) if self._built_for_it else None
        if end is None or call.run.transport != "working" or call.ambiguous:
            return
        if call.unsure or overdue(call, self.header):
            return
        run, wrong = call.run, self._wrong(call)
        self._cases.append(_Case(end, run.asked.index, call.first, run.owner, run.who, wrong))

    def finish(self) -> None:
        """Where it went right it may be the control, where it did not it is a finding, if somebody
        else was in trouble meanwhile or before, and nothing is wrong without that.
        """
        good: dict[int, int] = {}
        bad: set[int] = set()
        for case in sorted(self._cases):
            since = good.get(case.session)
            if since is not None and self._trouble(case, since):
                self.tally.chance(case.session not in bad)
                if case.wrong and case.session not in bad:
                    self.tally.fail(
                        f"while or after {self.whose}, {case.wrong}",
                        case.first,
                        case.end,
                    )
            elif case.wrong:
                bad.add(case.session)
            else:
                good.setdefault(case.session, case.end)

    def _end(self, call: Call) -> int | None:
        """Until when it took; None where nothing follows from how it went."""
        told = call.answered or (call.run.answered if call.planned else None)
        if told is None or told.kind is Kind.LOST:
            return None
        if call.asked is not None and (not call.held or not call.plain):
            return None
        if call.run.cleaning is not None and call.run.cleaning.index < told.index:
            return None
        if call.asked is not None and call.asked.value.get("unreleased"):
            return None
        return told.index if call.asked else (call.ends[-1].index if call.ends else None)

    def _wrong(self, call: Call) -> str:
        if call.answered is not None:
            said = changed(call.tool, call.ends[-1] if call.ends else None, call.answered)
            if said:
                return said
        elif any(end.what == "cancelled" for end in call.ends) and not _failed(call.run):
            return f"{call.tool} was cancelled"
        shown = any(seen.user == call.owner for seen in call.completed)
        if self._shows and not shown and not call.run.cut:
            return f"{call.tool} ran for {call.owner}, who was not told that it ended"
        return ""

    def _trouble(self, case: _Case, since: int) -> bool:
        """Whether somebody else had trouble since then, until the call had been made."""
        place = bisect_left(self._troubles, (case.end, "", ""))
        while place > 0 and self._troubles[place - 1][0] > since:
            if self.apart(case, *self._troubles[place - 1][1:]):
                return True
            place -= 1
        return False


class _SiblingUnmoved(_NeighbourUnmoved):
    """ISOLATION-8a: the same of sessions that one user has at once; also that another one is made
    or used changes nothing.
    """

    whose = "another session of the same user was made, worked or ended"

    def is_trouble(self, entry: Entry) -> bool:
        """Whatever is done in a session may touch the user's others."""
        return entry.kind is not Kind.LINK

    def apart(self, case: _Case, user: str, who: str) -> bool:
        """Whether it is another session of the same user."""
        return user == case.user and who != case.who


def _failed(run: Run) -> bool:
    """Whether a call of the run failed, which may rightly stop its others."""
    return any(end.what == "failed" for call in run.calls for end in call.ends)


CHECKS = (
    Check("ISOLATION-4", fold=_OwnToolsOnly),
    Check("ISOLATION-5", fold=_NoBorrowedTransport),
    Check("ISOLATION-8", fold=_NeighbourUnmoved),
    Check("ISOLATION-8a", fold=_SiblingUnmoved),
)
