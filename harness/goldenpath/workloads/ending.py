"""What was begun and has to end: siblings in trouble, tools that hang or block, early cleanup."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from goldenpath.model import Step
from goldenpath.spec import VIAS
from goldenpath.workloads.base import ONE, Workload, tiers
from goldenpath.workloads.script import Ask, Lane, Script
from goldenpath.workloads.sending import cleaned_up_midway

#: A timeout may be late by itself once more, and by this share of a call's deadline.
_LATE = 0.2

#: Names of parameters that whatever runs a function in a thread may have taken for its own.
_NAMES = ("func", "fn", "self", "args", "kwargs", "tool", "executor", "loop", "context", "timeout")


#: The tools of the caller who gives up or waits on, and which of the two gives up.
_PAIRS = ((("hold", "linger"), 0), (("hold", "hold"), 0), (("hold", "hold"), 1))


def _siblings(script: Script, size: int) -> tuple[Lane, ...]:
    """Of several callers at once one fails, two are refused, where that is tried, and one gives up;
    the other, who waits on, is right to expect an answer, be it of the same tool or of another. A
    target that makes one call after the other is not kept waiting.
    """
    name = "alice"
    lane: list[Step] = [script.create(name, ["explode", "hold", "linger", "lookup"])]
    lane.append(script.step(name, "register", tool="administer", forbidden=True))
    lane += script.ask(name, [Ask("lookup")])
    for tools, leaver in _PAIRS * size:
        calls = [script.execute(name, Ask(tool)) for tool in tools]
        lane.append(_side_by_side(script, name, calls, leaver))
        lane += script.ask(name, [Ask("lookup")])
    calls = [script.execute(name, Ask(tool)) for tool in ("hold", "linger")]
    lane += [_beside_refusals(script, name, calls), *script.ask(name, [Ask("lookup")])]
    return ((*lane, script.cleanup(name)),)


def _side_by_side(script: Script, name: str, calls: list[Step], leaver: int) -> Step:
    failing, given_up = script.execute(name, Ask("explode")), calls[leaver]
    caller = [
        *_all_begun(script, name, calls),
        script.step(name, "join", step=failing.id, briefly=True),
        script.step(name, "cancel", step=given_up.id),
        script.step(name, "join", step=given_up.id, briefly=True),
        *_all_released(script, name, calls),
    ]
    return script.together(*([call] for call in calls), [failing], caller)


def _beside_refusals(script: Script, name: str, calls: list[Step]) -> Step:
    unknown = script.execute(name, Ask("no_such_tool"))
    forbidden = script.execute(name, Ask("administer", more={"forbidden": True}))
    refused = [*_all_begun(script, name, calls), unknown, forbidden]
    caller = [
        *_all_begun(script, name, calls),
        script.step(name, "join", step=forbidden.id, briefly=True),
        *_all_released(script, name, calls),
    ]
    return script.together(*([call] for call in calls), refused, caller)


def _all_begun(script: Script, name: str, calls: list[Step]) -> list[Step]:
    return [
        script.step(name, "wait_for", token=token, what="started", briefly=True)
        for token in script.tokens(calls)
    ]


def _all_released(script: Script, name: str, calls: list[Step]) -> list[Step]:
    tokens = reversed(script.tokens(calls))
    return [script.step(name, "release", token=token) for token in tokens]


def _hanging(script: Script, size: int) -> tuple[Lane, ...]:
    """A tool hangs until the target's own timeout ends it. One that was not ended by then is let go
    on; a target that makes one call after the other has so many timeouts for it. Where no timeout
    is declared nobody waits for one.
    """
    name = "alice"
    created = script.create(name, ["hold", "lookup"])
    seconds = script.declared.get("tool_timeout", 0)
    if not script.can("tool_timeout"):
        return ((created, *script.ask(name, [Ask("lookup")]), script.cleanup(name)),)
    over = (size + 1) * seconds
    more = {"unreleased": True, "timeout": over}
    hanging = [script.execute(name, Ask("hold", more=more)) for _ in range(size)]
    overdue = [
        [
            script.step(name, "join", step=call.id, deadlines=_LATE, timeout=over),
            *_all_released(script, name, [call]),
        ]
        for call in hanging
    ]
    return (
        (
            created,
            script.together(*([call] for call in hanging), *overdue),
            *script.ask(name, [Ask("lookup")]),
            script.cleanup(name),
        ),
    )


def _synchronous(script: Script, size: int) -> tuple[Lane, ...]:
    """A synchronous tool, twice, between two that are not, one whose parameters have awkward names,
    and one that fails; only where the target takes such tools.
    """
    if not script.can("sync_tools"):
        return (script.session("alice", *[[Ask("lookup")]] * size),)
    awkward = [[Ask("recall")]]  # the control
    awkward += [[Ask("recall", {name: f"the value of {name}"})] for name in _NAMES]
    rounds = [[Ask(tool)] for tool in ("lookup", "block", "block", "lookup")] * size + awkward
    failing = script.session("alice", [Ask("lookup")], [Ask("choke")], golden=False)
    return ((*script.session("alice", *rounds), *failing),)


def _left(script: Script, size: int) -> tuple[Lane, ...]:
    """The consumer of a stream leaves when the first tool has run, by break and by close. Of what
    was to come a call is held: a run that works ahead has got no further by then.
    """
    lane: list[Step] = []
    if not script.can("stream"):
        return (script.session("alice", [Ask("lookup")]),)
    for by in ("break", "close") * size:
        lane += _left_by(script, "alice", by)
    return (tuple(lane),)


def _left_by(script: Script, name: str, by: str) -> list[Step]:
    rounds = [[Ask(tool)] for tool in ("hold", "lookup", "linger", "lookup")]
    created = script.create(name, ["hold", "linger", "lookup"])
    run = script.run(name, rounds, golden=False)
    held, _, lingering, _ = script.tokens([run])
    run = replace(run, args={**run.args, "leave": {"by": by, "after": held}})
    consumer = (
        script.step(name, "wait_for", token=held, what="started"),
        script.step(name, "release", token=held),
        script.step(name, "join", step=run.id, briefly=True),
        script.step(name, "wait_for", token=lingering, what="cancelled", briefly=True),
        script.step(name, "release", token=lingering),
    )
    return [created, script.together([run], consumer), script.cleanup(name)]


def _cleanup_midway(script: Script, size: int) -> tuple[Lane, ...]:
    """The session is cleaned up while a tool of it is at work, which is let end if cleanup waits
    for it; then once more, and another user goes on. Another call was at work beside it and has
    ended before: none, the one that began first, the one that began last. Once with none it was
    called through each of the old doors. Then in a crowd; and beside it all the session of one more
    user, while an event is being sent.
    """
    lane: list[Step] = []
    for tools, held in ((["hold"], 0), (["linger", "hold"], 1), (["hold", "linger"], 0)) * size:
        lane += script.beside(*_cleaned_up_at_work(script, tools, held))
    for via in VIAS[1:] * size if script.kind == "dispatcher" else ():
        lane += script.beside(*_cleaned_up_at_work(script, ["hold"], 0, {"via": via}))
    for _ in range(size):
        lane += script.beside(*_cleaned_up_in_a_crowd(script))
    if not script.can("transport"):
        return (tuple(lane),)
    return (tuple(lane), cleaned_up_midway(script, list(script.users)[3]))


def _cleaned_up_at_work(
    script: Script, tools: list[str], held: int, more: Mapping[str, Any] | None = None
) -> list[Step]:
    name = "alice"
    created = script.create(name, tools)
    asked, tokens = _one_by_one(script, name, [Ask(tool, more=more or {}) for tool in tools])

    def until(token: str, what: str) -> Step:
        return script.step(name, "wait_for", token=token, what=what, briefly=True)

    cleanup = script.cleanup(name)
    closing = [until(token, "started") for token in tokens]
    for number, token in enumerate(tokens):
        if number != held:
            closing += [script.step(name, "release", token=token), until(token, "ended")]
            closing += [
                script.step(name, "join", step=s.id, briefly=True) for s in asked[number:][:1]
            ]
    release = [
        script.step(name, "join", step=cleanup.id, briefly=True),
        script.step(name, "release", token=tokens[held]),
    ]
    lanes = _staggered(script, asked, tokens) if script.kind == "dispatcher" else [asked]
    work = script.together(*lanes, (*closing, script.together([cleanup], release)))
    return [created, work, script.cleanup(name)]


def _cleaned_up_in_a_crowd(script: Script) -> list[Step]:
    """While a tool is at work another is registered. Then two clean up, somebody calls once more,
    and another user comes, all at once; that one works as ever.
    """
    name, other = "alice", list(script.users)[2]
    created = script.create(name, ["hold", "linger"])
    asked = script.ask(name, [Ask("hold")], golden=False)
    (token,) = script.tokens(asked)
    comes, *works = script.session(other, [Ask("lookup")], [Ask("echo")])
    cleanup = script.cleanup(name)
    crowd, tokens, registered = [[cleanup]], [token], []
    if script.kind == "dispatcher":
        registered = [script.step(name, "register", tool="lookup")]
        late = script.execute(name, Ask("linger"))
        crowd += [[script.cleanup(name)], [late]]
        tokens += script.tokens([late])
    release = [
        script.step(name, "join", step=cleanup.id, briefly=True),
        *(script.step(name, "release", token=token) for token in tokens),
    ]
    closing = (
        script.step(name, "wait_for", token=token, what="started", briefly=True),
        *registered,
        script.together(*crowd, [comes], release),
    )
    return [created, script.together(asked, closing), script.cleanup(name), *works]


def _one_by_one(script: Script, name: str, asks: list[Ask]) -> tuple[list[Step], list[str]]:
    """Calls that are to be made side by side, and their canaries."""
    if script.kind != "dispatcher":
        asked = script.ask(name, asks, golden=False)
        return asked, script.tokens(asked)
    calls = [script.execute(name, ask) for ask in asks]
    return calls, script.tokens(calls)


def _staggered(script: Script, calls: list[Step], tokens: list[str]) -> list[list[Step]]:
    """A lane for each call, which begins once the one before it is at work."""
    lanes = [[calls[0]]]
    for call, before in zip(calls[1:], tokens, strict=False):
        first = script.step(call.actor, "wait_for", token=before, what="started", briefly=True)
        lanes.append([first, call])
    return lanes


WORKLOADS = (
    Workload(
        name="siblings",
        about="of callers at once one fails, two are refused, one gives up and one waits on",
        suite="events",
        proves={"dispatcher": ("TOOL-6", "TOOL-7", "DELIVERY-5")},
        lanes=_siblings,
        users=ONE,
        size=tiers(1, 5, 20),
    ),
    Workload(
        name="hanging_tool",
        about="a tool hangs, and the declared timeout ends it",
        suite="recovery",
        proves={"dispatcher": ("TOOL-8",)},
        lanes=_hanging,
        users=ONE,
        size=tiers(2, 4, 4),
    ),
    Workload(
        name="synchronous_tool",
        about="a tool blocks its thread, which must not be the loop's",
        suite="recovery",
        proves={"dispatcher": ("TOOL-9",), "agent": ("TOOL-9",)},
        lanes=_synchronous,
        users=ONE,
        size=tiers(1, 2, 5),
    ),
    Workload(
        name="left_stream",
        about="the consumer of a stream leaves it by break, and another by close",
        suite="recovery",
        proves={"agent": ("TOOL-10a",)},
        lanes=_left,
        users=ONE,
        size=tiers(1, 5, 20),
    ),
    Workload(
        name="cleanup_midway",
        about="a session is cleaned up while its tool is at work",
        suite="recovery",
        proves={
            "dispatcher": ("RECOVERY-7", "API-8", "DELIVERY-5"),
            "agent": ("RECOVERY-7", "DELIVERY-4", "DELIVERY-5"),
        },
        lanes=_cleanup_midway,
        users=tiers(4, 4, 4),
        size=tiers(1, 5, 20),
    ),
)
