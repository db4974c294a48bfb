"""Targets that do something to the process that they run in: no bug of ours, and never green."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.face.commands import GOOD, HEAD, MAKE, goldenpath

#: name: (source, exit code, what must be said)
CASES: dict[str, tuple[str, int, str]] = {
    "goes_elsewhere": (
        "import tempfile\n"
        + MAKE
        + "    with tempfile.TemporaryDirectory() as gone:\n        os.chdir(gone)\n"
        + GOOD,
        0,
        "conforms",
    ),
    "goes_elsewhere_at_import": (
        "import tempfile\nos.chdir(tempfile.gettempdir())\n" + MAKE + GOOD,
        0,
        "conforms",
    ),
    "takes_every_file": (
        "taken = []\n"
        + MAKE
        + "    try:\n        while True:\n"
        + "            taken.append(os.open(os.devnull, os.O_RDONLY))\n"
        + "    except OSError: pass\n"
        + GOOD,
        3,
        "Too many open files",
    ),
    "closes_streams": (
        MAKE
        + "    for stream in (0, 1, 2):\n        try: os.close(stream)\n"
        + "        except OSError: pass\n"
        + GOOD,
        3,
        "Bad file descriptor",
    ),
    "forks": (
        MAKE + "    if user.name == 'alice': os.fork()\n" + GOOD,
        0,
        "conforms",
    ),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_what_a_target_does_to_its_process_is_told(name: str, tmp_path: Path) -> None:
    """The folder of the reports is the default one, and relative."""
    source, code, said = CASES[name]
    (tmp_path / "bad.py").write_text(HEAD + source)
    done = goldenpath(
        tmp_path, "run", "./bad.py:make", "--workload=golden_path", "--workload=two_users"
    )

    assert said in done.stdout
    assert done.returncode == code, done.stdout
    assert done.stderr == ""
    for report in ("verdicts.json", "junit.xml", "summary.md", "report.html"):
        assert (tmp_path / "reports/latest" / report).stat().st_size
