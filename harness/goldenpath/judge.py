"""The judge: decodes each entry once, feeds every check, and says one verdict per rule.

It is a fold: `see` each entry, then `finish`. The same object judges while a run is recorded and
again from a file, so both say the same. A check that crashes gives UNKNOWN and stops no other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from msgspec.structs import replace

from goldenpath import rulebook
from goldenpath.canary import find, unescaped
from goldenpath.capabilities import untestable
from goldenpath.checkers import CHECKS, Check, Fold, Tally
from goldenpath.checkers.tally import NOTHING
from goldenpath.dialects import FrameReader
from goldenpath.history import Footer, Header, History
from goldenpath.model import NEUTRAL, Entry, Kind, Outcome, Verdict
from goldenpath.runs import Call, Ledger, Run, Seen

#: Rules about what never came: in a history that was cut, it may stand in the part that is gone.
_MISSING = frozenset(
    {"API-6", "API-7", "TOOL-7", "ISOLATION-8", "ISOLATION-8a", "ISOLATION-9"}
    | {f"DELIVERY-{number}" for number in (1, 2, 4, 5, 6)}
    | {f"ROUTING-{number}" for number in (1, 2, 3, 4, 5, 8, 9, 10)}
    | {"RECOVERY-3a", "RECOVERY-4", "RECOVERY-6", "RECOVERY-7", "DELIVERY-6a"}
)

#: Rules that what was not read may seem to break: what is missing may be just that. What tools do
#: is always read.
_BLIND = (_MISSING - {"TOOL-7", "ROUTING-1", "RECOVERY-3a", "RECOVERY-4"}) | {"ORDER-1", "ORDER-3"}

TOO_LARGE = "they are larger than --max-frame allows"
CUT = "the history was cut before its end"
ABANDONED = "the workload was abandoned"
NO_CHECK = (
    "its check is not known here: judge it beside the conftest.py that adds the rule, or where the"
    " package that does is installed"
)


class Judge:
    """Judges one history. Cost: linear in its entries, as long as few calls are open at a time and
    a user has few sessions; memory: the calls and runs still open, a bounded number of those that
    were, and the sessions of dispatchers, without their calls, to the end.
    """

    def __init__(self, header: Header, checks: Iterable[Check] = CHECKS) -> None:
        self.header = header
        self.unread: Counter[str] = Counter()
        self._broken = ""
        self._too_large = 0
        self._crashed: dict[str, str] = {}
        self._untestable: dict[str, tuple[Outcome, str]] = {}
        self._tallies: dict[str, Tally] = {}
        self._calls: list[tuple[Tally, Callable[[Call, Tally], None]]] = []
        self._runs: list[tuple[Tally, Callable[[Run, Tally], None]]] = []
        self._folds: list[Fold] = []
        self._entries: dict[Kind, list[Fold]] = {kind: [] for kind in Kind}
        self._frames: list[Fold] = []
        self._owing: list[Fold] = []
        self._rules = rulebook.with_own(header.own)
        own = self._rules.keys() - rulebook.RULES.keys()  # they, too, may be about what never came
        self._missing, self._blind = _MISSING | own, _BLIND | own
        for check in checks:
            self._enrol(check)
        for name in own - {*self._tallies, *self._untestable}:
            reason = untestable(self._rules[name], header.card)
            self._untestable[name] = reason or (Outcome.UNKNOWN, NO_CHECK)
        self._reader = FrameReader(header.dialect)
        self._ledger = Ledger(header, self._judge_call, self._judge_run)

    def _enrol(self, check: Check) -> None:
        rule = self._rules[check.rule]
        reason = untestable(rule, self.header.card)
        if reason is not None:
            self._untestable[check.rule] = reason
            return
        tally = self._tallies[check.rule] = Tally(rule)
        if check.call is not None:
            self._calls.append((tally, check.call))
        if check.run is not None:
            self._runs.append((tally, check.run))
        if check.fold is not None:
            try:
                fold = check.fold(self.header, tally)
            except Exception as error:
                self._crash(tally, error)
                return
            self._folds.append(fold)
            for kind in check.fold.kinds:
                self._entries[kind].append(fold)
            if check.fold.frame is not Fold.frame:
                self._frames.append(fold)
            if check.fold.owes is not Fold.owes:
                self._owing.append(fold)
            if check.fold.call is not Fold.call:
                self._calls.append((tally, lambda call, _: fold.call(call)))
            if check.fold.run is not Fold.run:
                self._runs.append((tally, lambda run, _: fold.run(run)))

    # --- the fold ---------------------------------------------------------------------------

    def see(self, entry: Entry) -> None:
        """Take in the next entry. Never raises: whoever records it must not be disturbed."""
        try:
            self._take(entry)
        except Exception as error:
            self._broken = self._broken or f"judging broke down at entry {entry.index}: {error!r}"

    def _take(self, entry: Entry) -> None:
        if entry.kind is Kind.FRAME:
            self._frame(entry)
            return
        self._ledger.see(entry)
        for fold in self._entries[entry.kind]:
            try:
                fold.entry(entry)
            except Exception as error:
                self._crash(fold.tally, error)

    def _frame(self, entry: Entry) -> None:
        seen = self._read(entry)
        if not seen.link:
            return
        self._ledger.place(seen)
        self._too_large += seen.problem.startswith("too large")
        if seen.event is None:
            self.unread[seen.kind or seen.problem] += 1
        for fold in self._frames:
            try:
                fold.frame(seen)
            except Exception as error:
                self._crash(fold.tally, error)

    def _read(self, entry: Entry) -> Seen:
        link = entry.actor
        user = self._ledger.user_of(link)
        decoded = self._reader.read(entry.what, entry.value)
        text = entry.value if isinstance(entry.value, str) else str(entry.value)
        if "\\u00" in text:
            text += unescaped(text)
        event, problem, kind, said, also, wrong = decoded
        return Seen(entry, link, user, event, find(text), problem, kind, said, also, wrong)

    def _judge_call(self, call: Call) -> None:
        if call.ambiguous and call.run.patchy:
            return  # what tells it apart may be among what the transport refused
        for tally, check in self._calls:
            try:
                check(call, tally)
            except Exception as error:
                self._crash(tally, error)

    def _judge_run(self, run: Run) -> None:
        for tally, check in self._runs:
            try:
                check(run, tally)
            except Exception as error:
                self._crash(tally, error)

    def _crash(self, tally: Tally, error: Exception) -> None:
        """A check that crashed leaves its rule UNKNOWN, unless it had found it broken before."""
        rule = tally.rule.id
        self._crashed.setdefault(rule, f"its check crashed: {type(error).__name__}: {error}")

    # --- while a run is recorded --------------------------------------------------------------

    def owes(self) -> list[str]:
        """What the target must still deliver, in words; empty when nothing is outstanding."""
        return [*self._ledger.owes(), *(line for fold in self._owing for line in fold.owes())]

    def run_ended(self, step: str) -> bool:
        """Whether the run asked for by this step has shown its end."""
        return self._ledger.run_ended(step)

    # --- the end ------------------------------------------------------------------------------

    def finish(self, footer: Footer | None) -> list[Verdict]:
        """Return one verdict per rule. Without a footer, or where the workload was abandoned, FAIL
        stands, unless it is about what never came; all else is UNKNOWN.
        """
        self._ledger.finish()
        for fold in self._folds:
            try:
                fold.finish()
            except Exception as error:
                self._crash(fold.tally, error)
        cut = CUT if footer is None else footer.abandoned and f"{ABANDONED}: {footer.abandoned}"
        return [self._verdict(rule_id, cut) for rule_id in self._order()]

    def _order(self) -> list[str]:
        known = {*self._tallies, *self._untestable}
        return [rule_id for rule_id in self._rules if rule_id in known]

    def _verdict(self, rule_id: str, cut: str) -> Verdict:
        proves = rule_id in self.header.proves
        workload = self.header.workload
        if rule_id in self._untestable:
            outcome, reason = self._untestable[rule_id]
            level = self._rules[rule_id].level
            verdict = Verdict(rule_id, level, workload, outcome, reason, proves=proves)
        else:
            verdict = self._tallies[rule_id].verdict(workload, proves)
        if self._too_large and rule_id in self._blind and verdict.outcome is Outcome.FAIL:
            reason = f"{self._too_large} frames were not read: {TOO_LARGE}"
            return replace(verdict, outcome=Outcome.UNKNOWN, reason=reason, findings=(), more=0)
        if verdict.outcome is Outcome.FAIL and not (cut and rule_id in self._missing):
            return verdict
        if cut:
            return replace(verdict, outcome=Outcome.UNKNOWN, reason=cut, findings=(), more=0)
        reason = self._crashed.get(rule_id, "") or self._broken
        if reason and rule_id not in self._untestable:
            return replace(verdict, outcome=Outcome.UNKNOWN, reason=reason)
        return verdict


def judge(history: History, checks: Iterable[Check] = CHECKS) -> list[Verdict]:
    """Judge a whole history that is in memory."""
    court = Judge(history.header, checks)
    for entry in history.entries:
        court.see(entry)
    return court.finish(history.footer)


def relevant(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Leave out what a workload neither was built to prove nor had any occasion to test."""
    return [
        v
        for v in verdicts
        if v.proves
        or v.opportunities
        or not (v.outcome in NEUTRAL or (v.outcome is Outcome.UNKNOWN and _idle(v.reason)))
    ]


def _idle(reason: str) -> bool:
    """Whether nothing more is said than that it was not tested."""
    return reason in (NOTHING, CUT) or reason.startswith(ABANDONED)
