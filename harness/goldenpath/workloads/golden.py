"""The golden path and the ways in which a single user's work can go wrong."""

from __future__ import annotations

from goldenpath.model import Step
from goldenpath.spec import VIAS
from goldenpath.workloads.base import ONE, TWO, Workload, tiers
from goldenpath.workloads.script import Ask, Lane, Script
from goldenpath.workloads.sending import given_up_midway

_TOOL_ORDER = ("ORDER-3", "ORDER-4", "DELIVERY-2", "DELIVERY-5")
_TOOL_SEEN = ("ORDER-3", "DELIVERY-2", "DELIVERY-5")
_CARRIED = ("CONTENT-1", "CONTENT-2", "CONTENT-3", "CONTENT-4", "CONTENT-6", "CONTENT-8")
_TOLD = ("CONTENT-5", "CONTENT-6", "CONTENT-8")
_SENT = ("ORDER-5", "ORDER-6")
_OVERLAP = ("ORDER-3", *_SENT, "DELIVERY-3", "DELIVERY-5")
_RUN_ORDER = ("ORDER-1", "ORDER-2", "DELIVERY-1", "DELIVERY-4")


#: Settle times, more than a second in all, after which a link counts as idle, commonly.
_IDLE = 40


def _golden_path(script: Script, size: int) -> tuple[Lane, ...]:
    """Tools run and the answer arrives; an agent that needs no tool answers as well. A session that
    nobody used for a while is as good as before, which is not waited for in the quick tier.
    """
    rounds = [[Ask("lookup")], [Ask("echo", {"page": 1})]]
    if script.kind == "agent":
        answered = [script.create("alice"), *script.ask("alice", golden=False)]
        session = script.session("alice", *rounds * size)
        return ((*session, *answered, script.cleanup("alice")),)
    if script.kind == "dispatcher":
        *before, cleanup = script.session("alice", *rounds * size)
        later = [script.step("alice", "idle", settles=_IDLE), *script.ask("alice", *rounds)]
        return ((*before, *(later if size > 1 else ()), cleanup),)
    asked = [step for _ in range(2) for step in script.ask("alice", *rounds * size)]
    return ((script.create("alice"), *asked, script.cleanup("alice")),)


def _parallel_calls(script: Script, size: int) -> tuple[Lane, ...]:
    """Several calls of one tool, all begun before any may end, released in another order.

    They are awaited side by side: a target that makes one after the other is not held up for long.
    """
    asks = script.ask("alice", [Ask("hold") for _ in range(size)])
    tokens = script.tokens(asks)
    begun = [[script.step("alice", "wait_for", token=t, what="started")] for t in tokens]
    script.random.shuffle(tokens)
    freed = [script.step("alice", "release", token=t) for t in tokens]
    return (
        (
            script.create("alice", ["hold"]),
            script.together(asks, (script.together(*begun), *freed)),
            script.cleanup("alice"),
        ),
    )


def _parallel_endpoint(script: Script, size: int) -> tuple[Lane, ...]:
    return (script.session("alice", [Ask("echo") for _ in range(size)]),)


def _parallel(script: Script, size: int) -> tuple[Lane, ...]:
    build = _parallel_endpoint if script.kind == "endpoint" else _parallel_calls
    return build(script, size)


#: Errors that a platform may take for its own, and what a caller who is cancelled gets, which is
#: for a dispatcher only: an agent may end its run with it, as if it had been cancelled.
_ERRORS = ("TimeoutError", "ConnectionError", "KeyError", "PermissionError", "TypeError")
_MORE_ERRORS = ("ValueError", "NotImplementedError", "GaveUp")


