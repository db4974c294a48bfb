"""What somebody chose: read as it was typed, and refused where it names what is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from goldenpath.catalogue import OURS
from goldenpath.choice import Choice, check_choice, choose
from goldenpath.errors import UsageProblem


def chosen(*rules: str, failing: Path | None = None, flaky: Path | None = None) -> Choice:
    """What is read of these rules and lists, in one workload."""
    named = {"workloads": ["golden_path"], "rules": rules}
    return choose(OURS, **named, failing=failing, flaky=flaky, strict=True)


def test_a_choice_is_what_was_typed() -> None:
    """Workloads by their names, rules by their ids in any case; without a list nothing is known."""
    assert chosen("tool-1", "RECOVERY-8A") == Choice(
        ("golden_path",), ("TOOL-1", "RECOVERY-8a"), (), strict=True
    )


def test_both_lists_are_read_each_as_what_it_is(tmp_path: Path) -> None:
    """What is known to fail must fail; what is flaky may."""
    failing, flaky = tmp_path / "failing.txt", tmp_path / "flaky.txt"
    failing.write_text("TOOL-1 golden_path it runs twice\n")
    flaky.write_text("TOOL-2 golden_path now and then\n")
    read = chosen(failing=failing, flaky=flaky)

    assert [(line.rule, line.flaky) for line in read.known] == [("TOOL-1", False), ("TOOL-2", True)]


@pytest.mark.parametrize("list_", ["failing", "flaky"])
def test_a_list_that_is_wrong_is_the_users_mistake(list_: str, tmp_path: Path) -> None:
    """Whichever of the two it is."""
    path = tmp_path / "list.txt"
    path.write_text("NO-1 golden_path there is none\n")

    with pytest.raises(UsageProblem, match="NO-1"):
        chosen(**{list_: path})


def test_what_was_typed_is_checked_at_once() -> None:
    """A rule that is not there is told before anything is planned."""
    with pytest.raises(UsageProblem, match="there is no rule 'NO-1'"):
        chosen("NO-1")


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (Choice(rules=("ISOLATON-1",)), "there is no rule 'ISOLATON-1'"),
        (Choice(workloads=("two_user",)), "there is no workload 'two_user'"),
        (Choice(rules=("PERF-2",)), "PERF-2"),
    ],
)
def test_a_choice_of_what_is_not_there_is_the_users_mistake(choice: Choice, said: str) -> None:
    """UsageProblem, exit 2: what was asked for cannot be done."""
    with pytest.raises(UsageProblem, match=said):
        check_choice(choice)


def test_everything_that_is_wrong_with_a_choice_is_said_at_once() -> None:
    """A choice of what is there is accepted."""
    with pytest.raises(UsageProblem) as problem:
        check_choice(Choice(rules=("NO-1", "NO-2"), workloads=("none",)))
    check_choice(Choice(rules=("ISOLATION-1",), workloads=("two_users",)))

    assert all(name in str(problem.value) for name in ("NO-1", "NO-2", "none"))
