"""What a history says of a router: who was connected, which handlers there were, what became of
each message. The rules are in `routing`: folds that look at the messages at the end, so that memory
grows with the messages of a history.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from goldenpath import spec
from goldenpath.checkers.base import ANSWERED, ASKED, Fold
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

    before: the message before it on the same link.
    """

    asked: Entry
    link: Link
    handlers: tuple[Handler, ...]
    before: Message | None
    answered: Entry | None = None
    starts: list[Entry] = field(default_factory=list)
    ends: list[Entry] = field(default_factory=list)
    frames: list[Seen] = field(default_factory=list)

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
    def claim(self) -> Any:
        """What was given back, where something was."""
        ok = self.answered is not None and self.answered.kind is Kind.OK
        return self.answered.value.get("value") if ok and self.answered else None

    @property
    def accident(self) -> str:
        """The exception out of the router's insides that it ended in, if it did."""
        value = self.answered.value if self.answered and self.answered.kind is Kind.FAIL else {}
        broke = value.get("by") == "exception" and value["type"] in spec.ACCIDENTS
        return f"{value['type']}: {value['text'][:80]}" if broke else ""

    @property
    def errors(self) -> list[Seen]:
        """The frames to its sender that say that something is wrong."""
        return [seen for seen in self.frames if is_error(seen.entry.value)]

    @property
    def witness(self) -> tuple[int, ...]:
        """The entries that tell of it."""
        told = [self.asked, *self.starts, *([self.answered] if self.answered else [])]
        return tuple(entry.index for entry in told)


def told(message: Message, claims: bool) -> bool:
    """Whether its sender or its caller was told that it was not handled: by an error frame, by an
    exception that is meant, or by an answer that a handled message does not get (`claims`: that one
    is no false value; DESIGN section 9).
    """
    if message.errors:
        return True
    answer = message.answered
    if answer is None or message.accident:
        return False
    return answer.kind is Kind.FAIL or (claims and answer.kind is Kind.OK and not message.claim)


_ERROR = re.compile(
    r"error|invalid|unknown|unsupported|unrecogni[sz]ed|reject|fail|refus|nack|bad[ _-]?request"
    r"|not[ _-](?:found|supported|understood|handled)",
    re.IGNORECASE,
)
_TYPES = ("type", "event", "kind", "status", "op", "action")


def is_error(text: Any) -> bool:
    """Whether a frame says that something is wrong: by its type or status, or by an error in it."""
    frame = parsed(text)
    if not isinstance(frame, Mapping):
        return bool(_ERROR.search(str(frame)))
    return any(_says_error(part) for part in (frame, *_inner(frame)))


def _says_error(part: Mapping[str, Any]) -> bool:
    words = (part[key] for key in _TYPES if isinstance(part.get(key), str))
    if any(map(_ERROR.search, words)) or any(part.get(key) is False for key in ("ok", "success")):
        return True
    return any("error" in str(key).lower() and value for key, value in part.items())


def _inner(frame: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from (part for part in frame.values() if isinstance(part, Mapping))


def type_of(text: Any) -> str:
    """The type of a frame, in a word; empty where it has none."""
    frame = parsed(text)
    said = frame if isinstance(frame, Mapping) else {}
    return next((str(said[key]) for key in _TYPES if isinstance(said.get(key), str)), "")


def parsed(text: Any) -> Any:
    """What a frame holds, if it is JSON; else its text."""
    try:
        return json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError):
        return text


class Routed(Fold):
    """Base of the folds over routers: gathers links, handlers and messages."""

    kinds = ASKED | ANSWERED | frozenset({Kind.TOOL, Kind.LINK, Kind.FAULT})

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self.links: dict[str, Link] = {}
        self.handlers: dict[str, Handler] = {}
        self.messages: list[Message] = []
        self.by_token: dict[str, Message] = {}
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

    def _routed(self, entry: Entry) -> None:
        link = self.links[entry.value["socket"]]
        before = self._latest.get(link.name)
        message = Message(entry, link, (), before)
        message.handlers = self._for(link, message.type)
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

    def _fault(self, entry: Entry) -> None:
        link = self.links.get(entry.value.get("socket", ""))
        if link is not None and entry.what == "broken":
            link.broken = entry

    def frame(self, seen: Seen) -> None:
        if (message := self._latest.get(seen.link)) is not None:
            message.frames.append(seen)

    # --- what is asked of them -------------------------------------------------------------------

    @property
    def claims(self) -> bool:
        """Whether the router says of messages that were handled that they were."""
        return any(message.claim and message.ends for message in self.messages)

    def finish(self) -> None:
        claims = self.claims
        for message in self.messages:
            self.message(message, claims=claims)

    def message(self, message: Message, *, claims: bool) -> None:
        """Judge one message. claims: see `told`."""
        raise NotImplementedError
