"""The recorder: one line for each thing that happened, at once, from any thread, until the end."""

from __future__ import annotations

import errno
import itertools
import json
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenpath.history import Footer, Header, load
from goldenpath.model import Entry, Kind
from goldenpath.recorder import FileSink, Recorder

HEADER = Header(target="t", kind="dispatcher", workload="w")


class Lines(list[bytes]):
    """A sink in memory."""

    def write(self, line: bytes, /) -> object:
        self.append(line)
        return len(line)


def ticking() -> Recorder:
    """A recorder into memory, whose clock counts half seconds."""
    return Recorder(Lines(), itertools.count(0, 0.5).__next__)


def test_entries_are_numbered_and_stamped_in_nanoseconds() -> None:
    """Indexes count from 0, and `at` is the clock's seconds times 10^9."""
    seen: list[Entry] = []
    recorder = ticking()
    recorder.listen(seen.append)
    indexes = [recorder.record(Kind.TOOL, "alice", None, "started", n) for n in range(3)]

    assert indexes == [0, 1, 2]
    assert [(e.index, e.at, e.value) for e in seen] == [
        (0, 0, 0),
        (1, 500_000_000, 1),
        (2, 1_000_000_000, 2),
    ]


def test_what_is_written_is_a_history() -> None:
    """Header, entries and footer are read back as they were recorded."""
    sink = Lines()
    recorder = Recorder(sink)
    recorder.begin(HEADER)
    recorder.record(Kind.INVOKE, "alice", "s1", "create", {"tools": ["lookup"]})
    recorder.notes.append("a note")
    footer = recorder.end()
    history = load(sink)

    assert history.header == HEADER
    assert [(e.kind, e.step, e.value) for e in history.entries] == [
        (Kind.INVOKE, "s1", {"tools": ["lookup"]})
    ]
    assert history.footer == footer == Footer(entries=1, notes=("a note",))


def test_each_line_is_in_the_file_as_soon_as_it_is_recorded(tmp_path: Path) -> None:
    """A process that is killed leaves all that it had recorded."""
    path = tmp_path / "h.jsonl"
    sink = FileSink(str(path))
    recorder = Recorder(sink)
    recorder.begin(HEADER)
    for count in range(3):
        recorder.record(Kind.FRAME, "alice/1", None, "send", "{}")

        assert len(path.read_bytes().splitlines()) == count + 2
    sink.close()


@pytest.mark.parametrize("size", [1, 7, 40])
def test_a_line_that_is_written_in_parts_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """However many they are."""
    path, write, line = tmp_path / "h.jsonl", os.write, b"x" * 99 + b"\n"
    sink = FileSink(str(path))
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:size]))
    sink.write(line)
    monkeypatch.undo()
    sink.close()

    assert path.read_bytes() == line


def test_a_file_is_begun_anew(tmp_path: Path) -> None:
    """What an earlier run left under the same name is gone."""
    path = tmp_path / "h.jsonl"
    path.write_text("what an earlier run left")
    FileSink(str(path)).close()

    assert path.read_bytes() == b""


def test_entries_of_many_threads_are_whole_and_in_order() -> None:
    """Each has a line of its own and an index of its own; listeners see the order of the file."""
    sink, heard = Lines(), list[int]()
    recorder = Recorder(sink)
    recorder.listen(lambda entry: heard.append(entry.index))
    begin = threading.Barrier(8)

    def record(name: str) -> None:
        begin.wait()
        for number in range(50):
            recorder.record(Kind.TOOL, name, None, "started", number)

    threads = [threading.Thread(target=record, args=(f"user{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert heard == list(range(400))
    assert [json.loads(line)["index"] for line in sink] == heard


def test_the_clock_may_be_changed() -> None:
    """The loop's own clock takes over when the loop runs."""
    recorder = ticking()
    recorder.clock = lambda: 7.25
    seen: list[Entry] = []
    recorder.listen(seen.append)
    recorder.record(Kind.MEASURE, "", None, "stall")

    assert seen[0].at == 7_250_000_000


def test_an_entry_that_cannot_be_written_leaves_no_gap() -> None:
    """A value that is no JSON is our bug and raises; the history goes on without it."""
    sink = Lines()
    recorder = Recorder(sink)
    with pytest.raises(TypeError):
        recorder.record(Kind.TOOL, "alice", None, "started", object())

    assert recorder.record(Kind.TOOL, "alice", None, "started") == 0
    assert [json.loads(line)["index"] for line in sink] == [0]


def test_nothing_follows_the_footer() -> None:
    """What a target still does after the end is not recorded: the footer is the last line."""
    sink, heard = Lines(), list[Entry]()
    recorder = Recorder(sink)
    recorder.listen(heard.append)
    recorder.begin(HEADER)
    recorder.end()
    recorder.record(Kind.FRAME, "alice/1", None, "send", "{}")

    assert load(sink).footer == Footer(entries=0)
    assert heard == []


def test_a_thread_that_is_late_writes_into_no_other_history(tmp_path: Path) -> None:
    """Once a recorder is sealed its file is left alone, even where the number is used again."""
    first, second = (FileSink(str(tmp_path / "first")), tmp_path / "second")
    late = Recorder(first)
    late.seal()
    first.close()
    other = FileSink(str(second))
    late.record(Kind.TOOL, "alice", None, "ended")
    other.close()

    assert second.read_bytes() == b""


@given(st.lists(st.tuples(st.sampled_from(Kind), st.text(), st.none() | st.text(), st.text())))
def test_whatever_is_recorded_is_read_back(lines: list[tuple[Kind, str, str | None, str]]) -> None:
    """Any text, as actor, step, action or value, comes back unchanged."""
    sink = Lines()
    recorder = Recorder(sink)
    recorder.begin(HEADER)
    for kind, actor, step, what in lines:
        recorder.record(kind, actor, step, what, {"text": what})
    recorder.end()
    entries = load(sink).entries

    assert [(e.kind, e.actor, e.step, e.what) for e in entries] == lines
    assert [e.value["text"] for e in entries] == [what for *_, what in lines]


def test_a_history_that_cannot_be_written_disturbs_nobody() -> None:
    """A full disk is no exception of the target's: who listens is told all, nothing more is written
    after the gap, and why is known.
    """

    class Filling(Lines):
        def write(self, line: bytes, /) -> object:
            if len(self) == 2:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(line)

    sink, heard = Filling(), []
    recorder = Recorder(sink)
    recorder.listen(heard.append)
    recorder.begin(HEADER)
    for n in range(3):
        recorder.record(Kind.TOOL, "alice", None, "started", n)
    recorder.end()

    assert [entry.value for entry in heard] == [0, 1, 2]
    assert [entry.value for entry in load(sink).entries] == [0]
    assert recorder.broken == "the history cannot be written: No space left on device"
