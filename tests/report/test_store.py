from __future__ import annotations

import errno
import json
import os
import shlex
from pathlib import Path

import pytest
from tests.build import ALICE, bare, call, history, session, up
from tests.report.made import all_green, everything, failing, hostile, report

from goldenpath import store
from goldenpath.errors import Exit, UsageProblem
from goldenpath.history import dump
from goldenpath.model import Entry, Event, Kind
from goldenpath.report import html
from goldenpath.results import conclude


def kept(folder: Path, workload: str = "two_users") -> Path:
    path = folder / "histories" / f"{workload}.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"".join(dump(history(session(ALICE, call(ALICE))))))
    return path


def test_all_reports_are_written_and_nothing_else(tmp_path: Path) -> None:
    for made in (all_green(), everything(), hostile(), report()):
        paths = store.write_reports(made, tmp_path / "reports")

        assert [path.name for path in paths] == list(store.NAMES)
        assert sorted(path.name for path in (tmp_path / "reports").iterdir()) == sorted(store.NAMES)


def test_they_hold_the_witness_lines_and_how_to_replay(tmp_path: Path) -> None:
    path = kept(tmp_path)
    store.write_reports(report(failing("API-1")), tmp_path)

    for name in ("report.html", "summary.md", "junit.xml"):
        shown = (tmp_path / name).read_text("utf-8")
        assert f"goldenpath replay {path}" in shown
        assert "run-of-alice" in shown
    document = json.loads((tmp_path / "verdicts.json").read_bytes())
    assert document["verdicts"][0]["findings"][0]["replay"] == f"goldenpath replay {path}"
    assert store.read_reports(tmp_path) == store.with_replays(report(failing("API-1")), tmp_path)


def test_frames_are_read_in_the_dialect_of_the_history(tmp_path: Path) -> None:
    frame = bare(ALICE, "ignored", kind="began", what="lookup")
    own = {"name": "own", "type_at": ["kind"], "types": {"began": "tool_executing"}}
    own |= {"fields": {"tool": ["what"]}, "statuses": {}}
    path = tmp_path / "histories" / "two_users.jsonl"
    path.parent.mkdir()

    for dialect, says in ((own, "tool_executing lookup (by"), ({}, "no event: ignored (by")):
        path.write_bytes(b"".join(dump(history([up(ALICE), frame], dialect=dialect))))
        lines = store.read_witnesses(report(failing("API-1")), tmp_path)
        assert lines["two_users"][1].says.startswith(says)


@pytest.mark.parametrize("header", [b"", b"{}\n", b'{"type":"header","dialect":{"a":1}}\n'])
def test_a_header_that_cannot_be_read_leaves_the_common_dialect(header: bytes) -> None:
    read = store.frame_reader(header)

    assert isinstance(read(Entry(0, 0, Kind.FRAME, "a/1", None, "tap.send", "{}")), str)
    text = '{"type":"agent_started"}'
    assert isinstance(read(Entry(0, 0, Kind.FRAME, "a/1", None, "tap.send", text)), Event)


def test_a_replay_is_promised_only_where_the_history_was_kept(tmp_path: Path) -> None:
    made = report(failing("API-1"))
    assert store.with_replays(made, tmp_path) == made

    path = kept(tmp_path / "else where", "anything")
    (found,) = store.with_replays(made, tmp_path, {"two_users": path}).verdicts[0].findings
    assert found.replay == f"goldenpath replay '{path}'"


def test_a_replay_names_the_program_because_a_history_alone_does_not_run_one(
    tmp_path: Path,
) -> None:
    made = report(failing("API-1"), target="cmd:node 'my file.js'")
    path = tmp_path / "two_users.jsonl"
    path.touch()
    (found,) = store.with_replays(made, tmp_path, {"two_users": path}).verdicts[0].findings

    assert shlex.split(found.replay)[-2:] == ["--target", "cmd:node 'my file.js'"]


def test_a_history_that_the_report_names_is_found_in_the_folder(tmp_path: Path) -> None:
    path = kept(tmp_path, "other")
    made = report(failing("API-1"), histories={"two_users": "histories/other.jsonl"})

    assert store.history_of(made, "two_users", tmp_path, {}) == path


@pytest.mark.parametrize("workload", ["", ".", "..", "../x", "a/b", "\0", "x" * 5_000, "\ud800"])
def test_a_hostile_workload_names_no_file(workload: str, tmp_path: Path) -> None:
    kept(tmp_path, "x")
    (tmp_path / "x.jsonl").touch()
    (tmp_path / "histories" / "a").mkdir()
    (tmp_path / "histories" / "a" / "b.jsonl").touch()

    assert store.history_of(report(), workload, tmp_path, {}) is None


def test_a_report_that_cannot_be_finished_leaves_the_old_one_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write_reports(all_green(), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def broken(*_: object, **__: object) -> str:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(html, "render", broken)
        with pytest.raises(RuntimeError):
            store.write_reports(everything(), tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(store.os, "fsync", broken)
        with pytest.raises(RuntimeError):
            store.write_reports(everything(), tmp_path)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_full_disk_is_a_problem_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing half is left, the result can still be told, and what is broken remains broken."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(store.os, "fsync", full)
    red = conclude(report(failing("API-1")))
    green, broken = (store.keep_reports(each, tmp_path) for each in (all_green(), red))

    assert (green.exit, green.outcome) == (Exit.INCONCLUSIVE, "UNKNOWN")
    assert (broken.exit, broken.outcome) == (Exit.VIOLATIONS, "FAIL")
    for each in (green, broken):
        assert f"reports cannot be written to {tmp_path}: No space left" in each.problems[-1]
    assert "No space left" in store.unwritable(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_takes_reports_is_left_as_it_was(tmp_path: Path) -> None:
    assert store.unwritable(tmp_path) == ""
    assert list(tmp_path.iterdir()) == []


def test_old_reports_can_be_cleared(tmp_path: Path) -> None:
    store.write_reports(all_green(), tmp_path)
    kept(tmp_path)
    store.clear_reports(tmp_path)
    store.clear_reports(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["histories"]


def test_two_runs_never_share_a_folder(tmp_path: Path) -> None:
    """Each would read the other's reports; when the first is done the second may come."""
    first = store.claim(tmp_path / "reports")
    with pytest.raises(UsageProblem, match="another run of goldenpath is writing"):
        store.claim(tmp_path / "reports")
    first.close()
    store.claim(tmp_path / "reports").close()
