"""ROUTING: what is answered to each message, and what one user's handlers do to another's messages.
Whether a message is handled at all, `handling` says.
"""

from __future__ import annotations

import math
from itertools import pairwise

from goldenpath.checkers.base import Check
from goldenpath.checkers.handling import PROPER, IsHandled
from goldenpath.checkers.refusals import words
from goldenpath.checkers.routed import Message, Routed, told
from goldenpath.checkers.same import shown
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.model import LOGGED, Entry, Kind
from goldenpath.runs import Seen


class _UnknownIsAnswered(Routed):
    """ROUTING-2: of a type that nothing handles its sender, or who routes it, is told."""

    def message(self, message: Message, usual: frozenset[str]) -> None:
        pings = self.header.declared.get("pings", {})
        if message.handlers or message.malformed or message.type in pings:
            return
        if message.over or message.overtaken or message.type in self.not_added:
            return
        self.tally.chance()
        why = ""
        if closed := message.closed:
            why = f"closed the connection with {closed.value['code']}"
        elif message.accident:
            why = f"broke on it: {message.accident}"
        elif message.starts:
            why = self._misled(message)
        elif not told(message, usual):
            why = _silence(message)
        if why:
            said = f"a message of the unknown type {message.type} was no error: the router {why}"
            self.tally.fail(said, *message.witness)

    def _misled(self, message: Message) -> str:
        """Which handler got it, unless it is one that had gone, or is of a connection: of those
        ROUTING-6 and ISOLATION-6 speak. One that came meanwhile may well be for it.
        """
        got = (
            self.handlers[entry.actor] for entry in message.starts if entry.actor in self.handlers
        )
        there = [
            handler
            for handler in got
            if not (handler.link or handler.gone_before(message) or message.type in handler.types)
        ]
        return f"gave it to {there[0].name}, which is not for it" if there else ""


def _silence(message: Message) -> str:
    if message.frames:
        answers = (shown("/".join(words(seen.entry.value))) for seen in message.frames[:3])
        return f"answered {', '.join(answers)}"
    said = "said nothing" if message.claim is None else f"said {shown(message.claim)}"
    return f"{said}, and its sender got nothing"


class _PingIsAnswered(Routed):
    """ROUTING-3."""

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._pings: dict[str, str] = header.declared.get("pings", {})

    def message(self, message: Message, usual: frozenset[str]) -> None:
        said = [(word, seen) for seen in message.frames for word in words(seen.entry.value)]
        if message.type in self._pings and not message.malformed:
            wanted = self._pings[message.type]
            self.tally.chance(not message.over)
            returned = words(message.claim) if message.claim else ()
            if not message.over and wanted not in (*(word for word, _ in said), *returned):
                self.tally.fail(
                    f"{message.type} of {message.user} was not answered by {wanted}",
                    *message.witness,
                )
        elif not message.handlers:
            self._unasked(message, said)

    def _unasked(self, message: Message, said: list[tuple[str, Seen]]) -> None:
        for word, seen in said:
            if word in self._pings.values():
                self.tally.fail(
                    f"{message.user} got {word} without having asked",
                    *message.witness,
                    seen.entry.index,
                )
                return


class _MalformedIsAnswered(IsHandled):
    """ROUTING-4: an error comes back, and the connection works, or it is closed properly."""

    rule, after = "ROUTING-4", "after malformed input "

    def message(self, message: Message, usual: frozenset[str]) -> None:
        if not message.malformed:
            super().message(message, usual)
            return
        if message.over:
            return
        self.tally.chance()
        what = shown(message.asked.value["message"])
        closed = message.closed
        if message.accident:
            self.tally.fail(f"the router broke on {what}: {message.accident}", *message.witness)
        elif closed is not None:
            if closed.value["code"] not in PROPER:
                self.tally.fail(
                    f"because of {what} the connection was closed with {closed.value['code']}",
                    *message.witness,
                    closed.index,
                )
        elif not told(message, usual):
            self.tally.fail(
                f"{what} was no error: the router {_silence(message)}", *message.witness
            )


