"""The words of goldenpath: small frozen records that every other module speaks in.

The data flows one way: a Step is performed, Entries are recorded, Events are decoded from them,
Findings are drawn from those, and Verdicts are what is reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

#: What is recorded in place of something that JSON cannot hold: {NOT_JSON: what it was}.
NOT_JSON = "__not_json__"

#: What a FAULT is about where the consumer of a run left it before its end.
LEFT = "left"

#: ... and where the harness cut a user's link as a network does, once what was owed had come.
DROPPED = "dropped"
#: ... where a user's link is clogged: events reach it, and whoever sends one waits; where the first
#: of them does; and where it flows again.
CLOGGED, HELD, FLOWS = "clogged", "held", "flows"

#: A note that something was logged as a warning or an error.
LOGGED = "logged"


class Kind(StrEnum):
    """What an entry of the history is about."""

    INVOKE = "INVOKE"  # the harness asked for something
    OK = "OK"  # ... and it succeeded, as far as the caller was told
    FAIL = "FAIL"  # ... and it failed: an exception or a failed result
    LOST = "LOST"  # ... and nobody knows whether it happened
    TOOL = "TOOL"  # ground truth: a planted tool started, ended, failed, was cancelled
    FRAME = "FRAME"  # something arrived at a link; the value is the raw text
    LINK = "LINK"  # a link went up or down
    FAULT = "FAULT"  # the harness broke something on purpose
    MEASURE = "MEASURE"  # a figure, or a note of the harness about itself


class Outcome(StrEnum):
    """The answer that a verdict gives."""

    PASS = "PASS"  # noqa: S105 - an outcome, not a password
    FAIL = "FAIL"
    KNOWN = "KNOWN"  # fails, as the known-failing list says
    UNKNOWN = "UNKNOWN"  # should have been tested and could not be
    UNSUPPORTED = "UNSUPPORTED"  # the capability is not declared
    UNOBSERVABLE = "UNOBSERVABLE"  # cannot be seen at this reach
    NOT_RUN = "NOT_RUN"  # belongs to something that was not asked for


NEUTRAL = frozenset({Outcome.UNSUPPORTED, Outcome.UNOBSERVABLE, Outcome.NOT_RUN})


class Level(StrEnum):
    """How binding a rule is (RFC 2119)."""

    MUST = "MUST"
    SHOULD = "SHOULD"


class Status(StrEnum):
    """What an event says of how a call went; the words of the wire are mapped to these."""

    SUCCESS = "success"
    ERROR = "error"
    CANCELLED = "cancelled"
    TIMEOUT = "timeout"
    PROGRESS = "progress"


class Event(msgspec.Struct, frozen=True, gc=False):
    """One of the five events (or another terminal form), decoded from a frame.

    Every field except `type` is None where the frame does not say it. `user` is only what the
    wire claims; whom a run belongs to is decided by who invoked it (DESIGN, rule of truth 1).
    `time` is what it says of when it was made, as it stands there: (number of the place, value).
    """

    type: str
    run: str | None = None
    user: str | None = None
    thread: str | None = None
    call: str | None = None
    tool: str | None = None
    status: Status | None = None
    seq: int | None = None
    parameters: Any = None
    result: Any = None
    error: Any = None
    text: str | None = None
    time: tuple[int, Any] | None = None


class Step(msgspec.Struct, frozen=True):
    """What a workload asks for. `lanes` is only used by the action `together`."""

    id: str
    actor: str
    action: str
    args: Mapping[str, Any] = {}
    lanes: tuple[tuple[Step, ...], ...] = ()

    @property
    def session(self) -> str:
        """Which of the actor's sessions it is about, where they have several at once."""
        named: str = self.args.get("session", "")
        return named

    @property
    def who(self) -> str:
        """The actor, and which of their sessions: what is kept for each session is kept by this."""
        return whose(self.actor, self.session)


def whose(actor: str, session: str) -> str:
    """A user's one session, or one of several that they have at once, as it is shown."""
    return f"{actor} ({session})" if session else actor


def patience(args: Mapping[str, Any], deadline: float) -> float:
    """The seconds that a step with these arguments has, where a call has `deadline` seconds: each
    round of a plan adds a fifth, since a real agent asks its model between rounds; a step that is
    many calls says how many deadlines it needs, and one that waits for a timeout of the target's
    own the seconds of that.
    """
    rounds = len((args.get("plan") or {}).get("rounds", ()))
    deadlines: float = args.get("deadlines", 1)
    timeout: float = args.get("timeout", 0)
    return (deadlines + rounds / 5) * deadline + timeout


class Entry(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One flat line of a history.

    index: position in the history, from 0. at: nanoseconds of one monotonic clock.
    actor: the user, or for FRAME and LINK the link (`alice/1`). step: the step it answers, if any.
    what: the action, the transport shape, or what a tool did. value: JSON data. session: which of
    the actor's sessions it is about, where they have several at once; of a tool, which of them it
    was planted for. waited: nanoseconds so far that the machine had no time for us, where that is
    asked for.
    """

    index: int
    at: int
    kind: Kind
    actor: str
    step: str | None
    what: str
    value: Any = None
    session: str = ""
    waited: int = 0

    @property
    def who(self) -> str:
        """The actor, and which of their sessions: what is kept for each session is kept by this."""
        return whose(self.actor, self.session)

    @property
    def missing(self) -> bool:
        """Whether it is the answer that there is no such member to be asked."""
        return self.kind is Kind.FAIL and bool(self.value["by"] == "missing")

    @property
    def given_up(self) -> bool:
        """Whether there is no answer, because the caller gave up: the harness cancelled it."""
        return self.kind is Kind.LOST and bool(self.value["why"] == "cancelled")

    @property
    def hung(self) -> bool:
        """Whether there is no answer, because it did not come by the deadline."""
        return self.kind is Kind.LOST and bool(self.value["why"] == "deadline")


class Rule(msgspec.Struct, frozen=True):
    """One requirement. `needs` names the capabilities without which it cannot be tested."""

    id: str
    level: Level
    text: str
    source: str
    needs: tuple[str, ...] = ()

    @property
    def family(self) -> str:
        """The part of the id before its last dash: `TOOL` of `TOOL-1`."""
        return self.id.rpartition("-")[0]


class Finding(msgspec.Struct, frozen=True):
    """One way in which a rule was broken. `witness` holds entry indexes, smallest first."""

    rule: str
    message: str
    witness: tuple[int, ...] = ()
    replay: str = ""


class Verdict(msgspec.Struct, frozen=True):
    """What is said of one rule over one history, or over several when merged.

    opportunities: how often the rule could have been broken. proves: the workload was built to
    test this rule. more: findings beyond those that are listed. statistics: figures by name.
    """

    rule: str
    level: Level
    workload: str
    outcome: Outcome
    reason: str = ""
    opportunities: int = 0
    proves: bool = False
    findings: tuple[Finding, ...] = ()
    more: int = 0
    statistics: Mapping[str, float] = {}


class User(msgspec.Struct, frozen=True):
    """A planted user, as the history's header keeps it. `owner` is the hex mark of its canaries.

    An id that is None is not known to the harness (a live endpoint chooses its own).
    """

    name: str
    owner: str
    user_id: str | None = None
    thread_id: str | None = None
    run_id: str | None = None
