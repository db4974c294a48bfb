"""Short words for writing histories in tests: who asked, what ran, what arrived, in which order."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec.structs import replace

from goldenpath import spec
from goldenpath.canary import mint
from goldenpath.capabilities import CAPABILITIES
from goldenpath.history import Footer, Header, History
from goldenpath.model import Entry, Kind, User

SEED = 7
YES = dict.fromkeys(CAPABILITIES, "yes")
NATIVE = dict.fromkeys(spec.FIVE, "native")

Line = tuple[Kind, str, str | None, str, Any]


def user(position: int, name: str = "") -> User:
    """A planted user with readable ids."""
    owner = f"00000{position}"
    name = name or ("alice", "bob", "carol", "dave")[position]
    return User(
        name=name,
        owner=owner,
        user_id=f"id-of-{name}",
        thread_id=f"thread_{mint(owner, 1)}",
        run_id=f"run-of-{name}",
    )


ALICE, BOB, CAROL = user(0), user(1), user(2)


def frame(to: User | str, event_type: str, of: User, **data: Any) -> Line:
    """A frame in envelope A-like form, of a run of `of`, that arrived at the link of `to`."""
    link = to if isinstance(to, str) else f"{to.name}/1"
    body = {"run_id": of.run_id, "thread_id": of.thread_id, "user_id": of.user_id, **data}
    text = json.dumps({"type": event_type, "data": body})
    return (Kind.FRAME, link, None, "manager.send_to_user", text)


def bare(to: User | str, event_type: str, **body: Any) -> Line:
    """A frame without any id, that arrived at the link of `to`."""
    link = to if isinstance(to, str) else f"{to.name}/1"
    return (Kind.FRAME, link, None, "tap.send", json.dumps({"type": event_type, **body}))


def up(who: User, link: int = 1) -> Line:
    """A link of the user goes up."""
    return (Kind.LINK, f"{who.name}/{link}", None, "up", {"user": who.name})


def down(who: User, link: int = 1) -> Line:
    """A link of the user goes down."""
    return (Kind.LINK, f"{who.name}/{link}", None, "down", {"user": who.name})


def fault(who: User, what: str = "cut") -> Line:
    """The harness broke something of this user's on purpose: cut a link, made a send raise."""
    return (Kind.FAULT, who.name, None, what, {})


def invoke(who: User, what: str, step: str = "", **value: Any) -> Line:
    """The harness asks for something."""
    return (Kind.INVOKE, who.name, step or f"{what}-{who.name}", what, value or None)


def ok(who: User, what: str, step: str = "", value: Any = None) -> Line:
    """... and was told that it succeeded."""
    return (Kind.OK, who.name, step or f"{what}-{who.name}", what, {"value": value})


def fail(
    who: User,
    what: str,
    step: str = "",
    text: str = "not allowed",
    type: str = "PermissionError",
    by: str = "exception",
    **more: Any,
) -> Line:
    """... and was told that it failed: by an exception, a failed result, a missing member."""
    value = {"by": by, "type": type, "text": text, **more}
    return (Kind.FAIL, who.name, step or f"{what}-{who.name}", what, value)


def lost(who: User, what: str, step: str = "", why: str = "deadline") -> Line:
    """... and nobody knows: it was cancelled, or did not come back."""
    value = {"why": why, "seconds": 5.0}
    return (Kind.LOST, who.name, step or f"{what}-{who.name}", what, value)


def tool(who: User, what: str, token: str | None, **more: Any) -> Line:
    """Ground truth of the planted tool `lookup`."""
    return (Kind.TOOL, who.name, None, what, {"tool": "lookup", "token": token, "run": 0, **more})


# --- one call of a dispatcher, line by line; the number tells calls apart ----------------------


def token_of(who: User, number: int = 16) -> str:
    """The canary of the call with this number."""
    return mint(who.owner, number)


