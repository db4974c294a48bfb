"""A campaign that runs: each workload once, and what comes of one that cannot be run."""

from __future__ import annotations

import asyncio
import errno
from typing import Any

import pytest

from goldenpath.adapters.base import Facts
from goldenpath.adapters.python import PythonTarget
from goldenpath.adapters.targets import resolve
from goldenpath.builtin import reference_dispatcher
from goldenpath.campaign import Campaign
from goldenpath.choice import Choice
from goldenpath.conduct import Conducted
from goldenpath.errors import Exit, TargetProblem
from goldenpath.hanging import MOST_HUNG
from goldenpath.model import Outcome
from goldenpath.plant.users import PROBE
from goldenpath.workloads import WORKLOADS
from tests.campaigning import FAST, Never, unasked
from tests.conducting import target


class Gone(Never):
    """A target that cannot be reached."""

    name = "gone"
    probed = 0

    async def probe(self, time_scale: float = 1.0) -> Facts:
        self.probed += 1
        raise TargetProblem("nobody there", expected="an answer", got="none")


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
    assert {v.rule for v in verdicts} == set(unasked(WORKLOADS["golden_path"].proves["dispatcher"]))
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


def test_a_workload_in_which_all_hangs_keeps_what_it_found() -> None:
    """It is abandoned, and nothing else of it is said to hold."""

    async def hangs(user: Any, tap: Any, tools: Any) -> Any:
        made = await reference_dispatcher(user, tap, tools)
        if user.name != PROBE.name:
            made.execute_tool = lambda *_, **__: asyncio.Event().wait()
        return made

    campaign = Campaign(target(hangs), FAST, Choice(workloads=("latency",)))
    report = campaign.run()
    said = {(v.workload, v.rule): v for v in report.verdicts}

    assert said["latency", "RECOVERY-8"].outcome is Outcome.FAIL
    assert campaign.results["latency"].abandoned == (
        f"execute was waited for in vain {MOST_HUNG} times in a row"
    )
    assert said["latency", "TOOL-1"].reason.startswith("the workload was abandoned: execute")
    assert Outcome.PASS not in {v.outcome for v in report.verdicts}
    assert report.exit == Exit.VIOLATIONS


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

    declared: Any = reference_dispatcher
    found = Taking("mine", declared, declared.__goldenpath__)
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
