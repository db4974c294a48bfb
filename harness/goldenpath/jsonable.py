"""From any value of a target to JSON data that can be recorded: bounded, and never raising.

What JSON cannot hold is replaced by a marker that names its type, so that it can be seen and
never be mistaken for the real thing. Strict like `json.dumps`: no sets, dates or models.
"""

from __future__ import annotations

import json
import math
import reprlib
from typing import Any

import msgspec

from goldenpath.checkers.same import NOT_JSON

#: Deeper than this a value is cut; the standard library's encoder gives up at about 1,000.
DEEPEST = 200

_strict = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode
_quick = msgspec.json.Encoder().encode
_parse = msgspec.json.Decoder().decode


def safe_repr(value: object, limit: int = 200) -> str:
    """A short repr that survives objects whose repr raises."""
    try:
        text = reprlib.repr(value)
    except Exception as error:
        text = f"<{type(value).__name__} whose repr raised {type(error).__name__}>"
    return text[:limit]


def safe_text(error: BaseException, limit: int = 2000) -> str:
    """The text of an exception, bounded, that survives one whose str raises."""
    try:
        return str(error)[:limit]
    except Exception as broken:
        return f"<text raised {type(broken).__name__}>"


def jsonable(value: Any, depth: int = 0) -> Any:
    """Return `value` as JSON data of its own; tuples become lists, the rest that is odd markers."""
    kind = type(value)
    if value is None or kind is bool or kind is int or kind is str:
        return value
    if kind is float:
        return value if math.isfinite(value) else {NOT_JSON: repr(value)}
    if depth >= DEEPEST:
        return {NOT_JSON: f"nested deeper than {DEEPEST}"}
    if kind is dict and all(type(key) is str for key in value):
        return {key: jsonable(item, depth + 1) for key, item in value.items()}
    if kind is list or kind is tuple:
        return [jsonable(item, depth + 1) for item in value]
    return {NOT_JSON: f"{kind.__name__} {safe_repr(value)}"}


def _json_text(message: Any) -> str:
    """Strict JSON. What comes back equal from msgspec is plain JSON data and costs 1.4 us for a
    usual message; whatever else msgspec would let pass (dates, sets, NaN as null) goes the strict
    way at 4.1 us, and raises there.
    """
    try:
        encoded = _quick(message)
        if _parse(encoded) == message:
            return encoded.decode()
    except Exception:  # noqa: S110 - the strict way says what is wrong
        pass
    return _strict(message)


def frame_value(message: Any, limit: int) -> str | dict[str, Any]:
    """What to record for a message handed to a transport: its JSON text, or why there is none."""
    try:
        text = message if isinstance(message, str) else _json_text(message)
    except Exception as error:  # a hostile message may raise anything while it is walked
        return {"not_JSON": f"{type(error).__name__}: {safe_text(error, 200)}"}
    return text if len(text) <= limit else {"too_large": f"{len(text)} letters, over {limit}"}
