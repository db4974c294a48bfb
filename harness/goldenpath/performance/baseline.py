"""Stored baselines: `DIR/<suite>/<target>/<key>.json`, sorted, meant to be tracked and reviewed.

A baseline is a list of what was taken in, oldest first, each with its reason: the last one counts,
the first one that is comparable with it is the anchor, by which creeping drift is seen. It is
changed by command only, never by a run.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
from pathlib import Path
from typing import Annotated, Any

import msgspec

from goldenpath.performance.counters import COUNTING, key
from goldenpath.plant import plant_user
from goldenpath.workloads import Script, Workload
from goldenpath.workloads.performance import WARM_UP

FORMAT = 1

#: The workload whose dispatches are counted, unless told otherwise.
COUNTED_IN = "counters"

#: Where they are unless told otherwise.
BASELINES = Path("reports/baselines")

#: Beyond these it is no count; 2**53 is what every reader of JSON keeps exactly.
Count = Annotated[int, msgspec.Meta(ge=1, le=1 << 53)]
Counts = Annotated[dict[str, Count], msgspec.Meta(min_length=1)]


class Taken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was counted when it was taken in. hash: of the workload; another one voids it.
    goldenpath: the version that counted, which is told and no more: what is counted depends on
    nothing of ours but on what the hash is of.
    """

    hash: str
    dispatches: Count
    counts: Counts
    reason: str
    goldenpath: str


class Baseline(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of one file."""

    format: int = FORMAT
    target: str
    workload: str
    key: str
    taken: Annotated[tuple[Taken, ...], msgspec.Meta(min_length=1)]

    @property
    def last(self) -> Taken:
        """What is compared with."""
        return self.taken[-1]

    @property
    def anchor(self) -> Taken:
        """The oldest that can be compared with the last."""
        return next(taken for taken in self.taken if taken.hash == self.last.hash)


class BaselineProblem(ValueError):
    """Why there is no baseline to compare with, in one line, with the place and what to do."""


def fingerprint(workload: Workload, kind: str, tier: str) -> str:
    """What a dispatch is given, whatever the seed: another one makes counts incomparable."""
    users = [plant_user(0, n) for n in range(workload.users[tier])]
    lanes = workload.build(Script(kind, 0, users), workload.size[tier])
    given = msgspec.json.encode([COUNTING, WARM_UP, lanes], order="sorted")
    return hashlib.sha256(given).hexdigest()[:16]


def path_of(folder: Path, suite: str, target: str) -> Path:
    """The file for this target and this interpreter."""
    return folder_of(folder, suite, target) / f"{key()}.json"


def folder_of(folder: Path, suite: str, target: str) -> Path:
    """Where what is stored of this target stands."""
    return folder / suite / (re.sub(r"[^\w.-]+", "_", target).strip("._") or "_")


def updating(target: str, folder: Path, *what: str) -> str:
    """The command that takes in what is counted now, or `what` else."""
    where = [] if folder == BASELINES else ["--baseline", str(folder)]
    words = ["goldenpath", "baseline", "update", target, *where, *what]
    return f'{shlex.join(words)} --reason "..."'


def read(path: Path, target: str, workload: str = COUNTED_IN) -> Baseline:
    """Read the baseline of this target, counted in this workload. Raises BaselineProblem."""
    if path.exists() and not path.is_file():
        raise BaselineProblem(f"the baseline {path} is no file: move it away")
    if not path.is_file():
        others = ", ".join(sorted(other.stem for other in path.parent.glob("*.json")))
        raise BaselineProblem(
            f"there is no baseline {path}" + (f"; there is one of {others}" if others else "")
        )
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Baseline)
    except (msgspec.DecodeError, UnicodeDecodeError, OSError) as error:
        raise BaselineProblem(
            f"the baseline {path} is damaged, mend or delete it: {error}"
        ) from None
    for what, expected, got in (
        ("format", FORMAT, found.format),
        ("target", target, found.target),
        ("workload", workload, found.workload),
        ("key", path.stem, found.key),
    ):
        if expected != got:
            raise BaselineProblem(
                f"the baseline {path} is of another {what}: expected {expected}, got {got}"
            )
    return found


def write(path: Path, baseline: msgspec.Struct) -> None:
    """Write it whole or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = msgspec.json.format(msgspec.json.encode(baseline, order="sorted"), indent=2)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content + b"\n")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def asked(folder: Path, target: str, workload: Workload, kind: str, tier: str) -> dict[str, Any]:
    """What stands in the header of a history that is to be held against a baseline: the baseline,
    or the problem with it, the hash of this workload, and the command that would take it in.
    """
    found: dict[str, Any] = {
        "hash": fingerprint(workload, kind, tier),
        "update": updating(target, folder),
    }
    try:
        baseline = read(path_of(folder, workload.suite, target), target, workload.name)
    except BaselineProblem as problem:
        return {**found, "problem": str(problem)}
    return {**found, "key": baseline.key, "last": msgspec.to_builtins(baseline.last)}
