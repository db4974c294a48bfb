"""The catalogue: the rules, their checks, the workloads and the dialects that a run knows.

Ours is the default one. A user's own come as an Extension and make a larger catalogue; nothing of
ours is replaced, and everything that is wrong with the extensions is said at once. Pure: where they
come from is the affair of `extensions`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from goldenpath import rulebook
from goldenpath.canary import USERS
from goldenpath.capabilities import CAPABILITIES
from goldenpath.checkers import CHECKS, Check, Fold
from goldenpath.dialects import COMMON, DIALECTS, Dialect, DialectProblem, from_table
from goldenpath.meant import RULES, asking
from goldenpath.model import Level, Rule
from goldenpath.workloads import TIERS, WORKLOADS, Workload


@dataclass(frozen=True)
class Extension:
    """What a user adds. Each rule comes with its one check; dialects are tables by name, with the
    keys of `[dialect]` in a profile.
    """

    rules: Sequence[Rule] = ()
    checks: Sequence[Check] = ()
    workloads: Sequence[Workload] = ()
    dialects: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


class CatalogueProblem(ValueError):
    """Extensions that cannot be taken in; holds every problem, each with where it came from."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True)
class Catalogue:
    """Rules, workloads and dialects by id or name, in the order in which they are shown."""

    rules: Mapping[str, Rule]
    checks: tuple[Check, ...]
    workloads: Mapping[str, Workload]
    dialects: Mapping[str, Dialect]

    @property
    def own(self) -> tuple[Rule, ...]:
        """The rules that are a user's own."""
        return tuple(rule for name, rule in self.rules.items() if name not in rulebook.RULES)

    def beside(self, recorded: Iterable[Rule]) -> tuple[Rule, ...]:
        """The user's own rules, and those that were recorded and are not known here."""
        return (*self.own, *(rule for rule in recorded if rule.id not in self.rules))

    def extended(self, found: Mapping[str, object]) -> Catalogue:
        """The same with the extensions that were found, by where they came from.

        Raises CatalogueProblem with all mistakes and clashes of all of them.
        """
        taker = _Taker(self)
        whole = {origin: taker.typed(origin, more) for origin, more in found.items()}
        for origin, more in whole.items():
            taker.rules_of(origin, more)
            taker.dialects_of(origin, more)
        for origin, more in whole.items():  # a workload may prove a rule of any extension
            taker.workloads_of(origin, more)
        if taker.problems:
            raise CatalogueProblem(taker.problems)
        return Catalogue(taker.rules, tuple(taker.checks), taker.workloads, taker.dialects)


#: What is known without any extension.
OURS = Catalogue(rulebook.RULES, CHECKS, WORKLOADS, DIALECTS)

#: Families of rules that a user's own rules may not be of, checked already or only planned.
FAMILIES = frozenset(name.rpartition("-")[0] for name in (*rulebook.RULES, *rulebook.PLANNED))

