"""A program in a process of its own: started, listened to line by line, written to, ended.

The only place that knows pipes. Whatever the program does is bounded: the length of a line, how
much it writes, how much waits for it, how long it may take to end. What goes wrong with it is told
once, as a TargetProblem, with the last that it wrote to stderr; nothing is left of it.
"""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import signal
import subprocess
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from goldenpath import interrupts
from goldenpath.adapters.lines import PREFIX, LineProblem, excerpt
from goldenpath.errors import TargetProblem, UsageProblem

#: What a program may write in one workload, in lines and in bytes.
MOST_LINES = 200_000
MOST_BYTES = 1 << 28

#: Bytes that may wait for it to read them, beyond the longest line.
MOST_WAITING = 1 << 24

#: Bytes of its stderr that are kept, the last lines of them that are shown, and those above that
#: name an error: some languages print the error first and then where it was.
COMPLAINTS, SHOWN, NAMED = 8_000, 8, 3
_TELLING = re.compile(rb"error|exception|fatal|panic", re.IGNORECASE)

#: Seconds that it has to end after its stdin was closed, and again after it was terminated.
LEAVING, DYING = 2.0, 1.0

#: Seconds until a program that closed its stdout has told how it ended.
EXPLAINING = 1.0

_PAUSE = 0.01


class _Stdout(asyncio.Protocol):
    """Cuts what comes into lines and hands them on at once, in the order in which they came."""

    def __init__(self, child: Child, longest: int) -> None:
        self._child, self._longest = child, longest
        self._rest = bytearray()
        self.lines = self._bytes = 0

    def data_received(self, data: bytes) -> None:
        looked = len(self._rest)
        self._rest += data
        self._bytes += len(data)
        begin = 0
        while (end := self._rest.find(b"\n", max(begin, looked))) >= 0:
            if not self._take(bytes(self._rest[begin:end])):
                return
            begin = end + 1
        del self._rest[:begin]
        if len(self._rest) > self._longest:
            self._too_long(len(self._rest))

    def _take(self, line: bytes) -> bool:
        """Hand on one line; False where no more of them are wanted."""
        self.lines += 1
        if len(line) > self._longest:
            self._too_long(len(line))
        elif self.lines > MOST_LINES or self._bytes > MOST_BYTES:
            self._child.fail(
                f"floods: it wrote more than {MOST_LINES} lines or {MOST_BYTES >> 20} MiB in one"
                " workload",
                got=excerpt(line),
            )
        else:
            self._child.heard(line)
        return self._child.problem is None

    def _too_long(self, length: int) -> None:
        self._child.fail(
            f"writes a line that is longer than {self._longest} bytes",
            got=f"{length} bytes without an end: {excerpt(bytes(self._rest[:1000]))}",
            hint="end each line with a newline; --max-frame raises the limit",
        )

    def eof_received(self) -> None:
        self._child.left(bytes(self._rest))


class _Stderr(asyncio.Protocol):
    """Keeps the end of what comes."""

    def __init__(self) -> None:
        self.tail = b""
        self.over = False

    def data_received(self, data: bytes) -> None:
        self.tail = (self.tail + data)[-COMPLAINTS:]

    def eof_received(self) -> None:
        self.over = True


