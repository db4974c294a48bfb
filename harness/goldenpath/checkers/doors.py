"""API: the ways in lead to the same place, and the way out is what the dispatcher says it is."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from goldenpath.canary import find
from goldenpath.checkers.base import ANSWERED, ASKED, UNTRACED, Check, Fold
from goldenpath.checkers.held import sayable
from goldenpath.checkers.same import same, shown
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.model import Entry, Kind
from goldenpath.runs import Call, Seen


class Came(NamedTuple):
    """What came of a call: what its caller was told, what ran, and what its user was shown."""

    told: str
    ran: tuple[str, ...]
    announced: int
    reported: tuple[str, ...]

    def __str__(self) -> str:
        ran = f"its tool {', '.join(self.ran)}" if self.ran else "its tool did not run"
        got = f"{self.announced} tool_executing and {len(self.reported)} tool_completed"
        status = f" ({', '.join(self.reported)})" if self.reported else ""
        return f"the call {self.told}, {ran}, its user got {got}{status}"


_TOLD = {Kind.OK: "succeeded", Kind.FAIL: "failed"}
_UNLIKE = {Kind.OK: " with another result than its tool's", Kind.FAIL: " without its tool's error"}


def _passed_on(call: Call, answered: Entry) -> bool:
    """Whether its caller got the tool's own result, or, in whichever words and of whichever type,
    its error or what shows that as its cause; it is found by the canary. Where there is neither
    nothing was to be passed on.
    """
    if answered.kind is Kind.OK:
        results = [end.value["result"] for end in call.ends if end.what == "ended"]
        if not results or not sayable(results):
            return True
        return any(same(answered.value["value"], result) for result in results)
    own = {token.text for end in call.ends for token in find(str(end.value.get("error")))}
    told = str([answered.value.get(part) for part in ("text", "value", "cause")])
    return not own or any(token in told for token in own)


def what_came(call: Call, answered: Entry) -> Came:
    """What came of a call that was answered."""
    reported = [seen for seen in call.completed if seen.user == call.owner]
    return Came(
        _TOLD[answered.kind] + ("" if _passed_on(call, answered) else _UNLIKE[answered.kind]),
        tuple(end.what for end in call.ends),
        sum(seen.user == call.owner for seen in call.executing),
        tuple(str(seen.event.status or "no status") for seen in reported if seen.event),
    )


class _SameBehindEachDoor(Fold):
    """API-6: of two calls that differ in nothing but the member through which they are made, the
    same comes. execute_tool is the control: where it does the same there is no difference, and
    where it does now this and now that nothing follows. Nor does it where the harness broke sends
    of the session, of one call in this way and of another in that.
    """

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._controls: dict[tuple[int, str], set[Came]] = {}
        self._cases: list[tuple[tuple[int, str], str, Came | None, int]] = []

    def call(self, call: Call) -> None:
        asked, answered = call.asked, call.answered
        if asked is None or answered is None or not call.plain or call.run.cut:
            return
        if call.ambiguous or call.twin or call.run.patchy:
            return
        if call.run.cleaning is not None and call.run.cleaning.index < answered.index:
            return
        if answered.kind is Kind.LOST:
            return
        if answered.missing:
            return
        key = (call.run.asked.index, _alike(call, asked))
        came = None if call.unsure else what_came(call, answered)
        if call.via != "execute_tool":
            self._cases.append((key, call.via, came, asked.index))
        elif came is not None:
            self._controls.setdefault(key, set()).add(came)

    def finish(self) -> None:
        for key, via, came, index in self._cases:
            controls = self._controls.get(key)
            if not controls:
                continue
            if came is None:
                self.tally.doubt(UNTRACED)
            elif len(controls) > 1 and came not in controls:
                self.tally.doubt("calls through execute_tool differ among themselves")
            else:
                self._compare(via, came, *controls, index=index)

    def _compare(self, via: str, came: Came, *controls: Came, index: int) -> None:
        self.tally.chance()
        if came not in controls:
            self.tally.fail(f"through {via} {came}; through execute_tool {controls[0]}", index)


def _alike(call: Call, asked: Entry) -> str:
    """What two calls have in common that differ in their canaries and their way in: the tool, held
    by their session or not, and the other parameters.
    """
    given = {k: v for k, v in (asked.value.get("parameters") or {}).items() if k != "query"}
    return f"{call.tool} {call.held} {json.dumps(given, sort_keys=True)}"


class _SupportIsTrue(Fold):
    """API-7: has_websocket_support against what reached the user in the same session, with a
    transport that works and with none; websocket_bridge is None exactly where there is no support.
    """

    kinds = ASKED | ANSWERED

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._sessions: dict[str, Entry] = {}
        self._said: list[tuple[Entry, Entry]] = []
        self._ran: set[int] = set()
        self._cut: set[int] = set()
        self._reached: set[int] = set()

    def entry(self, entry: Entry) -> None:
        if entry.kind is Kind.INVOKE and entry.what == "create":
            self._sessions[entry.who] = entry
        elif entry.what in ("cleanup", "leave"):
            self._sessions.pop(entry.who, None)  # what it says from then on binds nobody
        elif entry.what == "ask_support" and entry.kind in (Kind.OK, Kind.FAIL):
            session = self._sessions.get(entry.who)
            if session is not None:
                self._said.append((session, entry))

    def frame(self, seen: Seen) -> None:
        if seen.event is not None and seen.run is not None and seen.user == seen.owner:
            self._reached.add(seen.run.asked.index)

    def call(self, call: Call) -> None:
        if call.starts:
            self._ran.add(call.run.asked.index)
        if call.run.cut:
            self._cut.add(call.run.asked.index)

    def finish(self) -> None:
        for session, said in self._said:
            transport = session.value.get("transport", "working")
            told = session.index in self._ran and session.index not in self._cut
            if told and transport in ("working", "absent"):
                self._judge(session, transport, said)

    def _judge(self, session: Entry, transport: str, said: Entry) -> None:
        witness = (session.index, said.index)
        if said.kind is Kind.FAIL:
            self.tally.chance()
            self.tally.fail(
                "asked for has_websocket_support and websocket_bridge it raised"
                f" {said.value['type']}: {shown(said.value['text'])}",
                *witness,
            )
            return
        value: dict[str, Any] = said.value["value"]
        has, bridge = value["has"], value["bridge"]
        if has is None or bridge is None:
            return  # API-1 speaks of members that are not there
        self.tally.chance()
        reached = session.index in self._reached
        if not isinstance(has, bool):
            self.tally.fail(f"has_websocket_support: expected true or false, got {has}", *witness)
        elif has != reached:
            came = "its events reached the user" if reached else "no event reached the user"
            self.tally.fail(
                f"with the transport {transport} has_websocket_support says {has}, and {came}",
                *witness,
            )
        elif bridge != has:
            self.tally.fail(
                f"has_websocket_support says {has}, and websocket_bridge is"
                f" {'there' if bridge else 'None'}",
                *witness,
            )


CHECKS = (
    Check("API-6", fold=_SameBehindEachDoor),
    Check("API-7", fold=_SupportIsTrue),
)
