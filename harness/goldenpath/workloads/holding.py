"""What is asked of registries and of user contexts, which only hold something."""

from __future__ import annotations

from typing import Any

from goldenpath import spec
from goldenpath.model import Step
from goldenpath.workloads.base import ONE, TWO, Workload, tiers
from goldenpath.workloads.script import Lane, Script

#: Names of items, the last of which are no identifiers; and names that nothing has, some of which
#: are nearly those.
_NAMES = ("lookup", "search_flights", "get-weather", "a tool, 2nd: \u00fcber")
_UNKNOWN = ("unheard_of", "look", "lookup_", "search")


class Shelf:
    """What one user asks of one registry."""

    def __init__(self, script: Script, name: str) -> None:
        self.script, self.name = script, name

    def made(self) -> Step:
        """Have the registry."""
        user = self.script.users[self.name]
        return self.script.step(
            self.name, "create", run_id=user.run_id, thread_id=user.thread_id, tools=[]
        )

    def put(self, name: str) -> Step:
        """Register a new item under this name."""
        return self._step("register_item", name=name, token=self.script.token(self.name))

    def remove(self, name: str) -> Step:
        """Remove what is there under this name."""
        return self._step("remove_item", name=name)

    def freeze(self) -> Step:
        """From now on nothing is to change."""
        return self._step("freeze")

    def get(self, name: str) -> Step:
        """Look one up."""
        return self._step("look_up", name=name)

    def has(self, name: str) -> Step:
        """Ask whether there is one."""
        return self._step("has_item", name=name)

    def listed(self) -> Step:
        """Ask for all."""
        return self._step("list_items")

    def looked_at(self, *names: str) -> list[Step]:
        """Each way to find out what is there."""
        each = [step for name in names for step in (self.has(name), self.get(name))]
        return [*each, self.listed()]

    def together(self, *steps: Step) -> Step:
        """These at once."""
        return self.script.together(*([step] for step in steps))

    def _step(self, action: str, **args: Any) -> Step:
        return self.script.step(self.name, action, **args)


def _registry(script: Script, size: int) -> tuple[Lane, ...]:
    """What is registered, taken twice, removed and, in the end, frozen is looked at from all sides
    after each change.
    """
    shelf = Shelf(script, "alice")
    lane = [shelf.made(), script.step("alice", "inspect"), *shelf.looked_at(*_UNKNOWN[:1])]
    for name in _NAMES:
        lane += [shelf.put(name), *shelf.looked_at(name, *_UNKNOWN)]
    for again in range(size):
        first, second, third, _ = _rolled(again)
        lane += [shelf.put(first), *shelf.looked_at(*_NAMES)]
        if script.can("removes"):
            lane += [shelf.remove(second), *shelf.looked_at(*_NAMES)]
            lane += [shelf.remove(_UNKNOWN[0]), *shelf.looked_at(*_NAMES, _UNKNOWN[0])]
            lane += [shelf.put(second), *shelf.looked_at(*_NAMES), shelf.put(third)]
    return ((*lane, *_frozen(shelf)),)


def _rolled(count: int) -> tuple[str, ...]:
    """The names, beginning with another each time."""
    start = count % len(_NAMES)
    return _NAMES[start:] + _NAMES[:start]


def _frozen(shelf: Shelf) -> list[Step]:
    """Nothing changes any more, however it is tried."""
    if not shelf.script.can("freezes"):
        return []
    tries = [shelf.put(_UNKNOWN[0]), shelf.put(_NAMES[0])]
    if shelf.script.can("removes"):
        tries.append(shelf.remove(_NAMES[1]))
    lane = [shelf.freeze(), *shelf.looked_at(*_NAMES)]
    for each in tries:
        lane += [each, *shelf.looked_at(*_NAMES, _UNKNOWN[0])]
    return lane


def _at_once(script: Script, size: int) -> tuple[Lane, ...]:
    """Calls that overlap: two for one name, two for two, one that comes and one that goes; then
    what is there is looked at. What becomes of a name that is taken is shown before.
    """
    shelf = Shelf(script, "alice")
    lane = [shelf.made(), shelf.put("first"), shelf.put("first"), *shelf.looked_at("first")]
    for n in range(size):
        a, b, c = (f"{letter}{n}" for letter in "abc")
        lane += [shelf.together(shelf.put(a), shelf.put(a)), *shelf.looked_at(a)]
        lane += [shelf.together(shelf.put(b), shelf.put(c), shelf.has(b)), *shelf.looked_at(b, c)]
        lane += [shelf.together(shelf.put(f"d{n}"), shelf.listed(), shelf.get(c))]
        lane += shelf.looked_at(b, c, f"d{n}")
        if script.can("removes"):
            lane += [shelf.together(shelf.remove(b), shelf.put(f"e{n}"), shelf.get(b))]
            lane += shelf.looked_at(b, c, f"e{n}")
            lane += [shelf.together(shelf.remove(c), shelf.put(c)), *shelf.looked_at(c)]
    return (tuple(lane),)


