"""The adapter for agents: a plan goes in as data, one run per creation, the answer comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from tests.adapters.sessions import CREATE
from tests.planted import USER

from goldenpath.adapters.agent import AgentAdapter, Plan, PlannedCall, read_plan
from goldenpath.adapters.base import Reply, takes
from goldenpath.declare import Declaration
from goldenpath.model import Step
from goldenpath.plant import Plant
from goldenpath.recorder import Recorder

PLAN = {
    "rounds": [
        [{"id": "c1", "tool": "lookup", "arguments": {"query": "a"}, "token": "T1"}],
        [
            {"id": "c2", "tool": "echo", "arguments": {"self": 1}, "token": "T2"},
            {"id": "c3", "tool": "echo", "arguments": {}, "token": "T3"},
        ],
    ],
    "answer": "so it is",
}
RUN = Step("s2", "alice", "run", {"run_id": "r1", "message": "please", "plan": PLAN})
CLEANUP = Step("s3", "alice", "cleanup")


def perform(factory: Callable[..., Any], *steps: Step, **members: str) -> list[Reply]:
    """What the adapter says to each step."""

    async def main() -> list[Reply]:
        adapter = AgentAdapter(factory, Declaration("agent", {}, members))
        await adapter.open(Plant(Recorder(), [USER]))
        replies = [await adapter.perform(step) for step in steps]
        await adapter.close()
        return replies

    return asyncio.run(main())


class Agent:
    """Keeps what it was asked."""

    asked: tuple[Any, ...] = ()

    async def run(self, message: str, plan: Plan) -> str:
        type(self).asked = (message, plan)
        return plan.answer


def make(user: Any, tap: Any, tools: Any) -> Agent:
    return Agent()


def test_a_plan_is_rounds_of_calls_and_an_answer() -> None:
    """Rounds in order, each a tuple of calls; iterating over a plan gives its rounds."""
    plan = read_plan(PLAN)

    assert plan == Plan(
        (
            (PlannedCall("c1", "lookup", {"query": "a"}),),
            (PlannedCall("c2", "echo", {"self": 1}), PlannedCall("c3", "echo", {})),
        ),
        "so it is",
    )
    assert tuple(plan) == plan.rounds


def test_a_plan_shares_nothing_with_the_step() -> None:
    """A target that changes the arguments it was given does not change what was asked."""
    read_plan(PLAN).rounds[0][0].arguments["query"] = "b"  # type: ignore[index]

    assert PLAN["rounds"][0][0]["arguments"] == {"query": "a"}  # type: ignore[index]


def test_a_run_gets_the_message_and_the_plan() -> None:
    """What it returns is the answer."""
    replies = perform(make, CREATE, RUN, CLEANUP)

    assert [reply.ok for reply in replies] == [True, True, True]
    assert replies[1].value == {"value": "so it is"}
    assert Agent.asked == ("please", read_plan(PLAN))


async def _with_run_id(message: str, plan: Plan, *, run_id: str) -> str:
    return run_id


async def _with_default(message: str, plan: Plan, run_id: str = "none") -> str:
    return run_id


async def _without(message: str, plan: Plan, **more: Any) -> str:
    return str(more)


def _sync(message: str, plan: Plan) -> str:
    return "sync"


async def _raises(message: str, plan: Plan) -> None:
    raise LookupError("no model")


@pytest.mark.parametrize(
    ("run", "ok", "said"),
    [
        (_with_run_id, True, "r1"),
        (_with_default, True, "r1"),
        (_without, True, "{}"),
        (_sync, True, "sync"),
        (_raises, False, "no model"),
        (lambda message: None, False, None),
        (None, False, "there is no run"),
        ("text", False, "there is no run"),
    ],
)
def test_a_run_may_be_spelled_in_several_ways(run: Any, ok: bool, said: str | None) -> None:
    """Sync or async, with or without the run's id; what it raises is the reply."""

    class Made:
        pass

    Made.run = staticmethod(run) if callable(run) else run  # type: ignore[attr-defined]
    reply = perform(lambda *_: Made(), CREATE, RUN)[1]

    assert reply.ok is ok
    assert said is None or reply.value.get("value", reply.value.get("text")) == said


@pytest.mark.parametrize(
    ("run", "said"),
    [(_with_run_id, True), (_with_default, True), (_without, False), (_sync, False), (type, False)],
)
def test_an_agent_says_by_its_signature_whether_it_takes_a_run_id(
    run: Callable[..., Any], said: bool
) -> None:
    """Keywords that take anything do not count."""
    assert takes(run, "run_id") is said


def test_names_are_mapped() -> None:
    """`run` and `cleanup` may be called otherwise."""

    class Other:
        ended = 0

        async def answer(self, message: str, plan: Plan) -> str:
            return "mapped"

        def stop(self) -> None:
            Other.ended += 1

    replies = perform(lambda *_: Other(), CREATE, RUN, CLEANUP, run="answer", cleanup="stop")

    assert replies[1].value == {"value": "mapped"}
    assert Other.ended == 1


@pytest.mark.parametrize("step", [RUN, CLEANUP], ids=["run", "cleanup"])
def test_without_a_session_there_is_nothing_to_ask(step: Step) -> None:
    """A factory that failed leaves none, and each later step says so."""
    replies = perform(lambda *_: None, CREATE, step)

    assert not replies[0].ok
    assert replies[1].value["text"] == "there is no session of alice"


def test_an_agent_need_not_have_a_cleanup() -> None:
    """Leaving it is then all there is to do, and it is said so; one that raises is a failure."""

    class Breaks(Agent):
        async def cleanup(self) -> None:
            raise OSError("cannot close")

    assert perform(make, CREATE, CLEANUP)[1] == Reply(True, {"value": None, "none": True})
    assert perform(lambda *_: Breaks(), CREATE, CLEANUP)[1].value["type"] == "OSError"
