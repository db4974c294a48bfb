"""The one report of a campaign: what conforms, what is excused, and what is not green."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from goldenpath import agent, known, rulebook
from goldenpath.adapters.python import PythonTarget
from goldenpath.adapters.targets import resolve
from goldenpath.builtin import reference_agent
from goldenpath.campaign import IDLE, Campaign
from goldenpath.catalogue import OURS, Extension
from goldenpath.checkers import Check
from goldenpath.choice import Choice, check_choice
from goldenpath.conduct import Options
from goldenpath.errors import Exit
from goldenpath.model import Level, Outcome, Rule
from goldenpath.workloads import WORKLOADS, Script
from tests.campaigning import FAST, unasked
from tests.virtual import VirtualLoop


def line(rule: str, workload: str, *, flaky: bool = False) -> known.Line:
    return known.Line(1, rule, workload, "it is old", flaky)


@pytest.mark.parametrize("name", ["reference", "reference-agent"])
def test_a_whole_campaign_of_the_reference_conforms(name: str, tmp_path: Path) -> None:
    """Every rule of the specification has a verdict or a reason, and each history is kept."""
    report = Campaign(resolve(name), Options(loop_factory=VirtualLoop, histories=tmp_path)).run()

    assert report.exit == Exit.CONFORMS
    assert {v.rule for v in report.verdicts} == set(rulebook.RULES)
    assert all(v.reason for v in report.verdicts if v.outcome is not Outcome.PASS)
    assert report.histories == {
        workload: f"histories/{workload}.jsonl"
        for workload in WORKLOADS
        if report.kind in WORKLOADS[workload].proves and not WORKLOADS[workload].on_request
    }
    assert {path.name for path in tmp_path.iterdir()} == {
        f"{workload}.jsonl" for workload in report.histories
    }


def test_a_broken_target_is_a_violation() -> None:
    """The rule, the workload and the witness are in the report."""
    report = Campaign(resolve("miniature:last-user-wins"), FAST).run()
    failed = {v.rule: v for v in report.verdicts if v.outcome is Outcome.FAIL}

    assert report.exit == Exit.VIOLATIONS
    assert failed["ISOLATION-1"].findings[0].witness


def test_a_run_that_was_not_carried_to_its_end_is_not_green() -> None:
    """What was planned and has no result is named."""
    campaign = Campaign(resolve("reference"), FAST, Choice(workloads=("golden_path", "two_users")))
    campaign.result("golden_path")
    report = campaign.report()

    assert report.exit == Exit.INCONCLUSIVE
    assert any("two_users" in problem for problem in report.problems)


def test_an_empty_plan_is_not_green() -> None:
    """Nothing was checked."""
    choice = Choice(rules=("DELIVERY-1",))
    report = Campaign(resolve("reference"), FAST, choice).run()

    assert report.exit == Exit.INCONCLUSIVE
    assert report.problems


def test_chosen_rules_are_all_that_is_reported() -> None:
    """Whatever else the workload shows."""
    choice = Choice(rules=("TOOL-1",), workloads=("golden_path",))
    report = Campaign(resolve("reference"), FAST, choice).run()

    assert {v.rule for v in report.verdicts} == {"TOOL-1"}


@pytest.mark.parametrize(
    ("lines", "exit_", "outcome"),
    [
        ((), Exit.VIOLATIONS, Outcome.FAIL),
        ((line("TOOL-1", "golden_path"),), Exit.CONFORMS, Outcome.KNOWN),
        ((line("TOOL-1", "*"),), Exit.CONFORMS, Outcome.KNOWN),
        ((line("TOOL-1", "golden_path", flaky=True),), Exit.CONFORMS, Outcome.KNOWN),
        ((line("TOOL-1", "two_users"),), Exit.VIOLATIONS, Outcome.FAIL),
        ((line("TOOL-1", "*"), line("TOOL-3", "golden_path")), Exit.VIOLATIONS, Outcome.KNOWN),
        ((line("TOOL-1", "*"), line("TOOL-3", "golden_path", flaky=True)), Exit.CONFORMS,
         Outcome.KNOWN),
    ],
)  # fmt: skip
def test_known_failures_are_excused_and_must_fail(
    lines: tuple[known.Line, ...], exit_: Exit, outcome: Outcome
) -> None:
    """A line that holds excuses; one whose rule passes makes the run red, unless it is flaky."""
    choice = Choice(rules=("TOOL-1", "TOOL-3"), workloads=("golden_path",), known=lines)
    report = Campaign(resolve("miniature:runs-twice"), FAST, choice).run()
    (verdict,) = (v for v in report.verdicts if v.rule == "TOOL-1")

    assert verdict.outcome is outcome
    assert report.exit == exit_


@pytest.mark.parametrize("workload", ["counters", "*"])
def test_a_known_failure_is_not_stale_where_it_was_not_asked_for(workload: str) -> None:
    """Of a rule that is tested on request, a run without the request tells nothing."""
    choice = Choice(known=(line("PERF-1", workload),))
    report = Campaign(resolve("reference"), FAST, choice).run()

    assert (report.exit, report.stale) == (Exit.CONFORMS, ())


def _odd(script: Script, size: int) -> Any:
    return ((script.create("alice"), script.step("alice", "explode"), script.cleanup("alice")),)


def test_a_workload_of_ones_own_that_breaks_is_unknown_and_no_bug_of_ours() -> None:
    """What it owes is UNKNOWN, with what was wrong; the others go on."""
    own = replace(WORKLOADS["golden_path"], name="odd", lanes=_odd)
    catalogue = OURS.extended({"here": Extension(workloads=(own,))})
    options = replace(FAST, catalogue=catalogue)
    choice = Choice(workloads=("odd", "golden_path"))
    check_choice(choice, catalogue)
    report = Campaign(resolve("reference"), options, choice).run()
    odd = [v for v in report.verdicts if v.workload == "odd"]

    assert report.exit == Exit.INCONCLUSIVE
    assert {v.rule for v in odd} == set(unasked(own.proves["dispatcher"]))
    assert {v.outcome for v in odd} == {Outcome.UNKNOWN}
    assert {v.reason for v in odd} == {"the workload odd, of your own, broke: KeyError: 'explode'"}
    assert {v.outcome for v in report.verdicts if v.workload != "odd" and v.proves} == {
        Outcome.PASS
    }


def _nothing(call: object, tally: Any) -> None: ...


@pytest.mark.parametrize("partial", [False, True])
def test_a_rule_of_ones_own_that_had_no_opportunity_is_not_green(partial: bool) -> None:
    """It is judged in every workload, so that a whole run without one tells nothing of it."""
    rule = Rule("SHOP-1", Level.MUST, "Nobody ever looks.", "a book")
    own = Extension(rules=(rule,), checks=(Check("SHOP-1", call=_nothing),))
    options = replace(FAST, catalogue=OURS.extended({"here": own}))
    choice = Choice(workloads=("golden_path",)) if partial else Choice()
    report = Campaign(resolve("reference"), options, choice).run()
    said = [(v.outcome, v.reason) for v in report.verdicts if v.rule == "SHOP-1"]

    assert said == ([] if partial else [(Outcome.UNKNOWN, IDLE)])
    assert report.exit == (Exit.CONFORMS if partial else Exit.INCONCLUSIVE)


def test_a_target_that_declares_nothing_is_not_green() -> None:
    """Greying everything is no way to conform: the core rules of its kind were not tested."""
    silent: Any = agent(events=())(lambda user, tap, tools: reference_agent(user, tap, tools))
    found = PythonTarget("silent", silent, silent.__goldenpath__)
    report = Campaign(found, FAST).run()

    assert report.exit == Exit.INCONCLUSIVE
