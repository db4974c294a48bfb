"""What somebody chose of all that there is to run and to judge by; both faces take it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from goldenpath import known, rulebook
from goldenpath.catalogue import OURS, Catalogue
from goldenpath.errors import UsageProblem
from goldenpath.meant import RULES, WORDS, asking


@dataclass(frozen=True)
class Choice:
    """What was asked for: workloads and rules by name (none: all), lists, strictness."""

    workloads: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    known: tuple[known.Line, ...] = ()
    strict: bool = False

    @property
    def partial(self) -> bool:
        """Whether something was left out on purpose."""
        return bool(self.workloads or self.rules)


def choose(
    catalogue: Catalogue,
    *,
    workloads: Iterable[str],
    rules: Iterable[str],
    failing: Path | None,
    flaky: Path | None,
    strict: bool,
) -> Choice:
    """The choice that was typed: ids of rules in any case, and the files of known failures. Raises
    UsageProblem where something is not there, or a list is wrong.
    """
    names, ids = catalogue.workloads, catalogue.rules
    listed = known.read_both(failing, flaky, names, ids)
    spelt = tuple(rulebook.spelt(rule, ids) for rule in rules)
    choice = Choice(tuple(workloads), spelt, tuple(listed), strict)
    check_choice(choice, catalogue)
    return choice


def check_choice(choice: Choice, catalogue: Catalogue = OURS) -> None:
    """Raise UsageProblem where a chosen rule or workload does not exist."""
    planned = [name for name in choice.rules if name in rulebook.PLANNED]
    problems = [f"{name} is in the catalogue and is not checked yet" for name in planned]
    problems += _missing("rule", choice.rules, (*catalogue.rules, *planned), RULES)
    problems += _missing("workload", choice.workloads, catalogue.workloads, WORDS)
    if problems:
        raise UsageProblem(
            "\n".join(problems), hint="see `goldenpath list rules` and `goldenpath list workloads`"
        )


def _missing(what: str, names: Iterable[str], there: Collection[str], alike: float) -> list[str]:
    return [
        asking(f"there is no {what} {name!r}", name, there, alike=alike)
        for name in dict.fromkeys(names)
        if name not in there
    ]
