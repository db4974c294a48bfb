"""ROUTING: what becomes of each message; and what one user's handlers and messages do to another's.

Of every message that something handles one rule says whether it was handled: it depends on what
came before it, so that a router that gives up after malformed input breaks the rule about that.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import ClassVar

from goldenpath.checkers.base import Check
from goldenpath.checkers.refusals import words
from goldenpath.checkers.routed import Link, Message, Routed, denied, told
from goldenpath.checkers.same import shown
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.model import LOGGED, Entry, Kind
from goldenpath.runs import Seen

#: Codes with which a connection may be closed because of what came over it (RFC 6455, 7.4).
_PROPER = frozenset({1002, 1003, 1007, 1008, 1009, 1011, *range(3000, 5000)})

#: ... and because of too much: going away, restarting, try again later.
_NOT_NOW = frozenset({1001, 1012, 1013})


def _owed(message: Message) -> str:
    """The rule that says whether this message is handled."""
    before = message.before
    if before is not None and before.malformed:
        return "ROUTING-4"
    if message.failing or (before is not None and before.failing):
        return "ROUTING-5"
    return "RECOVERY-6" if message.asked.value.get("burst") else "ROUTING-1"


def _back_again(messages: Iterable[Message]) -> Iterator[Message]:
    """Messages that are the first on a connection of a user of whom one before broke while a
    message of it was being handled.
    """
    lost: set[str] = set()
    for message in messages:
        if message.before is None and message.user in lost:
            yield message
        if message.broke_off:
            lost.add(message.user)


class _IsHandled(Routed):
    """Base of the rules that say of some messages whether they are handled."""

    rule: ClassVar[str]
    after: ClassVar[str] = ""

    def finish(self) -> None:
        self._back = set(map(id, _back_again(self.messages)))
        super().finish()

    def message(self, message: Message, usual: frozenset[str]) -> None:
        rule = "RECOVERY-4" if id(message) in self._back else _owed(message)
        if rule != self.rule or not message.handlers or message.malformed:
            return
        if message.over or message.overtaken:
            return
        self.tally.chance()
        self.handled(message, usual)

    def handled(self, message: Message, usual: frozenset[str]) -> None:
        """It must have been, by one of those that are there for it."""
        if not message.starts or self._by_a_namesake(message):
            self.lost(message)

    def _by_a_namesake(self, message: Message) -> bool:
        """Whether only handlers of other connections of the same user got it."""
        got = [self.handlers.get(entry.actor) for entry in message.starts]
        links = [self.links[each.link] for each in got if each is not None and each.link]
        other = [link for link in links if link is not message.link and link.user == message.user]
        return len(other) == len(got)

    def lost(self, message: Message) -> None:
        """Nobody handled it."""
        self.tally.fail(
            f"{self.after}a message of {message.user} of type {message.type} was not handled",
            *message.witness,
        )


class _HandledOnce(_IsHandled):
    """ROUTING-1."""

    rule = "ROUTING-1"

    def message(self, message: Message, usual: frozenset[str]) -> None:
        super().message(message, usual)
        right = [entry for entry in message.starts if self._may(entry.actor, message)]
        if len(right) > 1:
            said = f"a message of {message.user} was handled {len(right)} times"
            self.tally.fail(said, *message.witness)
        for entry in message.starts:
            handler = self.handlers.get(entry.actor)
            if handler and message.handlers and message.type not in handler.types:
                self.tally.fail(
                    f"a message of type {message.type} was handled by {handler.name}, which is for"
                    f" {', '.join(handler.types)}",
                    *message.witness,
                )

    def _may(self, name: str, message: Message) -> bool:
        """Whether this handler is there for the message. Of those that have gone, and of those of
        other connections, other rules speak.
        """
        handler = self.handlers.get(name)
        if handler is None or handler.gone_before(message):
            return False
        return message.type in handler.types and handler.link in ("", message.link.name)


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


class _MalformedIsAnswered(_IsHandled):
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
            if closed.value["code"] not in _PROPER:
                self.tally.fail(
                    f"because of {what} the connection was closed with {closed.value['code']}",
                    *message.witness,
                    closed.index,
                )
        elif not told(message, usual):
            self.tally.fail(
                f"{what} was no error: the router {_silence(message)}", *message.witness
            )


class _FailureIsReported(_IsHandled):
    """ROUTING-5: who sent the message or routes it, or the log, is told that its handler raised. An
    answer that is given after that, and that says that all is well, is false whatever is logged.
    """

    rule, after = "ROUTING-5", "after a handler raised "
    kinds = _IsHandled.kinds | frozenset({Kind.MEASURE})

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


class _StalledAlone(Routed):
    """RECOVERY-3a: what others send while a handler is held is handled before it is let go on."""

    def finish(self) -> None:
        held = [message for message in self.messages if message.held]
        for message in self.messages:
            for other in held:
                began, ended = other.starts[0].index, other.ends[0].index
                if other.user != message.user and began < message.asked.index < ended:
                    self._beside(message, other, ended)

    def _beside(self, message: Message, other: Message, ended: int) -> None:
        if not message.handlers:
            return
        self.tally.chance()
        if not message.starts or message.starts[0].index > ended:
            self.tally.fail(
                f"while a handler of {other.user} was held a message of {message.user} was not"
                " handled",
                *other.witness,
                *message.witness,
            )


class _WorksAgain(_IsHandled):
    """RECOVERY-4."""

    rule, after = "RECOVERY-4", "after a connection broke in the middle of a message "


class _BurstIsKept(_IsHandled):
    """RECOVERY-6: each is handled, or refused so that somebody knows: by its answer, by an error
    frame, one for each, which need not say for which; or the connection is closed.
    """

    rule, after = "RECOVERY-6", "in a burst "

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._silent: dict[str, list[Message]] = defaultdict(list)

    def finish(self) -> None:
        super().finish()
        for name, silent in self._silent.items():
            link = self.links[name]
            if not _is_closed_properly(link):
                sent = [message for message in self.messages if message.link is link]
                for message in silent[sum(len(message.errors) for message in sent) :]:
                    self.lost(message)

    def handled(self, message: Message, usual: frozenset[str]) -> None:
        if not message.starts and not denied(message, usual):
            self._silent[message.link.name].append(message)


def _is_closed_properly(link: Link) -> bool:
    return link.closed is not None and link.closed.value["code"] in _PROPER | _NOT_NOW


CHECKS = (
    Check("ISOLATION-6", fold=_OwnHandler),
    Check("ROUTING-1", fold=_HandledOnce),
    Check("ROUTING-2", fold=_UnknownIsAnswered),
    Check("ROUTING-3", fold=_PingIsAnswered),
    Check("ROUTING-4", fold=_MalformedIsAnswered),
    Check("ROUTING-5", fold=_FailureIsReported),
    Check("ROUTING-6", fold=_GoneGetNothing),
    Check("ROUTING-7", fold=_InOrder),
    Check("RECOVERY-3a", fold=_StalledAlone),
    Check("RECOVERY-4", fold=_WorksAgain),
    Check("RECOVERY-6", fold=_BurstIsKept),
)
