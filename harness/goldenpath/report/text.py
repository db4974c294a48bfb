"""The report for a terminal: lines with a style each, no colour codes, nothing that acts.

Print the text as it is (rich.text.Text with a style), never as markup: brackets are the target's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from goldenpath.model import Outcome
from goldenpath.report.headline import headline
from goldenpath.report.layout import lay_out
from goldenpath.report.plain import count, plain
from goldenpath.report.view import Family, Group, Said, Shown, Style, View
from goldenpath.report.witness import Witnesses
from goldenpath.results import Report

Line = tuple[Style, str]

#: What a terminal shows of each; the other reports have more.
_FAILURES, _FINDINGS, _LETTERS, _NOTES = 20, 3, 240, 10


def render(report: Report, *, where: str = "", witnesses: Witnesses | None = None) -> list[Line]:
    """Return the lines of the report. `where` is the folder in which the other reports are."""
    shown = lay_out(report, witnesses)
    return [*_facts(shown), *_rules(shown), *_troubles(shown), *_greys(shown), *_end(shown, where)]


def as_text(lines: Iterable[Line]) -> str:
    """Join the lines, without their styles."""
    return "".join(f"{text}\n" for _, text in lines)


def _facts(shown: View) -> Iterator[Line]:
    yield "title", shown.target
    yield "dim", "  " + " · ".join(f"{name} {value}" for name, value in shown.facts)
    yield from _heading("Capabilities", shown.card)
    for ability in shown.card:
        style: Style = "" if ability.there else "neutral"
        yield style, f"  {'+' if ability.there else '-'} {ability.name:<12} {ability.says}"
    origins: dict[str, list[str]] = {}
    for event, origin in shown.events:
        origins.setdefault(origin, []).append(event)
    for origin, events in origins.items():
        yield "dim", f"  events {origin}: {', '.join(events)}"


def _heading(title: str, there: object) -> Iterator[Line]:
    if there:
        yield "", ""
        yield "title", title


def _rules(shown: View) -> Iterator[Line]:
    yield from _heading("Rules", True)
    if not shown.families:
        yield "unknown", "  no rule has a verdict: nothing was checked"
    width = max((len(family.name) for family in shown.families), default=0)
    for family in shown.families:
        yield family.style, f"  {_family(family, min(width, 24))}"


def _family(family: Family, width: int) -> str:
    counts = "  ".join(f"{outcome} {number}" for outcome, number in family.counts)
    start = f"{family.name:<{width}}  {count(len(family.rules), 'rule'):<8}  {counts:<24}"
    return f"{start}  (opportunities {family.opportunities:,})"


def _troubles(shown: View) -> Iterator[Line]:
    yield from _verdicts("Failures", shown.failures)
    yield from _verdicts("Warnings: rules of level SHOULD that fail", shown.soft)
    yield from _heading("Lines of the known-failing list that no longer hold", shown.stale)
    yield from (("fail", f"  {text}") for text in shown.stale)
    yield from _heading("Unknown: should have been tested and could not be", shown.unknowns)
    for group in shown.unknowns:
        yield from _group(group)
    yield from _heading("Known failures", shown.known)
    for said in shown.known:
        yield "known", f"  {said.rule} in {said.workload}: {said.reason or 'as listed'}"


def _verdicts(title: str, verdicts: tuple[Said, ...]) -> Iterator[Line]:
    """One block per rule: the workload that shows it best, and where else it fails."""
    yield from _heading(title, verdicts)
    rules: dict[str, list[Said]] = {}
    for said in verdicts:
        rules.setdefault(said.rule, []).append(said)
    for mine in list(rules.values())[:_FAILURES]:
        best = min(mine, key=lambda s: (not s.findings, not s.proves, s.opportunities))
        yield from _verdict(best)
        others = [said.workload for said in mine if said is not best]
        if others:
            yield "dim", plain(f"    also in {', '.join(others)}", _LETTERS)
    left = list(rules)[_FAILURES:]
    if left:
        yield "dim", plain(f"  … and {count(len(left), 'more rule')}: {', '.join(left)}", _LETTERS)


def _verdict(said: Said) -> Iterator[Line]:
    yield said.style, f"  {said.outcome} {said.rule} in {said.workload} ({said.level})"
    if said.text:
        yield "dim", f"    {said.text}"
    for finding in said.findings[:_FINDINGS]:
        yield from _finding(finding)
    if not said.findings:
        yield "", f"    {said.reason or 'no finding was given'}"
    more = said.more + len(said.findings[_FINDINGS:])
    if more:
        yield "dim", f"    … and {count(more, 'more finding')}"
    for replay in [finding.replay for finding in said.findings if finding.replay][:1]:
        yield "", f"    replay with: {replay}"


def _finding(finding: Shown) -> Iterator[Line]:
    yield "", f"    - {finding.message}"
    if finding.witness:
        noun = "entry" if len(finding.witness) == 1 else "entries"
        yield "dim", f"      {noun} {', '.join(map(str, finding.witness))}"
    for _, line in finding.lines:
        yield "dim", f"      {plain(line, _LETTERS)}"


def _group(group: Group) -> Iterator[Line]:
    style: Style = "unknown" if group.outcome is Outcome.UNKNOWN else "neutral"
    aside = "" if group.decides or group.outcome is not Outcome.UNKNOWN else " (a warning)"
    rules = count(len(group.members), "rule")
    yield style, f"  {group.outcome}  {rules}: {group.reason}{aside}"
    yield "dim", f"    {', '.join(group.members)}"


def _greys(shown: View) -> Iterator[Line]:
    yield from _heading("Not tested", shown.greys)
    for group in shown.greys:
        yield from _group(group)


def _end(shown: View, where: str) -> Iterator[Line]:
    yield from _heading("Frames that are no events of the dialect", shown.unread)
    yield from (("neutral", f"  {number:,} times {kind}") for kind, number in shown.unread)
    yield from _heading("Notes", shown.notes)
    yield from (("dim", f"  {name}: {note}") for name, note in shown.notes[:_NOTES])
    if len(shown.notes) > _NOTES:
        yield "dim", f"  … and {len(shown.notes) - _NOTES} more"
    yield from _heading("Problems: the run was not whole", shown.problems)
    yield from (("unknown", f"  {problem}") for problem in shown.problems)
    yield "", ""
    yield "dim", f"seed {shown.report.seed}"
    if where:
        yield "dim", f"reports in {plain(where)}"
    end = headline(shown)
    yield end.style, f"{end.word}  {end.sentence}  (exit {end.exit}: {end.meaning})"
