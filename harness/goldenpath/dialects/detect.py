"""Which dialect frames are in: the one in which every event of them has all that it must have.

The common dialect is no candidate: it reads them all, and asks for nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from goldenpath.dialects.common import COMMON
from goldenpath.dialects.decode import Decoded, Decoder
from goldenpath.dialects.model import FIELDS, Dialect

#: What is named of a kind; the rest is counted.
_NAMED = 5

#: What tells two dialects apart at one look is said first.
_TELLING = ("parameters", "result", "error", "tool", "run", "text", "thread", "user", "time")


class Detected(NamedTuple):
    """fits: the names of all dialects that fit. events: of so many events. said: it in words."""

    fits: tuple[str, ...]
    events: int
    said: str


class _Reading(NamedTuple):
    """What one dialect makes of the events. none: those that are no event in it."""

    dialect: Dialect
    found: tuple[Decoded, ...]

    @property
    def none(self) -> int:
        return sum(decoded.event is None for decoded in self.found)

    @property
    def wrong(self) -> Counter[str]:
        """What is wrong with them, in words, and how often."""
        return Counter(
            f"{decoded.event.type}: {wrong}"
            for decoded in self.found
            if decoded.event
            for wrong in decoded.wrong
        )

    @property
    def right(self) -> int:
        return sum(decoded.event is not None and not decoded.wrong for decoded in self.found)

    @property
    def fits(self) -> bool:
        return self.right == len(self.found)


def detect(frames: Iterable[str], dialects: Mapping[str, Dialect]) -> Detected:
    """Say in which of these dialects the frames are. Frames that are no event in any of them, nor
    in the common one, say nothing.
    """
    decoders = [Decoder(dialect) for name, dialect in dialects.items() if name != COMMON.name]
    common = Decoder(COMMON)
    table = []
    for frame in frames:
        read = [decoder.read(frame) for decoder in decoders]
        if common.read(frame).event or any(decoded.event for decoded in read):
            table.append(read)
    readings = [
        _Reading(decoder.dialect, tuple(row[number] for row in table))
        for number, decoder in enumerate(decoders)
    ]
    if not table:
        return Detected((), 0, "no event was seen: nothing says which dialect it is")
    fits = [reading for reading in readings if reading.fits]
    said = (_none, _one, _several)[min(len(fits), 2)]
    return Detected(tuple(r.dialect.name for r in fits), len(table), said(fits or readings))


def _one(fits: Sequence[_Reading]) -> str:
    (reading,) = fits
    name = reading.dialect.name
    return f'every event ({len(reading.found)}) is one of dialect {name}; dialect="{name}" says so'


def _none(readings: Sequence[_Reading]) -> str:
    names = ", ".join(reading.dialect.name for reading in readings)
    nearest = max(readings, key=lambda r: (r.right, -r.none, -len(r.wrong)))
    count = len(nearest.found)
    if nearest.none == count:
        return f"none of the dialects {names} knows an event of them ({count})"
    missing = [f"{what} ({times})" for what, times in nearest.wrong.most_common(_NAMED)]
    missing += [f"{nearest.none} are no event in it"] * (nearest.none > 0)
    missing += [f"{len(nearest.wrong) - _NAMED} more"] * (len(nearest.wrong) > _NAMED)
    return (
        f"none of the dialects {names} fits every event ({count}); the nearest is"
        f" {nearest.dialect.name}, but for {'; '.join(missing)}"
    )


def _several(fits: Sequence[_Reading]) -> str:
    names = [reading.dialect.name for reading in fits]
    said = f"{' and '.join(names)} fit every event ({len(fits[0].found)})"
    decide = [_placed(field, fits) for field in (*_TELLING, *FIELDS) if _differ(field, fits)]
    decide = list(dict.fromkeys(decide))[:2]
    if not decide:
        return f"{said}; they differ in no place"
    return f"{said}; what would decide: where {', and where '.join(decide)}"


def _differ(field: str, fits: Sequence[_Reading]) -> bool:
    """Whether no place of the field is the same in all of them."""
    places = [{*reading.dialect.fields.get(field, ())} for reading in fits]
    return any(places) and not set.intersection(*places)


def _placed(field: str, fits: Sequence[_Reading]) -> str:
    """Where a field stands in each dialect, and whether it was seen there."""
    each = []
    for reading in fits:
        there = " or ".join(reading.dialect.fields.get(field, ())) or "nowhere"
        seen = any(d.event and getattr(d.event, field) is not None for d in reading.found)
        each.append(f"{there} in {reading.dialect.name}{', where it was seen' * seen}")
    return f"{field} stands ({'; '.join(each)})"
