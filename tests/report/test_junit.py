from __future__ import annotations

from xml.etree import ElementTree

import pytest
from tests.report.made import all_green, everything, failing, hostile, report, verdict

from goldenpath.model import Level, Outcome
from goldenpath.report import junit


def cases(made: object) -> dict[str, ElementTree.Element]:
    suite = ElementTree.fromstring(junit.render(made)).find("testsuite")  # type: ignore[arg-type]
    assert suite is not None
    found = {case.attrib["name"]: case for case in suite.iter("testcase")}
    for kind, total in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        assert len(list(suite.iter(kind))) == int(suite.attrib[total])
    assert len(list(suite.iter("testcase"))) == int(suite.attrib["tests"])
    return found


@pytest.mark.parametrize(
    ("outcome", "tag"),
    [
        (Outcome.FAIL, "failure"),
        (Outcome.UNKNOWN, "error"),
        (Outcome.KNOWN, "skipped"),
        (Outcome.UNSUPPORTED, "skipped"),
        (Outcome.UNOBSERVABLE, "skipped"),
        (Outcome.NOT_RUN, "skipped"),
    ],
)
def test_what_an_outcome_becomes(outcome: Outcome, tag: str) -> None:
    case = cases(report(verdict("API-1", outcome, reason="why"), verdict("TOOL-1")))

    found = case["two_users/API-1"].find(tag)
    assert found is not None
    assert "why" in found.attrib["message"]
    assert [child.tag for child in case["two_users/TOOL-1"]] == ["properties"]


def test_a_case_is_named_after_family_workload_and_rule() -> None:
    case = cases(all_green())["two_users/TOOL-1"]

    assert case.attrib == {"classname": "TOOL", "name": "two_users/TOOL-1", "time": "0.000"}
    values = {p.attrib["name"]: p.attrib["value"] for p in case.iter("property")}
    assert values["level"] == "MUST"
    assert values["opportunities"] == "1231"


def test_the_suite_carries_the_facts() -> None:
    suite = ElementTree.fromstring(junit.render(everything())).find("testsuite")
    assert suite is not None
    values = {p.attrib["name"]: p.attrib["value"] for p in suite.findall("properties/property")}

    assert values["target"] == "mine"
    assert values["seed"] == "7"
    assert values["outcome"] == "FAIL"
    assert values["exit"] == "1"


def test_hostile_text_leaves_it_well_formed() -> None:
    shown = junit.render(hostile())
    root = ElementTree.fromstring(shown)

    assert root.tag == "testsuites"
    assert "]]>" not in shown
    assert "<script" not in shown


def test_problems_and_stale_lines_are_cases_of_their_own() -> None:
    found = cases(everything())

    assert found["run/problem-1"].find("error") is not None
    assert found["run/stale-1"].find("failure") is not None


def test_a_should_that_fails_passes_and_says_so() -> None:
    case = cases(report(verdict("TOOL-1"), failing("API-1", level=Level.SHOULD)))
    said = case["two_users/API-1"].findtext("system-out") or ""

    assert "expected one, got two (entries 1, 3)" in said
