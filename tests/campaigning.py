"""What tests of a campaign need: virtual time, and a target that must not be opened."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from goldenpath import rulebook
from goldenpath.adapters.base import Facts
from goldenpath.conduct import Options
from tests.virtual import VirtualLoop

FAST = Options(loop_factory=VirtualLoop)


class Never:
    """A target that must not be opened."""

    name = "never"

    def __init__(self, kind: str = "dispatcher") -> None:
        self.kind = kind

    async def probe(self, time_scale: float = 1.0) -> Facts:
        raise AssertionError("opened")

    def adapter(self, facts: Facts) -> Any:
        raise AssertionError("opened")


def unasked(proves: Iterable[str]) -> list[str]:
    """Of the rules that a workload proves, those that are tested without being asked for."""
    return [rule for rule in proves if rule not in rulebook.ON_REQUEST]
