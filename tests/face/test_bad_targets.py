"""Targets that misbehave before or while they are tested: the run says so, and leaves a report."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.face.commands import HEAD, MAKE, goldenpath, verdicts

#: name: (source, exit code, what must be said)
CASES: dict[str, tuple[str, int, str]] = {
    "raises": (MAKE + "    raise ValueError('no database')", 3, "ValueError: no database"),
    "none": (MAKE + "    return None", 3, "the factory returned None"),
    "wrong_thing": (MAKE + "    return 42", 3, "no way to execute anything"),
    "hangs": (MAKE + "    await asyncio.Event().wait()", 3, "took longer than"),
    "spins": (MAKE + "    while True: pass", 3, "made no progress"),
    "exits": (MAKE + "    sys.exit(0)", 3, "SystemExit"),
    "kills": (MAKE + "    os._exit(0)", 3, "ended the interpreter"),
    "kills_later": (
        "count = 0\n" + MAKE + "    global count; count += 1\n"
        "    if count > 4: os._exit(0)\n    return await good(user, tap, tools)",
        3,
        "ended the interpreter (exit code 0) in the workload",
    ),
    "other_arguments": ("@dispatcher()\ndef make(user): ...", 2, "make(user, tap, tools)"),
    "undecorated": ("def make(user, tap, tools): ...", 2, "decorated with @dispatcher()"),
    "import_error": (
        "import no_such_module_at_all\n" + MAKE + "    ...",
        2,
        "no_such_module_at_all",
    ),
    "exits_at_import": ("sys.exit(3)", 2, "SystemExit"),
    "kills_at_import": ("os._exit(0)", 3, "while it was being loaded"),
    "wrong_declaration": (
        "@dispatcher(evnts={'x'})\ndef make(u, t, s): ...",
        2,
        "do you mean events",
    ),
    "prints": (
        MAKE + "    print('x' * 100_000, flush=True); sys.stderr.write('y' * 100_000)\n"
        "    return await good(user, tap, tools)",
        0,
        "conforms",
    ),
    "leaves_tasks": (
        "async def stay():\n    while True:\n        try: await asyncio.sleep(3600)\n"
        "        except asyncio.CancelledError: pass\n"
        + MAKE
        + "    make.kept = asyncio.ensure_future(stay())\n    return await good(user, tap, tools)",
        1,
        "tasks are left",
    ),
    "empty": (
        "class Nothing:\n    async def execute_tool(self, name, parameters=None): return None\n"
        + MAKE
        + "    return Nothing()",
        1,
        "API-1",
    ),
    "silent": (
        "from goldenpath.reference import RequestScopedDispatcher, UserContext\n" + MAKE + "    "
        "return RequestScopedDispatcher(UserContext.from_user(user), None, tools)",
        1,
        "DELIVERY-2",
    ),
    "declares_nothing": (
        "@dispatcher(events=())\nasync def make(user, tap, tools):\n"
        "    return await good(user, tap, tools)",
        3,
        "core rules without an opportunity",
    ),
    "swallows": (
        "class Black:\n    def __getattr__(self, name):\n"
        "        if name.startswith('__'): raise AttributeError(name)\n"
        "        async def hole(*args, **kw): return None\n        return hole\n"
        + MAKE
        + "    return Black()",
        1,
        "FAIL",
    ),
}

#: Those that show in one workload, and in others only cost time.
ALONE = {"leaves_tasks": "many_sessions", "silent": "golden_path"}


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_bad_target_is_named_and_reported(name: str, tmp_path: Path) -> None:
    """The message names what was wrong, the exit code is right, and the reports are there."""
    source, code, said = CASES[name]
    (tmp_path / "bad.py").write_text(HEAD + source)
    chosen = [f"--workload={ALONE[name]}"] if name in ALONE else []
    scale = ("--time-scale", "0.15", "--stall", "6")
    done = goldenpath(tmp_path, "run", "./bad.py:make", *scale, *chosen)

    assert said in done.stdout + done.stderr
    assert done.returncode == code
    written = verdicts(tmp_path / "reports/latest")
    assert written["exit"] == code
    for report in ("junit.xml", "summary.md", "report.html"):
        assert (tmp_path / "reports/latest" / report).stat().st_size


@pytest.mark.parametrize(
    "target", ["no_such", "no.such.module:make", "./none.py:make", "refrence", "miniature:none"]
)
def test_an_unknown_target_is_a_usage_error(target: str, tmp_path: Path) -> None:
    """Exit 2, with what was expected."""
    done = goldenpath(tmp_path, "run", target)

    assert done.returncode == 2
    assert target.split(":")[-1] in done.stdout + done.stderr or "None" in done.stdout


def test_a_dead_url_is_inconclusive(tmp_path: Path) -> None:
    """Exit 3: nothing was tested."""
    (tmp_path / "p.toml").write_text(
        '[login]\nkind = "none"\n[users.a]\n[users.b]\n[start]\nmessage = {type = "{message}"}\n'
    )
    done = goldenpath(tmp_path, "smoke", "ws://127.0.0.1:9/x", "--profile", "p.toml")

    assert done.returncode == 3


def test_deselecting_everything_is_never_green(tmp_path: Path) -> None:
    """A rule that no workload of this kind proves leaves nothing to check."""
    done = goldenpath(tmp_path, "run", "reference", "--rule", "DELIVERY-1")

    assert done.returncode == 3


def test_an_interrupt_keeps_what_was_recorded(tmp_path: Path) -> None:
    """Ctrl-C: exit 130, the cut history is kept and judged, nothing of it is green."""
    (tmp_path / "slow.py").write_text(
        HEAD + "count = 0\n" + MAKE + "    global count; count += 1\n"
        "    if count > 3: open('ready', 'w').close(); await asyncio.sleep(60)\n"
        "    return await good(user, tap, tools)"
    )
    child = subprocess.Popen(
        [sys.executable, "-m", "goldenpath", "run", "./slow.py:make", "--time-scale", "20"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 60
    while not (tmp_path / "ready").exists() and time.monotonic() < until:
        time.sleep(0.05)
    os.kill(child.pid, signal.SIGINT)
    child.communicate(timeout=60)

    written = verdicts(tmp_path / "reports/latest")
    assert child.returncode == 130
    assert written["exit"] == 130
    assert "interrupted" in " ".join(written["problems"])
