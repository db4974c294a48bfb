"""Inside a stranger's pytest: the same items and outcomes, whatever the stranger's settings are."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

STRICT = """
[pytest]
addopts = --strict-markers --strict-config
xfail_strict = true
filterwarnings = error
python_files = check_*.py
python_functions = check_*
python_classes = Check*
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
empty_parameter_set_mark = fail_at_collect
"""
OWN_OPTIONS = """
import pytest

def pytest_addoption(parser):
    parser.addoption("--seed", default=5)
    parser.addoption("--target", default="mine")

@pytest.fixture(autouse=True)
def everywhere(request):
    assert request.config.getoption("--target") == "mine"
    yield
"""
#: A workload of each suite that agents have.
CHOSEN = ("golden_path", "failing_tool", "values", "two_users", "burst")
OWN_TEST = """
def test_own(): pass
def check_own(): pass
async def check_own_async(): pass
"""


def run(
    folder: Path,
    *arguments: str,
    target: str = "reference-agent",
    workloads: Iterable[str] = (),
) -> tuple[int, str]:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider"),
            *("--pyargs", "goldenpath.suites", "--goldenpath-target", target),
            *(f"--goldenpath-workload={workload}" for workload in workloads),
            *arguments,
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


def items(output: str) -> dict[str, str]:
    """Item to outcome, as `-v` shows them, in any order."""
    found = re.findall(r"::(\w+/[\w-]+) (PASSED|FAILED|SKIPPED|XFAIL|ERROR)", output)
    found += [
        (name, outcome)
        for outcome, name in re.findall(r"(PASSED|FAILED|SKIPPED|XFAIL) \S+::(\w+/[\w-]+)", output)
    ]
    return dict(found)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What an empty folder shows: the measure for the others."""
    folder = tmp_path_factory.mktemp("plain")
    (folder / "pytest.ini").write_text("[pytest]\n")
    code, output = run(folder, "-W", "ignore::DeprecationWarning", workloads=CHOSEN)
    found = items(output)

    assert code == 0, output
    assert found["two_users/ISOLATION-1"] == "PASSED"
    assert found["two_users/nothing-else-broken"] == "PASSED"
    return found


def stranger(folder: Path) -> None:
    """A project with strict settings, own options, and folders named like ours."""
    (folder / "pytest.ini").write_text(STRICT)
    (folder / "conftest.py").write_text(OWN_OPTIONS)
    for name in ("harness", "suites", "tests"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text("")
    (folder / "suites" / "test_contract.py").write_text(OWN_TEST)
    (folder / "suites" / "check_own.py").write_text(OWN_TEST)


@pytest.mark.parametrize(
    "arguments",
    [
        ("-n", "2"),
        ("-p", "no:asyncio", "-o", "addopts="),
        ("-p", "no:xdist", "-p", "no:allure_pytest", "-p", "no:benchmark"),
        ("--import-mode", "importlib"),
    ],
    ids=" ".join,
)
def test_strict_settings_change_nothing(
    arguments: tuple[str, ...], tmp_path: Path, plain: dict[str, str]
) -> None:
    """Warnings as errors, own file patterns, xdist, no asyncio: the same items and outcomes."""
    stranger(tmp_path)
    if "no:asyncio" in arguments:
        settings = re.sub(r"asyncio.*\n", "", STRICT).replace(" --strict-config", "")
        (tmp_path / "pytest.ini").write_text(settings)
    code, output = run(tmp_path, *arguments, workloads=CHOSEN)

    assert items(output) == plain, output
    assert code == 0
    assert (tmp_path / "reports/latest/verdicts.json").is_file()


def test_under_strict_settings_the_whole_conforms(tmp_path: Path, plain: dict[str, str]) -> None:
    """All workloads; those that were chosen have the items that they have alone."""
    stranger(tmp_path)
    code, output = run(tmp_path)
    found = items(output)

    assert code == 0, output
    assert {item.partition("/")[0] for item in found} > set(CHOSEN)
    assert {i: o for i, o in found.items() if i.partition("/")[0] in CHOSEN} == plain
    assert (tmp_path / "reports/latest/verdicts.json").is_file()


def test_the_strangers_own_tests_run_beside_ours(tmp_path: Path) -> None:
    """Both are collected in one session, each by its own rules."""
    stranger(tmp_path)
    code, output = run(tmp_path, "suites/check_own.py", workloads=CHOSEN)

    assert code == 0, output
    assert "check_own PASSED" in output
    assert "check_own_async PASSED" in output
    assert "test_own" not in output


def test_a_broken_target_is_red(tmp_path: Path) -> None:
    """An item fails with the rule, in words, and the run is red."""
    (tmp_path / "pytest.ini").write_text(STRICT)
    code, output = run(tmp_path, target="miniature:never-ends", workloads=CHOSEN)

    assert code == 1
    assert "DELIVERY-4" in output
    assert "Traceback" not in output


def test_without_a_target_the_suites_say_what_is_missing(tmp_path: Path) -> None:
    """Collecting the suites alone is a usage error that names the option."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--pyargs", "goldenpath.suites"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 4
    assert "--goldenpath-target" in done.stdout + done.stderr
