"""Scenes that many tests build their histories of: what alice does, and bob beside her."""

from __future__ import annotations

from typing import Any

from goldenpath.model import Kind
from tests.build import (
    ALICE,
    BOB,
    Line,
    asked,
    bare,
    call,
    closed,
    ended,
    event,
    hung,
    invoke,
    lost,
    registered,
    run,
    session,
    started,
    token_of,
    told,
    tool,
    up,
)

# --- how a history begins ------------------------------------------------------------------------


def dispatcher(*lines: Line, **more: Any) -> list[Line]:
    """A session of alice (entries 0 to 2), then these lines from entry 3 on."""
    return [*session(ALICE, **more), *lines]


def agent(*lines: Line, calls: int = 1, **more: Any) -> list[Line]:
    """A link (entry 0) and a run of so many calls (1), then these lines from entry 2 on."""
    return [up(ALICE), run(ALICE, *range(16, 16 + calls), **more), *lines]


def linked(*lines: Line) -> list[Line]:
    """A link of alice (entry 0), then these lines from entry 1 on."""
    return [up(ALICE), *lines]


#: The same with a run of which nobody knows what calls it is to make: entries 0 and 1.
BEGIN = linked(run(ALICE))

#: Both users have a session: alice's are entries 0 to 2, bob's 3 to 5.
TWO = [*session(ALICE), *session(BOB)]


def two(*lines: Line) -> list[Line]:
    """Both users have a session and bob has asked once (6 to 11); these lines from 12 on."""
    return [*TWO, *call(BOB), *lines]


NO_TRANSPORT = invoke(ALICE, "create", tools=["lookup"], transport="absent")

# --- a call of alice's ---------------------------------------------------------------------------

T16, T17 = token_of(ALICE, 16), token_of(ALICE, 17)

AT_WORK = [asked(ALICE), started(ALICE)]

#: In truth, its tool ran and ended well.
TRUTH = [started(ALICE), ended(ALICE)]


def good(result: Any) -> list[Line]:
    """In truth, its tool returned this."""
    return [started(ALICE), ended(ALICE, result=result)]


def nameless(what: str, **more: Any) -> Line:
    """Its tool did something, and the canary was lost."""
    return tool(ALICE, what, None, **more)


def silent(number: int = 16) -> list[Line]:
    """A call of which nothing is shown."""
    return [asked(ALICE, number), started(ALICE, number), ended(ALICE, number), told(ALICE, number)]


#: Its caller gave it up.
GAVE_UP = hung(ALICE, why="cancelled")

# --- events of alice's ---------------------------------------------------------------------------

STARTED, THINKING, FINISHED = (
    event(ALICE, name) for name in ("agent_started", "agent_thinking", "agent_completed")
)

#: What is left out of an event so that it does not tell its call from others.
NO_ID = {"call_id": None, "result": None, "parameters": None}

#: The events of a call, without any id.
BEGUN = bare(ALICE, "tool_executing", tool="lookup")
DONE = bare(ALICE, "tool_completed", tool="lookup", status="success")


def raw(value: Any, shape: str = "manager.send_to_user") -> Line:
    """A frame that holds whatever this is."""
    return (Kind.FRAME, "alice/1", None, shape, value)


# --- what else she does --------------------------------------------------------------------------

REGISTER = registered(ALICE, "echo", value={"form": "tool"})
CLEANUP = closed(ALICE)

#: She left her run before its end.
LEFT = lost(ALICE, "run", why="cancelled")

# --- judged as a whole ---------------------------------------------------------------------------

#: TOOL-1: the tool never ran.
RED = dispatcher(asked(ALICE), told(ALICE))
GREEN = [*session(ALICE, call(ALICE)), *session(BOB, call(BOB))]

# --- what is returned, and what is said ----------------------------------------------------------

#: Results that are false, and results all the same.
FALSY: list[Any] = [None, False, 0, 0.0, "", [], {}]

#: Why something is in doubt that could not arrive.
CUT = "the harness itself cut the link"
