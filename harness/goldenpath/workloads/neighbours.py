"""Users of one process, of whom one has what the other has not: tools, a transport, trouble."""

from __future__ import annotations

from goldenpath.model import Step
from goldenpath.workloads.base import TWO, Workload, tiers
from goldenpath.workloads.script import Ask, Lane, Script


def _own_tools(script: Script, size: int) -> tuple[Lane, ...]:
    """One user is given a tool at creation and registers another; a second one looks for both and
    calls them. What both have runs for each.
    """
    alice, bob = list(script.users)[:2]
    looked_for = ["lookup", "give", "echo", "no_such_tool"]
    if script.kind == "agent":
        return tuple(script.session(name, *[[Ask("lookup")]] * size) for name in (alice, bob))
    lane = [script.create(alice, ["lookup", "give"]), script.create(bob, ["lookup"])]
    lane.append(script.step(alice, "register", tool="echo"))
    for _ in range(size):
        for name in (alice, bob):
            lane.append(script.step(name, "look", tools=looked_for))
            lane += [script.execute(name, Ask(tool)) for tool in looked_for[:-1]]
    return ((*lane, script.cleanup(bob), script.cleanup(alice)),)


def _no_borrowing(script: Script, size: int) -> tuple[Lane, ...]:
    """One user has a transport and the other none; in both orders, in one process."""
    alice, bob = list(script.users)[:2]
    lane: list[Step] = []
    asks = [[Ask("lookup")], [Ask("echo")]] * size
    tools = ["lookup", "echo"]
    for first, second in ((alice, bob), (bob, alice)):
        for listens in (first, second):
            transports = dict.fromkeys((alice, bob), "absent") | {listens: "working"}
            lane += [script.create(name, tools, transports[name]) for name in (first, second)]
            for name in (first, second):
                lane += script.ask(name, *asks, golden=False)
            lane += [script.cleanup(name) for name in (first, second)]
    return (tuple(lane),)


def _unmoved(script: Script, size: int) -> tuple[Lane, ...]:
    """While a call of one user is held another fails, gives up calls of the same tool, one that was
    begun before and one after, is cut off, works on though nobody can hear of it, and is cleaned
    up; the first one's calls go on as they did before.
    """
    alice, bob = list(script.users)[:2]
    before, after = [[Ask("lookup")]] * 3 * size, [[Ask("lookup")]] * 3 * size
    earlier, given_up = _begun_and_given_up(script, alice)
    troubled = [script.create(alice, ["explode", "lookup"])]
    troubled += script.ask(alice, [Ask("lookup")], [Ask("explode")], golden=False)
    troubled.append(script.step(alice, "drop"))
    if script.kind == "dispatcher":
        troubled += script.ask(alice, [Ask("lookup")], [Ask("explode")])
    troubled.append(script.cleanup(alice))
    later = [script.create(alice, ["hold", "lookup"]), script.given_up(alice)]
    troubled = [*given_up, *later, script.cleanup(alice), *troubled]
    moved = _unmoved_run if script.kind == "agent" else _unmoved_calls
    return (moved(script, bob, (before, after), earlier, troubled),)


def _begun_and_given_up(script: Script, name: str) -> tuple[list[Step], list[Step]]:
    """A call, or a run, that begins here, and steps that give it up; its session and all."""
    created = script.create(name, ["hold", "lookup"])
    (asked,) = script.ask(name, [Ask("hold")], golden=False)
    (token,) = script.tokens([asked])
    given_up = [
        script.step(name, "wait_for", token=token, what="started"),
        script.step(name, "cancel", step=asked.id),
        script.step(name, "join", step=asked.id, briefly=True),
        script.step(name, "release", token=token),
        script.step(name, "join", step=asked.id),
        script.cleanup(name),
    ]
    return [created, asked], given_up


Rounds = list[list[Ask]]


def _unmoved_calls(
    script: Script,
    name: str,
    rounds: tuple[Rounds, Rounds],
    earlier: list[Step],
    trouble: list[Step],
) -> Lane:
    before, after = rounds
    created, asked = script.create(name, ["hold", "lookup"]), script.ask(name, *before)
    held = script.execute(name, Ask("hold"))
    begun = script.tokens(earlier)
    (token,) = script.tokens([held])
    release = (
        script.step(name, "wait_for", token=token, what="started"),
        *trouble,
        script.step(name, "release", token=token),
    )
    ours = [script.step(name, "wait_for", token=t, what="started") for t in begun]
    lane = [created, *asked, script.together(earlier, (*ours, held), release)]
    return (*lane, *script.ask(name, *after), script.cleanup(name))


def _unmoved_run(
    script: Script,
    name: str,
    rounds: tuple[Rounds, Rounds],
    earlier: list[Step],
    trouble: list[Step],
) -> Lane:
    """The same within one run of an agent."""
    before, after = rounds
    created = script.create(name, ["hold", "lookup"])
    asked = script.ask(name, *before, [Ask("hold")], *after)
    token = script.tokens(asked)[len(before)]
    ours = [
        script.step(name, "wait_for", token=t, what="started") for t in script.tokens(earlier)[-1:]
    ]
    release = (
        script.step(name, "wait_for", token=token, what="started"),
        *trouble,
        script.step(name, "release", token=token),
    )
    work = (*ours, created, *asked)  # whoever comes last is not in trouble yet
    return (script.together(earlier, work, release), script.cleanup(name))


WORKLOADS = (
    Workload(
        name="own_tools",
        about="a tool of one user only is looked for and called by another",
        suite="isolation",
        proves={"dispatcher": ("ISOLATION-4", "TOOL-5"), "agent": ("ISOLATION-4",)},
        lanes=_own_tools,
        users=TWO,
        size=tiers(1, 3, 10),
    ),
    Workload(
        name="no_borrowing",
        about="one user has a transport and the other none, in both orders",
        suite="isolation",
        proves={"dispatcher": ("ISOLATION-5",), "agent": ("ISOLATION-5",)},
        lanes=_no_borrowing,
        users=TWO,
        size=tiers(1, 3, 10),
    ),
    Workload(
        name="unmoved",
        about="a user works while another fails, gives up, is cut off and is cleaned up",
        suite="isolation",
        proves={"dispatcher": ("ISOLATION-8",), "agent": ("ISOLATION-8",)},
        lanes=_unmoved,
        users=TWO,
        size=tiers(1, 3, 10),
    ),
)