#: What the parts of an extension are made of, and which field of it holds a name.
_PARTS: dict[str, tuple[type, str]] = {
    "rules": (Rule, "id"),
    "checks": (Check, "rule"),
    "workloads": (Workload, "name"),
}
_RULE = re.compile(r"[A-Z][A-Z0-9_]*-[1-9][0-9]*")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class _Taker:
    """Takes in one extension after the other, and gathers what is wrong with them."""

    def __init__(self, base: Catalogue) -> None:
        self.rules, self.checks = dict(base.rules), [*base.checks]
        self.workloads, self.dialects = dict(base.workloads), dict(base.dialects)
        self.problems: list[str] = []
        self._suites = sorted({workload.suite for workload in base.workloads.values()})
        self._first: dict[str, str] = {}

    def typed(self, origin: str, more: object) -> Extension:
        """The extension, without the parts that are of another type than they should be."""
        if not isinstance(more, Extension):
            self._wrong(origin, [f"expected an Extension, got {_a(more)}"])
            return Extension()
        parts = {name: self._listed(origin, name, getattr(more, name)) for name in _PARTS}
        dialects = more.dialects
        if not isinstance(dialects, Mapping):
            self._wrong(origin, [f"dialects: expected tables by name, got {_a(dialects)}"])
            dialects = {}
        return Extension(**parts, dialects=dialects)

    def _listed(self, origin: str, name: str, value: object) -> tuple[Any, ...]:
        kind, key = _PARTS[name]
        what = kind.__name__
        if not isinstance(value, tuple | list):
            self._wrong(origin, [f"{name}: expected a tuple of {what}, got {_a(value)}"])
            return ()
        typed = [item for item in value if isinstance(item, kind)]
        odd = [item for item in value if not isinstance(item, kind)]
        nameless = [item for item in typed if not isinstance(getattr(item, key), str)]
        self._wrong(origin, (f"{name}: expected a {what}, got {_a(item)}" for item in odd))
        self._wrong(origin, (f"{name}: expected text as {key} of {_a(item)}" for item in nameless))
        return tuple(item for item in typed if item not in nameless)

    def rules_of(self, origin: str, more: Extension) -> None:
        """Take in the rules, each with its check."""
        checked = [check.rule for check in more.checks]
        for rule in more.rules:
            if self._new(origin, f"rule {rule.id}", rule.id in self.rules):
                self.rules[rule.id] = rule
            self._wrong(origin, _wrong_rule(rule))
            if checked.count(rule.id) != 1:
                number = checked.count(rule.id) or "none"
                self._wrong(origin, [f"rule {rule.id}: expected one check, got {number}"])
        there = {rule.id for rule in more.rules}
        for check in more.checks:
            self._wrong(origin, _wrong_check(check, there))
        self.checks += more.checks

    def dialects_of(self, origin: str, more: Extension) -> None:
        """Take in the dialects; what a table leaves out is taken from the common one."""
        for name, table in more.dialects.items():
            new = self._new(origin, f"dialect {name}", name in self.dialects)
            try:
                if not isinstance(table, Mapping):
                    raise DialectProblem([f"expected a table, got {_a(table)}"])
                dialect = from_table(str(name), table, COMMON)
            except DialectProblem as error:
                self._wrong(origin, (f"dialect {name}: {problem}" for problem in error.problems))
            else:
                self.dialects[name] = dialect if new else self.dialects[name]
            self._wrong(origin, _wrong_name("dialect", name))

    def workloads_of(self, origin: str, more: Extension) -> None:
        """Take in the workloads, when all rules that they may prove are there."""
        for workload in more.workloads:
            if self._new(origin, f"workload {workload.name}", workload.name in self.workloads):
                self.workloads[workload.name] = workload
            self._wrong(origin, _wrong_workload(workload, self._suites, self.rules))

    def _new(self, origin: str, what: str, there: bool) -> bool:
        """Whether nothing of this name is there yet; else that is a problem."""
        if there:
            other = self._first.get(what, "goldenpath")
            self._wrong(origin, [f"{what}: there is one already, from {other}"])
        self._first.setdefault(what, origin)
        return not there

    def _wrong(self, origin: str, problems: Iterable[str]) -> None:
        self.problems += [f"{origin}: {problem}" for problem in problems]


def _a(value: object) -> str:
    return f"{value!r:.60} ({type(value).__name__})"


def _unknown(problem: str, word: object, there: Collection[str]) -> str:
    return asking(problem, word, there, f"there are {', '.join(there)}")


def _wrong_name(what: str, name: object) -> Iterator[str]:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        yield f"{what} {name!r}: expected a name like this_one, of small letters, digits and _"


