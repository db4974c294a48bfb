"""`goldenpath run`: whatever becomes of the child, there is a report, and nothing is left over."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from goldenpath import supervise as supervising
from goldenpath.choice import Choice
from goldenpath.conduct import Options
from goldenpath.errors import Exit
from goldenpath.results import Report
from goldenpath.supervise import Order, Progress, supervise
from tests.face.commands import GOOD, HEAD, MAKE, goldenpath, verdicts

ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
LATER = "count = 0\n" + MAKE + "    global count; count += 1\n    if count == 4: {}\n" + GOOD


def order(folder: Path, source: str, *arguments: str, stall: float = 120.0) -> Order:
    """An order to run a target with this source, quickly."""
    file = folder / "target_of_test.py"
    file.write_text(HEAD + "import signal, subprocess, threading\n" + source)
    return Order(
        f"{file}:make",
        folder / "reports",
        Options(),
        Choice(workloads=("golden_path", "two_users")),
        (
            *("--goldenpath-workload", "golden_path", "--goldenpath-workload", "two_users"),
            *arguments,
        ),
        stall,
    )


def run(folder: Path, source: str, **more: Any) -> tuple[Report, list[Progress]]:
    seen: list[Progress] = []
    report = supervise(order(folder, source, **more), seen.append)
    return report, seen


def gone(pid: int) -> bool:
    """Whether a process has ended, or is about to be buried by whoever started it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_for(met: Callable[[], bool], seconds: float = 60.0) -> bool:
    """Whether it came to that in good time."""
    until = time.monotonic() + seconds
    while not met():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def test_a_run_that_ends_well_is_the_childs_own_report(tmp_path: Path) -> None:
    """Progress is told while it runs; the report is the one that was written."""
    report, seen = run(tmp_path, MAKE + GOOD)

    assert report.exit == Exit.CONFORMS
    assert verdicts(tmp_path / "reports")["exit"] == 0
    assert list(seen[-1].plan) == ["golden_path", "two_users"]
    assert seen[-1].ended == {"golden_path": [], "two_users": []}
    assert seen[-1].finished


@pytest.mark.parametrize(
    ("death", "how"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "signal SIGKILL"),
        ("os.kill(os.getpid(), signal.SIGTERM)", "signal SIGTERM"),
        ("os.kill(os.getpid(), 40)", "signal 40"),
        ("os.abort()", "signal SIGABRT"),
        ("os._exit(7)", "exit code 7"),
    ],
)
def test_a_child_that_dies_leaves_what_it_had_recorded(
    death: str, how: str, tmp_path: Path
) -> None:
    """How it died and in which workload; what was whole before counts, the rest is UNKNOWN."""
    report, _ = run(tmp_path, LATER.format(death))
    outcomes = {
        workload: {v.outcome for v in report.verdicts if v.workload == workload and v.proves}
        for workload in ("golden_path", "two_users")
    }

    assert report.exit == Exit.INCONCLUSIVE
    assert f"ended the interpreter ({how}) in the workload two_users" in report.problems[0]
    assert outcomes == {"golden_path": {"PASS"}, "two_users": {"UNKNOWN"}}
    assert verdicts(tmp_path / "reports")["exit"] == Exit.INCONCLUSIVE


def test_a_violation_that_was_seen_before_the_death_stands(tmp_path: Path) -> None:
    """Exit 1: what is broken is broken, however the run ended."""
    silent = (
        "from goldenpath.reference import RequestScopedDispatcher, UserContext\n"
        "count = 0\n" + MAKE + "    global count; count += 1\n    if count == 4: os._exit(0)\n"
        "    return RequestScopedDispatcher(UserContext.from_user(user), None, tools)\n"
    )
    report, _ = run(tmp_path, silent)

    assert report.exit == Exit.VIOLATIONS
    assert "DELIVERY-2" in {v.rule for v in report.verdicts if v.outcome == "FAIL"}


@pytest.mark.parametrize("ends", ["well", "badly"])
def test_a_process_that_the_target_left_is_ended(ends: str, tmp_path: Path) -> None:
    """Whether the child ended well or was killed: nothing of it goes on."""
    left = tmp_path / "left"
    source = (
        "def leave():\n"
        f"    if not os.path.exists({str(left)!r}):\n"
        "        child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"        open({str(left)!r}, 'w').write(str(child.pid))\n"
        "count = 0\n" + MAKE + "    leave()\n"
        + ("    os._exit(0)\n" if ends == "badly" else GOOD)
    )  # fmt: skip
    report, _ = run(tmp_path, source)

    assert report.exit == (Exit.CONFORMS if ends == "well" else Exit.INCONCLUSIVE)
    assert wait_for(lambda: gone(int(left.read_text())))


