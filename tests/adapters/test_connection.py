"""A conversation with a program: hellos, answers, callers that give up, programs that hang."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.adapters.programs import HELLO, program

from goldenpath.adapters import connection as connections
from goldenpath.adapters.connection import Connection
from goldenpath.adapters.lines import Answer, Error, Frame
from goldenpath.errors import TargetProblem, UsageProblem


@contextlib.asynccontextmanager
async def opened(body: str, took: list[Any] | None = None) -> AsyncIterator[Connection]:
    take = (lambda _: None) if took is None else took.append
    connection = Connection(program(body), take, scale=1.0)
    try:
        await connection.open(100_000, 20.0)
        async with asyncio.timeout(60):
            yield connection
    finally:
        await connection.close()


def ask(body: str, *asked: str) -> list[Answer]:
    async def main() -> list[Answer]:
        async with opened(body) as connection:
            return list(await asyncio.gather(*(connection.ask(type_) for type_ in asked)))

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        ("sys.exit(2)", TargetProblem, r"ended \(exit code 2\) before its hello"),
        ("print('Server is up'); sys.stdin.read()", TargetProblem, "no hello"),
        ("os.write(1, bytes(range(256)) + b'\\n'); sys.stdin.read()", TargetProblem, "no hello"),
        ("write('answer', id=1, value=1); sys.stdin.read()", TargetProblem, "no hello"),
        ("write('hello', protocol=2); sys.stdin.read()", UsageProblem, "another version"),
        ("write('hello', protocol=1); sys.stdin.read()", UsageProblem, "kind: expected"),
        ('os.write(1, b\'{"type": "hello"\')', TargetProblem, "in the middle of the line"),
    ],
)
def test_what_does_not_say_hello_is_told_in_words(
    body: str, kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=said):
        ask(body)


@pytest.mark.parametrize(
    ("line", "hint"),
    [("print('up', flush=True)", "write logs"), ("write('answer', id=1, value=1)", "the hello")],
)
def test_a_first_line_that_is_no_hello_says_what_to_do(line: str, hint: str) -> None:
    with pytest.raises(TargetProblem, match=f"to do: write {hint.removeprefix('write ')}"):
        ask(f"{line}; sys.stdin.read()")


def test_a_hello_that_does_not_come_is_not_awaited_for_ever() -> None:
    async def main() -> None:
        connection = Connection(program("sys.stdin.read()"))
        try:
            await connection.open(1000, 0.1)
        finally:
            await connection.close()

    with pytest.raises(TargetProblem, match=r"no hello within 0\.1 seconds") as raised:
        asyncio.run(main())
    assert "flush stdout" in str(raised.value)


def test_answers_come_in_any_order() -> None:
    body = (
        HELLO
        + """
asked = [next(each) for each in [lines()] * 1 for _ in range(3)]
for line in reversed(asked):
    write("answer", id=line["id"], value=line["type"])
sys.stdin.read()
"""
    )
    assert [answer.value for answer in ask(body, "a", "b", "c")] == ["a", "b", "c"]


def test_an_error_is_an_answer() -> None:
    body = (
        HELLO
        + """
write("answer", id=next(lines())["id"], error={"type": "E", "text": "no"})
sys.stdin.read()
"""
    )
    assert ask(body, "a")[0].error == Error("no", "E")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("write('answer', id=99, value=1)", "request 99 was answered before, or never made"),
        ("write('answer', id=0, value=1)", "request 0 was answered before, or never made"),
        ("write('answer', id=id, value=1); write('answer', id=id, value=1)", "answered before"),
        ("write('hello', protocol=1)", "Invalid value 'hello'"),
        ("print('debug: here')", "no line of the protocol"),
        ("os.write(1, b'\\x00\\xff\\n')", "no line of the protocol"),
        ("os.write(1, b'x' * 1_000_000)", "longer than"),
        ("sys.exit(1)", "exit code 1"),
        ("os._exit(0)", r"ended \(exit code 0\) before it was told to"),
        ("os.abort()", "SIGABRT"),
        ("raise RuntimeError('out of memory')", "RuntimeError: out of memory"),
        ('os.write(1, b\'{"type": "answer", "id"\'); sys.exit(0)', "in the middle of the line"),
    ],
)
def test_a_hostile_answer_is_told_apart_from_a_violation(lines: str, said: str) -> None:
    """A TargetProblem with its own words, whatever was asked meanwhile."""
    body = HELLO + f"next(lines()); id = next(lines())['id']\n{lines}\nsys.stdin.read()\n"

    with pytest.raises(TargetProblem, match=said):
        ask(body, "a", "b")


@pytest.mark.parametrize(
    ("lines", "hint"),
    [
        ("print('debug: here')", "write logs to stderr"),
        ("print(5)", "write logs to stderr"),
        ("print({'type': 'x'})", "one JSON object, without NaN or Infinity; logs go to stderr"),
        ("write('log', text='here')", "a line is of the type answer, frame, started, ended"),
        ("write('frame', to='u', frame=1, urgent=True)", "its own fields and no others"),
        ("write('answer', id=id)", "an answer has its id and exactly one of the four"),
        ("write('answer', id=99, value=1)", "answer each request once"),
    ],
)
def test_a_slip_in_the_protocol_says_what_it_asks_for(lines: str, hint: str) -> None:
    """Logs are spoken of only where the line is no JSON object."""
    body = HELLO + f"id = next(lines())['id']\n{lines}\nsys.stdin.read()\n"
    with pytest.raises(TargetProblem) as raised:
        ask(body, "a")
    said = str(raised.value).partition("to do: ")[2]

    assert hint in said
    assert ("logs" in said) is ("logs" in hint)


def test_other_lines_are_handed_on_in_their_order() -> None:
    took: list[Any] = []
    body = (
        HELLO
        + """