def asked(who: User, number: int = 16, tool: str = "lookup", **more: Any) -> Line:
    """The user calls a tool; `more` may hold `via`, `form` or other parameters."""
    token = token_of(who, number)
    value = {"tool": tool, "token": token, "parameters": {"query": token}, **more}
    return invoke(who, "execute", f"call-{who.name}-{number}", **value)


def executing(who: User, number: int = 16, to: User | str | None = None, **data: Any) -> Line:
    """The call is announced."""
    token = token_of(who, number)
    wire = {"tool_name": "lookup", "call_id": token, "parameters": {"query": token}, **data}
    return frame(to or who, "tool_executing", who, **wire)


def started(who: User, number: int = 16, **more: Any) -> Line:
    """In truth, the tool starts."""
    token = token_of(who, number)
    return tool(who, "started", token, **{"parameters": {"query": token}, **more})


def acted(who: User, number: int = 16, **more: Any) -> Line:
    """In truth, the tool has its effect on the world."""
    return tool(who, "effect", token_of(who, number), **more)


def ended(who: User, number: int = 16, result: Any = "found", **more: Any) -> Line:
    """In truth, the tool ends well."""
    return tool(who, "ended", token_of(who, number), result=result, **more)


def broke(who: User, number: int = 16, error: str = "it broke", **more: Any) -> Line:
    """In truth, the tool fails."""
    return tool(who, "failed", token_of(who, number), error=error, **more)


def stopped(who: User, number: int = 16, **more: Any) -> Line:
    """In truth, the tool is cancelled."""
    return tool(who, "cancelled", token_of(who, number), **more)


def completed(who: User, number: int = 16, to: User | str | None = None, **data: Any) -> Line:
    """The call is reported: a success with the right result, unless `data` says otherwise."""
    wire = {"tool_name": "lookup", "call_id": token_of(who, number)}
    said = {"status": "success", "result": "found"}
    return frame(to or who, "tool_completed", who, **{**wire, **said, **data})


def told(who: User, number: int = 16, value: Any = "found") -> Line:
    """The caller gets a result."""
    return ok(who, "execute", f"call-{who.name}-{number}", value)


def refused(who: User, number: int = 16, **how: Any) -> Line:
    """The caller gets an exception or a failed result."""
    return fail(who, "execute", f"call-{who.name}-{number}", **how)


def hung(who: User, number: int = 16, why: str = "deadline") -> Line:
    """The caller gets nothing: cancelled, or past the deadline."""
    return lost(who, "execute", f"call-{who.name}-{number}", why)


# --- several sessions of one user -----------------------------------------------------------------


def sibling(who: User, which: str = "second") -> User:
    """The same user in another session of theirs: with a run and a thread of its own."""
    run_id, thread_id = f"{which}-run-of-{who.name}", f"{who.thread_id}_{which}"
    return replace(who, run_id=run_id, thread_id=thread_id)


def in_session(lines: Iterable[Line], which: str = "second") -> list[Any]:
    """The same lines in another session of their user, whose link is the same."""
    return [
        line
        if line[0] in (Kind.FRAME, Kind.LINK)
        else (*line[:2], line[2] and f"{line[2]} ({which})", *line[3:], which)
        for line in lines
        if line[0] is not Kind.LINK
    ]


# --- what else a user may ask of a session --------------------------------------------------------


def closed(who: User, what: str = "cleanup", step: str = "") -> list[Line]:
    """The session is cleaned up, or its context left."""
    return [invoke(who, what, step), ok(who, what, step)]


def registered(
    who: User, name: str, *, value: Any = None, answer: Line | None = None, **more: Any
) -> list[Line]:
    """A tool is registered, with success unless `answer` says otherwise."""
    return [invoke(who, "register", tool=name, **more), answer or ok(who, "register", value=value)]


# --- a run of an agent, line by line -----------------------------------------------------------


