"""A campaign: what is planned before anything is opened, each workload once, one report."""

from __future__ import annotations

import asyncio
import errno
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from goldenpath import agent, dispatcher, known, spec
from goldenpath.adapters.base import Facts
from goldenpath.adapters.python import PythonTarget
from goldenpath.adapters.targets import resolve
from goldenpath.builtin import reference_agent, reference_dispatcher
from goldenpath.campaign import REST, Campaign, Choice, check_choice, check_options
from goldenpath.catalogue import OURS, Extension
from goldenpath.conduct import Conducted, Options
from goldenpath.errors import Exit, TargetProblem, UsageProblem
from goldenpath.model import Outcome
from goldenpath.workloads import WORKLOADS, Script
from tests.virtual import VirtualLoop

FAST = Options(loop_factory=VirtualLoop)


class Never:
    """A target that must not be opened."""

    name = "never"

    def __init__(self, kind: str = "dispatcher") -> None:
        self.kind = kind

    async def probe(self, time_scale: float = 1.0) -> Facts:
        raise AssertionError("opened")

    def adapter(self, facts: Facts) -> Any:
        raise AssertionError("opened")


class Gone(Never):
    """A target that cannot be reached."""

    name = "gone"
    probed = 0

    async def probe(self, time_scale: float = 1.0) -> Facts:
        self.probed += 1
        raise TargetProblem("nobody there", expected="an answer", got="none")


def target(factory: Any) -> PythonTarget:
    marked = dispatcher()(factory)
    return PythonTarget("mine", marked, marked.__goldenpath__)


def line(rule: str, workload: str, *, flaky: bool = False) -> known.Line:
    return known.Line(1, rule, workload, "it is old", flaky)


# --- the plan --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["dispatcher", "agent", "endpoint"])
def test_the_plan_is_made_of_declarations(kind: str) -> None:
    """Every workload of the kind with what it proves, and one item for the rest of the rules."""
    plan = Campaign(Never(kind), FAST).plan()

    assert plan == {
        name: (*workload.proves[kind], REST)
        for name, workload in WORKLOADS.items()
        if kind in workload.proves and not workload.on_request
    }


