"""What the ledger gathers of a history: frames, and the calls and runs that they belong to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from goldenpath.canary import Token
from goldenpath.model import Entry, Event, Kind


@dataclass(slots=True, eq=False)
class Seen:
    """A frame as the checkers see it. link is "" where it reached nobody.

    user: whose link it is. owner: whose run it belongs to. misread: why the dialect cannot read it.
    """

    entry: Entry
    link: str
    user: str
    event: Event | None
    tokens: tuple[Token, ...]
    problem: str = ""
    kind: str = ""
    owner: str = ""
    run: Run | None = None
    call: Call | None = None
    late: bool = False


@dataclass(slots=True, eq=False)
class Call:
    """One tool call from all sides: who asked, what really ran, what was shown.

    held: whether the session had the tool when it was asked. proven: and had run it before.
    """

    run: Run
    tool: str
    token: str = ""
    asked: Entry | None = None
    planned: dict[str, Any] | None = None
    held: bool = False
    proven: bool = False
    answered: Entry | None = None
    starts: list[Entry] = field(default_factory=list)
    ends: list[Entry] = field(default_factory=list)
    executing: list[Seen] = field(default_factory=list)
    completed: list[Seen] = field(default_factory=list)
    ambiguous: bool = False
    settled: bool = False

    @property
    def owner(self) -> str:
        """The user whose run made the call."""
        return self.run.owner

    @property
    def parameters(self) -> Any:
        """What the tool was asked with; left out means {} (DESIGN section 9)."""
        if self.asked is not None:
            return self.asked.value.get("parameters") or {}
        return (self.planned or {}).get("arguments") or {}

    @property
    def plain(self) -> bool:
        """Whether it was made through execute_tool, to try the tool and not a form of calling."""
        return self.asked is not None and not {"via", "form"} & self.asked.value.keys()

    @property
    def refused(self) -> bool:
        """Whether its caller was told that it failed, though the tool was held and never ran."""
        answered = self.answered
        if answered is None or answered.kind is not Kind.FAIL or answered.value["by"] == "missing":
            return False
        return self.held and not self.starts

    @property
    def first(self) -> int:
        """The index of the first entry that knows of this call."""
        entries = [e.index for e in (self.asked, self.run.asked) if e is not None]
        return entries[0] if entries else self.executing[0].entry.index


@dataclass(slots=True, eq=False)
class Run:
    """One agent run, or one dispatcher session, whose calls belong to it."""

    owner: str
    run_id: str | None
    thread: str | None
    asked: Entry
    transport: str = "working"
    session: bool = False
    golden: bool = False
    answered: Entry | None = None
    cleaned: bool = False
    tools: set[str] = field(default_factory=set)
    ran: set[str] = field(default_factory=set)
    events: list[Seen] = field(default_factory=list)
    wire_ids: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    by_wire_id: dict[str, Call] = field(default_factory=dict)
    unpaired: list[Seen] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    faults: int = 0
    ended: bool = False
    settled: bool = False

    @property
    def open(self) -> bool:
        """Whether events of it are still to be expected."""
        return not (self.cleaned if self.session else self.ended)
