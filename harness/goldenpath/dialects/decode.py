"""From the raw text of a frame to an Event, in time that grows with the keys of the frame.

A dialect is compiled to one table per box (a nested object that holds fields): the keys that are
there are looked up in the table, instead of trying every path that could be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from goldenpath import spec
from goldenpath.dialects.common import COMMON
from goldenpath.dialects.model import Dialect
from goldenpath.model import Event, Status

_parse = msgspec.json.Decoder().decode

#: Fields that say whose an event is; every place that has one must be right.
_IDS = frozenset({"run", "user", "thread"})

_Ids = tuple[tuple[str, str], ...]
_Slot = tuple[int, str]


class Decoded(NamedTuple):
    """What a frame is: an event, something else that is fine, or nothing readable (problem).

    text: what something else says to be read, such as a piece of an answer. also: ids, by field,
    that stand beside those of the event and differ from them.
    """

    event: Event | None
    problem: str = ""
    kind: str = ""
    text: str = ""
    also: _Ids = ()


class Decoder:
    """Reads the frames of one dialect. Pure: the same text gives the same answer."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self._type_at = [tuple(path.split(".")) for path in dialect.type_at]
        self._boxes = _boxes(dialect)

    def read(self, text: str) -> Decoded:
        """Decode one frame; never raises, whatever the text holds."""
        try:
            frame = _parse(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            return Decoded(None, f"not JSON: {error}")
        if type(frame) is not dict:
            return Decoded(None, kind=f"({_named(frame)})")
        word = self._word(frame)
        event_type = self.dialect.types.get(word) if word is not None else None
        if event_type is None:
            said = self._values(frame)[0].get("text")
            return Decoded(
                None, kind=word or "(no type)", text=said if isinstance(said, str) else ""
            )
        values, also = self._values(frame)
        return Decoded(_event(event_type, values, self.dialect), "", "", "", also)

    def _word(self, frame: dict[str, Any]) -> str | None:
        first = None
        for path in self._type_at:
            word = _walk(frame, path)
            if isinstance(word, str):
                if word in self.dialect.types:
                    return word
                first = first or word
        return first

    def _values(self, frame: dict[str, Any]) -> tuple[dict[str, Any], _Ids]:
        """Field to value; of several places the first that is not null, null where all are. Beside
        it the ids of the other places, where they differ.
        """
        values: dict[str, Any] = {}
        ranks: dict[str, int] = {}
        also: _Ids = ()
        for path, slot_of in self._boxes:
            box = _walk(frame, path) if path else frame
            if type(box) is not dict:
                continue
            for key, value in box.items():
                slot = slot_of(key)
                if slot is None:
                    continue
                rank, field = slot
                if value is None:
                    values.setdefault(field)
                elif field not in ranks:
                    ranks[field], values[field] = rank, value
                else:
                    other = value
                    if rank < ranks[field]:
                        other = values[field]
                        ranks[field], values[field] = rank, value
                    if field in _IDS and other != values[field]:
                        also += ((field, str(other)),)
        return values, also


class FrameReader:
    """Reads the frames of one history: in the dialect that its header declares, but those that our
    own shapes worded in our words (DESIGN section 3, rule of truth 9).

    Raises msgspec.ValidationError where the header's dialect makes no sense.
    """

    def __init__(self, declared: Mapping[str, Any]) -> None:
        own = msgspec.convert(declared, Dialect) if declared else COMMON
        self._own, self._common = Decoder(own), Decoder(COMMON)

    def read(self, what: str, value: Any) -> Decoded:
        """Decode a frame: `what` and `value` of its entry, which has no text where it had none."""
        if not isinstance(value, str):
            return Decoded(None, _textless(value))
        return (self._common if what in spec.OUR_WORDS else self._own).read(value)


def _textless(value: Any) -> str:
    """The problem of a frame that has no text; the recorder says why."""
    if isinstance(value, dict) and len(value) == 1:
        ((why, detail),) = value.items()
        return f"{why.replace('_', ' ')}: {detail}"
    return f"expected text, got {type(value).__name__}"


def _boxes(dialect: Dialect) -> list[tuple[tuple[str, ...], Callable[[str], _Slot | None]]]:
    """One table per box; a second field that stands in the same place goes to a second table."""
    tables: list[tuple[tuple[str, ...], dict[str, _Slot]]] = []
    for field, paths in dialect.fields.items():
        for rank, path in enumerate(paths):
            *box, key = path.split(".")
            fits = (table for at, table in tables if at == tuple(box) and key not in table)
            table = next(fits, None)
            if table is None:
                table = {}
                tables.append((tuple(box), table))
            table[key] = (rank, field)
    return [(path, table.get) for path, table in tables]


def _walk(value: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        if type(value) is not dict:
            return None
        value = value.get(key)
    return value


def _named(value: object) -> str:
    names = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")


def _id(value: object) -> str | None:
    if isinstance(value, str):
        return value or None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _status(values: dict[str, Any], dialect: Dialect) -> Status | None:
    said = values.get("status")
    if isinstance(said, bool):
        return Status.SUCCESS if said else Status.ERROR
    if isinstance(said, str) and said:
        return dialect.statuses.get(said.lower(), Status.PROGRESS)
    error = values.get("error")
    if error is not None and not (error == "" and "result" in values):
        return Status.ERROR
    return Status.SUCCESS if "result" in values else None


def _name(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: object) -> int | None:
    return value if type(value) is int else None


#: What each field may be; all others may be anything.
_READ: dict[str, Callable[[object], Any]] = {
    **dict.fromkeys(("run", "user", "thread", "call"), _id),
    "tool": _name,
    "seq": _number,
    "text": _text,
}
_NO_STATUS = (spec.STARTED, spec.THINKING)


def _event(event_type: str, values: dict[str, Any], dialect: Dialect) -> Event:
    status = None if event_type in _NO_STATUS else _status(values, dialect)
    for field, value in values.items():
        read = _READ.get(field)
        if read is not None:
            values[field] = read(value)
    values["status"] = status
    if event_type not in spec.TOOL_EVENTS:
        values.pop("tool", None)
    return Event(event_type, **values)
