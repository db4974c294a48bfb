from __future__ import annotations

from typing import get_args

from tests.report.made import all_green, everything, failing, hostile, report, shown, verdict

from goldenpath import rulebook
from goldenpath.model import Outcome
from goldenpath.report import markdown, text
from goldenpath.report.view import Style


def test_styles_come_from_a_closed_set() -> None:
    lines = [*text.render(everything()), *text.render(hostile()), *text.render(report())]

    assert {style for style, _ in lines} <= set(get_args(Style))


def test_the_last_line_of_a_run_that_conforms() -> None:
    assert text.render(all_green())[-1] == (
        "pass",
        "PASS  mine conforms: 2 rules, 1,234 opportunities, seed 7"
        f" ({len(rulebook.RULES) - 2} rules not tested)"
        "  (exit 0: conforms)",
    )


def test_the_last_line_of_a_run_that_does_not() -> None:
    made = report(failing("API-1"), failing("TOOL-1"), verdict("TOOL-2"))

    assert text.render(made)[-1] == (
        "fail",
        "FAIL  mine breaks 2 of 3 rules: TOOL-1, API-1, seed 7  (exit 1: violations)",
    )


def test_a_stale_list_alone_is_said_in_the_last_line() -> None:
    made = report(verdict("API-1"), stale=("line 1 passes",))

    assert "1 stale line in its list of known failures" in text.render(made)[-1][1]


def test_the_last_line_of_a_run_that_could_not_tell() -> None:
    made = report(verdict("API-1"), verdict("TOOL-1", Outcome.UNKNOWN))

    assert text.render(made)[-1] == (
        "unknown",
        "UNKNOWN  could not tell whether mine conforms: 1 rule unknown, seed 7"
        "  (exit 3: inconclusive)",
    )


def test_a_failure_is_laid_out_whole() -> None:
    plan = {"plan": ["x" * 200]}
    lines = {"two_users": {1: shown(1, "cleanup"), 3: shown(3, "run", plan)}}
    said = text.as_text(text.render(report(failing("API-1")), witnesses=lines))

    assert (
        "Failures\n"
        "  FAIL API-1 in two_users (MUST)\n"
        "    The members are there, each of its kind.\n"
        "    - expected one, got two\n"
        "         1  INVOKE  alice  cleanup\n"
        f'         3  INVOKE  alice  run, plan ["{"x" * 113}… (+89 letters)\n'
        f'            {{"plan":["{"x" * 200}"]}}\n'
    ) in said


def test_entries_are_numbered_where_not_all_are_shown() -> None:
    lines = {"two_users": {3: shown(3, "cleanup")}}

    for some in (lines, {}):
        said = text.as_text(text.render(report(failing("API-1")), witnesses=some))
        assert "      entries 1, 3\n" in said


def test_causes_stand_before_consequences() -> None:
    said = text.as_text(text.render(report(*map(failing, ("DELIVERY-2", "API-1", "ISOLATION-1")))))

    assert said.index("FAIL ISOLATION-1") < said.index("FAIL API-1") < said.index("FAIL DELIVERY-2")
    assert "breaks 3 of 3 rules: ISOLATION-1, API-1, DELIVERY-2" in said


def test_the_columns_of_the_families_are_one_alignment() -> None:
    lines = [line for _, line in text.render(everything()) if "(opportunities" in line]

    assert len(lines) > 3
    assert len({line.index("(opportunities") for line in lines}) == 1


def test_a_rule_that_fails_in_many_workloads_is_shown_where_it_is_proved() -> None:
    places = [failing("API-1", workload=name, proves=name == "b") for name in ("a", "b", "c")]
    shown = text.as_text(text.render(report(*places)))

    assert "FAIL API-1 in b (MUST)" in shown
    assert "also in a, c\n" in shown


def test_many_kinds_of_unread_frames_are_joined() -> None:
    made = report(verdict("API-1"), unread={f"kind {n}": 1 for n in range(1_000)})
    shown = text.as_text(text.render(made))

    assert "980 times 980 other kinds" in shown


def test_it_says_where_the_reports_are() -> None:
    assert ("dim", "reports in reports/latest") in text.render(all_green(), where="reports/latest")


def test_a_problem_of_several_lines_is_shown_in_lines() -> None:
    """What a program wrote to stderr can be read; in the other formats it is one line."""
    made = report(
        verdict("API-1"),
        problems=("no way\n  expected: one\n\n  got: \x1b none",),
        notes={"two_users": ("slow\n  very",)},
    )
    lines = text.render(made)

    at = lines.index(("unknown", "  no way"))
    assert lines[at + 1 : at + 3] == [("dim", "    expected: one"), ("dim", "    got: \\x1b none")]
    assert lines.index(("dim", "    very")) == lines.index(("dim", "  two_users: slow")) + 1
    assert "no way; expected: one; got: \\x1b none" in markdown.render(made)


def test_a_problem_of_endless_lines_is_cut() -> None:
    made = report(verdict("API-1"), problems=("word\n" * 100_000,))

    assert len(text.render(made)) < 600


def test_what_could_not_be_told_of_very_many_is_said_in_short() -> None:
    """A target that cannot be used: one reason, the rules by name, and each note once."""
    rules = ("API-1", "TOOL-1")

    def said(count: int) -> str:
        places = [f"w{n}" for n in range(count)]
        unknown = [
            verdict(rule, Outcome.UNKNOWN, reason="it hangs", workload=place)
            for rule in rules
            for place in places
        ]
        notes = dict.fromkeys(places, ("it hangs",))
        return text.as_text(text.render(report(*unknown, notes=notes)))

    assert "    TOOL-1 (w0, w1), API-1 (w0, w1)\n" in said(2)
    assert "  w0, w1: it hangs\n" in said(2)
    assert "    TOOL-1, API-1\n" in said(30)
    assert "Notes\n  w0, w1, w2 and 27 more: it hangs\n" in said(30)
    assert said(30).count("it hangs") == 2
