"""Where extensions come from: entry points of installed packages, the hook of a conftest.py."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from goldenpath.catalogue import OURS
from goldenpath.errors import UsageProblem
from goldenpath.extensions import conftest, extended, installed, load
from goldenpath.workloads import Script
from tests.test_catalogue import extension, workload

MODULE = """
from goldenpath.extend import Check, Extension, Fold, Level, Rule

class Watch(Fold):
    pass

EXTENSION = Extension(
    rules=(Rule("PACK-1", Level.SHOULD, "It is so.", "a book"),),
    checks=(Check("PACK-1", fold=Watch),),
)
def later():
    return EXTENSION
"""
HOOK = """
def pytest_goldenpath_extend():
    from {module} import EXTENSION
    return EXTENSION
"""


@pytest.fixture(autouse=True)
def _path_and_modules(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test imports is forgotten afterwards."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = {*sys.modules}
    yield
    for name in {*sys.modules} - before:
        del sys.modules[name]


def package(folder: Path, value: str, *, name: str = "pack", module: str = MODULE) -> None:
    """A package as it stands where it is installed, with one entry point."""
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.py").write_text(module)
    info = folder / f"{name}_rules-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-rules\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[goldenpath]\n{name} = {value}\n")
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def problem(here: Path) -> str:
    with pytest.raises(UsageProblem) as said:
        load(here)
    return str(said.value)


def test_with_nothing_there_it_is_ours(tmp_path: Path) -> None:
    """Nothing of this environment adds anything."""
    assert installed() == {}
    assert load(tmp_path) == OURS


@pytest.mark.parametrize("value", ["pack:EXTENSION", "pack:later"])
def test_an_installed_package_adds_by_its_entry_point(value: str, tmp_path: Path) -> None:
    """An Extension, or a function that returns one."""
    package(tmp_path / "site", value)

    assert [rule.id for rule in load(tmp_path).own] == ["PACK-1"]
    assert [*installed()] == [f"entry point pack = {value}, of pack-rules"]


def test_a_conftest_adds_by_its_hook(tmp_path: Path) -> None:
    """It finds the modules beside it, as under pytest."""
    (tmp_path / "beside.py").write_text(MODULE)
    (tmp_path / "conftest.py").write_text(HOOK.format(module="beside"))

    assert [rule.id for rule in load(tmp_path).own] == ["PACK-1"]


@pytest.mark.parametrize("text", ["raise SystemExit(3)", "# pytest_goldenpath_extent", ""])
def test_a_conftest_that_does_not_name_the_hook_is_not_loaded(text: str, tmp_path: Path) -> None:
    """Whatever it does when it is imported is none of our business."""
    (tmp_path / "conftest.py").write_text(text)

    assert conftest(tmp_path) == {}
    assert load(tmp_path) == OURS


def test_a_conftest_that_only_speaks_of_the_hook_adds_nothing(tmp_path: Path) -> None:
    """Such as one in which it is commented out."""
    (tmp_path / "conftest.py").write_text("# def pytest_goldenpath_extend(): ...\n")

    assert load(tmp_path) == OURS


def test_the_same_by_both_ways_counts_once(tmp_path: Path) -> None:
    """A package that is installed from the folder where one works on it."""
    package(tmp_path, "pack:EXTENSION")
    (tmp_path / "conftest.py").write_text(HOOK.format(module="pack"))

    assert len(load(tmp_path).own) == 1


def test_whatever_is_broken_is_told_with_where_it_came_from(tmp_path: Path) -> None:
    """A module that is not there, one that raises or exits, an attribute that is not there, a hook
    that returns nothing, and an extension that is wrong: all at once.
    """
    site = tmp_path / "site"
    package(site, "no_such_module:x", name="gone")
    package(site, "raising:x", name="raising", module="def deep():\n    1 / 0\ndeep()\n")
    package(site, "exiting:x", name="exiting", module="raise SystemExit(3)\n")
    package(site, "wrong:x", name="wrong")
    package(site, "late:made", name="late", module="def made(some): ...\n")
    package(site, "clash:EXTENSION", name="clash", module=MODULE.replace("PACK-1", "TOOL-1"))
    (tmp_path / "conftest.py").write_text("def pytest_goldenpath_extend():\n    pass\n")
    said = problem(tmp_path)

    for part in (
        "entry point gone = no_such_module:x, of gone-rules: it cannot be loaded",
        "No module named 'no_such_module'",
        "entry point raising = raising:x, of raising-rules: it cannot be loaded",
        "raising.py\", line 2, in deep",
        "ZeroDivisionError",
        "SystemExit: 3",
        "has no attribute 'x'",
        "missing 1 required positional argument: 'some'",
        "of clash-rules: rule TOOL-1: there is one already, from goldenpath",
        "of clash-rules: rule TOOL-1: the family TOOL is goldenpath's own",
        f"{tmp_path / 'conftest.py'}: expected an Extension, got None",
    ):  # fmt: skip
        assert part in said, said


def test_a_conftest_that_cannot_be_imported_is_told(tmp_path: Path) -> None:
    """With the line that raised."""
    (tmp_path / "conftest.py").write_text("import nowhere_at_all  # pytest_goldenpath_extend\n")
    said = problem(tmp_path)

    assert f"{tmp_path / 'conftest.py'}" in said
    assert "nowhere_at_all" in said


def _raises(script: Script, size: int) -> Any:
    raise KeyError("carol")


@pytest.mark.parametrize(
    ("lanes", "said"),
    [
        (_raises, "its steps cannot be made (test_extensions.py:"),
        (lambda script, size: script.session("alice"), "expected lanes, a tuple of tuples"),
        (lambda script, size: None, "expected lanes, a tuple of tuples of steps, got None"),
        (lambda script, size: (("create",),), "expected lanes, a tuple of tuples of steps"),
        (lambda script, size: (script.session("bob"),), "KeyError: 'bob'"),
    ],
)
def test_a_workload_whose_steps_cannot_be_made_is_told(lanes: Any, said: str) -> None:
    """When it is loaded, and not first when it runs."""
    with pytest.raises(UsageProblem) as problem:
        extended({"here": lambda: extension(workloads=(workload(lanes=lanes),))})

    assert "here: workload basket, for agents: " in str(problem.value)
    assert said in str(problem.value)
