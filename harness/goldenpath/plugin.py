"""The pytest face: options, and the items of the suites where a target is given.

Importing this costs nothing but pytest itself: all else is loaded when a target was asked for, so
that having goldenpath installed does not slow down or disturb anybody's own tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from goldenpath.paths import SUITES

if TYPE_CHECKING:
    from goldenpath.catalogue import Extension

_OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("target", {"metavar": "TARGET", "help": "what to test: module:factory, ./file.py:factory, "
                "ws://..., a name from your configuration, or a built-in"}),
    ("profile", {"metavar": "FILE", "help": "profile of a live endpoint, in TOML"}),
    ("tier", {"default": "quick", "choices": ("quick", "full", "soak"), "help": "how much"}),
    ("seed", {"type": int, "default": 0, "metavar": "N", "help": "seed of ids and choices"}),
    ("workload", {"action": "append", "default": [], "metavar": "W", "help": "only this workload"}),
    ("rule", {"action": "append", "default": [], "metavar": "R",
              "help": "only this rule, in the workloads made to prove it"}),
    ("known-failing", {"metavar": "FILE", "help": "list of rules that are known to fail"}),
    ("known-flaky", {"metavar": "FILE", "help": "list of rules that may fail"}),
    ("baseline", {"metavar": "DIR", "help": "count dispatches, against the baselines in there"}),
    ("report-dir", {"metavar": "DIR", "default": "reports/latest", "help": "where reports go"}),
    ("time-scale", {"type": float, "default": 1.0, "metavar": "X",
                    "help": "make every deadline X times as long"}),
    ("max-frame", {"type": int, "default": 4 << 20, "metavar": "N",
                   "help": "letters of a frame that are read"}),
    ("strict", {"action": "store_true", "help": "a SHOULD that fails is a failure"}),
    ("only-ours", {"action": "store_true",
                   "help": "leave out rules, workloads and dialects of your own"}),
    ("progress", {"metavar": "FILE", "help": "write progress as lines of JSON to this file"}),
)  # fmt: skip


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options; all begin with --goldenpath-."""
    group = parser.getgroup("goldenpath", "conformance of dispatchers, agents and chat endpoints")
    for name, how in _OPTIONS:
        group.addoption(f"--goldenpath-{name}", dest=f"goldenpath_{name.replace('-', '_')}", **how)


class Hooks:
    """What a conftest.py may add to goldenpath."""

    @staticmethod
    def pytest_goldenpath_extend() -> Extension:  # type: ignore[empty-body]  # a specification
        """Return rules, workloads and dialects of your own: an Extension of goldenpath.extend."""


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Make the hook known, so that a conftest.py may have it."""
    pluginmanager.add_hookspecs(Hooks)


def _asks_for_suites(argument: str) -> bool:
    path = Path(argument.partition("::")[0]).resolve()
    return argument.startswith("goldenpath.suites") or SUITES in (path, *path.parents)


def pytest_configure(config: pytest.Config) -> None:
    """Load the suite where a target is given; say what is missing where only the suites are."""
    if config.getoption("goldenpath_target"):
        from goldenpath.suite import Suite  # loaded only when asked for: see the module docstring

        config.pluginmanager.register(Suite(config), "goldenpath-suite")
    elif any(map(_asks_for_suites, config.args)):
        raise pytest.UsageError(
            "the suites of goldenpath need a target: add --goldenpath-target TARGET"
        )


@pytest.fixture
def goldenpath_session(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """Drive a target in an `async def` test (pytest-asyncio); it is judged when the test ends.

    `session = await goldenpath_session("./mine.py:make")`; see docs/own-tests.md of goldenpath.
    """
    from goldenpath.fixture import opened  # loaded only when asked for: see the module docstring

    yield from opened(request, tmp_path)
