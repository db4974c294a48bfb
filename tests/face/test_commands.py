"""The commands: each does what the README says, with the exit code that it says."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import jsonschema
import pytest
from tests.face.commands import goldenpath, verdicts

from goldenpath.demo import BROKEN
from goldenpath.miniatures import MINIATURES
from goldenpath.report.data import schema


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `run` was run on a target that breaks isolation."""
    folder = tmp_path_factory.mktemp("ran")
    done = goldenpath(folder, "run", "miniature:last-user-wins", "--seed", "3")

    assert done.returncode == 1, done.stdout + done.stderr
    assert "ISOLATION-1" in done.stdout
    return folder / "reports" / "latest"


def test_verdicts_json_keeps_its_schema(ran: Path) -> None:
    """The interface is what its schema says."""
    jsonschema.validate(verdicts(ran), schema())


def test_check_says_the_same_elsewhere_without_the_target(ran: Path, tmp_path: Path) -> None:
    """Judged again in another folder, every workload has the verdicts of the run."""
    histories = sorted((ran / "histories").glob("*.jsonl"))
    done = goldenpath(tmp_path, "check", *map(str, histories), "--report-dir", "again")

    again, first = verdicts(tmp_path / "again"), verdicts(ran)
    keys = ("rule", "workload", "outcome", "reason", "opportunities", "more")
    wanted = [tuple(v[k] for k in keys) for v in first["verdicts"] if v["workload"]]
    assert done.returncode == 1
    assert sorted(tuple(v[k] for k in keys) for v in again["verdicts"]) == sorted(wanted)


def test_replay_performs_exactly_the_same_steps(ran: Path, tmp_path: Path) -> None:
    """A replay of a failing history fails in the same rules, and can be pointed elsewhere."""
    history = str(ran / "histories" / "misaddressed.jsonl")
    again = goldenpath(tmp_path, "replay", history)
    elsewhere = goldenpath(tmp_path, "replay", history, "--target", "reference")

    assert again.returncode == 1
    assert "ISOLATION-1" in again.stdout
    assert elsewhere.returncode == 0, elsewhere.stdout


