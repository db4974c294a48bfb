"""Checkers: pure folds over a history, one file per family of rules."""

from goldenpath.checkers import (
    api,
    content,
    delivery,
    isolation,
    order,
    performance,
    recovery,
    tool,
)
from goldenpath.checkers.base import Check, Fold
from goldenpath.checkers.tally import Tally

CHECKS: tuple[Check, ...] = (
    *api.CHECKS,
    *tool.CHECKS,
    *order.CHECKS,
    *delivery.CHECKS,
    *content.CHECKS,
    *isolation.CHECKS,
    *recovery.CHECKS,
    *performance.CHECKS,
)

__all__ = ["CHECKS", "Check", "Fold", "Tally"]