def _failing_tool(script: Script, size: int) -> tuple[Lane, ...]:
    """A tool raises: with words and without, alone and beside one that works; and what others
    raise, too.
    """
    bad, mute, good = Ask("explode"), Ask("collapse"), Ask("lookup")
    rounds = [[good], [bad], [good], [mute], [bad, good, mute]]
    stumbling = [Ask("stumble", {"over": error}) for error in _ERRORS]
    if script.kind == "agent":  # one of its runs may end with the first failure
        rounds = [[good], [bad]]
        runs = [rounds * size, *([[good], [ask]] for ask in stumbling)]
        lanes = [script.session("alice", *run, golden=False) for run in runs]
        return (script.beside(*(step for lane in lanes for step in lane)),)
    stumbling += [Ask("stumble", {"over": error}) for error in _MORE_ERRORS]
    rounds = rounds * size + [[ask] for ask in stumbling]
    return (script.beside(*script.session("alice", *rounds, golden=False)),)


def _internals(script: Script, size: int) -> tuple[Lane, ...]:
    """A tool returns an object, another fails in code of its own: each in a session of its own,
    because either may end the run of an agent.
    """
    trouble: list[Step] = []
    for _ in range(size):
        for tool in ("opaque", "crash"):
            trouble += script.session("alice", [Ask("lookup")], [Ask(tool)], golden=False)
    return (script.beside(*trouble),)


def _failing_sibling(script: Script, size: int) -> tuple[Lane, ...]:
    """Of two calls in one round one fails at once; the other is held until the run has had the time
    to end without it. A run that waits for it, or stops it, is right.
    """
    lane: list[Step] = []
    for _ in range(size):
        created = script.create("alice", ["explode", "hold"])
        asked = script.ask("alice", [Ask("hold"), Ask("explode")], golden=False)
        held, failing = script.tokens(asked)
        release = (
            script.step("alice", "wait_for", token=held, what="started"),
            script.step("alice", "wait_for", token=failing, what="failed"),
            script.step("alice", "join", step=asked[0].id, briefly=True),
            script.step("alice", "release", token=held),
        )
        trouble = (created, script.together(asked, release), script.cleanup("alice"))
        lane += script.beside(*trouble)
    return (tuple(lane),)


#: Names that are nearly that of a tool, and are not: no tool of these names is listed.
_NEARLY = ("LOOKUP", " lookup", "lookups", "looku")


def _unknown_tool(script: Script, size: int) -> tuple[Lane, ...]:
    rounds = [[Ask("lookup")], [Ask("no_such_tool")], [Ask("lookup"), Ask("no_such_tool")]]
    rounds += [[Ask(name)] for name in _NEARLY]
    return (script.beside(*script.session("alice", *rounds * size, golden=False)),)


#: How many give up in a row: more than there may be of anything that each of them uses up.
_IN_A_ROW = 40

#: Settle times after a caller gave up in which nothing is done for them.
_AFTERWARDS = 14


def _cancelled(script: Script, size: int) -> tuple[Lane, ...]:
    """The caller gives up in the middle of a tool, through each door; its events must still be
    closed, and the next call works. Then many do, one after the other. Beside them one gives up for
    good: nothing is done for them afterwards; and one while an event is being sent.
    """
    alice, _, carol, dave = script.users
    lane: list[Step] = []
    vias = VIAS if script.kind == "dispatcher" else VIAS[:1]
    for _ in range(size):
        trouble = [script.create(alice, ["hold", "lookup"])]
        trouble += [script.given_up(alice, via) for via in vias]
        trouble += script.ask(alice, [Ask("lookup")]) if script.kind == "dispatcher" else []
        lane += script.beside(*trouble, script.cleanup(alice))
    lanes = [(*lane, *script.beside(*_many_given_up(script, alice)))]
    lanes.append(_given_up_for_good(script, carol))
    if script.can("transport"):
        lanes.append(given_up_midway(script, dave))
    return tuple(lanes)


def _many_given_up(script: Script, name: str) -> Lane:
    """In one session where it takes several calls; and what works after that."""
    if script.kind == "dispatcher":
        given_up = [script.given_up(name, briefly=True) for _ in range(_IN_A_ROW)]
        lane = [script.create(name, ["hold", "lookup"]), *given_up]
        return (*lane, *script.ask(name, [Ask("lookup")]), script.cleanup(name))
    lane = []
    for _ in range(_IN_A_ROW):
        lane += [script.create(name, ["hold", "lookup"]), script.given_up(name, briefly=True)]
        lane.append(script.cleanup(name))
    return (*lane, *script.session(name, [Ask("lookup")]))


