"""Stored baselines: where they are, what is in them, and what is said of one that is no use."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from goldenpath.performance.baseline import (
    BASELINES,
    Baseline,
    BaselineProblem,
    Taken,
    asked,
    fingerprint,
    path_of,
    read,
    updating,
    write,
)
from goldenpath.performance.counters import key
from goldenpath.workloads import WORKLOADS
from goldenpath.workloads.base import tiers

COUNTERS = WORKLOADS["counters"]


def taken(instructions: int = 1000, hash: str = "abc", reason: str = "the first") -> Taken:
    counts = {"instructions": instructions, "calls": 100}
    return Taken(hash=hash, dispatches=10, counts=counts, reason=reason, goldenpath="0.1.0")


def made(*all_taken: Taken, target: str = "mine", of: str = "") -> Baseline:
    return Baseline(target=target, workload="counters", key=of or key(), taken=all_taken)


def stored(folder: Path, baseline: Baseline, target: str = "mine") -> Path:
    path = path_of(folder, "performance", target)
    write(path, baseline)
    return path


# --- where --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("reference", "reference"),
        ("package.module:make", "package.module_make"),
        ("./mine.py:make", "mine.py_make"),
        ("../../etc/passwd", "etc_passwd"),
        ("/tmp/a b.py:make", "tmp_a_b.py_make"),
        ("..", "_"),
    ],
)
def test_each_target_has_a_folder_within_its_suite(target: str, name: str) -> None:
    """Whatever it is called, nothing is written elsewhere."""
    path = path_of(Path("base"), "performance", target)

    assert path == Path("base", "performance", name, f"{key()}.json")


def test_the_key_names_interpreter_and_system() -> None:
    """What counts must not be compared across."""
    implementation, version, *system = key().split("-")

    assert implementation.isalpha()
    assert version.count(".") == 2
    assert system


def test_the_command_names_what_is_not_the_default() -> None:
    """It can be pasted into a shell."""
    assert updating("mine", BASELINES) == 'goldenpath baseline update mine --reason "..."'
    assert "--baseline 'a b' --reason" in updating("mine", Path("a b"))


# --- the file -----------------------------------------------------------------------------------


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    """All of it, and nothing else is left lying about."""
    baseline = made(taken(), taken(990, reason="faster"))
    path = stored(tmp_path, baseline)

    assert read(path, "mine") == baseline
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_the_file_is_made_to_be_reviewed(tmp_path: Path) -> None:
    """Sorted, one value a line, ended by a newline; the same baseline is the same bytes."""
    path = stored(tmp_path, made(taken()))
    text = path.read_text()
    stored(tmp_path, made(taken()))

    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True) + "\n"
    assert path.read_text() == text


def test_a_baseline_that_is_not_there_is_said_with_those_that_are(tmp_path: Path) -> None:
    """Most likely another Python was at work."""
    path = path_of(tmp_path, "performance", "mine")
    with pytest.raises(BaselineProblem, match="there is no baseline") as nothing:
        read(path, "mine")
    write(path.with_name("cpython-3.10.1-linux.json"), made(taken(), of="cpython-3.10.1-linux"))
    with pytest.raises(BaselineProblem, match="there is one of cpython-3"):
        read(path, "mine")

    assert str(path) in str(nothing.value)


def test_a_folder_in_its_place_is_no_baseline(tmp_path: Path) -> None:
    """And is not said to be one of itself."""
    path = path_of(tmp_path, "performance", "mine")
    path.mkdir(parents=True)
    with pytest.raises(BaselineProblem) as problem:
        read(path, "mine")

    assert str(problem.value) == f"the baseline {path} is no file: move it away"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text[:40], "truncated"),
        (lambda text: text.replace("1000", "x"), "byte "),
        (lambda text: text.replace("1000", '"many"'), "$.taken[0].counts"),
        (lambda text: text.replace("1000", "-1"), "$.taken[0].counts"),
        (lambda text: text.replace("1000", str(10**400)), "$.taken[0].counts"),
        (lambda text: re.sub(r'"counts": {[^}]*}', '"counts": {}', text), "$.taken[0].counts"),
        (lambda text: re.sub(r'"dispatches": \d+', f'"dispatches": {10**400}', text), "dispatches"),
        (lambda text: text.replace('"hash"', '"hsh"'), "`hsh`"),
        (lambda text: "<<<<<<< ours\n" + text, "byte 0"),
        (lambda text: "", "truncated"),
        (lambda text: '{"format": 1}', "missing required field"),
    ],
)
def test_a_damaged_file_is_named_with_the_place(
    change: Callable[[str], str], said: str, tmp_path: Path
) -> None:
    """So that it can be mended; it is never taken for an absent one."""
    path = stored(tmp_path, made(taken()))
    path.write_text(change(path.read_text()))
    with pytest.raises(BaselineProblem) as problem:
        read(path, "mine")

    assert f"the baseline {path} is damaged" in str(problem.value)
    assert said in str(problem.value)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"target": "other"}, "target"),
        ({"key": "cpython-3"}, "key"),
        ({"format": 2}, "format"),
        ({"workload": "other"}, "workload"),
    ],
)
def test_a_file_that_was_copied_to_another_place_is_not_used(
    change: dict[str, object], what: str, tmp_path: Path
) -> None:
    """What is in it must be what its place says."""
    path = stored(tmp_path, msgspec.structs.replace(made(taken()), **change))
    with pytest.raises(BaselineProblem, match=f"is of another {what}: expected"):
        read(path, "mine")


# --- what it is held against --------------------------------------------------------------------


def test_the_anchor_is_the_oldest_that_can_be_compared() -> None:
    """By it creeping drift is seen; what another workload cost says nothing."""
    old, first, last = taken(5000, "old"), taken(1000), taken(1009)

    assert made(old, first, last).anchor is first
    assert made(old, first, last).last is last


@pytest.mark.parametrize("kind", ["dispatcher", "agent"])
def test_the_fingerprint_is_of_what_a_dispatch_is_given(kind: str) -> None:
    """Another kind, or another number of them, is another workload."""
    longer = dataclasses.replace(COUNTERS, size=tiers(11, 11, 11))
    first = fingerprint(COUNTERS, kind, "quick")
    other = "agent" if kind == "dispatcher" else "dispatcher"

    assert first == fingerprint(COUNTERS, kind, "full")
    assert first != fingerprint(COUNTERS, other, "quick")
    assert first != fingerprint(longer, kind, "quick")


def test_what_is_asked_stands_in_the_header(tmp_path: Path) -> None:
    """The last that was taken in, or the problem; with the hash of now and what to do."""
    without = asked(tmp_path, "mine", COUNTERS, "dispatcher", "quick")
    stored(tmp_path, made(taken(), taken(990)))
    found = asked(tmp_path, "mine", COUNTERS, "dispatcher", "quick")

    assert "there is no baseline" in without["problem"]
    assert "last" not in without
    assert (found["key"], found["last"]["counts"]["instructions"]) == (key(), 990)
    assert found["hash"] == without["hash"] == fingerprint(COUNTERS, "dispatcher", "quick")
    assert found["update"].startswith("goldenpath baseline update mine")
