"""The planted transport: one for all users, routed by address. Targets see its shapes only.

An unknown address reaches nobody and is recorded.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from goldenpath.canary import RAISED
from goldenpath.jsonable import frame_value
from goldenpath.model import CLOGGED, FLOWS, HELD, Kind, User
from goldenpath.plant.tools import Gates
from goldenpath.recorder import Recorder

#: Seconds that each send to a slow user takes.
SLOW_SEND = 0.1


class LinkBroken(Exception):
    """What the planted transport raises that is none of Python's own."""


#: What a transport that falters raises, in turn: each library of the field has its own (a closed
#: socket, a queue that is full, a link that is gone). Their number is odd, so that each meets an
#: announcement as well as a report.
ERRORS: tuple[type[Exception], ...] = (
    ConnectionError,
    RuntimeError,
    TimeoutError,
    LinkBroken,
    ValueError,
)

#: Which sends of a transport that falters raise, over and over: of calls one after the other first
#: the report only, then the announcement only.
FALTERS = (False, True, True, False)

#: Letters of one frame that are recorded; longer ones are noted and make the verdict UNKNOWN.
MAX_FRAME = 4 << 20


class Transport:
    """Delivers messages to links, which are lines of the history."""

    def __init__(
        self,
        recorder: Recorder,
        users: Iterable[User],
        max_frame: int = MAX_FRAME,
        gates: Gates | None = None,
    ) -> None:
        self._recorder = recorder
        self._gates = Gates() if gates is None else gates
        self._max_frame = max_frame
        self._by_user_id = {user.user_id: user.name for user in users}
        self._by_run_id: dict[str, str] = {}
        self._links: dict[str, list[str]] = {}
        self._opened: dict[str, int] = {}
        self._conditions: dict[str, str] = {}
        self._clogs: dict[str, str] = {}
        self._held: set[str] = set()
        self._raises: dict[str, Iterator[type[Exception] | None]] = {}

    # --- links ---------------------------------------------------------------------------------

    def connect(self, name: str, condition: str, *, falters: bool = False) -> None:
        """Open a link of this user in place of any before it; `condition`: working, raising, slow
        or stalled. falters: where it raises, it does so now and then, and ever another error.
        """
        self.disconnect(name)
        self._opened[name] = self._opened.get(name, 0) + 1
        link = f"{name}/{self._opened[name]}"
        self._links.setdefault(name, []).append(link)
        self._conditions[name] = condition
        raises = _FALTERING if falters else _ALWAYS
        self._raises[name] = itertools.cycle(raises if condition == "raising" else _NEVER)
        self._recorder.record(Kind.LINK, link, None, "up", {"user": name})
        if condition in ("slow", "stalled"):
            self._recorder.record(Kind.FAULT, name, None, condition, {})

    def disconnect(self, name: str) -> None:
        """Close every link of this user."""
        for link in self._links.pop(name, []):
            self._recorder.record(Kind.LINK, link, None, "down", {"user": name})

    def linked(self, name: str) -> bool:
        """Whether this user has a link open."""
        return bool(self._links.get(name))

    def connected(self, user_id: object) -> bool:
        """Whether the user with this id has a link open."""
        return self.linked(self.name_of(user_id) or "")

    def clog(self, name: str, clog: str) -> None:
        """From now on whoever sends to this user waits, after the event has reached the link."""
        self._clogs[name] = clog
        self._recorder.record(Kind.FAULT, name, clog, CLOGGED, {})

    def unclog(self, name: str, given_up: str | None = None) -> None:
        """Let those go on who wait. given_up: the step whose caller gave up meanwhile; it is noted
        where somebody did wait, for else nothing follows.
        """
        clog = self._clogs.pop(name)
        value = {"given_up": given_up} if given_up and clog in self._held else {}
        self._recorder.record(Kind.FAULT, name, clog, FLOWS, value)
        self._gates.release(_clog_of(name, clog))

    # --- addresses -----------------------------------------------------------------------------

    def own_run(self, run_id: str, name: str) -> None:
        """Note that a run belongs to a user."""
        self._by_run_id[run_id] = name

    def name_of(self, user_id: object) -> str | None:
        """The user with this id, or None."""
        return self._by_user_id.get(user_id) if isinstance(user_id, str) else None

    def owner_of(self, run_id: object) -> str | None:
        """The user whom this run belongs to, or None."""
        return self._by_run_id.get(run_id) if isinstance(run_id, str) else None

    # --- delivery ------------------------------------------------------------------------------

    def deliver(self, name: str | None, shape: str, message: Any, session: str = "") -> bool:
        """Record the message at each link of this user, at once; True where somebody got it.
        session: whose own way it came, where it has no address.

        Raises ConnectionError where the user's transport was told to raise, or another of ERRORS
        where it falters.
        """
        if (error := next(self._raises.get(name or "", iter(_NEVER)))) is not None:
            self._recorder.record(Kind.FAULT, name or "", None, "raised", {"shape": shape})
            raise error(RAISED)
        value = frame_value(message, self._max_frame)
        links = self._links.get(name or "", [])
        for link in links or [""]:
            self._recorder.record(Kind.FRAME, link, None, shape, value, session)
        return bool(links)

    async def send(self, name: str | None, shape: str, message: Any, session: str = "") -> bool:
        """Deliver a message when this user takes it: at once, after a while, or never, of which the
        sender hears at the end of the workload.
        """
        condition = self._conditions.get(name or "")
        if condition == "slow":
            await asyncio.sleep(SLOW_SEND)
        elif condition == "stalled":
            await self._gates.wait(f"the stalled link of {name}")
            return False  # nobody has read it
        delivered = self.deliver(name, shape, message, session)
        if (clog := self._clogs.get(name or "")) is not None:
            await self._wait_out(name or "", clog)
        await asyncio.sleep(0)  # as a socket does that is drained: others get their turn meanwhile
        return delivered

    async def _wait_out(self, name: str, clog: str) -> None:
        """Wait as for a socket that is not drained: the event is in it already."""
        if clog not in self._held:
            self._held.add(clog)
            self._recorder.record(Kind.FAULT, name, clog, HELD, {"token": clog})
        await self._gates.wait(_clog_of(name, clog))


def _clog_of(name: str, clog: str) -> str:
    """The gate at which those wait who send to a clogged link."""
    return f"the link of {name}, clogged by {clog}"


def _now_and_then() -> tuple[type[Exception] | None, ...]:
    errors = itertools.cycle(ERRORS)
    return tuple(next(errors) if raises else None for raises in FALTERS * len(ERRORS))


#: What the sends raise of a transport that works, raises each time, or falters.
_NEVER, _ALWAYS, _FALTERING = (None,), ERRORS[:1], _now_and_then()
