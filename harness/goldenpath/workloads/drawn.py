"""Awkward parameters and results, other ones with every seed: drawn by Hypothesis.

What was drawn stands in the steps, so that a history is judged and replayed without Hypothesis. The
same seed draws the same with the same version of Hypothesis.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from goldenpath.errors import TargetProblem
from goldenpath.spec import VIAS
from goldenpath.workloads.base import ONE, Workload, tiers
from goldenpath.workloads.script import Ask, Lane, Script

_STRATEGIES = Path(__file__).with_name("strategies.py")


@functools.lru_cache(maxsize=8)
def drawn(seed: int, count: int) -> tuple[tuple[dict[str, Any], Any], ...]:
    """So many pairs of parameters and a value. Raises TargetProblem where nothing can be drawn,
    because then nothing can be asked of the target.

    The program is handed over as text: were it a file of somebody's checkout, Hypothesis would take
    it for the user's.
    """
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(  # noqa: S603 - our own interpreter and file
            [sys.executable, "-P", "-W", "ignore", "-", str(seed), str(count)],
            input=_STRATEGIES.read_text("utf-8"),
            capture_output=True,
            text=True,
            encoding="utf-8",
            env=_environment(folder),
            check=False,
        )
    if done.returncode:
        raise TargetProblem(
            "no values could be drawn by Hypothesis",
            got=(done.stderr.strip().splitlines() or ["nothing"])[-1],
            hint="pip install hypothesis; a recorded history is replayed without it",
        )
    return tuple((parameters, value) for parameters, value in json.loads(done.stdout))


def _environment(folder: str) -> dict[str, str]:
    """What Hypothesis keeps, it keeps in `folder`. The folder of the user is not on the path: what
    lies there must not hide what Hypothesis imports.
    """
    return {
        **os.environ,
        "HYPOTHESIS_STORAGE_DIRECTORY": folder,
        "HYPOTHESIS_NO_PLUGINS": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONIOENCODING": "utf-8",
    }


def _drawn_values(script: Script, size: int) -> tuple[Lane, ...]:
    """Of each pair the parameters go to one call, the value through another and back. Before them
    each door is tried with usual parameters: what is refused then is refused for its own.
    """
    vias = VIAS if script.kind == "dispatcher" else ("",)
    asks = [_through(via, tool) for via in vias for tool in ("echo", "give")]
    for number, (parameters, value) in enumerate(drawn(script.seed, size)):
        via = vias[number % len(vias)]
        asks += [_through(via, "echo", parameters), _through(via, "give", {"value": value})]
    return (script.session("alice", *([ask] for ask in asks)),)


def _through(via: str, tool: str, parameters: dict[str, Any] | None = None) -> Ask:
    return Ask(tool, parameters, more={"via": via} if via else {})


WORKLOADS = (
    Workload(
        name="drawn_values",
        about="parameters, their names and results that Hypothesis draws",
        suite="contract",
        proves={
            "dispatcher": ("TOOL-2", "TOOL-3", "CONTENT-4", "CONTENT-6"),
            "agent": ("TOOL-2", "CONTENT-4", "CONTENT-6"),
        },
        lanes=_drawn_values,
        users=ONE,
        size=tiers(16, 100, 400),
    ),
)
