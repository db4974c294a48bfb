"""Dialects: how each family of platforms writes the same five events on the wire."""

from goldenpath.dialects.common import COMMON
from goldenpath.dialects.decode import Decoded, Decoder, FrameReader
from goldenpath.dialects.model import Dialect, DialectProblem, as_data, chosen, from_table

DIALECTS: dict[str, Dialect] = {COMMON.name: COMMON}

__all__ = [
    "COMMON",
    "DIALECTS",
    "Decoded",
    "Decoder",
    "Dialect",
    "DialectProblem",
    "FrameReader",
    "as_data",
    "chosen",
    "from_table",
]
