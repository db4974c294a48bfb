"""Who and what is let in, and what is shut: contexts, names, admin tools, ends of sessions."""

from __future__ import annotations

from goldenpath import spec
from goldenpath.workloads.base import ONE, TWO, Workload, tiers
from goldenpath.workloads.script import Ask, Lane, Script


def _invalid_users(script: Script, size: int) -> tuple[Lane, ...]:
    """Sessions for nobody, and in the end one for somebody, which is the control."""
    placeholders = spec.PLACEHOLDER_USERS if script.can("placeholders") else ()
    users = (*spec.INVALID_USERS, *placeholders)
    lane = [script.create("alice", action="create_invalid", user=how) for how in users]
    return ((*lane, *script.session("alice", [Ask("lookup")])),)


def _taken_name(script: Script, size: int) -> tuple[Lane, ...]:
    """Names of tools that were given and of one that was registered are registered again; each is
    called through every door before and after.
    """
    name = "alice"
    lane = [script.create(name, ["lookup"]), script.step(name, "register", tool="echo")]
    for tool in ("lookup", "echo") * size:
        lane += [script.execute(name, Ask(tool, more={"via": via})) for via in spec.VIAS]
        lane.append(script.step(name, "register", tool=tool, again=True))
        lane += [script.execute(name, Ask(tool, more={"via": via})) for via in spec.VIAS]
        lane.append(script.step(name, "look", tools=["lookup", "echo"]))
    return ((*lane, script.cleanup(name)),)


def _admin_tools(script: Script, size: int) -> tuple[Lane, ...]:
    """One user is an admin and the other is none; both have a tool for admins only. That the other
    may register a tool at all is shown by an ordinary one. Then who was an admin comes as none.
    """
    alice, bob = list(script.users)[:2]
    admin = [script.create(bob, ["lookup", "administer"], admin=True)]
    for via in spec.VIAS * size:
        admin += script.ask(bob, [Ask("lookup", more={"via": via})])
        admin += script.ask(bob, [Ask("administer", more={"via": via})])
    admin.append(script.cleanup(bob))
    return ((*admin, *_no_admin(script, bob, 1)), _no_admin(script, alice, size))


def _no_admin(script: Script, name: str, size: int) -> Lane:
    """A session of a user who is no admin, or none any more; beside the tool for admins an unknown
    one is called, which is the control.
    """
    lane = [script.create(name, ["lookup"]), script.step(name, "register", tool="echo")]
    forbidden = script.step(name, "register", tool="administer", forbidden=True)
    lane += [script.execute(name, Ask("lookup")), forbidden]
    for via in spec.VIAS * size:
        lane += script.ask(name, [Ask("lookup", more={"via": via})])
        lane += script.ask(name, [Ask("no_such_tool", more={"via": via, "unknown": True})])
        lane += script.ask(name, [Ask("administer", more={"via": via, "forbidden": True})])
    return (*lane, script.cleanup(name))


def _context_manager(script: Script, size: int) -> tuple[Lane, ...]:
    """A session is used as a context manager and then once more; so are one whose body raises and
    one whose body is cancelled, as a request is that is cut off; and another is cleaned up twice.
    Each is cleaned up in the end: one that is no context manager was not closed by leaving it.
    """
    name, lane = "alice", []
    for _ in range(size):
        lane += [script.create(name), script.step(name, "enter")]
        lane += [script.execute(name, Ask("lookup", more={"via": via})) for via in spec.VIAS]
        lane.append(script.step(name, "leave"))
        lane += [script.execute(name, Ask("lookup", more={"via": via})) for via in spec.VIAS]
        lane.append(script.cleanup(name))
        for raising in ("error", "cancelled"):
            lane += [script.create(name), script.step(name, "enter")]
            lane.append(script.execute(name, Ask("lookup")))
            lane.append(script.step(name, "leave", raising=raising))
            lane += [script.execute(name, Ask("lookup")), script.cleanup(name)]
        lane += [script.create(name), script.execute(name, Ask("lookup"))]
        lane += [script.cleanup(name), script.cleanup(name)]
    return (tuple(lane),)


def _support(script: Script, size: int) -> tuple[Lane, ...]:
    """The dispatcher is asked for its way to the user before and after it needed it."""
    name, lane = "alice", []
    for transport in ("working", "absent") * size:
        lane += [script.create(name, transport=transport), script.step(name, "ask_support")]
        lane += [script.execute(name, Ask("lookup")), script.step(name, "ask_support")]
        lane.append(script.cleanup(name))
    return (tuple(lane),)


WORKLOADS = (
    Workload(
        name="invalid_users",
        about="sessions are asked for nobody: None, empty and blank ids",
        suite="contract",
        proves={"dispatcher": ("API-13",)},
        lanes=_invalid_users,
        users=ONE,
        size=ONE,
    ),
    Workload(
        name="taken_name",
        about="a name is registered twice",
        suite="contract",
        proves={"dispatcher": ("API-5",)},
        lanes=_taken_name,
        users=ONE,
        size=tiers(1, 3, 10),
    ),
    Workload(
        name="admin_tools",
        about="a user who is no admin calls a tool for admins",
        suite="contract",
        proves={"dispatcher": ("API-14",)},
        lanes=_admin_tools,
        users=TWO,
        size=tiers(1, 3, 10),
    ),
    Workload(
        name="context_manager",
        about="a session is used as a context manager, and one is cleaned up twice",
        suite="contract",
        proves={"dispatcher": ("API-8",)},
        lanes=_context_manager,
        users=ONE,
        size=tiers(1, 3, 10),
    ),
    Workload(
        name="support",
        about="has_websocket_support, with a transport and without",
        suite="contract",
        proves={"dispatcher": ("API-7",)},
        lanes=_support,
        users=ONE,
        size=tiers(1, 3, 10),
    ),
)
