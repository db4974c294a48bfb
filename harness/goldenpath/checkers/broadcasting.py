"""What a history says of broadcasts: which sockets were there, and what arrived at which of them.
The rules are in `broadcasts`: folds that look at it at the end.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from goldenpath.checkers.base import ANSWERED, ASKED, Fold
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.model import FLOWS, Entry, Kind
from goldenpath.runs import Seen


@dataclass(eq=False)
class Socket:
    """One socket. opened: when its client connected. since: when the connection was accepted. gone:
    when the client closed it, or the router did. trouble: when the harness broke or stalled it,
    until it flows again. broken: when that was breaking it.
    """

    link: str
    user: str
    opened: int
    since: int | None = None
    gone: int | None = None
    trouble: list[tuple[int, int | None]] = field(default_factory=list)
    broken: set[int] = field(default_factory=set)

    def there(self, at: int) -> bool:
        """Whether it was connected then."""
        return self.since is not None and self.since < at and (self.gone is None or self.gone > at)

    def troubled(self, begin: int, end: int) -> bool:
        """Whether it was in trouble at some time of these."""
        return any(
            since < end and (until is None or until > begin) for since, until in self.trouble
        )

    def lies_broken(self, begin: int, end: int) -> bool:
        """Whether it was broken all of the time."""
        return any(
            since in self.broken and since < begin and (until is None or until > end)
            for since, until in self.trouble
        )


@dataclass(eq=False)
class Broadcast:
    """One broadcast, and how often it arrived at which socket, and when first. awaited: the sockets
    that must still get it, once it was answered.
    """

    asked: Entry
    answered: Entry | None = None
    arrived: Counter[str] = field(default_factory=Counter)
    first: dict[str, int] = field(default_factory=dict)
    awaited: list[str] = field(default_factory=list)

    @property
    def user(self) -> str:
        """Whom it is for."""
        return self.asked.actor

    @property
    def nobody(self) -> str:
        """The recipient who is none; empty where there is one."""
        return str(self.asked.value.get("nobody", ""))

    @property
    def end(self) -> int:
        """The entry up to which it was under way."""
        return self.answered.index if self.answered is not None else 1 << 62

    @property
    def witness(self) -> tuple[int, ...]:
        """The entries that tell of it."""
        return (self.asked.index, *self.first.values())


class Broadcasts(Fold):
    """Base of the folds over broadcasts: gathers sockets, and what arrived at them."""

    kinds = ASKED | ANSWERED | frozenset({Kind.LINK, Kind.FAULT})

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self.sockets: dict[str, Socket] = {}
        self.broadcasts: list[Broadcast] = []
        self._by_token: dict[str, Broadcast] = {}
        self._by_step: dict[str, Broadcast] = {}
        self._connecting: dict[str, str] = {}
        self.everybody = header.card.get("fan_out") == "yes"

    # --- what comes in -------------------------------------------------------------------------

    def entry(self, entry: Entry) -> None:
        if entry.kind is Kind.LINK:
            self._linked(entry)
        elif entry.kind is Kind.FAULT:
            self._fault(entry)
        elif entry.what == "connect":
            self._connect(entry)
        elif entry.what == "broadcast":
            self._broadcast(entry)

    def _linked(self, entry: Entry) -> None:
        if entry.what == "up":
            self.sockets[entry.actor] = Socket(entry.actor, entry.value["user"], entry.index)
        elif (socket := self.sockets.get(entry.actor)) is not None:
            socket.gone = entry.index

    def _fault(self, entry: Entry) -> None:
        socket = self.sockets.get(entry.value.get("socket", ""))
        if socket is None:
            return
        if socket.trouble and socket.trouble[-1][1] is None:
            socket.trouble[-1] = (socket.trouble[-1][0], entry.index)
        if entry.what != FLOWS:
            socket.trouble.append((entry.index, None))
            socket.broken |= {entry.index} if entry.what == "broken" else set()

    def _connect(self, entry: Entry) -> None:
        if entry.kind is Kind.INVOKE:
            self._connecting[entry.step or ""] = entry.value["socket"]
        elif (link := self._connecting.pop(entry.step or "", "")) and entry.kind is Kind.OK:
            self.sockets[link].since = entry.index

    def _broadcast(self, entry: Entry) -> None:
        if entry.kind is Kind.INVOKE:
            broadcast = self._by_step[entry.step or ""] = Broadcast(entry)
            self._by_token[entry.value["token"]] = broadcast
            self.broadcasts.append(broadcast)
            return
        answered = self._by_step.pop(entry.step or "", None)
        if answered is None:
            return
        answered.answered = entry
        if entry.missing:
            self.broadcasts.remove(answered)
        else:
            self.answered(answered)

    def answered(self, broadcast: Broadcast) -> None:
        """Take note that it has come to its end."""

    def frame(self, seen: Seen) -> None:
        for token in seen.tokens:
            if (broadcast := self._by_token.get(token.text)) is not None:
                broadcast.arrived[seen.link] += 1
                broadcast.first.setdefault(seen.link, seen.entry.index)

    # --- what is asked of them -------------------------------------------------------------------

    def owed(self, broadcast: Broadcast) -> list[Socket]:
        """The sockets of its user that must get it: there all the time, and never in trouble. Where
        only the newest is promised an event, no older one takes its place.
        """
        begin, end = broadcast.asked.index, broadcast.end
        theirs = [s for s in self.sockets.values() if s.user == broadcast.user]
        came = [socket for socket in theirs if socket.since is not None and socket.since < begin]
        promised = came if self.everybody else came[-1:]
        there = (socket for socket in promised if socket.there(begin) and socket.there(end))
        return [socket for socket in there if not socket.troubled(begin, end)]

    def rule_of(self, socket: Socket, broadcast: Broadcast) -> str:
        """The rule that says whether this socket got it."""
        begin, end = broadcast.asked.index, broadcast.end
        others = [s for s in self.sockets.values() if s.user == socket.user and s is not socket]
        if any(self._busy(other, begin, end) for other in others):
            return "ROUTING-9"
        older = [s for s in others if s.since is not None and s.opened < socket.opened]
        outlived = any(s.gone is not None and socket.opened < s.gone < begin for s in older)
        return "ISOLATION-9" if outlived else "ROUTING-8"

    @staticmethod
    def _busy(other: Socket, begin: int, end: int) -> bool:
        """Whether it came, went or was in trouble while the broadcast was under way."""
        moved = any(at is not None and begin < at < end for at in (other.since, other.gone))
        return moved or (other.there(begin) and other.troubled(begin, end))
