"""Which fields an event must have and of what type: the table of the spec, and a dialect's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from goldenpath import spec

#: Words for the types of JSON, and the Python types that they stand for.
TYPES: dict[str, frozenset[type]] = {
    "text": frozenset({str}),
    "number": frozenset({int, float}),
    "flag": frozenset({bool}),
    "object": frozenset({dict}),
    "list": frozenset({list}),
    "any": frozenset({str, int, float, bool, dict, list}),
}

_OTHER_ENDS = tuple(sorted(spec.TERMINAL - {*spec.FIVE}))

_WORDS: dict[type, str] = {
    **{str: "text", int: "a number", float: "a number", bool: "true or false"},
    **{dict: "an object", list: "a list"},
}


def _id(value: object) -> str | None:
    if isinstance(value, str):
        return value or None
    return str(value) if type(value) is int else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _name(value: object) -> str | None:
    return _text(value) or None


def _number(value: object) -> int | None:
    return value if type(value) is int else None


#: How a field is read where it is not of its plain type already; all others are kept as they are.
_READ: dict[str, tuple[type, Callable[[object], Any]]] = {
    **dict.fromkeys(("run", "user", "thread", "call"), (str, _id)),
    **{"tool": (str, _name), "seq": (int, _number), "text": (str, _text)},
}


class Reading(NamedTuple):
    """How one field is read. plain: of these types it is kept as it is, unless it is empty. right:
    the types that it may have, or None where it may have any; words: the same, to be read.
    """

    plain: frozenset[type]
    read: Callable[[object], Any] | None
    right: frozenset[type] | None
    words: str


class Needs(NamedTuple):
    """What one type of event needs. groups: of each at least one field must be there."""

    fields: Mapping[str, Reading]
    groups: tuple[tuple[str, ...], ...]

    def read(self, values: dict[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Read the raw values in place; what is wrong with them, in words, and what is empty."""
        wrong: tuple[str, ...] = ()
        empty: tuple[str, ...] = ()
        readings = self.fields
        for field, value in values.items():
            reading = readings.get(field)
            if reading is None or (type(value) in reading.plain and value != ""):
                continue
            if value == "":
                empty += (field,)
            elif value is not None and reading.right and type(value) not in reading.right:
                wrong += (f"its {field} is {_WORDS[type(value)]}, not {reading.words}",)
            if reading.read is not None:
                values[field] = reading.read(value)
        for group in self.groups:
            if not values.get(group[0]) and not any(_there(values, field) for field in group):
                wrong += (f"it has no {' and no '.join(group)}",)
        return wrong, empty


def _there(values: Mapping[str, Any], field: str) -> bool:
    """An empty text is none, but for an error, which may have no words; a result may be null."""
    if field == "result":
        return field in values
    return values.get(field) not in ((None,) if field == "error" else (None, ""))


def needs(event_type: str, own: Mapping[str, str]) -> Needs:
    """What the spec asks of this type of event, with what a dialect of its own asks besides: what
    says more of a field or of a group takes the place of what says less.
    """
    asked = {**spec.FIELD_TYPES, **spec.EVENT_FIELD_TYPES.get(event_type, {})}
    mine = {tuple(names.split("|")): kind for names, kind in own.items()}
    for group, kind in mine.items():
        asked |= {field: (kind,) for field in group if kind != "any" or field not in asked}
    general = (g for g in spec.REQUIRED.get(event_type, ()) if not any({*g} >= {*m} for m in mine))
    return Needs(
        {field: _reading(field, asked.get(field, ())) for field in {*asked, *_READ}},
        (*general, *mine),
    )


def of_each(always: Mapping[str, str], **more: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """What a dialect requires of every type of event, and of some besides."""
    return {event: {**always, **more.get(event, {})} for event in (*spec.FIVE, *_OTHER_ENDS)}


def _reading(field: str, kinds: Iterable[str]) -> Reading:
    right = frozenset[type]().union(*(TYPES[kind] for kind in kinds))
    plain, read = _READ.get(field, (None, None))
    kept = right if plain is None else frozenset({plain}) & (right or {plain})
    return Reading(kept, read, right or None, " or ".join(kinds))
