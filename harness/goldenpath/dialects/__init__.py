"""Dialects: how each family of platforms writes the same five events on the wire."""

from goldenpath.dialects.common import COMMON
from goldenpath.dialects.decode import Decoded, Decoder, FrameReader
from goldenpath.dialects.detect import Detected, detect
from goldenpath.dialects.envelope_a import A
from goldenpath.dialects.envelope_b import B
from goldenpath.dialects.envelope_c import C
from goldenpath.dialects.envelope_d import D
from goldenpath.dialects.model import Dialect, DialectProblem, as_data, chosen, from_table

#: All that are known by name; the first is that of a target that declares none.
DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in (COMMON, A, B, C, D)}

__all__ = [
    "COMMON",
    "DIALECTS",
    "Decoded",
    "Decoder",
    "Detected",
    "Dialect",
    "DialectProblem",
    "FrameReader",
    "as_data",
    "chosen",
    "detect",
    "from_table",
]
