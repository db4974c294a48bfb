"""Checkers: pure folds over a history, one file per family of rules."""

from goldenpath.checkers import (
    access,
    api,
    content,
    delivery,
    doors,
    ending,
    isolation,
    neighbours,
    order,
    recovery,
    tool,
)
from goldenpath.checkers.base import Check, Fold
from goldenpath.checkers.tally import Tally

CHECKS: tuple[Check, ...] = (
    *api.CHECKS,
    *access.CHECKS,
    *doors.CHECKS,
    *tool.CHECKS,
    *ending.CHECKS,
    *order.CHECKS,
    *delivery.CHECKS,
    *content.CHECKS,
    *isolation.CHECKS,
    *neighbours.CHECKS,
    *recovery.CHECKS,
)

__all__ = ["CHECKS", "Check", "Fold", "Tally"]