class _FailureIsReported(IsHandled):
    """ROUTING-5: who sent the message or routes it, or the log, is told that its handler raised. An
    answer that is given after that, and that says that all is well, is false whatever is logged.
    """

    rule, after = "ROUTING-5", "after a handler raised "
    kinds = IsHandled.kinds | frozenset({Kind.MEASURE})

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._logged: list[int] = []

    def entry(self, entry: Entry) -> None:
        if entry.kind is not Kind.MEASURE:
            super().entry(entry)
        elif entry.what == LOGGED:
            self._logged.append(entry.index)

    def handled(self, message: Message, usual: frozenset[str]) -> None:
        super().handled(message, usual)
        answer = message.answered
        if not message.failing or not message.ends or answer is None:
            return
        raised = answer.kind is Kind.FAIL
        if not (raised or told(message, usual) or self._is_logged(message, answer)):
            self.tally.fail(
                f"the handler of a message of {message.user} raised, and the router"
                f" {_silence(message)}, and logged nothing through `logging`",
                *message.witness,
            )

    def _is_logged(self, message: Message, answer: Entry) -> bool:
        failed = message.ends[0].index
        if message.claim and answer.index > failed:
            return False
        until = message.after.asked.index if message.after is not None else math.inf
        return any(failed < index < until for index in self._logged)


class _GoneGetNothing(Routed):
    """ROUTING-6."""

    def message(self, message: Message, usual: frozenset[str]) -> None:
        gone = [handler for handler in self.handlers.values() if handler.gone_before(message)]
        self.tally.chance(any(message.type in handler.types for handler in gone))
        names = {handler.name: handler for handler in gone}
        for entry in message.starts:
            if (handler := names.get(entry.actor)) is not None:
                how = "whose connection had gone" if handler.link else "which had been removed"
                self.tally.fail(
                    f"a message of {message.user} was handled by {handler.name}, {how}",
                    *message.witness,
                )


class _InOrder(Routed):
    """ROUTING-7: of two messages of one user, of which the second was sent when whoever routes them
    had done with the first, the first is begun and done with first.
    """

    def finish(self) -> None:
        for user in sorted({message.user for message in self.messages}):
            handled = [m for m in self.messages if m.user == user and m.starts and m.ends]
            for first, second in pairwise(handled):
                answer = first.answered
                if answer is not None and answer.index < second.asked.index:
                    self._compare(first, second)

    def _compare(self, first: Message, second: Message) -> None:
        self.tally.chance()
        for what, one, two in (
            ("begun", first.starts[0], second.starts[0]),
            ("done with", first.ends[-1], second.ends[-1]),
        ):
            if two.index < one.index:
                self.tally.fail(
                    f"of two messages of {first.user} the second was {what} first",
                    *first.witness,
                    *second.witness,
                    one.index,
                    two.index,
                )
                return


class _OwnHandler(Routed):
    """ISOLATION-6: no handler of another user's connection gets it, and the one that does is told
    whose it is.
    """

    def message(self, message: Message, usual: frozenset[str]) -> None:
        own = {user.name: user.user_id for user in self.header.users}[message.user]
        for entry in message.starts:
            self.tally.chance()
            handler = self.handlers.get(entry.actor)
            theirs = self.links.get(handler.link) if handler else None
            if theirs is not None and theirs.user != message.user:
                if handler is not None and not handler.gone_before(message):
                    self._fail(message, f"by the handler of a connection of {theirs.user}")
            elif entry.value["user_id"] != own:
                self._fail(message, f"as one of {shown(entry.value['user_id'])}")
            elif entry.value["socket"] in self.links.keys() - {message.link.name}:
                self._fail(message, f"over the socket {shown(entry.value['socket'])}")

    def _fail(self, message: Message, how: str) -> None:
        said = f"a message of {message.user} over {message.link.name} was handled {how}"
        self.tally.fail(said, *message.witness)


CHECKS = (
    Check("ISOLATION-6", fold=_OwnHandler),
    Check("ROUTING-2", fold=_UnknownIsAnswered),
    Check("ROUTING-3", fold=_PingIsAnswered),
    Check("ROUTING-4", fold=_MalformedIsAnswered),
    Check("ROUTING-5", fold=_FailureIsReported),
    Check("ROUTING-6", fold=_GoneGetNothing),
    Check("ROUTING-7", fold=_InOrder),
)
