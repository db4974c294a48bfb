"""Writes the reports of a run into its folder, so that none ever looks whole when it is not.

All are rendered first, written under temporary names, then renamed; verdicts.json comes last, so
that whoever finds it finds the others too.
"""

from __future__ import annotations

import fcntl
import os
import shlex
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

import msgspec

from goldenpath.adapters.lines import PREFIX
from goldenpath.dialects import FrameReader
from goldenpath.errors import Exit, OutputProblem, UsageProblem
from goldenpath.history import HistoryProblem, read_header
from goldenpath.model import Entry, Finding, Verdict
from goldenpath.report import data, html, junit, markdown, witness
from goldenpath.report.evidence import Heard, Line, Reader
from goldenpath.results import Report, interrupted

_ROOM = "make room there, or name another folder with --report-dir"

#: Bytes for which there is no room on a full disk.
_TRIAL = 1 << 14

#: What a run leaves, in the order in which it appears; verdicts.json is the last.
NAMES = ("report.html", "summary.md", "junit.xml", "verdicts.json")


def make_folder(folder: Path) -> None:
    """Make the folder for reports. Raises UsageProblem where that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".writable.{os.getpid()}"  # workers of xdist try at the same time
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise UsageProblem(
            f"reports cannot be written to {folder}",
            expected="a folder that can be made and written",
            got=f"{type(error).__name__}: {error.strerror}",
        ) from None


def claim(folder: Path) -> IO[bytes]:
    """Make the folder and keep other runs out of it until what is returned is closed, or this
    process ends. Raises UsageProblem where another run has it: two would read each other's reports.
    """
    make_folder(folder)
    lock = (folder / ".lock").open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise UsageProblem(
            f"another run of goldenpath is writing to {folder}",
            expected="a folder of its own for each run",
            hint="wait for it, or name another folder with --report-dir",
        ) from None
    return lock


def clear_reports(folder: Path) -> None:
    """Remove the reports of an earlier run, so that they cannot be taken for those of this one."""
    for name in reversed(NAMES):
        (folder / name).unlink(missing_ok=True)


def write_reports(
    report: Report, folder: Path, histories: Mapping[str, Path] | None = None
) -> list[Path]:
    """Write all reports and return their paths.

    histories: workload to the file of its history; left out, they are looked for in the folder.
    Raises OutputProblem, with none of the reports there.
    """
    report = with_replays(report, folder, histories)
    lines = read_witnesses(report, folder, histories)
    contents = {
        "report.html": html.render(report, witnesses=lines).encode(),
        "summary.md": markdown.render(report, witnesses=lines).encode(),
        "junit.xml": junit.render(report, witnesses=lines).encode(),
        "verdicts.json": data.encode(report),
    }
    half = {folder / name: folder / f".{name}.{os.getpid()}.part" for name in NAMES}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, part in half.items():
            _write(part, contents[path.name])
        for path, part in half.items():
            part.replace(path)
    except OSError as error:
        raise _unwritten(folder, error) from None
    finally:
        for part in half.values():
            with suppress(OSError):
                part.unlink(missing_ok=True)
    return list(half)


def _unwritten(folder: Path, error: OSError) -> OutputProblem:
    return OutputProblem(f"reports cannot be written to {folder}: {error.strerror}", hint=_ROOM)


def unwritable(folder: Path) -> str:
    """Why nothing can be written to a folder that was made, a full disk perhaps; empty where it
    can.
    """
    trial = folder / f".room.{os.getpid()}"
    try:
        _write(trial, b"\0" * _TRIAL)
    except OSError as error:
        return str(_unwritten(folder, error))
    finally:
        with suppress(OSError):
            trial.unlink()
    return ""


def keep_reports(report: Report, folder: Path) -> Report:
    """Write all reports and return this one; where they cannot be written that is a problem of the
    run, which is then no more than inconclusive.
    """
    try:
        write_reports(report, folder)
    except OutputProblem as problem:
        problems = tuple(dict.fromkeys((*report.problems, str(problem))))
        report = msgspec.structs.replace(report, problems=problems)
        return interrupted(report, Exit.INCONCLUSIVE)
    return report


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def read_reports(folder: Path) -> Report:
    """Read verdicts.json of a run. Raises ValueError or OSError."""
    return data.decode((folder / "verdicts.json").read_bytes())


def with_replays(
    report: Report, folder: Path, histories: Mapping[str, Path] | None = None
) -> Report:
    """Fill in how to replay each finding that does not say so, where its history was kept."""
    verdicts = tuple(_replayable(report, v, folder, histories or {}) for v in report.verdicts)
    return msgspec.structs.replace(report, verdicts=verdicts)


def _replayable(
    report: Report, verdict: Verdict, folder: Path, histories: Mapping[str, Path]
) -> Verdict:
    path = history_of(report, verdict.workload, folder, histories) if verdict.findings else None
    if path is None:
        return verdict
    named = ["--target", report.target] if report.target.startswith(PREFIX) else []
    command = shlex.join(["goldenpath", "replay", str(path), *named])

    def filled(finding: Finding) -> Finding:
        return finding if finding.replay else msgspec.structs.replace(finding, replay=command)

    return msgspec.structs.replace(verdict, findings=tuple(map(filled, verdict.findings)))


def history_of(
    report: Report, workload: str, folder: Path, histories: Mapping[str, Path]
) -> Path | None:
    """Return where the history of a workload is, or None where none was kept."""
    named = histories.get(workload) or report.histories.get(workload)
    there = [folder / named, Path(named)] if named else []
    if workload and Path(workload).name == workload:
        there.append(folder / "histories" / f"{workload}.jsonl")
    return next((path for path in there if os.path.isfile(path)), None)


def read_witnesses(
    report: Report, folder: Path, histories: Mapping[str, Path] | None = None
) -> dict[str, dict[int, Line]]:
    """Read the lines that findings point to, one pass over each history; gone ones are left out."""
    found = {}
    for workload, indexes in witness.wanted(report.verdicts).items():
        path = history_of(report, workload, folder, histories or {})
        if path is not None:
            with path.open("rb") as lines:
                found[workload] = witness.collect(lines, indexes, frame_reader)
    return found


def frame_reader(header: bytes) -> Reader:
    """Return what reads the frames of the history with this first line, as its judge does."""
    try:
        reader = FrameReader(read_header(header).dialect)
    except (HistoryProblem, msgspec.ValidationError):
        reader = FrameReader({})

    def read(entry: Entry) -> Heard:
        decoded = reader.read(entry.what, entry.value)
        if decoded.problem:
            return f"cannot be read: {decoded.problem}"
        return decoded.event or f"no event: {decoded.kind}"

    return read
