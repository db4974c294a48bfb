from __future__ import annotations

from collections.abc import Iterator

from tests.build import ALICE, call, history, session
from tests.report.made import failing, verdict

from goldenpath.history import dump
from goldenpath.model import Finding
from goldenpath.report.witness import collect, wanted, witness

HISTORY = history(session(ALICE, call(ALICE)))


def test_the_wanted_lines_are_found_by_their_index() -> None:
    found = collect(dump(HISTORY), {0, 3})

    assert sorted(found) == [0, 3]
    assert found[3].startswith('{"index":3,')


def test_the_lines_of_a_finding() -> None:
    assert len(witness(HISTORY, Finding("API-1", "no", (1, 2)))) == 2


def test_neither_header_nor_footer_nor_what_is_not_there() -> None:
    count = len(HISTORY.entries)

    assert collect(dump(HISTORY), {-1, count, count + 1, 10**9}) == {}
    assert collect([], {0}) == {}


def test_a_line_that_was_cut_is_left_out() -> None:
    lines = [b"header\n", b'{"index":0,"at":1}\n', b'{"index":1,"at']

    assert collect(lines, {0, 1}) == {0: '{"index":0,"at":1}'}


def test_it_reads_no_further_than_it_must() -> None:
    read = []

    def lines() -> Iterator[bytes]:
        for number, line in enumerate(dump(HISTORY)):
            read.append(number)
            yield line

    collect(lines(), {1})
    assert len(read) <= 4


def test_a_line_is_bounded_and_plain() -> None:
    long = b'{"index":0,"value":"\x1b\xff' + b"x" * 1_000_000 + b'"}\n'
    (line,) = collect([b"header\n", long], {0}, limit=100).values()

    assert len(line) < 150
    assert line.isprintable()
    assert line.endswith("… (of 1,000,024 bytes)")


def test_what_is_wanted_is_bounded_per_finding() -> None:
    many = Finding("API-1", "no", tuple(range(1_000)))

    assert wanted([verdict("API-1", findings=(many,))]) == {"two_users": frozenset(range(8))}
    assert wanted([failing("API-1", workload="a"), verdict("API-2")]) == {"a": frozenset({1, 3})}
