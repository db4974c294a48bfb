"""What GitHub is told: a summary within its limit, annotations, and nothing that a target says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from goldenpath import ci
from goldenpath.terminal import say
from tests.report.made import all_green, everything, failing, report

HOSTILE = [("", "::add-mask::the"), ("", "a finding ##[add-mask]the"), ("dim", "end")]


@pytest.fixture
def summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A step of a GitHub job, with its summary."""
    path = tmp_path / "step_summary.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    return path


def test_elsewhere_nothing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even where a summary could be written."""
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))

    assert ci.tell(everything(), tmp_path) == []
    assert ci.refused("no target") == []
    assert [*ci.quoted(HOSTILE)] == HOSTILE
    assert not (tmp_path / "summary.md").exists()


def test_the_summary_is_added_to_what_is_there(summary: Path, tmp_path: Path) -> None:
    """Its heading begins a line of its own, whatever stood before."""
    summary.write_text("another tool's, without a newline")
    first = ci.tell(all_green(), tmp_path)
    second = ci.tell(everything(), tmp_path)
    text = summary.read_text("utf-8")

    assert first == []
    assert second
    assert text.startswith("another tool's, without a newline\n## ")
    assert len(re.findall(r"^## ", text, flags=re.M)) == 2


@pytest.mark.parametrize("left", [ci.MOST, 400_000, 5_000])
def test_the_summary_keeps_to_the_limit_of_a_step(left: int, summary: Path, tmp_path: Path) -> None:
    """GitHub drops one that is larger altogether, so it is cut, and says so."""
    taken = ci.MOST - left
    summary.write_bytes(b"x" * taken)
    huge = report(*(failing(f"X-{n}", "y" * 1_900) for n in range(800)))
    ci.tell(huge, tmp_path)
    ours = summary.read_bytes()[taken:].decode()

    assert summary.stat().st_size <= ci.MOST
    assert "## ❌ FAIL" in ours
    assert "This summary was cut at its limit" in ours


@pytest.mark.parametrize("how", ["full", "a folder"])
def test_a_summary_that_cannot_be_written_is_said(how: str, summary: Path, tmp_path: Path) -> None:
    """It is no reason to fail; the annotations are there, and where the summary is."""
    if how == "full":
        summary.write_bytes(b"x" * (ci.MOST - 100))
    else:
        summary.mkdir()
    lines = ci.tell(everything(), tmp_path / "reports")

    assert lines[-1].startswith("::notice title=goldenpath::the summary of this step ")
    assert "summary.md" in lines[-1]
    assert lines[0].startswith("::error ")
    if how == "full":
        assert summary.stat().st_size == ci.MOST - 100


def test_without_a_summary_there_are_annotations(
    summary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An old runner, or one that was set up otherwise."""
    monkeypatch.delenv("GITHUB_STEP_SUMMARY")

    assert all(
        line.startswith(("::error ", "::warning ")) for line in ci.tell(everything(), tmp_path)
    )


def test_what_a_target_says_is_no_command(
    summary: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """GitHub is told to take none, by a token that nobody can guess, and to begin again."""
    say(HOSTILE)
    say(HOSTILE)
    lines = capsys.readouterr().out.splitlines()
    stops = re.findall(r"^::stop-commands::(\w{32})$", "\n".join(lines), flags=re.M)

    assert len(set(stops)) == 2
    assert lines[1:4] == [text for _, text in HOSTILE]
    assert [lines[4], lines[-1]] == [f"::{token}::" for token in stops]


def test_what_raises_while_it_is_said_stops_nothing(summary: Path) -> None:
    """Else GitHub would take no command of ours any more."""

    def lines() -> object:
        yield "", "first"
        raise ValueError

    said: list[tuple[str, str]] = []
    with pytest.raises(ValueError):
        said.extend(ci.quoted(lines()))  # type: ignore[arg-type]
    assert said == []


def test_a_refusal_is_one_line(summary: Path) -> None:
    """With all that is wrong in it."""
    (line,) = ci.refused("known.txt is wrong:\n  line 1: 100%\x1b")

    assert line == "::error title=goldenpath::known.txt is wrong:%0A  line 1: 100%25\\x1b"
