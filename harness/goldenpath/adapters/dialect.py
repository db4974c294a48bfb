"""The dialect that a Python target declares, as data for the header of a history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from goldenpath.dialects import COMMON, Dialect, DialectProblem, as_data, chosen
from goldenpath.errors import UsageProblem


def declared_dialect(
    name: str, said: Mapping[str, Any] | str, there: Mapping[str, Dialect]
) -> dict[str, Any]:
    """The dialect that the target `name` declares; empty for the common one. Raises UsageProblem
    with all that is wrong with it.
    """
    if not said:
        return {}
    try:
        return as_data(chosen(name, said, COMMON, there))
    except DialectProblem as error:
        raise UsageProblem(f"the dialect of {name} is wrong:\n  {error}") from None
