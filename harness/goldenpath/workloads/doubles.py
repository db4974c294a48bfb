"""The same steps for a language in which every number of JSON is a double."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from goldenpath.workloads.script import Lane

#: Whole numbers up to here are told apart by a double.
_WHOLE = 2**53

#: Doubles from here on are written with an exponent, and read as no whole numbers again.
_EXPONENT = 1e21


def in_doubles(lane: Lane) -> Lane:
    """The steps of a lane, with numbers that come back from such a language as they went in: 1 for
    1.0, and no whole number that it would round.
    """
    return tuple(
        replace(step, args=_value(dict(step.args)), lanes=tuple(map(in_doubles, step.lanes)))
        for step in lane
    )


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _value(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_value(item) for item in value]
    if type(value) is int and abs(value) > _WHOLE:
        return _WHOLE if value > 0 else -_WHOLE
    if type(value) is float and value.is_integer() and abs(value) < _EXPONENT:
        return _value(int(value))
    return value
