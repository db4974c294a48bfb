"""A campaign: one target, the workloads chosen for it, and what became of them.

This is what pytest items, the demo and the doctor share. Each workload runs once, when first asked
for; what is planned stands before anything is opened.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
import traceback
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from goldenpath import interrupts, known, rulebook
from goldenpath.adapters.base import Facts
from goldenpath.adapters.targets import Target
from goldenpath.capabilities import untestable
from goldenpath.catalogue import Catalogue
from goldenpath.choice import Choice
from goldenpath.conduct import Conducted, Options, conduct, owed, probe, versions
from goldenpath.errors import TargetProblem, UsageProblem
from goldenpath.judge import relevant
from goldenpath.model import Outcome, Verdict
from goldenpath.results import Report, conclude
from goldenpath.workloads import WORKLOADS, Workload

#: Deadlines of hours help nobody, and infinity is none.
MAX_SCALE = 1000

#: Workloads in a row which a target that cannot be used ended alike, before the rest is left out.
ALIKE = 3

#: How a problem begins that is neither the user's nor the target's; the run then exits with 4.
BUG = "a bug of goldenpath, please report it"

#: What an OSError comes from that neither the target nor a check raised.
_CANNOT = "the machine, or what the target made of this process, does not let it be run"

#: Parts of the standard library that we work with, as they were before any target came.
_BEFORE = {module: dict(vars(module)) for module in (asyncio, json, os, time)}

#: Why a rule of a user's own is UNKNOWN that had no opportunity in a whole run.
IDLE = "nothing happened in any workload that could have broken it"

#: The name of the item for every rule that a workload was not built to prove.
REST = "nothing-else-broken"


def check_options(options: Options) -> None:
    """Raise UsageProblem where a number cannot be."""
    problems = []
    if not 0 < options.time_scale <= MAX_SCALE:
        problems.append(f"time scale {options.time_scale}: expected more than 0, up to {MAX_SCALE}")
    if options.max_frame < 1:
        problems.append(f"max frame {options.max_frame}: expected 1 or more letters")
    if problems:
        raise UsageProblem("\n".join(problems))


def replaced() -> list[str]:
    """What of the standard library is no longer what it was; a target can do that to us."""
    return [
        f"{module.__name__}.{name}"
        for module, before in _BEFORE.items()
        for name, value in before.items()
        if vars(module).get(name) is not value
    ]


@dataclass
class Campaign:
    """Runs workloads against one target, each once. `began` is told before each of them."""

    target: Target
    options: Options
    choice: Choice = field(default_factory=Choice)
    began: Callable[[str], None] = lambda _: None
    ended: Callable[[Conducted], None] = lambda _: None

    def __post_init__(self) -> None:
        self.results: dict[str, Conducted] = {}
        self.bugs: tuple[str, ...] = ()
        self._facts: Facts | None = None
        self._narrowed: dict[str, tuple[str, ...]] | None = None
        self._problem: str | None = None
        self._alike: tuple[str, ...] = ()

    @property
    def catalogue(self) -> Catalogue:
        """What there is to run, and to judge by."""
        return self.options.catalogue

    # --- the plan, from declarations alone ----------------------------------------------------

    def plan(self) -> dict[str, tuple[str, ...]]:
        """Workload to the rules that it is to prove, and REST unless rules were chosen."""
        if self._narrowed is not None:
            return self._narrowed
        chosen: dict[str, tuple[str, ...]] = {}
        there = self.catalogue.workloads
        for workload in there.values():
            rules = self._rules(workload)
            if rules and workload.name in (self.choice.workloads or there):
                chosen[workload.name] = rules
        return chosen

    def _rules(self, workload: Workload) -> tuple[str, ...]:
        proves = workload.proves.get(self.target.kind, ())
        chosen = self.choice.partial or self.options.baseline is not None
        if workload.on_request and not chosen:
            return ()
        if not self.choice.rules:
            owes = owed(self.target.kind, workload, self.options)
            return (*owes, REST) if owes else ()
        return tuple(rule for rule in proves if rule in self.choice.rules)

    def narrow(self, plan: dict[str, tuple[str, ...]]) -> None:
        """Owe no more than these rules of these workloads."""
        self._narrowed = plan

    # --- running ------------------------------------------------------------------------------

    @property
    def facts(self) -> Facts:
        """What the probe found; the target is probed once. Raises TargetProblem."""
        if self._facts is None:
            if self._problem is not None:
                raise TargetProblem(self._problem)
            try:
                self._facts = probe(self.target, self.options)
            except TargetProblem as error:
                self._problem = str(error)
                raise
        return self._facts

    @property
    def known_facts(self) -> Facts | None:
        """What was found out so far; None where the target has not been probed."""
        return self._facts

    def take_facts(self, facts: Facts) -> None:
        """Take over what another process has found out."""
        self._facts = facts

    def result(self, name: str) -> Conducted:
        """What came of this workload; it runs now if it has not yet."""
        if name not in self.results:
            self.began(name)
            self.results[name] = self._left_out(name) or self._conduct(name)
            self.ended(self.results[name])
        return self.results[name]

    def _left_out(self, name: str) -> Conducted | None:
        """What is said of a workload that is not run, because it would end as those before it."""
        if len(self._alike) < ALIKE:
            return None
        why = f"not run: the last {ALIKE} workloads ended alike: {self._alike[-1]}"
        return Conducted(name, self._unknown(name, why))

    def _in_vain(self, problem: str) -> None:
        """Remember how a workload ended in which the target, once met, could not be used."""
        if self._facts is not None:
            self._alike = (*self._alike, problem) if problem in self._alike else (problem,)

    def _conduct(self, name: str) -> Conducted:
        try:
            facts = self.facts
            result = conduct(self.target, facts, self.catalogue.workloads[name], self.options)
        except TargetProblem as error:
            self._in_vain(error.problem)
            return self._undone(name, str(error))
        except KeyboardInterrupt:
            if not interrupts.made_up():
                raise
            return self._undone(name, "KeyboardInterrupt was raised, and nobody has interrupted it")
        except OSError as error:  # such as no file more: one that reads or writes is in order
            traceback.print_exc()
            self._in_vain(str(error))
            return self._undone(name, f"{_CANNOT}: {error}")
        except Exception as error:  # ours: told as such, once, and the other workloads go on
            traceback.print_exc()
            what = f"{type(error).__name__}: {error}"
            if name not in WORKLOADS:
                return self._undone(name, f"the workload {name}, of your own, broke: {what}")
            if gone := replaced():
                return self._undone(name, f"the target has replaced {', '.join(gone)}: {what}")
            self.bugs += (f"{BUG} in {name}: {what}",)
            return self._undone(name, self.bugs[-1])
        if result.abandoned:
            self._in_vain(result.abandoned)
        else:
            self._alike = ()
        said = [*relevant(result.verdicts), *self._unasked(name)]
        verdicts = [known.excuse(v, self.choice.known) for v in said]
        return replace(result, verdicts=verdicts)

    def _unasked(self, name: str) -> list[Verdict]:
        """What is said of a rule that was chosen, and that the workload does not owe unasked."""
        workload = self.catalogue.workloads[name]
        owes = {*owed(self.target.kind, workload, self.options), REST}
        return [
            Verdict(r, rulebook.RULES[r].level, name, Outcome.NOT_RUN, rulebook.ON_REQUEST[r])
            for r in self.plan()[name]
            if r not in owes
        ]

    def _undone(self, name: str, said: str) -> Conducted:
        return Conducted(name, self._unknown(name, said), (said,))

    def _unknown(self, name: str, reason: str) -> list[Verdict]:
        rules = [rule for rule in self.plan()[name] if rule != REST]
        first = reason.splitlines()[0]
        return [
            Verdict(
                rule, self.catalogue.rules[rule].level, name, Outcome.UNKNOWN, first, proves=True
            )
            for rule in rules
        ]

    def run(self) -> Report:
        """Run all that is planned and report."""
        for name in self.plan():
            self.result(name)
        return self.report()

    # --- the report -----------------------------------------------------------------------------

    def report(self, problems: tuple[str, ...] = ()) -> Report:
        """Report what has been run; what was planned and has no result is a problem."""
        return make_report(
            self.target.name,
            self.target.kind,
            self.plan(),
            self.results,
            self.options,
            self.choice,
            partial=self.choice.partial or self._narrowed is not None,
            facts=self._facts,
            problems=(*problems, *self.bugs, *([self._problem] if self._problem else [])),
        )


def _unread(results: Iterable[Conducted]) -> dict[str, int]:
    """How many frames of each kind no rule was about, in all workloads."""
    counts: Counter[str] = Counter()
    for result in results:
        counts.update(result.unread)
    return dict(sorted(counts.items()))


def _histories(done: Mapping[str, Conducted]) -> dict[str, str]:
    """Where the history of each workload stands, seen from the folder of the reports."""
    kept = {name: result.history for name, result in done.items()}
    return {name: f"histories/{path.name}" for name, path in kept.items() if path}


def make_report(
    target: str,
    kind: str,
    plan: dict[str, tuple[str, ...]],
    results: dict[str, Conducted],
    options: Options,
    choice: Choice,
    *,
    partial: bool = False,
    facts: Facts | None = None,
    problems: tuple[str, ...] = (),
) -> Report:
    """Join the results of workloads into one report."""
    done = {name: results[name] for name in plan if name in results}
    verdicts = [
        v
        for name, result in done.items()
        for v in result.verdicts
        if REST in plan[name] or v.rule in plan[name]
    ]
    if facts is not None:
        verdicts += [] if partial else _untested(facts.card, verdicts, options.catalogue)
    not_run = [name for name in plan if name not in results]
    problems += (f"not run: {', '.join(not_run)}",) if not_run else ()
    if not plan and not problems:
        problems = (f"no workload for a {kind or 'target of this kind'} was chosen",)
    unasked = {*rulebook.ON_REQUEST} - {v.rule for v in verdicts if v.workload}
    lines = [line for line in choice.known if _applies(line, done, choice, partial) and not not_run]
    lines = [line for line in lines if line.rule not in unasked]
    return conclude(
        Report(
            target=target,
            kind=kind,
            seed=options.seed,
            tier=options.tier,
            verdicts=tuple(verdicts),
            problems=problems,
            stale=tuple(known.stale(lines, verdicts)),
            notes={name: result.notes for name, result in done.items() if result.notes},
            unread=_unread(done.values()),
            card=facts.card if facts else {},
            events=facts.events if facts else {},
            shown=facts.shown if facts else {},
            versions=versions(),
            histories=_histories(done),
            strict=choice.strict,
            own=options.catalogue.own,
        ),
        partial=partial,
    )


def _applies(line: known.Line, done: Collection[str], choice: Choice, partial: bool) -> bool:
    """Whether this run can tell if a line is stale: a narrowed run tells only of exact lines."""
    if choice.rules and line.rule not in choice.rules:
        return False
    return line.workload in done or not partial


def _untested(card: dict[str, str], verdicts: list[Verdict], catalogue: Catalogue) -> list[Verdict]:
    """A verdict, with its reason, for each rule that no workload of this run has tested: neutral,
    but for a user's own, which are judged in every workload.
    """
    tested = {verdict.rule for verdict in verdicts}
    found = []
    for rule in catalogue.rules.values():
        if rule.id not in tested:
            why = rulebook.ON_REQUEST.get(rule.id, "no workload of this run tests it")
            not_run = (Outcome.NOT_RUN, why)
            if rule.id not in rulebook.RULES:  # the workloads of the whole run are all that it has
                not_run = (Outcome.UNKNOWN, IDLE)
            outcome, reason = untestable(rule, card) or not_run
            found.append(Verdict(rule.id, rule.level, "", outcome, reason))
    return found
