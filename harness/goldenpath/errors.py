"""The three kinds of trouble, never mixed.

*You* misused the harness: UsageProblem (exit 2). *They* broke the contract: a Finding, never an
exception. *We* have a bug: any other exception (exit 4). Between the first two stands
TargetProblem: the target could not be brought to the point where it can be tested (exit 3).

    GoldenpathError
    +-- UsageProblem     the command, the configuration or the adapter is wrong
    +-- TargetProblem    no session in which anything can be executed came about
    +-- OutputProblem    what came of it cannot be written down or printed
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes of every command."""

    CONFORMS = 0
    VIOLATIONS = 1
    USAGE = 2
    INCONCLUSIVE = 3
    BUG = 4
    INTERRUPTED = 130


class GoldenpathError(Exception):
    """Base of what goldenpath raises on purpose; the sentence is made from the parts."""

    exit = Exit.BUG

    def __init__(self, problem: str, *, expected: str = "", got: str = "", hint: str = "") -> None:
        self.problem, self.expected, self.got, self.hint = problem, expected, got, hint
        parts = [problem]
        parts += [f"  expected: {expected}"] if expected else []
        parts += [f"  got: {got}"] if got else []
        parts += [f"  to do: {hint}"] if hint else []
        super().__init__("\n".join(parts))


class UsageProblem(GoldenpathError):
    """The caller's command, configuration or adapter is wrong."""

    exit = Exit.USAGE


class TargetProblem(GoldenpathError):
    """The target offers no session in which anything can be executed."""

    exit = Exit.INCONCLUSIVE


class OutputProblem(GoldenpathError):
    """Reports cannot be written, or the result cannot be printed: a full disk, say."""

    exit = Exit.INCONCLUSIVE
