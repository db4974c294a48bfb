"""What holds for every kind of report."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.report.made import (
    ACTING,
    all_green,
    everything,
    failing,
    hostile,
    report,
    untested,
    verdict,
)

from goldenpath import rulebook
from goldenpath.capabilities import CAPABILITIES
from goldenpath.model import Finding, Outcome
from goldenpath.report import data, github, html, junit, markdown, text
from goldenpath.report.headline import conclusion
from goldenpath.report.layout import FAMILIES, lay_out
from goldenpath.report.plain import plain
from goldenpath.results import Report

Render = Callable[[Report], str]

FORMATS: dict[str, Render] = {
    "text": lambda r: text.as_text(text.render(r)),
    "markdown": markdown.render,
    "html": html.render,
    "junit": junit.render,
    "json": lambda r: data.encode(r).decode(),
}
ALL = {**FORMATS, "github": lambda r: "\n".join(github.annotations(r))}
every_format = pytest.mark.parametrize("render", FORMATS.values(), ids=FORMATS)
all_formats = pytest.mark.parametrize("render", ALL.values(), ids=ALL)


@every_format
@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_is_shown_with_its_reason(render: Render, outcome: Outcome) -> None:
    shown = render(report(verdict("API-1", outcome, reason="for this reason")))

    assert outcome in shown
    assert "API-1" in shown or outcome is Outcome.PASS  # a line per family is enough
    assert "for this reason" in shown or outcome is Outcome.PASS


@every_format
def test_everything_is_shown(render: Render) -> None:
    shown = render(everything())

    for what in ("ISOLATION-1", "expected one, got two", "nobody could tell", "TOOL-1", "bug 12"):
        assert what in shown
    for what in ("too slow", "not declared", "out of reach", "not asked for", "not run: crowd"):
        assert what in shown
    assert "line 3 passes" in shown


@all_formats
def test_nothing_that_acts_gets_out(render: Render) -> None:
    shown = render(hostile())

    assert [sign for sign in ACTING if sign in shown] == []
    shown.encode("utf-8")


@all_formats
@given(said=st.text(max_size=30))
def test_no_text_breaks_a_format(render: Render, said: str) -> None:
    shown = render(report(failing("API-1", said, workload=said), problems=(said,), target=said))

    assert all(line.isprintable() for line in shown.split("\n"))


@all_formats
def test_a_million_letters_are_cut(render: Render) -> None:
    long = "x" * 1_000_000
    shown = render(report(failing("API-1", long, workload=long), problems=(long,), target=long))

    assert len(shown) < 30_000 or '"format": 1' in shown


@pytest.mark.parametrize(
    "empty", [report(), Report(target="mine"), Report(target="", outcome="PASS", exit=0)]
)
def test_a_report_without_verdicts_is_not_green(empty: Report) -> None:
    for name, render in FORMATS.items():
        shown = render(empty)
        assert "PASS" not in shown or name == "json"
        assert "nothing was checked" in shown or name == "json"
    assert text.render(empty)[-1][0] == "unknown"
    assert "(exit 3: inconclusive)" in text.render(empty)[-1][1]
    assert '<error message="nothing was checked on' in junit.render(empty)
    assert github.annotations(empty)[0].startswith("::error ")


def test_a_report_that_claims_too_much_is_not_believed() -> None:
    green = all_green()
    replaced = msgspec.structs.replace

    assert conclusion(green) == "PASS"
    assert conclusion(replaced(green, exit=3)) == "UNKNOWN"
    assert conclusion(replaced(green, problems=("cut",))) == "UNKNOWN"
    assert conclusion(replaced(green, stale=("line 1",))) == "FAIL"
    assert conclusion(replaced(green, verdicts=(failing("API-1"),))) == "FAIL"
    assert conclusion(replaced(green, verdicts=(verdict("API-1", Outcome.NOT_RUN),))) == "UNKNOWN"


def test_the_formats_agree_on_the_outcome() -> None:
    for made in (all_green(), everything(), report(), report(failing("API-1"))):
        word = conclusion(made)
        red = made.exit != 0
        assert text.render(made)[-1][1].startswith(f"{word}  ")
        assert f" {word}\n" in markdown.render(made)
        assert f"<h1>{word}</h1>" in html.render(made)
        assert bool(re.search("<(failure|error)", junit.render(made))) is red
        assert any(line.startswith("::error") for line in github.annotations(made)) is red


def test_what_is_not_shown_is_counted() -> None:
    many = tuple(Finding("API-1", f"number {n}", (n,)) for n in range(30))
    made = report(verdict("API-1", Outcome.FAIL, findings=many, more=100))

    assert "and 127 more findings" in text.as_text(text.render(made))
    assert "and 127 more findings" in markdown.render(made)
    assert "and 110 more findings" in html.render(made)
    assert "and 129 more findings" in github.annotations(made)[0]


def test_plain_says_how_much_is_cut_and_names_what_it_replaces() -> None:
    assert plain("as it is · 日本 é") == "as it is · 日本 é"
    assert plain("\x1b[0m\n\0\u202e\ud800") == r"\x1b[0m\n\x00\u202e\ud800"
    assert plain("a\xa0b\u3000c") == "a b c"
    assert plain("x" * 1_010, 10) == "xxxxxxxxxx… (+1,000 letters)"
    assert plain("\x1b" * 9, 8) == r"\x1b\x1b… (+7 letters)"


def test_nothing_is_cut_that_is_shorter_than_the_note_of_the_cut() -> None:
    assert plain("x" * 11, 10) == "x" * 11
    assert plain("x" * 25, 10) == "x" * 25
    assert plain("x" * 26, 10) == "x" * 10 + "… (+16 letters)"
    assert plain("\x1b" * 5, 8) == r"\x1b" * 5
    assert plain("x" * 11, 10, beyond=1) == "x" * 10 + "… (+2 letters)"
    assert plain("x" * 10, 10, beyond=1) == "x" * 10 + "… (+1 letter)"


@all_formats
@pytest.mark.parametrize("outcome", Outcome)
def test_a_verdict_without_a_workload_reads_well(render: Render, outcome: Outcome) -> None:
    said = render(report(untested("API-1", outcome, reason="for this reason")))

    assert not re.search(r"\bin\s*(``|<|:|\(|$)|\(\)|name=\"/|· *<|in  ", said, re.MULTILINE)
    assert "API-1" in said or outcome is Outcome.PASS or render is ALL["github"]


def test_the_families_stand_in_one_order() -> None:
    names = ("RECOVERY", "OTHER", "DELIVERY", "CONTENT", "ORDER", "API", "TOOL", "ISOLATION")
    made = report(*(failing(f"{name}-1") for name in names))
    for name, render in ALL.items():
        said = render(made)
        start = said.find("Failures") + 1
        places = [said.index(f"{family}-1", start) for family in (*FAMILIES, "OTHER")]
        assert places == sorted(places) or name == "json"


def test_a_rule_that_fails_in_many_workloads_is_one_annotation() -> None:
    (said,) = github.annotations(report(failing("API-1", workload="a"), failing("API-1")))

    assert "also in two_users" in said


def test_a_rule_counts_over_all_workloads_by_its_strongest_verdict() -> None:
    made = report(
        verdict("API-1", workload="a", opportunities=2),
        failing("API-1", workload="b", opportunities=5),
        verdict("API-1", Outcome.NOT_RUN, workload="c", opportunities=0),
    )

    assert ("fail", "  API  1 rule    FAIL 1  (opportunities 7)") in text.render(made)


def test_rules_without_a_verdict_are_named_with_their_reason() -> None:
    made = report(verdict("API-1"), card={"calls": "yes", "run_events": "UNOBSERVABLE: far away"})
    shown = text.as_text(text.render(made))

    assert re.search(r"UNOBSERVABLE  \d rules: far away\n    ORDER-1, ORDER-2", shown)
    assert re.search(r"NOT_RUN  \d rules?: no workload of this run tests it\n    TOOL-5\n", shown)


def test_capabilities_that_are_missing_for_one_reason_stand_together() -> None:
    """In no report a list of forty lines that all say the same; a few are named together."""
    names = list(CAPABILITIES)
    card = dict.fromkeys(names, "UNOBSERVABLE: far away")
    card |= {names[0]: "yes"} | dict.fromkeys(names[1:5], "UNSUPPORTED: not today")
    shown = lay_out(report(verdict("API-1"), card=card)).card

    assert [(ability.name, ability.there) for ability in shown] == [
        (names[0], True),
        ("; ".join(names[1:5]), False),
        (f"{len(names) - 5} others", False),
    ]
    assert [ability.says for ability in shown[1:]] == [
        "UNSUPPORTED: not today",
        "UNOBSERVABLE: far away",
    ]


def test_a_should_that_fails_is_a_warning_unless_strict() -> None:
    soft = failing("API-1", level="SHOULD")  # type: ignore[arg-type]
    soft = msgspec.convert(msgspec.to_builtins(soft), type(soft))
    mild, strict = report(verdict("TOOL-1"), soft), report(verdict("TOOL-1"), soft, strict=True)

    assert "<system-out>a warning, FAIL" in junit.render(mild)
    assert "<failure" not in junit.render(mild)
    assert "<failure" in junit.render(strict)
    assert github.annotations(mild)[0].startswith("::warning ")
    assert github.annotations(strict)[0].startswith("::error ")
    untested = f"{len(rulebook.RULES) - 2} rules not tested"
    assert text.render(mild)[-1][1].endswith(f"({untested}, 1 warning)  (exit 0: conforms)")


def test_an_unknown_should_is_no_error_and_not_green() -> None:
    made = report(verdict("TOOL-1"), verdict("API-1", Outcome.UNKNOWN, level="SHOULD"))
    made = msgspec.convert(msgspec.to_builtins(made), Report)

    assert "<error" not in junit.render(made)
    assert "<skipped" in junit.render(made)
    assert "1 rule unknown" in text.render(made)[-1][1]
