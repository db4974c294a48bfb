"""`goldenpath run`: supervises a pytest child, and reports whatever becomes of it.

A target that spins, exits, kills the interpreter or swallows interrupts takes the child along and
not the report: what the child had recorded is judged here, and the rest is UNKNOWN.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from goldenpath import interrupts
from goldenpath.adapters.child import ended
from goldenpath.campaign import make_report
from goldenpath.choice import Choice
from goldenpath.conduct import Options
from goldenpath.errors import Exit
from goldenpath.offline import salvage
from goldenpath.paths import SUITES
from goldenpath.results import Report, interrupted
from goldenpath.store import (
    claim,
    clear_reports,
    keep_reports,
    read_reports,
    unwritable,
    with_replays,
)

#: Seconds without any progress after which a child is taken to be stuck. One workload has patience
#: of a few seconds per step, so this is many times what an honest one needs.
STALL = 60.0

#: Seconds that a child has to end by itself after an interrupt.
GRACE = 5.0

#: pytest's exit code for an internal error of its own, pytest.ExitCode.INTERNAL_ERROR: the command
#: does not wait until pytest is imported.
_BROKE_DOWN = 3

#: Signals by which somebody ends a run.
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

#: Settings of the user's own pytest that must not reach ours, and one that keeps their plug-ins
#: out: they have no part in it, and some take a second and more to load.
_NOT_INHERITED = {"PYTEST_ADDOPTS", "PYTEST_PLUGINS"}
_ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


@dataclass
class Progress:
    """What the child has said of itself so far."""

    plan: dict[str, tuple[str, ...]] = field(default_factory=dict)
    kind: str = ""
    began: str = ""
    ended: dict[str, list[str]] = field(default_factory=dict)
    stopped: str = ""
    stopped_exit: int = 0
    finished: bool = False

    def take(self, line: dict[str, Any]) -> None:
        """Take in one line of the child's progress file."""
        if "plan" in line:
            self.plan = {name: tuple(rules) for name, rules in line["plan"].items()}
            self.kind = line["kind"]
        if "began" in line:
            self.began = line["began"]
        if "ended" in line:
            self.ended[line["ended"]] = line["broken"]
        if "stopped" in line:
            self.stopped, self.stopped_exit = line["stopped"], line["exit"]
        self.finished = self.finished or bool(line.get("finished"))


@dataclass(frozen=True)
class Order:
    """What to run. arguments: the child's --goldenpath options."""

    target: str
    folder: Path
    options: Options
    choice: Choice
    arguments: tuple[str, ...]
    stall: float = STALL
    python: str = sys.executable


def _command(order: Order, progress: Path) -> list[str]:
    return [
        *(order.python, "-P", "-X", "faulthandler", "-m", "pytest", str(SUITES)),
        *("-p", "goldenpath.plugin"),
        *("-c", str(SUITES / "pytest.ini"), "--rootdir", str(Path.cwd()), "-q"),
        *("--goldenpath-target", order.target, "--goldenpath-report-dir", str(order.folder)),
        *("--goldenpath-progress", str(progress), *order.arguments),
    ]  # fmt: skip


class Stuck(Exception):
    """The child made no progress for too long."""


def supervise(order: Order, show: Callable[[Progress], None]) -> Report:
    """Run the child to its end and return the report, written. Never raises for its sake.

    Raises UsageProblem where the folder cannot be written, or another run is writing to it.
    """
    with claim(order.folder):
        return _supervise(order, show)


def _supervise(order: Order, show: Callable[[Progress], None]) -> Report:
    progress_file = order.folder / "progress.jsonl"
    progress_file.unlink(missing_ok=True)
    clear_reports(order.folder)
    progress, cut, end = Progress(), "", Exit.INCONCLUSIVE
    with (order.folder / "pytest.log").open("wb") as log:
        child = subprocess.Popen(  # noqa: S603 - our own interpreter and suites
            _command(order, progress_file),
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env=_environment(),
        )
        try:
            for line in _follow(child, progress_file, order.stall):
                progress.take(line)
                show(progress)
        except Stuck:
            cut = f"the target made no progress for {order.stall:.0f} seconds and was stopped"
            _end(child, signal.SIGABRT)
        except KeyboardInterrupt:
            cut, end = "interrupted", Exit.INTERRUPTED
            with suppress(KeyboardInterrupt):  # who asks again does not want to wait for the child
                _end(child, signal.SIGINT)
        finally:
            with _undisturbed():
                _kill_group(child)
    with _undisturbed():
        return _report(order, progress, cut, end, child.returncode)


