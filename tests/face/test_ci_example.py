"""The recipes of docs/ci.md, carried out as they stand there.

Two things are not as on GitHub. `uses:` steps are actions of GitHub and are only looked at. The
install step cannot run, because there is no released package: in its place stands what it would
bring about, a `goldenpath` on the path, which is this checkout's; that the step holds nothing but
pip commands is asserted. Every other step is run by bash in the way GitHub runs it. Where it does
not matter how much is run, that `goldenpath` runs two workloads.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

DOCS = Path(__file__).parents[2] / "docs" / "ci.md"
MINE = """
import os
from goldenpath import dispatcher
from goldenpath.builtin import reference_dispatcher as sound
from goldenpath.miniatures import MINIATURES

broken = MINIATURES["runs-twice"].factory

@dispatcher()
async def make(user, tap, tools):
    {}
"""
SOUND, BROKEN = "return await sound(user, tap, tools)", "return await broken(user, tap, tools)"
KILLS = "os._exit(0)"
FEW = ("golden_path", "two_users")


def block(mark: str) -> str:
    """The code that stands after this mark."""
    fenced = DOCS.read_text("utf-8").partition(f"<!-- {mark} -->\n```")[2]
    return fenced.partition("\n")[2].partition("```")[0]


WORKFLOW: dict[str, Any] = yaml.safe_load(block(".github/workflows/goldenpath.yml"))
STEPS: list[dict[str, Any]] = WORKFLOW["jobs"]["conformance"]["steps"]


def is_install(step: dict[str, Any]) -> bool:
    return all(line.startswith("python -m pip install ") for line in step["run"].splitlines())


class Job:
    """A checkout in which the steps are run, with the environment of a GitHub job."""

    def __init__(
        self, folder: Path, target: str, known: str = "", workloads: tuple[str, ...] = FEW
    ) -> None:
        chosen = " ".join(f"--workload={workload}" for workload in workloads)
        self.folder, self.summary = folder / "checkout", folder / "summary.md"
        tools = folder / "bin"
        for made in (self.folder, tools):
            made.mkdir()
        (tools / "goldenpath").write_text(
            f'#!/bin/sh\nexec "{sys.executable}" -m goldenpath "$@" {chosen}\n'
        )
        (tools / "goldenpath").chmod(0o755)
        (self.folder / "mine.py").write_text(MINE.format(target))
        (self.folder / "known-failing.txt").write_text(known)
        self.env = {
            **os.environ,
            "PATH": f"{tools}:{os.environ['PATH']}",
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_STEP_SUMMARY": str(self.summary),
        }

    def bash(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run it as GitHub does: from a file, ending with the first command that fails."""
        path = self.folder.parent / "step.sh"
        path.write_text(script)
        return subprocess.run(
            ["bash", "-e", str(path)],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=180,
        )

    def run(self) -> subprocess.CompletedProcess[str]:
        """Run the steps of the workflow that are not actions and do not install."""
        (step,) = [step for step in STEPS if "run" in step and not is_install(step)]
        return self.bash(step["run"])

    def uploaded(self) -> Path:
        """The folder that the last step keeps, looked for where it looks."""
        (upload,) = [s for s in STEPS if s.get("uses", "").startswith("actions/upload-artifact@")]
        assert upload["if"] == "always()"
        return self.folder / upload["with"]["path"]


def annotations(output: str) -> list[str]:
    return [line for line in output.splitlines() if line.startswith(("::error ", "::warning "))]


def test_the_workflow_is_one() -> None:
    """Of the form that GitHub takes; `on` is the boolean true to YAML 1.1, and a name to GitHub."""
    assert set(WORKFLOW) == {"name", True, "permissions", "jobs"}
    assert set(WORKFLOW[True]) == {"pull_request", "push"}
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert [("uses" in step) + ("run" in step) for step in STEPS] == [1] * len(STEPS)
    assert [step["name"] for step in STEPS if "run" in step and is_install(step)] == ["Install"]


