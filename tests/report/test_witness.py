from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from tests.build import ALICE, call, history, session
from tests.report.made import failing, verdict

from goldenpath.history import dump
from goldenpath.model import Entry, Finding
from goldenpath.report.evidence import Line, Reader
from goldenpath.report.witness import collect as collect_with
from goldenpath.report.witness import wanted

HISTORY = history(session(ALICE, call(ALICE)))
ENTRY = b'{"index":%d,"at":1,"kind":"OK","actor":"alice","step":null,"what":"run","value":%s}\n'


def deaf(header: bytes) -> Reader:
    """Reads no frame."""

    def read(entry: Entry) -> str:
        return "not listened to"

    return read


def collect(lines: Iterable[bytes], wanted: Collection[int], limit: int = 2_000) -> dict[int, Line]:
    return collect_with(lines, wanted, deaf, limit)


def test_the_wanted_lines_are_found_by_their_index() -> None:
    found = collect(dump(HISTORY), {0, 3})

    assert sorted(found) == [0, 3]
    assert found[3].raw.startswith('{"index":3,')
    assert found[0].short == "   0  LINK    alice/1  up"


def test_neither_header_nor_footer_nor_what_is_not_there() -> None:
    count = len(HISTORY.entries)

    assert collect(dump(HISTORY), {-1, count, count + 1, 10**9}) == {}
    assert collect([], {0}) == {}


def test_a_line_that_was_cut_or_is_another_is_left_out() -> None:
    whole = ENTRY % (0, b"null")
    half, another, deep = ENTRY[:-1] % (1, b"1"), ENTRY % (7, b"1"), b"[" * 9_999 + b"\n"
    for other in (b'{"index":1,"at', half, another, deep):
        assert sorted(collect([b"header\n", whole, other], {0, 1})) == [0]


def test_it_reads_no_further_than_it_must() -> None:
    read = []

    def lines() -> Iterator[bytes]:
        for number, line in enumerate(dump(HISTORY)):
            read.append(number)
            yield line

    collect(lines(), {1})
    assert len(read) <= 4


def test_a_line_is_bounded_and_plain() -> None:
    long = ENTRY % (0, b'"\\u001b' + b"x" * 1_000_000 + b'"')
    (line,) = collect([b"header\n", long], {0}, limit=100).values()

    assert len(line.raw) < 150
    assert line.raw.isprintable()
    assert line.raw.endswith(f"… (of {len(long) - 1:,} bytes)")
    assert len(line.value) == 2_000


def test_what_is_wanted_is_bounded_per_finding() -> None:
    many = Finding("API-1", "no", tuple(range(1_000)))

    assert wanted([verdict("API-1", findings=(many,))]) == {"two_users": frozenset(range(8))}
    assert wanted([failing("API-1", workload="a"), verdict("API-2")]) == {"a": frozenset({1, 3})}
