"""A dialect as data: which words of the wire stand for our types, fields and statuses.

A path is the keys from the top of the frame, joined by dots: `data.metadata.parameters`. Of several
paths for one field the first that is there wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from goldenpath import spec
from goldenpath.dialects.required import TYPES
from goldenpath.model import Status

FIELDS = (
    *("run", "user", "thread", "call", "tool", "status", "seq"),
    *("parameters", "result", "error", "text", "time"),
)

#: Status words (DESIGN section 9); any other word is progress.
STATUS_WORDS: dict[str, Status] = {
    **dict.fromkeys(("success", "ok", "completed", "complete", "done", "finished"), Status.SUCCESS),
    **dict.fromkeys(("error", "failed", "failure"), Status.ERROR),
    **dict.fromkeys(("cancelled", "canceled", "aborted"), Status.CANCELLED),
    **dict.fromkeys(("timeout", "timed_out"), Status.TIMEOUT),
}

#: Names of event types; every dialect knows these unless it names its own words for them.
TYPE_WORDS: dict[str, str] = {
    **{name: name for name in spec.FIVE},
    "agent_failed": spec.FAILED,
    "agent_error": spec.FAILED,
    "agent_cancelled": spec.CANCELLED,
}


class Dialect(msgspec.Struct, frozen=True):
    """type_at: paths of the type word. types: word to event type. fields: field to its paths.
    own: the fields whose paths a user declared, which must therefore be found somewhere. required:
    by event type, further fields that its events must have (`result|error`: one of them), and
    their type. about: how it looks, for people.
    """

    name: str
    type_at: tuple[str, ...]
    types: Mapping[str, str]
    fields: Mapping[str, tuple[str, ...]]
    own: tuple[str, ...] = ()
    statuses: Mapping[str, Status] = msgspec.field(default_factory=lambda: STATUS_WORDS)
    required: Mapping[str, Mapping[str, str]] = {}
    about: str = ""


class DialectProblem(ValueError):
    """A dialect that a user wrote is wrong; holds every problem of it at once."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


def _paths(value: object) -> tuple[str, ...] | None:
    if isinstance(value, str) and value:
        return (value,)
    if isinstance(value, list) and value and all(isinstance(v, str) and v for v in value):
        return tuple(value)
    return None


def _read_types(table: object, problems: list[str]) -> dict[str, str]:
    if not isinstance(table, dict):
        problems.append(f"dialect.types: expected a table of word = event type, got {table!r}")
        return {}
    known = sorted(set(TYPE_WORDS))
    for word, name in table.items():
        if name not in known:
            problems.append(f"dialect.types.{word}: expected one of {known}, got {name!r}")
    return {word: TYPE_WORDS[name] for word, name in table.items() if name in known}


def _read_fields(table: object, problems: list[str]) -> dict[str, tuple[str, ...]]:
    if not isinstance(table, dict):
        problems.append(f"dialect.fields: expected a table of field = path, got {table!r}")
        return {}
    found = {}
    for field, value in table.items():
        paths = _paths(value)
        if field not in FIELDS:
            problems.append(f"dialect.fields.{field}: expected one of {sorted(FIELDS)}")
        elif paths is None:
            problems.append(f"dialect.fields.{field}: expected a path or a list, got {value!r}")
        else:
            found[field] = paths
    return found


def _read_statuses(table: object, problems: list[str]) -> dict[str, Status]:
    known = [status.value for status in Status]
    if not isinstance(table, dict):
        problems.append(f"dialect.statuses: expected a table of word = status, got {table!r}")
        return {}
    for word, name in table.items():
        if name not in known:
            problems.append(f"dialect.statuses.{word}: expected one of {known}, got {name!r}")
    return {str(word).lower(): Status(name) for word, name in table.items() if name in known}


def _read_required(table: object, problems: list[str]) -> dict[str, dict[str, str]]:
    if not isinstance(table, dict):
        problems.append(f"dialect.required: expected a table of event type = table, got {table!r}")
        return {}
    found: dict[str, dict[str, str]] = {}
    for event, fields in table.items():
        at = f"dialect.required.{event}"
        if event not in TYPE_WORDS:
            problems.append(f"{at}: expected one of {sorted(TYPE_WORDS)}")
        elif not isinstance(fields, dict):
            problems.append(f"{at}: expected a table of field = type, got {fields!r}")
        else:
            problems += [
                f"{at}.{names}: expected one of {sorted(FIELDS)}, or several joined by |"
                for names in fields
                if not {*names.split("|")} <= {*FIELDS}
            ]
            problems += [
                f"{at}.{field}: expected one of {sorted(TYPES)}, got {kind!r}"
                for field, kind in fields.items()
                if not isinstance(kind, str) or kind not in TYPES
            ]
            found.setdefault(TYPE_WORDS[event], {}).update(fields)
    return found


def from_table(name: str, table: Mapping[str, Any], base: Dialect) -> Dialect:
    """Make a dialect from a TOML table; what it leaves out is taken from `base`.

    Keys: type (path or paths), types, fields, statuses, required. Raises DialectProblem.
    """
    problems: list[str] = []
    keys = ("type", "types", "fields", "statuses", "required")
    problems += [f"dialect.{k}: expected one of {list(keys)}" for k in table if k not in keys]
    type_at = _paths(table["type"]) if "type" in table else base.type_at
    if type_at is None:
        problems.append(f"dialect.type: expected a path or a list, got {table['type']!r}")
    types = _read_types(table.get("types", {}), problems)
    fields = _read_fields(table.get("fields", {}), problems)
    statuses = _read_statuses(table.get("statuses", {}), problems)
    required = _read_required(table.get("required", {}), problems)
    if problems:
        raise DialectProblem(problems)
    return Dialect(
        name=name,
        type_at=type_at or base.type_at,
        types={**base.types, **types},
        fields={**base.fields, **fields},
        statuses={**base.statuses, **statuses},
        own=tuple(fields),
        required=required,
    )


def chosen(name: str, said: object, base: Dialect, there: Mapping[str, Dialect]) -> Dialect:
    """The dialect that a target or a profile declares: one by name, or a table over `base`, which
    is then called `name`. Raises DialectProblem.
    """
    if isinstance(said, str) and said in there:
        return there[said]
    if not isinstance(said, Mapping):
        expected = f"expected a table, or the name of a dialect that is known: {', '.join(there)}"
        raise DialectProblem([f"dialect: {expected}; got {said!r:.80}"])
    return from_table(name, said, base)


def as_data(dialect: Dialect) -> dict[str, Any]:
    """A dialect as the plain data that a header holds."""
    return {
        "name": dialect.name,
        "type_at": list(dialect.type_at),
        "types": dict(dialect.types),
        "fields": {field: list(paths) for field, paths in dialect.fields.items()},
        "own": list(dialect.own),
        "statuses": {word: str(status) for word, status in dialect.statuses.items()},
        "required": {event: dict(fields) for event, fields in dialect.required.items()},
    }
