"""Says in one short line what an entry of a history is about, for people who look for a fault.

Pure: from an entry, and what its frame was read as, to plain and bounded text. Nothing is left out
silently: where the short line does not say all of the value, the line knows (`complete`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from goldenpath.model import Entry, Event, Kind, Status
from goldenpath.report.plain import MESSAGE, plain

#: What a frame was read as: an event, or why it is none.
Heard = Event | str
Reader = Callable[[Entry], Heard]

#: Letters of the short line, and of each part of it.
SAYS, PART = 280, 120
#: Letters of the value that are shown beneath the short line, where they say more: a usual frame.
VALUE = 600

_WORD = re.compile(r"[^\W\d][\w.:/-]{0,80}|[0-9a-f-]{36}")
_DATA = frozenset({"value", "result"})  # JSON even where it is a word: "null" is not null
_CAUSES = {"exception": "raised ", "result": "gave a failed result: "}


@dataclass(frozen=True)
class Line:
    """One entry as it is shown. says: in words. complete: whether the words hold all of the value.

    value: the start of the recorded value, not yet plain; beyond: how many letters it goes on.
    raw: the entry as it stands in the file, plain and bounded.
    """

    index: int
    kind: str
    actor: str
    says: str
    complete: bool
    value: str
    beyond: int
    raw: str

    @property
    def short(self) -> str:
        """The readable line: `  16  FRAME   bob/1  tool_completed lookup (by tap.send)`."""
        return f"{self.index:>4}  {self.kind:<6}  {self.actor}  {self.says}"

    @property
    def rest(self) -> str:
        """The start of the value where it says more than the words, or nothing."""
        return "" if self.complete else plain(self.value, VALUE, self.beyond)


def line_of(entry: Entry, heard: Heard, raw: str) -> Line:
    """Say what an entry is about. `heard` is only looked at for a FRAME."""
    says, complete = _frame(entry, heard) if entry.kind is Kind.FRAME else _words(entry)
    value = entry.value if isinstance(entry.value, str) else _json(entry.value)
    return Line(
        index=entry.index,
        kind=str(entry.kind),
        actor=plain(entry.who, PART) or "nobody",
        says=plain(says, SAYS),
        complete=complete and len(says) <= SAYS,
        value=value[:MESSAGE],
        beyond=max(len(value) - MESSAGE, 0),
        raw=raw,
    )


def _frame(entry: Entry, heard: Heard) -> tuple[str, bool]:
    by = f" (by {plain(entry.what, PART)})"
    if isinstance(heard, str):
        return f"{plain(heard, PART)}{by}", False
    status = "" if heard.status in (None, Status.PROGRESS) else str(heard.status)
    words = " ".join(plain(word, PART) for word in (heard.type, heard.tool or "", status) if word)
    run = f", run {plain(heard.run, PART)}" if heard.run else ""
    return f"{words}{run}{by}", False


def _words(entry: Entry) -> tuple[str, bool]:
    """What happened, then what is left of the value as pairs; and whether nothing was cut."""
    value = entry.value
    if not isinstance(value, dict):
        text = "" if value is None else f": {_json(value)}"
        return f"{entry.what}{plain(text, PART)}", len(text) <= PART
    lead, used = _LEADS.get(entry.kind, _plainly)(entry.what, value)
    parts = [lead, *_pairs(entry, {k: v for k, v in value.items() if k not in used})]
    return ", ".join(plain(part, PART) for part in parts), all(len(p) <= PART for p in parts)


def _pairs(entry: Entry, left: dict[str, Any]) -> Iterator[str]:
    """The other fields, without what only repeats what is said already."""
    if entry.kind is Kind.TOOL and left.get("run") == 0:
        del left["run"]
    if entry.kind is Kind.LINK and left.get("user") == entry.actor.partition("/")[0]:
        del left["user"]
    token = left.pop("token", None)
    pairs = [f"{key} {_shown(key, value)}" for key, value in left.items()]
    if token is not None and not any(str(token) in pair for pair in pairs):
        pairs.append(f"token {_shown('token', token)}")
    yield from pairs


def _shown(key: str, value: Any) -> str:
    if key not in _DATA and isinstance(value, str) and _WORD.fullmatch(value):
        return value
    return _json(value)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


# --- the first words of each kind: with the fields that they use up ------------------------------

_Lead = tuple[str, frozenset[str]]


def _plainly(what: str, value: dict[str, Any]) -> _Lead:
    return what, frozenset()


def _asked(what: str, value: dict[str, Any]) -> _Lead:
    return (f"{what} {_shown('tool', value['tool'])}" if "tool" in value else what), _TOOL


def _ran(what: str, value: dict[str, Any]) -> _Lead:
    return (f"{_shown('tool', value['tool'])} {what}" if "tool" in value else what), _TOOL


def _told(what: str, value: dict[str, Any]) -> _Lead:
    return (f"{what} returned {_json(value['value'])}" if "value" in value else what), _VALUE


def _failed(what: str, value: dict[str, Any]) -> _Lead:
    """By an exception, a failed result, or a member that is not there."""
    why = ": ".join(str(value[key]) for key in ("type", "text") if value.get(key))
    cause = _CAUSES.get(str(value.get("by")))
    return (f"{what} {cause}{why}" if cause else f"{what}: {why}"), _FAILURE


def _lost(what: str, value: dict[str, Any]) -> _Lead:
    return f"{what}: {value.get('why', 'nobody knows')}", frozenset({"why"})


_TOOL, _VALUE = frozenset({"tool"}), frozenset({"value"})
_FAILURE = frozenset({"by", "type", "text"})
_LEADS: dict[Kind, Callable[[str, dict[str, Any]], _Lead]] = {
    Kind.INVOKE: _asked,
    Kind.TOOL: _ran,
    Kind.OK: _told,
    Kind.FAIL: _failed,
    Kind.LOST: _lost,
}
