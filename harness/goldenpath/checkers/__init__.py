"""Checkers: pure folds over a history, one file per family of rules."""

from goldenpath.checkers import (
    api,
    content,
    delivery,
    internals,
    isolation,
    order,
    payload,
    recovery,
    sequence,
    tool,
)
from goldenpath.checkers.base import Check, Fold
from goldenpath.checkers.tally import Tally

CHECKS: tuple[Check, ...] = (
    *api.CHECKS,
    *tool.CHECKS,
    *order.CHECKS,
    *sequence.CHECKS,
    *delivery.CHECKS,
    *content.CHECKS,
    *payload.CHECKS,
    *internals.CHECKS,
    *isolation.CHECKS,
    *recovery.CHECKS,
)

__all__ = ["CHECKS", "Check", "Fold", "Tally"]
