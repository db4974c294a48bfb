"""Miniatures: tiny implementations, each wrong in one named way, that the suite must catch."""

from goldenpath.miniatures import (
    access,
    content,
    delivery,
    ending,
    forms,
    internals,
    isolation,
    load,
    neighbours,
    order,
    payload,
    performance,
    recovery,
    sequence,
    streams,
    surface,
    tools,
)
from goldenpath.miniatures.base import MINIATURES, Miniature

__all__ = [
    "MINIATURES",
    "Miniature",
    "access",
    "content",
    "delivery",
    "ending",
    "forms",
    "internals",
    "isolation",
    "load",
    "neighbours",
    "order",
    "payload",
    "performance",
    "recovery",
    "sequence",
    "streams",
    "surface",
    "tools",
]
