"""Programs as targets, from the command line: exit codes, messages, and that nothing is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.programs import EXAMPLE, HEAD, HELLO, PLAIN
from tests.face.commands import goldenpath

#: name: (source, exit code, what must be said)
CASES: dict[str, tuple[str, int, str]] = {
    "ends": ("sys.exit('no database')", 3, "no database"),
    "prints": ("print('Server is up', flush=True); sys.stdin.read()", 3, "Server is up"),
    "other_version": ("write('hello', protocol=9)", 2, "another version"),
    "wrong_hello": ("write('hello', protocol=1, kind='router')", 2, "kind: expected"),
    "crashes_later": (
        PLAIN
        + "def before(line): line.get('tool') == 'echo' and os._exit(5)\n"
        + HELLO
        + "serve()",
        3,
        "exit code 5",
    ),
    "raw_bytes": (
        PLAIN + "def before(line): os.write(1, bytes(range(256)) + b'\\n')\n" + HELLO + "serve()",
        3,
        "no line of the protocol",
    ),
}


def write(folder: Path, source: str) -> str:
    """Write a program, and return the target that names it."""
    (folder / "mine.py").write_text(source)
    return f"cmd:{sys.executable} mine.py"


@pytest.mark.parametrize("name", CASES)
def test_a_program_that_fails_is_told_apart_from_one_that_breaks_its_contract(
    name: str, tmp_path: Path
) -> None:
    source, code, said = CASES[name]
    target = write(tmp_path, HEAD + source)
    done = goldenpath(tmp_path, "run", target, "--workload", "golden_path")

    assert said in done.stdout + done.stderr
    assert done.returncode == code


@pytest.mark.parametrize("command", ["run", "doctor"])
def test_a_program_that_is_not_there_is_a_usage_error(command: str, tmp_path: Path) -> None:
    done = goldenpath(tmp_path, command, "cmd:no_such_program_at_all --port 1")

    assert done.returncode == 2
    assert "there is no program 'no_such_program_at_all'" in done.stdout + done.stderr


def test_the_other_commands_work_for_a_program(tmp_path: Path) -> None:
    """doctor, run by a name of yours, check, replay."""
    target = write(tmp_path, EXAMPLE)
    (tmp_path / "goldenpath.toml").write_text(f"[targets]\nmine = '{target}'\n")
    ran = goldenpath(tmp_path, "run", "mine", "--workload", "golden_path")
    history = "reports/latest/histories/golden_path.jsonl"
    checked = goldenpath(tmp_path, "check", history)
    unnamed = goldenpath(tmp_path, "replay", history)
    replayed = goldenpath(tmp_path, "replay", history, "--target", "mine")
    examined = goldenpath(tmp_path, "doctor", target)

    assert [ran.returncode, checked.returncode, replayed.returncode] == [0, 0, 0]
    assert (unnamed.returncode, "--target" in unnamed.stderr) == (2, True)
    assert examined.returncode == 0, examined.stdout
    assert "API-3" in examined.stdout


STUBBORN = (
    HEAD
    + """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGINT, signal.SIG_IGN)
"""
    + PLAIN
    + "def before(line):\n    if line.get('tool') != 'lookup': return False\n"
    "    open('ready', 'w').write(str(os.getpid()))\n    time.sleep(120)\n"
    + HELLO
    + "serve()\ntime.sleep(120)\n"
)


def is_running(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to see processes")
@pytest.mark.parametrize("command", ["run", "doctor"])
def test_an_interrupt_leaves_no_program_behind(command: str, tmp_path: Path) -> None:
    """Not even one that ignores the end of its stdin and every signal that can be ignored."""
    target = write(tmp_path, STUBBORN)
    ready = tmp_path / "ready"
    ours: subprocess.Popen[Any] = subprocess.Popen(
        [sys.executable, "-m", "goldenpath", command, target],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 60
    while not (ready.exists() and ready.read_text()) and time.monotonic() < until:
        time.sleep(0.05)
    pid = int(ready.read_text())
    assert is_running(pid)
    os.kill(ours.pid, signal.SIGINT)
    ours.wait(timeout=60)
    while is_running(pid) and time.monotonic() < until:
        time.sleep(0.05)

    assert ours.returncode == 130
    assert not is_running(pid)
