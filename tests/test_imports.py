"""Who may import whom (DESIGN section 2), and what importing the plugin may load."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import goldenpath
import goldenpath.extend

ROOT = Path(goldenpath.__file__).parent

#: Parts of the package: a part may import what is in its row, and nothing else of ours.
CORE = {"model", "canary", "spec", "history", "dialects", "runs", "steady", "checkers", "judge"}
CORE |= {"capabilities", "results", "rulebook"}
ALLOWED: dict[str, set[str]] = {
    "model": set(),
    "canary": set(),
    "errors": set(),
    "spec": set(),
    "capabilities": {"model"},
    "rulebook": {"model"},
    "history": {"model"},
    "dialects": {"model", "spec"},
    "runs": {"canary", "history", "model", "spec"},
    "steady": set(),
    "checkers": {"canary", "history", "model", "rulebook", "runs", "spec", "steady"},
    "judge": {
        *("canary", "capabilities", "checkers", "dialects", "history", "model", "rulebook"),
        "runs",
    },
    "results": {"errors", "model", "rulebook"},
    "meant": set(),
    "choice": {"catalogue", "errors", "known", "meant", "rulebook"},
    "catalogue": {
        *("canary", "capabilities", "checkers", "dialects", "meant", "model", "rulebook"),
        "workloads",
    },
    "extend": {"catalogue", "checkers", "history", "model", "runs", "spec", "workloads"},
    "report": {"capabilities", "errors", "history", "judge", "model", "results", "rulebook"},
    "known": {"errors", "meant", "model", "rulebook"},
    "jsonable": {"model"},
    "recorder": {"history", "model"},
    "plant": {"canary", "jsonable", "model", "overheard", "recorder"},
    "declare": {"errors", "making", "meant", "spec"},
    "cards": {"capabilities", "declare", "making", "spec"},
    "deadlines": {"spec"},
    "making": set(),
    "reference": set(),
    "workloads": {"canary", "errors", "model", "spec"},
    "runner": {"adapters.base", "deadlines", "hanging", "model", "plant", "stillness"},
    "hanging": {"model"},
    "stillness": {"interrupts"},
    "performance": {
        *("adapters", "capabilities", "checkers", "conduct", "dialects", "errors", "history"),
        *("jsonable", "model", "plant", "recorder", "rulebook", "spec", "workloads"),
    },
    "overheard": {"canary"},
    "interrupts": set(),
    "adapters.base": {"interrupts", "jsonable", "model", "overheard", "plant", "spec"},
}
PURE = (*CORE, "report", "known", "errors", "catalogue", "extend")
IMPURE = {"asyncio", "time", "random", "socket", "pytest", "subprocess", "threading", "os"}
HEAVY = (
    "websockets",
    "allure",
    "hypothesis",
    "pydantic_ai",
    "langchain_core",
    "rich",
    "jinja2",
    "asyncio",
)


def modules(part: str) -> list[Path]:
    path = ROOT / part.replace(".", "/")
    return sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]


def imported(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "goldenpath":
                yield from (f"goldenpath.{alias.name}" for alias in node.names)
            else:
                yield node.module


@pytest.mark.parametrize("part", sorted(ALLOWED))
def test_a_part_imports_only_what_stands_below_it(part: str) -> None:
    """Dependencies go one way."""
    wrong = []
    for path in modules(part):
        for name in imported(path):
            ours = name.removeprefix("goldenpath.")
            if ours == name:
                continue
            allowed = {part, part.partition(".")[0] if "." not in part else part} | ALLOWED[part]
            if not any(ours == good or ours.startswith(f"{good}.") for good in allowed):
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")

    assert wrong == []


@pytest.mark.parametrize("part", sorted(PURE))
def test_the_core_is_pure(part: str) -> None:
    """No clock, no chance, no loop, no socket and no pytest above the line."""
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(part)
        for name in imported(path)
        if name.partition(".")[0] in IMPURE
    ]

    assert wrong == []


@pytest.mark.parametrize(
    ("library", "places"),
    [
        ("websockets", {"adapters", "reference"}),
        ("allure", {"allure_results.py"}),
        ("pydantic_ai", {"adapters"}),
        ("fastapi", {"adapters"}),
        ("uvicorn", {"adapters"}),
        ("rich", {"terminal.py"}),
        ("click", {"cli.py"}),
        ("hypothesis", {"workloads"}),
        ("langchain_core", {"plant"}),
        ("jinja2", {"report"}),
    ],
)
def test_a_library_is_named_in_one_place(library: str, places: set[str]) -> None:
    """Third-party names live in one place each."""
    found = {
        path.relative_to(ROOT).parts[0]
        for path in ROOT.rglob("*.py")
        if any(name.partition(".")[0] == library for name in imported(path))
    }

    assert found == places


def test_the_plugin_loads_nothing_heavy() -> None:
    """Having goldenpath installed costs nobody's pytest more than its options."""
    code = f"import sys, goldenpath.plugin as p; print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_the_public_names_are_these() -> None:
    """What users import from the package is a short list."""
    names = ["agent", "context", "dispatcher", "registry", "router", "transport"]
    assert sorted(goldenpath.__all__) == names


def test_the_public_names_for_extensions_are_these() -> None:
    """What users write rules, workloads and dialects of their own with; all are there."""
    names = "Ask Call Check Entry Event Extension Fold Header Kind Lane Level OUR_ENVELOPE Rule Run"
    names += " Script Seen Status Step Tally Workload tiers"

    assert sorted(goldenpath.extend.__all__) == names.split()
    assert all(hasattr(goldenpath.extend, name) for name in goldenpath.extend.__all__)
