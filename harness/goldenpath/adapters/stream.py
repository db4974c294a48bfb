"""A run that gives its answer piece by piece, and its consumer, who may leave before the end.

Whoever leaves an `async for` by break closes nothing: the stream is closed when nobody holds it any
more, by a task that the loop makes for that. So nothing here may hold it then.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Collection, Mapping
from typing import Any

from goldenpath.adapters.base import Reply, done, guarded, heard

#: Pieces of an answer that are kept.
MOST = 1_000

#: Turns of the loop in which what was left may be closed before it counts as left alone.
TURNS = 20


def streams(run: Callable[..., Any]) -> bool:
    """Whether what a function gives can be consumed piece by piece, as far as it can be seen."""
    return inspect.isasyncgenfunction(inspect.unwrap(run))


class Consumer:
    """Takes a stream in until its end, or leaves.

    leave: `by`, which is break or close, and `after`, the canary of a call: it is left at the first
    piece that comes when that call's tool has started. None: it is not left. left: told how, at the
    moment when it is.
    """

    def __init__(
        self,
        leave: Mapping[str, str] | None,
        started: Collection[str],
        left: Callable[[Mapping[str, str]], Any],
    ) -> None:
        self._leave, self._started, self._left = leave, started, left
        self._pieces: list[Any] = []
        self._gone = False

    async def take(self, held: list[Any]) -> Reply:
        """Take in the one stream that is `held`, which is then held no more. The value is the list
        of its pieces.
        """
        reply = await guarded(lambda: self._consume(held))
        if not self._gone:
            return reply if isinstance(reply, Reply) else heard(done(self._pieces), self._pieces)
        for _ in range(TURNS):
            await asyncio.sleep(0)
        error = reply.value if isinstance(reply, Reply) else {}
        return heard(Reply(False, {**error, "why": "cancelled"}, lost=True), self._pieces)

    async def _consume(self, held: list[Any]) -> None:
        stream = aiter(held.pop())
        async for piece in stream:
            if len(self._pieces) < MOST:
                self._pieces.append(piece)
            if self._leave is not None and self._leave["after"] in self._started:
                self._gone = True
                self._left({"by": self._leave["by"]})
                if self._leave["by"] == "close" and hasattr(stream, "aclose"):
                    await stream.aclose()
                return