def _two_registries(script: Script, size: int) -> tuple[Lane, ...]:
    """Two users, each with a registry of their own, use the same names by turns and others at once;
    one removes and freezes. Where all share one there is nothing to be told apart.
    """
    if not script.can("apart"):
        return ()
    ours, theirs = (Shelf(script, name) for name in list(script.users)[:2])
    both = (ours, theirs)
    lane = [each.made() for each in both]
    for name in (f"{name} {n}" for n in range(size) for name in _NAMES[:2]):
        lane += [ours.put(name), *theirs.looked_at(name), theirs.put(name)]
        lane += [step for each in both for step in each.looked_at(name)]
        if script.can("removes"):
            lane += [ours.remove(name), *theirs.looked_at(name), theirs.remove(name)]
    lane += [ours.put("mine"), *theirs.looked_at("mine")]
    if script.can("freezes"):
        lane += [ours.freeze(), theirs.put("yours"), *theirs.looked_at("mine", "yours")]
    return (tuple(lane),)


# --- contexts ---------------------------------------------------------------------------------


def _invalid_ids(script: Script, size: int) -> tuple[Lane, ...]:
    """Contexts of nobody, and in the end one of somebody, which is the control."""
    placeholders = spec.PLACEHOLDER_USERS if script.can("placeholders") else ()
    lane = [
        _context(script, "alice", action="create_invalid", user=how)
        for how in (*spec.INVALID_IDS, *placeholders)
    ]
    return ((*lane, _context(script, "alice")),)


def _context(
    script: Script, name: str, session: str = "", action: str = "create", **more: str
) -> Step:
    return script.create(name, (), action=action, session=session, **more)


def _contexts(script: Script, size: int) -> tuple[Lane, ...]:
    """Contexts of two users, and two of one, are made one after the other, read, written into, and
    read once more.
    """
    alice, bob = list(script.users)[:2]
    places = [(alice, ""), (bob, ""), *((alice, f"run {n}") for n in range(size))]
    made: list[Step] = []
    for name, session in places:
        made += [_context(script, name, session), _read(script, name, session)]
    inspected = script.step(alice, "inspect")
    noted: list[Step] = []
    for name, session in places if script.can("notes") else ():
        token = script.token(name)
        noted.append(script.step(name, "note", session=session, token=token))
        noted += [_read(script, *each) for each in places]
    last = [_read(script, *each) for each in places]
    return ((*made, inspected, *noted, *last),)


def _read(script: Script, name: str, session: str) -> Step:
    return script.step(name, "read_context", session=session)


_SIZE = tiers(2, 8, 40)


WORKLOADS = (
    Workload(
        name="registry",
        about="what is registered, twice, removed and frozen is looked at after each change",
        suite="contract",
        proves={
            "registry": (
                *("API-1", "REGISTRY-1", "REGISTRY-2", "REGISTRY-3", "REGISTRY-4"),
                "RECOVERY-8",
            )
        },
        lanes=_registry,
        users=ONE,
        size=_SIZE,
    ),
    Workload(
        name="registry_at_once",
        about="items are registered, looked up and removed at once",
        suite="contract",
        proves={"registry": ("REGISTRY-5", "RECOVERY-8")},
        lanes=_at_once,
        users=ONE,
        size=tiers(5, 20, 100),
    ),
    Workload(
        name="two_registries",
        about="two users use the same names, each in a registry of their own",
        suite="isolation",
        proves={"registry": ("REGISTRY-6",)},
        lanes=_two_registries,
        users=TWO,
        size=_SIZE,
    ),
    Workload(
        name="invalid_ids",
        about="contexts with ids that are none, and one with right ones",
        suite="contract",
        proves={"context": ("API-13",)},
        lanes=_invalid_ids,
        users=ONE,
        size=ONE,
    ),
    Workload(
        name="contexts",
        about="contexts of two users and of two runs of one, read and written by turns",
        suite="isolation",
        proves={"context": ("API-1", "CONTEXT-1", "CONTEXT-2", "RECOVERY-8")},
        lanes=_contexts,
        users=TWO,
        size=_SIZE,
    ),
)
