"""What every kind of report shows, as records: plain, bounded, in order, grouped (see layout)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from goldenpath.model import Outcome, Verdict
from goldenpath.report.evidence import Line
from goldenpath.results import Report

#: How something is to be coloured; the closed set that the command line and the page know.
Style = Literal["title", "pass", "fail", "unknown", "known", "warn", "neutral", "dim", ""]

#: Worst first.
WORST: tuple[Style, ...] = ("fail", "unknown", "warn", "known", "pass", "neutral")


@dataclass(frozen=True)
class Shown:
    """One finding. lines: the entries of its witness, as far as they were given."""

    message: str
    witness: tuple[int, ...]
    lines: tuple[Line, ...]
    replay: str

    @property
    def entries(self) -> str:
        """Which entries it points to, where the lines do not show them all; or nothing."""
        if len(self.lines) >= len(self.witness):
            return ""
        noun = "entry" if len(self.witness) == 1 else "entries"
        return f"{noun} {', '.join(map(str, self.witness))}"


@dataclass(frozen=True)
class Said:
    """One verdict, with the words of its rule. more: findings that are not listed.

    workload: empty where no workload of the run tested the rule.
    """

    rule: str
    family: str
    level: str
    text: str
    workload: str
    outcome: Outcome
    style: Style
    decides: bool
    reason: str
    opportunities: int
    proves: bool
    findings: tuple[Shown, ...]
    more: int

    @property
    def title(self) -> str:
        """`TOOL-1 in two_users`."""
        return f"{self.rule} in {self.workload}" if self.workload else self.rule

    @property
    def replay(self) -> str:
        """How to run it again, or nothing."""
        return next((finding.replay for finding in self.findings if finding.replay), "")

    @property
    def count(self) -> int:
        """How many findings there are, listed or not."""
        return len(self.findings) + self.more


@dataclass(frozen=True)
class Block:
    """A rule with the workload that shows best how it fails, and the others where it does.

    anchor: a name for links; ours, so that it is safe.
    """

    best: Said
    others: tuple[Said, ...]
    anchor: str

    @property
    def also(self) -> str:
        """`also in many_users, two_users`, or nothing."""
        names = ", ".join(said.workload for said in self.others if said.workload)
        return f"also in {names}" if names else ""


@dataclass(frozen=True)
class RuleLine:
    """One rule over all workloads: the verdict that counts, and the sum of opportunities.

    where: the workloads that say so; workloads: all that tested it.
    """

    said: Said
    opportunities: int
    where: tuple[str, ...]
    workloads: tuple[str, ...]


@dataclass(frozen=True)
class Family:
    """The rules of one family. counts: rules by outcome, in the order of Outcome."""

    name: str
    rules: tuple[RuleLine, ...]
    counts: tuple[tuple[Outcome, int], ...]
    opportunities: int
    style: Style

    @property
    def styles(self) -> dict[Outcome, Style]:
        """How each outcome of the family is coloured: a failing SHOULD only as a warning."""
        return {
            outcome: min(
                (r.said.style for r in self.rules if r.said.outcome is outcome), key=WORST.index
            )
            for outcome, _ in self.counts
        }


@dataclass(frozen=True)
class Group:
    """Rules that have the same outcome for the same reason."""

    outcome: Outcome
    reason: str
    members: tuple[str, ...]
    decides: bool = False


@dataclass(frozen=True)
class Told:
    """A problem or a note, in its lines; as text it is one line."""

    lines: tuple[str, ...]

    def __str__(self) -> str:
        return "; ".join(self.lines)


@dataclass(frozen=True)
class Ability:
    """One line of the capability card."""

    name: str
    there: bool
    says: str


@dataclass(frozen=True)
class View:
    """Everything that is shown: plain text, not yet escaped for a format. `report` is as it was."""

    report: Report
    target: str
    facts: tuple[tuple[str, str], ...]
    card: tuple[Ability, ...]
    events: tuple[tuple[str, str], ...]
    said: tuple[Said, ...]
    families: tuple[Family, ...]
    unknowns: tuple[Group, ...]
    greys: tuple[Group, ...]
    problems: tuple[Told, ...]
    stale: tuple[str, ...]
    notes: tuple[tuple[str, Told], ...]
    unread: tuple[tuple[str, int], ...]

    @property
    def rules(self) -> tuple[RuleLine, ...]:
        """All rules, in the order of the families."""
        return tuple(line for family in self.families for line in family.rules)

    @property
    def failures(self) -> tuple[Block, ...]:
        """Rules that fail and decide."""
        return self._chosen("fail")

    @property
    def soft(self) -> tuple[Block, ...]:
        """Rules that fail and are warnings: a SHOULD, unless the run was strict."""
        return self._chosen("warn")

    @property
    def known(self) -> tuple[Block, ...]:
        """Rules that fail as the list of known failures says."""
        return self._chosen("known")

    def _chosen(self, style: Style) -> tuple[Block, ...]:
        rules: dict[str, list[Said]] = {}
        for said in self.said:
            if said.style == style:
                rules.setdefault(said.rule, []).append(said)
        return tuple(_block(mine, f"{style}-{n}") for n, mine in enumerate(rules.values(), start=1))


def telling(verdict: Verdict | Said) -> tuple[bool, bool, int]:
    """How well it shows that its rule is broken, best first: built for it, then the smallest."""
    return not verdict.findings, not verdict.proves, verdict.opportunities


def _block(mine: list[Said], anchor: str) -> Block:
    best = min(mine, key=telling)
    return Block(best, tuple(said for said in mine if said is not best), anchor)