def test_a_target_that_conforms_is_green(tmp_path: Path) -> None:
    """Exit 0, no annotation, the summary says so, and the reports are there."""
    job = Job(tmp_path, SOUND, workloads=())
    done = job.run()

    assert done.returncode == 0, done.stdout + done.stderr
    assert annotations(done.stdout) == []
    assert job.summary.read_text("utf-8").startswith("\n## ✅ PASS")
    for name in ("report.html", "summary.md", "junit.xml", "verdicts.json"):
        assert (job.uploaded() / name).stat().st_size
    assert sorted((job.uploaded() / "histories").glob("*.jsonl"))


def test_a_target_that_is_caught_breaks_the_build(tmp_path: Path) -> None:
    """Exit 1, an error with the rule and how to replay it, the summary, and the reports."""
    job = Job(tmp_path, BROKEN)
    done = job.run()
    (error,) = annotations(done.stdout)

    assert done.returncode == 1
    assert error.startswith("::error title=TOOL-1 in ")
    assert "replay with: goldenpath replay reports/goldenpath/histories/" in error
    assert job.summary.read_text("utf-8").startswith("\n## ❌ FAIL")
    assert job.summary.stat().st_size <= 1 << 20
    assert json.loads((job.uploaded() / "verdicts.json").read_text())["exit"] == 1


def test_a_known_failure_does_not_until_it_is_mended(tmp_path: Path) -> None:
    """With the example's own list: KNOWN and green; and red once the line no longer holds."""
    known = block("known-failing.txt")
    folders = [tmp_path / name for name in ("broken", "mended")]
    for folder in folders:
        folder.mkdir()
    listed, stale = (
        Job(folder, target, known, workloads)
        for folder, target, workloads in ((folders[0], BROKEN, FEW), (folders[1], SOUND, ()))
    )
    green, red = listed.run(), stale.run()
    (error,) = annotations(red.stdout)

    assert (green.returncode, red.returncode) == (0, 1)
    assert annotations(green.stdout) == []
    assert "ticket 12" in listed.summary.read_text("utf-8")
    assert error.startswith("::error title=the known-failing list is stale::")
    assert "TOOL-1" in error


def test_a_target_that_takes_its_interpreter_along_leaves_reports(tmp_path: Path) -> None:
    """Exit 3, said by an error; the upload finds what it is to keep."""
    job = Job(tmp_path, KILLS)
    done = job.run()

    assert done.returncode == 3
    assert any("ended the interpreter" in line for line in annotations(done.stdout))
    assert (job.uploaded() / "verdicts.json").is_file()
    assert job.summary.read_text("utf-8").startswith("\n## ❓ UNKNOWN")


def test_a_wrong_list_is_an_error_of_the_step(tmp_path: Path) -> None:
    """Exit 2, with what is wrong in it."""
    done = Job(tmp_path, SOUND, "TOOL1 * why\n").run()

    assert done.returncode == 2
    assert [line for line in annotations(done.stdout) if "do you mean TOOL-1?" in line]


@pytest.mark.parametrize(("target", "code"), [(SOUND, 0), (BROKEN, 1)])
def test_inside_the_users_own_pytest_github_is_told_too(
    target: str, code: int, tmp_path: Path
) -> None:
    """The same annotations and summary, once, also with xdist."""
    job = Job(tmp_path, target)
    done = job.bash(
        f'"{sys.executable}" -m pytest -q -n 2 -p no:cacheprovider -c /dev/null --rootdir .'
        " --pyargs goldenpath.suites --goldenpath-target ./mine.py:make"
        " --goldenpath-known-failing known-failing.txt"
        + "".join(f" --goldenpath-workload={workload}" for workload in FEW)
    )

    assert done.returncode == code, done.stdout + done.stderr
    assert len(annotations(done.stdout)) == code
    assert job.summary.read_text("utf-8").count("\n## ") == 1


@pytest.mark.parametrize(("target", "code"), [(SOUND, 0), (BROKEN, 1)])
def test_the_hook_lets_through_what_conforms(target: str, code: int, tmp_path: Path) -> None:
    """Put in place by the lines that the page shows, then called as git calls it."""
    job = Job(tmp_path, target)
    (job.folder / ".git" / "hooks").mkdir(parents=True)
    placed = job.bash(block("pre-push"))
    pushed = job.bash(".git/hooks/pre-push origin ssh://example.org/mine < /dev/null")

    assert placed.returncode == 0, placed.stderr
    assert pushed.returncode == code, pushed.stdout
