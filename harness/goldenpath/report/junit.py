"""junit.xml, as pytest's xunit1 family writes it, so that properties are kept.

Red exactly if the exit code is: an error stands for what no verdict shows (a problem, nothing
checked). A verdict that is a warning only is never red, and one that is UNKNOWN never green.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree

from goldenpath.model import NEUTRAL, Outcome
from goldenpath.report.headline import Headline, headline
from goldenpath.report.layout import lay_out
from goldenpath.report.plain import count
from goldenpath.report.view import Said, Shown, View
from goldenpath.report.witness import Witnesses
from goldenpath.results import Report

_RED = ("failure", "error")


def render(report: Report, *, witnesses: Witnesses | None = None) -> str:
    """Return the document. Each case takes no time: nothing here has a clock."""
    shown = lay_out(report, witnesses)
    end = headline(shown)
    cases = [_case(said) for said in shown.said]
    cases += [_about_run("failure", f"stale-{n}", t) for n, t in enumerate(shown.stale, start=1)]
    cases += [
        _about_run("error", f"problem-{n}", str(t)) for n, t in enumerate(shown.problems, start=1)
    ]
    if end.exit and not any(case.find(kind) is not None for case in cases for kind in _RED):
        cases.append(_about_run("error", "outcome", end.sentence))
    root = ElementTree.Element("testsuites")
    root.append(_suite(shown, end, cases))
    ElementTree.indent(root)
    body = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{body}\n'


def _suite(shown: View, end: Headline, cases: list[ElementTree.Element]) -> ElementTree.Element:
    def having(kind: str) -> str:
        return str(sum(case.find(kind) is not None for case in cases))

    suite = ElementTree.Element(
        "testsuite",
        name="goldenpath",
        tests=str(len(cases)),
        failures=having("failure"),
        errors=having("error"),
        skipped=having("skipped"),
        time="0.000",
    )
    facts = (("target", shown.target), *shown.facts, ("outcome", end.word), ("exit", str(end.exit)))
    _properties(suite, facts)
    suite.extend(cases)
    return suite


def _properties(element: ElementTree.Element, pairs: Iterable[tuple[str, str]]) -> None:
    holder = ElementTree.SubElement(element, "properties")
    for name, value in pairs:
        ElementTree.SubElement(holder, "property", name=name, value=value)


def _case(said: Said) -> ElementTree.Element:
    name = f"{said.workload}/{said.rule}" if said.workload else said.rule
    case = ElementTree.Element("testcase", classname=said.family, name=name, time="0.000")
    pairs = (
        ("rule", said.rule),
        ("level", said.level),
        ("outcome", str(said.outcome)),
        ("opportunities", str(said.opportunities)),
        ("proves", "yes" if said.proves else "no"),
    )
    _properties(case, pairs)
    if said.outcome is not Outcome.PASS:
        _answer(case, said)
    return case


def _answer(case: ElementTree.Element, said: Said) -> None:
    reason = f"{said.outcome}: {said.reason or said.text or said.rule}"
    if said.outcome is Outcome.FAIL and not said.decides:
        ElementTree.SubElement(case, "system-out").text = f"a warning, {reason}\n{_body(said)}"
    elif said.outcome is Outcome.FAIL:
        _add(case, "failure", f"{said.rule}: {said.reason or said.text}", _body(said))
    elif said.outcome is Outcome.UNKNOWN and said.decides:
        _add(case, "error", reason, _body(said))
    else:
        kind = "grey" if said.outcome in NEUTRAL else "known or a warning"
        _add(case, "skipped", reason, _body(said), kind)


def _add(case: ElementTree.Element, tag: str, message: str, body: str, kind: str = "") -> None:
    attributes = {"type": kind, "message": message} if kind else {"message": message}
    ElementTree.SubElement(case, tag, attributes).text = body


def _about_run(tag: str, name: str, text: str) -> ElementTree.Element:
    case = ElementTree.Element("testcase", classname="run", name=f"run/{name}", time="0.000")
    _add(case, tag, text, text)
    return case


def _body(said: Said) -> str:
    lines = [said.text] if said.text else []
    for finding in said.findings:
        lines += _finding(finding)
    lines += [f"… and {count(said.more, 'more finding')}"] if said.more else []
    lines += [f"replay with: {said.replay}"] if said.replay else []
    return "\n".join(lines)


def _finding(finding: Shown) -> list[str]:
    entries = f" ({finding.entries})" if finding.entries else ""
    lines = [f"- {finding.message}{entries}"]
    for line in finding.lines:
        lines += [f"  {line.short}", *([f"        {line.rest}"] if line.rest else [])]
    return lines
