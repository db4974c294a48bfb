"""Whether a frame or an answer says that something is wrong: a closed table of shapes.

By a word (`{"type": "error"}`, `{"status": "ignored"}`, a plain text), by a flag (`{"ok": false}`),
by a number (`{"status": 400}`), or by an error in it (`{"error": "..."}`); deeper in it, too, as
some envelopes have it. Of pairs such as `(False, "no handler")` the first says it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_WORDS = re.compile(
    r"error|exception|problem|fail|invalid|illegal|malformed|bad[ _-]?(?:request|json|message|type)"
    r"|unknown|unsupported|unrecogni[sz]ed|unexpected|unhandled|unprocessable|undeliver|unavailable"
    r"|reject|refus|denied|forbid|unauthori[sz]ed|nack|ignored|skipped|dropped|discard|busy|overload"
    r"|limit|too[ _-]?(?:many|large|big|long|deep)|cannot|can't|nobody|nothing"
    r"|(?<![a-z])no[nt]?[ _-]|not(?:found|handled|supported|understood)",
    re.IGNORECASE,
)

#: Where the word stands.
_BY_WORD = (
    *("type", "event", "kind", "op", "action", "status", "state", "result", "outcome"),
    *("level", "severity", "code", "error_code"),
)
_BY_FLAG = ("ok", "success", "succeeded", "handled", "accepted", "processed", "routed", "valid")
_BY_NUMBER = ("status", "status_code", "code", "error_code")
_BY_KEY = re.compile(r"error|exception|failure", re.IGNORECASE)

#: Levels of an envelope that are looked into.
_LEVELS = 3


def is_error(said: Any) -> bool:
    """Whether a frame, or its text, says that something is wrong."""
    frame = parsed(said)
    if isinstance(frame, Mapping):
        return any(map(_says_error, _parts(frame)))
    return bool(_WORDS.search(str(frame)))


def refuses(answer: Any) -> bool:
    """Whether an answer says that a message was not handled; of a mere false value the shape tells
    nothing.
    """
    if isinstance(answer, list):
        return len(answer) > 1 and answer[0] is False
    return bool(answer) and isinstance(answer, Mapping | str) and is_error(answer)


def words(said: Any) -> tuple[str, ...]:
    """What a frame says that it is, from the envelope inwards; of a plain text, itself."""
    frame = parsed(said)
    if isinstance(frame, Mapping):
        return tuple(word for part in _parts(frame) for word in _words(part))
    return (frame.strip(),) if isinstance(frame, str) else ()


def parsed(said: Any) -> Any:
    """A frame as data; one that is no JSON as it is."""
    try:
        return json.loads(said) if isinstance(said, str) else said
    except (ValueError, RecursionError):
        return said


def _parts(frame: Mapping[str, Any], levels: int = _LEVELS) -> Iterator[Mapping[str, Any]]:
    yield frame
    for part in frame.values() if levels > 1 else ():
        if isinstance(part, Mapping):
            yield from _parts(part, levels - 1)


def _words(part: Mapping[str, Any]) -> Iterator[str]:
    yield from (part[key] for key in _BY_WORD if isinstance(part.get(key), str))


def _says_error(part: Mapping[str, Any]) -> bool:
    return (
        any(map(_WORDS.search, _words(part)))
        or any(part.get(key) is False for key in _BY_FLAG)
        or any(_is_bad_number(part.get(key)) for key in _BY_NUMBER)
        or any(_BY_KEY.search(str(key)) and value for key, value in part.items())
    )


def _is_bad_number(value: Any) -> bool:
    return type(value) is int and 400 <= value < 600
