"""Miniatures: tiny implementations, each wrong in one named way, that the suite must catch."""

from goldenpath.miniatures import (
    content,
    delivery,
    internals,
    isolation,
    order,
    payload,
    recovery,
    sequence,
    surface,
    tools,
)
from goldenpath.miniatures.base import MINIATURES, Miniature

__all__ = [
    "MINIATURES",
    "Miniature",
    "content",
    "delivery",
    "internals",
    "isolation",
    "order",
    "payload",
    "recovery",
    "sequence",
    "surface",
    "tools",
]
