"""What a campaign plans before anything is opened, and which numbers cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from goldenpath.campaign import REST, Campaign, check_options
from goldenpath.choice import Choice
from goldenpath.conduct import Options
from goldenpath.errors import UsageProblem
from goldenpath.workloads import WORKLOADS
from tests.campaigning import FAST, Never, unasked


@pytest.mark.parametrize("kind", ["dispatcher", "agent", "endpoint"])
def test_the_plan_is_made_of_declarations(kind: str) -> None:
    """Every workload of the kind with what it proves, and one item for the rest of the rules."""
    plan = Campaign(Never(kind), FAST).plan()

    assert plan == {
        name: (*unasked(workload.proves[kind]), REST)
        for name, workload in WORKLOADS.items()
        if kind in workload.proves and not workload.on_request
    }


@pytest.mark.parametrize(
    ("choice", "plan"),
    [
        (Choice(workloads=("two_users",)), {"two_users": (*WORKLOADS["two_users"].proves["agent"],
                                                          REST)}),
        (Choice(rules=("DELIVERY-1",)), {"golden_path": ("DELIVERY-1",),
                                                "two_sessions": ("DELIVERY-1",)}),
        (Choice(workloads=("two_users",), rules=("DELIVERY-1",)), {}),
        (Choice(rules=("API-1",)), {}),
    ],
)  # fmt: skip
def test_the_plan_may_be_narrowed(choice: Choice, plan: dict[str, tuple[str, ...]]) -> None:
    """By workloads, by rules, or by both; with chosen rules there is no rest."""
    assert Campaign(Never("agent"), FAST, choice).plan() == plan
    assert choice.partial


@pytest.mark.parametrize("kind", ["dispatcher", "agent", "endpoint"])
def test_what_is_done_on_request_is_planned_where_it_is_asked_for(kind: str) -> None:
    """By a baseline, by its name or by its rule; an endpoint has no such workload."""
    proved = ("PERF-1",) if kind in WORKLOADS["counters"].proves else ()
    asked = Campaign(Never(kind), Options(baseline=Path("anywhere"))).plan()
    named = Campaign(Never(kind), FAST, Choice(workloads=("counters",))).plan()
    ruled = Campaign(Never(kind), FAST, Choice(rules=("PERF-1",))).plan()

    assert asked.get("counters", ()) == ((*proved, REST) if proved else ())
    assert named.get("counters", ()) == asked.get("counters", ())
    assert ruled == ({"counters": proved} if proved else {})


@pytest.mark.parametrize(
    "options",
    [Options(time_scale=0), Options(time_scale=-1), Options(time_scale=float("inf")),
     Options(time_scale=float("nan")), Options(max_frame=0)],
)  # fmt: skip
def test_numbers_that_cannot_be_are_the_users_mistake(options: Options) -> None:
    """A deadline of nothing fails everybody, an endless one nobody."""
    with pytest.raises(UsageProblem):
        check_options(options)
