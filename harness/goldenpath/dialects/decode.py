"""From the raw text of a frame to an Event, in time that grows with the keys of the frame.

A dialect is compiled to a tree of boxes (nested objects that hold fields): the keys that are there
are looked up in it, instead of trying every path that could be.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from goldenpath import spec
from goldenpath.dialects.common import COMMON
from goldenpath.dialects.model import Dialect
from goldenpath.dialects.required import needs
from goldenpath.model import Event, Status

_parse = msgspec.json.Decoder().decode

#: Fields that say whose an event is; every place that has one must be right.
_IDS = frozenset({"run", "user", "thread"})

_Also = tuple[tuple[str, Any], ...]
_Slot = tuple[int, str]


class Decoded(NamedTuple):
    """What a frame is: an event, something else that is fine, or nothing readable (problem).

    text: what something else says to be read, such as a piece of an answer. also: ids, by field,
    that stand beside those of the event and differ from them, and times that stand beside its own.
    wrong: what is wrong with the fields of the event, in words.
    """

    event: Event | None
    problem: str = ""
    kind: str = ""
    text: str = ""
    also: _Also = ()
    wrong: tuple[str, ...] = ()


class _Box:
    """A nested object that holds fields, or boxes, or both."""

    __slots__ = ("inner", "slots")

    def __init__(self) -> None:
        self.slots: dict[str, _Slot] = {}
        self.inner: dict[str, _Box] = {}

    def at(self, path: Iterable[str]) -> _Box:
        """The box at this path, made where it is not there."""
        box = self
        for key in path:
            box = box.inner.setdefault(key, _Box())
        return box


class Decoder:
    """Reads the frames of one dialect. Pure: the same text gives the same answer."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self._type_at = [tuple(path.split(".")) for path in dialect.type_at]
        self._trees = _trees(dialect)
        self._needs = {
            name: needs(name, dialect.required.get(name, {})) for name in dialect.types.values()
        }

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
        values, places, also = self._values(frame)
        status = None if event_type in _NO_STATUS else _status(values, self.dialect)
        wrong, empty = self._needs[event_type].read(values)
        if empty:
            also += tuple((field, "") for field in empty if field in _IDS)
        values["status"] = status
        if "time" in places:
            values["time"] = places["time"], values["time"]
        if event_type not in spec.TOOL_EVENTS:
            values.pop("tool", None)
        return Decoded(Event(event_type, **values), "", "", "", also, wrong)

    def _word(self, frame: dict[str, Any]) -> str | None:
        first = None
        for path in self._type_at:
            word = _walk(frame, path)
            if isinstance(word, str):
                if word in self.dialect.types:
                    return word
                first = first or word
        return first

    def _values(self, frame: dict[str, Any]) -> tuple[dict[str, Any], dict[str, int], _Also]:
        """Field to value; of several places the first that is not null, null where all are. Beside
        it the numbers of these places, and of the other ones the ids, where they differ, and times.
        """
        values: dict[str, Any] = {}
        ranks: dict[str, int] = {}
        also: _Also = ()
        boxes = [(frame, tree) for tree in self._trees]
        for box, node in boxes:
            for key, below in node.inner.items():
                inner = box.get(key)
                if type(inner) is dict:
                    boxes.append((inner, below))
            slot_of = node.slots.get
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
                    other = rank, value
                    if rank < ranks[field]:
                        other = ranks[field], values[field]
                        ranks[field], values[field] = rank, value
                    if field == "time":
                        also += ((field, other),)
                    elif field in _IDS and other[1] != values[field]:
                        also += ((field, str(other[1])),)
        return values, ranks, also


class FrameReader:
    """Reads the frames of one history: in the dialect that its header declares (`own`), but those
    that our own shapes worded in our words (DESIGN section 3, rule of truth 9).

    Raises msgspec.ValidationError where the header's dialect makes no sense.
    """

    def __init__(self, declared: Mapping[str, Any]) -> None:
        self.own = msgspec.convert(declared, Dialect) if declared else COMMON
        self._own, self._common = Decoder(self.own), Decoder(COMMON)

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


def _trees(dialect: Dialect) -> list[_Box]:
    """One tree; a second field that stands in the same place goes to a second one."""
    trees = [_Box()]
    for field, paths in dialect.fields.items():
        for rank, path in enumerate(paths):
            *box, key = path.split(".")
            fits = (t for t in trees if key not in t.at(box).slots)
            tree = next(fits, None)
            if tree is None:
                tree = _Box()
                trees.append(tree)
            tree.at(box).slots[key] = (rank, field)
    return trees


def _walk(value: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        if type(value) is not dict:
            return None
        value = value.get(key)
    return value


def _named(value: object) -> str:
    names = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")


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


_NO_STATUS = (spec.STARTED, spec.THINKING)
