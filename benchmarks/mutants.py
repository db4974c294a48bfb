"""How many small faults in the checkers and the judge their tests notice: the score of mutation.

`python benchmarks/mutants.py [MODULE ...] [--state FILE] [--minutes 60] [--show]`, where the extras
`test` and `mutation` are installed. mutations.py says what is tried. Each mutant gets a fork of a
process that has collected the tests already, so that a trial costs no more than its tests: those
that bear the module's name or that of none, then the recorded histories; the last killer comes
first. It runs one process at a time and writes nothing but the state file, from which a run goes on
that was stopped or ran out of its minutes (all of it takes about half an hour on a free core).

There, what was killed is not tried again, and what survived is once its tests have changed: for a
figure to quote begin with a new state file. A mutant that hangs or eats its memory is killed.
Prints a table of modules; `--show` also prints what survived. No job of CI runs it.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import importlib.abc
import importlib.machinery
import json
import mmap
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

try:
    from mutations import Mutant, mutants_of
    from mutmut.mutation.trampoline import set_mutant_under_test
except ModuleNotFoundError as absent:
    sys.exit(f"{absent.name} is not installed: pip install --editable '.[test,mutation]'")

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "harness" / "goldenpath"
TESTS = ROOT / "tests"

#: Seconds after which a trial is ended, and the most memory that it may take.
PATIENCE, MEMORY = 60, 4 << 30

KILLED, SURVIVED = "killed", "survived"

#: Tests that try a module, and bear the names of others.
MORE_TESTS = {
    "judge": ["test_judge*.py", "checkers/*.py"],
    "base": ["checkers/*.py"],
    "over": ["checkers/test_api.py", "checkers/test_ending_cleanup.py"],
    "answers": [f"checkers/test_{name}*.py" for name in ("access", "closing", "names", "api")],
    "ending": ["checkers/test_neighbours*.py"],
    "broadcasts": ["checkers/test_missed.py"],
    "broadcasting": [f"checkers/test_{name}*.py" for name in ("broadcasts", "missed", "facades")],
    "handling": ["checkers/test_routing*.py"],
    "routed": [f"checkers/test_{name}*.py" for name in ("routing", "facades", "refusals")],
    "sequential": ["checkers/test_registry.py"],
    "registry": ["checkers/test_sequential.py"],
    "sequence": ["checkers/test_faltering.py", "checkers/test_side_by_side.py"],
    "factories": ["checkers/test_doors*.py", "checkers/test_held.py"],
}


# --- the trials ---------------------------------------------------------------------------------


class Exchange(importlib.abc.MetaPathFinder):
    """Gives other code for one module, when it is imported."""

    def __init__(self, module: str, code: str) -> None:
        self.module, self.code = module, code

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        if fullname != self.module:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        assert spec is not None
        code = self.code

        class Loader(importlib.machinery.SourceFileLoader):
            def get_code(self, fullname: str) -> CodeType:
                return compile(code, self.path, "exec")

        spec.loader = Loader(fullname, str(spec.origin))
        return spec


class Concerned:
    """A plug-in that leaves the tests that say something of a module, and ends with a failure."""

    def __init__(self, module: str) -> None:
        self.module = module

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if concerns(item, self.module)]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            os._exit(1)


class Trials(Concerned):
    """A plug-in that runs the collected tests once for every mutant, each time in a fork."""

    def __init__(self, module: str, mutants: Iterable[Mutant], record: Any, until: float) -> None:
        super().__init__(module)
        self.mutants, self.record, self.until = mutants, record, until

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed or fork(lambda: run(session)):
            raise pytest.UsageError(f"the tests of {self.module} fail without any mutant")
        if not fork(lambda: run(session, "fail")):
            raise pytest.UsageError(f"no test of {self.module} fails though all of it does")
        gc.freeze()
        for mutant in self.mutants:
            if time.time() > self.until:
                break
            chosen = f"goldenpath.{self.module}.{mutant.name}"
            code = fork(lambda name=chosen: run(session, name))
            self.record(mutant, code)
            if code:  # what killed it is the first to try the next one
                session.items.insert(0, session.items.pop(int.from_bytes(BUSY[:4], "big")))
        return True


#: The number of the test that a fork is busy with; shared with it.
BUSY = mmap.mmap(-1, 4)


def concerns(item: pytest.Item, module: str) -> bool:
    """Whether a test says anything of this module: of the bad histories, those for its rules."""
    if not item.path.name.startswith("test_histories"):
        return True
    if "breaks_the_rule" not in item.name:
        return "breaks_nothing" in item.name
    checks = getattr(sys.modules[f"goldenpath.{module}"], "CHECKS", ())
    return any(f"[{check.rule}-" in item.name for check in checks)


def run(session: pytest.Session, mutant: str = "") -> None:
    """Run the collected tests until one fails."""
    set_mutant_under_test(mutant)
    items = session.items
    for number, (item, following) in enumerate(zip(items, [*items[1:], None], strict=True)):
        BUSY[:4] = number.to_bytes(4, "big")
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)


def fork(work: Callable[[], None]) -> int:
    """The exit code of a fork that does the work, quietly, and for so long; 0 if it comes back."""
    child = os.fork()
    if child == 0:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        signal.alarm(PATIENCE)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        try:
            work()
        except BaseException:
            os._exit(2)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def tests_of(module: str, *, own: bool) -> list[str]:
    """The files whose tests shall notice a mutant of this module, those of its own name first."""
    name = module.rpartition(".")[2]
    patterns = [f"checkers/test_{name}.py", f"checkers/test_{name}_*.py", *MORE_TESTS.get(name, [])]
    found = [str(path) for pattern in patterns for path in sorted(TESTS.glob(pattern))]
    found += map(str, of_several())
    recorded = [] if own else [str(TESTS / "histories" / "test_histories.py")]
    return [*dict.fromkeys(found), *recorded]


def of_several() -> list[Path]:
    """The files of tests that are named for no module: what they try goes through several."""
    names = [module.rpartition(".")[2] for module in modules()]
    own = {path for name in names for path in TESTS.glob(f"checkers/test_{name}*.py")}
    return sorted(set(TESTS.glob("checkers/test_*.py")) - own)


def options(files: list[str]) -> list[str]:
    """What pytest is told."""
    return [*files, "-q", "-s", "--no-header", "--rootdir", str(ROOT)]


def try_all(module: str, files: list[str], state: Path, until: float) -> None:
    """Try what is not in the state file yet."""
    mutants, code = mutants_of(source_of(module))
    known, now = settled(state, module), fingerprint(files)
    left = [mutant for mutant in mutants if known.get(mutant.key) not in (KILLED, now)]
    name = f"goldenpath.{module}"
    with state.open("a") as file:

        def record(mutant: Mutant, exit_code: int) -> None:
            outcome = KILLED if exit_code else SURVIVED
            line = {"module": module, "key": mutant.key, "outcome": outcome, "at": now}
            file.write(json.dumps(line) + "\n")
            file.flush()

        sys.meta_path.insert(0, Exchange(name, code))
        trials = Trials(module, [m for m in left if m.name], record, until)
        if failed := pytest.main(options(files), plugins=[trials]):
            sys.exit(failed)
        if fork(lambda: whole(module, code, files)):
            sys.exit(f"the tests of {module} fail without any mutant when it is imported again")
        for mutant in left:
            if mutant.code and time.time() < until:
                record(mutant, fork(lambda code=mutant.code: whole(module, code, files)))


def whole(module: str, code: str, files: list[str]) -> None:
    """Run the tests with other code for the whole module; tables are made when it is imported."""
    sys.meta_path[0] = Exchange(f"goldenpath.{module}", code)
    for known in [m for m in sys.modules if m.partition(".")[0] in ("goldenpath", "tests")]:
        del sys.modules[known]
    if pytest.main(options(files), plugins=[Concerned(module)]):
        os._exit(1)


# --- the state and the table --------------------------------------------------------------------


def fingerprint(files: list[str]) -> str:
    """The tests that a survivor survived."""
    digest = hashlib.sha256()
    for path in [TESTS / "build.py", *files]:
        digest.update(Path(path).read_bytes())
    return digest.hexdigest()[:16]


def settled(state: Path, module: str) -> dict[str, str]:
    """By mutant: killed, or the fingerprint with which it survived."""
    lines = [json.loads(line) for line in state.read_text().splitlines()] if state.exists() else []
    return {
        line["key"]: KILLED if line["outcome"] == KILLED else line["at"]
        for line in lines
        if line["module"] == module
    }


def source_of(module: str) -> str:
    """The text of a module, named below the package."""
    return (SOURCES / f"{module.replace('.', '/')}.py").read_text("utf-8")


def modules() -> list[str]:
    """All that can be mutated, by name below the package."""
    found = sorted(path.stem for path in (SOURCES / "checkers").glob("[!_]*.py"))
    return [*(f"checkers.{name}" for name in found), "judge"]


def row(module: str, state: Path) -> tuple[int, int, list[Mutant]]:
    """How many mutants there are, how many were not tried, and which survived."""
    mutants, known = mutants_of(source_of(module))[0], settled(state, module)
    untried = [m for m in mutants if m.key not in known]
    alive = [m for m in mutants if known.get(m.key) not in (None, KILLED)]
    return len(mutants), len(untried), alive


def main() -> int:
    """Try the modules one after the other, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", help="such as checkers.tool or judge; else all")
    parser.add_argument("--state", type=Path, help="file of finished trials, to go on from")
    parser.add_argument("--minutes", type=float, default=60.0, help="when to stop; 0 only prints")
    parser.add_argument("--show", action="store_true", help="print what survived, too")
    parser.add_argument("--own", action="store_true", help="leave out the recorded histories")
    parser.add_argument("--until", type=float, help=argparse.SUPPRESS)
    given = parser.parse_args()
    chosen = given.modules or modules()
    if wrong := [name for name in chosen if name not in modules()]:
        parser.error(f"there is no {', '.join(wrong)}; there are {', '.join(modules())}")
    state = given.state or Path(tempfile.mkdtemp()) / "mutants.jsonl"
    if given.until:
        try_all(chosen[0], tests_of(chosen[0], own=given.own), state, given.until)
        return 0
    until = time.time() + 60 * given.minutes
    for module in chosen:
        if time.time() < until:
            command = [sys.executable, __file__, module, "--state", str(state)]
            command += ["--own"] if given.own else []
            subprocess.run([*command, "--until", str(until)], check=True)  # noqa: S603
    table(chosen, state, show=given.show)
    return 0


def table(chosen: list[str], state: Path, *, show: bool) -> None:
    """Print one line for each module, and the sum."""
    print(f"{'module':24}{'mutants':>9}{'killed':>9}{'survived':>10}{'untried':>9}{'score':>9}")
    sums = [0, 0, 0]
    for module in chosen:
        count, untried, alive = row(module, state)
        line(module, count, untried, len(alive))
        sums = [a + b for a, b in zip(sums, (count, untried, len(alive)), strict=True)]
        for mutant in alive if show else ():
            print(f"\n--- {module} {mutant.key}\n{mutant.difference}")
    line("all", *sums)


def line(name: str, count: int, untried: int, alive: int) -> None:
    """Print the figures of one module."""
    killed = count - untried - alive
    score = f"{100 * killed / (killed + alive):.1f} %" if killed + alive else "-"
    print(f"{name:24}{count:9}{killed:9}{alive:10}{untried:9}{score:>9}")


if __name__ == "__main__":
    sys.exit(main())
