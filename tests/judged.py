"""Short words for what is said of a history in tests: red, in doubt, broken and where."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec.structs import replace

from goldenpath.checkers import CHECKS, Check
from goldenpath.checkers.tally import NOTHING
from goldenpath.history import History
from goldenpath.judge import Judge
from goldenpath.model import Outcome, User, Verdict
from tests.build import Line, history


def verdicts(lines: Iterable[Line], *users: User, **more: Any) -> dict[str, Verdict]:
    """Judge the lines; the verdicts by rule. No check may crash over them."""
    return judged(history(lines, *users, **more))


def judged(made: History, checks: Iterable[Check] = CHECKS) -> dict[str, Verdict]:
    """Judge a history; the verdicts by rule. A crash is not seen in a verdict that is FAIL."""
    court = Judge(made.header, checks)
    for entry in made.entries:
        court.see(entry)
    found = by_rule(court.finish(made.footer))
    assert not court._crashed, court._crashed
    return found


def by_rule(found: Iterable[Verdict]) -> dict[str, Verdict]:
    """The verdicts by rule, where each rule has one."""
    return {verdict.rule: verdict for verdict in found}


def timed(
    lines: Iterable[Line],
    seconds: dict[int, float],
    checks: Iterable[Check] = CHECKS,
    **header: Any,
) -> dict[str, Verdict]:
    """Judge lines of which each comes at the second that was named last; the verdicts by rule."""
    made, now, entries = history(lines, **header), 0.0, []
    for entry in made.entries:
        now = seconds.get(entry.index, now)
        entries.append(replace(entry, at=round(now * 1e9)))
    return judged(replace(made, entries=tuple(entries)), checks)


#: A line, and the milliseconds since the line before.
Paced = tuple[float, Line]


def at_pace(
    lines: Sequence[Paced], checks: Iterable[Check] = CHECKS, **header: Any
) -> dict[str, Verdict]:
    """Judge lines of which each takes so long; the verdicts by rule."""
    seconds = itertools.accumulate(took / 1000 for took, _ in lines)
    return timed([line for _, line in lines], dict(enumerate(seconds)), checks, **header)


def red(lines: Iterable[Line], *users: User, **more: Any) -> set[str]:
    """The rules that fail."""
    found = verdicts(lines, *users, **more).values()
    return {v.rule for v in found if v.outcome is Outcome.FAIL}


def outcome(rule: str, lines: Iterable[Line], *users: User, **more: Any) -> Outcome:
    """What is said of one rule."""
    return verdicts(lines, *users, **more)[rule].outcome


def untold(rule: str, lines: Iterable[Line], *users: User, **more: Any) -> bool:
    """Whether nothing follows for this rule: it was not in doubt, and its check did not crash."""
    found = verdicts(lines, *users, **more)[rule]
    said = (found.outcome, found.opportunities, found.reason)
    return said == (Outcome.UNKNOWN, 0, NOTHING)


def doubted(rule: str, lines: Iterable[Line], *users: User, **more: Any) -> str:
    """Why it could not be told whether this rule was broken."""
    found = verdicts(lines, *users, **more)[rule]
    assert found.outcome is Outcome.UNKNOWN, found
    return found.reason


def findings(
    rule: str, lines: Iterable[Line], *users: User, **more: Any
) -> list[tuple[str, tuple[int, ...]]]:
    """Message and witness of each finding about this rule."""
    return [(f.message, f.witness) for f in verdicts(lines, *users, **more)[rule].findings]


def broken(
    rule: str, lines: Iterable[Line], *users: User, **more: Any
) -> tuple[str, tuple[int, ...]]:
    """Message and witness of the one finding about this rule."""
    (found,) = findings(rule, lines, *users, **more)
    return found
