"""The one line that a run comes to: its word, its exit code and the sentence that explains it."""

from __future__ import annotations

from dataclasses import dataclass

from goldenpath import results
from goldenpath.model import NEUTRAL, Outcome
from goldenpath.report.plain import count
from goldenpath.report.view import Style, View
from goldenpath.results import Report

_MEANINGS = {
    0: "conforms",
    1: "violations",
    2: "usage or configuration error",
    3: "inconclusive",
    4: "a bug of the harness",
    130: "interrupted",
}
_STYLES: dict[str, Style] = {"PASS": "pass", "FAIL": "fail"}
_NAMED = 6


@dataclass(frozen=True)
class Headline:
    """word: PASS, FAIL or UNKNOWN. meaning: of the exit code, in words."""

    word: str
    exit: int
    meaning: str
    sentence: str
    style: Style


def headline(view: View) -> Headline:
    """Say what the run came to."""
    word = conclusion(view.report)
    code = _exit(view.report.exit, word)
    sentence = _SENTENCES[word](view)
    meaning = _MEANINGS.get(code, "not an exit code of goldenpath")
    return Headline(word, code, meaning, sentence, _STYLES.get(word, "unknown"))


def conclusion(report: Report) -> str:
    """PASS only where the report says so and its verdicts bear it out."""
    implied = results.exit_code(
        "", report.verdicts, report.problems, stale=report.stale, strict=report.strict
    )
    if report.outcome == "FAIL" or implied == 1:
        return "FAIL"
    green = report.outcome == "PASS" and report.exit == 0 and implied == 0
    return "PASS" if green else "UNKNOWN"


def _exit(given: int, word: str) -> int:
    return given if (given == 0) == (word == "PASS") else {"PASS": 0, "FAIL": 1}.get(word, 3)


def _conforms(view: View) -> str:
    kept = [rule for rule in view.rules if rule.said.outcome in (Outcome.PASS, Outcome.KNOWN)]
    opportunities = count(sum(rule.opportunities for rule in kept), "opportunity")
    beside = _beside(view)
    return (
        f"{view.target} conforms: {count(len(kept), 'rule')}, {opportunities},"
        f" seed {view.report.seed}{f' ({beside})' if beside else ''}"
    )


def _beside(view: View) -> str:
    """What a green line must not hide."""
    greys = sum(len(group.members) for group in view.greys)
    unknown = sum(rule.said.outcome is Outcome.UNKNOWN for rule in view.rules)
    parts = [
        f"{count(greys, 'rule')} not tested" if greys else "",
        f"{count(unknown, 'rule')} unknown" if unknown else "",
        count(len(view.known), "known failure") if view.known else "",
        count(len(view.soft), "warning") if view.soft else "",
    ]
    return ", ".join(part for part in parts if part)


def _breaks(view: View) -> str:
    broken = [block.best.rule for block in view.failures]
    tested = sum(rule.said.outcome not in NEUTRAL for rule in view.rules)
    if not broken:
        why = f": {count(len(view.stale), 'stale line')} in its list of known failures"
        return f"{view.target} does not conform{why if view.stale else ''}, seed {view.report.seed}"
    more = f" and {len(broken) - _NAMED} more" if len(broken) > _NAMED else ""
    return (
        f"{view.target} breaks {len(broken)} of {count(tested, 'rule')}:"
        f" {', '.join(broken[:_NAMED])}{more}, seed {view.report.seed}"
    )


def _unclear(view: View) -> str:
    target = view.target
    unknown = sum(r.said.outcome is Outcome.UNKNOWN and r.said.decides for r in view.rules)
    if view.report.exit == 130:
        return f"the run against {target} was interrupted"
    if not any(rule.said.outcome not in NEUTRAL for rule in view.rules):
        return f"nothing was checked on {target}"
    parts = [f"{count(unknown, 'rule')} unknown"] if unknown else []
    parts += [count(len(view.problems), "problem")] if view.problems else []
    why = f": {', '.join(parts)}" if parts else ""
    return f"could not tell whether {target} conforms{why}, seed {view.report.seed}"


_SENTENCES = {"PASS": _conforms, "FAIL": _breaks, "UNKNOWN": _unclear}
