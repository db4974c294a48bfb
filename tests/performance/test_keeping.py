"""`goldenpath baseline`: nothing is stored that is not meant, and nothing stored is lost."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from tests.adapters.programs import dispatcher
from tests.performance.made import costs_of, shapes_of

from goldenpath.adapters.targets import resolve
from goldenpath.conduct import Conducted, Options, conduct, probe
from goldenpath.errors import TargetProblem, UsageProblem
from goldenpath.model import Outcome, Verdict
from goldenpath.performance.baseline import Baseline, path_of, read, write
from goldenpath.performance.counters import key
from goldenpath.performance.keeping import show, update
from goldenpath.workloads import WORKLOADS

TRACKED = Path(__file__).parents[2] / "reports" / "baselines"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a baseline of the reference."""
    return costs_of("reference", tmp_path_factory.mktemp("kept"))


@pytest.fixture
def folder(kept: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    shutil.copytree(kept, tmp_path / "base")
    return tmp_path / "base"


def of(folder: Path, target: str = "reference") -> Path:
    return path_of(folder, "performance", target)


def changed(folder: Path, factor: float, target: str = "reference") -> Baseline:
    """Pretend that the target used to cost `factor` times as much."""
    found = read(of(folder), "reference")
    counts = {name: round(count * factor) for name, count in found.last.counts.items()}
    last = msgspec.structs.replace(found.last, counts=counts)
    made = msgspec.structs.replace(found, taken=(last,), target=target)
    write(of(folder, target), made)
    return made


def text(lines: object) -> str:
    return "\n".join(line for _, line in lines)  # type: ignore[attr-defined]


def run(folder: Path, target: str = "reference") -> Conducted:
    options = Options(baseline=folder)
    found = resolve(target)
    return conduct(found, probe(found, options), WORKLOADS["counters"], options)


def perf(done: Conducted) -> Verdict:
    (verdict,) = (v for v in done.verdicts if v.rule == "PERF-1")
    return verdict


# --- update and show -----------------------------------------------------------------------------


def test_the_first_update_makes_the_file_and_says_where(tmp_path: Path) -> None:
    """With what was counted and why."""
    said = text(update(resolve("reference"), tmp_path, "  it begins  "))
    baseline = read(of(tmp_path), "reference")

    assert str(of(tmp_path)) in said
    assert [taken.reason for taken in baseline.taken] == ["it begins"]
    assert "it begins" in text(show(resolve("reference"), tmp_path))


def test_an_update_without_a_change_writes_nothing(folder: Path) -> None:
    """The history is of changes."""
    before = of(folder).read_bytes()

    assert "says so already" in text(update(resolve("reference"), folder, "again"))
    assert of(folder).read_bytes() == before


def test_an_update_keeps_what_was_before_it(folder: Path) -> None:
    """History and anchor; the drift since the anchor is shown."""
    first = changed(folder, 0.5).last
    said = text(update(resolve("reference"), folder, "it does more now"))
    baseline = read(of(folder), "reference")

    assert baseline.taken[0] == baseline.anchor == first
    assert baseline.last.reason == "it does more now"
    assert "instructions +100.0 %" in said
    assert "instructions +100.0 %" in text(show(resolve("reference"), folder))


@pytest.mark.parametrize("reason", ["", "  "])
def test_an_update_needs_a_reason(reason: str, tmp_path: Path) -> None:
    """Otherwise nobody knows later whether it was meant."""
    with pytest.raises(UsageProblem, match="needs a reason"):
        list(update(resolve("reference"), tmp_path, reason))


def test_a_damaged_baseline_is_neither_shown_nor_written_over(folder: Path) -> None:
    """It may be somebody's history."""
    of(folder).write_text("<<<<<<<")
    for work in (update(resolve("reference"), folder, "why"), show(resolve("reference"), folder)):
        with pytest.raises(UsageProblem, match="is damaged"):
            list(work)

    assert of(folder).read_text() == "<<<<<<<"


def test_golden_shapes_are_shown_beside_the_costs_and_without_them(folder: Path) -> None:
    """With the fields of each kind, and why they were taken in, each time."""
    shapes_of("reference", folder)
    both = text(show(resolve("reference"), folder))
    shutil.rmtree(folder / "performance")
    alone = text(show(resolve("reference"), folder))

    assert "per dispatch" in both
    assert "per dispatch" not in alone
    for said in (both, alone):
        assert "reference.json" in said
        assert "tool_completed success: " in said
        assert "for a test" in said


def test_there_is_nothing_to_show_where_there_is_nothing(tmp_path: Path) -> None:
    """With the command that makes one."""
    with pytest.raises(UsageProblem, match="goldenpath baseline update reference"):
        list(show(resolve("reference"), tmp_path))


def test_an_endpoint_cannot_be_counted(tmp_path: Path) -> None:
    """Its work is done elsewhere."""
    with pytest.raises(UsageProblem, match="cannot be counted"):
        list(update(resolve("reference-ws"), tmp_path, "why"))


def test_a_program_cannot_be_counted(folder: Path) -> None:
    """It is refused at once, and a run that asks for it says so and counts nothing."""
    target = f"cmd:{shlex.join(dispatcher())}"
    with pytest.raises(UsageProblem, match="it works in a process that is not ours"):
        list(update(resolve(target), folder, "why"))
    done = run(folder, target)

    assert (perf(done).outcome, perf(done).proves) == (Outcome.UNOBSERVABLE, True)
    assert done.notes == ()
    assert {v.outcome for v in done.verdicts if v.rule == "TOOL-1"} == {Outcome.PASS}


def test_what_cannot_be_told_is_not_stored(tmp_path: Path) -> None:
    """A target whose counts differ from process to process."""
    (tmp_path / "mine.py").write_text(
        "import os\n"
        "from goldenpath.builtin import reference_dispatcher as make\n"
        "from goldenpath.reference.dispatcher import RequestScopedDispatcher as D\n"
        "old = D._lookup\n"
        "def look(self, name):\n"
        "    for _ in range(os.getpid() % 1000): len('')\n"
        "    return old(self, name)\n"
        "D._lookup = look\n"
    )
    code = f"""if True:
        from pathlib import Path
        from goldenpath.adapters.targets import resolve
        from goldenpath.performance.keeping import update
        list(update(resolve("{tmp_path}/mine.py:make"), Path("base"), "why"))
    """
    done = _python(code, tmp_path)

    assert "something in it depends on chance or time" in done
    assert TargetProblem.__name__ in done
    assert not (tmp_path / "base").exists()


def _python(code: str, cwd: Path) -> str:
    """What a process of its own says: what is done to the reference there is not done to ours."""
    done = subprocess.run([sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True)
    return done.stdout + done.stderr


# --- a run against what is stored ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("factor", "outcome", "hint"),
    [
        (1.0, Outcome.PASS, False),
        (0.995, Outcome.PASS, False),
        (1.005, Outcome.PASS, False),
        (0.98, Outcome.FAIL, False),
        (1.5, Outcome.PASS, True),
    ],
)
def test_a_run_is_held_against_what_is_stored(
    factor: float, outcome: Outcome, hint: bool, folder: Path
) -> None:
    """Under one percent is nothing, more is a breach, less asks to be taken in."""
    changed(folder, factor)
    done = run(folder)

    assert perf(done).outcome is outcome
    assert any("take it in: goldenpath baseline update" in note for note in done.notes) is hint


def test_a_run_changes_nothing_that_is_stored(folder: Path) -> None:
    """Neither where it is better nor where there is nothing."""
    changed(folder, 2)
    before = of(folder).read_bytes()
    run(folder)
    absent = perf(run(folder / "nowhere"))

    assert of(folder).read_bytes() == before
    assert absent.outcome is Outcome.UNKNOWN
    assert not (folder / "nowhere").exists()


def test_a_baseline_of_another_workload_or_python_is_not_used(folder: Path) -> None:
    """UNKNOWN, with what to do."""
    found = read(of(folder), "reference")
    other = msgspec.structs.replace(found.last, hash="0123")
    write(of(folder), msgspec.structs.replace(found, taken=(other,)))
    void = perf(run(folder))
    of(folder).rename(of(folder).with_name("cpython-3.10.1-linux.json"))
    absent = perf(run(folder))

    assert {void.outcome, absent.outcome} == {Outcome.UNKNOWN}
    assert "it is of workload 0123" in void.reason
    assert "there is one of cpython-3.10.1-linux" in absent.reason
    assert all("to make one: goldenpath baseline update" in v.reason for v in (void, absent))


def test_other_rules_are_judged_over_the_same_steps(folder: Path) -> None:
    """The workload is performed as any other, besides being counted."""
    tools = next(v for v in run(folder).verdicts if v.rule == "TOOL-1")

    assert (tools.outcome, tools.opportunities) == (Outcome.PASS, 15)


@pytest.mark.parametrize("target", ["reference", "reference-agent"])
def test_the_tracked_baseline_of_the_reference_holds(target: str) -> None:
    """Whoever makes the reference do more takes that in, with a reason, or does it otherwise."""
    if not of(TRACKED, target).is_file():
        pytest.skip(f"no baseline of {target} is tracked for {key()}")
    verdict = perf(run(TRACKED, target))

    assert (verdict.outcome, verdict.reason) == (Outcome.PASS, "")


def test_baselines_are_tracked_for_every_python_that_is_tested() -> None:
    """Each can be read, by whatever Python."""
    for target in ("reference", "reference-agent"):
        files = sorted(of(TRACKED, target).parent.glob("*.json"))
        versions = {read(path, target).key.split(".")[1] for path in files}

        assert versions >= {"11", "12", "13"}
