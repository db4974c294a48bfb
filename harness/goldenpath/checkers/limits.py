"""API-12, -15: what may not be made: one past the factories, and more than a user may have."""

from __future__ import annotations

import math
import re

from goldenpath.checkers.answers import Answers, is_accident, text_of
from goldenpath.checkers.base import Check
from goldenpath.checkers.recovery import changed
from goldenpath.checkers.same import shown
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.model import Entry, Kind
from goldenpath.runs import Call

#: How Python says that a class was called with the wrong arguments, or cannot be called at all.
_MISCALLED = re.compile(
    r"required .*argument|positional argument|keyword argument|multiple values|takes no arg"
    r"|abstract|not callable",
)


class _NoneMadeDirectly(Answers):
    """API-12: beside a session that a factory made, which is the control, none is constructed past
    the factories; that is refused on purpose, and not for arguments that are wrong.
    """

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._made: set[str] = set()

    def answered(self, asked: Entry, answer: Entry) -> None:
        if asked.what == "create" and answer.kind is Kind.OK:
            self._made.add(asked.actor)
        elif asked.what == "create_directly" and asked.actor in self._made:
            self._constructed(asked, answer)

    def _constructed(self, asked: Entry, answer: Entry) -> None:
        if answer.kind is Kind.OK:
            self.tally.chance()
            said = "one was constructed directly, though factory_only is declared"
            self.tally.fail(said, asked.index, answer.index)
        elif answer.kind is Kind.FAIL and not answer.missing and _meant(answer):
            self.tally.chance()
        else:
            said = shown(text_of(answer)) if answer.kind is Kind.FAIL else "no answer"
            self.tally.doubt(
                f"whether direct construction is refused cannot be told: it came to {said}; declare"
                " what constructs one: factory_only=lambda user, tap, tools: MyDispatcher(...)"
            )


def _meant(answer: Entry) -> bool:
    """Whether it refuses: a TypeError may, in words of its own, as that of an abstract class is."""
    if answer.value.get("type") == "TypeError":
        return not _MISCALLED.search(text_of(answer))
    return not is_accident(answer)


class _Limit(Answers):
    """API-15: up to the limit sessions are made; one more is refused, or waits until there is room;
    those in use work on; and another user is not affected.
    """

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._limit: float = header.declared.get("max_dispatchers_per_user", math.inf)
        self._built_for_it = tally.rule.id in header.proves
        self._open: dict[str, set[str]] = {}
        self._beyond: set[int] = set()
        self._ending: dict[str, list[int]] = {}
        self._good: set[str] = set()
        self._later: list[tuple[Call, str]] = []

    def asked(self, asked: Entry) -> None:
        if not self._built_for_it:
            return
        mine = self._open.setdefault(asked.actor, set())
        if asked.what == "create":
            if len(mine) >= self._limit:
                self._beyond.add(asked.index)
            mine.add(asked.who)
        elif asked.what == "cleanup":
            self._ending.setdefault(asked.actor, []).append(asked.index)

    def answered(self, asked: Entry, answer: Entry) -> None:
        if not self._built_for_it or asked.what not in ("create", "cleanup"):
            return
        mine = self._open[asked.actor]
        if asked.what == "cleanup":
            mine.discard(asked.who)
            return
        if answer.kind is not Kind.OK:
            mine.discard(asked.who)
        self.tally.chance()
        wrong = self._wrong(asked, answer, len(mine))
        if wrong:
            self.tally.fail(wrong, asked.index, answer.index)

    def _wrong(self, asked: Entry, answer: Entry, count: int) -> str:
        """What is wrong with how a session was made, or was not."""
        made = answer.kind is Kind.OK
        if asked.index not in self._beyond:
            said = "did not come" if answer.kind is Kind.LOST else "was refused"
            why = f": {shown(text_of(answer))}" if answer.kind is Kind.FAIL else ""
            return "" if made else f"with {count} of {self._limit} in use one more {said}{why}"
        room = any(asked.index < end < answer.index for end in self._ending.get(asked.actor, ()))
        if made and not room:
            return f"one more was made, though {self._limit} were in use, which is the limit"
        if answer.kind is Kind.LOST and room:
            return "one that waited for room was not made when there was some"
        if answer.kind is Kind.FAIL and is_accident(answer):
            said = f"{answer.value['type']}: {shown(text_of(answer))}"
            return f"one beyond the limit was not refused but ran into {said}"
        return ""

    def call(self, call: Call) -> None:
        """Whether a session that worked does so when another was asked for beyond the limit."""
        asked, answered = call.asked, call.answered
        if not self._built_for_it or asked is None or answered is None:
            return
        ended = call.run.cleaning is not None and call.run.cleaning.index < answered.index
        if answered.kind is Kind.LOST or not call.held or ended or call.unsure:
            return
        wrong = changed(call.tool, call.ends[-1] if call.ends else None, answered)
        if not wrong and not self._after(asked):
            self._good.add(call.run.who)
        elif self._after(asked):
            self._later.append((call, wrong))

    def _after(self, asked: Entry) -> bool:
        return any(index < asked.index for index in self._beyond)

    def finish(self) -> None:
        for call, wrong in self._later:
            if call.run.who not in self._good or call.asked is None or call.answered is None:
                continue
            self.tally.chance()
            if wrong:
                said = f"when one more was asked for than {self._limit}, one in use was closed"
                self.tally.fail(f"{said}: {wrong}", call.asked.index, call.answered.index)


CHECKS = (
    Check("API-12", fold=_NoneMadeDirectly),
    Check("API-15", fold=_Limit),
)
