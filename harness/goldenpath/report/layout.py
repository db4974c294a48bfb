"""Lays a report out once, for every format: plain, bounded, causes before consequences, grouped.

The formats only place and escape what stands here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from goldenpath import results, rulebook
from goldenpath.capabilities import CAPABILITIES, untestable
from goldenpath.model import NEUTRAL, Finding, Level, Outcome, Rule, Verdict
from goldenpath.report.plain import MESSAGE, fact, plain
from goldenpath.report.view import (
    WORST,
    Ability,
    Family,
    Group,
    RuleLine,
    Said,
    Shown,
    Style,
    Told,
    View,
    telling,
)
from goldenpath.report.witness import PER_FINDING, Witnesses
from goldenpath.results import Report

#: Bounds of what is shown; verdicts.json holds everything.
FINDINGS, LINES, KINDS, LISTED = 20, 400, 20, 100

#: Workloads that a group of rules with the same reason names, and those that a note is of.
PLACES, NOTED = 20, 3

#: So many capabilities that are missing for one reason are counted.
MANY_ABILITIES = 5

_STYLES: dict[Outcome, Style] = {
    Outcome.PASS: "pass",
    Outcome.FAIL: "fail",
    Outcome.KNOWN: "known",
    Outcome.UNKNOWN: "unknown",
}

#: The order of the families in every report: causes before consequences, so that what is to be
#: mended first is read first. An event that reached the wrong user (ISOLATION) is also missing
#: where it belongs, and no other fault is as grave. A tool that ran wrong (TOOL), or was asked in a
#: way that is not taken (API), shows in its events: when they come, what they hold, whether they
#: come at all, whether faults are survived. Families not named follow, in the catalogue's order.
FAMILIES = ("ISOLATION", "TOOL", "API", "ORDER", "CONTENT", "DELIVERY", "RECOVERY")


def _rank(family: str) -> int:
    return FAMILIES.index(family) if family in FAMILIES else len(FAMILIES)


def _ordered(own: Iterable[Rule]) -> dict[str, Rule]:
    """All rules, a user's own last, in that order; within a family as in the catalogue."""
    every = sorted(rulebook.with_own(own).values(), key=lambda rule: _rank(rule.family))
    return {rule.id: rule for rule in every}


_UNTOUCHED = (Outcome.NOT_RUN, "no workload of this run tests it")


def lay_out(report: Report, witnesses: Witnesses | None = None) -> View:
    """Lay out a report. `witnesses` holds lines of histories, see report.witness."""
    layout = _Layout(report, witnesses or {})
    said = layout.every(sorted(report.verdicts, key=layout.place))
    lines = layout.rule_lines()
    return View(
        report=report,
        target=plain(report.target) or "(no target)",
        facts=tuple(_facts(report)),
        card=tuple(_card(report)),
        events=tuple((plain(k), plain(v)) for k, v in list(report.events.items())[:LISTED]),
        said=said,
        families=tuple(_families(lines)),
        unknowns=tuple(_unknowns(said)),
        greys=tuple(_greys(report, lines, layout.rules.values())),
        problems=_told(report.problems),
        stale=tuple(map(str, _told(report.stale))),
        notes=tuple(_notes(report)),
        unread=tuple(_unread(report)),
    )


