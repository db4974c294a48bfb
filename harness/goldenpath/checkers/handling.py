"""Whether messages are handled: ROUTING-1, and where something is in the way RECOVERY-3a, -4, -6.

Of every message that something handles one rule says whether it was: it depends on what came before
it, so that a router that gives up after malformed input breaks the rule about that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import ClassVar

from goldenpath.checkers.base import Check
from goldenpath.checkers.routed import Link, Message, Routed, denied
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header

#: Codes with which a connection may be closed because of what came over it (RFC 6455, 7.4).
PROPER = frozenset({1002, 1003, 1007, 1008, 1009, 1011, *range(3000, 5000)})

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


class IsHandled(Routed):
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


class _HandledOnce(IsHandled):
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


class _WorksAgain(IsHandled):
    """RECOVERY-4."""

    rule, after = "RECOVERY-4", "after a connection broke in the middle of a message "


class _BurstIsKept(IsHandled):
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
    return link.closed is not None and link.closed.value["code"] in PROPER | _NOT_NOW


CHECKS = (
    Check("ROUTING-1", fold=_HandledOnce),
    Check("RECOVERY-3a", fold=_StalledAlone),
    Check("RECOVERY-4", fold=_WorksAgain),
    Check("RECOVERY-6", fold=_BurstIsKept),
)
