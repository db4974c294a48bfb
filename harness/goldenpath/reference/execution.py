"""What a dispatcher remembers: each call while it runs, and counts of what has been done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import InvalidParameters
from .registry import AnyTool


@dataclass(slots=True)
class Metrics:
    """What one dispatcher has done so far."""

    started: int = 0
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0


@dataclass(slots=True)
class Execution:
    """One call of one tool, from announcement to report; without a status it has not ended."""

    tool: AnyTool
    call_id: str
    parameters: dict[str, Any]
    status: str | None = field(default=None, init=False)
    result: Any = field(default=None, init=False)
    error: str | None = field(default=None, init=False)

    def succeed(self, result: Any) -> None:
        """The tool returned."""
        self.status, self.result = "success", result

    def fail(self, error: Exception) -> None:
        """The tool raised."""
        self.status, self.error = "error", str(error) or type(error).__name__

    def time_out(self, error: Exception) -> None:
        """The tool was stopped because it took too long."""
        self.status, self.error = "timeout", str(error)

    def cancel(self) -> None:
        """The tool was stopped, or never started."""
        self.status, self.error = "cancelled", "the call was cancelled"


def checked(parameters: Mapping[str, Any] | None) -> dict[str, Any]:
    """Copy the parameters; left out they are none."""
    if parameters is None:
        return {}
    if not isinstance(parameters, Mapping) or not all(isinstance(name, str) for name in parameters):
        raise InvalidParameters("parameters are an object whose keys are names")
    return dict(parameters)
