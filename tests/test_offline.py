"""Judging a recorded history again: the same verdicts, and nothing green about a damaged one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from goldenpath import known
from goldenpath.catalogue import OURS, Extension
from goldenpath.checkers import Check
from goldenpath.conduct import Conducted
from goldenpath.errors import UsageProblem
from goldenpath.history import Footer, encode_line, read_header
from goldenpath.judge import CUT
from goldenpath.model import Level, Outcome, Rule
from goldenpath.offline import judge_file, read_file_header, salvage, tell_apart

HISTORIES = Path(__file__).parent / "histories"
GOOD = HISTORIES / "ok-dispatcher-golden_path.jsonl"
BAD = HISTORIES / "ISOLATION-1-last-user-wins.jsonl"


def outcomes(result: Conducted) -> dict[str, Outcome]:
    return {v.rule: v.outcome for v in result.verdicts}


def changed(path: Path, change: Callable[[list[bytes]], list[bytes]], source: Path = GOOD) -> Path:
    """A history with other lines."""
    path.write_bytes(b"".join(change(source.read_bytes().splitlines(keepends=True))))
    return path


def test_a_whole_history_is_judged_without_its_target() -> None:
    """What it proves passes; its header and its path are told."""
    header, result = judge_file(GOOD)
    proved = {v.rule: v.outcome for v in result.verdicts if v.proves}

    assert set(proved) == set(header.proves)
    assert set(proved.values()) == {Outcome.PASS}
    assert (result.workload, result.history) == ("golden_path", GOOD)
    assert header == read_file_header(GOOD)
    assert CUT not in result.notes


#: name: what is done to the lines of a history, and whether a note says that it is damaged.
DAMAGE: dict[str, tuple[Callable[[list[bytes]], list[bytes]], bool]] = {
    "no footer": (lambda lines: lines[:-1], False),
    "half a line": (lambda lines: [*lines[:-2], lines[-2][:20]], False),
    "only the header": (lambda lines: lines[:1], False),
    "a line that is no JSON": (lambda lines: [*lines[:5], b"junk\n", *lines[6:]], True),
    "a line that is no UTF-8": (lambda lines: [*lines[:5], b'{"index":4,"\xff"}\n'], True),
    "a line that is missing": (lambda lines: [*lines[:5], *lines[6:]], True),
    "a line that is there twice": (lambda lines: [*lines[:5], lines[4], *lines[5:]], True),
    "an empty line": (lambda lines: [*lines[:5], b"\n", *lines[5:]], True),
    "an entry after the footer": (lambda lines: [*lines, lines[-2]], True),
    "a footer that counts wrong": (lambda lines: [*lines[:5], lines[-1]], True),
    "another header": (lambda lines: [*lines, *lines], True),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_history_that_is_not_whole_is_never_green(name: str, tmp_path: Path) -> None:
    """What was to be proved is UNKNOWN, and a note says why."""
    change, damaged = DAMAGE[name]
    header, result = judge_file(changed(tmp_path / "h.jsonl", change))
    proved = {v.rule: v.outcome for v in result.verdicts if v.proves}

    assert set(proved) == set(header.proves)
    assert set(proved.values()) == {Outcome.UNKNOWN}
    assert CUT in result.notes
    assert any("damaged" in note for note in result.notes) is damaged


@pytest.mark.parametrize(
    "change", [lambda lines: lines[:-1], lambda lines: [*lines, b"junk\n"]], ids=["cut", "damaged"]
)
def test_a_finding_stands_whatever_came_after_it(
    change: Callable[[list[bytes]], list[bytes]], tmp_path: Path
) -> None:
    """FAIL stays, all else becomes UNKNOWN."""
    result = judge_file(changed(tmp_path / "h.jsonl", change, BAD))[1]
    found = outcomes(result)

    assert found["ISOLATION-1"] is Outcome.FAIL
    assert Outcome.PASS not in found.values()


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"junk\n", b"[]\n", b"\xff\n", b'{"type":"header"}\n', b'{"type":"footer"}\n'],
    ids=repr,
)
def test_what_is_no_history_is_the_users_mistake(content: bytes, tmp_path: Path) -> None:
    """It is named, with what was expected."""
    path = tmp_path / "h.jsonl"
    path.write_bytes(content)
    with pytest.raises(UsageProblem, match="is not a history"):
        judge_file(path)


@pytest.mark.parametrize("path", [Path("no/such/file.jsonl"), Path(__file__).parent])
def test_a_file_that_cannot_be_read_is_the_users_mistake(path: Path) -> None:
    """One that is not there, and a folder."""
    with pytest.raises(UsageProblem, match="is not a history"):
        read_file_header(path)


def test_known_failures_are_excused_offline_too() -> None:
    """With the reason of the line."""
    workload = read_file_header(BAD).workload
    lines = [known.Line(1, "ISOLATION-1", workload, "it is old")]
    (verdict,) = (v for v in judge_file(BAD, lines)[1].verdicts if v.rule == "ISOLATION-1")

    assert verdict.outcome is Outcome.KNOWN
    assert "it is old" in verdict.reason


def test_what_a_killed_run_left_is_salvaged(tmp_path: Path) -> None:
    """Results stand; of planned workloads without one the history says what it still can."""
    shutil.copy(BAD, tmp_path / "two_users.jsonl")
    shutil.copy(BAD, tmp_path / "golden_path.jsonl")
    shutil.copy(BAD, tmp_path / "not_planned.jsonl")
    changed(tmp_path / "values.jsonl", lambda lines: [lines[0][:30]])
    (tmp_path / "contract.jsonl").touch()
    done = Conducted("golden_path", [])
    plan = ("golden_path", "two_users", "values", "contract", "many_users")
    found = salvage(tmp_path, plan, {"golden_path": done})

    assert set(found) == {"golden_path", "two_users"}
    assert found["golden_path"] is done
    assert outcomes(found["two_users"])["ISOLATION-1"] is Outcome.FAIL


def test_a_history_is_judged_by_rules_that_came_later(tmp_path: Path) -> None:
    """An own rule that is known here judges what was recorded without it; of what is salvaged only
    a workload that had ended, for it may be its check that came to no end.
    """
    rule = Rule("SHOP-1", Level.MUST, "Nobody calls.", "a book")
    check = Check("SHOP-1", call=lambda call, tally: tally.fail("called", 1))
    catalogue = OURS.extended({"here": Extension(rules=(rule,), checks=(check,))})
    header, result = judge_file(GOOD, catalogue=catalogue)
    changed(
        tmp_path / "golden_path.jsonl",
        lambda lines: [encode_line(replace(read_header(lines[0]), own=(rule,))), *lines[1:]],
    )
    salvaged = salvage(tmp_path, ["golden_path"], {})["golden_path"]

    assert header.own == (rule,)
    assert outcomes(result)["SHOP-1"] is Outcome.FAIL
    ended = salvage(tmp_path, ["golden_path"], {}, (), catalogue, {"golden_path"})["golden_path"]
    assert outcomes(salvaged)["SHOP-1"] is Outcome.UNKNOWN
    assert outcomes(ended)["SHOP-1"] is Outcome.FAIL
    assert {**outcomes(judge_file(GOOD)[1]), "SHOP-1": Outcome.FAIL} == outcomes(result)


def test_a_header_with_a_rule_that_makes_no_sense_is_damaged(tmp_path: Path) -> None:
    """It needs what there is not."""
    odd = Rule("SHOP-1", Level.MUST, "It is so.", "a book", ("no such thing",))
    header = replace(read_file_header(GOOD), own=(odd,))
    path = changed(tmp_path / "h.jsonl", lambda lines: [encode_line(header), *lines[1:]])
    with pytest.raises(UsageProblem, match="its header is damaged"):
        judge_file(path)


@pytest.mark.parametrize("name", ["../../evil", "/tmp/evil", "", ".hidden", "a\nb", "x" * 3 + "/y"])
def test_a_workload_that_is_no_name_is_refused(name: str, tmp_path: Path) -> None:
    """It becomes the name of a file where the history is replayed."""
    path = tmp_path / "h.jsonl"
    found = replace(read_file_header(BAD), workload=name)
    path.write_bytes(encode_line(found) + encode_line(Footer(entries=0)))
    with pytest.raises(UsageProblem, match="its workload has no name"):
        read_file_header(path)


def test_histories_of_one_workload_are_told_apart(tmp_path: Path) -> None:
    """A finding points into its own file; a workload that comes once keeps its name."""
    shutil.copy(BAD, tmp_path / "again.jsonl")
    names = [
        result.workload
        for _, result in tell_apart([judge_file(BAD), judge_file(tmp_path / "again.jsonl")])
    ]

    assert names == [f"misaddressed in {BAD}", f"misaddressed in {tmp_path / 'again.jsonl'}"]
    ((_, alone),) = tell_apart([judge_file(BAD)])
    assert alone.workload == "misaddressed"