def test_a_damaged_history_is_not_green(ran: Path, tmp_path: Path) -> None:
    """Cut, or with a line that is no entry: exit 3. Not a history at all: exit 2."""
    lines = (ran / "histories" / "golden_path.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "cut.jsonl").write_bytes(b"".join(lines[:-1]))
    (tmp_path / "odd.jsonl").write_bytes(b"".join([*lines[:5], b"junk\n", *lines[6:]]))
    (tmp_path / "none.jsonl").write_bytes(b"")

    assert goldenpath(tmp_path, "check", "cut.jsonl").returncode == 3
    assert goldenpath(tmp_path, "check", "odd.jsonl").returncode == 3
    assert goldenpath(tmp_path, "check", "none.jsonl").returncode == 2


def test_known_failures_must_fail(tmp_path: Path) -> None:
    """Listed failures make the run green; a line that no longer fails makes it red again."""
    known = "\n".join(
        f"{rule} * every user is the last one  # until the merge"
        for rule in ("ISOLATION-1", "ISOLATION-2", "ISOLATION-8", "DELIVERY-2", "DELIVERY-5")
    )
    (tmp_path / "known.txt").write_text(known)
    chosen = [f"--workload={workload}" for workload in ("golden_path", "misaddressed", "unmoved")]
    broken = ("run", "miniature:last-user-wins", "--known-failing", "known.txt", *chosen)
    excused = goldenpath(tmp_path, *broken)
    (tmp_path / "known.txt").write_text(known + "\nTOOL-1 golden_path it never does\n")
    stale = goldenpath(tmp_path, *broken)
    (tmp_path / "known.txt").write_text("ISOLATION1 * why\nTOOL-1 golden_path\n")
    wrong = goldenpath(tmp_path, *broken)

    assert excused.returncode == 0, excused.stdout
    assert stale.returncode == 1
    assert "TOOL-1 golden_path) passes: remove it" in stale.stdout
    assert wrong.returncode == 2
    assert "do you mean ISOLATION-1" in wrong.stderr
    assert "got no reason" in wrong.stderr


def test_a_history_is_checked_with_both_lists(tmp_path: Path) -> None:
    """As it was judged when it was recorded: what must fail, and what may or may not."""
    goldenpath(tmp_path, "run", "miniature:never-ends", "--workload", "golden_path")
    (tmp_path / "must.txt").write_text("DELIVERY-1 * no end is sent\nDELIVERY-4 * the same\n")
    (tmp_path / "may.txt").write_text("DELIVERY-4 * now and then\nTOOL-1 * now and then\n")
    history = "reports/latest/histories/golden_path.jsonl"
    bare = goldenpath(tmp_path, "check", history)
    failing = goldenpath(tmp_path, "check", history, "--known-failing", "must.txt")
    (tmp_path / "must.txt").write_text("DELIVERY-1 * no end is sent\n")
    lists = ("--known-failing", "must.txt", "--known-flaky", "may.txt")
    both = goldenpath(tmp_path, "check", history, *lists)
    wrong = goldenpath(tmp_path, "check", history, "--known-flaky", "none.txt")

    assert [done.returncode for done in (bare, failing, both, wrong)] == [1, 0, 0, 2]
    assert "there is no file none.txt" in wrong.stderr


def test_github_gets_annotations_and_the_summary(tmp_path: Path) -> None:
    """In a GitHub job the log has an error per broken rule, and the job's summary is written."""
    summary = tmp_path / "summary.md"
    env = {**os.environ, "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    done = goldenpath(tmp_path, "run", "miniature:never-ends", "--workload", "golden_path", env=env)

    assert done.returncode == 1
    assert "::error title=" in done.stdout
    assert "DELIVERY-4" in summary.read_text()


def test_the_doctor_shows_one_run_with_its_events(tmp_path: Path) -> None:
    """What was found, the card, the events, and a verdict on the adapter."""
    done = goldenpath(tmp_path, "doctor", "reference-agent")

    assert done.returncode == 0
    named = 'is one of dialect a; dialect="a" says so'
    for said in ("agent_started", "tool_executing lookup", named, "the adapter is right, as far"):
        assert said in done.stdout
    assert done.stdout.endswith("what the rules say: goldenpath run reference-agent\n")


def test_the_doctor_says_each_thing_once(tmp_path: Path) -> None:
    """A rule that two workloads prove, and steps that go alike one after the other."""
    said = goldenpath(tmp_path, "doctor", "reference").stdout
    story, _, verdicts = said.partition("what the suite would say of it:")

    rules = [line.split()[1] for line in verdicts.splitlines()[1:-1]]
    assert "TOOL-1" in rules
    assert len(rules) == len(set(rules))
    folded = r"^ +(\d+) OK +alice execute\n +… and (\d+) more like it, up to (\d+)$"
    runs = [tuple(map(int, found)) for found in re.findall(folded, story, flags=re.M)]
    assert any(steps > 5 and last - first == 6 * steps for first, steps, last in runs)


def test_the_demo_passes(tmp_path: Path) -> None:
    """The reference conforms over a real socket, and the broken one is caught."""
    done = goldenpath(tmp_path, "demo")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "The reference conforms; the broken one was caught" in done.stdout
    assert f"fault put in: {MINIATURES[BROKEN].about}\n" in done.stdout
    assert (tmp_path / "reports/demo/broken/report.html").is_file()


@pytest.mark.parametrize("what", ["rules", "workloads", "miniatures", "targets", "dialects"])
def test_lists_are_there_in_words_and_as_json(what: str, tmp_path: Path) -> None:
    """`list` prints a line each, or JSON."""
    rows = json.loads(goldenpath(tmp_path, "list", what, "--json").stdout)

    said = goldenpath(tmp_path, "list", what).stdout

    assert rows
    assert [row for row in rows if (row.get("id") or row["name"]) not in said] == []


def test_explain_says_what_a_rule_asks_and_what_proves_it(tmp_path: Path) -> None:
    """A checked rule, one that is not checked yet, and one that is not there."""
    checked = goldenpath(tmp_path, "explain", "ISOLATION-1")
    planned = goldenpath(tmp_path, "explain", "AUDIT-1")
    wrong = goldenpath(tmp_path, "explain", "ISOLATON-1")

    assert "proved by two_users" in checked.stdout
    assert "miniature:last-user-wins" in checked.stdout
    assert "not checked yet" in planned.stdout
    assert wrong.returncode == 2
    assert "do you mean ISOLATION-1" in wrong.stderr


def test_a_rule_is_named_in_whatever_case(tmp_path: Path) -> None:
    """To explain it and to run it; in a list of known failures it is spelt out."""
    for name in ("RECOVERY-8a", "recovery-8A", "perf-2"):
        explained = goldenpath(tmp_path, "explain", name)
        assert explained.returncode == 0, explained.stderr
        assert name.lower() in explained.stdout.lower()
    ran = goldenpath(tmp_path, "run", "reference", "--rule", "Recovery-8A")
    (tmp_path / "known.txt").write_text("recovery-8a * why")
    listed = goldenpath(tmp_path, "run", "reference", "--known-failing", "known.txt")

    assert ran.returncode == 0, ran.stdout
    assert [v["rule"] for v in verdicts(tmp_path / "reports/latest")["verdicts"]] == ["RECOVERY-8a"]
    assert "do you mean RECOVERY-8a?" in listed.stderr


def test_a_target_named_in_the_configuration_is_found(tmp_path: Path) -> None:
    """By goldenpath.toml, and by pyproject.toml."""
    (tmp_path / "goldenpath.toml").write_text('[targets]\nmine = "reference-agent"\n')
    first = goldenpath(tmp_path, "run", "mine", "--workload", "golden_path")
    (tmp_path / "goldenpath.toml").unlink()
    (tmp_path / "pyproject.toml").write_text('[tool.goldenpath.targets]\nmine = "reference"\n')
    second = goldenpath(tmp_path, "run", "mine", "--workload", "golden_path")

    assert (first.returncode, second.returncode) == (0, 0)
    assert "kind agent" in first.stdout
    assert "kind dispatcher" in second.stdout


def test_allure_results_have_labels_and_the_history(tmp_path: Path) -> None:
    """One result per item, labelled by rule family, with the workload's history attached."""
    done = goldenpath(
        tmp_path, "run", "reference-agent", "--workload", "two_users", "--allure", "allure"
    )
    results = [json.loads(p.read_text()) for p in (tmp_path / "allure").glob("*-result.json")]
    labels = {(label["name"], label["value"]) for r in results for label in r["labels"]}
    attached = [a["name"] for r in results for a in r.get("attachments", [])]

    assert done.returncode == 0
    assert ("feature", "ISOLATION") in labels
    assert ("story", "ISOLATION-1") in labels
    assert "history of two_users" in attached


def test_the_same_history_twice_says_nothing_new(ran: Path, tmp_path: Path) -> None:
    """By whatever path it is named: opportunities are counted once."""
    history = ran / "histories" / "misaddressed.jsonl"
    other = history.parent / ".." / "histories" / history.name
    once = goldenpath(tmp_path, "check", str(history), "--report-dir", "once")
    twice = goldenpath(tmp_path, "check", str(history), str(other), "--report-dir", "twice")

    assert once.returncode == twice.returncode == 1
    assert verdicts(tmp_path / "once") == verdicts(tmp_path / "twice")
