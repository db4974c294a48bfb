"""summary.md: the report for a job summary on GitHub, at most 1 MiB.

Text of a target stands in `<code>` with every letter that means something to Markdown or HTML as an
entity: no table, link, mention, emoji or tag can come out of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from goldenpath.model import Outcome
from goldenpath.report.headline import headline
from goldenpath.report.layout import lay_out
from goldenpath.report.plain import count, plain
from goldenpath.report.view import Family, Group, Said, Shown, View
from goldenpath.report.witness import Witnesses
from goldenpath.results import Report

#: GitHub takes 1 MiB; a job may write more than one summary.
LIMIT = 1_000_000
#: Findings per verdict and letters of a witness line; the other reports have more.
_FINDINGS, _LETTERS = 3, 400

_SPECIAL = re.compile(
    r"[&<>\"'|\\`*\[\]#@!~$]|(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])|:(?=\S)|(?<=www)\."
)
_MARKS = {
    "pass": "✅",
    "fail": "❌",
    "unknown": "❓",
    "known": "☑️",
    "warn": "⚠️",
    "neutral": "▫️",
}
_CUT = "\n**This summary was cut at its limit; report.html and verdicts.json hold the rest.**\n"


def render(report: Report, *, witnesses: Witnesses | None = None, limit: int = LIMIT) -> str:
    """Return the summary, cut between two of its blocks where it would pass `limit` bytes."""
    shown = lay_out(report, witnesses)
    kept, size = [], len(_CUT.encode())
    for block in _blocks(shown):
        size += len(block.encode()) + 1
        if size > limit:
            kept.append(_CUT)
            break
        kept.append(block)
    return "\n".join(kept)


def escape(text: str) -> str:
    """Return `text` so that Markdown shows it letter by letter."""
    return _SPECIAL.sub(lambda found: f"&#{ord(found[0])};", text)


def code(text: str) -> str:
    """Return `text` as code: nobody is mentioned and nothing is linked out of it."""
    return f"<code>{escape(text)}</code>" if text else ""


def _blocks(shown: View) -> Iterator[str]:
    end = headline(shown)
    yield f"## {_MARKS[end.style]} {end.word}\n"
    yield f"{code(end.sentence)}\n\nExit {end.exit}: {end.meaning}.\n"
    yield _list("Problems: the run was not whole", (code(text) for text in shown.problems))
    yield _families(shown)
    yield from _verdicts("Failures", shown.failures)
    stale = (code(text) for text in shown.stale)
    yield _list("Lines of the known-failing list that no longer hold", stale)
    yield _list("Unknown: should have been tested and could not be", map(_group, shown.unknowns))
    yield from _verdicts("Warnings: rules of level SHOULD that fail", shown.soft)
    known = (f"{code(s.rule)} in {code(s.workload)}: {code(s.reason)}" for s in shown.known)
    yield _list("Known failures", known)
    yield _folded("Not tested", map(_group, shown.greys))
    unread = (f"{number:,} times {code(kind)}" for kind, number in shown.unread)
    yield _folded("Frames that are no events of the dialect", unread)
    yield _folded("Target", _target(shown))
    yield _folded("Notes", (f"{code(name)}: {code(note)}" for name, note in shown.notes))


def _list(title: str, items: Iterable[str]) -> str:
    lines = [f"- {item}" for item in items]
    return "\n".join([f"### {title}\n", *lines, ""]) if lines else ""


def _folded(title: str, items: Iterable[str]) -> str:
    lines = [f"- {item}" for item in items]
    if not lines:
        return ""
    summary = f"<details><summary>{title} ({len(lines)})</summary>\n"
    return "\n".join([summary, *lines, "\n</details>\n"])


def _families(shown: View) -> str:
    if not shown.families:
        return "No rule has a verdict: **nothing was checked**.\n"
    rows = "\n".join(map(_row, shown.families))
    return f"| | Family | Rules | Outcomes | Opportunities |\n|---|---|---:|---|---:|\n{rows}\n"


def _row(family: Family) -> str:
    counts = ", ".join(f"{outcome} {number}" for outcome, number in family.counts)
    cells = (_MARKS[family.style], code(family.name), str(len(family.rules)), counts)
    return f"| {' | '.join(cells)} | {family.opportunities:,} |"


def _verdicts(title: str, verdicts: tuple[Said, ...]) -> Iterator[str]:
    if verdicts:
        yield f"### {title}\n"
    yield from map(_verdict, verdicts)


def _verdict(said: Said) -> str:
    head = f"#### {_MARKS[said.style]} {code(said.rule)} in {code(said.workload)} ({said.level})\n"
    lines = [head]
    lines += [f"{escape(said.text)}\n"] if said.text else []
    lines += [_finding(f) for f in said.findings[:_FINDINGS]] or [f"- {code(said.reason)}"]
    more = said.more + len(said.findings[_FINDINGS:])
    lines += [f"- … and {count(more, 'more finding')}"] if more else []
    replay = next((finding.replay for finding in said.findings if finding.replay), "")
    lines += [f"\nReplay with: {code(replay)}"] if replay else []
    return "\n".join([*lines, ""])


def _finding(finding: Shown) -> str:
    noun = "entry" if len(finding.witness) == 1 else "entries"
    where = ", ".join(map(str, finding.witness))
    first = f"- {code(finding.message)}" + (f" ({noun} {where})" if where else "")
    return "\n".join([first, *(f"  - {code(plain(line, _LETTERS))}" for _, line in finding.lines)])


def _group(group: Group) -> str:
    aside = " (a warning)" if group.outcome is Outcome.UNKNOWN and not group.decides else ""
    members = ", ".join(code(member) for member in group.members)
    return f"{group.outcome}{aside}: {code(group.reason)}: {members}"


def _target(shown: View) -> Iterator[str]:
    yield f"target {code(shown.target)}"
    yield from (f"{code(name)}: {code(value)}" for name, value in shown.facts)
    for ability in shown.card:
        yield f"{'✅' if ability.there else '▫️'} {code(ability.name)}: {code(ability.says)}"
    yield from (f"event {code(event)}: {code(origin)}" for event, origin in shown.events)
