"""Annotations for GitHub Actions: workflow commands, one a line; a step shows ten of each level."""

from collections.abc import Iterable

from goldenpath.report.headline import headline
from goldenpath.report.layout import lay_out
from goldenpath.report.plain import count, plain
from goldenpath.report.view import Block, Group, View
from goldenpath.results import Report

#: What GitHub shows of each level and step.
MOST = 10
_LETTERS = 1_000

_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def annotations(report: Report) -> list[str]:
    """Return the commands. There is an error exactly if the exit code is not 0."""
    shown = lay_out(report)
    end = headline(shown)
    errors = [*map(_block, shown.failures)]
    errors += [("the known-failing list is stale", text) for text in shown.stale]
    errors += map(_group, _unknowns(shown, True))
    errors += [("the run was not whole", str(problem)) for problem in shown.problems]
    if end.exit and not errors:
        errors = [(f"goldenpath {end.word}", end.sentence)]
    warnings = [*map(_block, shown.soft), *map(_group, _unknowns(shown, False))]
    return [*_commands("error", errors), *_commands("warning", warnings)]


def _unknowns(shown: View, decides: bool) -> list[Group]:
    return [group for group in shown.unknowns if group.decides is decides]


def _block(block: Block) -> tuple[str, str]:
    said = block.best
    first = said.findings[0] if said.findings else None
    lines = [said.text] if said.text else []
    lines.append(first.message if first else said.reason or "no finding was given")
    others = said.count - 1
    lines += [f"and {count(others, 'more finding')}"] if first and others else []
    lines += [block.also] if block.also else []
    lines += [f"replay with: {first.replay}"] if first and first.replay else []
    return said.title, "\n".join(lines)


def _group(group: Group) -> tuple[str, str]:
    members = ", ".join(group.members)
    return f"UNKNOWN: {plain(group.reason, 100)}", f"{group.reason}\n{members}"


def _commands(level: str, found: list[tuple[str, str]]) -> Iterable[str]:
    if len(found) > MOST:
        left = len(found) - MOST + 1
        found = [*found[: MOST - 1], ("goldenpath", f"and {left} more; see the job's summary")]
    for title, text in found:
        yield command(level, title, text)


def command(level: str, title: str, text: str) -> str:
    """Return one command; level: error, warning or notice. The text may have several lines."""
    shown = "\n".join(plain(line, _LETTERS) for line in text.splitlines())
    return f"::{level} title={title.translate(_PROPERTY)}::{shown.translate(_DATA)}"
