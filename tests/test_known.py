"""Lists of known failures: what is listed must fail, and the list must be right."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenpath import known
from goldenpath.errors import UsageProblem
from goldenpath.known import Line, excuse, parse, stale
from goldenpath.model import Level, Outcome, Verdict

WORKLOADS = ("golden_path", "two_users")


def v(outcome: Outcome, rule: str = "TOOL-1", workload: str = "golden_path") -> Verdict:
    return Verdict(rule, Level.MUST, workload, outcome, "it ran twice", 1)


def line(workload: str = "*", *, flaky: bool = False) -> Line:
    return Line(3, "TOOL-1", workload, "see the tracker", flaky)


# --- reading a list ----------------------------------------------------------------------------


def test_a_line_is_rule_workload_and_reason() -> None:
    """Comments and empty lines are left out; a reason is the rest of its line."""
    text = "# ours\n\nTOOL-1 * see the tracker  # later\n  TOOL-2\tgolden_path  two  words\n"

    assert parse(text, "list", WORKLOADS) == [
        Line(3, "TOOL-1", "*", "see the tracker"),
        Line(4, "TOOL-2", "golden_path", "two  words"),
    ]


def test_a_rule_of_ones_own_can_be_listed() -> None:
    """Where it is known."""
    text = "SHOP-1 * why not"

    assert parse(text, "list", WORKLOADS, rules={"SHOP-1"}) == [Line(1, "SHOP-1", "*", "why not")]
    with pytest.raises(UsageProblem, match="there is no rule 'SHOP-1'"):
        parse(text, "list", WORKLOADS)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("TOOL-1", "line 1: expected `RULE WORKLOAD reason in words`, got no reason"),
        ("TOOL-1 *", "line 1: expected `RULE WORKLOAD reason in words`, got no reason"),
        ("TOOL-1 * # why", "line 1: expected `RULE WORKLOAD reason in words`, got no reason"),
        ("\ntool-1 * why", "line 2: there is no rule 'tool-1'; do you mean TOOL-1?"),
        ("TOOL-1: * why", "line 1: there is no rule 'TOOL-1:'; do you mean TOOL-1?"),
        ("nonsense * why", "line 1: there is no rule 'nonsense'"),
        ("TOOL-1 two_user why", "there is no workload 'two_user'; do you mean two_users?"),
        ("TOOL-1 because it fails", "no workload 'because'; expected a name or *"),
    ],
)
def test_a_wrong_line_is_named_with_the_likely_right_one(text: str, problem: str) -> None:
    """A typo costs one look at the message."""
    with pytest.raises(UsageProblem) as caught:
        parse(text, "known.txt", WORKLOADS)

    assert problem in str(caught.value)
    assert str(caught.value).startswith("known.txt is wrong:")


def test_everything_that_is_wrong_is_said_at_once() -> None:
    """Nobody has to run the command once per mistake."""
    with pytest.raises(UsageProblem) as caught:
        parse("A * why\nTOOL-1 * fine\nB * why\n", "list", WORKLOADS)

    assert "line 1: there is no rule 'A'" in str(caught.value)
    assert "line 3: there is no rule 'B'" in str(caught.value)


@given(st.text())
def test_any_text_is_a_list_or_a_usage_problem(text: str) -> None:
    """No list of a user makes us crash."""
    try:
        found = parse(text, "list", WORKLOADS)
    except UsageProblem:
        return

    assert all(item.reason for item in found)


def test_no_file_is_no_lines_and_a_missing_one_is_a_problem(tmp_path: Path) -> None:
    """A list that was asked for must be there and be text."""
    (tmp_path / "bad").write_bytes(b"\xff")
    (tmp_path / "good").write_text("TOOL-1 * why")

    assert known.read(None, WORKLOADS) == []
    assert known.read(tmp_path / "good", WORKLOADS, flaky=True) == [
        Line(1, "TOOL-1", "*", "why", flaky=True)
    ]
    for name in ("", "bad", "x" * 5000):
        with pytest.raises(UsageProblem, match="cannot be read"):
            known.read(tmp_path / name, WORKLOADS)
    with pytest.raises(UsageProblem, match=r"there is no file .*absent\n.*an empty one will do"):
        known.read(tmp_path / "absent", WORKLOADS)


# --- excusing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", [o for o in Outcome if o is not Outcome.FAIL])
def test_only_a_failure_is_excused(outcome: Outcome) -> None:
    """A pass needs no excuse, and what could not be told is excused by nothing."""
    assert excuse(v(outcome), [line(), line(flaky=True)]) == v(outcome)


@pytest.mark.parametrize(("flaky", "word"), [(False, "known"), (True, "flaky")])
def test_a_listed_failure_becomes_known_with_both_reasons(flaky: bool, word: str) -> None:
    """The report says why it is expected and what happened."""
    found = excuse(v(Outcome.FAIL), [line(flaky=flaky)])

    assert found.outcome is Outcome.KNOWN
    assert found.reason == f"{word}: see the tracker (it ran twice)"


@pytest.mark.parametrize(
    ("workload", "verdict", "excused"),
    [
        ("*", v(Outcome.FAIL), True),
        ("golden_path", v(Outcome.FAIL), True),
        ("two_users", v(Outcome.FAIL), False),
        ("*", v(Outcome.FAIL, "TOOL-2"), False),
    ],
)
def test_a_line_is_about_its_rule_and_workload(
    workload: str, verdict: Verdict, excused: bool
) -> None:
    """No failure hides behind a line about another."""
    assert (excuse(verdict, [line(workload)]).outcome is Outcome.KNOWN) == excused


# --- known failures must fail ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcomes", "problem"),
    [
        ([Outcome.KNOWN], None),
        ([Outcome.FAIL], None),
        ([Outcome.UNKNOWN], None),
        ([Outcome.PASS, Outcome.KNOWN], None),
        ([Outcome.PASS], "passes: remove it"),
        ([Outcome.PASS, Outcome.NOT_RUN], "passes: remove it"),
        ([Outcome.UNSUPPORTED], "matches nothing that was tested: remove it"),
        ([], "matches nothing that was tested: remove it"),
    ],
)
def test_a_line_that_no_longer_holds_is_stale(outcomes: list[Outcome], problem: str | None) -> None:
    """One that passes or matches nothing says so; an UNKNOWN speaks for itself."""
    found = stale([line()], [v(outcome) for outcome in outcomes])

    assert found == ([f"known-failing line 3 (TOOL-1 *) {problem}"] if problem else [])


@pytest.mark.parametrize("outcomes", [[], [Outcome.PASS], [Outcome.KNOWN]])
def test_a_flaky_line_is_never_stale(outcomes: list[Outcome]) -> None:
    """It may fail or pass."""
    assert stale([line(flaky=True)], [v(outcome) for outcome in outcomes]) == []


def test_a_line_looks_only_at_its_own_workload() -> None:
    """The failure of another workload does not keep it alive."""
    elsewhere = v(Outcome.KNOWN, workload="two_users")

    assert stale([line("golden_path")], [elsewhere, v(Outcome.PASS)]) != []
