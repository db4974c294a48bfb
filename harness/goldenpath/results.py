"""What a whole run came to: all verdicts, the lists of known failures applied, the exit code.

Pure: from verdicts to a Report, which is what every kind of report is made of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from goldenpath import rulebook
from goldenpath.errors import Exit
from goldenpath.model import NEUTRAL, Level, Outcome, Rule, Verdict

FORMAT = 1

#: Strongest first: what a rule, or a whole run, comes to when several verdicts are joined.
_WEIGHT = (Outcome.FAIL, Outcome.UNKNOWN, Outcome.KNOWN, Outcome.PASS)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The content of verdicts.json, version 1 (schema: report/verdicts.schema.json).

    outcome: what the run came to. exit: the exit code that follows. counts: verdicts by outcome.
    problems: what kept the run from being whole, in words. stale: lines of the known-failing list
    that no longer hold. unread: frames that were no events, by
    kind. card, shown: what was found out about the target. own: the rules that are a user's own.
    """

    format: int = FORMAT
    target: str
    kind: str = ""
    seed: int = 0
    tier: str = "quick"
    outcome: str = "UNKNOWN"
    exit: int = int(Exit.INCONCLUSIVE)
    counts: dict[str, int] = {}
    verdicts: tuple[Verdict, ...] = ()
    problems: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    notes: dict[str, tuple[str, ...]] = {}
    unread: dict[str, int] = {}
    card: dict[str, str] = {}
    events: dict[str, str] = {}
    shown: Mapping[str, Any] = {}
    versions: Mapping[str, str] = {}
    histories: dict[str, str] = {}
    strict: bool = False
    own: tuple[Rule, ...] = ()


def strongest(verdicts: Iterable[Verdict]) -> dict[str, Verdict]:
    """Per rule, the verdict that counts: FAIL over UNKNOWN over KNOWN over PASS over neutral."""
    best: dict[str, Verdict] = {}
    for verdict in verdicts:
        before = best.get(verdict.rule)
        if before is None or _rank(verdict.outcome) < _rank(before.outcome):
            best[verdict.rule] = verdict
    return best


def _rank(outcome: Outcome) -> int:
    return _WEIGHT.index(outcome) if outcome in _WEIGHT else len(_WEIGHT)


def untested_core(kind: str, verdicts: Iterable[Verdict]) -> list[str]:
    """Core rules of this kind of target for which there was not one opportunity."""
    tested = {v.rule for v in verdicts if v.opportunities and v.outcome not in NEUTRAL}
    return [rule for rule in rulebook.CORE_RULES.get(kind, ()) if rule not in tested]


def decides(verdict: Verdict, *, strict: bool) -> bool:
    """Whether the verdict decides over the exit code, rather than being a warning."""
    return strict or verdict.level is Level.MUST


def exit_code(
    kind: str,
    verdicts: Iterable[Verdict],
    problems: Iterable[str],
    *,
    stale: Iterable[str] = (),
    strict: bool = False,
) -> Exit:
    """DESIGN section 3: a MUST that fails, then what could not be told, then conforms.

    `problems` are what kept the run from being whole. Nothing checked is never green.
    """
    listed = list(verdicts)
    weighty = [v for v in listed if decides(v, strict=strict)]
    if any(v.outcome is Outcome.FAIL for v in weighty) or list(stale):
        return Exit.VIOLATIONS
    unknown = any(v.outcome is Outcome.UNKNOWN for v in weighty)
    checked = any(v.outcome in (Outcome.PASS, Outcome.KNOWN) for v in listed)
    if unknown or list(problems) or not checked or untested_core(kind, listed):
        return Exit.INCONCLUSIVE
    return Exit.CONFORMS


_WORDS = {
    Exit.CONFORMS: "PASS",
    Exit.VIOLATIONS: "FAIL",
    Exit.INTERRUPTED: "UNKNOWN",
    Exit.INCONCLUSIVE: "UNKNOWN",
}


def conclude(report: Report, *, partial: bool = False) -> Report:
    """Fill in counts, outcome and exit code from the verdicts and problems.

    partial: rules or workloads were chosen, so that core rules without an opportunity are no flaw.
    """
    kind = "" if partial else report.kind
    code = exit_code(
        kind, report.verdicts, report.problems, stale=report.stale, strict=report.strict
    )
    untested = untested_core(kind, report.verdicts)
    core = f"core rules without an opportunity: {', '.join(untested)}"
    problems = report.problems
    if untested and code is Exit.INCONCLUSIVE and core not in problems:
        problems += (core,)
    counts = Counter(str(verdict.outcome) for verdict in report.verdicts)
    return msgspec.structs.replace(
        report,
        outcome=_WORDS[code],
        exit=int(code),
        counts={str(outcome): counts.get(str(outcome), 0) for outcome in Outcome},
        problems=problems,
    )


def interrupted(report: Report, code: Exit) -> Report:
    """The same report with another exit code, because the run was not carried to its end."""
    if report.exit == Exit.VIOLATIONS and code is not Exit.INTERRUPTED:
        return report
    return msgspec.structs.replace(
        report, exit=int(code), outcome="FAIL" if report.outcome == "FAIL" else "UNKNOWN"
    )
