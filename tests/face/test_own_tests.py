"""The fixture goldenpath_session, in a stranger's pytest: it fails a test where it must."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs" / "own-tests.md"
SETTINGS = """
[pytest]
addopts = --strict-markers --strict-config -p no:cacheprovider
xfail_strict = true
filterwarnings = error
asyncio_default_fixture_loop_scope = function
"""
HEAD = """
import asyncio
import pytest
from goldenpath import dispatcher
from goldenpath.builtin import reference_dispatcher

async def ask(opener, target="reference", **more):
    session = await opener(target, **more)
    alice = session.user("alice")
    await alice.create()
    await alice.execute("lookup")
    return session
"""
BROKEN = '"miniature:runs-twice"'


def run(folder: Path, source: str, *arguments: str) -> tuple[int, str]:
    """Run these tests, each of which is marked for asyncio, in a folder of their own."""
    if not (folder / "pytest.ini").exists():
        (folder / "pytest.ini").write_text(SETTINGS)
    marked = re.sub(r"^( *)(async def test_)", r"\1@pytest.mark.asyncio\n\1\2", source, flags=re.M)
    (folder / "test_own.py").write_text(HEAD + marked)
    return pytest_in(folder, *arguments)


def pytest_in(folder: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-rA", "--basetemp", str(folder / "tmp"), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


def outcomes(output: str) -> dict[str, str]:
    """Test to outcome, from the short summary."""
    found = re.findall(r"^(PASSED|FAILED|ERROR|SKIPPED|XFAIL) \S*?::(\S+)", output, flags=re.M)
    return {name: outcome for outcome, name in found}


def test_a_test_that_only_passes_calls_is_judged(tmp_path: Path) -> None:
    """On the reference it passes; on a broken one it fails itself, in the words of the rule, with
    the witness and where the history is.
    """
    code, output = run(
        tmp_path,
        f"""
async def test_sound(goldenpath_session):
    await ask(goldenpath_session)

async def test_broken(goldenpath_session):
    await ask(goldenpath_session, {BROKEN})

class TestIn:
    @pytest.mark.parametrize("which", ["a/b", "a-b"])
    async def test_method(self, goldenpath_session, which):
        await ask(goldenpath_session, {BROKEN})
""",
    )

    assert code == 1
    assert outcomes(output) == {
        "test_sound": "PASSED",
        "test_broken": "FAILED",
        "TestIn::test_method[a/b]": "FAILED",
        "TestIn::test_method[a-b]": "FAILED",
    }
    for said in (
        "miniature:runs-twice breaks 1 of",
        "FAIL TOOL-1 in test_own.test_broken (MUST)",
        "one call of lookup ran it 2 times",
        "alice  lookup started",
        "run it again: pytest test_own.py::test_broken",
    ):
        assert said in output
    assert "Traceback" not in output
    assert "fixture.py" not in output
    named = re.findall(r"^history: (.+)$", output, flags=re.M)
    assert len({Path(name).name for name in named}) == 3
    assert all(Path(name).read_text().count("\n") > 5 for name in named)


def test_the_history_can_be_judged_again_and_not_replayed(tmp_path: Path) -> None:
    """It is a history like any other, where the test wants it; only the test knows its steps."""
    run(
        tmp_path,
        f"""
async def test_broken(goldenpath_session):
    await ask(goldenpath_session, {BROKEN}, histories="kept/here")
    await ask(goldenpath_session, "reference", histories="kept/here")
""",
    )
    first, second = sorted(map(str, (tmp_path / "kept" / "here").iterdir()))
    checks = [
        subprocess.run(
            [sys.executable, "-m", "goldenpath", command, path],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        for command, path in (("check", second), ("check", first), ("replay", second))
    ]

    assert Path(first).name == "test_own.test_broken-2.jsonl"
    assert [done.returncode for done in checks] == [1, 0, 2]
    assert "FAIL TOOL-1" in checks[0].stdout
    assert "run that test again" in checks[2].stderr


def test_a_test_that_fails_by_itself_is_not_buried(tmp_path: Path) -> None:
    """Its own failure is shown, and beside it, in a line each, what was broken by then."""
    code, output = run(
        tmp_path,
        f"""