@pytest.mark.parametrize(
    ("choice", "plan"),
    [
        (Choice(workloads=("two_users",)), {"two_users": (*WORKLOADS["two_users"].proves["agent"],
                                                          REST)}),
        (Choice(rules=("DELIVERY-1",)), {"golden_path": ("DELIVERY-1",)}),
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
    ("choice", "said"),
    [
        (Choice(rules=("ISOLATON-1",)), "there is no rule 'ISOLATON-1'"),
        (Choice(workloads=("two_user",)), "there is no workload 'two_user'"),
        (Choice(rules=("PERF-2",)), "PERF-2"),
    ],
)
def test_a_choice_of_what_is_not_there_is_the_users_mistake(choice: Choice, said: str) -> None:
    """UsageProblem, exit 2: what was asked for cannot be done."""
    with pytest.raises(UsageProblem, match=said):
        check_choice(choice)


def test_everything_that_is_wrong_with_a_choice_is_said_at_once() -> None:
    """A choice of what is there is accepted."""
    with pytest.raises(UsageProblem) as problem:
        check_choice(Choice(rules=("NO-1", "NO-2"), workloads=("none",)))
    check_choice(Choice(rules=("ISOLATION-1",), workloads=("two_users",)))

    assert all(name in str(problem.value) for name in ("NO-1", "NO-2", "none"))


@pytest.mark.parametrize(
    "options",
    [Options(time_scale=0), Options(time_scale=-1), Options(time_scale=float("inf")),
     Options(time_scale=float("nan")), Options(max_frame=0)],
)  # fmt: skip
def test_numbers_that_cannot_be_are_the_users_mistake(options: Options) -> None:
    """A deadline of nothing fails everybody, an endless one nobody."""
    with pytest.raises(UsageProblem):
        check_options(options)


# --- running ---------------------------------------------------------------------------------


def test_each_workload_runs_once() -> None:
    """However many items ask for its result; who watches is told when it begins and ends."""
    told: list[str] = []
    made: list[str] = []

    async def make(user: Any, tap: Any, tools: Any) -> Any:
        made.append(user.name)
        return await reference_dispatcher(user, tap, tools)

    campaign = Campaign(
        target(make),
        FAST,
        began=lambda name: told.append(f"began {name}"),
        ended=lambda result: told.append(f"ended {result.workload}"),
    )
    first = campaign.result("golden_path")
    again = campaign.result("golden_path")

    assert first is again
    assert told == ["began golden_path", "ended golden_path"]
    assert len(made) == 2  # the probe's, and one


def test_a_target_is_probed_once() -> None:
    """A workload of a target that is not there says why, for each of its rules, and no more."""
    gone = Gone()
    campaign = Campaign(gone, FAST, Choice(workloads=("golden_path", "two_users")))
    report = campaign.run()
    verdicts = [v for v in report.verdicts if v.workload == "golden_path"]

    assert gone.probed == 1
    assert {v.outcome for v in verdicts} == {Outcome.UNKNOWN}
    assert {v.reason for v in verdicts} == {"nobody there"}
    assert {v.rule for v in verdicts} == set(WORKLOADS["golden_path"].proves["dispatcher"])
    assert report.exit == Exit.INCONCLUSIVE
    assert any("nobody there" in problem for problem in report.problems)


def _ending(monkeypatch: pytest.MonkeyPatch, *problems: str) -> list[str]:
    """Let workloads end so, one after the other, the last for ever; which were run."""
    ran: list[str] = []

    def end(target: Any, facts: Any, workload: Any, options: Any) -> Conducted:
        ran.append(workload.name)
        problem = problems[min(len(ran), len(problems)) - 1]
        if problem:
            raise TargetProblem(problem, got=f"line {len(ran)}")
        return Conducted(workload.name, [])

    monkeypatch.setattr("goldenpath.campaign.conduct", end)
    return ran


def test_what_ends_alike_three_times_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A target that hangs in every workload costs three of them, and nothing of it is green."""
    ran = _ending(monkeypatch, "", "it hangs", "it hangs")
    campaign = Campaign(resolve("reference"), FAST)
    report = campaign.run()
    left_out = {v.workload for v in report.verdicts if v.reason.startswith("not run: ")}
    reasons = {v.reason for v in report.verdicts if v.workload in left_out}

    assert ran == list(campaign.plan())[:4]
    assert left_out == {*list(campaign.plan())[4:]}
    assert reasons == {"not run: the last 3 workloads ended alike: it hangs"}
    assert {v.outcome for v in report.verdicts if v.workload} == {Outcome.UNKNOWN}
    assert report.exit == Exit.INCONCLUSIVE
    assert set(report.notes) == {*ran[1:]}


@pytest.mark.parametrize(
    "problems",
    [("it hangs", "it hangs", "", "it hangs", "it hangs", ""), ("a", "b", "a", "b", "a", "c", "")],
    ids=["in between it works", "each time otherwise"],
)
def test_what_ends_otherwise_is_tried_on(
    problems: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the same reason three times in a row says that the next would end so as well."""
    ran = _ending(monkeypatch, *problems)
    campaign = Campaign(resolve("reference"), FAST)
    campaign.run()

    assert ran == list(campaign.plan())


def test_a_workload_in_which_we_crashed_is_not_tried_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second try might pass, and would hide a bug of ours; the other workloads go on."""
    tries: list[str] = []

    def crash(target: Any, facts: Any, workload: Any, options: Any) -> Conducted:
        tries.append(workload.name)
        if workload.name == "golden_path":
            raise ZeroDivisionError
        return Conducted(workload.name, [])

    monkeypatch.setattr("goldenpath.campaign.conduct", crash)
    choice = Choice(workloads=("golden_path", "two_users"))
    campaign = Campaign(resolve("reference"), FAST, choice)
    results = [campaign.result(name) for name in ("golden_path", "golden_path", "two_users")]
    report = campaign.report()

    assert tries == ["golden_path", "two_users"]
    assert {v.outcome for v in results[0].verdicts} == {Outcome.UNKNOWN}
    assert report.exit != Exit.CONFORMS
    assert any("ZeroDivisionError" in problem for problem in report.problems)
    assert "Traceback" in capsys.readouterr().err


def test_a_machine_that_has_nothing_left_is_no_bug_of_ours() -> None:
    """Such as a target that holds every file: neither green nor a bug."""

    class Taking(PythonTarget):
        def adapter(self, facts: Facts) -> Any:
            raise OSError(errno.EMFILE, "Too many open files")

    marked: Any = dispatcher()(reference_dispatcher)
    found = Taking("mine", marked, marked.__goldenpath__)
    report = Campaign(found, FAST, Choice(workloads=("golden_path",))).run()

    assert report.exit == Exit.INCONCLUSIVE
    assert {v.reason for v in report.verdicts} == {
        "the machine, or what the target made of this process, does not let it be run:"
        " [Errno 24] Too many open files"
    }


def test_a_target_that_replaces_what_we_work_with_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """What breaks then is no bug of ours."""

    async def make(user: Any, tap: Any, tools: Any) -> Any:
        monkeypatch.setattr(asyncio, "wait", None)
        return await reference_dispatcher(user, tap, tools)

    report = Campaign(target(make), FAST, Choice(workloads=("golden_path",))).run()

    assert report.exit == Exit.INCONCLUSIVE
    assert {v.reason for v in report.verdicts if v.proves} == {
        "the target has replaced asyncio.wait: TypeError: 'NoneType' object is not callable"
    }


# --- the report ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["reference", "reference-agent"])
def test_a_whole_campaign_of_the_reference_conforms(name: str, tmp_path: Path) -> None:
    """Every rule of the specification has a verdict or a reason, and each history is kept."""
    report = Campaign(resolve(name), Options(loop_factory=VirtualLoop, histories=tmp_path)).run()

    assert report.exit == Exit.CONFORMS
    assert {v.rule for v in report.verdicts} == set(spec.RULES)
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
    assert {v.rule for v in odd} == set(own.proves["dispatcher"])
    assert {v.outcome for v in odd} == {Outcome.UNKNOWN}
    assert {v.reason for v in odd} == {"the workload odd, of your own, broke: KeyError: 'explode'"}
    assert {v.outcome for v in report.verdicts if v.workload != "odd" and v.proves} == {
        Outcome.PASS
    }


def test_a_target_that_declares_nothing_is_not_green() -> None:
    """Greying everything is no way to conform: the core rules of its kind were not tested."""
    silent: Any = agent(events=())(lambda user, tap, tools: reference_agent(user, tap, tools))
    found = PythonTarget("silent", silent, silent.__goldenpath__)
    report = Campaign(found, FAST).run()

    assert report.exit == Exit.INCONCLUSIVE
