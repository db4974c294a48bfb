"""When two JSON values are the same: by value and by type, so that 1, 1.0 and True differ."""

from __future__ import annotations

from typing import Any


def same(left: Any, right: Any) -> bool:
    """Whether two JSON values are equal, types included; the order of keys does not count."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[k], right[k]) for k in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


def shown(value: Any, limit: int = 120) -> str:
    """A value as text for a message, cut at `limit` letters."""
    text = repr(value)
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text)} letters)"
