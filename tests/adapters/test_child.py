"""A program in a process of its own: what goes wrong with it is told in words, nothing is left."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.adapters.programs import program

from goldenpath.adapters import child as children
from goldenpath.adapters.child import Child
from goldenpath.adapters.lines import LineProblem
from goldenpath.errors import TargetProblem, UsageProblem


def is_gone(pid: int) -> bool:
    """Whether no process has this id: neither alive nor a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


class Heard:
    """A child, the lines that it wrote, and what went wrong with it."""

    def __init__(self, command: list[str], longest: int = 1000) -> None:
        self.child = Child(command)
        self.lines: list[bytes] = []
        self.longest = longest
        self.refuse: bytes | None = None

    def take(self, line: bytes) -> None:
        if line == self.refuse:
            raise LineProblem("refused", "do otherwise")
        self.lines.append(line)

    async def until(self, met: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not met():
                await asyncio.sleep(0.005)

    async def live(self, count: int = -1, *, at_once: bool = False) -> Heard:
        """Start it, wait for so many lines or for its trouble, and end it."""
        await self.child.start(self.take, self.longest)
        self.pid = self.child._process.pid if self.child._process else 0
        try:
            await self.until(
                lambda: self.child.problem is not None or 0 <= count <= len(self.lines)
            )
        finally:
            await self.child.end(at_once=at_once)
        assert is_gone(self.pid)
        return self

    @property
    def said(self) -> str:
        assert isinstance(self.child.problem, TargetProblem)
        return str(self.child.problem)


def hear(body: str, count: int = -1, longest: int = 1000) -> Heard:
    return asyncio.run(Heard(program(body), longest).live(count))


def test_lines_come_in_their_order_whatever_their_pieces() -> None:
    body = """
        for part in ("a\\nb", "b\\n", "\\n", "c" * 900 + "\\nd", "\\n"):
            os.write(1, part.encode()); time.sleep(0.01)
        sys.stdin.read()
    """
    heard = hear(body, 5)

    assert heard.lines == [b"a", b"bb", b"", b"c" * 900, b"d"]
    assert heard.child.problem is None


def test_a_program_that_ends_with_its_stdin_is_not_killed(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    hear(f"print('x', flush=True); sys.stdin.read(); open({str(mark)!r}, 'w').close()", 1)

    assert mark.exists()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("sys.exit(0)", "ended (exit code 0) before it was told to"),
        ("sys.exit(3)", "ended (exit code 3) before it was told to"),
        ("os.kill(os.getpid(), 11)", "ended (signal SIGSEGV) before it was told to"),
        ("print('a line, and half', end=''); sys.exit(1)", "in the middle of the line a line, and"),
        ("os.close(1); sys.stdin.read()", "closed its stdout and goes on"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("sys.stderr.write('\\x1b[2J\\x00' * 90); sys.exit(1)", "\\x1b[2J\\x00"),
    ],
)
def test_an_early_end_is_told_with_the_last_of_stderr(body: str, said: str) -> None:
    heard = hear(body)

    assert said in heard.said
    assert all(part.isprintable() for part in heard.said.splitlines())


NODE = """
loader:1143
  throw err;
  ^

Error: Cannot find module './mine.js'
{stack}  code: 'MODULE_NOT_FOUND',

Node.js v20
"""


def test_the_line_that_names_the_error_is_shown_wherever_it_stands() -> None:
    """Above the stack as in Node, where the last lines alone would say nothing."""
    text = NODE.format(stack="    at Module._load (loader:981)\n" * 9)
    heard = hear(f"sys.stderr.write({text!r}); sys.exit(1)")
    shown = heard.said.splitlines()

    named = shown.index("    Error: Cannot find module './mine.js'")
    assert shown[named + 1] == "    ..."
    assert shown[-1] == "    Node.js v20"
    assert "" not in map(str.strip, shown)


def test_stderr_is_bounded_and_never_holds_the_program_up() -> None:
    heard = hear("sys.stderr.write('noise\\n' * 300_000); sys.stderr.write('the end'); sys.exit(1)")

    assert "the end" in heard.said
    assert len(heard.said) < 3000


@pytest.mark.parametrize(
    "body",
    [
        "os.write(1, b'x' * 5000); sys.stdin.read()",
        "os.write(1, b'x' * 1001 + b'\\n'); sys.stdin.read()",
        "while True: os.write(1, b'x' * 100_000)",
    ],
    ids=["without end", "a little", "for ever"],
)
def test_a_line_is_bounded(body: str) -> None:
    assert "writes a line that is longer than 1000 bytes" in hear(body).said


@pytest.mark.parametrize("limit", ["MOST_LINES", "MOST_BYTES"])
def test_a_flood_is_bounded(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In lines and in bytes; the loop turns meanwhile."""
    monkeypatch.setattr(children, limit, 3000)
    heard = hear("while True: os.write(1, b'a line\\n' * 1000)")

    assert "floods" in heard.said
    assert len(heard.lines) <= 3000


def test_a_line_that_is_refused_is_shown_with_its_number() -> None:
    found = Heard(program("print('ok'); print('\\x1bbad', flush=True); sys.stdin.read()"))
    found.refuse = b"\x1bbad"
    heard = asyncio.run(found.live())

    assert "writes what is no line of the protocol: refused" in heard.said
    assert "line 2: \\x1bbad" in heard.said
    assert "to do: do otherwise; docs/process.md" in heard.said


def test_a_bug_of_ours_is_not_blamed_on_the_program() -> None:
    found = Heard(program("print('x', flush=True); sys.stdin.read()"))
    found.take = lambda _: 1 / 0  # type: ignore[method-assign,assignment,return-value]
    heard = asyncio.run(found.live())

    assert isinstance(heard.child.problem, ZeroDivisionError)


def test_whoever_waits_is_told() -> None:
    async def main() -> None:
        child = Child(program("sys.stdin.readline(); sys.exit(4)"))
        await child.start(lambda _: None, 1000)
        never = asyncio.get_running_loop().create_future()
        child.write(b"go\n")
        with pytest.raises(TargetProblem, match="exit code 4"):
            await child.wait(never)
        with pytest.raises(TargetProblem, match="exit code 4"):
            await child.wait(asyncio.get_running_loop().create_future())
        child.write(b"nobody is there\n")
        await child.end()

    asyncio.run(main())


def test_a_program_that_does_not_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "MOST_WAITING", 1 << 20)
    monkeypatch.setattr(children, "DYING", 0.2)

    async def main() -> str:
        child = Child(program("time.sleep(60)"))
        await child.start(lambda _: None, 1000)
        for _ in range(40):
            child.write(b"x" * 50_000 + b"\n")
        await child.end()
        return str(child.problem)

    began = time.monotonic()
    assert "does not read its stdin" in asyncio.run(main())
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    "body",
    [
        "time.sleep(60)",
        "signal.signal(15, signal.SIG_IGN); write('y'); time.sleep(60)",
        "if not os.fork(): signal.signal(15, signal.SIG_IGN)\ntime.sleep(60)",
    ],
    ids=["ignores its stdin", "ignores SIGTERM", "has a child of its own"],
)
def test_nothing_is_left_of_a_program_that_does_not_end(
    body: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Terminated, then killed, and whatever it has started with it: nobody holds the lock."""
    monkeypatch.setattr(children, "LEAVING", 0.1)
    monkeypatch.setattr(children, "DYING", 0.1)
    lock = tmp_path / "lock"
    head = f"import fcntl, signal; lock = open({str(lock)!r}, 'w'); fcntl.flock(lock, 2)\n"
    heard = Heard(program(f"{head}write('x')\n{body}"))
    asyncio.run(heard.live(1))

    with lock.open("w") as file:
        signal.alarm(30)  # a grandchild that lives would hold it for a minute
        fcntl.flock(file, fcntl.LOCK_EX)
        signal.alarm(0)


def test_what_a_deaf_program_was_sent_does_not_keep_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than a pipe holds, less than is too much: its stdin cannot end before it has read."""
    monkeypatch.setattr(children, "LEAVING", 0.1)

    async def main() -> Child:
        child = Child(program("time.sleep(60)"))
        await child.start(lambda _: None, 1000)
        child.write(b"x" * 500_000 + b"\n")
        await child.end()
        return child

    child = asyncio.run(main())

    assert child.problem is None
    assert child._gone


def test_at_once_means_without_waiting() -> None:
    async def main() -> float:
        child = Child(program("time.sleep(60)"))
        await child.start(lambda _: None, 1000)
        began = time.monotonic()
        await child.end(at_once=True)
        return time.monotonic() - began

    assert asyncio.run(main()) < children.LEAVING


def test_a_child_that_nobody_ended_is_ended_with_us() -> None:
    """The finalizer reaps it when the loop has been closed under it."""

    async def main() -> Child:
        child = Child(program("time.sleep(60)"))
        await child.start(lambda _: None, 1000)
        for pipe in child._pipes:
            pipe.close()
        await asyncio.sleep(0)
        return child

    child = asyncio.run(main())
    assert child._process is not None
    pid = child._process.pid
    child._reap()

    assert is_gone(pid)


def test_a_child_that_was_never_started_needs_no_end() -> None:
    asyncio.run(Child(["x"]).end())


@pytest.mark.parametrize("command", [["/no/such/program"], ["/"], ["a\0b"]])
def test_what_cannot_be_started_is_a_usage_problem(command: list[str]) -> None:
    with pytest.raises(UsageProblem, match="cannot be started"):
        asyncio.run(Child(command).start(lambda _: None, 1000))


def test_signals_without_a_name_have_a_number() -> None:
    assert children.ended(-int(signal.SIGKILL)) == "signal SIGKILL"
    assert children.ended(-63) == "signal 63"