async def test_assertion(goldenpath_session):
    await ask(goldenpath_session, {BROKEN})
    assert 1 == 2, "mine"

async def test_skip(goldenpath_session):
    await ask(goldenpath_session, {BROKEN})
    pytest.skip("not today")

async def test_mistake(goldenpath_session):
    session = await ask(goldenpath_session)
    await session.user("bob").execute("lookup")
""",
    )

    found = outcomes(output)
    assert code == 1
    assert (found["test_assertion"], found["test_mistake"]) == ("FAILED", "FAILED")
    assert "not today" in output
    assert "1 skipped" in output
    assert 'assert 1 == 2, "mine"' in output
    assert "broken by then: TOOL-1: one call of lookup ran it 2 times" in output
    assert "FAIL TOOL-1" not in output
    assert "bob has opened no session" in output


def test_a_mistake_of_the_test_shows_the_test_alone(tmp_path: Path) -> None:
    """The line that made it and what to do; no frame of ours, wherever it was found."""
    code, output = run(
        tmp_path,
        """
async def helper(session):
    await session.user("bob").execute("lookup")

async def test_asked(goldenpath_session):
    await helper(await ask(goldenpath_session))

async def test_opened(goldenpath_session):
    await goldenpath_session("refrence")

async def test_named(goldenpath_session):
    await goldenpath_session("reference", proves=["TOL-1"])

async def test_held(goldenpath_session):
    session = await ask(goldenpath_session)
    held = await session.user("alice").begin("hold")
    await held.started()
    await asyncio.wait([held.task])

async def test_of_its_own(goldenpath_session):
    await ask(goldenpath_session)
    raise ZeroDivisionError("mine")
""",
        "--goldenpath-time-scale=0.1",
    )

    assert code == 1
    assert set(outcomes(output).values()) == {"FAILED"}
    for said in (
        'await session.user("bob").execute("lookup")',
        "bob has opened no session",
        'await goldenpath_session("refrence")',
        "do you mean TOOL-1?",
        "was held for longer than a call may take",
        "ZeroDivisionError: mine",
    ):
        assert said in output
    assert "goldenpath/" not in output.replace(str(tmp_path), "")


def test_marks_apply_to_what_the_judge_finds(tmp_path: Path) -> None:
    """An expected failure is one, also where it is strict; and one that does not come is red."""
    code, output = run(
        tmp_path,
        f"""
@pytest.mark.xfail(reason="ticket 12")
async def test_expected(goldenpath_session):
    await ask(goldenpath_session, {BROKEN})

async def test_excused(goldenpath_session):
    session = await ask(goldenpath_session, {BROKEN})
    session.excuse("TOOL-1", "ticket 12")

@pytest.mark.xfail(reason="ticket 13")
async def test_mended(goldenpath_session):
    await ask(goldenpath_session)
""",
    )

    assert code == 1
    assert outcomes(output) == {
        "test_expected": "XFAIL",
        "test_excused": "PASSED",
        "test_mended": "FAILED",
    }
    assert "[XPASS(strict)]" in output


def test_what_was_not_checked_is_red(tmp_path: Path) -> None:
    """Asked for and not used; opened and not asked."""
    code, output = run(
        tmp_path,
        """
async def test_unused(goldenpath_session):
    pass

async def test_idle(goldenpath_session):
    await goldenpath_session("reference")
""",
    )

    assert code == 1
    assert set(outcomes(output).values()) == {"FAILED"}
    assert "never opened a target" in output
    assert "the test asked nothing of reference" in output


LOOPS = """
@dispatcher()
async def make(user, tap, tools):
    return await reference_dispatcher(user, tap, tools)

@pytest.fixture
def ready(goldenpath_session):
    return goldenpath_session

@pytest.mark.asyncio(loop_scope="module")
async def check_module_loop(ready):
    await ask(ready, make)

async def test_function_loop(ready):
    await ask(ready, make)
