"""From any value of a target to JSON data that can be recorded: bounded, and never raising.

What JSON cannot hold is replaced by a marker that names its type, so that it can be seen and
never be mistaken for the real thing. Strict like `json.dumps`: no sets, dates or models.
"""

from __future__ import annotations

import json
import math
import re
import reprlib
from typing import Any

import msgspec

from goldenpath.model import NOT_JSON

#: Deeper than this a value is cut; the standard library's encoder gives up at about 1,000.
DEEPEST = 200

#: Where an object lies, as Python's own repr tells it.
_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")

#: Letters, keys and items of a value that are kept, and letters of a name in a listing.
LARGEST, LONGEST_NAME = 4 << 20, 200

#: What takes up room.
_SIZED = frozenset({str, dict, list, tuple})

#: Letters of the repr of an object within a larger one.
LONGEST_REPR = 60

#: Letters of an error that are kept.
LONGEST_TEXT = 2000

#: Bits of a whole number that the interpreter turns to text without complaint (4,300 digits).
LONGEST_INT = 14_000


class Unsayable:
    """Base of what we plant although JSON cannot hold it. How a transport writes such a thing is
    the transport's own affair, not the target's: ours writes the name of its type.
    """

    __slots__ = ()


def _planted(value: object) -> dict[str, str]:
    kind = type(value)
    if issubclass(kind, Unsayable):
        return {NOT_JSON: kind.__name__}
    raise TypeError(f"Object of type {kind.__name__} is not JSON serializable")


_strict = json.JSONEncoder(allow_nan=False, separators=(",", ":"), default=_planted).encode
_quick = msgspec.json.Encoder().encode
_parse = msgspec.json.Decoder().decode


class _Short(reprlib.Repr):
    """Short reprs without the addresses that Python's own have."""

    def repr_instance(self, x: Any, level: int) -> str:
        text = _ADDRESS.sub("", repr(x))
        return text if len(text) <= LONGEST_REPR else f"{text[:LONGEST_REPR]}..."


_short = _Short()


def safe_repr(value: object, limit: int = 200) -> str:
    """A short repr without addresses, so that what is alike reads alike, that survives objects
    whose repr raises.
    """
    try:
        text = _short.repr(value)
    except (Exception, KeyboardInterrupt) as error:  # hostile: nobody interrupts a repr
        text = f"<{type(value).__name__} whose repr raised {type(error).__name__}>"
    return readable(text[:limit])


def safe_text(error: BaseException, limit: int = LONGEST_TEXT) -> str:
    """The text of an exception, bounded, that survives one whose str raises."""
    try:
        return readable(str(error)[:limit])
    except (Exception, KeyboardInterrupt) as broken:
        return f"<text raised {type(broken).__name__}>"


def _is_text(value: str) -> bool:
    """Whether it can be written down: half a surrogate pair has no place in UTF-8."""
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def readable(text: str) -> str:
    """The text, with what UTF-8 cannot hold written out."""
    return text if _is_text(text) else text.encode("utf-8", "backslashreplace").decode()


def name_shown(name: str) -> str:
    """A name that a target lists, as it is unless it is longer than any name."""
    told = str.__str__(name)
    cut = len(told) > LONGEST_NAME
    return f"{told[:LONGEST_NAME]}... ({len(told)} letters)" if cut else told


def jsonable(value: Any) -> Any:
    """Return `value` as JSON data of its own; tuples become lists, the rest that is odd markers.

    So is what there is no room for: of letters, keys and items together LARGEST are kept.
    """
    return _data(value, 0, [LARGEST])


def _length(key: object) -> int:
    return len(key) if type(key) is str else 1


def _data(value: Any, depth: int, room: list[int]) -> Any:
    kind = type(value)
    if value is None or kind is bool:
        return value
    if kind is int:
        fits = value.bit_length() <= LONGEST_INT
        return value if fits else {NOT_JSON: "an enormous whole number"}
    if kind is float:
        return value if math.isfinite(value) else {NOT_JSON: repr(value)}
    if kind in _SIZED:
        size = len(value) + (sum(map(_length, value)) if kind is dict else 0)
        if size > room[0]:
            return {NOT_JSON: f"{kind.__name__} too large to be kept: {size} letters or items"}
        room[0] -= size
    if kind is str:
        return value if _is_text(value) else {NOT_JSON: f"not UTF-8: {safe_repr(value)}"}
    if depth >= DEEPEST:
        return {NOT_JSON: f"nested deeper than {DEEPEST}"}
    if kind is dict and all(type(key) is str and _is_text(key) for key in value):
        return {key: _data(item, depth + 1, room) for key, item in value.items()}
    if kind is list or kind is tuple:
        return [_data(item, depth + 1, room) for item in value]
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
        text = str.__str__(message) if isinstance(message, str) else _json_text(message)
    except Exception as error:  # a hostile message may raise anything while it is walked
        return {"not_JSON": f"{type(error).__name__}: {safe_text(error, 200)}"}
    if not _is_text(text):
        return {"not_JSON": f"not UTF-8: {safe_repr(text)}"}
    return text if len(text) <= limit else {"too_large": f"{len(text)} letters, over {limit}"}
