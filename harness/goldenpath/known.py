"""Lists of known failures: what is expected to fail must fail, and each line says why.

A line is `RULE WORKLOAD reason in words`; the workload may be `*`. `#` begins a comment. In a
known-failing list a line whose rule passes, or that matches nothing, makes the run red. In a
known-flaky list the rule may fail or pass. Set-up errors and UNKNOWN are excused by neither.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from goldenpath import rulebook
from goldenpath.errors import UsageProblem
from goldenpath.meant import RULES, asking
from goldenpath.model import Outcome, Verdict


@dataclass(frozen=True)
class Line:
    """One line of a list; number 0: an excuse that a test says itself."""

    number: int
    rule: str
    workload: str
    reason: str
    flaky: bool = False

    def matches(self, verdict: Verdict) -> bool:
        """Whether the line is about this verdict."""
        return self.rule == verdict.rule and self.workload in ("*", verdict.workload)


def parse(
    text: str,
    name: str,
    workloads: Collection[str],
    *,
    flaky: bool = False,
    rules: Collection[str] = rulebook.RULES,
) -> list[Line]:
    """Read a list. Raises UsageProblem with everything that is wrong with it."""
    lines, problems = [], []
    for number, raw in enumerate(text.splitlines(), start=1):
        words = raw.partition("#")[0].strip().split(maxsplit=2)
        if not words:
            continue
        problem = _problem(words, workloads, rules)
        if problem:
            problems.append(f"line {number}: {problem}")
        else:
            lines.append(Line(number, words[0], words[1], words[2], flaky))
    if problems:
        raise UsageProblem(f"{name} is wrong:\n  " + "\n  ".join(problems))
    return lines


def _problem(words: list[str], workloads: Collection[str], rules: Collection[str]) -> str:
    if words[0] not in rules:
        return asking(f"there is no rule {words[0]!r}", words[0].strip(":,"), rules, alike=RULES)
    if len(words) < 3:
        return "expected `RULE WORKLOAD reason in words`, got no reason"
    if words[1] != "*" and words[1] not in workloads:
        problem = f"there is no workload {words[1]!r}"
        return asking(problem, words[1], workloads, "expected a name or *")
    return ""


def read(
    path: Path | None,
    workloads: Collection[str],
    *,
    flaky: bool = False,
    rules: Collection[str] = rulebook.RULES,
) -> list[Line]:
    """Read the list in this file; no path is no lines."""
    if path is None:
        return []
    try:
        if not path.exists():
            raise UsageProblem(f"there is no file {path}", hint="make it; an empty one will do")
        if not path.is_file():
            raise OSError("no regular file")
        return parse(path.read_text("utf-8"), str(path), workloads, flaky=flaky, rules=rules)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageProblem(f"{path} cannot be read: {error}") from None


def read_both(
    failing: Path | None, flaky: Path | None, workloads: Collection[str], rules: Collection[str]
) -> list[Line]:
    """The lines of the list of what must fail, then those of the list of what may."""
    return [
        *read(failing, workloads, rules=rules),
        *read(flaky, workloads, flaky=True, rules=rules),
    ]


def excuse(verdict: Verdict, lines: Iterable[Line]) -> Verdict:
    """Turn a FAIL into KNOWN where a line says so."""
    if verdict.outcome is not Outcome.FAIL:
        return verdict
    for line in lines:
        if line.matches(verdict):
            word = "flaky" if line.flaky else "known"
            reason = f"{word}: {line.reason} ({verdict.reason})"
            return msgspec.structs.replace(verdict, outcome=Outcome.KNOWN, reason=reason)
    return verdict


def stale(lines: Iterable[Line], verdicts: Collection[Verdict]) -> list[str]:
    """The known-failing lines that no longer hold, each with what to do.

    A line about something that could not be told is not stale: the UNKNOWN speaks for itself.
    """
    found = []
    for line in lines:
        about = [verdict for verdict in verdicts if line.matches(verdict)]
        outcomes = {verdict.outcome for verdict in about}
        if line.flaky or outcomes & {Outcome.KNOWN, Outcome.FAIL, Outcome.UNKNOWN}:
            continue
        what = "passes" if Outcome.PASS in outcomes else "matches nothing that was tested"
        which = f"known-failing line {line.number}" if line.number else "the excuse"
        found.append(f"{which} ({line.rule} {line.workload}) {what}: remove it")
    return found