"""


@pytest.mark.parametrize(
    "arguments",
    [(), ("-n", "2"), ("-o", "asyncio_mode=auto")],
    ids=lambda a: " ".join(a) or "plain",
)
def test_it_runs_in_whatever_loop_the_test_runs_in(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    """Scopes of loops, fixtures between, xdist, both modes: everything happens in the test."""
    code, output = run(tmp_path, LOOPS, "-o", "python_functions=test_* check_*", *arguments)

    assert code == 0, output
    assert "2 passed" in output


@pytest.mark.parametrize(
    ("source", "arguments", "said"),
    [
        ("async def test_x(goldenpath_session): ...", ("-p", "no:asyncio"), "needs pytest-asyncio"),
        ("def test_x(goldenpath_session): ...", (), "from an `async def` test"),
        ("async def  test_x(goldenpath_session): ...", (), "mark it with @pytest.mark.asyncio"),
    ],
)
def test_a_test_that_nobody_would_run_is_told_so(
    source: str, arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    """A clear error instead of a green that means nothing."""
    if arguments:
        settings = SETTINGS.replace("asyncio_default_fixture_loop_scope = function\n", "")
        (tmp_path / "pytest.ini").write_text(settings + "markers =\n    asyncio: x\n")
    code, output = run(tmp_path, source, *arguments)

    assert code == 1
    assert outcomes(output)["test_x"] == "ERROR"
    assert said in output
    assert "to do: " in output
    assert "Traceback" not in output


def test_without_pytest_asyncio_everybody_elses_tests_are_as_before(tmp_path: Path) -> None:
    """The fixture is there, and asks for nothing until it is asked for."""
    settings = SETTINGS.replace("asyncio_default_fixture_loop_scope = function\n", "")
    (tmp_path / "pytest.ini").write_text(settings)
    loaded = "import sys\ndef test_x(): assert 'goldenpath.fixture' not in sys.modules\n"
    (tmp_path / "test_own.py").write_text(loaded)
    code, output = pytest_in(tmp_path, "-p", "no:asyncio")
    listed = pytest_in(tmp_path, "-p", "no:asyncio", "--fixtures")[1]

    assert code == 0, output
    assert "goldenpath_session" in listed


MINE = """
from goldenpath import dispatcher
from goldenpath.builtin import reference_dispatcher
from goldenpath.miniatures import MINIATURES

@dispatcher()
async def make(user, tap, tools):
    return await {}(user, tap, tools)
"""


@pytest.mark.skipif(not DOCS.is_file(), reason="the documentation is only in a checkout")
def test_the_example_of_the_readme(tmp_path: Path) -> None:
    """As it stands there, with the same stand-ins."""
    text = (DOCS.parents[1] / "README.md").read_text("utf-8")
    found = text.partition("```python\n@pytest.mark.asyncio\n")[2].partition("```")[0]
    (tmp_path / "pytest.ini").write_text(SETTINGS)
    (tmp_path / "test_mine.py").write_text(f"import pytest\n@pytest.mark.asyncio\n{found}")
    codes = []
    for factory in ("reference_dispatcher", "MINIATURES['last-user-wins'].factory"):
        (tmp_path / "mine.py").write_text(MINE.format(factory))
        codes.append(pytest_in(tmp_path)[0])

    assert codes == [0, 1]


@pytest.mark.skipif(not DOCS.is_file(), reason="the documentation is only in a checkout")
def test_the_example_of_the_documentation(tmp_path: Path) -> None:
    """As it stands there; mine.py is a stand-in: the reference, then one that misaddresses."""
    text = DOCS.read_text("utf-8")
    example = text.partition("<!-- test_mine.py -->\n```python\n")[2].partition("```")[0]
    (tmp_path / "pytest.ini").write_text(SETTINGS)
    (tmp_path / "test_mine.py").write_text(example)
    (tmp_path / "mine.py").write_text(MINE.format("reference_dispatcher"))
    sound, said = pytest_in(tmp_path)
    (tmp_path / "mine.py").write_text(MINE.format("MINIATURES['last-user-wins'].factory"))
    broken, complaint = pytest_in(tmp_path)

    assert sound == 0, said
    assert "2 passed" in said
    assert broken == 1
    assert set(outcomes(complaint).values()) == {"FAILED"}
    told, _, _ = complaint.partition("short test summary")  # which repeats it where CI is set
    assert told.count("FAIL ISOLATION-1") == 2
