"""What becomes of the output: its reader may be gone, full, narrow, or lack letters."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HISTORIES = Path(__file__).parents[1] / "histories"
RED = ("check", str(HISTORIES / "ISOLATION-1-last-user-wins.jsonl"))
GREEN = ("check", str(HISTORIES / "ok-dispatcher-two_users.jsonl"))
SHORT = ("explain", "ISOLATION-1")
LISTED = ("list", "rules", "--json")

FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")


def goldenpath(*arguments: str, stdout: Any, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "goldenpath", *arguments],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        env={**os.environ, **env},
    )


@pytest.fixture
def gone() -> Iterator[int]:
    """A pipe that nobody reads any more."""
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)


@pytest.mark.parametrize(("what", "code"), [(GREEN, 0), (RED, 1), (SHORT, 0), (LISTED, 0)])
def test_a_reader_who_has_gone_changes_nothing(what: tuple[str, ...], code: int, gone: int) -> None:
    """As `| head` does: exit code 1 would say that the target is broken."""
    done = goldenpath(*what, stdout=gone)

    assert (done.returncode, done.stderr) == (code, "")


@FULL
@pytest.mark.parametrize(("what", "code"), [(GREEN, 3), (RED, 1), (SHORT, 3), (LISTED, 3)])
def test_a_full_disk_is_told_and_is_never_green(what: tuple[str, ...], code: int) -> None:
    """Nobody could read what came of it, but that something is broken remains so."""
    with Path("/dev/full").open("wb") as full:
        done = goldenpath(*what, stdout=full)

    assert done.returncode == code
    assert "the result cannot be printed: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("what", "code"), [(GREEN, 0), (RED, 1), (SHORT, 0), (LISTED, 0)])
def test_letters_that_stdout_lacks_are_escaped(what: tuple[str, ...], code: int) -> None:
    done = goldenpath(*what, stdout=subprocess.PIPE, PYTHONIOENCODING="ascii", PYTHONUTF8="0")

    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout.isascii()


def test_a_terminal_of_no_width_is_told_as_much() -> None:
    """Some environments say 0 columns; not a word would be shown."""
    usual = goldenpath(*RED, stdout=subprocess.PIPE)
    narrow = goldenpath(*RED, stdout=subprocess.PIPE, COLUMNS="0")

    assert narrow.stdout == usual.stdout
    assert "ISOLATION-1" in usual.stdout


@pytest.mark.parametrize("what", [GREEN, LISTED])
def test_closed_streams_are_no_bug(what: tuple[str, ...]) -> None:
    """`>&- 2>&-`, and no file of ours gets their numbers."""
    words = [sys.executable, "-m", "goldenpath", *what]
    done = subprocess.run(
        ["sh", "-c", '"$@" >&- 2>&-', "sh", *words],
        timeout=60,
    )

    assert done.returncode == 0