class Child:
    """One running program. `on_line` is given each line, and may raise LineProblem.

    before: what has not come about yet, in words, so that an end is too early.
    """

    before = "it was told to"

    def __init__(self, command: Sequence[str]) -> None:
        self.name, self._command = excerpt((PREFIX + shlex.join(command)).encode()), command
        self.problem: Exception | None = None
        self._on_line: Callable[[bytes], None] = lambda _: None
        self._waiting: set[asyncio.Future[Any]] = set()
        self._errors = _Stderr()
        self._process: subprocess.Popen[bytes] | None = None
        self._pipes: list[asyncio.BaseTransport] = []
        self._ending = False
        self._explained: asyncio.Task[None] | None = None

    async def start(self, on_line: Callable[[bytes], None], longest: int) -> None:
        """Start the program. Raises UsageProblem where it cannot be."""
        self._on_line, self._longest = on_line, longest
        self._own_group = not interrupts.watched()  # else the supervisor ends the whole group
        process = self._process = self._spawn()
        self._reap = weakref.finalize(self, _reap, process, self._own_group)
        loop = asyncio.get_running_loop()
        self._out = _Stdout(self, longest)
        self._stdin, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, process.stdin)
        self._pipes.append(self._stdin)
        stderr, _ = await loop.connect_read_pipe(lambda: self._errors, process.stderr)
        self._pipes.append(stderr)
        stdout, _ = await loop.connect_read_pipe(lambda: self._out, process.stdout)
        self._pipes.append(stdout)

    def _spawn(self) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(  # noqa: S603 - the program that the user named
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                process_group=0 if self._own_group else None,
            )
        except (OSError, ValueError) as error:
            raise UsageProblem(
                f"{self.name} cannot be started",
                expected="a program that can be run",
                got=f"{type(error).__name__}: {error}",
            ) from None

    # --- talking ------------------------------------------------------------------------------

    def write(self, line: bytes) -> None:
        """Send it a line. What a program that has gone is sent is lost; it is told of elsewhere."""
        if self.problem is not None or self._stdin.is_closing():
            return
        self._stdin.write(line)
        if self._stdin.get_write_buffer_size() > MOST_WAITING + self._longest:
            self.fail("does not read its stdin", got=f"{MOST_WAITING >> 20} MiB that wait for it")

    async def wait(self, future: asyncio.Future[Any]) -> Any:
        """Await a future of ours; raises what is wrong with the program, should it come first."""
        if self.problem is not None:
            raise self.problem
        self._waiting.add(future)
        try:
            await asyncio.wait([future])  # which leaves it alone where the caller is cancelled
            return future.result()
        finally:
            self._waiting.discard(future)

    # --- what the pipes tell --------------------------------------------------------------------

    def heard(self, line: bytes) -> None:
        """It wrote a line."""
        if self.problem is not None or self._ending:
            return
        try:
            self._on_line(line)
        except LineProblem as error:
            self.fail(
                f"writes what is no line of the protocol: {error}",
                got=f"line {self._out.lines}: {excerpt(line) or 'an empty one'}",
                hint=error.hint,
            )
        except Exception as error:  # its own declaration is wrong, or we have a bug
            self.broken(error)

    def left(self, rest: bytes) -> None:
        """It closed its stdout, in the middle of a line where there is a rest."""
        if not self._ending and self.problem is None:
            self._explained = asyncio.ensure_future(self._explain(rest))

    async def _explain(self, rest: bytes) -> None:
        await self._until(lambda: self._gone and self._errors.over, EXPLAINING)
        code = self._process.returncode if self._process else None
        how = "closed its stdout and goes on" if code is None else f"ended ({ended(code)})"
        cut = f", in the middle of the line {excerpt(rest)}" if rest else ""
        self.fail(f"{how} before {self.before}{cut}")

    def fail(self, problem: str, *, expected: str = "", got: str = "", hint: str = "") -> None:
        """The program cannot be tested any more: note why, once, and tell all who wait."""
        said = "\n".join(part for part in (got, self._complaints()) if part)
        self.broken(TargetProblem(f"{self.name} {problem}", expected=expected, got=said, hint=hint))

    def broken(self, error: Exception) -> None:
        """The same, with the exception that those who wait will raise."""
        if self.problem is not None:
            return
        self.problem = error
        for future in self._waiting:
            if not future.done():
                future.set_exception(error)
        for pipe in self._pipes:  # a flood need not be read, nor a deaf program be written to
            _shut(pipe)

    @property
    def trouble(self) -> Exception:
        """What is wrong with it; asked for only where something is."""
        assert self.problem is not None
        return self.problem

    def _complaints(self) -> str:
        lines = [line for line in self._errors.tail.splitlines() if line.strip()]
        before, last = lines[:-SHOWN], lines[-SHOWN:]
        named = [line for line in before if _TELLING.search(line)][-NAMED:]
        shown = [*named, *([b"..."] if before else []), *last]
        return "\n    ".join(["its stderr ends with:", *map(excerpt, shown)]) if lines else ""

    # --- ending -------------------------------------------------------------------------------

    async def end(self, *, at_once: bool = False) -> None:
        """End it: close its stdin and wait, unless something is wrong with it; terminate it and
        wait; kill it. Never raises.
        """
        self._ending = True
        if self._process is None:
            return
        try:
            if not at_once and self.problem is None:
                self._stdin.close()
                await self._until(lambda: self._gone, LEAVING)
            if not at_once and not self._gone:
                _signal(self._process, signal.SIGTERM, self._own_group)
                await self._until(lambda: self._gone, DYING)
        finally:
            for pipe in self._pipes:
                _shut(pipe)
            if self._explained is not None:
                self._explained.cancel()
            self._reap()

    @property
    def _gone(self) -> bool:
        return self._process is None or self._process.poll() is not None

    async def _until(self, met: Callable[[], bool], seconds: float) -> None:
        """Wait until `met()`, in naps, so that no time passes while the loop stands still."""
        for _ in range(round(seconds / _PAUSE)):
            if met():
                return
            await asyncio.sleep(_PAUSE)


def ended(code: int) -> str:
    """How a process ended, by its exit code; most real-time signals have no name."""
    if code >= 0:
        return f"exit code {code}"
    known = next((found.name for found in signal.Signals if found == -code), str(-code))
    return f"signal {known}"


def _shut(pipe: asyncio.BaseTransport) -> None:
    """Close a pipe now, whatever still waits in it."""
    if not isinstance(pipe, asyncio.WriteTransport):
        pipe.close()
    elif pipe.get_write_buffer_size() or not pipe.is_closing():
        pipe.abort()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals, group: bool) -> None:
    """Send a signal to the program, and to all that it has started where they are of its group."""
    with suppress(ProcessLookupError, PermissionError):
        if group:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)


def _reap(process: subprocess.Popen[bytes], group: bool) -> None:
    """Leave nothing of the program behind; also called when nobody ended it."""
    _signal(process, signal.SIGKILL, group)
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
