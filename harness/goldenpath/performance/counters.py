"""Counts one workload in fresh processes: each is a witness that the others counted right."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec

from goldenpath.history import Header, encode_line
from goldenpath.model import Outcome

#: Fresh processes that must agree.
REPEATS = 3

#: To be raised by one with any change of what is counted: all baselines are void then.
COUNTING = 1

#: Seconds that one process may take; imports can take 10 to 20 (FIELD_NOTES section 1).
PATIENCE = 40.0


class Counted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one process counted over so many dispatches; or the outcome and reason why not.

    key: what counts of other interpreters and systems must not be compared with.
    """

    key: str = ""
    dispatches: Annotated[int, msgspec.Meta(ge=0)] = 0
    counts: dict[str, Annotated[int, msgspec.Meta(ge=1)]] = {}
    outcome: Outcome | None = None
    reason: str = ""


def key() -> str:
    """Name the interpreter and system: `cpython-3.11.7-linux`. The micro version is part of it,
    because much of what a dispatch does is done in the standard library.
    """
    flags = getattr(sys, "abiflags", "")
    return f"{sys.implementation.name}-{platform.python_version()}{flags}-{sys.platform}"


def repeated(header: Header, time_scale: float = 1.0) -> Iterator[dict[str, Any]]:
    """What each of the fresh processes counted, as JSON data; none after one that could not."""
    for _ in range(REPEATS):
        counted = count(header, PATIENCE * time_scale)
        yield msgspec.to_builtins(counted)
        if counted.reason:
            return


def count(header: Header, patience: float = PATIENCE) -> Counted:
    """Count in one fresh process, whose seed of hashes is pinned. Never raises for its sake."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        try:
            done = subprocess.run(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-P", "-m", "goldenpath.performance.worker", str(result)],
                input=encode_line(header),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": _path()},
                timeout=patience,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return _untold(f"it was not counted within {patience:.0f} seconds")
        try:
            return msgspec.json.decode(result.read_bytes(), type=Counted)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return _untold(f"its process ended (exit code {done.returncode}) before it was counted")


def _path() -> str:
    """What can be imported here can be imported there, whoever has put it on the path."""
    return os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)


def _untold(reason: str) -> Counted:
    return Counted(outcome=Outcome.UNKNOWN, reason=reason)
