"""Steps from a file are looked at before they are performed; all that is wrong is said at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.build import YES
from tests.planted import step

from goldenpath.deadlines import Deadlines
from goldenpath.errors import UsageProblem
from goldenpath.model import Step
from goldenpath.offline import read_script
from goldenpath.plant import plant_user
from goldenpath.workloads import TIERS, WORKLOADS, Script
from goldenpath.workloads.recorded import wrong

DECLARED: dict[str, Any] = {
    "tool_timeout": 1.0,
    "pings": {"ping": "pong"},
    "facades": ["one"],
    "factories": ["one"],
    "max_dispatchers_per_user": 3,
}
NAMES = frozenset(vars(Deadlines()))


@pytest.mark.parametrize("name", sorted(WORKLOADS))
def test_whatever_a_workload_makes_can_be_performed_again(name: str) -> None:
    workload = WORKLOADS[name]
    for kind in workload.proves:
        for tier in TIERS:
            users = [plant_user(0, n) for n in range(workload.users[tier])]
            script = Script(kind, 0, users, YES, DECLARED)
            lanes = workload.build(script, workload.size[tier])

            assert wrong(lanes, kind, {user.name for user in users}, {"call": 5.0}, NAMES) == []


PLAN = {"answer": "x", "rounds": [[{"id": "1", "tool": "lookup", "token": "t", "arguments": []}]]}

DAMAGED: dict[str, tuple[Step, str]] = {
    "no run": (step("create", tools=[]), "step s1, create: expected text as run_id, got none"),
    "tool": (step("create", run_id="r", tools=["x"]), "expected a list of planted tools as tools"),
    "actor": (step("cleanup", ""), "step s1: there is no user ''"),
    "action": (step("nope"), "there is no action 'nope'"),
    "token": (step("wait_for", what="started"), "wait_for: expected text as token, got none"),
    "growth": (step("grow", sessions=1), "grow: expected a number above 0 as seconds, got none"),
    "no end": (step("execute", tool="x", deadlines=1e308), "a number above 0 as deadlines"),
    "parameters": (step("execute", tool="x", parameters=[1]), "an object as parameters, got [1]"),
    "plan": (step("run", message="x", plan=PLAN), "a plan of rounds of calls as plan"),
    "idle": (step("idle", settles=1e9), "idle: expected a number of settle times as settles, got"),
    "invalid": (
        step("create_invalid", run_id="r", tools=[], user="x"),
        "expected one of the invalid users as user, got 'x'",
    ),
    "inner": (
        Step("s0", "", "together", {}, ((step("cancel"),),)),
        "step s1, cancel: expected text as step, got none",
    ),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_step_is_named(name: str) -> None:
    damaged, said = DAMAGED[name]
    problems = wrong([[damaged]], "dispatcher", {"alice"}, {}, NAMES)

    assert any(said in problem for problem in problems), problems


@pytest.mark.parametrize("deadlines", [{"call": 1e308}, {"call": -1.0}, {"cal": 1.0}])
def test_a_damaged_deadline_is_named(deadlines: dict[str, float]) -> None:
    assert wrong([], "dispatcher", {"alice"}, deadlines, NAMES)


def test_an_agent_is_given_a_plan_and_an_endpoint_need_not_be() -> None:
    run = step("run", message="x")

    assert wrong([[run]], "endpoint", {"alice"}, {}, NAMES) == []
    assert wrong([[run]], "agent", {"alice"}, {}, NAMES)


def test_a_damaged_history_is_refused_with_all_that_is_wrong(tmp_path: Path) -> None:
    """Bounded, and in lines that move no cursor; its name must be that of a file."""
    header: dict[str, Any] = {"type": "header", "target": "t", "kind": "dispatcher"}
    bad = [{"id": "\x1b[2J", "actor": "zoe", "action": "cleanup"} for _ in range(20)]
    path = tmp_path / "bad.jsonl"
    path.write_text(json.dumps({**header, "workload": "w", "script": [bad]}) + "\n")
    long = tmp_path / "long.jsonl"
    long.write_text(json.dumps({**header, "workload": "w" * 300, "script": [bad]}) + "\n")

    with pytest.raises(UsageProblem, match="cannot be performed again") as caught:
        read_script(path)
    assert str(caught.value).count("there is no user 'zoe'") == 8
    assert "and 12 more" in str(caught.value)
    assert "\x1b" not in str(caught.value)
    with pytest.raises(UsageProblem, match="its workload has no name"):
        read_script(long)
