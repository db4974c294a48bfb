"""Judging recorded histories again, without the target; in a stream, whatever their size."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import structs

from goldenpath import known
from goldenpath.catalogue import OURS, Catalogue
from goldenpath.conduct import Conducted
from goldenpath.deadlines import Deadlines
from goldenpath.errors import UsageProblem
from goldenpath.history import Footer, Header, HistoryProblem, read_header, read_rest
from goldenpath.jsonable import safe_repr
from goldenpath.judge import CUT, Judge, relevant
from goldenpath.results import Report, conclude
from goldenpath.workloads.recorded import wrong

#: Names of workloads, which become names of files, and how many bytes they may have.
_NAME = re.compile(r"\w[\w .-]*")
_LONGEST = 240

#: Problems of a damaged script that are told; the others are counted.
_TOLD = 8


def read_file_header(path: Path) -> Header:
    """The header of a recorded history. Raises UsageProblem where the file is none."""
    try:
        if not path.is_file():
            raise OSError("no regular file")
        with path.open("rb") as lines:
            header = read_header(next(lines, b""))
        named = _NAME.fullmatch(header.workload)
        if not named or len(header.workload.encode()) > _LONGEST:
            raise OSError(f"its workload has no name but {safe_repr(header.workload)}")
        return header
    except (HistoryProblem, OSError) as error:
        raise UsageProblem(
            f"{path} is not a history", expected="a file from histories/", got=str(error)
        ) from None


def read_script(path: Path) -> Header:
    """The header of a history whose steps are to be performed again. Raises UsageProblem where
    there are none, or they cannot be performed.
    """
    header = read_file_header(path)
    if not header.script:
        raise UsageProblem(
            f"{path} has no steps to perform again: a test of its own recorded it",
            hint="run that test again; `goldenpath check` judges the history as it is",
        )
    names = {field.name for field in dataclasses.fields(Deadlines)}
    users = {user.name for user in header.users}
    problems = wrong(header.script, header.kind, users, header.deadlines, names)
    if problems:
        more = [f"and {len(problems) - _TOLD} more"] if len(problems) > _TOLD else []
        raise UsageProblem(
            f"the steps of {path} cannot be performed again",
            expected="a history as it was recorded",
            got="\n    ".join(_line(line) for line in (*problems[:_TOLD], *more)),
        )
    return header


def _line(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)


def judge_file(
    path: Path, lines: Iterable[known.Line] = (), catalogue: Catalogue = OURS
) -> tuple[Header, Conducted]:
    """Judge one recorded history, by the rules that are known here as well. A cut one keeps its
    findings; the rest of it is UNKNOWN, and so are rules of somebody's own that are not known here.
    """
    header = read_file_header(path)
    header = structs.replace(header, own=catalogue.beside(header.own))
    try:
        judge = Judge(header, catalogue.checks)
    except (ValueError, TypeError, KeyError) as error:  # it can be decoded and makes no sense
        raise UsageProblem(f"{path}: its header is damaged", got=str(error)) from None
    footer: Footer | None = None
    notes: list[str] = []
    with path.open("rb") as file:
        next(file)
        try:
            for part in read_rest(file):
                if isinstance(part, Footer):
                    footer = part
                else:
                    judge.see(part)
        except HistoryProblem as error:
            footer = None
            notes.append(f"the history is damaged: {error}")
    verdicts = relevant(judge.finish(footer))
    notes += list(footer.notes) if footer else [CUT]
    excused = [known.excuse(verdict, lines) for verdict in verdicts]
    result = Conducted(header.workload, excused, tuple(notes), path, dict(judge.unread))
    return header, result


def judge_files(
    paths: Sequence[Path], lines: Collection[known.Line], catalogue: Catalogue, *, strict: bool
) -> Report:
    """Judge recorded histories, each file once, and join what they say into one report."""
    once = {path.resolve(): path for path in reversed(paths)}  # the same file says nothing new
    judged = [judge_file(path, lines, catalogue) for path in reversed(once.values())]
    headers = [header for header, _ in judged]
    here = {header.workload for header in headers}  # of all workloads these histories do not tell
    stale = known.stale(
        [line for line in lines if line.workload in here],
        [verdict for _, result in judged for verdict in result.verdicts],
    )
    judged = tell_apart(judged)
    report = Report(
        target=", ".join(sorted({header.target for header in headers})),
        kind=headers[0].kind,
        seed=headers[0].seed,
        tier=headers[0].tier,
        verdicts=tuple(verdict for _, result in judged for verdict in result.verdicts),
        stale=tuple(stale),
        notes={result.workload: result.notes for _, result in judged if result.notes},
        card=headers[0].card,
        events=headers[0].events,
        versions=headers[0].versions,
        histories={result.workload: str(result.history) for _, result in judged},
        strict=strict,
        own=tuple({rule.id: rule for header in headers for rule in header.own}.values()),
    )
    return conclude(report, partial=True)


def tell_apart(judged: list[tuple[Header, Conducted]]) -> list[tuple[Header, Conducted]]:
    """The same, with the file added to the name of each workload that several histories are of, so
    that a finding points into its own.
    """
    often = Counter(result.workload for _, result in judged)
    return [
        (header, _renamed(result, f"{result.workload} in {result.history}"))
        if often[result.workload] > 1
        else (header, result)
        for header, result in judged
    ]


def _renamed(result: Conducted, name: str) -> Conducted:
    verdicts = [structs.replace(verdict, workload=name) for verdict in result.verdicts]
    return dataclasses.replace(result, workload=name, verdicts=verdicts)


def salvage(
    folder: Path,
    plan: Iterable[str],
    results: Mapping[str, Conducted],
    lines: Iterable[known.Line] = (),
    catalogue: Catalogue = OURS,
    ended: Collection[str] = (),
) -> dict[str, Conducted]:
    """The results, and for planned workloads without one what their cut histories still say. Rules
    of a user's own are UNKNOWN in a workload that has not ended: it may be their checks that came
    to no end; in one of those that have, they are judged by the catalogue.
    """
    found = dict(results)
    for name in plan:
        path = folder / f"{name}.jsonl"
        if name not in found and path.is_file() and path.stat().st_size:
            try:
                found[name] = judge_file(path, lines, catalogue if name in ended else OURS)[1]
            except UsageProblem:  # not even the header was written
                continue
    return found