def _given_up_for_good(script: Script, name: str) -> Lane:
    """A session that stays open for a while after its caller gave up."""
    lane = [script.create(name, ["hold", "lookup"]), script.given_up(name)]
    lane.append(script.step(name, "idle", settles=_AFTERWARDS))
    lane += script.ask(name, [Ask("lookup")]) if script.kind == "dispatcher" else []
    return (*lane, script.cleanup(name))


WORKLOADS = (
    Workload(
        name="golden_path",
        about="one user asks, tools run, the answer arrives",
        suite="golden_path",
        proves={
            "dispatcher": ("TOOL-1", "TOOL-3", *_TOOL_ORDER, *_SENT, *_CARRIED),
            "agent": ("TOOL-1", *_RUN_ORDER, *_TOOL_ORDER, *_SENT, *_CARRIED),
            "endpoint": (*_RUN_ORDER, "ORDER-3", "DELIVERY-5", *_SENT, *_CARRIED, "CONTENT-7"),
            "transport": (*_RUN_ORDER, *_TOOL_SEEN, *_SENT, *_CARRIED),
        },
        lanes=_golden_path,
        users=ONE,
        size=tiers(1, 5, 50),
    ),
    Workload(
        name="parallel_calls",
        about="calls of one tool in one run overlap and end in another order",
        suite="events",
        proves={
            "dispatcher": ("TOOL-1", "TOOL-3", *_OVERLAP, "ORDER-4"),
            "agent": ("TOOL-1", *_OVERLAP, "ORDER-4"),
            "endpoint": _OVERLAP,
        },
        lanes=_parallel,
        users=ONE,
        size=tiers(4, 16, 64),
    ),
    Workload(
        name="failing_tool",
        about="a tool raises; then another works",
        suite="events",
        proves={
            "dispatcher": ("TOOL-4", *_TOLD, "DELIVERY-2", "DELIVERY-5", "ISOLATION-2"),
            "agent": (*_TOLD, "ORDER-2", "DELIVERY-4", "DELIVERY-5", "ISOLATION-2"),
            "transport": (*_TOLD, "DELIVERY-4", "DELIVERY-5", "ISOLATION-2"),
        },
        lanes=_failing_tool,
        users=TWO,
        size=tiers(1, 5, 20),
    ),
    Workload(
        name="internals",
        about="a tool returns an object that is no JSON, another fails in code of its own",
        suite="events",
        proves={"dispatcher": ("CONTENT-7",), "agent": ("CONTENT-7",)},
        lanes=_internals,
        users=TWO,
        size=tiers(1, 5, 20),
    ),
    Workload(
        name="failing_sibling",
        about="of two calls at once one fails while the other is under way; then another works",
        suite="events",
        proves={"agent": ("TOOL-7", "ORDER-2", "DELIVERY-4", "DELIVERY-5")},
        lanes=_failing_sibling,
        users=TWO,
        size=tiers(1, 5, 20),
    ),
    Workload(
        name="unknown_tool",
        about="a tool is called that is not there, and some whose names are nearly right",
        suite="contract",
        proves={"dispatcher": ("TOOL-1", "TOOL-5")},
        lanes=_unknown_tool,
        users=TWO,
        size=tiers(1, 3, 10),
    ),
    Workload(
        name="cancelled_call",
        about="callers give up in the middle of a tool, or of an event; then another works",
        suite="events",
        proves={
            "dispatcher": ("TOOL-6", "DELIVERY-5", "CONTENT-5", "ISOLATION-2", "RECOVERY-8"),
            "agent": ("TOOL-6", "TOOL-10", "DELIVERY-4", "DELIVERY-5", "ORDER-2", "ISOLATION-2"),
        },
        lanes=_cancelled,
        users=tiers(4, 4, 4),
        size=tiers(1, 5, 20),
    ),
)