for line in lines():
    write("frame", to="u", frame=1)
    write("answer", id=line["id"], value=1)
    write("frame", to="u", frame=2)
"""
    )

    async def main() -> tuple[list[Any], list[Any]]:
        async with opened(body, took) as connection:
            await connection.ask("a")
            first = list(took)
            await connection.ask("b")
            return first, list(took)

    first, both = asyncio.run(main())

    assert Frame("u", 1) in first
    assert both[:3] == [Frame("u", 1), Frame("u", 2), Frame("u", 1)]


# --- callers that give up -------------------------------------------------------------------------

GIVEN_UP = (
    HELLO
    + """
for line in lines():
    if line["type"] == "cancel":
        {on_cancel}
    elif line["type"] == "ping":
        write("answer", id=line["id"], value=True)
    else:
        asked = line["id"]
        write("frame", to="", frame="begun")
"""
)


def give_up(on_cancel: str) -> tuple[str, Any]:
    """Give up a call once it has begun; how it ended for the caller, and what it was told."""
    took: list[Any] = []

    async def main() -> tuple[str, Any]:
        async with opened(GIVEN_UP.format(on_cancel=on_cancel), took) as connection:
            call = asyncio.create_task(connection.ask("a"))
            while not took:
                await asyncio.sleep(0.005)
            call.cancel()
            try:
                return "answered", await call
            except asyncio.CancelledError:
                return "cancelled", None

    return asyncio.run(main())


def test_a_call_that_was_cancelled_is_cancelled_for_its_caller() -> None:
    assert give_up("write('answer', id=asked, cancelled=True)") == ("cancelled", None)


def test_what_a_call_answers_after_all_counts() -> None:
    how, answer = give_up("write('answer', id=asked, value=5)")

    assert (how, answer.value) == ("answered", 5)


def test_a_program_that_ignores_it_is_asked_whether_it_lives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connections, "ACKNOWLEDGING", 0.05)
    monkeypatch.setattr(connections, "LINGERING", 0.05)

    assert give_up("pass") == ("cancelled", None)


def test_a_late_answer_is_no_protocol_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "ACKNOWLEDGING", 0.05)
    monkeypatch.setattr(connections, "LINGERING", 0.0)
    took: list[Any] = []
    late = GIVEN_UP.replace(
        'write("answer", id=line["id"], value=True)',
        """
        write("answer", id=line["id"], value=True)
        if asked: write("answer", id=asked, value="late"); asked = 0""",
    ).format(on_cancel="pass")

    async def main() -> Any:
        async with opened(late, took) as connection:
            call = asyncio.create_task(connection.ask("a"))
            while not took:
                await asyncio.sleep(0.005)
            call.cancel()
            await asyncio.wait([call])
            return (await connection.ask("ping")).value

    assert asyncio.run(main()) is True


@pytest.mark.parametrize("hanging", ["time.sleep(60)", "while True: pass"])
def test_a_program_that_hangs_is_no_call_that_hangs(
    hanging: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "ACKNOWLEDGING", 0.05)
    monkeypatch.setattr(connections, "PINGING", 0.2)

    with pytest.raises(TargetProblem, match="did not even answer a ping"):
        give_up(hanging)
