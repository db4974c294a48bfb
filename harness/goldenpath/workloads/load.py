"""Much at once, or much in a row: bursts, slow users, many sessions, and how long it all takes."""

from __future__ import annotations

from typing import Any

from goldenpath import spec
from goldenpath.model import Step
from goldenpath.workloads.base import ONE, TWO, Workload, tiers
from goldenpath.workloads.script import Ask, Lane, Script

#: Seconds that the sessions of `many_sessions` may take at least, and sessions of a batch by which
#: there is one more: a slow target is not waited for, and a higher tier gives it more time.
_SECONDS, _A_SECOND = 5.0, 8

#: Users who take events slowly, or none.
_SLOW = 8

#: Of calls that are timed one in so many fails; so many are made at once, and so many in a row for
#: each such burst.
_FAILING, _AT_ONCE, _ROWS = 20, 22, 24


def _burst(script: Script, size: int) -> tuple[Lane, ...]:
    """One user makes many calls at once."""
    return (script.session("alice", [Ask("lookup") for _ in range(size)]),)


def _latency(script: Script, size: int) -> tuple[Lane, ...]:
    """One user makes many calls in a row, which are timed; some of tools that fail, where that is
    no affair of a whole run. Then many at once, again and again: how long the reports of a burst
    take counts once for the burst, so that a machine which stalls in it is no finding.
    """
    rows = [[Ask("lookup", more={"timed": True})] for _ in range(size)]
    if script.kind == "dispatcher":
        for row in rows[::_FAILING]:
            row[0] = Ask("explode", more={"timed": True})
    bursts = [
        [Ask("lookup", more={"timed": f"burst {number}"}) for _ in range(_AT_ONCE)]
        for number in range(size // _ROWS)
    ]
    return (script.session("alice", *rows, *bursts),)


def _slow_user(script: Script, size: int) -> tuple[Lane, ...]:
    """Some users take each event slowly, and then take none any more: enough of them to fill a
    place that all share. Another works beside, as fast as before.
    """
    _, bob, *_ = script.users
    lanes: dict[str, list[Step]] = {name: [] for name in script.users if name != bob}
    theirs: list[Step] = [*script.session(bob, *[[Ask("lookup")]] * 3)]
    for condition in ("slow", "stalled"):
        before = theirs[-1].id
        for name, lane in lanes.items():
            created = script.create(name, ["lookup"], condition)
            lane += [script.step(name, "join", step=before), created]
            lane += [*script.ask(name, [Ask("lookup")], golden=False), script.cleanup(name)]
            theirs.append(script.step(bob, "join", step=created.id))
        theirs += _beside(script, bob, size)
    return (*map(tuple, lanes.values()), tuple(theirs))


def _beside(script: Script, name: str, size: int) -> list[Step]:
    if script.kind == "dispatcher":
        return [*script.session(name, *[[Ask("lookup")]] * 5 * size)]
    sessions = (script.session(name, *[[Ask("lookup")]] * 3) for _ in range(2 * size))
    return [step for session in sessions for step in session]


def _claims(script: Script, size: int) -> tuple[Lane, ...]:
    """The session's own way to its user is asked to send, over each transport, and when the link is
    gone; another user listens meanwhile.
    """
    trouble: list[Step] = []
    for transport in ("working", "raising") * size:
        trouble.append(script.create("alice", transport=transport))
        trouble += script.ask("alice", [Ask("lookup")])
        trouble.append(_claim(script, "alice"))
        if transport == "working":
            trouble += [script.step("alice", "drop"), _claim(script, "alice")]
        trouble.append(script.cleanup("alice"))
    return (script.beside(*trouble),)


def _claim(script: Script, name: str) -> Step:
    token = script.token(name)
    return script.step(name, "claim", token=token, text=f"I think of {token}.")


def _many_sessions(script: Script, size: int) -> tuple[Lane, ...]:
    """Sessions of ever other users, one after the other; what is left of them is measured."""
    seconds = max(_SECONDS, size / _A_SECOND)
    query = f"what is {script.token('alice')}?"
    steps = _calls(query) if script.kind == "dispatcher" else [_run(query)]
    step = script.step(
        "alice",
        "grow",
        sessions=size,
        seconds=seconds,
        calls_per_block=spec.CALLS_PER_BLOCK,
        bytes_per_call=spec.BYTES_PER_CALL,
        fewest=spec.FEWEST_CALLS,
        **_lasting("working", steps),
        also=[_lasting("working", _given_up(script, query)), _lasting("absent", steps)],
        deadlines=12.0 + 2 * seconds,
    )
    return ((step,),)


def _lasting(transport: str, steps: list[dict[str, Any]]) -> dict[str, Any]:
    """A session over this transport, from its creation to its cleanup."""
    tools = ["lookup", "explode", "hold"]
    create = {"tools": tools, "thread_id": "a thread", "transport": transport}
    return {"create": create, "steps": [*steps, {"action": "cleanup", "args": {}}]}


def _given_up(script: Script, query: str) -> list[dict[str, Any]]:
    """A call or a run whose caller gives up in the middle; another call of a dispatcher works."""
    if script.kind != "dispatcher":
        return [{**_run(query, (("lookup",), ("lookup", "hold"))), "given_up": True}]
    held, works = (
        {"action": "execute", "args": {"tool": tool, "parameters": {"query": query}}}
        for tool in ("hold", "lookup")
    )
    return [{**held, "given_up": True}, works]


def _calls(query: str) -> list[dict[str, Any]]:
    """Through different members, one that fails, and one of a tool that is not there."""
    given = {"parameters": {"query": query}}
    calls = [{"tool": "lookup", "via": via, **given} for via in spec.VIAS]
    others = [{"tool": tool, **given} for tool in ("explode", "no_such_tool")]
    return [{"action": "execute", "args": c} for c in (*calls, *others)]


_ROUNDS = (("lookup",), ("lookup", "lookup"))


def _run(query: str, names: tuple[tuple[str, ...], ...] = _ROUNDS) -> dict[str, Any]:
    rounds = [
        [{"id": f"call_{i}_{j}", "tool": n, "arguments": {"query": query}} for j, n in enumerate(r)]
        for i, r in enumerate(names)
    ]
    plan = {"rounds": rounds, "answer": "This is the answer."}
    return {"action": "run", "args": {"message": "Please work.", "plan": plan}}


WORKLOADS = (
    Workload(
        name="burst",
        about="one user makes many calls at once",
        suite="recovery",
        proves={
            "dispatcher": ("DELIVERY-2", "DELIVERY-3", "DELIVERY-5"),
            "agent": ("DELIVERY-2", "DELIVERY-3", "DELIVERY-5"),
        },
        lanes=_burst,
        users=ONE,
        size=tiers(110, 150, 500),
    ),
    Workload(
        name="latency",
        about="one user makes many calls in a row, and bursts of calls, which are timed",
        suite="events",
        proves={"dispatcher": ("LATENCY-1", "LATENCY-2"), "agent": ("LATENCY-1", "LATENCY-2")},
        lanes=_latency,
        users=ONE,
        size=tiers(480, 1_000, 3_000),
    ),
    Workload(
        name="slow_user",
        about="users take events slowly, or not at all; another works beside",
        suite="recovery",
        proves={
            "dispatcher": ("RECOVERY-3", "RECOVERY-8", "RECOVERY-8a"),
            "agent": ("RECOVERY-3", "RECOVERY-8", "RECOVERY-8a"),
        },
        lanes=_slow_user,
        users=tiers(1 + _SLOW, 1 + _SLOW, 1 + _SLOW),
        size=tiers(1, 3, 5),
    ),
    Workload(
        name="claims",
        about="a session's own way to its user says what it delivered",
        suite="events",
        proves={"dispatcher": ("DELIVERY-6",)},
        lanes=_claims,
        users=TWO,
        size=tiers(1, 3, 10),
    ),
    Workload(
        name="many_sessions",
        about="sessions come and go, and what is left of them is measured",
        suite="recovery",
        proves={
            "dispatcher": ("RESOURCE-1", "RESOURCE-2", "RESOURCE-3"),
            "agent": ("RESOURCE-1", "RESOURCE-2", "RESOURCE-3"),
        },
        lanes=_many_sessions,
        users=ONE,
        size=tiers(40, 120, 480),
    ),
)
