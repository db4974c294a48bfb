"""What a broadcast to a user reaches: all of their sockets, once, and nobody else's.

Which rule speaks of a socket depends on who else is there: of a user's that outlived an older one,
ISOLATION-9; where another socket of theirs breaks, stalls, comes or goes meanwhile, ROUTING-9;
otherwise ROUTING-8. A socket that is in trouble itself owes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from goldenpath.checkers.base import Check
from goldenpath.checkers.broadcasting import Broadcast, Broadcasts, Socket
from goldenpath.checkers.refusals import parsed
from goldenpath.checkers.same import shown
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.model import Kind, Outcome
from goldenpath.runs import Seen


class _Reaches(Broadcasts):
    """Base of the three rules about what a socket of the user must get."""

    rule: ClassVar[str]
    while_: ClassVar[str] = ""

    def finish(self) -> None:
        for broadcast in self.broadcasts:
            if not broadcast.nobody:
                self._to_the_user(broadcast)

    def _to_the_user(self, broadcast: Broadcast) -> None:
        for socket in self.owed(broadcast):
            if self.rule_of(socket, broadcast) != self.rule:
                continue
            self.tally.chance()
            count = broadcast.arrived[socket.link]
            if count != 1:
                often = "never" if count == 0 else f"{count} times"
                self.fail(broadcast, f"{often} reached {socket.link}")
            elif late := self.late(broadcast, socket):
                self.fail(broadcast, f"reached {socket.link} only after {late}")

    def late(self, broadcast: Broadcast, socket: Socket) -> str:
        """What it waited for, in words, if it is too late."""
        return ""

    def fail(self, broadcast: Broadcast, what: str) -> None:
        """Say what is wrong, and show the entries."""
        said = f"{self.while_}a broadcast to {broadcast.user} {what}"
        self.tally.fail(said, *broadcast.witness)


class _ReachesAll(_Reaches):
    """ROUTING-8. It says what is owed, for the others too."""

    rule = "ROUTING-8"

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._open: list[Broadcast] = []

    def answered(self, broadcast: Broadcast) -> None:
        if not broadcast.nobody:
            broadcast.awaited = [socket.link for socket in self.owed(broadcast)]
            self._open.append(broadcast)

    def owes(self) -> list[str]:
        self._open = [broadcast for broadcast in self._open if self._missing(broadcast)]
        return [
            f"{broadcast.user}: broadcast {broadcast.asked.step} at {link}"
            for broadcast in self._open
            for link in self._missing(broadcast)
        ]

    def _missing(self, broadcast: Broadcast) -> list[str]:
        """The sockets that it has not reached yet, and still can."""
        return [
            link
            for link in broadcast.awaited
            if not broadcast.arrived[link] and self.sockets[link].gone is None
        ]

    def finish(self) -> None:
        super().finish()
        for broadcast in self.broadcasts:
            others = [s for s in self.sockets.values() if s.user != broadcast.user]
            listening = [s for s in others if s.there(broadcast.asked.index)]
            self.tally.chance(len(listening) if not broadcast.nobody else 0)
            strangers = [s.link for s in others if broadcast.arrived[s.link]]
            if strangers and not broadcast.nobody:
                self.fail(broadcast, f"reached {', '.join(strangers)}")


class _ReachesTheOthers(_Reaches):
    """ROUTING-9: nor does it wait for a socket that has stalled."""

    rule, while_ = "ROUTING-9", "while another socket of theirs came, went, broke or had stalled "

    def finish(self) -> None:
        super().finish()
        if not self.everybody and not any(map(self._two, self.broadcasts)):
            self.tally.excuse = (Outcome.UNOBSERVABLE, "no user has two sockets at a time")

    def _two(self, broadcast: Broadcast) -> bool:
        """Whether its user had several sockets."""
        theirs = (s for s in self.sockets.values() if s.user == broadcast.user)
        return sum(socket.there(broadcast.asked.index) for socket in theirs) > 1

    def late(self, broadcast: Broadcast, socket: Socket) -> str:
        begin, got = broadcast.asked.index, broadcast.first[socket.link]
        for other in self.sockets.values():
            for since, until in other.trouble:
                if until is not None and since < begin < until < got:
                    return f"the trouble of {other.link} was over"
        return ""


class _ReachesTheNew(_Reaches):
    """ISOLATION-9."""

    rule, while_ = "ISOLATION-9", "after an older socket of theirs had gone "


class _ReachesNobody(Broadcasts):
    """ISOLATION-7."""

    def finish(self) -> None:
        for broadcast in self.broadcasts:
            if not broadcast.nobody:
                continue
            begin = broadcast.asked.index
            self.tally.chance(any(socket.there(begin) for socket in self.sockets.values()))
            if links := sorted(broadcast.arrived):
                self.tally.fail(
                    f"a broadcast to {broadcast.nobody} reached {', '.join(links)}",
                    *broadcast.witness,
                )


#: Words for an event that is told again.
_MARKS = frozenset({"recovered", "replayed", "replay", "is_replay", "missed", "redelivered"})


class _MissedComesLater(Broadcasts):
    """RECOVERY-5: what was told to a user of whom no socket was there comes over the next one. What
    is told while that is being connected is not lost, in whichever order it comes.
    """

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._marked: set[int] = set()

    def frame(self, seen: Seen) -> None:
        super().frame(seen)
        if is_marked(seen.entry.value):
            self._marked.add(seen.entry.index)

    def finish(self) -> None:
        latest: dict[str, tuple[int, int]] = {}
        for broadcast in self.broadcasts:
            socket = self._next_of(broadcast)
            if socket is None or broadcast.nobody:
                continue
            self.tally.chance()
            link = socket.link
            count, first = broadcast.arrived[link], broadcast.first.get(link, -1)
            if count != 1:
                often = "never" if count == 0 else f"{count} times"
                self._fail(broadcast, f"came {often} over {link}")
                continue
            if socket.opened < broadcast.asked.index:
                continue
            asked, before = latest.get(link, (-1, -1))
            if first < before:
                self._fail(broadcast, f"came over {link} before what was told earlier", asked)
            if first not in self._marked:
                self._fail(broadcast, f"came over {link} without a mark")
            latest[link] = broadcast.asked.index, first

    def _next_of(self, broadcast: Broadcast) -> Socket | None:
        """The socket over which its user came back, if they had been here and were away, and it is
        still there.
        """
        at = broadcast.asked.index
        theirs = [s for s in self.sockets.values() if s.user == broadcast.user]
        before = any(socket.since is not None and socket.since < at for socket in theirs)
        if not before or any(socket.there(at) for socket in theirs):
            return None
        later = [s for s in theirs if s.since is not None and s.since > at]
        return next((s for s in later[:1] if s.gone is None or s.gone > broadcast.end), None)

    def _fail(self, broadcast: Broadcast, what: str, *more: int) -> None:
        said = f"what {broadcast.user} missed {what}"
        self.tally.fail(said, *broadcast.witness, *more)


def is_marked(text: Any) -> bool:
    """Whether a frame says that it is told again: by a true value under one of the marks, itself or
    in one of its parts.
    """
    frame = parsed(text)
    if not isinstance(frame, Mapping):
        return False
    parts = (frame, *(part for part in frame.values() if isinstance(part, Mapping)))
    return any(part.get(mark) is True for part in parts for mark in _MARKS)


class _Claims(Broadcasts):
    """DELIVERY-6a: a number is that of the sockets it arrived at, a yes or no whether there was
    one. Where a socket came, went or was in trouble meanwhile less may be right; more than ever
    arrived is right only where one went or broke, and took it along.
    """

    def finish(self) -> None:
        for broadcast in self.broadcasts:
            answer = broadcast.answered
            if answer is not None and answer.kind is Kind.OK:
                self._look(broadcast, answer.value["value"])

    def _look(self, broadcast: Broadcast, claimed: Any) -> None:
        if not isinstance(claimed, bool | int):
            said = "its broadcasts claim nothing by a number, nor by yes or no"
            self.tally.excuse = (Outcome.UNOBSERVABLE, said)
        elif self._calm(broadcast) or (claimed and self._all_live(broadcast)):
            self._compare(broadcast, claimed)

    def _all_live(self, broadcast: Broadcast) -> bool:
        """Whether each socket of its user had the time to get it: none has broken since, one that
        stalled flows again, and something that was told later has arrived.
        """
        begin, end = broadcast.asked.index, broadcast.end
        theirs = (s for s in self.sockets.values() if s.user == broadcast.user and s.there(begin))
        later = [each for each in self.broadcasts if each.asked.index > end]
        return all(
            not socket.broken
            and all(until is not None for _, until in socket.trouble)
            and any(socket.link in each.arrived for each in later)
            for socket in theirs
        )

    def _calm(self, broadcast: Broadcast) -> bool:
        """Whether all sockets that it is about stayed as they were; one that was broken all the
        time got nothing. Where it is for nobody each of them may be one that it reaches.
        """
        begin, end = broadcast.asked.index, broadcast.end
        return not any(
            self._busy(socket, begin, end) and not socket.lies_broken(begin, end)
            for socket in self.sockets.values()
            if broadcast.nobody or socket.user == broadcast.user
        )

    def _compare(self, broadcast: Broadcast, claimed: bool | int) -> None:
        self.tally.chance()
        begin = broadcast.asked.index  # what is told again to who comes later was not claimed
        there = (link for link, socket in self.sockets.items() if socket.there(begin))
        arrived = sum(broadcast.arrived[link] for link in there)
        got = arrived > 0 if isinstance(claimed, bool) else arrived
        if claimed > got or (claimed != got and self._calm(broadcast)):
            self.tally.fail(
                f"a broadcast to {broadcast.nobody or broadcast.user} claims {shown(claimed)}, and"
                f" {arrived} arrived",
                *broadcast.witness,
            )


CHECKS = (
    Check("ISOLATION-7", fold=_ReachesNobody),
    Check("ISOLATION-9", fold=_ReachesTheNew),
    Check("ROUTING-8", fold=_ReachesAll),
    Check("ROUTING-9", fold=_ReachesTheOthers),
    Check("DELIVERY-6a", fold=_Claims),
    Check("RECOVERY-5", fold=_MissedComesLater),
)
