"""What a history says of a router: who was connected, which handlers there were, what became of
each message. The rules are in `routing`: folds that look at the messages at the end, so that memory
grows with the messages of a history.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from goldenpath.checkers.answers import is_accident
from goldenpath.checkers.base import ANSWERED, ASKED, Fold
from goldenpath.checkers.refusals import is_error, refuses
from goldenpath.checkers.same import shown
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.model import Entry, Kind
from goldenpath.runs import Seen


@dataclass(eq=False)
class Handler:
    """A handler as it was added. link: of the connection that it belongs to; empty for all.
    fails: it raises. holds: it waits until the harness lets it go on.
    """

    name: str
    types: tuple[str, ...]
    fails: bool
    holds: bool
    link: str
    added: Entry
    gone: Entry | None = None

    def gone_before(self, message: Message) -> bool:
        """Whether it had been removed, or its connection had gone, when this was sent."""
        return self.gone is not None and self.gone.index < message.asked.index


@dataclass(eq=False)
class Link:
    """A socket of a user. ended: when the router had been told that it has gone. closed: by the
    router itself. broken: when the harness broke it.
    """

    name: str
    user: str
    opened: Entry
    ended: Entry | None = None
    closed: Entry | None = None
    broken: Entry | None = None


@dataclass(eq=False)
class Message:
    """One message: who sent it, which handlers were there for it, and what became of it.

    before, after: its neighbours on the same link. closed: when the router closed the link, if
    this was the last that had come over it.
    """

    asked: Entry
    link: Link
    handlers: tuple[Handler, ...]
    before: Message | None
    answered: Entry | None = None
    starts: list[Entry] = field(default_factory=list)
    ends: list[Entry] = field(default_factory=list)
    frames: list[Seen] = field(default_factory=list)
    after: Message | None = None
    closed: Entry | None = None

    @property
    def user(self) -> str:
        """Who sent it."""
        return self.asked.actor

    @property
    def type(self) -> str | None:
        """What it says that it is, in a word."""
        message = self.asked.value["message"]
        said = message.get("type") if isinstance(message, Mapping) else None
        return said if isinstance(said, str) else None

    @property
    def malformed(self) -> bool:
        """Whether it is no message."""
        return bool(self.asked.value.get("malformed"))

    @property
    def failing(self) -> bool:
        """Whether every handler that it could get raises."""
        return bool(self.handlers) and all(handler.fails for handler in self.handlers)

    @property
    def held(self) -> bool:
        """Whether a handler that holds has begun and ended with it."""
        holding = {handler.name for handler in self.handlers if handler.holds}
        return bool(self.ends) and any(entry.actor in holding for entry in self.starts)

    @property
    def broke_off(self) -> bool:
        """Whether the harness broke its connection while it was being handled."""
        broke = self.link.broken
        if broke is None or not self.starts or not self.ends:
            return False
        return self.starts[0].index < broke.index < self.ends[-1].index

    @property
    def over(self) -> bool:
        """Whether the router had closed the connection before: of that another rule speaks."""
        return self.link.closed is not None and self.link.closed.index < self.asked.index

    @property
    def overtaken(self) -> bool:
        """Whether its connection, or all handlers that were there for it, went while it was under
        way: then either may be right.
        """
        went = [handler.gone for handler in self.handlers]
        return self._meanwhile(self.link.ended) or (bool(went) and all(map(self._meanwhile, went)))

    def _meanwhile(self, entry: Entry | None) -> bool:
        until = self.answered.index if self.answered else math.inf
        return entry is not None and self.asked.index < entry.index < until

    @property
    def claim(self) -> Any:
        """What was given back, where something was."""
        ok = self.answered is not None and self.answered.kind is Kind.OK
        return self.answered.value.get("value") if ok and self.answered else None

    @property
    def accident(self) -> str:
        """The exception out of the router's insides that it ended in, if it did."""
        answer = self.answered
        if answer is None or not is_accident(answer):
            return ""
        return f"{answer.value['type']}: {answer.value['text'][:80]}"

    @property
    def errors(self) -> list[Seen]:
        """The frames to its sender that say that something is wrong."""
        return [seen for seen in self.frames if is_error(seen.entry.value)]

    @property
    def witness(self) -> tuple[int, ...]:
        """The entries that tell of it."""
        told = [self.asked, *self.starts, *([self.answered] if self.answered else [])]
        return tuple(entry.index for entry in told)


def told(message: Message, usual: frozenset[str]) -> bool:
    """Whether its sender or its caller was told that it was not handled: by an error frame, or by
    the answer.
    """
    return bool(message.errors) or denied(message, usual)


def denied(message: Message, usual: frozenset[str]) -> bool:
    """Whether the answer says that it was not handled: an exception that is meant, a refusal, or a
    false value. usual: the answers of those that were handled. One that is among them says
    nothing, nor does None where nothing was handled; every other that is false says it (DESIGN
    section 9).
    """
    answer = message.answered
    if answer is None or message.accident:
        return False
    if answer.kind is Kind.FAIL or refuses(message.claim):
        return True
    if answer.kind is not Kind.OK or message.claim:
        return False
    return shown(message.claim) not in usual if usual else message.claim is False