def test_a_thread_that_does_not_end_holds_nobody_up_for_ever(tmp_path: Path) -> None:
    """The run was whole and its report counts; the child is ended long before it would stall."""
    source = (
        "kept = threading.Thread(target=threading.Event().wait)\n"
        "kept.start()\n" + MAKE + GOOD
    )  # fmt: skip
    report, _ = run(tmp_path, source, stall=3600.0)

    assert report.exit == Exit.CONFORMS


def test_an_old_report_is_not_taken_for_this_runs(tmp_path: Path) -> None:
    """What an earlier run left is gone before the child begins."""
    run(tmp_path, MAKE + GOOD)
    report, seen = run(tmp_path, "os._exit(0)\n" + MAKE + GOOD)

    assert report.exit == Exit.INCONCLUSIVE
    assert "while it was being loaded" in report.problems[0]
    assert verdicts(tmp_path / "reports")["exit"] == Exit.INCONCLUSIVE
    assert seen == []


def test_the_users_own_pytest_settings_do_not_reach_the_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Options and plugins of theirs would change what is run."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")
    monkeypatch.setenv("PYTEST_PLUGINS", "no_such_plugin")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    report, _ = run(tmp_path, MAKE + GOOD)

    assert report.exit == Exit.CONFORMS


@pytest.mark.parametrize("how", ENDING, ids=[number.name for number in ENDING])
@pytest.mark.parametrize("deaf", [False, True], ids=["obedient", "deaf"])
def test_a_cancelled_job_keeps_its_report_and_leaves_nothing_running(
    how: signal.Signals, deaf: bool, tmp_path: Path
) -> None:
    """Exit 130, whether or not the target listens to an interrupt."""
    ready = tmp_path / "ready"
    source = (
        ("signal.signal(signal.SIGINT, signal.SIG_IGN)\n" if deaf else "")
        + "count = 0\n" + MAKE + "    global count; count += 1\n    if count == 3:\n"
        f"        open({str(ready)!r}, 'w').write(str(os.getpid()))\n"
        "        await asyncio.Event().wait()\n" + GOOD
    )  # fmt: skip
    asked = order(tmp_path, source)
    command = [sys.executable, "-m", "goldenpath", "run", asked.target, "--time-scale", "20"]
    child = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL)
    there = wait_for(lambda: ready.exists() and ready.read_text() != "")
    os.kill(child.pid, how)
    code = child.wait(timeout=60)

    assert there
    assert code == Exit.INTERRUPTED
    assert verdicts(tmp_path / "reports" / "latest")["exit"] == Exit.INTERRUPTED
    assert "interrupted" in " ".join(verdicts(tmp_path / "reports" / "latest")["problems"])
    assert wait_for(lambda: gone(int(ready.read_text())))


def test_who_interrupts_twice_has_a_report_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That of the run before is gone by then; the child is not waited for."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(supervising, "_end", interrupt)
    report = supervise(order(tmp_path, MAKE + GOOD), interrupt)

    assert report.exit == Exit.INTERRUPTED
    assert verdicts(tmp_path / "reports")["exit"] == Exit.INTERRUPTED


def test_a_child_ends_when_its_supervisor_was_killed(tmp_path: Path) -> None:
    """With whatever the target has started: nobody else would stop what spins."""
    ready = tmp_path / "ready"
    source = (
        MAKE + "    other = subprocess.Popen(['sleep', '600'])\n"
        f"    open({str(ready)!r}, 'w').write(f'{{os.getpid()}} {{other.pid}}')\n"
        "    while True: pass\n"
    )
    asked = order(tmp_path, source)
    command = [sys.executable, "-m", "goldenpath", "run", asked.target, "--stall", "600"]
    supervisor = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL)
    there = wait_for(lambda: ready.exists() and len(ready.read_text().split()) == 2)
    supervisor.kill()
    supervisor.wait()

    assert there
    for pid in ready.read_text().split():
        assert wait_for(lambda pid=pid: gone(int(pid)))  # type: ignore[misc]


