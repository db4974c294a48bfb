"""What a call of a tool returned, told apart into success and failure by a closed table of shapes.

Which shape a target uses is declared or found by a probe, never guessed from a single value: a tool
may well return `{"success": false}` as its own legitimate value.
"""

from __future__ import annotations

from typing import Any

from goldenpath.adapters.base import Reply, done, failed
from goldenpath.declare import OUTCOMES

_GOOD_STATUS = frozenset({"success", "ok", "completed", "complete", "done", "finished"})


def _field(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return value.get(name)
    return getattr(value, name, None)


def _has(value: Any, name: str) -> bool:
    return name in value if isinstance(value, dict) else hasattr(value, name)


def read(shape: str, returned: Any) -> Reply:
    """Read what was returned in this shape; a value that does not fit it is passed on as it is."""
    names = OUTCOMES[shape]
    if names is None:
        return done(returned)
    flag, value, error = names
    if not _has(returned, flag):
        return done(returned)
    said = _field(returned, flag)
    said = getattr(said, "value", said)
    good = said is True or (isinstance(said, str) and said.lower() in _GOOD_STATUS)
    if good:
        return done(_field(returned, value))
    return failed(_field(returned, error), _field(returned, value))


def recognise(returned: Any, expected: Any) -> str | None:
    """The shape in which `returned` says `expected`, or None where no shape does."""
    if returned == expected:
        return "value"
    for shape in OUTCOMES:
        reply = read(shape, returned)
        if reply.ok and reply.value["value"] == expected:
            return shape
    return None
