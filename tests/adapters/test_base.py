"""What an adapter says of a call: a value, an exception, a failed result, or nothing to call."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from goldenpath.adapters.base import (
    Reply,
    callable_with,
    done,
    failed,
    guarded,
    missing,
    raised,
    settle,
)
from goldenpath.model import NOT_JSON


class Hostile(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")

    def __repr__(self) -> str:
        raise RuntimeError("no repr")


class Awaits:
    def __await__(self) -> Any:
        yield from asyncio.sleep(0).__await__()
        return "awaited"


async def later(value: Any) -> Any:
    await asyncio.sleep(0)
    return value


def throw(error: BaseException) -> Callable[[], Any]:
    """A call that raises at once."""

    def call() -> Any:
        raise error

    return call


def throw_later(error: BaseException) -> Callable[[], Any]:
    """A call whose result raises when it is awaited."""

    async def call() -> Any:
        await asyncio.sleep(0)
        raise error

    return call


async def never() -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("reply", "ok", "value"),
    [
        (done(), True, {"value": None}),
        (done({"a": (1, 2)}), True, {"value": {"a": [1, 2]}}),
        (missing("cleanup"), False, {"by": "missing", "type": "", "text": "there is no cleanup"}),
        (
            raised(ValueError("no such tool")),
            False,
            {"by": "exception", "type": "ValueError", "text": "no such tool"},
        ),
        (
            failed("no such tool", None),
            False,
            {"by": "result", "type": "", "text": "no such tool", "value": None},
        ),
        (
            failed({"code": 4}, 0),
            False,
            {"by": "result", "type": "", "text": '{"code": 4}', "value": 0},
        ),
    ],
)
def test_a_reply_is_json_data(reply: Reply, ok: bool, value: dict[str, Any]) -> None:
    """Success has the value; failure says by what, of which type, and in which words."""
    assert reply == Reply(ok, value)


@pytest.mark.parametrize(
    "reply",
    [done(Hostile()), raised(Hostile()), failed(Hostile(), Hostile()), done({"a": {1, 2}})],
    ids=["value", "exception", "error", "set"],
)
def test_what_no_json_can_hold_is_marked(reply: Reply) -> None:
    """A reply can always be written down, whatever the target returned or raised."""
    text = json.dumps(reply.value)

    assert NOT_JSON in text or "raised RuntimeError" in text


@pytest.mark.parametrize(
    "reply",
    [
        done("\ud800"),
        done({"\udcff": 1}),
        failed("\udcff", "\ud800"),
        raised(OSError("\udcff.txt")),
    ],
    ids=["value", "key", "error", "exception"],
)
def test_half_a_surrogate_pair_can_be_written_down(reply: Reply) -> None:
    """A file name that is no UTF-8 gets into the text of an error, and not into our way."""
    assert json.dumps(reply.value, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("value", "settled"),
    [(5, 5), (None, None), (Awaits(), "awaited"), (Awaits, Awaits)],
    ids=["value", "none", "awaitable", "class"],
)
def test_values_and_awaitables_are_settled_alike(value: Any, settled: Any) -> None:
    """Targets may be sync or async."""
    assert asyncio.run(settle(value)) == settled


@pytest.mark.parametrize("value", [5, None, [], Reply(True, {})], ids=str)
@pytest.mark.parametrize("how", ["at once", "later"])
def test_what_a_call_returns_is_passed_on(value: Any, how: str) -> None:
    """Guarding changes nothing about a call that works."""
    found = asyncio.run(guarded(lambda: value if how == "at once" else later(value)))

    assert found is value


@pytest.mark.parametrize(
    "error",
    [
        ValueError("no"),
        TimeoutError("its own"),
        SystemExit(3),
        asyncio.CancelledError("its own"),
        ExceptionGroup("two", [ValueError(), KeyError()]),
        Hostile(),
    ],
    ids=lambda e: type(e).__name__,
)
@pytest.mark.parametrize("how", [throw, throw_later])
def test_whatever_a_target_raises_is_a_failure(
    error: BaseException, how: Callable[[BaseException], Callable[[], Any]]
) -> None:
    """Also SystemExit, and a CancelledError that nobody asked for: the harness goes on."""
    found = asyncio.run(guarded(how(error)))

    assert isinstance(found, Reply)
    assert not found.ok
    assert found.value["type"] == type(error).__name__


def test_an_interrupt_of_ours_goes_through() -> None:
    """Ctrl-C is for the harness."""

    async def main() -> None:
        with pytest.raises(KeyboardInterrupt):
            await guarded(throw(KeyboardInterrupt()))

    asyncio.run(main())


def test_a_cancellation_of_ours_goes_through() -> None:
    """Who cancels the caller cancels the call."""

    async def main() -> None:
        task = asyncio.create_task(guarded(never))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        assert task.cancelled()

    asyncio.run(main())


def test_a_deadline_of_ours_goes_through() -> None:
    """A timeout around the call is ours too."""

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await guarded(never)

    asyncio.run(main())


def test_a_deadline_of_the_target_is_its_own_failure() -> None:
    """It cancels and un-cancels itself; that is no cancellation of ours."""

    async def impatient() -> None:
        async with asyncio.timeout(0):
            await never()

    async def main() -> tuple[Any, int]:
        found = await guarded(impatient)
        task = asyncio.current_task()
        assert task is not None
        return found, task.cancelling()

    found, pending = asyncio.run(main())

    assert found.value["type"] == "TimeoutError"
    assert pending == 0


def test_a_task_that_the_target_cancelled_is_its_own_failure() -> None:
    """The CancelledError of a child is no reason to stop the harness."""

    async def awaits_its_dead() -> None:
        child = asyncio.ensure_future(never())
        child.cancel()
        await child

    found = asyncio.run(guarded(awaits_its_dead))

    assert found.value["type"] == "CancelledError"


def test_a_cancellation_from_before_does_not_count() -> None:
    """Only who cancels during this very call cancels it."""

    async def main() -> Any:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.sleep(0)
        return await guarded(throw(asyncio.CancelledError()))

    assert asyncio.run(main()).value["type"] == "CancelledError"


def test_the_text_of_an_exception_holds_its_notes_and_its_group() -> None:
    """What was said there was said."""
    error = ValueError("refused")
    error.add_note("there is no no_such_tool")
    group = ExceptionGroup("two", [KeyError("a"), OSError("b")])

    assert raised(error).value["text"] == "refused; there is no no_such_tool"
    assert "cause" not in raised(error).value
    assert raised(group).value["text"] == "two (2 sub-exceptions); 'a'; b"
    assert failed(error, None).value["text"] == "refused; there is no no_such_tool"


def test_a_structured_error_is_read_whole() -> None:
    """However long its parts are."""
    said = {"message": "There is no tool of the name no_such_tool in this session"}

    assert "no_such_tool" in failed(said, None).value["text"]


def test_causes_of_causes_are_told_and_a_circle_has_an_end() -> None:
    """A facade may wrap what a facade wrapped."""
    first, second, third = KeyError("it broke"), ValueError("failed"), RuntimeError("no")
    third.__cause__, second.__cause__ = second, first
    assert raised(third).value["cause"] == "failed; 'it broke'"

    first.__cause__ = second
    assert raised(third).value["cause"].startswith("failed; 'it broke'; failed")


def _wrapped(how: str) -> Exception:
    try:
        try:
            raise KeyError("it broke")
        except KeyError as error:
            if how == "within":
                raise RuntimeError("failed")  # noqa: B904 - as many do
            raise RuntimeError("failed") from (error if how == "from" else None)
    except RuntimeError as error:
        return error


@pytest.mark.parametrize(
    ("how", "cause"), [("from", "'it broke'"), ("within", "'it broke'"), ("from None", None)]
)
def test_what_an_error_came_of_is_told_where_it_shows_that(how: str, cause: str | None) -> None:
    """As its traceback would show it."""
    assert raised(_wrapped(how)).value.get("cause") == cause


class Shown:
    """A default whose repr raises: the signature cannot be written down."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")


SHOWN = Shown()


@pytest.mark.parametrize(
    ("function", "numbers", "said"),
    [
        (lambda a, b: None, (2,), ""),
        (lambda *all: None, (2,), ""),
        (lambda a, b, c=1: None, (2,), ""),
        (lambda a: None, (1, 2), ""),
        (int, (2,), ""),
        (max, (2,), ""),
        (lambda a=SHOWN: None, (2,), ""),
        ("text", (2,), "missing"),
        (None, (2,), "missing"),
        (lambda a: None, (2,), "one that does not take 2 positional arguments: (a)"),
        (lambda *, a, b: None, (2,), "one that does not take 2 positional arguments: (*, a, b)"),
        (lambda: None, (1, 2), "one that does not take 1 or 2 positional arguments: ()"),
    ],
)
def test_whether_a_member_takes_what_it_is_given(
    function: Any, numbers: tuple[int, ...], said: str
) -> None:
    """In doubt it does: what it then raises is told by the call."""
    assert callable_with(function, *numbers) == said
