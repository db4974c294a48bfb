"""From the options that were typed to an order; what is wrong is told before anything runs."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from goldenpath.campaign import check_options
from goldenpath.choice import Choice, choose
from goldenpath.conduct import Options
from goldenpath.errors import UsageProblem
from goldenpath.extensions import load
from goldenpath.store import make_folder
from goldenpath.supervise import STALL, Order

#: Options of a run, by their names in Python.
Given = Mapping[str, Any]

#: Those whose values the child is given as they are.
_HANDED_ON = (
    *("tier", "seed", "time_scale", "max_frame"),
    *("known_failing", "known_flaky", "baseline"),
)


def order_of(target: str, profile: Path | None, given: Given) -> Order:
    """What to run. Raises UsageProblem where an option cannot be, or names what is not there."""
    if not target.strip():
        raise UsageProblem("the target has no name", hint="see `goldenpath list targets`")
    catalogue = load(Path.cwd())
    choice = choose(
        catalogue,
        workloads=given["workloads"],
        rules=given["rules"],
        failing=given["known_failing"],
        flaky=given["known_flaky"],
        strict=given["strict"],
    )
    numbers = {name: given[name] for name in ("seed", "tier", "time_scale", "max_frame")}
    options = Options(**numbers, catalogue=catalogue)
    check_options(options)
    stall = _stall(given["stall"], options)
    if given["allure"]:
        make_folder(given["allure"])
        _need_allure()
    arguments = tuple(_arguments(profile, given, choice))
    return Order(target, given["report_dir"], options, choice, arguments, stall)


def _stall(seconds: float | None, options: Options) -> float:
    stall = STALL * max(1.0, options.time_scale) if seconds is None else seconds
    if not stall > 0:
        raise UsageProblem(f"stall {stall}: expected more than 0 seconds")
    return stall


def _need_allure() -> None:
    if importlib.util.find_spec("allure_pytest") is None:
        raise UsageProblem("--allure needs allure-pytest", hint="pip install 'goldenpath[allure]'")


def _arguments(profile: Path | None, given: Given, choice: Choice) -> Iterator[str]:
    """What the child is told: the same options under the names that they have within pytest."""
    for name in _HANDED_ON:
        if given[name] is not None:
            yield from (f"--goldenpath-{name.replace('_', '-')}", str(given[name]))
    for name, values in (("workload", choice.workloads), ("rule", choice.rules)):
        for value in values:
            yield from (f"--goldenpath-{name}", value)
    if profile:
        yield from ("--goldenpath-profile", str(profile))
    if choice.strict:
        yield "--goldenpath-strict"
    if given["allure"]:
        yield from ("-p", "allure_pytest.plugin", "--alluredir", str(given["allure"]))
