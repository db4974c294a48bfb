"""A target of one's own, and one workload conducted on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from goldenpath import dispatcher
from goldenpath.adapters.python import PythonTarget
from goldenpath.adapters.targets import Target
from goldenpath.conduct import Conducted, Options, conduct, probe
from goldenpath.history import History, load
from goldenpath.workloads import WORKLOADS
from tests.virtual import VirtualLoop


def target(factory: Callable[..., Any]) -> PythonTarget:
    marked: Any = dispatcher()(factory)
    return PythonTarget("mine", marked, marked.__goldenpath__)


def run(found: Target, workload: str = "golden_path", **more: Any) -> Conducted:
    options = Options(**{"seed": 3, "loop_factory": VirtualLoop, **more})
    return conduct(found, probe(found, options), WORKLOADS[workload], options)


def kept(result: Conducted) -> History:
    assert result.history
    with result.history.open("rb") as lines:
        return load(lines)
