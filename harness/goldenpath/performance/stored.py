"""Golden shapes: `DIR/shapes/<target>.json`, sorted, meant to be tracked and reviewed.

A file holds the shape of each kind of event, and why it was taken in, each time. It is changed by
command only, never by a run.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec

from goldenpath.checkers.shapes import TYPES, types_of
from goldenpath.dialects import COMMON, FrameReader
from goldenpath.errors import UsageProblem
from goldenpath.performance.baseline import folder_of, updating

FORMAT = 1

#: The folder, beside those of the suites.
SHAPES = "shapes"


class Taken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a shape was taken in, and by which version."""

    reason: str
    goldenpath: str


class Golden(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of one file. events: by kind, path to its types in words."""

    format: int = FORMAT
    target: str
    events: Annotated[dict[str, dict[str, str]], msgspec.Meta(min_length=1)]
    taken: Annotated[tuple[Taken, ...], msgspec.Meta(min_length=1)]


def path_of(folder: Path, target: str) -> Path:
    """The file for this target."""
    place = folder_of(folder, SHAPES, target)
    return place.with_name(f"{place.name}.json")


def read(path: Path, target: str) -> Golden | None:
    """The golden shapes of this target; None where there are none. Raises UsageProblem where the
    file is damaged, with the place.
    """
    if not path.exists():
        return None
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Golden)
    except (msgspec.DecodeError, UnicodeDecodeError, OSError) as error:
        raise UsageProblem(
            f"the golden shapes {path} are damaged, mend or delete: {error}"
        ) from None
    problems = [
        f"events.{kind}.{at}: expected some of {', '.join(sorted(TYPES))}, got {said!r:.40}"
        for kind, paths in found.events.items()
        for at, said in paths.items()
        if not types_of(said) <= TYPES
    ]
    for what, expected, got in (
        ("format", FORMAT, found.format),
        ("target", target, found.target),
    ):
        if expected != got:
            problems.append(f"{what}: expected {expected}, got {got}")
    if problems:
        raise UsageProblem(f"the golden shapes {path} are wrong:\n  " + "\n  ".join(problems))
    return found


def opaque(dialect: Mapping[str, Any]) -> dict[str, list[str]]:
    """Keys whose value is the tools' own: what they take, and what comes of them. Of the latter not
    even the type is the target's.
    """
    said = (COMMON.fields, FrameReader(dialect).own.fields)
    keys = {
        field: {path.rpartition(".")[2] for fields in said for path in fields.get(field, ())}
        for field in ("parameters", "result", "error")
    }
    return {"opaque": sorted(set().union(*keys.values())), "any": sorted(keys["result"])}


def asked(folder: Path, target: str, dialect: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in the header of a history that is to be held against golden shapes: those, or
    the problem with them.
    """
    path = path_of(folder, target)
    found: dict[str, Any] = {**opaque(dialect), "update": updating(target, folder, "--shapes")}
    try:
        golden = read(path, target)
    except UsageProblem as problem:
        return {**found, "problem": " ".join(str(problem).split())}
    if golden is None:
        return {**found, "problem": f"there are no golden shapes {path}"}
    return {**found, "events": golden.events}


def check(folder: Path | None, target: str) -> None:
    """Raise UsageProblem where golden shapes that are asked for are damaged, with the places."""
    if folder is not None:
        read(path_of(folder, target), target)
