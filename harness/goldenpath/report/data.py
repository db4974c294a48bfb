"""verdicts.json, format 1 (verdicts.schema.json): the report as data, and back."""

from __future__ import annotations

import json
import math
from functools import cache
from importlib import resources
from typing import Any

import msgspec

from goldenpath.results import FORMAT, Report

_DEEPEST = 100
_OUTCOMES = ("PASS", "FAIL", "UNKNOWN")


def encode(report: Report) -> bytes:
    """Return the document: indented, mappings sorted, in plain ASCII so that it may be printed.

    What JSON cannot hold (lone surrogates, NaN, other objects) is replaced, never raised.
    """
    data = msgspec.to_builtins(
        report, order="deterministic", str_keys=True, enc_hook=lambda v: f"<{type(v).__name__}>"
    )
    return json.dumps(_sound(data), indent=2, allow_nan=False).encode("ascii") + b"\n"


def _sound(value: Any, depth: int = 0) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, float):
        return value if math.isfinite(value) else repr(value)
    if depth >= _DEEPEST and isinstance(value, dict | list | tuple):
        return f"nested deeper than {_DEEPEST}"
    if isinstance(value, dict):
        return {_sound(key): _sound(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_sound(item, depth + 1) for item in value]
    return value


def decode(data: bytes) -> Report:
    """Read the document. Raises ValueError that says what is wrong; unknown keys are ignored."""
    try:
        found = msgspec.json.decode(data)
    except (ValueError, RecursionError, msgspec.DecodeError) as error:
        raise ValueError(f"verdicts.json: expected JSON, got: {error}") from None
    if not isinstance(found, dict):
        raise ValueError(f"verdicts.json: expected an object, got {type(found).__name__}")
    if found.get("format") != FORMAT:
        raise ValueError(
            f"verdicts.json: expected format {FORMAT}, got {found.get('format')!r:.50}"
        )
    missing = [name for name in required() if name not in found]
    if missing:
        raise ValueError(
            f"verdicts.json: expected the keys {', '.join(missing)}, which are not there"
        )
    if found["outcome"] not in _OUTCOMES:
        expected = ", ".join(_OUTCOMES)
        raise ValueError(
            f"verdicts.json: expected one of {expected} as outcome, got {found['outcome']!r:.50}"
        )
    try:
        return msgspec.convert(found, Report)
    except msgspec.ValidationError as error:
        raise ValueError(f"verdicts.json: {error}") from None


def required() -> tuple[str, ...]:
    """The keys that every document has, as the schema says."""
    return tuple(schema()["required"])


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the document."""
    text = resources.files("goldenpath.report").joinpath("verdicts.schema.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
