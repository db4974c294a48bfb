"""Short words for writing histories in tests: who asked, what ran, what arrived, in which order."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from typing import Any

from goldenpath import spec
from goldenpath.canary import mint
from goldenpath.history import Footer, Header, History
from goldenpath.judge import judge
from goldenpath.model import Entry, Kind, Outcome, User, Verdict

SEED = 7
YES = dict.fromkeys(spec.CAPABILITIES, "yes")
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


def up(who: User) -> Line:
    """The user's link goes up."""
    return (Kind.LINK, f"{who.name}/1", None, "up", {"user": who.name})


def tool(who: User, what: str, token: str, **more: Any) -> Line:
    """Ground truth of the planted tool `lookup`."""
    return (Kind.TOOL, who.name, None, what, {"tool": "lookup", "token": token, "run": 0, **more})


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


def session(who: User, *calls: list[Line], tools: Sequence[str] = ("lookup",)) -> list[Line]:
    """A dispatcher's session: created, used, and left open."""
    value = {"run_id": who.run_id, "thread_id": who.thread_id, "tools": list(tools)}
    step = f"create-{who.name}"
    return [
        up(who),
        (Kind.INVOKE, who.name, step, "create", value),
        (Kind.OK, who.name, step, "create", {"value": "It"}),
        *(line for call in calls for line in call),
    ]


def call(who: User, number: int = 16, *, result: Any = "found", returned: Any = ...) -> list[Line]:
    """A correct call of a dispatcher, with both its events."""
    token = mint(who.owner, number)
    given, step = {"query": token}, f"call-{who.name}-{number}"
    asked = {"tool": "lookup", "token": token, "parameters": given}
    wire = {"tool_name": "lookup", "call_id": token}
    value = result if returned is ... else returned
    return [
        (Kind.INVOKE, who.name, step, "execute", asked),
        frame(who, "tool_executing", who, **wire, parameters=given),
        tool(who, "started", token, parameters=given),
        tool(who, "ended", token, result=result),
        frame(who, "tool_completed", who, **wire, status="success", result=result),
        (Kind.OK, who.name, step, "execute", {"value": value}),
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


def verdicts(lines: Iterable[Line], *users: User, **more: Any) -> dict[str, Verdict]:
    """Judge the lines; the verdicts by rule."""
    return {v.rule: v for v in judge(history(lines, *users, **more))}


def red(lines: Iterable[Line], *users: User, **more: Any) -> set[str]:
    """The rules that fail."""
    found = verdicts(lines, *users, **more).values()
    return {v.rule for v in found if v.outcome is Outcome.FAIL}
