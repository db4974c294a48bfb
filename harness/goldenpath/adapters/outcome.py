"""What a call of a tool returned, told apart into success and failure by a table of shapes.

Which shape a target uses is declared or found by a probe, never guessed from a single value: a tool
may well return `{"success": false}` as its own legitimate value.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from goldenpath.adapters.base import Reply, done, failed
from goldenpath.declare import OUTCOMES, outcome_fields
from goldenpath.dialects.model import STATUS_WORDS
from goldenpath.jsonable import safe_repr
from goldenpath.model import Status
from goldenpath.overheard import is_data


def _field(value: Any, name: str) -> Any:
    """The field of a dict or an object; None where it is not there, or raises when read."""
    try:
        return value.get(name) if isinstance(value, dict) else getattr(value, name, None)
    except Exception:
        return None


def _has(value: Any, name: str) -> bool:
    try:
        return name in value if isinstance(value, dict) else hasattr(value, name)
    except Exception:
        return False


def read(shape: str, returned: Any) -> Reply:
    """Read what was returned in this shape; one that does not fit it is passed on and marked."""
    names = outcome_fields(shape)
    if names is None:
        return done(returned)
    flag, value, error = names
    if not _has(returned, flag):
        return Reply(True, {**done(returned).value, "misfit": shape})
    said = _field(returned, flag)
    said = said.value if isinstance(said, Enum) else said
    word = STATUS_WORDS.get(said.lower()) if isinstance(said, str) else None
    if said is True or word is Status.SUCCESS:
        return done(_field(returned, value))
    return failed(_field(returned, error), _field(returned, value))


def recognise(returned: Any, expected: Any) -> str | None:
    """The shape in which `returned` says `expected`, or None where no shape does."""
    for shape in OUTCOMES:
        reply = read(shape, returned)
        if reply.ok and "misfit" not in reply.value and reply.value["value"] == expected:
            return shape
    return None


def _is_envelope(value: Any) -> bool:
    return isinstance(value, dict) or is_data(value)


def found(declared: str | None, returned: Any, expected: Any, failed: str = "") -> dict[str, str]:
    """What a probe shows of the shape, after a call that was to return `expected`: the one that was
    declared, else the one that it finds. failed: what was said instead, where the call failed.
    """
    if declared:
        return {"outcome": declared}
    shape = None if failed else recognise(returned, expected)
    if shape:
        return {"outcome": shape}
    odd = failed or f"no known shape of result: {safe_repr(returned)}"
    if not failed and _is_envelope(returned):
        odd += '; declare the names of its fields: outcome="ok,value,error"'
    return {"outcome": "value", "probe": odd}
