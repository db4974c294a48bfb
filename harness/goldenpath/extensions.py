"""Where extensions come from: installed packages, and a conftest.py.

Each source is loaded by itself, and all that is wrong with all of them is said at once, with where
it came from. Of a conftest.py beside which a command is given nothing but the hook is used; one
that does not name the hook is not even loaded.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from goldenpath.adapters.targets import load_file, told
from goldenpath.catalogue import OURS, Catalogue, CatalogueProblem, Extension
from goldenpath.errors import UsageProblem
from goldenpath.model import Step
from goldenpath.plant import plant_user
from goldenpath.workloads import Script, Workload

if TYPE_CHECKING:
    import pytest

#: The group of entry points, and the name of the hook in a conftest.py.
GROUP = "goldenpath"
HOOK = "pytest_goldenpath_extend"

#: Gives an Extension, or a function that returns one.
Source = Callable[[], object]


def load(here: Path) -> Catalogue:
    """Ours, with what installed packages and the conftest.py of this folder add to it.

    Raises UsageProblem with all that is wrong.
    """
    return extended({**installed(), **conftest(here)})


def of_pytest(config: pytest.Config) -> Catalogue:
    """The same in a run of pytest. Under `goldenpath run`, which has settings of its own, pytest
    loads no conftest.py of the user's; the hook of the one in the current folder is then called
    alone. Raises UsageProblem with all that is wrong.
    """
    if config.getoption("goldenpath_only_ours"):
        return OURS
    if config.getoption("goldenpath_progress"):
        return load(Path.cwd())
    hooks = config.hook.pytest_goldenpath_extend.get_hookimpls()
    conftests = {str(hook.plugin_name): hook.function for hook in hooks}
    return extended({**installed(), **conftests})


def installed() -> dict[str, Source]:
    """The entry points of installed packages, by where they come from."""
    return {
        f"entry point {point.name} = {point.value}, of {point.dist.name if point.dist else '?'}":
            point.load
        for point in metadata.entry_points(group=GROUP)
    }  # fmt: skip


def conftest(here: Path) -> dict[str, Source]:
    """The hook in the conftest.py of this folder, where it names it."""
    path = here / "conftest.py"
    try:
        if HOOK not in path.read_text("utf-8", "replace"):
            return {}
    except OSError:
        return {}
    # where it names the hook without having it, such as in a comment, it adds nothing
    return {str(path): lambda: getattr(load_file(str(path), path), HOOK, Extension)}


def extended(sources: Mapping[str, Source]) -> Catalogue:
    """Ours, with what these sources add to it. What two of them give alike counts once.

    Raises UsageProblem with all that is wrong, and where it came from.
    """
    found: dict[str, object] = {}
    problems: list[str] = []
    for origin, source in sources.items():
        try:
            given = source()
            given = given() if callable(given) else given
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            problems.append(f"{origin}: {_told(error)}")
            continue
        if not any(given is other for other in found.values()):
            found[origin] = given
    try:
        catalogue = OURS.extended(found)
        problems += _unbuildable(found)
    except CatalogueProblem as error:
        problems += error.problems
    if problems:
        raise UsageProblem(
            "an extension of goldenpath is wrong:\n"
            + "\n".join(f"  {problem}" for problem in problems)
        )
    return catalogue


def _told(error: BaseException) -> str:
    if isinstance(error, UsageProblem):
        return str(error).replace("\n", "\n  ")
    return "it cannot be loaded\n    " + told(error, 1).replace("\n", "\n    ")


def _unbuildable(found: Mapping[str, object]) -> Iterator[str]:
    """Workloads whose steps cannot be made, tried once for each kind of target."""
    for origin, more in found.items():
        for workload in more.workloads if isinstance(more, Extension) else ():
            for kind in workload.proves:
                problem = _build(workload, kind)
                if problem:
                    yield f"{origin}: workload {workload.name}, for {kind}s: {problem}"


def _build(workload: Workload, kind: str) -> str:
    users = [plant_user(0, position) for position in range(workload.users["quick"])]
    try:
        lanes = workload.build(Script(kind, 0, users), workload.size["quick"])
    except Exception as error:
        at = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(at.filename).name}:{at.lineno}"
        return f"its steps cannot be made ({where}: {type(error).__name__}: {error})"
    if _are_lanes(lanes):
        return ""
    return f"expected lanes, a tuple of tuples of steps, got {lanes!r:.60}"


def _are_lanes(lanes: object) -> bool:
    return isinstance(lanes, tuple | list) and all(
        isinstance(lane, tuple | list) and all(isinstance(step, Step) for step in lane)
        for lane in lanes
    )
