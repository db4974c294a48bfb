"""What a checker counts for one rule, and the verdict that follows from it."""

from __future__ import annotations

from goldenpath.model import Finding, Outcome, Rule, Verdict

#: Findings that are listed per rule and history; the others are counted.
LISTED = 20

NOTHING = "nothing happened that could have broken it"


class Tally:
    """Opportunities, findings and doubts of one rule over one history."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.opportunities = 0
        self.findings: list[Finding] = []
        self.more = 0
        self.doubts: dict[str, None] = {}
        self.excuse: tuple[Outcome, str] | None = None
        self.figures: dict[str, float] = {}

    def chance(self, count: int = 1) -> None:
        """Note that the rule could have been broken here."""
        self.opportunities += count

    def fail(self, message: str, *witness: int) -> None:
        """Note that the rule was broken; `witness` are entry indexes."""
        if len(self.findings) < LISTED:
            self.findings.append(Finding(self.rule.id, message, tuple(sorted(set(witness)))))
        else:
            self.more += 1

    def doubt(self, reason: str) -> None:
        """Note that it could not be told whether the rule was broken."""
        self.doubts[reason] = None

    def verdict(self, workload: str, proves: bool) -> Verdict:
        """FAIL over UNKNOWN over PASS; without an opportunity UNKNOWN, or the excuse for it."""
        outcome, reason = self._answer()
        return Verdict(
            rule=self.rule.id,
            level=self.rule.level,
            workload=workload,
            outcome=outcome,
            reason=reason,
            opportunities=self.opportunities,
            proves=proves,
            findings=tuple(self.findings),
            more=self.more,
            statistics=dict(self.figures),
        )

    def _answer(self) -> tuple[Outcome, str]:
        if self.findings:
            return Outcome.FAIL, self.findings[0].message
        if self.doubts:
            return Outcome.UNKNOWN, "; ".join(self.doubts)
        if self.opportunities == 0:
            return self.excuse or (Outcome.UNKNOWN, NOTHING)
        return Outcome.PASS, ""
