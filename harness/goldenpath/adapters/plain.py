"""What a router gives back, as data: of models, data classes and the like the fields, of an
enumeration the word. Whatever else JSON cannot hold stays as it is, and becomes a marker later.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from contextlib import suppress
from enum import Enum
from typing import Any

from goldenpath.jsonable import safe_text
from goldenpath.overheard import is_data

#: Deeper than this nothing is looked into.
_DEPTH = 6


def plain(value: Any, depth: int = _DEPTH) -> Any:
    """The value as data, as far as it is some; never raises, whatever the value does."""
    with suppress(Exception):
        if isinstance(value, Enum):
            return value.value if isinstance(value.value, str) else value.name
        if isinstance(value, BaseException):
            return {"error": f"{type(value).__name__}: {safe_text(value)}"}
        if isinstance(value, str):
            return str.__str__(value)
        if depth and (fields := _fields(value)) is not None:
            return {str(key): plain(part, depth - 1) for key, part in fields.items()}
        if depth and isinstance(value, list | tuple):
            return [plain(part, depth - 1) for part in value]
    return value


def _fields(value: Any) -> Mapping[Any, Any] | None:
    """The fields of what has some; None where it has none."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        named: dict[str, Any] = value._asdict()
        return named
    if not is_data(value):
        return None
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    kind = type(value)
    names: Any = getattr(kind, "__struct_fields__", None) or getattr(kind, "__slots__", ())
    slots = {name: getattr(value, name) for name in names if not name.startswith("_")}
    return {**slots, **getattr(value, "__dict__", {})}
