"""API-8: a session is closed again, and by leaving its context."""

from __future__ import annotations

from goldenpath.checkers.answers import Answers, is_accident, text_of, way
from goldenpath.checkers.base import Check
from goldenpath.checkers.same import shown
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.model import Entry, Kind
from goldenpath.runs import Call


class _EndsTwiceAndByLeaving(Answers):
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
            self._asked.discard(asked.who)
            self._left.pop(asked.who, None)
            self._worked.pop(asked.who, None)
        elif asked.what == "cleanup" and asked.who in self._asked:
            self._again.add(asked.index)
        elif asked.what == "cleanup":
            self._asked.add(asked.who)
        elif asked.what == "execute" and asked.who in self._left:
            self._after.add(asked.index)

    def answered(self, asked: Entry, answer: Entry) -> None:
        if answer.kind is Kind.LOST:
            return
        if asked.what == "cleanup":
            self._cleanup(asked, answer)
        elif asked.what in ("enter", "leave") and not answer.missing:
            self._passed(asked, answer)
        elif asked.what == "execute":
            self._execute(asked, answer)

    def _cleanup(self, asked: Entry, answer: Entry) -> None:
        if asked.index not in self._again:
            if answer.kind is not Kind.OK:
                self._asked.discard(asked.who)  # how it is to fail again nobody says
            return
        self.tally.chance()
        if answer.kind is Kind.FAIL:
            self.tally.fail(
                f"cleaning up again failed: {shown(text_of(answer))}", asked.index, answer.index
            )

    def _passed(self, asked: Entry, answer: Entry) -> None:
        if answer.kind is Kind.FAIL:
            self.tally.chance()
            self.tally.fail(
                f"to {asked.what} its context failed: {shown(text_of(answer))}",
                asked.index,
                answer.index,
            )
        elif asked.what == "enter":
            self._left.pop(asked.who, None)
        elif (answer.value.get("value") or {}).get("swallowed"):
            self.tally.chance()
            self.tally.fail(
                "what the body of its context raised was swallowed by leaving it",
                asked.index,
                answer.index,
            )
        if asked.what == "leave" and answer.kind is Kind.OK and asked.who in self._worked:
            self._left[asked.who] = answer

    def _execute(self, asked: Entry, answer: Entry) -> None:
        left = self._left.get(asked.who)
        if left is None:
            if answer.kind is Kind.OK:
                self._worked.setdefault(asked.who, set()).add(way(asked))
            return
        if asked.index not in self._after:
            return  # it was asked for before
        witness, worked = (left.index, asked.index, answer.index), self._worked[asked.who]
        self.tally.chance(answer.kind is Kind.OK or way(asked) in worked)
        if answer.kind is Kind.OK:
            self.tally.fail(
                f"{asked.value['tool']} was called with success after its session's context was"
                " left",
                *witness,
            )
        elif is_accident(answer) and way(asked) in worked:
            self.tally.fail(
                f"{way(asked)} after its session's context was left was not refused but ran into"
                f" {answer.value['type']}: {shown(text_of(answer))}",
                *witness,
            )


CHECKS = (Check("API-8", fold=_EndsTwiceAndByLeaving),)
