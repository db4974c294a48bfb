"""The report for a terminal: lines with a style each, no colour codes, nothing that acts.

Print the text as it is (rich.text.Text with a style), never as markup: brackets are the target's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from goldenpath.model import Outcome
from goldenpath.report.headline import headline
from goldenpath.report.layout import lay_out
from goldenpath.report.plain import count, plain
from goldenpath.report.view import Block, Family, Group, Said, Shown, Style, Told, View
from goldenpath.report.witness import Witnesses
from goldenpath.results import Report

Line = tuple[Style, str]

#: What a terminal shows of each; the other reports have more.
_FAILURES, _FINDINGS, _LETTERS, _NOTES = 20, 3, 500, 10


def render(report: Report, *, where: str = "", witnesses: Witnesses | None = None) -> list[Line]:
    """Return the lines of the report. `where` is the folder in which the other reports are."""
    shown = lay_out(report, witnesses)
    return [*_facts(shown), *_rules(shown), *_troubles(shown), *_greys(shown), *_end(shown, where)]


def render_brief(report: Report, *, witnesses: Witnesses | None = None) -> Iterator[Line]:
    """Yield what a test shows that fails: what the run came to in one line, then what is wrong."""
    shown = lay_out(report, witnesses)
    end = headline(shown)
    yield end.style, end.sentence
    yield from _troubles(shown)
    yield from _problems(shown)


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
    name = min(max((len(family.name) for family in shown.families), default=0), 24)
    counts = max((len(_counts(family)) for family in shown.families), default=0)
    for family in shown.families:
        rules = count(len(family.rules), "rule")
        start = f"{family.name:<{name}}  {rules:<8}  {_counts(family):<{counts}}"
        yield family.style, f"  {start}  (opportunities {family.opportunities:,})"


def _counts(family: Family) -> str:
    return "  ".join(f"{outcome} {number}" for outcome, number in family.counts)


def _troubles(shown: View) -> Iterator[Line]:
    yield from _verdicts("Failures", shown.failures)
    yield from _verdicts("Warnings: rules of level SHOULD that fail", shown.soft)
    yield from _heading("Lines of the known-failing list that no longer hold", shown.stale)
    yield from (("fail", f"  {text}") for text in shown.stale)
    yield from _heading("Unknown: should have been tested and could not be", shown.unknowns)
    for group in shown.unknowns:
        yield from _group(group)
    yield from _heading("Known failures", shown.known)
    for said in (said for block in shown.known for said in (block.best, *block.others)):
        yield "known", f"  {said.title}: {said.reason or 'as listed'}"


def _verdicts(title: str, blocks: tuple[Block, ...]) -> Iterator[Line]:
    """One block per rule: the workload that shows it best, and where else it fails."""
    yield from _heading(title, blocks)
    for block in blocks[:_FAILURES]:
        yield from _verdict(block.best)
        if block.also:
            yield "dim", f"    {plain(block.also, _LETTERS)}"
    left = [block.best.rule for block in blocks[_FAILURES:]]
    if left:
        yield "dim", plain(f"  … and {count(len(left), 'more rule')}: {', '.join(left)}", _LETTERS)


def _verdict(said: Said) -> Iterator[Line]:
    yield said.style, f"  {said.outcome} {said.title} ({said.level})"
    if said.text:
        yield "dim", f"    {said.text}"
    for finding in said.findings[:_FINDINGS]:
        yield from _finding(finding)
    if not said.findings:
        yield "", f"    {said.reason or 'no finding was given'}"
    more = said.more + len(said.findings[_FINDINGS:])
    if more:
        yield "dim", f"    … and {count(more, 'more finding')}"
    if said.replay:
        yield "", f"    replay with: {said.replay}"


def _finding(finding: Shown) -> Iterator[Line]:
    yield "", f"    - {finding.message}"
    if finding.entries:
        yield "dim", f"      {finding.entries}"
    for line in finding.lines:
        yield "", f"      {line.short}"
        if line.rest:
            yield "dim", f"            {line.rest}"


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


def _problems(shown: View) -> Iterator[Line]:
    yield from _heading("Problems: the run was not whole", shown.problems)
    for problem in shown.problems:
        yield from _told("unknown", "", problem)


def _told(style: Style, name: str, told: Told) -> Iterator[Line]:
    """A problem or a note: its first line, and below it the others."""
    first, *others = told.lines or ("",)
    yield style, f"  {name}: {first}" if name else f"  {first}"
    yield from (("dim", f"    {line}") for line in others)


def _end(shown: View, where: str) -> Iterator[Line]:
    yield from _heading("Frames that are no events of the dialect", shown.unread)
    yield from (("neutral", f"  {number:,} times {kind}") for kind, number in shown.unread)
    yield from _heading("Notes", shown.notes)
    for name, note in shown.notes[:_NOTES]:
        yield from _told("dim", name, note)
    if len(shown.notes) > _NOTES:
        yield "dim", f"  … and {len(shown.notes) - _NOTES} more"
    yield from _problems(shown)
    yield "", ""
    yield "dim", f"seed {shown.report.seed}"
    if where:
        yield "dim", f"reports in {plain(where)}"
    end = headline(shown)
    yield end.style, f"{end.word}  {end.sentence}  (exit {end.exit}: {end.meaning})"