def _environment() -> dict[str, str]:
    ours = {k: v for k, v in os.environ.items() if k not in _NOT_INHERITED}
    return {**ours, **_ALONE, interrupts.SUPERVISOR: str(os.getpid())}


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Nobody cuts this short: it takes a moment, and the report of the run before is gone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)


def _follow(child: subprocess.Popen[bytes], path: Path, stall: float) -> Iterator[dict[str, Any]]:
    """Yield the lines that the child adds to its progress file, until it has ended. One that has
    told that it is finished is only held up by what the target left, and not waited for long.
    """
    offset, last = 0, time.monotonic()
    while True:
        ended = child.poll() is not None
        data = path.read_bytes()[offset:] if path.exists() else b""
        whole = data[: data.rfind(b"\n") + 1]
        offset += len(whole)
        if whole:
            last = time.monotonic()
        for line in whole.splitlines():
            told = _told(line)
            stall = min(stall, GRACE) if told.get("finished") else stall
            yield told
        if ended:
            return
        if time.monotonic() - last > stall:
            raise Stuck
        with suppress(subprocess.TimeoutExpired):
            child.wait(timeout=0.05)


def _told(line: bytes) -> dict[str, Any]:
    """One line of progress; what a target made of our file instead says nothing."""
    try:
        told = json.loads(line)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _end(child: subprocess.Popen[bytes], how: signal.Signals) -> None:
    """Ask the child to end, and make it end."""
    with suppress(ProcessLookupError):
        child.send_signal(how)
    with suppress(subprocess.TimeoutExpired):
        child.wait(timeout=GRACE)


def _kill_group(child: subprocess.Popen[bytes]) -> None:
    """End whatever the target has started in the child's session."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _report(order: Order, progress: Progress, cut: str, end: Exit, code: int) -> Report:
    """The child's own report where it is whole, else what can be said without it."""
    report = _told_by(order.folder) if progress.finished else None
    if report is not None:
        if cut and report.exit != end and end is Exit.INTERRUPTED:
            report = keep_reports(interrupted(report, end), order.folder)
        return report
    problem, exit_ = _why(order, progress, cut, end, code)
    histories, lines = order.folder / "histories", order.choice.known
    catalogue = order.options.catalogue
    results = salvage(histories, progress.plan, {}, lines, catalogue, progress.ended)
    salvaged = make_report(
        order.target,
        progress.kind,
        progress.plan,
        results,
        order.options,
        order.choice,
        partial=order.choice.partial,
        problems=(problem,),
    )
    return keep_reports(with_replays(interrupted(salvaged, exit_), order.folder), order.folder)


def _told_by(folder: Path) -> Report | None:
    """What the child has written; None where that is not there, or the target has spoilt it."""
    with suppress(OSError, ValueError):
        return read_reports(folder)
    return None


def _why(order: Order, progress: Progress, cut: str, end: Exit, code: int) -> tuple[str, Exit]:
    """What went wrong with the child, where, and the exit code that follows."""
    if progress.stopped:
        return progress.stopped, Exit(progress.stopped_exit)
    if full := unwritable(order.folder):  # whatever became of the child, it could not tell
        return full, end
    where = f"in the workload {progress.began}" if progress.began else "while it was being loaded"
    log = f"see {order.folder / 'pytest.log'}"
    if cut:
        return f"{order.target}: {cut}, {where}; {log}", end
    if progress.plan and code == _BROKE_DOWN and not progress.began:
        return f"pytest had an internal error; {log}", Exit.BUG
    if progress.finished:
        return f"{order.target}: its verdicts.json cannot be read; {log}", Exit.INCONCLUSIVE
    return (
        f"{order.target} ended the interpreter ({ended(code)}) {where}; {log}",
        Exit.INCONCLUSIVE,
    )
