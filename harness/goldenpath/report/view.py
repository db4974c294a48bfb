"""What every kind of report shows, as records: plain, bounded, in order, grouped (see layout)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from goldenpath.model import Outcome
from goldenpath.results import Report

#: How something is to be coloured; the closed set that the command line and the page know.
Style = Literal["title", "pass", "fail", "unknown", "known", "warn", "neutral", "dim", ""]

#: Worst first.
WORST: tuple[Style, ...] = ("fail", "unknown", "warn", "known", "pass", "neutral")


@dataclass(frozen=True)
class Shown:
    """One finding. lines: entry index and text of its witness, as far as they were given."""

    message: str
    witness: tuple[int, ...]
    lines: tuple[tuple[int, str], ...]
    replay: str


@dataclass(frozen=True)
class Said:
    """One verdict, with the words of its rule. more: findings that are not listed."""

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


@dataclass(frozen=True)
class RuleLine:
    """One rule over all workloads: the verdict that counts, and the sum of opportunities."""

    said: Said
    opportunities: int
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
    problems: tuple[str, ...]
    stale: tuple[str, ...]
    notes: tuple[tuple[str, str], ...]
    unread: tuple[tuple[str, int], ...]

    @property
    def rules(self) -> tuple[RuleLine, ...]:
        """All rules, in the order of the catalogue."""
        return tuple(line for family in self.families for line in family.rules)

    @property
    def failures(self) -> tuple[Said, ...]:
        """Verdicts that fail and decide."""
        return self._chosen("fail")

    @property
    def soft(self) -> tuple[Said, ...]:
        """Verdicts that fail and are warnings: a SHOULD, unless the run was strict."""
        return self._chosen("warn")

    @property
    def known(self) -> tuple[Said, ...]:
        """Verdicts that fail as the list of known failures says."""
        return self._chosen("known")

    def _chosen(self, style: Style) -> tuple[Said, ...]:
        return tuple(said for said in self.said if said.style == style)
