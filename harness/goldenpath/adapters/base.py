"""What an adapter is: it opens a target, performs steps on it, and closes it. It never judges."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import json
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from opcode import opmap
from pathlib import Path
from typing import Any, Protocol

from goldenpath import interrupts, spec
from goldenpath.jsonable import LONGEST_TEXT, jsonable, readable, safe_text
from goldenpath.model import Step
from goldenpath.overheard import overheard
from goldenpath.plant import Plant


@dataclass(frozen=True)
class Facts:
    """What is known of a target before a workload: stands in the header of each history.

    card: capability to "yes" or `OUTCOME: reason`. events: type to native, synthesised, absent.
    dialect: as data, empty for the common one. shown: what a probe found, for people.
    """

    target: str
    kind: str
    events: dict[str, str]
    card: dict[str, str]
    declared: Mapping[str, Any] = field(default_factory=dict)
    dialect: Mapping[str, Any] = field(default_factory=dict)
    shown: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """How a step went, as its caller was told; value is JSON data. lost: its caller was told
    nothing, because they had left; the value says `why`.
    """

    ok: bool
    value: dict[str, Any]
    lost: bool = False

    @property
    def result(self) -> Any:
        """What was returned, as JSON data; None where it failed."""
        return self.value.get("value") if self.ok else None

    @property
    def error(self) -> str:
        """What was said where it failed; empty where it succeeded."""
        return "" if self.ok else str(self.value.get("text", ""))


class Adapter(Protocol):
    """One target, opened for one workload."""

    async def open(self, plant: Plant) -> None:
        """Make ready; raise TargetProblem where the target cannot be reached."""

    async def perform(self, step: Step) -> Reply:
        """Do what the step asks. Whatever the target raises becomes a Reply, but a cancellation."""

    async def close(self) -> None:
        """Leave nothing behind; never raises."""


#: Of a listing no more is read: it may have no end.
MOST_LISTED = 10_000

#: So many errors of which one came are told.
_CAUSES = 5

#: Letters of a signature that are shown.
_SIGNATURE = 200

#: What the interpreter does for `raise`.
_RAISE = opmap["RAISE_VARARGS"]


def done(value: Any = None) -> Reply:
    """It succeeded with this value."""
    return Reply(True, {"value": jsonable(value)})


def raised(error: BaseException) -> Reply:
    """It raised; `at` is the file and line that did, `cause` the texts of what it came of, as far
    as it shows them. meant: an error of a kind that mostly is an accident was raised by `raise`.
    """
    kind = type(error).__name__
    value: dict[str, Any] = {"by": "exception", "type": kind, "text": _whole(error)}
    if kind in spec.ACCIDENTS and _is_by_raise(error):
        value["meant"] = True
    frames = traceback.extract_tb(error.__traceback__)
    if len(frames) > 1:
        value["at"] = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}"
    if causes := list(itertools.islice(_causes(error), _CAUSES)):
        value["cause"] = "; ".join(map(safe_text, causes))
    return heard(Reply(False, value), error)


def _is_by_raise(error: BaseException) -> bool:
    """Whether the line that it came from says `raise`, and did not just run into it."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    return place is not None and place.tb_frame.f_code.co_code[place.tb_lasti] == _RAISE


def _causes(error: BaseException) -> Iterator[BaseException]:
    """What a traceback would show above it, the nearest first; there may be circles."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield cause
        yield from _causes(cause)


def _whole(error: BaseException) -> str:
    """The text of an exception with its notes, and those of a group; bounded."""
    more = [str(note) for note in getattr(error, "__notes__", ()) if isinstance(note, str)]
    if isinstance(error, BaseExceptionGroup):
        more += [safe_text(inner) for inner in error.exceptions[:10]]
    return readable("; ".join([safe_text(error), *more])[:LONGEST_TEXT])


def heard(reply: Reply, raw: Any) -> Reply:
    """The reply, with the canaries that were in the raw thing and that it no longer shows."""
    shown = str(reply.value)
    hidden = [token for token in overheard(raw) if token not in shown]
    return Reply(reply.ok, {**reply.value, "overheard": hidden}, reply.lost) if hidden else reply


def failed(error: Any, value: Any) -> Reply:
    """It returned a failed result."""
    said = _whole(error) if isinstance(error, BaseException) else jsonable(error)
    text = readable(said if isinstance(said, str) else json.dumps(said))[:LONGEST_TEXT]
    return Reply(False, {"by": "result", "type": "", "text": text, "value": jsonable(value)})


def missing(member: str) -> Reply:
    """The target has no such member."""
    return Reply(False, {"by": "missing", "type": "", "text": f"there is no {member}"})


def takes(function: Callable[..., Any], parameter: str) -> bool:
    """Whether a function of the target's has a parameter of this name."""
    try:
        return parameter in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False


def callable_with(function: Any, *numbers: int) -> str:
    """What is wrong with a member that is called with so many positional arguments, or with one of
    several numbers of them; nothing where it can be, or where that cannot be told.
    """
    if not callable(function):
        return "missing"
    try:
        signature = inspect.signature(function)
        told = readable(str(signature)[:_SIGNATURE])
    except Exception:  # a builtin has none, and a hostile one may raise anything
        return ""
    for number in numbers:
        try:
            signature.bind(*range(number))
        except TypeError:
            continue
        return ""
    wanted = " or ".join(map(str, numbers))
    return f"one that does not take {wanted} positional arguments: {told}"


async def settle(value: Any) -> Any:
    """Await `value` where it can be awaited: targets may be sync or async."""
    return await value if inspect.isawaitable(value) else value


async def guarded(call: Any) -> Reply | Any:
    """Await the result of `call()`; what it raises becomes a Reply.

    A CancelledError is only passed on if somebody cancelled *us*; one that a target invents is a
    failure like any other. SystemExit of a target is a failure too: it must not stop the harness.
    """
    task = asyncio.current_task()
    before = task.cancelling() if task else 0
    try:
        return await settle(call())
    except asyncio.CancelledError as error:
        if task and task.cancelling() > before:
            raise
        return raised(error)
    except GeneratorExit as error:
        if task is None or not _runs(task):  # somebody closes us
            raise
        return raised(error)
    except KeyboardInterrupt as error:
        if not interrupts.made_up():
            raise
        return raised(error)
    except BaseException as error:
        return raised(error)


def _runs(task: asyncio.Task[Any]) -> bool:
    try:
        return asyncio.current_task() is task
    except RuntimeError:  # no loop runs
        return False
