"""What the ledger gathers of a history: frames, and the calls and runs that they belong to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from goldenpath.canary import Token, find
from goldenpath.model import Entry, Event, Kind, whose


class Seen(msgspec.Struct, eq=False):
    """A frame as the checkers see it. link is "" where it reached nobody.

    user: whose link it is. owner: whose run it belongs to. problem: why it cannot be read.
    also: further ids and times that it holds. wrong: what is wrong with its fields, in words.
    """

    entry: Entry
    link: str
    user: str
    event: Event | None
    tokens: tuple[Token, ...]
    problem: str = ""
    kind: str = ""
    text: str = ""
    also: tuple[tuple[str, Any], ...] = ()
    wrong: tuple[str, ...] = ()
    owner: str = ""
    run: Run | None = None
    call: Call | None = None
    late: bool = False


class Call(msgspec.Struct, eq=False):
    """One tool call from all sides: who asked, what really ran, what was shown.

    round: of a planned call the number of its round, from 1. stray: nobody asked for it, and its
    tool is one that is planted. held: whether the session had the tool when it was asked. proven:
    and had run it before, through the same member and without a failure, so that nothing but this
    call's own parameters can be in its way. beside: another caller of the same session was waiting
    meanwhile. twin: it was under way beside a call that equals it, so that which execution is whose
    is of no account, and cannot be told. unheard: it was asked for when the harness had dropped its
    user's link, so that nothing of it can arrive. forsaken: its caller had given up while an event
    was being sent, and that lasted until now: from here on the target knows.
    """

    run: Run
    tool: str
    token: str = ""
    wire_id: str = ""
    asked: Entry | None = None
    planned: dict[str, Any] | None = None
    round: int = 0
    stray: bool = False
    held: bool = False
    proven: bool = False
    answered: Entry | None = None
    starts: list[Entry] = []
    effects: list[Entry] = []
    ends: list[Entry] = []
    executing: list[Seen] = []
    completed: list[Seen] = []
    ambiguous: bool = False
    settled: bool = False
    beside: bool = False
    twin: bool = False
    unheard: bool = False
    forsaken: Entry | None = None

    @property
    def owner(self) -> str:
        """The user whose run made the call."""
        return self.run.owner

    @property
    def void(self) -> bool:
        """Whether it was refused and left no trace, so that nothing of it is still to come."""
        refused = self.answered is not None and self.answered.kind is Kind.FAIL
        return refused and not (self.starts or self.executing or self.completed)

    @property
    def parameters(self) -> Any:
        """What the tool was asked with; left out means {} (DESIGN section 9)."""
        if self.asked is not None:
            return self.asked.value.get("parameters") or {}
        return (self.planned or {}).get("arguments") or {}

    @property
    def via(self) -> str:
        """The member of a dispatcher through which it was made."""
        via: str = self.asked.value.get("via", "execute_tool") if self.asked else ""
        return via

    @property
    def plain(self) -> bool:
        """Whether it was made to try the tool, and not a form of calling."""
        return self.asked is not None and "form" not in self.asked.value

    @property
    def phantom(self) -> bool:
        """Whether it was announced and reported though nobody made it, and it never ran."""
        if not self.stray or self.starts or not (self.executing and self.completed):
            return False
        alike = [call for call in self.run.calls if call.tool == self.tool]
        ran = sum(len(call.starts) for call in alike) + len(self.run.unplaced)
        shown = sum(len(call.completed) for call in alike if call.starts or call.stray)
        return shown > ran  # else it may be an execution that was taken for another call's

    @property
    def refused(self) -> bool:
        """Whether its caller was told that it failed, though the tool was held and never ran; not
        where its session was being cleaned up by then.
        """
        answered = self.answered
        if answered is None or answered.kind is not Kind.FAIL or answered.missing:
            return False
        closing = self.run.cleaning is not None and self.run.cleaning.index < answered.index
        return self.held and not self.starts and not closing

    @property
    def untraced(self) -> bool:
        """Whether it may have run: an execution of its tool could be this call's or another's."""
        return not self.starts and self.unsure

    @property
    def unsure(self) -> bool:
        """Whether what is missing of it, its start or its end, may be among what fits no call."""
        if self.starts and len(self.ends) >= len(self.starts):
            return False
        return any(deed.value["tool"] == self.tool for deed in self.run.unplaced)

    def equals(self, other: Call) -> bool:
        """Whether nothing tells the two apart: the same tool, asked by the same run with the same
        parameters, which hold no canary.
        """
        if self.run is not other.run or self.tool != other.tool:
            return False
        mine = repr(self.parameters)
        return mine == repr(other.parameters) and not find(mine)

    def forget(self) -> None:
        """Let go of what refers back to it, once it was judged: no circles for the collector."""
        self.executing, self.completed = [], []

    @property
    def first(self) -> int:
        """The index of the first entry that knows of this call."""
        entries = [e.index for e in (self.asked, self.run.asked) if e is not None]
        return entries[0] if entries else self.executing[0].entry.index


class Run(msgspec.Struct, eq=False):
    """One agent run, or one dispatcher session, whose calls belong to it.

    which: of several sessions of its owner at once. mixed: it was open beside another of its
    user's, and events came that name neither. by_way: events were taken for its own because of the
    way by which they came. beside: another session of its user was open meanwhile. unplaced:
    executions that fit no single call. ran, failed: by which member which tools did. cleaning,
    cleaned: when its session's end was asked for, and when it was told to be over; closing: steps
    that ask for it and have no answer yet, without which it is not over. waiting: callers of the
    session who have no answer yet; alone: the call of the only one. left: when its consumer left
    before the end; nobody is there then to be shown anything. dropped: the harness cut its user's
    link. forsaken: as of a call.
    """

    owner: str
    run_id: str | None
    thread: str | None
    asked: Entry
    transport: str = "working"
    which: str = ""
    session: bool = False
    golden: bool = False
    answered: Entry | None = None
    cleaning: Entry | None = None
    cleaned: Entry | None = None
    closing: set[str] = msgspec.field(default_factory=set)
    left: Entry | None = None
    dropped: bool = False
    forsaken: Entry | None = None
    tools: set[str] = msgspec.field(default_factory=set)
    ran: set[tuple[str, str]] = msgspec.field(default_factory=set)
    failed: set[tuple[str, str]] = msgspec.field(default_factory=set)
    events: list[Seen] = []
    wire_ids: list[str] = []
    calls: list[Call] = []
    by_wire_id: dict[str, Call] = {}
    shared_ids: set[str] = msgspec.field(default_factory=set)
    unpaired: list[Seen] = []
    unplaced: list[Entry] = []
    doubts: list[str] = []
    mixed: bool = False
    by_way: bool = False
    beside: bool = False
    faults: int = 0
    falters: bool = False
    waiting: int = 0
    alone: Call | None = None
    ended: bool = False
    settled: bool = False

    def begin(self, call: Call) -> None:
        """Note that a caller waits, beside others or alone."""
        call.beside = self.waiting > 0
        if self.alone is not None:
            self.alone.beside = True
        self.alone = None if self.waiting else call
        self.waiting += 1

    def answer(self, call: Call) -> None:
        """Note that a caller waits no more."""
        self.waiting -= 1
        if self.alone is call:
            self.alone = None

    def forget(self) -> None:
        """Let go of what refers back to it, once it was judged: no circles for the collector."""
        for call in self.calls:
            call.forget()
        self.calls, self.events, self.unpaired, self.by_wire_id = [], [], [], {}

    @property
    def who(self) -> str:
        """Its owner, and which of their sessions."""
        return whose(self.owner, self.which)

    @property
    def given_up(self) -> bool:
        """Whether its caller cancelled it."""
        return self.answered is not None and self.answered.given_up

    @property
    def cut(self) -> bool:
        """Whether the harness itself broke a link that was to work: what is missing is no loss."""
        return self.faults > 0 and self.transport == "working"

    @property
    def patchy(self) -> bool:
        """Whether the harness refused to send some of its events, and sent the rest."""
        return self.faults > 0 and self.falters

    @property
    def closed(self) -> bool:
        """Of a session, whether it was cleaned up, or was never made."""
        unmade = self.answered is not None and self.answered.kind is Kind.FAIL
        return self.session and (unmade or self.cleaned is not None)

    @property
    def open(self) -> bool:
        """Whether events of it are still to be expected."""
        return not (self.closed if self.session else self.ended)


def by_link(events: Iterable[Seen]) -> list[tuple[str, list[Seen]]]:
    """The events of each link, in the order of the links' names."""
    links: dict[str, list[Seen]] = {}
    for seen in events:
        here = links.get(seen.link)
        if here is None:
            links[seen.link] = [seen]
        else:
            here.append(seen)
    return sorted(links.items()) if len(links) > 1 else list(links.items())
