"""The commands as a user gives them, on targets that tests write, and what they report."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

#: What a target that a test writes begins with.
HEAD = """
import asyncio, os, sys, time
from goldenpath import agent, dispatcher
from goldenpath.builtin import reference_dispatcher as good
"""

#: Its factory up to the body, and the last line of one that works.
MAKE = "@dispatcher()\nasync def make(user, tap, tools):\n"
GOOD = "    return await good(user, tap, tools)\n"


def goldenpath(folder: Path, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "goldenpath", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=180,
        **more,
    )


def verdicts(folder: Path) -> dict[str, Any]:
    """The verdicts.json of the reports in this folder."""
    found: dict[str, Any] = json.loads((folder / "verdicts.json").read_text())
    return found
