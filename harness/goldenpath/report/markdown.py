"""summary.md: the report for a job summary on GitHub, at most 1 MiB.

Text of a target stands in code spans: no table, link, mention, emoji or tag can come out of them,
and they read well where nothing renders them. Only what could end a span is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from goldenpath import rulebook
from goldenpath.model import Outcome
from goldenpath.report.headline import headline
from goldenpath.report.layout import lay_out
from goldenpath.report.plain import count
from goldenpath.report.view import Block, Family, Group, Said, Shown, View
from goldenpath.report.witness import Witnesses
from goldenpath.results import Report

#: GitHub takes 1 MiB; a job may write more than one summary.
LIMIT = 1_000_000
#: Findings per rule; the other reports have more.
_FINDINGS = 3

#: What means something in our own sentences, which stand outside of code.
_SPECIAL = re.compile(r"[&<>|\\`*\[\]~$]|(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])")
_TICKS = re.compile("`+")
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
    for block in filter(None, _blocks(shown)):
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
    """Return `text`, which is one line, as a code span, in which nothing means anything.

    The fence is the shortest run of backticks that is not in the text, so it never passes the 80
    that GitHub takes (a text of 2,000 letters holds at most 62 runs of different length).
    """
    if not text:
        return ""
    inside = {len(run) for run in _TICKS.findall(text)}
    fence = "`" * next(n for n in range(1, len(inside) + 2) if n not in inside)
    room = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{fence}{room}{text}{room}{fence}"


def _blocks(shown: View) -> Iterator[str]:
    end = headline(shown)
    yield f"## {_MARKS[end.style]} {end.word}\n"
    yield f"{code(end.sentence)}\n\nExit {end.exit}: {end.meaning}.\n"
    yield _list("Problems: the run was not whole", (code(str(told)) for told in shown.problems))
    yield _families(shown)
    yield from _verdicts("Failures", shown.failures)
    stale = (code(text) for text in shown.stale)
    yield _list("Lines of the known-failing list that no longer hold", stale)
    yield _list("Unknown: should have been tested and could not be", map(_group, shown.unknowns))
    yield from _verdicts("Warnings: rules of level SHOULD that fail", shown.soft)
    known = (said for block in shown.known for said in (block.best, *block.others))
    yield _list("Known failures", (f"{_title(s)}: {code(s.reason) or 'as listed'}" for s in known))
    yield _folded("Not tested", map(_group, shown.greys))
    unread = (f"{number:,} times {code(kind)}" for kind, number in shown.unread)
    yield _folded("Frames that are no events of the dialect", unread)
    yield _folded("Target", _target(shown))
    notes = ((name, code(str(note))) for name, note in shown.notes)
    yield _folded("Notes", (f"{code(name)}: {note}" if name else note for name, note in notes))


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
    name = code(family.name).replace("|", "\\|")  # a table ends its cells even inside of code
    cells = (_MARKS[family.style], name, str(len(family.rules)), counts)
    return f"| {' | '.join(cells)} | {family.opportunities:,} |"


def _verdicts(title: str, blocks: tuple[Block, ...]) -> Iterator[str]:
    if blocks:
        yield f"### {title}\n"
    yield from map(_block, blocks)


def _title(said: Said) -> str:
    return f"{code(said.rule)} in {code(said.workload)}" if said.workload else code(said.rule)


def _block(block: Block) -> str:
    said = block.best
    lines = [f"#### {_MARKS[said.style]} {_title(said)} ({said.level})\n"]
    words = escape if said.rule in rulebook.RULES else code  # the text of ours alone is known
    lines += [f"{words(said.text)}\n"] if said.text else []
    reason = code(said.reason) or "no finding was given"
    lines += [_finding(f) for f in said.findings[:_FINDINGS]] or [f"- {reason}"]
    more = said.more + len(said.findings[_FINDINGS:])
    lines += [f"- … and {count(more, 'more finding')}"] if more else []
    others = ", ".join(code(other.workload) for other in block.others if other.workload)
    lines += [f"\nAlso in {others}"] if others else []
    lines += [f"\nReplay with: {code(said.replay)}"] if said.replay else []
    return "\n".join([*lines, ""])


def _finding(finding: Shown) -> str:
    entries = f" ({finding.entries})" if finding.entries else ""
    lines = [f"- {code(finding.message)}{entries}"]
    for line in finding.lines:
        lines += [
            f"  - {code(line.short.strip())}",
            *([f"    - {code(line.rest)}"] if line.rest else []),
        ]
    return "\n".join(lines)


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