@pytest.mark.parametrize("how", ENDING, ids=[number.name for number in ENDING])
def test_the_command_can_be_interrupted_while_it_is_loaded(how: signal.Signals) -> None:
    """Without a traceback, and not with the exit code of violations."""
    loading = f"import os, sys; os.kill(os.getpid(), {int(how)}); sys.exit(1)"
    source = (
        "import sys, types\nfrom goldenpath.__main__ import main\n"
        "class Slow:\n    def find_spec(self, name, *_):\n"
        f"        if name == 'goldenpath.cli': exec({loading!r})\n"
        "sys.meta_path.insert(0, Slow())\nmain()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, timeout=60
    )

    assert done.returncode == Exit.INTERRUPTED
    assert done.stderr == "goldenpath: interrupted\n"


OWN = """
import time
from goldenpath.extend import Check, Extension, Level, Rule

def check(call, tally):
    {}

def pytest_goldenpath_extend():
    rule = Rule("SHOP-1", Level.MUST, "It is so.", "a book")
    return Extension(rules=(rule,), checks=(Check("SHOP-1", call=check),))
"""


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("time.sleep(1e4)", "made no progress"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt was raised, and nobody has interrupted it"),
    ],
)
def test_a_check_of_ones_own_cannot_take_the_report_along(
    what: str, said: str, tmp_path: Path
) -> None:
    """One that hangs is stopped with the child, and not run again by its supervisor."""
    (tmp_path / "conftest.py").write_text(OWN.format(what))
    more = ("--workload", "golden_path", "--stall", "20")
    done = goldenpath(tmp_path, "run", "reference", *more)

    assert done.returncode == Exit.INCONCLUSIVE, done.stdout
    assert said in done.stdout
    assert verdicts(tmp_path / "reports" / "latest")["exit"] == Exit.INCONCLUSIVE


def test_sys_exit_in_a_task_is_told_and_not_hidden_by_another_try(tmp_path: Path) -> None:
    """The workload in which it happened is UNKNOWN; it is not run again until it passes."""
    source = (
        "async def leave(): sys.exit(4)\n"
        + LATER.format("make.kept = asyncio.ensure_future(leave())")
    )  # fmt: skip
    file = order(tmp_path, source).target
    done = goldenpath(tmp_path, "run", file, "--workload", "golden_path", "--workload", "two_users")

    assert done.returncode == Exit.INCONCLUSIVE
    assert "sys.exit(4)" in done.stdout


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], Progress()),
        (
            [{"plan": {"a": ["R-1"]}, "kind": "agent"}, {"began": "a"}],
            Progress(plan={"a": ("R-1",)}, kind="agent", began="a"),
        ),
        ([{"began": "a"}, {"began": "b"}], Progress(began="b")),
        ([{"ended": "a", "broken": ["R-1"]}], Progress(ended={"a": ["R-1"]})),
        ([{"stopped": "why", "exit": 2}], Progress(stopped="why", stopped_exit=2)),
        ([{"finished": True}, {"ended": "a", "broken": []}],
         Progress(ended={"a": []}, finished=True)),
        ([{"something": "new"}], Progress()),
    ],
)  # fmt: skip
def test_progress_adds_up(lines: list[dict[str, Any]], expected: Progress) -> None:
    """Line by line; what is not known is passed over."""
    progress = Progress()
    for line in lines:
        progress.take(line)

    assert progress == expected


@pytest.mark.parametrize(
    ("began", "said", "exit_"),
    [
        ("", "pytest had an internal error", Exit.BUG),
        ("golden_path", "(exit code 3) in the workload golden_path", Exit.INCONCLUSIVE),
    ],
)
def test_where_pytest_breaks_down_it_is_no_fault_of_the_target(
    tmp_path: Path, began: str, said: str, exit_: Exit
) -> None:
    """Before any workload has begun; in one, it is the target that ended the interpreter so."""
    asked, progress = order(tmp_path, ""), Progress(plan={"golden_path": ()}, began=began)
    asked.folder.mkdir()
    code = int(pytest.ExitCode.INTERNAL_ERROR)
    problem, found = supervising._why(asked, progress, "", Exit.INCONCLUSIVE, code)

    assert said in problem
    assert found is exit_


def test_a_target_that_spoils_what_the_child_tells_is_inconclusive(tmp_path: Path) -> None:
    """The histories are judged all the same."""
    spoil = (
        "import atexit, pathlib\n"
        "report = pathlib.Path(__file__).with_name('reports') / 'verdicts.json'\n"
        "atexit.register(lambda: report.write_text('{}'))\n"
    )
    report, _ = run(tmp_path, spoil + MAKE + GOOD)

    assert report.exit == Exit.INCONCLUSIVE
    assert any("its verdicts.json cannot be read" in problem for problem in report.problems)
    assert "PASS" in {verdict.outcome for verdict in report.verdicts}
