"""Where the suites are: in a wheel inside the package, in a checkout beside the source root."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent
_INSIDE = _PACKAGE / "suites"

SUITES = _INSIDE if _INSIDE.is_dir() else _PACKAGE.parents[1] / "suites"
