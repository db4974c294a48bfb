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
    looked_for = ["lookup", "echo", "give", "no_such_tool"]
    if script.kind == "agent":
        return tuple(script.session(name, *[[Ask("lookup")]] * size) for name in (alice, bob))
    lane = [script.create(alice, ["lookup", "echo"]), script.create(bob, ["lookup"])]
    lane.append(script.step(alice, "register", tool="give"))
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
    """While a call of one user is held another fails, is cut off, works on though nobody can hear
    of it, and is cleaned up; the first one's calls go on as they did before.
    """
    alice, bob = list(script.users)[:2]
    before, after = [[Ask("lookup")]] * 3 * size, [[Ask("lookup")]] * 3 * size
    troubled = [script.create(alice, ["explode", "lookup"])]
    troubled += script.ask(alice, [Ask("lookup")], [Ask("explode")], golden=False)
    troubled.append(script.step(alice, "drop"))
    if script.kind == "dispatcher":
        troubled += script.ask(alice, [Ask("lookup")], [Ask("explode")])
    troubled.append(script.cleanup(alice))
    if script.kind == "agent":
        return (_unmoved_run(script, bob, before, after, troubled),)
    held = script.execute(bob, Ask("hold"))
    (token,) = script.tokens([held])
    trouble = (
        script.step(bob, "wait_for", token=token, what="started"),
        *troubled,
        script.step(bob, "release", token=token),
    )
    lane = [script.create(bob, ["hold", "lookup"]), *script.ask(bob, *before)]
    lane += [script.together([held], trouble), *script.ask(bob, *after), script.cleanup(bob)]
    return (tuple(lane),)


def _unmoved_run(
    script: Script, name: str, before: list[list[Ask]], after: list[list[Ask]], trouble: list[Step]
) -> Lane:
    """The same within one run of an agent."""
    created = script.create(name, ["hold", "lookup"])
    asked = script.ask(name, *before, [Ask("hold")], *after)
    token = script.tokens(asked)[len(before)]
    release = (
        script.step(name, "wait_for", token=token, what="started"),
        *trouble,
        script.step(name, "release", token=token),
    )
    return (created, script.together(asked, release), script.cleanup(name))


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
        about="a user works while another fails, is cut off and is cleaned up",
        suite="isolation",
        proves={"dispatcher": ("ISOLATION-8",), "agent": ("ISOLATION-8",)},
        lanes=_unmoved,
        users=TWO,
        size=tiers(1, 3, 10),
    ),
)
