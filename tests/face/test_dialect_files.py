"""A dialect in a TOML file: named by a decorator, a profile or a program, and all its mistakes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.face.commands import goldenpath, verdicts

from goldenpath.adapters.dialect import spoken
from goldenpath.adapters.lines import read_hello
from goldenpath.adapters.profile import read_profile
from goldenpath.dialects import DIALECTS, DialectProblem
from goldenpath.errors import UsageProblem

RIGHT = 'type = "kind"\n[types]\nGO = "agent_started"\n[required.tool_completed]\ncall = "text"\n'
WRONG = (
    'typ = "kind"\n[types]\nGO = "agent_begun"\n[fields]\nrnu = "a"\nrun = 1\n'
    '[required.tool_completed]\ncal = "text"\n'
)
SAID = (
    "words.toml: typ: expected one of",
    "words.toml: types.GO: expected one of",
    "words.toml: fields.rnu: expected one of",
    "words.toml: fields.run: expected a path or a list, got 1",
    "words.toml: required.tool_completed.cal: expected one of",
)
MINE = """
from dataclasses import replace
from goldenpath.builtin import reference_agent
def make(user, tap, tools):
    return reference_agent(user, tap, tools)
make.__goldenpath__ = replace(reference_agent.__goldenpath__, dialect="words.toml")
"""
PROFILE = {
    "url": "ws://localhost:1",
    "login": {"kind": "none"},
    "users": {"ann": {}},
    "start": {"message": {"text": "{message}"}},
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_target_is_read_in_the_dialect_of_a_file(folder: Path) -> None:
    """What the file asks for besides is asked."""
    (folder / "mine.py").write_text(MINE)
    (folder / "words.toml").write_text('[required.tool_completed]\n"result|error" = "any"\n')
    held = goldenpath(folder, "run", "./mine.py:make", "--workload", "golden_path")
    (folder / "words.toml").write_text('[required.agent_started]\nparameters = "object"\n')
    broken = goldenpath(folder, "run", "./mine.py:make", "--workload", "golden_path")
    found = [v for v in verdicts(folder / "reports/latest")["verdicts"] if v["outcome"] == "FAIL"]

    assert (held.returncode, broken.returncode) == (0, 1), held.stdout + broken.stdout
    assert [v["rule"] for v in found] == ["CONTENT-2"]
    assert "it has no parameters" in found[0]["reason"]


def test_all_mistakes_of_a_file_are_told_at_once(folder: Path) -> None:
    """Each with the file and the place in it, exit 2, before anything runs."""
    (folder / "mine.py").write_text(MINE)
    (folder / "words.toml").write_text(WRONG)
    done = goldenpath(folder, "run", "./mine.py:make")

    assert done.returncode == 2
    assert all(said in done.stderr for said in SAID), done.stderr
    assert not [*folder.glob("reports/latest/histories/*")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "words.toml: there is no such file"),
        ("type = \n", "words.toml: expected TOML: Invalid value (at line 1"),
        ("\xff", "words.toml: expected TOML: 'utf-8' codec"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(text: str | None, said: str, folder: Path) -> None:
    """That it is not there, or where it stops to be TOML."""
    if text is not None:
        (folder / "words.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(DialectProblem, match=r"words\.toml") as caught:
        spoken("mine", "words.toml", DIALECTS)

    assert caught.value.problems[0].startswith(said)


def test_profiles_and_programs_name_a_file_as_well(folder: Path) -> None:
    """The same dialect, and the same mistakes."""
    hello = b'{"type":"hello","protocol":1,"kind":"dispatcher","dialect":"words.toml"}\n'
    (folder / "words.toml").write_text(RIGHT)
    profile = read_profile({**PROFILE, "dialect": "words.toml"}, environ=dict(os.environ))
    said = read_hello("mine", hello).dialect

    assert said is not None
    assert (profile.dialect.name, said["name"]) == ("words.toml", "words.toml")
    assert profile.dialect.required == said["required"] == {"tool_completed": {"call": "text"}}

    (folder / "words.toml").write_text(WRONG)
    for read in (
        lambda: read_profile({**PROFILE, "dialect": "words.toml"}, environ={}),
        lambda: read_hello("mine", hello),
    ):
        with pytest.raises(UsageProblem) as caught:
            read()
        assert all(told in str(caught.value) for told in SAID)
