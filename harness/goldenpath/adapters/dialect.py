"""The dialect that a target declares: by name, as a table, or as a TOML file with such a table."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from goldenpath.dialects import (
    COMMON,
    Dialect,
    DialectProblem,
    as_data,
    chosen,
    from_table,
)
from goldenpath.errors import UsageProblem

#: How the path of a file with a dialect ends.
SUFFIX = ".toml"


def spoken(name: str, said: object, there: Mapping[str, Dialect]) -> Dialect:
    """The dialect that is declared: one that is there by name, a table, which is then called
    `name`, or the path of a TOML file, seen from the current folder, by which it is then called.
    Raises DialectProblem with all that is wrong, each with its place.
    """
    if not isinstance(said, str) or said in there or not said.endswith(SUFFIX):
        return chosen(name, said, COMMON, there)
    try:
        return from_table(said, _read(Path(said).expanduser()), COMMON)
    except DialectProblem as error:
        problems = [f"{said}: {p.removeprefix('dialect.')}" for p in error.problems]
        raise DialectProblem(problems) from None


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise DialectProblem(["there is no such file, which is to hold a dialect"])
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise DialectProblem([f"expected TOML: {error}"]) from None


def declared_dialect(
    name: str, said: Mapping[str, Any] | str, there: Mapping[str, Dialect]
) -> dict[str, Any]:
    """The dialect that the target `name` declares; empty for the common one. Raises UsageProblem
    with all that is wrong with it.
    """
    if not said:
        return {}
    try:
        return as_data(spoken(name, said, there))
    except DialectProblem as error:
        told = "\n  ".join(error.problems)
        raise UsageProblem(f"the dialect of {name} is wrong:\n  {told}") from None
