"""A session that a user drives is judged as the suites judge, by the same rules."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from goldenpath import dispatcher
from goldenpath.adapters.targets import of_factory
from goldenpath.drive import Drive
from goldenpath.errors import Exit
from goldenpath.miniatures import MINIATURES
from goldenpath.model import Outcome
from goldenpath.offline import judge_file
from tests.driving import CORRECT, Work, conducted, kept, one_call, red, two_at_work
from tests.strangers.test_strangers import HERE

# --- the verdict is that of the suites ---


@pytest.mark.parametrize("name", ["reference", "reference-agent", *CORRECT])
def test_a_correct_target_passes(name: str, tmp_path: Path) -> None:
    """No false alarm, whoever wrote it; and the history says the same again."""
    target = f"{HERE / name}.py:make" if name in CORRECT else name
    report = conducted(target, two_at_work, tmp_path, threads=CORRECT.get(name, False))

    assert red(report) == set()
    assert report.exit == Exit.CONFORMS, report.problems
    assert report.counts["PASS"] >= 10
    again = judge_file(tmp_path / "mine.jsonl")[1].verdicts
    assert [v for v in again if v.opportunities] == [v for v in report.verdicts if v.opportunities]
    assert kept(tmp_path).footer


DRIVEN = sorted(
    n for n, each in MINIATURES.items() if each.declaration.kind in ("dispatcher", "agent")
)


@pytest.mark.parametrize("name", DRIVEN)
def test_what_turns_red_was_noted_beforehand(name: str, tmp_path: Path) -> None:
    """No rule is broken here that the suites do not see broken as well."""
    report = conducted(f"miniature:{name}", two_at_work, tmp_path)

    assert red(report) <= MINIATURES[name].red


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("last-user-wins", "ISOLATION-1"),
        ("recent-results", "ISOLATION-2"),
        ("errors-of-others", "ISOLATION-3"),
        ("runs-twice", "TOOL-1"),
        ("adds-parameter", "TOOL-2"),
        ("falsy-becomes-empty", "TOOL-3"),
        ("failure-is-a-value", "TOOL-4"),
        ("unknown-tool-accepted", "TOOL-5"),
        ("not-announced", "DELIVERY-2"),
        ("announced-twice", "DELIVERY-3"),
        ("failure-not-closed", "DELIVERY-5"),
        ("announced-late", "ORDER-4"),
        ("repr-frame", "CONTENT-1"),
        ("error-says-success", "CONTENT-5"),
        ("never-thinks", "DELIVERY-1"),
        ("never-ends", "DELIVERY-4"),
        ("never-started", "ORDER-1"),
        ("thinks-after-end", "ORDER-2"),
        ("agent-last-user-wins", "ISOLATION-1"),
    ],
)
def test_a_broken_target_is_caught_by_passing_calls_alone(
    name: str, rule: str, tmp_path: Path
) -> None:
    """The test asserts nothing of its own: the judge does."""
    report = conducted(f"miniature:{name}", two_at_work, tmp_path)

    assert rule in red(report)
    assert report.exit == Exit.VIOLATIONS


def test_a_stricter_look_is_asked_for_by_rule(tmp_path: Path) -> None:
    """A rule that was to be proved and had no opportunity is UNKNOWN, and that is not green."""
    reports = [
        conducted("reference", one_call, tmp_path, proves=proves)
        for proves in ((), ("tool-1",), ("ISOLATION-1",))
    ]

    assert [report.exit for report in reports] == [0, 0, Exit.INCONCLUSIVE]
    assert kept(tmp_path).header.proves == ("ISOLATION-1",)


@pytest.mark.parametrize(
    ("rule", "outcome"),
    [
        ("ISOLATION-1", "UNKNOWN"),
        ("RECOVERY-8a", "UNKNOWN"),
        ("ORDER-1", "UNSUPPORTED"),
        ("TOOL-10", "UNOBSERVABLE"),
        ("PERF-1", "NOT_RUN"),
    ],
)
def test_what_was_to_be_proved_and_was_not_tested_is_said(
    rule: str, outcome: str, tmp_path: Path
) -> None:
    """Whatever its level and the reason; where nobody asked for it, it is no matter."""
    asked = conducted("reference", one_call, tmp_path, proves=[rule])
    unasked = conducted("reference", one_call, tmp_path)
    (problem,) = asked.problems

    assert problem.startswith(f"{rule} was to be proved and is {outcome}: ")
    assert problem.rpartition(": ")[2]
    assert (asked.exit, unasked.exit) == (Exit.INCONCLUSIVE, 0)


def test_what_was_to_be_proved_and_is_broken_decides_as_ever(tmp_path: Path) -> None:
    """A FAIL is exit 1; excused, it is green."""
    broken = conducted("miniature:runs-twice", one_call, tmp_path, proves=["TOOL-1"])
    excused = conducted("miniature:runs-twice", excusing("TOOL-1"), tmp_path, proves=["TOOL-1"])

    assert (broken.exit, broken.problems) == (Exit.VIOLATIONS, ())
    assert (excused.exit, excused.problems) == (Exit.CONFORMS, ())


@pytest.mark.parametrize("work", ["nothing", "only opened"])
def test_a_test_that_asks_nothing_is_not_green(work: str, tmp_path: Path) -> None:
    """Never 0 where nothing was checked."""

    async def idle(session: Drive) -> None:
        if work == "only opened":
            await session.user("alice").create()

    report = conducted("reference", idle, tmp_path)

    assert report.exit == Exit.INCONCLUSIVE
    assert "the test asked nothing of reference" in report.problems


class Nameless:
    """Keeps the contract as far as it is used here; its events name neither call nor content."""

    def __init__(self, tap: Any, tools: Any) -> None:
        self.send, self.tools = tap.manager.send_event, {tool.name: tool for tool in tools}

    async def execute_tool(self, tool_name: str, parameters: Any = None) -> Any:
        await self.send("tool_executing", {"tool_name": tool_name})
        result = await self.tools[tool_name].arun(**(parameters or {}))
        told = {"tool_name": tool_name, "status": "success", "result": result}
        await self.send("tool_completed", told)
        return result

    async def cleanup(self) -> None:
        self.tools = {}


@dispatcher(redacts={"page"})
def nameless(user: Any, tap: Any, tools: Any) -> Nameless:
    return Nameless(tap, tools)


@pytest.mark.parametrize(
    ("pages", "code"),
    [([1], Exit.CONFORMS), ([1, 2], Exit.INCONCLUSIVE), ([1, 1], Exit.CONFORMS)],
)
def test_what_cannot_be_told_is_not_green(pages: list[int], code: Exit, tmp_path: Path) -> None:
    """Overlapping calls that nothing tells apart are UNKNOWN: exit 3. A single one is no riddle,
    and of equal ones it is of no account which is which.
    """

    async def side_by_side(session: Drive) -> None:
        alice = session.user("alice")
        await alice.create(["lookup"])
        calls = (alice.execute("lookup", {"page": page}, plain=True) for page in pages)
        await asyncio.gather(*calls)

    report = conducted(of_factory(nameless), side_by_side, tmp_path)

    assert red(report) == set()
    assert report.exit == code


# --- excuses ---


def excusing(*rules: str, **more: Any) -> Work:
    async def work(session: Drive) -> None:
        for rule in rules:
            session.excuse(rule, "ticket 12", **more)
        await one_call(session)

    return work


def test_a_rule_is_excused_by_name_with_a_reason(tmp_path: Path) -> None:
    """It must be broken then; where it is not, that is what is wrong. Flaky: it may be."""
    broken, sound = "miniature:runs-twice", "reference"
    excused = conducted(broken, excusing("TOOL-1"), tmp_path)
    stale = conducted(sound, excusing("TOOL-1"), tmp_path)
    idle = conducted(sound, excusing("RECOVERY-1"), tmp_path)
    other = conducted(broken, excusing("TOOL-2"), tmp_path)

    assert excused.exit == Exit.CONFORMS
    assert [v.reason[:16] for v in excused.verdicts if v.outcome is Outcome.KNOWN] == [
        "known: ticket 12"
    ]
    assert stale.stale == ("the excuse (TOOL-1 mine) passes: remove it",)
    assert idle.stale == (
        "the excuse (RECOVERY-1 mine) matches nothing that was tested: remove it",
    )
    assert (stale.exit, idle.exit, other.exit) == (1, 1, 1)
    for target in (broken, sound):
        assert conducted(target, excusing("TOOL-1", flaky=True), tmp_path).exit == 0
