"""For working in this repository: Hypothesis without a deadline, because machines are loaded."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("goldenpath", deadline=None, print_blob=True)
settings.load_profile("goldenpath")
