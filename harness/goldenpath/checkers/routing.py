"""ROUTING: what becomes of each message; and what one user's handlers and messages do to another's.

Of every message that something handles one rule says whether it was handled: it depends on what
came before it, so that a router that gives up after malformed input breaks the rule about that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, ClassVar

from goldenpath.checkers.base import Check
from goldenpath.checkers.routed import Message, Routed, told, type_of
from goldenpath.checkers.same import shown
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.model import Kind
from goldenpath.runs import Seen

#: Codes with which a connection may be closed because of what came over it (RFC 6455, 7.4).
_PROPER = frozenset({1002, 1003, 1007, 1008, 1009, 1011, *range(3000, 5000)})


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

    def message(self, message: Message, *, claims: bool) -> None:
        rule = "RECOVERY-4" if id(message) in self._back else _owed(message)
        if rule != self.rule or not message.handlers or message.malformed:
            return
        if message.link.closed and message.link.closed.index < message.asked.index:
            return  # the router has closed the connection, which is another rule's question
        self.tally.chance()
        self.handled(message, claims=claims)

    def handled(self, message: Message, *, claims: bool) -> None:
        """It must have been."""
        if not message.starts:
            self.lost(message)

    def lost(self, message: Message) -> None:
        """Nobody handled it."""
        self.tally.fail(
            f"{self.after}a message of {message.user} of type {message.type} was not handled",
            *message.witness,
        )


class _HandledOnce(_IsHandled):
    """ROUTING-1."""

    rule = "ROUTING-1"

    def message(self, message: Message, *, claims: bool) -> None:
        super().message(message, claims=claims)
        names = {handler.name for handler in message.handlers}
        right = [entry for entry in message.starts if entry.actor in names]
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


class _UnknownIsAnswered(Routed):
    """ROUTING-2: of a type that nothing handles its sender, or who routes it, is told."""

    def message(self, message: Message, *, claims: bool) -> None:
        pings = self.header.declared.get("pings", {})
        if message.handlers or message.malformed or message.type in pings:
            return
        self.tally.chance()
        why = ""
        if closed := message.link.closed:
            why = f"closed the connection with {closed.value['code']}"
        elif message.accident:
            why = f"broke on it: {message.accident}"
        elif message.starts:
            why = self._misled(message)
        elif not told(message, claims):
            why = _silence(message)
        if why:
            said = f"a message of the unknown type {message.type} was no error: the router {why}"
            self.tally.fail(said, *message.witness)

    def _misled(self, message: Message) -> str:
        """Which handler got it, unless it is one that had gone, or is of a connection: of those
        ROUTING-6 and ISOLATION-6 speak.
        """
        got = (self.handlers[entry.actor] for entry in message.starts)
        there = [h for h in got if not h.link and not h.gone_before(message)]
        return f"gave it to {there[0].name}, which is not for it" if there else ""


def _silence(message: Message) -> str:
    if message.frames:
        return f"answered {', '.join(shown(type_of(s.entry.value)) for s in message.frames[:3])}"
    said = "said nothing" if message.claim is None else f"said {shown(message.claim)}"
    return f"{said}, and its sender got nothing"


class _PingIsAnswered(Routed):
    """ROUTING-3."""

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._pings: dict[str, str] = header.declared.get("pings", {})

    def message(self, message: Message, *, claims: bool) -> None:
        pongs = [seen for seen in message.frames if self._is_pong(seen)]
        if message.type in self._pings and not message.malformed:
            self.tally.chance()
            if not pongs:
                self.tally.fail(
                    f"{message.type} of {message.user} was not answered by"
                    f" {self._pings[message.type]}",
                    *message.witness,
                )
        elif pongs and not message.handlers:
            self.tally.fail(
                f"{message.user} got {type_of(pongs[0].entry.value)} without having asked",
                *message.witness,
                pongs[0].entry.index,
            )

    def _is_pong(self, seen: Seen) -> bool:
        return type_of(seen.entry.value) in self._pings.values()


class _MalformedIsAnswered(_IsHandled):
    """ROUTING-4: an error comes back, and the connection works, or it is closed properly."""

    rule, after = "ROUTING-4", "after malformed input "

    def message(self, message: Message, *, claims: bool) -> None:
        if not message.malformed:
            super().message(message, claims=claims)
            return
        self.tally.chance()
        what = shown(message.asked.value["message"])
        closed = message.link.closed
        if message.accident:
            self.tally.fail(f"the router broke on {what}: {message.accident}", *message.witness)
        elif closed is not None:
            if closed.value["code"] not in _PROPER:
                self.tally.fail(
                    f"because of {what} the connection was closed with {closed.value['code']}",
                    *message.witness,
                    closed.index,
                )
        elif not told(message, claims):
            self.tally.fail(
                f"{what} was no error: the router {_silence(message)}", *message.witness
            )


class _FailureIsReported(_IsHandled):
    """ROUTING-5: who sent the message or routes it, or the log, is told that its handler raised."""

    rule, after = "ROUTING-5", "after a handler raised "

    def handled(self, message: Message, *, claims: bool) -> None:
        super().handled(message, claims=claims)
        if not message.failing or not message.starts or message.answered is None:
            return
        logged = message.answered.kind is Kind.OK and not message.claim
        logged = logged and bool(message.answered.value.get("logged"))
        raised = message.answered.kind is Kind.FAIL
        if not (logged or raised or told(message, claims)):
            self.tally.fail(
                f"the handler of a message of {message.user} raised, and the router"
                f" {_silence(message)}, and logged no error through `logging`",
                *message.witness,
            )


class _GoneGetNothing(Routed):
    """ROUTING-6."""

    def message(self, message: Message, *, claims: bool) -> None:
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


class _FacadesAgree(Routed):
    """ROUTING-10: the same message gets the same handlers, answers and frames through each door."""

    def finish(self) -> None:
        firsts: dict[str, Message] = {}
        for message in self.messages:
            same = message.asked.value.get("same")
            if same is None:
                continue
            first = firsts.setdefault(same, message)
            if first is not message:
                self._compare(first, message)

    def _compare(self, first: Message, other: Message) -> None:
        self.tally.chance()
        ours, theirs = self._came_of(first), self._came_of(other)
        for what, its in theirs.items():
            if its != ours[what]:
                self.tally.fail(
                    f"the facade {other.asked.value['via']}: {what} of a message of type"
                    f" {other.type} is {shown(its)}, the router's {shown(ours[what])}",
                    *first.witness,
                    *other.witness,
                )

    @staticmethod
    def _came_of(message: Message) -> dict[str, Any]:
        answer = message.answered
        failed = answer is None or answer.kind is not Kind.OK
        value = (answer.value or {}) if answer else {}
        return {
            "the handler": [entry.actor for entry in message.starts],
            "the answer": value.get("type", "none") if failed else message.claim,
            "what was sent": [type_of(seen.entry.value) for seen in message.frames],
        }


class _OwnHandler(Routed):
    """ISOLATION-6: no handler of another user's connection gets it, and the one that does is told
    whose it is.
    """

    def message(self, message: Message, *, claims: bool) -> None:
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
            elif entry.value["socket"] != message.link.name:
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
    """RECOVERY-6: each is handled, or refused so that somebody knows."""

    rule, after = "RECOVERY-6", "in a burst "

    def handled(self, message: Message, *, claims: bool) -> None:
        if not message.starts and not told(message, claims):
            self.lost(message)


CHECKS = (
    Check("ISOLATION-6", fold=_OwnHandler),
    Check("ROUTING-1", fold=_HandledOnce),
    Check("ROUTING-2", fold=_UnknownIsAnswered),
    Check("ROUTING-3", fold=_PingIsAnswered),
    Check("ROUTING-4", fold=_MalformedIsAnswered),
    Check("ROUTING-5", fold=_FailureIsReported),
    Check("ROUTING-6", fold=_GoneGetNothing),
    Check("ROUTING-7", fold=_InOrder),
    Check("ROUTING-10", fold=_FacadesAgree),
    Check("RECOVERY-3a", fold=_StalledAlone),
    Check("RECOVERY-4", fold=_WorksAgain),
    Check("RECOVERY-6", fold=_BurstIsKept),
)
