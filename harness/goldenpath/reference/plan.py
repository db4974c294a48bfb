"""What a scripted agent is told to do, as data.

A plan has rounds; the calls of a round run in parallel, the rounds one after the other; then
the agent gives the answer. The agent takes anything of this shape (`AnyPlan`); `Plan` and
`PlannedCall` are the platform's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


class AnyCall(Protocol):
    """One call of a tool, to be made by an agent."""

    @property
    def id(self) -> str:
        """The call id, unique in the run."""

    @property
    def tool(self) -> str:
        """The name of the tool."""

    @property
    def arguments(self) -> Mapping[str, Any]:
        """The parameters of the tool."""


class AnyPlan(Protocol):
    """Rounds of calls and the answer in the end."""

    @property
    def rounds(self) -> Sequence[Sequence[AnyCall]]:
        """The rounds, each a group of calls that may run in parallel."""

    @property
    def answer(self) -> str:
        """What the agent says in the end."""


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """One call of a tool."""

    id: str
    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """Rounds of calls and the answer in the end."""

    rounds: tuple[tuple[PlannedCall, ...], ...]
    answer: str

    @property
    def calls(self) -> list[PlannedCall]:
        """All calls of all rounds."""
        return [call for calls in self.rounds for call in calls]
