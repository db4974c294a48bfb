"""Checkers: pure folds over a history, one file per family of rules."""

from goldenpath.checkers import (
    access,
    api,
    broadcasts,
    closing,
    content,
    delivery,
    doors,
    ending,
    facades,
    factories,
    internals,
    isolation,
    latency,
    limits,
    names,
    neighbours,
    order,
    payload,
    performance,
    recovery,
    resource,
    routing,
    sequence,
    tool,
)
from goldenpath.checkers.base import Check, Fold
from goldenpath.checkers.tally import Tally

CHECKS: tuple[Check, ...] = (
    *api.CHECKS,
    *factories.CHECKS,
    *limits.CHECKS,
    *access.CHECKS,
    *names.CHECKS,
    *closing.CHECKS,
    *doors.CHECKS,
    *tool.CHECKS,
    *ending.CHECKS,
    *order.CHECKS,
    *sequence.CHECKS,
    *delivery.CHECKS,
    *content.CHECKS,
    *payload.CHECKS,
    *internals.CHECKS,
    *isolation.CHECKS,
    *neighbours.CHECKS,
    *recovery.CHECKS,
    *performance.CHECKS,
    *resource.CHECKS,
    *latency.CHECKS,
    *routing.CHECKS,
    *facades.CHECKS,
    *broadcasts.CHECKS,
)

__all__ = ["CHECKS", "Check", "Fold", "Tally"]
