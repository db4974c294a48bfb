"""The time that a probe has to find out what a target is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from goldenpath.errors import TargetProblem

#: Seconds that the factory of the probe, and its one call, may take. Imports can take 10 to 20
#: seconds, so the time is generous (FIELD_NOTES section 1).
PROBE_SECONDS = 20.0


@asynccontextmanager
async def in_time(target: str, kind: str, time_scale: float) -> AsyncIterator[None]:
    """The body makes one of the kind. Raises TargetProblem where that takes too long."""
    seconds = PROBE_SECONDS * time_scale
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise TargetProblem(
            f"{target}: to make the {kind} took longer than {seconds:.0f} seconds",
            expected=f"a {kind}",
        ) from None