class _Layout:
    """Lays out verdicts, and keeps count of the witness lines that may still be shown."""

    def __init__(self, report: Report, witnesses: Witnesses) -> None:
        self.report, self.witnesses = report, witnesses
        self.lines_left = LINES
        self.rules = _ordered(report.own)
        self._places = {name: place for place, name in enumerate(self.rules)}

    def place(self, verdict: Verdict) -> tuple[int, str, str]:
        """Where a verdict stands among others."""
        last = len(self._places)
        return self._places.get(verdict.rule, last), verdict.rule, verdict.workload

    def every(self, verdicts: list[Verdict]) -> tuple[Said, ...]:
        """All verdicts; the most telling one of each rule takes its witness lines first."""
        best: dict[str, int] = {}
        for n, verdict in enumerate(verdicts):
            before = best.setdefault(verdict.rule, n)
            best[verdict.rule] = min(before, n, key=lambda m: telling(verdicts[m]))
        first = set(best.values())
        order = sorted(range(len(verdicts)), key=lambda n: n not in first)
        made = {n: self.said(verdicts[n]) for n in order}
        return tuple(made[n] for n in range(len(verdicts)))

    def said(self, verdict: Verdict) -> Said:
        rule = self.rules.get(verdict.rule)
        decides = results.decides(verdict, strict=self.report.strict)
        name = plain(verdict.rule)
        return Said(
            rule=name,
            family=name.rpartition("-")[0] or name or "(no rule)",
            level=str(verdict.level),
            text=plain(rule.text, MESSAGE) if rule else "",
            workload=plain(verdict.workload),
            outcome=verdict.outcome,
            style=_style(verdict.outcome, decides),
            decides=decides,
            reason=plain(verdict.reason, MESSAGE),
            opportunities=verdict.opportunities,
            proves=verdict.proves,
            findings=tuple(self._shown(verdict, f) for f in verdict.findings[:FINDINGS]),
            more=verdict.more + max(len(verdict.findings) - FINDINGS, 0),
        )

    def _shown(self, verdict: Verdict, finding: Finding) -> Shown:
        known = self.witnesses.get(verdict.workload, {})
        there = [i for i in finding.witness[:PER_FINDING] if i in known][: self.lines_left]
        self.lines_left -= len(there)
        lines = tuple(known[index] for index in there)
        message, replay = plain(finding.message, MESSAGE), plain(finding.replay, MESSAGE)
        return Shown(message, finding.witness[:LISTED], lines, replay)

    def rule_lines(self) -> list[RuleLine]:
        """One line per rule; these carry no witness lines, so that none is spent twice."""
        verdicts = sorted(self.report.verdicts, key=self.place)
        bare = _Layout(self.report, {})
        made = []
        for rule, strongest in results.strongest(verdicts).items():
            mine = [v for v in verdicts if v.rule == rule]
            same = [v for v in mine if v.outcome is strongest.outcome]
            opportunities = sum(v.opportunities for v in mine)
            made.append(RuleLine(bare.said(strongest), opportunities, _names(same), _names(mine)))
        return made


def _names(verdicts: Iterable[Verdict]) -> tuple[str, ...]:
    """Their workloads; a rule that no workload of the run tested has none."""
    return tuple(dict.fromkeys(plain(v.workload) for v in verdicts if v.workload))


def _style(outcome: Outcome, decides: bool) -> Style:
    if outcome is Outcome.FAIL and not decides:
        return "warn"
    return _STYLES.get(outcome, "neutral")


def _families(lines: Iterable[RuleLine]) -> Iterable[Family]:
    members: dict[str, list[RuleLine]] = {}
    for line in lines:
        members.setdefault(line.said.family, []).append(line)
    for name, rules in members.items():
        tally = Counter(line.said.outcome for line in rules)
        counts = tuple((outcome, tally[outcome]) for outcome in Outcome if tally[outcome])
        style = min((line.said.style for line in rules), key=WORST.index)
        yield Family(name, tuple(rules), counts, sum(r.opportunities for r in rules), style)


def _unknowns(said: Iterable[Said]) -> Iterable[Group]:
    """UNKNOWN verdicts by reason; those that decide over the exit code first. Where one reason is
    that of very many the rules are named alone; each verdict names its workload as well.
    """
    found: dict[tuple[bool, str], dict[str, list[str]]] = {}
    for one in said:
        if one.outcome is Outcome.UNKNOWN:
            rules = found.setdefault((one.decides, one.reason or "no reason given"), {})
            rules.setdefault(one.rule, []).append(one.workload)
    for decides, reason in sorted(found, key=lambda key: not key[0]):
        places = found[decides, reason]
        pairs = sum(map(len, places.values()))
        members = tuple(
            rule if pairs > PLACES else _within(rule, filter(None, where))
            for rule, where in places.items()
        )
        yield Group(Outcome.UNKNOWN, reason, members, decides)


def _within(rule: str, workloads: Iterable[str]) -> str:
    names = ", ".join(workloads)
    return f"{rule} ({names})" if names else rule


