"""A conversation with a program: its hello, then requests and their answers.

What a caller gives up is told to the program; a call that does not return is told apart from a
program that hangs altogether.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from goldenpath.adapters.child import Child
from goldenpath.adapters.lines import (
    Answer,
    Hello,
    LineProblem,
    read_hello,
    read_line,
    write_line,
)
from goldenpath.dialects import DIALECTS, Dialect

#: Seconds that a program has to answer a call that was given up, then a ping, and then the call
#: after all: until then nobody has been told anything.
ACKNOWLEDGING, PINGING, LINGERING = 1.0, 2.0, 4.0


class Connection:
    """A running program. Lines that are no answers go to `take`, which may raise LineProblem.

    scale: of the seconds that it is given. dialects: those that its hello may name.
    """

    def __init__(
        self,
        command: Sequence[str],
        take: Callable[[Any], None] = lambda _: None,
        scale: float = 1.0,
        dialects: Mapping[str, Dialect] = DIALECTS,
    ) -> None:
        self.child = Child(command)
        self.child.before = "its hello"
        self._take, self._scale, self._dialects = take, scale, dialects
        self._ids = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Answer]] = {}
        self._late: set[int] = set()

    async def open(self, max_frame: int, seconds: float) -> Hello:
        """Start it and await its hello. Raises UsageProblem or TargetProblem."""
        self._hello: asyncio.Future[Hello] = asyncio.get_running_loop().create_future()
        await self.child.start(self._heard, 4 * max_frame + 65536)
        try:
            async with asyncio.timeout(seconds):
                hello: Hello = await self.child.wait(self._hello)
                return hello
        except TimeoutError:
            self.child.fail(
                f"says no hello within {seconds:g} seconds",
                hint="flush stdout after each line; docs/process.md says what the first one holds",
            )
        raise self.child.trouble

    async def close(self) -> None:
        """End the program; at once where this very task is being cancelled."""
        task = asyncio.current_task()
        await self.child.end(at_once=bool(task and task.cancelling()))

    def write(self, type_: str, **fields: Any) -> None:
        """Send a line that is no request."""
        self.child.write(write_line(type_, **fields))

    async def ask(self, type_: str, **fields: Any) -> Answer:
        """Send a request and await its answer. A caller that gives up is told to the program, and
        what it answers then counts. Raises TargetProblem where the program is no more, or hangs.
        """
        id_, future = self._send(type_, **fields)
        try:
            answer: Answer = await self.child.wait(future)
        except asyncio.CancelledError:
            self.write("cancel", id=id_)
            await self._acknowledged(future)
            if not future.done() or future.result().cancelled is True:
                raise
            return future.result()
        else:
            return answer
        finally:
            self._forget(id_)

    def _send(self, type_: str, **fields: Any) -> tuple[int, asyncio.Future[Answer]]:
        id_ = next(self._ids)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._asked[id_] = future
        self.write(type_, id=id_, **fields)
        return id_, future

    def _forget(self, id_: int) -> None:
        """Wait for this answer no more; it may still come."""
        if self._asked.pop(id_, None) is not None:
            self._late.add(id_)

    async def _acknowledged(self, future: asyncio.Future[Answer]) -> None:
        """Wait a while for the answer; a program that does not even answer a ping hangs, which is
        something else than a call that does not return.
        """
        if await self._first(ACKNOWLEDGING, future):
            return
        id_, ping = self._send("ping")
        answered = await self._first(PINGING, future, ping)
        self._forget(id_)
        if not answered:
            seconds = PINGING * self._scale
            self.child.fail(
                f"hangs: in {seconds:g} seconds it did not even answer a ping",
                hint="answer ping at once, whatever else goes on; --time-scale gives it more time",
            )
            raise self.child.trouble
        await self._first(LINGERING, future)

    async def _first(self, seconds: float, *futures: asyncio.Future[Answer]) -> bool:
        """Whether one of them is done in time."""
        first = asyncio.FIRST_COMPLETED
        done, _ = await asyncio.wait(futures, timeout=seconds * self._scale, return_when=first)
        return bool(done)

    # --- lines ----------------------------------------------------------------------------------

    def _heard(self, line: bytes) -> None:
        if not self._hello.done():
            self._hello.set_result(read_hello(self.child.name, line, self._dialects))
            self.child.before = Child.before
            return
        read = read_line(line)
        if isinstance(read, Answer):
            self._answered(read)
        else:
            self._take(read)

    def _answered(self, answer: Answer) -> None:
        future = self._asked.pop(answer.id, None)
        if future is not None:
            future.set_result(answer)
        elif answer.id not in self._late:
            raise LineProblem(
                f"request {answer.id} was answered before, or never made",
                "answer each request once, with the id that it has",
            )
        self._late.discard(answer.id)