def run(who: User, *numbers: int, golden: bool = False, **more: Any) -> Line:
    """The user asks an agent, which is to make calls with these numbers."""
    tokens = [token_of(who, number) for number in numbers]
    calls = [{"id": t, "tool": "lookup", "arguments": {"query": t}, "token": t} for t in tokens]
    value = {
        "run_id": who.run_id,
        "thread_id": who.thread_id,
        "plan": {"rounds": [calls], "answer": "so it is"},
        "golden": golden,
        **more,
    }
    return invoke(who, "run", **value)


def event(who: User, event_type: str, to: User | str | None = None, **data: Any) -> Line:
    """An event of the user's run."""
    return frame(to or who, event_type, who, **data)


def answer(who: User) -> Line:
    """The run returns its answer to the caller."""
    return ok(who, "run", value="so it is")


def agent_run(who: User, calls: int = 2) -> list[Line]:
    """A correct golden run of an agent, from the link going up to the answer."""
    tokens = [mint(who.owner, 16 + n) for n in range(calls)]
    planned = [
        {"id": f"call_{t}", "tool": "lookup", "arguments": {"query": t}, "token": t} for t in tokens
    ]
    step = f"run-{who.name}"
    asked = {
        "run_id": who.run_id,
        "thread_id": who.thread_id,
        "plan": {"rounds": [[c] for c in planned], "answer": "so it is"},
        "golden": True,
    }
    lines = [up(who), (Kind.INVOKE, who.name, step, "run", asked)]
    seq = itertools.count(1)
    lines.append(frame(who, "agent_started", who, seq=next(seq)))
    for call in planned:
        token = call["token"]
        given = {"tool_name": "lookup", "call_id": call["id"]}
        lines += [
            frame(who, "agent_thinking", who, seq=next(seq), reasoning="hm"),
            frame(who, "tool_executing", who, seq=next(seq), **given, parameters=call["arguments"]),
            tool(who, "started", token, parameters=call["arguments"]),
            tool(who, "ended", token, result={"found": token}),
            frame(
                who,
                "tool_completed",
                who,
                seq=next(seq),
                **given,
                status="success",
                result={"found": token},
            ),
        ]
    lines.append(frame(who, "agent_completed", who, seq=next(seq), result="so it is"))
    lines.append((Kind.OK, who.name, step, "run", {"value": "so it is"}))
    return lines


def session(
    who: User,
    *calls: list[Line],
    tools: Sequence[str] = ("lookup",),
    transport: str = "working",
    **more: Any,
) -> list[Line]:
    """A dispatcher's session: created (three lines), used, and left open."""
    value = {
        "run_id": who.run_id,
        "thread_id": who.thread_id,
        "tools": list(tools),
        "transport": transport,
        **more,
    }
    step = f"create-{who.name}"
    return [
        up(who),
        (Kind.INVOKE, who.name, step, "create", value),
        (Kind.OK, who.name, step, "create", {"value": "It"}),
        *(line for call in calls for line in call),
    ]


def call(who: User, number: int = 16, *, result: Any = "found", returned: Any = ...) -> list[Line]:
    """A correct call of a dispatcher, with both its events."""
    return [
        asked(who, number),
        executing(who, number),
        started(who, number),
        ended(who, number, result),
        completed(who, number, result=result),
        told(who, number, result if returned is ... else returned),
    ]


def history(
    lines: Iterable[Line],
    *users: User,
    kind: str = "dispatcher",
    proves: Sequence[str] = (),
    whole: bool = True,
    **header: Any,
) -> History:
    """Number the lines and put header and footer around them."""
    entries = tuple(Entry(n, n * 1000, *line) for n, line in enumerate(lines))
    head = Header(
        target="a test",
        kind=kind,
        workload="written by hand",
        proves=tuple(proves),
        seed=SEED,
        card={**YES, **header.pop("card", {})},
        events={**NATIVE, **header.pop("events", {})},
        users=users or (ALICE, BOB),
        **header,
    )
    return History(head, entries, Footer(entries=len(entries)) if whole else None)
