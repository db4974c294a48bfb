"""Histories as lines: what was written is read again, and what is damaged says where."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenpath.checkers.same import same
from goldenpath.history import (
    Footer,
    Header,
    History,
    HistoryProblem,
    dump,
    encode_line,
    load,
    read_header,
    read_rest,
)
from goldenpath.model import Entry, Kind, Step, User

words = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
bodies = st.tuples(
    st.integers(0, 2**63 - 1), st.sampled_from(Kind), words, st.none() | words, words, JSON
)
headers = st.builds(
    Header,
    target=words,
    kind=words,
    workload=words,
    proves=st.lists(words, max_size=2).map(tuple),
    seed=st.integers(-(2**63), 2**63 - 1),
    card=st.dictionaries(words, words, max_size=2),
    declared=st.dictionaries(words, JSON, max_size=2),
    users=st.lists(st.builds(User, words, words, st.none() | words), max_size=2).map(tuple),
    script=st.just(((Step("s1", "alice", "run", {"a": [1]}),),)),
)
HEADER = Header(target="t", kind="agent", workload="w")


def entry(index: int, value: Any = None) -> Entry:
    return Entry(index, index, Kind.MEASURE, "alice", None, "what", value)


def lines(*parts: Header | Entry | Footer) -> list[bytes]:
    return [encode_line(part) for part in parts]


@st.composite
def histories(draw: st.DrawFn) -> History:
    found = draw(st.lists(bodies, max_size=5))
    entries = tuple(Entry(index, *body) for index, body in enumerate(found))
    footer = draw(st.none() | st.just(Footer(entries=len(entries), notes=("a note",))))
    return History(draw(headers), entries, footer)


# --- there and back ----------------------------------------------------------------------------


@given(histories())
def test_what_is_written_is_read_again(history: History) -> None:
    """Header, entries and footer come back equal, values by type too."""
    again = load(dump(history))

    assert again == history
    assert all(same(a.value, b.value) for a, b in zip(again.entries, history.entries, strict=True))


@given(histories())
def test_each_part_is_one_line_of_json(history: History) -> None:
    """Any tool that reads JSON lines can read a history."""
    written = list(dump(history))

    assert all(line.count(b"\n") == 1 and line.endswith(b"\n") for line in written)
    assert all(isinstance(json.loads(line), dict) for line in written)


@given(histories(), st.integers(1, 200))
def test_a_last_line_without_its_newline_is_ignored(history: History, cut: int) -> None:
    """A killed process may have written half of a line: what stands before it counts."""
    whole = list(dump(history))
    last = whole[-1][: -min(cut, len(whole[-1]))]
    if len(whole) == 1:
        with pytest.raises(HistoryProblem, match="empty or cut"):
            load([last])
        return
    again = load([*whole[:-1], last])

    assert again.footer is None
    assert again.entries == history.entries[: len(whole) - 2]


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("\ud800", "\ufffd"),
        ({"a": ["x\udfff", "\ud800y", 1]}, {"a": ["x\ufffd", "\ufffdy", 1]}),
        ({"\ud800": None}, {"\ufffd": None}),
        ("\ud83d\ude00", "\N{GRINNING FACE}"),
    ],
)
def test_what_is_no_unicode_is_written_all_the_same(value: Any, kept: Any) -> None:
    """Half a surrogate pair, which a target may send, is replaced and does not stop the record."""
    assert load(lines(HEADER, entry(0, value))).entries == (entry(0, kept),)


# --- the header --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"", "expected the header"),
        (b"{}\n", "expected the header"),
        (b'{"type":"header"}\n', "missing required field"),
        (b'{"type":"footer","entries":0}\n', "Invalid value 'footer'"),
        (b"\xff\n", "expected the header"),
        (b"[" * 5000 + b"\n", "expected the header"),
        (encode_line(HEADER).replace(b'"format":1', b'"format":2'), "expected format 1, got .* 2"),
    ],
)
def test_what_is_no_header_is_refused(line: bytes, problem: str) -> None:
    """The first line must be the header of a history of our format."""
    with pytest.raises(HistoryProblem, match=problem) as caught:
        read_header(line)

    assert caught.value.line == 1


def test_a_wrong_header_is_named_before_anything_after_it() -> None:
    """Of a history of a later format we say so, rather than call its entries wrong."""
    later = encode_line(HEADER).replace(b'"format":1', b'"format":2')

    with pytest.raises(HistoryProblem, match="line 1: expected format 1, got format 2"):
        load([later, b'{"something":"new"}\n'])


# --- entries and footer ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rest", "problem"),
    [
        ([b"\n"], "line 2: not an entry"),
        ([b"[]\n"], "line 2: not an entry"),
        ([b"\xff\n"], "line 2: not an entry"),
        ([encode_line(entry(0))[:-2] + b',"value":' + b"[" * 5000 + b"\n"], "line 2: not an entry"),
        (lines(entry(0), entry(0)), "line 3: expected entry 1, got entry 0"),
        (lines(entry(1)), "line 2: expected entry 0, got entry 1"),
        (lines(entry(0), entry(2)), "line 3: expected entry 1, got entry 2"),
        (lines(Footer(entries=1)), "line 2: the footer counts 1, not 0"),
        (lines(entry(0), Footer(entries=0)), "line 3: the footer counts 0, not 1"),
        (lines(entry(0), Footer(entries=1), entry(1)), "line 4: an entry after the footer"),
        (lines(entry(0), Footer(entries=1), Footer(entries=1)), "line 4: .*after the footer"),
    ],
)
def test_a_damaged_history_says_which_line(rest: list[bytes], problem: str) -> None:
    """What is no entry, is out of turn, or comes after the end, is a problem and not data."""
    with pytest.raises(HistoryProblem, match=problem):
        load([encode_line(HEADER), *rest])


def test_a_history_without_its_footer_is_cut() -> None:
    """Entries are kept, and nothing says that they are all."""
    assert load(lines(HEADER, entry(0))) == History(HEADER, (entry(0),), None)


def test_entries_are_read_in_a_stream() -> None:
    """The first entry is there before the second line has been looked at."""

    def endless() -> Any:
        yield encode_line(entry(0))
        raise AssertionError("read too far")

    assert next(read_rest(endless())) == entry(0)