def _greys(report: Report, lines: Iterable[RuleLine], rules: Iterable[Rule]) -> Iterable[Group]:
    """Rules that no workload could test, by outcome and reason; then those without a verdict."""
    found: dict[tuple[Outcome, str], list[str]] = {}
    for line in lines:
        said = line.said
        if said.outcome in NEUTRAL:
            found.setdefault((said.outcome, said.reason or "no reason given"), []).append(said.rule)
    met = {verdict.rule for verdict in report.verdicts}
    for rule in rules if met else ():
        if rule.id not in met:
            found.setdefault(_untouched(rule, report.card), []).append(plain(rule.id))
    for (outcome, reason), names in found.items():
        yield Group(outcome, reason, tuple(names))


def _untouched(rule: Rule, card: dict[str, str]) -> tuple[Outcome, str]:
    """Why there is no verdict: the card says so, or nothing that was run tests the rule."""
    try:
        outcome, reason = (untestable(rule, card) if card else None) or _UNTOUCHED
    except (ValueError, KeyError):  # read from a file: an outcome or a need that is none
        return _UNTOUCHED
    return outcome, plain(reason)


def _facts(report: Report) -> Iterable[tuple[str, str]]:
    kind, tier = plain(report.kind) or "unknown", plain(report.tier)
    yield from (("kind", kind), ("tier", tier), ("seed", str(report.seed)))
    if report.strict:
        yield "strict", f"a {Level.SHOULD} that fails counts"
    for where in (report.versions, report.shown):
        for name, value in list(where.items())[:LISTED]:
            yield plain(str(name)), fact(value)


def _card(report: Report) -> Iterable[Ability]:
    """What it can, and what it cannot, together where that is for the same reason."""
    missing: dict[str, list[str]] = {}
    for ability in _abilities(report):
        if ability.there:
            yield ability
        else:
            missing.setdefault(ability.says, []).append(ability.name)
    yield from (Ability(together(names), False, says) for says, names in missing.items())


def together(names: list[str]) -> str:
    """Those that something is said of, counted where they are many."""
    return "; ".join(names) if len(names) < MANY_ABILITIES else f"{len(names)} others"


def _abilities(report: Report) -> Iterable[Ability]:
    if not report.card:
        return
    for name, (meaning, outcome, reason) in CAPABILITIES.items():
        says = report.card.get(name, "")
        there = says == "yes"
        yield Ability(name, there, meaning if there else plain(says) or f"{outcome}: {reason}")
    others = [name for name in report.card if name not in CAPABILITIES]
    for name in others[:LISTED]:
        says = report.card[name]
        yield Ability(plain(name), says == "yes", plain(says))


def _told(texts: Iterable[str]) -> tuple[Told, ...]:
    every = [Told(tuple(_lines(text))) for text in texts]
    more = len(every) - LISTED
    return (*every[:LISTED], *([Told((f"… and {more:,} more",))] if more > 0 else []))


def _lines(text: str) -> Iterable[str]:
    """The lines of a text that are not empty, each plain, together no longer than a message."""
    left = MESSAGE
    for line in filter(None, map(str.strip, text.splitlines())):
        if left <= 0:
            yield "…"
            return
        yield plain(line, left)
        left -= len(line)


def _notes(report: Report) -> Iterable[tuple[str, Told]]:
    """Each note once, with the workloads that it is of."""
    found: dict[Told, list[str]] = {}
    for workload, notes in list(report.notes.items())[:LISTED]:
        for note in _told(notes):
            found.setdefault(note, []).append(plain(workload))
    for note, workloads in found.items():
        more = len(workloads) - NOTED
        yield ", ".join(workloads[:NOTED]) + (f" and {more} more" if more > 0 else ""), note


def _unread(report: Report) -> Iterable[tuple[str, int]]:
    """Kinds of frames that were no events, most frequent first; their names are the target's."""
    kinds = sorted(report.unread.items(), key=lambda item: (-item[1], item[0]))
    for kind, number in kinds[:KINDS]:
        yield plain(kind) or "(empty)", number
    if len(kinds) > KINDS:
        yield f"{len(kinds) - KINDS:,} other kinds", sum(number for _, number in kinds[KINDS:])