def _wrong_rule(rule: Rule) -> Iterator[str]:
    if not _RULE.fullmatch(rule.id):
        yield f"rule {rule.id!r}: expected an id like FAMILY-1, of capitals, a dash and a number"
    elif rule.family in FAMILIES:
        yield f"rule {rule.id}: the family {rule.family} is goldenpath's own; take another"
    if not isinstance(rule.level, Level):
        yield f"rule {rule.id}: expected Level.MUST or Level.SHOULD, got {_a(rule.level)}"
    for name in ("text", "source"):
        value = getattr(rule, name)
        if not isinstance(value, str) or not value.strip():
            yield f"rule {rule.id}: expected a sentence as {name}, got {_a(value)}"
    if not isinstance(rule.needs, tuple | list):
        yield f"rule {rule.id}: expected a tuple of capabilities as needs, got {_a(rule.needs)}"
        return
    for need in rule.needs:
        if not isinstance(need, str) or need not in CAPABILITIES:
            problem = f"rule {rule.id}: it needs {need!r}, which is no capability"
            yield _unknown(problem, need, CAPABILITIES)


#: What a fold is asked.
_FOLDED = ("entry", "frame", "call", "run", "finish")


def _is_async(value: object) -> bool:
    """Whether calling it does nothing yet: its body would never run, and find nothing wrong."""
    inner = getattr(value, "func", value)  # of functools.partial
    called = type(inner).__call__ if callable(inner) else None
    lazy = (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)
    return any(test(each) for test in lazy for each in (inner, called))


def _wrong_check(check: Check, rules: Collection[str]) -> Iterator[str]:
    if check.rule not in rules:
        yield f"check of {check.rule}: no such rule comes with it"
    if not (check.call or check.run or check.fold):
        yield f"check of {check.rule}: it looks at nothing; give it call, run or fold"
    for name in ("call", "run"):
        value = getattr(check, name)
        if value is not None and not callable(value):
            yield f"check of {check.rule}: expected a function as {name}, got {_a(value)}"
        elif _is_async(value):
            yield f"check of {check.rule}: expected a plain function as {name}, not an async one"
    fold: object = check.fold
    if fold is not None and not (isinstance(fold, type) and issubclass(fold, Fold)):
        yield f"check of {check.rule}: expected a subclass of Fold as fold, got {_a(fold)}"
        return
    for name in _FOLDED:
        if _is_async(getattr(fold, name, None)):
            yield f"check of {check.rule}: {name} of its fold is async; nobody would await it"


def _wrong_workload(
    workload: Workload, suites: Collection[str], rules: Collection[str]
) -> Iterator[str]:
    name = workload.name
    yield from _wrong_name("workload", name)
    if workload.suite not in suites:
        problem = f"workload {name}: there is no suite {workload.suite!r}"
        yield _unknown(problem, workload.suite, suites)
    if not callable(workload.lanes):
        yield f"workload {name}: expected a function as lanes, got {_a(workload.lanes)}"
    for what in ("users", "size"):
        numbers = getattr(workload, what)
        if not isinstance(numbers, Mapping) or set(numbers) != {*TIERS}:
            yield f"workload {name}: expected {what} for {', '.join(TIERS)}, got {_a(numbers)}"
        elif any(type(number) is not int or number < 1 for number in numbers.values()):
            yield f"workload {name}: expected 1 or more as {what}, got {_a(dict(numbers))}"
        elif what == "users" and max(numbers.values()) > USERS:
            yield f"workload {name}: expected {USERS} users or fewer, got {_a(dict(numbers))}"
    if not isinstance(workload.proves, Mapping) or not workload.proves:
        expected = "expected rules by kind of target as proves"
        yield f"workload {name}: {expected}, got {_a(workload.proves)}"
        return
    for kind, proved in workload.proves.items():
        yield from _wrong_proof(name, kind, proved, rules)


def _wrong_proof(name: str, kind: object, proved: object, rules: Collection[str]) -> Iterator[str]:
    kinds = tuple(rulebook.CORE_RULES)
    if kind not in kinds:
        yield _unknown(f"workload {name}: {kind!r} is no kind of target", kind, kinds)
    if not isinstance(proved, tuple | list) or not proved:
        yield f"workload {name}: expected a tuple of rules for {kind}, got {_a(proved)}"
        return
    for rule in proved:
        if not isinstance(rule, str) or rule not in rules:
            problem = f"workload {name}: it proves {rule!r}, and there is no such rule"
            yield asking(problem, rule, rules, alike=RULES)
