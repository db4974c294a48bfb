"""A history: header, entries, footer, one JSON document a line.

The header holds all that is needed to judge the history again without the target. A file without
its footer was cut: its findings stand, everything else about it is unknown. A last line without its
newline is ignored, because a killed process may have written half of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from goldenpath.model import Entry, Rule, Step, User

FORMAT = 1


class Header(msgspec.Struct, frozen=True, kw_only=True, tag="header"):
    """What a history is about.

    clock: what `at` of the entries counts. deadlines: seconds by name. card: capability to "yes" or
    `OUTCOME: reason`. events: type to native, synthesised or absent. declared: what the target
    says of itself. script: the steps, so that replay needs no generator. own: the rules of a user's
    own, so that one whose check is not there is missed. baseline: what counts are to be held
    against (performance/baseline.py), shapes: what those of events are (performance/stored.py);
    empty where not asked.
    """

    format: int = FORMAT
    target: str
    kind: str
    workload: str
    proves: tuple[str, ...] = ()
    seed: int = 0
    tier: str = "quick"
    versions: Mapping[str, str] = {}
    clock: str = "monotonic ns"
    deadlines: Mapping[str, float] = {}
    card: dict[str, str] = {}
    events: dict[str, str] = {}
    declared: Mapping[str, Any] = {}
    dialect: Mapping[str, Any] = {}
    users: tuple[User, ...] = ()
    script: tuple[tuple[Step, ...], ...] = ()
    baseline: Mapping[str, Any] = {}
    shapes: Mapping[str, Any] = {}
    own: tuple[Rule, ...] = ()


class Footer(msgspec.Struct, frozen=True, kw_only=True, tag="footer"):
    """Says that the history is whole: how many entries it has, and what the harness noticed.
    abandoned: why the rest of the workload was left out; empty where it went to its end.
    """

    entries: int
    notes: tuple[str, ...] = ()
    abandoned: str = ""


class History(msgspec.Struct, frozen=True):
    """A history in memory. footer is None where it was cut."""

    header: Header
    entries: tuple[Entry, ...] = ()
    footer: Footer | None = None


class HistoryProblem(ValueError):
    """A line that is no part of a history; `line` counts from 1."""

    def __init__(self, line: int, problem: str) -> None:
        self.line, self.problem = line, problem
        super().__init__(f"line {line}: {problem}")


_encode = msgspec.json.Encoder().encode
_decode_header = msgspec.json.Decoder(Header).decode
_decode_entry = msgspec.json.Decoder(Entry).decode
_decode_footer = msgspec.json.Decoder(Footer).decode
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_FOOTER_START = b'{"type":"footer"'


def encode_line(part: Header | Entry | Footer) -> bytes:
    """Return one line with its newline. Half a surrogate pair, which UTF-8 cannot hold, becomes
    U+FFFD: what a target says is written down, and never an exception thrown into it.
    """
    try:
        return _encode(part) + b"\n"
    except UnicodeEncodeError:
        return _encode(_unicode(msgspec.to_builtins(part))) + b"\n"


def _unicode(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_unicode(key): _unicode(item) for key, item in value.items()}
    return [_unicode(item) for item in value] if isinstance(value, list | tuple) else value


def dump(history: History) -> Iterator[bytes]:
    """Yield the lines of a whole history."""
    yield encode_line(history.header)
    yield from map(encode_line, history.entries)
    if history.footer is not None:
        yield encode_line(history.footer)


def read_header(line: bytes) -> Header:
    """Decode the first line. Raises HistoryProblem where it is not a header of this format."""
    try:
        header = _decode_header(line)
    except _UNREADABLE as error:
        raise HistoryProblem(1, f"expected the header of a history, got: {error}") from None
    if header.format != FORMAT:
        raise HistoryProblem(1, f"expected format {FORMAT}, got format {header.format}")
    return header


def read_rest(lines: Iterable[bytes]) -> Iterator[Entry | Footer]:
    """Decode the lines after the header, in a stream. A last line that was cut is left out.

    A footer counts only as the last line and with the right number of entries.
    """
    count, over = 0, False
    for number, line in enumerate(lines, start=2):
        if not line.endswith(b"\n"):
            return
        if over:
            raise HistoryProblem(number, "an entry after the footer")
        try:
            if line.startswith(_FOOTER_START):
                footer = _decode_footer(line)
                if footer.entries != count:
                    raise HistoryProblem(number, f"the footer counts {footer.entries}, not {count}")
                over = True
                yield footer
                continue
            entry = _decode_entry(line)
        except _UNREADABLE as error:
            raise HistoryProblem(number, f"not an entry: {error}") from None
        if entry.index != count:
            raise HistoryProblem(number, f"expected entry {count}, got entry {entry.index}")
        count += 1
        yield entry


def load(lines: Iterable[bytes]) -> History:
    """Read a whole history into memory."""
    stream = iter(lines)
    first = next(stream, b"")
    if not first.endswith(b"\n"):
        raise HistoryProblem(1, "expected the header of a history, got an empty or cut file")
    header = read_header(first)
    entries: list[Entry] = []
    footer = None
    for part in read_rest(stream):
        if isinstance(part, Footer):
            footer = part
        else:
            entries.append(part)
    return History(header, tuple(entries), footer)
