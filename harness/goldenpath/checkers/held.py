"""Whether a value is in something that carries it: as it is, wrapped, or as text.

Platforms wrap a result, add figures to it, or turn it into text: it is still in there. One that was
cut, exchanged or left out is not.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from goldenpath.canary import FIRST_CALL, find
from goldenpath.checkers.same import same
from goldenpath.model import NOT_JSON

#: Boxes within boxes that are looked into.
DEEPEST = 6

#: Letters from which on a text is telling, so that finding it in a longer one is no accident.
TELLING = 8

_parse = msgspec.json.Decoder().decode


def holds(box: Any, value: Any, depth: int = DEEPEST) -> bool:
    """Whether `value` is in `box`. None is in everything that is empty."""
    if same(box, value):
        return True
    if value is None and box in ("", {}, []):
        return True
    if isinstance(box, str):
        return _told(box, value, depth)
    if depth == 0:
        return False
    if isinstance(box, dict):
        if isinstance(value, dict) and all(k in box and same(box[k], v) for k, v in value.items()):
            return True
        return any(holds(inner, value, depth - 1) for inner in box.values())
    return isinstance(box, list) and any(holds(inner, value, depth - 1) for inner in box)


def _told(text: str, value: Any, depth: int) -> bool:
    """Whether the text is JSON that holds the value, or holds its JSON or Python form."""
    forms = {str(value), *(_json(value, ascii_) for ascii_ in (True, False))}
    if text.strip() in forms or any(len(form) >= TELLING and form in text for form in forms):
        return True
    parsed = parsed_text(text) if depth else None
    return parsed is not None and not isinstance(parsed, str) and holds(parsed, value, depth - 1)


def _json(value: Any, ascii_: bool) -> str:
    return json.dumps(value, ensure_ascii=ascii_)


def parsed_text(text: str) -> Any:
    """What a text of JSON says; None where it is none."""
    try:
        return _parse(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def telling(value: Any) -> bool:
    """Whether it is found in something else only if it was put there."""
    return len(str(value)) >= TELLING


def of_another(told: str, text: str) -> bool:
    """Whether a failure whose true `text` holds the canary of its call was `told` with those of
    other calls instead.
    """
    own = {token.text for token in find(text) if token.number >= FIRST_CALL}
    said = {token.text for token in find(told) if token.number >= FIRST_CALL}
    return bool(own and said) and not own & said


def sayable(value: Any) -> bool:
    """Whether JSON can hold it: what cannot was recorded as a marker."""
    if isinstance(value, dict):
        return NOT_JSON not in value and all(map(sayable, value.values()))
    return not isinstance(value, list) or all(map(sayable, value))


def worded(value: Any) -> bool:
    """Whether there is a text in it that is not blank."""
    if isinstance(value, dict):
        return any(map(worded, value.values()))
    if isinstance(value, list):
        return any(map(worded, value))
    return isinstance(value, str) and not value.isspace() and value != ""
