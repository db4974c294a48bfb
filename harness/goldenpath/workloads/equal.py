"""Calls that equal each other, word for word, at the same time: each is a call of its own.

Whatever answers one call by the execution of another, because they look alike, shows here: within a
session, between users, and behind each door.
"""

from __future__ import annotations

from goldenpath.model import Step
from goldenpath.spec import VIAS
from goldenpath.workloads.base import TWO, Workload, tiers
from goldenpath.workloads.script import Ask, Lane, Script

_QUESTION = {"query": "what is the time?"}


def _equal_calls(script: Script, size: int) -> tuple[Lane, ...]:
    """Through each door one user asks twice at once and another once, and then each once more."""
    alice, bob = list(script.users)[:2]
    if script.kind == "agent":
        return (_equal_runs(script, alice, bob, size),)
    lane: list[Step] = [script.create(name, ["lookup"]) for name in (alice, bob)]
    for via in VIAS * size:
        same = Ask("lookup", _QUESTION, plain=True, more={"via": via})
        asked = [script.execute(name, same) for name in (alice, alice, bob)]
        lane.append(script.together(*([step] for step in asked)))
        lane += [script.execute(name, same) for name in (alice, bob)]
    return ((*lane, script.cleanup(alice), script.cleanup(bob)),)


def _equal_runs(script: Script, alice: str, bob: str, size: int) -> Lane:
    """A run of each, side by side; in a round each asks twice, and never again in the same words,
    so that an execution can only be of that round.
    """
    questions = [{**_QUESTION, "again": number} for number in range(size)]
    rounds = [[Ask("lookup", question, plain=True)] * 2 for question in questions]
    created = [script.create(name, ["lookup"]) for name in (alice, bob)]
    runs = [script.ask(name, *rounds, [Ask("lookup")]) for name in (alice, bob)]
    ended = [script.cleanup(name) for name in (alice, bob)]
    return (*created, script.together(*runs), *ended)


WORKLOADS = (
    Workload(
        name="equal_calls",
        about="the same call is made twice at once by one user, and by another beside",
        suite="isolation",
        proves={
            "dispatcher": ("TOOL-1", "TOOL-3", "ISOLATION-2", "ISOLATION-3"),
            "agent": ("TOOL-1", "ISOLATION-2"),
        },
        lanes=_equal_calls,
        users=TWO,
        size=tiers(1, 5, 20),
    ),
)
