"""CONTEXT-1 and -2: a context holds the ids that it was made with, and nothing of another."""

from __future__ import annotations

from collections import defaultdict

from goldenpath.canary import find
from goldenpath.checkers.answers import Answers
from goldenpath.checkers.base import Check
from goldenpath.checkers.same import shown
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.model import Entry, Kind


class _IdsAreKept(Answers):
    """CONTEXT-1: those of the user, the thread and the run that it was asked for; and of the
    request, which a context may choose itself, at least no other's.
    """

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._users = {user.name: user for user in header.users}
        self._made: dict[str, Entry] = {}
        self._requests: dict[object, str] = {}

    def answered(self, asked: Entry, answer: Entry) -> None:
        if answer.kind is not Kind.OK:
            return
        if asked.what == "create":
            self._made[asked.who] = asked
        elif asked.what == "read_context" and (made := self._made.get(asked.who)):
            self._read(made, asked, answer)

    def _read(self, made: Entry, asked: Entry, answer: Entry) -> None:
        ids = answer.value["value"]["ids"]
        user = self._users[asked.actor]
        thread = made.value["thread_id"] if made.session else user.thread_id
        given = {"user_id": user.user_id, "thread_id": thread, "run_id": made.value["run_id"]}
        for name, expected in given.items():
            self.tally.chance()
            if ids[name] != expected:
                said = f"{name} of the context of {asked.who}: expected {shown(expected)}"
                self._fail(f"{said}, got {shown(ids[name])}", made, answer)
        request = ids["request_id"]
        if request is None:
            return
        self.tally.chance()
        other = self._requests.setdefault(shown(request), asked.who)
        if other != asked.who or request in given.values():
            said = f"request_id of the context of {asked.who} is {shown(request)}"
            whose = f"that of {other}" if other != asked.who else "another of its ids"
            self._fail(f"{said}, which is {whose}", made, answer)

    def _fail(self, said: str, made: Entry, answer: Entry) -> None:
        self.tally.fail(said, made.index, answer.index)


class _NothingOfOthers(Answers):
    """CONTEXT-2: what was noted in one context, and what marks its user, is in no other."""

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._owners = {user.owner: user.name for user in header.users}
        self._noted: dict[str, Entry] = {}
        self._own: defaultdict[str, set[str]] = defaultdict(set)

    def answered(self, asked: Entry, answer: Entry) -> None:
        if answer.kind is not Kind.OK:
            return
        if asked.what == "note":
            self._noted[asked.value["token"]] = asked
        elif asked.what == "read_context":
            self._read(asked, answer)

    def _read(self, asked: Entry, answer: Entry) -> None:
        """What was noted elsewhere is not here, and what was noted here is."""
        found = set(answer.value["value"]["notes"])
        for token, noted in self._noted.items():
            mine = noted.who == asked.who
            self.tally.chance()
            if (token in found) != mine:
                said = f"what was put into the context of {noted.who}"
                where = "is not there" if mine else f"is in that of {asked.who}"
                self.tally.fail(f"{said} {where}", noted.index, answer.index)
        for canary in find(" ".join(sorted(found - self._noted.keys()))):
            owner = self._owners.get(canary.owner, asked.actor)
            if owner != asked.actor:
                said = f"the context of {asked.who} holds an id of {owner}"
                self.tally.fail(said, asked.index, answer.index)


CHECKS = (
    Check("CONTEXT-1", fold=_IdsAreKept),
    Check("CONTEXT-2", fold=_NothingOfOthers),
)
