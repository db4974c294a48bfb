"""CONTENT-8: which fields events have, against the golden shape that stands in the header.

The shape of a kind of event is the paths of its frames with their JSON types, and whether each was
always there. A kind is the type of an event with how it says that things went: what a failure looks
like is not what a success does. What tools are given and return is theirs: it is not looked into.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from goldenpath import rulebook, spec
from goldenpath.checkers.base import Check, Fold
from goldenpath.checkers.held import parsed_text
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.model import Event, Outcome, Status
from goldenpath.runs import Seen

#: By kind of event, path to its types in words: `text`, `null or text, sometimes`.
Shape = Mapping[str, Mapping[str, str]]

#: What is added to the types of a path that is not always there.
SOMETIMES = ", sometimes"

_TYPES: dict[type, str] = {
    **{str: "text", int: "number", float: "number", bool: "flag"},
    **{dict: "object", list: "list", type(None): "null"},
}
TYPES = frozenset({*_TYPES.values(), "any"})

_OURS = "every envelope was built by our own transport shape"
_WORDED = "its events are worded by the harness, which is the agent"


def kind_of(event: Event) -> str:
    """What events are compared with each other: of the same type, with the same status."""
    told = event.status not in (None, Status.PROGRESS)
    return f"{event.type} {event.status}" if told else event.type


class Shapes:
    """Gathers the shapes of events. opaque: keys whose value is the tools' own; any: those of which
    not even the type is told.
    """

    def __init__(self, opaque: Collection[str], any_: Collection[str]) -> None:
        self._opaque, self._any = frozenset(opaque), frozenset(any_)
        self.frames: Counter[str] = Counter()
        self.first: dict[str, int] = {}
        self.places: dict[tuple[str, str], int] = {}
        self._counts: dict[str, Counter[str]] = {}
        self._types: dict[tuple[str, str], set[str]] = {}

    def take(self, event: Event, frame: Mapping[str, Any], index: int) -> None:
        """Take in the frame of an event, which stands at this entry."""
        kind = kind_of(event)
        self.frames[kind] += 1
        self.first.setdefault(kind, index)
        found: dict[str, set[str]] = {}
        for path, type_ in self._walk(frame, ""):
            found.setdefault(path, set()).add(type_)
        counts = self._counts.setdefault(kind, Counter())
        for path, types in found.items():
            counts[path] += 1
            self.places.setdefault((kind, path), index)
            self._types.setdefault((kind, path), set()).update(types)

    def _walk(self, value: Any, above: str) -> Iterator[tuple[str, str]]:
        if isinstance(value, Mapping):
            for key, inner in value.items():
                path = f"{above}.{key}" if above else key
                yield path, "any" if key in self._any else _TYPES[type(inner)]
                if key not in self._opaque:
                    yield from self._walk(inner, path)
        elif isinstance(value, list):
            for inner in value:
                yield f"{above}[]", _TYPES[type(inner)]
                yield from self._walk(inner, f"{above}[]")

    def types(self, kind: str, path: str) -> frozenset[str]:
        """The types that were seen there."""
        return frozenset(self._types.get((kind, path), ()))

    def always(self, kind: str, path: str) -> bool:
        """Whether it was in every frame of the kind."""
        return self._counts[kind][path] == self.frames[kind]

    def paths(self, kind: str) -> list[str]:
        """All that were seen, sorted: what holds others stands before them."""
        return sorted(self._counts.get(kind, ()))

    def shape(self) -> dict[str, dict[str, str]]:
        """What was gathered, in words. Items of lists are never always there."""
        return {
            kind: {path: self._said(kind, path) for path in self.paths(kind)}
            for kind in sorted(self.frames)
        }

    def _said(self, kind: str, path: str) -> str:
        always = self.always(kind, path) and "[]" not in path
        return _worded(self.types(kind, path)) + ("" if always else SOMETIMES)


def _worded(types: Collection[str]) -> str:
    return " or ".join(sorted(types))


def types_of(said: str) -> frozenset[str]:
    """The types of a path, as they are said."""
    return frozenset(said.removesuffix(SOMETIMES).split(" or "))


def changes(golden: Shape, now: Shapes) -> Iterator[tuple[str, int]]:
    """Every change, in words, with an entry that shows it; of the kinds that are in both. What
    stands in a box that is named itself is not named again.
    """
    for kind in sorted(now.frames.keys() & golden.keys()):
        named: list[str] = []
        for path in sorted({*golden[kind], *now.paths(kind)}):
            if any(path.startswith((f"{box}.", f"{box}[]")) for box in named):
                continue
            said = _change(golden[kind].get(path), kind, path, now)
            if said:
                named.append(path)
                yield f"{kind}: {path} {said}", now.places.get((kind, path), now.first[kind])


def _change(before: str | None, kind: str, path: str, now: Shapes) -> str:
    types = now.types(kind, path)
    if before is None:
        return f"was added, {_worded(types)}"
    always = not before.endswith(SOMETIMES)
    if not types:
        return f"was removed, expected {before}" if always else ""
    if not types <= types_of(before):
        return f"was retyped: expected {before.removesuffix(SOMETIMES)}, got {_worded(types)}"
    gone = always and not now.always(kind, path)
    return "is no longer always there" if gone else ""


class _Golden(Fold):
    """CONTENT-8: nothing added, removed or retyped, of what the target itself makes."""

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        asked = header.shapes
        self._shapes = Shapes(asked.get("opaque", ()), asked.get("any", ()))
        self._ours = False
        if not asked:
            tally.excuse = Outcome.NOT_RUN, rulebook.ON_REQUEST["CONTENT-8"]

    def frame(self, seen: Seen) -> None:
        if not self.header.shapes or seen.event is None:
            return
        if seen.entry.what in spec.OUR_ENVELOPE:
            self._ours = True
            return
        frame = parsed_text(seen.entry.value)
        if isinstance(frame, dict):
            self._shapes.take(seen.event, frame, seen.entry.index)

    def finish(self) -> None:
        asked, shapes = self.header.shapes, self._shapes
        if not asked:
            return
        if self.header.declared.get("shape") == "manager":
            self.tally.excuse = Outcome.UNOBSERVABLE, _WORDED
        elif self._ours and not shapes.frames:
            self.tally.excuse = Outcome.UNOBSERVABLE, _OURS
        elif asked.get("problem"):
            self.tally.doubt(f"{asked['problem']}; to make one: {asked['update']}")
        else:
            self._compare(asked["events"], asked["update"])

    def _compare(self, golden: Shape, update: str) -> None:
        both = [kind for kind in self._shapes.frames if kind in golden]
        self.tally.chance(sum(self._shapes.frames[kind] for kind in both))
        self.tally.figures["kinds without a golden shape"] = len(self._shapes.frames) - len(both)
        types = {kind.partition(" ")[0] for kind in golden}
        for kind in self._shapes.frames.keys() & types - golden.keys():
            self.tally.doubt(f"{kind}: its events no longer say how things went")
        for said, index in changes(golden, self._shapes):
            self.tally.fail(f"{said}; if that is meant: {update}", index)


CHECKS = (Check("CONTENT-8", fold=_Golden),)