class Routed(Fold):
    """Base of the folds over routers: gathers links, handlers and messages."""

    kinds = ASKED | ANSWERED | frozenset({Kind.TOOL, Kind.LINK, Kind.FAULT})

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self.links: dict[str, Link] = {}
        self.handlers: dict[str, Handler] = {}
        self.messages: list[Message] = []
        self.by_token: dict[str, Message] = {}
        self.not_added: set[str] = set()  # types of handlers that the router did not take
        self._told: set[str] = set()  # the canaries of broadcasts
        self._latest: dict[str, Message] = {}
        self._asked: dict[str, Entry] = {}
        self._by_step: dict[str, Message] = {}

    # --- what comes in -------------------------------------------------------------------------

    def entry(self, entry: Entry) -> None:
        if entry.kind is Kind.INVOKE:
            self._invoked(entry)
        elif entry.kind is Kind.TOOL:
            self._handled(entry)
        elif entry.kind is Kind.LINK:
            self._linked(entry)
        elif entry.kind is Kind.FAULT:
            self._fault(entry)
        else:
            self._answered(entry)

    def _invoked(self, entry: Entry) -> None:
        self._asked[entry.step or ""] = entry
        if entry.what == "route" and entry.value["socket"] in self.links:
            self._routed(entry)
        elif entry.what == "broadcast":
            self._told.add(entry.value["token"])

    def _routed(self, entry: Entry) -> None:
        link = self.links[entry.value["socket"]]
        before = self._latest.get(link.name)
        message = Message(entry, link, (), before)
        message.handlers = self._for(link, message.type)
        if before is not None:
            before.after = message
        self.messages.append(message)
        self._latest[link.name] = self._by_step[entry.step or ""] = message
        if token := entry.value.get("token"):
            self.by_token[token] = message

    def _for(self, link: Link, type: str | None) -> tuple[Handler, ...]:
        fits = [h for h in self.handlers.values() if h.gone is None and type in h.types]
        own = [handler for handler in fits if handler.link == link.name]
        return tuple(own or [handler for handler in fits if not handler.link])

    def _answered(self, entry: Entry) -> None:
        message = self._by_step.pop(entry.step or "", None)
        asked = self._asked.pop(entry.step or "", None)
        if message is not None:
            message.answered = entry
            if entry.missing:
                self.messages.remove(message)
        elif asked is not None and entry.kind is Kind.OK:
            self._did(asked, entry)
        elif asked is not None and asked.what == "add_handler":
            self.not_added.update(asked.value["types"])

    def _did(self, asked: Entry, done: Entry) -> None:
        value = asked.value or {}
        if asked.what == "add_handler":
            how, link = value["behaviour"], value.get("socket", "")
            types = tuple(value["types"])
            added = Handler(value["handler"], types, how == "fails", "holds" in how, link, done)
            self.handlers[added.name] = added
        elif asked.what == "remove_handler":
            self.handlers[value["handler"]].gone = done
        elif asked.what == "disconnect":
            self.links[value["socket"]].ended = done
            for handler in self.handlers.values():
                if handler.link == value["socket"]:
                    handler.gone = handler.gone or done

    def _handled(self, entry: Entry) -> None:
        message = self.by_token.get(entry.value["token"])
        if message is not None:
            (message.starts if entry.what == "started" else message.ends).append(entry)

    def _linked(self, entry: Entry) -> None:
        if entry.what == "up":
            self.links[entry.actor] = Link(entry.actor, entry.value["user"], entry)
        elif entry.value.get("by") == "target" and entry.actor in self.links:
            self.links[entry.actor].closed = entry
            if (latest := self._latest.get(entry.actor)) is not None:
                latest.closed = entry

    def _fault(self, entry: Entry) -> None:
        link = self.links.get(entry.value.get("socket", ""))
        if link is not None and entry.what == "broken":
            link.broken = entry

    def frame(self, seen: Seen) -> None:
        texts = [token.text for token in seen.tokens]
        named = (self.by_token.get(text) for text in texts)
        about = (message for message in named if message and message.link.name == seen.link)
        latest = None if any(text in self._told for text in texts) else self._latest.get(seen.link)
        if (message := next(about, latest)) is not None:
            message.frames.append(seen)

    # --- what is asked of them -------------------------------------------------------------------

    @property
    def usual(self) -> frozenset[str]:
        """What the router answers where a message was handled well."""
        well = (m for m in self.messages if any(entry.what == "ended" for entry in m.ends))
        answered = (m for m in well if m.answered is not None and m.answered.kind is Kind.OK)
        return frozenset(shown(message.claim) for message in answered)

    def finish(self) -> None:
        usual = self.usual
        for message in self.messages:
            self.message(message, usual)

    def message(self, message: Message, usual: frozenset[str]) -> None:
        """Judge one message. usual: see `denied`."""
        raise NotImplementedError
