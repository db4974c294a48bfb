"""The adapter for targets in another process: steps become requests, lines become entries."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from goldenpath.adapters import outcome
from goldenpath.adapters.base import Reply, done, heard, missing
from goldenpath.adapters.bench import Bench
from goldenpath.adapters.connection import Connection
from goldenpath.adapters.lines import (
    Answer,
    Cancelled,
    Ended,
    Error,
    Failed,
    Frame,
    Hello,
    LineProblem,
    Started,
    excerpt,
    request,
    unmade,
)
from goldenpath.adapters.session import plant_for
from goldenpath.dialects import DIALECTS, Dialect
from goldenpath.errors import TargetProblem, UsageProblem
from goldenpath.jsonable import LONGEST_TEXT, readable, safe_repr
from goldenpath.model import Step
from goldenpath.plant import Plant, PlantedUser
from goldenpath.plant.transport import ERRORS
from goldenpath.plant.users import INVALID

#: Seconds until a program has said hello: imports may take 10 to 20 (FIELD_NOTES section 1).
STARTING = 20.0

#: Seconds that it has to tell how a tool went whose result it was sent.
REPORTING = 1.0

_NAP = 0.01


class ProcessAdapter:
    """Performs steps on one run of a program that said this hello; `shape` is that of its outcomes.

    scale: of the seconds that it is given.
    """

    def __init__(
        self,
        command: Sequence[str],
        hello: Hello,
        shape: str,
        scale: float = 1.0,
        dialects: Mapping[str, Dialect] = DIALECTS,
    ) -> None:
        self._hello, self._shape, self._scale = hello, shape, scale
        self._to = Connection(command, self._take, scale, dialects)
        self._bench = Bench(self._to.write)
        self._sessions: dict[str, str] = {}
        self._numbers = itertools.count(1)
        self._takes: dict[type, Callable[[Any], None]] = {
            Frame: self._frame,
            Started: self._bench.started,
            **dict.fromkeys((Ended, Failed, Cancelled), self._bench.over),
        }
        self._actions: dict[str, Callable[[Step], Awaitable[Reply]]] = {
            "create": self._create,
            "create_invalid": self._create_invalid,
            "register": self._register,
            "cleanup": self._cleanup,
        }

    async def open(self, plant: Plant) -> None:
        """Start the program. Raises TargetProblem where it does not say the same hello again."""
        self._plant = plant
        try:
            said = await self._to.open(plant.max_frame, STARTING * self._scale)
        except UsageProblem as error:  # it was right when the target was named
            raise TargetProblem(str(error)) from None
        if said != self._hello:
            raise TargetProblem(
                f"{self._to.child.name} says another hello than before",
                expected=safe_repr(self._hello),
                got=safe_repr(said),
            )

    async def perform(self, step: Step) -> Reply:
        """Do what the step asks. Raises TargetProblem where the program fails, rather than what it
        is asked.
        """
        if nothing := unmade(step):
            return missing(nothing)
        if step.action not in self._hello.actions:
            if step.action == "cleanup" and self._hello.kind == "agent":
                return Reply(True, {**done().value, "none": True})  # an agent need not have one
            return missing(f"answer to {step.action}: its hello does not list it")
        if not step.action.startswith("create") and step.who not in self._sessions:
            return missing(f"session of {step.who}")
        return await self._actions.get(step.action, self._plainly)(step)

    async def close(self) -> None:
        """End the program, and whatever tools still run for it."""
        self._bench.clear()
        await self._to.close()

    # --- steps ----------------------------------------------------------------------------------

    async def _plainly(self, step: Step) -> Reply:
        return self._reply(step, await self._ask(step))

    async def _ask(self, step: Step, **more: Any) -> Answer:
        more = {"session": self._sessions[step.who], **request(step), **more}
        return await self._to.ask(step.action, **more)

    async def _create(self, step: Step) -> Reply:
        self._sessions.pop(step.who, None)  # what cannot be made must not be taken for it
        session, reply = await self._make(step, lambda user: user)
        condition = step.args.get("transport", "working")
        if reply.ok:
            self._sessions[step.who] = session
        elif condition == "working" and self._silent(reply):
            raise TargetProblem(  # API-1 would find it, and is not judged
                f"{self._to.child.name} makes no session for {step.who}",
                expected="an answer with a value to create",
                got=excerpt(reply.value["text"].encode()),
            )
        return reply

    def _silent(self, reply: Reply) -> bool:
        """Whether a session was refused and no rule would say so: API-1 does where it is judged."""
        return reply.value["by"] != "missing" and "inspect" not in self._hello.actions

    async def _create_invalid(self, step: Step) -> Reply:
        """Ask for a session with a user that is wrong; one that is made is put away."""
        session, reply = await self._make(step, INVALID[step.args["user"]])
        if not reply.ok:
            return reply
        if "cleanup" in self._hello.actions:
            await self._to.ask("cleanup", session=session)
        return done("a session")

    async def _make(
        self, step: Step, seen_as: Callable[[PlantedUser], PlantedUser | None]
    ) -> tuple[str, Reply]:
        condition = step.args.get("transport", "working")
        if condition not in self._hello.transports:
            return "", missing(f"transport that is {condition}: its hello does not list it")
        given = plant_for(self._plant, step)
        session = f"session-{next(self._numbers)}"
        if unfit := _unfit(given.tools):
            return "", missing(unfit)
        told = {"tools": self._bench.lay_out(session, given.tools), "transport": condition}
        user = _told(seen_as(given.user))
        answer = await self._to.ask("create", session=session, user=user, **told)
        return session, self._reply(step, answer)

    async def _register(self, step: Step) -> Reply:
        twin = bool(step.args.get("again"))
        tools = self._plant.tools(step.actor, [step.args["tool"]], twin=twin, session=step.session)
        if unfit := _unfit(tools):
            return missing(unfit)
        (tool,) = self._bench.lay_out(self._sessions[step.who], tools)
        return self._reply(step, await self._ask(step, tool=tool))

    async def _cleanup(self, step: Step) -> Reply:
        reply = self._reply(step, await self._ask(step))
        session = self._sessions[step.who]
        for _ in range(round(REPORTING * self._scale / _NAP)):
            if not self._bench.unreported(session):
                return reply
            await asyncio.sleep(_NAP)
        left = ", ".join(self._bench.unreported(session))
        self._to.child.fail(
            f"does not tell how its tools went: {left} of {session} had their results",
            expected="ended, failed or cancelled as the first thing once a result is there",
        )
        raise self._to.child.trouble

    def _reply(self, step: Step, answer: Answer) -> Reply:
        """What the caller was told. Answers that only some values fit are brought into shape."""
        if isinstance(answer.error, Error):
            text, type_ = answer.error.text, answer.error.type
            said = {"type": readable(type_[:200]), "text": readable(text[:LONGEST_TEXT])}
            return heard(Reply(False, {"by": "exception", **said}), [type_, text])
        if isinstance(answer.missing, str):
            if step.action == "ask_support":
                return done({"has": None, "bridge": None})  # API-1 speaks of what is missing
            return missing(excerpt(answer.missing.encode()))
        if answer.cancelled is True:
            return Reply(False, {"by": "exception", "type": "CancelledError", "text": ""})
        if step.action == "execute":
            return heard(outcome.read(self._shape, answer.value), answer.value)
        return heard(done(_SHAPES.get(step.action, _as_it_is)(step, answer.value)), answer.value)

    # --- lines that are no answers --------------------------------------------------------------

    def _take(self, line: Any) -> None:
        self._takes[type(line)](line)

    def _frame(self, line: Frame) -> None:
        transport = self._plant.transport
        said: dict[str, Any]
        try:
            said = {"value": transport.deliver(transport.name_of(line.to), "process", line.frame)}
        except ERRORS as error:
            if line.ack is None:
                raise LineProblem(
                    "a frame without an ack, over a transport that raises: it cannot be told",
                    "give each frame an ack, and have the sending fail on an error of sent",
                ) from None
            said = {"error": {"type": type(error).__name__, "text": str(error)}}
        if line.ack is not None:
            self._to.write("sent", ack=line.ack, **said)


def _unfit(tools: Iterable[Any]) -> str:
    """Tools that only work within a process; empty where there is none."""
    names = [tool.name for tool in tools if not hasattr(tool, "work")]
    return f"way to run {', '.join(names)} from another process" if names else ""


def _as_it_is(step: Step, value: Any) -> Any:
    return value


def _told(user: PlantedUser | None) -> dict[str, Any] | None:
    """A user without what is ours alone."""
    return {k: v for k, v in asdict(user).items() if k != "name"} if user is not None else None


def _form(step: Step, value: Any) -> dict[str, Any]:
    """There is one form of registering between processes."""
    return {"form": "tool", "returned": value}


def _support(step: Step, value: Any) -> dict[str, Any]:
    """The two properties about the way to the user; None is one that is not there."""
    told = value if isinstance(value, dict) else {"has": safe_repr(value), "bridge": False}
    return {name: told.get(name) for name in ("has", "bridge")}


def _members(step: Step, value: Any) -> dict[str, str]:
    """What each member is, in the words of the contract; what is no word is shown as it is."""
    told = value if isinstance(value, dict) else {}
    return {name: said if isinstance(said, str) else safe_repr(said) for name, said in told.items()}


def _looks(step: Step, value: Any) -> dict[str, Any]:
    """The three look-ups, and what is wrong with each."""
    told = value if isinstance(value, dict) else {}
    has = told.get("has_tool")
    asked: dict[str, Any] = has if isinstance(has, dict) else {}
    seen = {name: said for name, said in asked.items() if isinstance(said, bool)}
    looks: dict[str, Any] = {"has_tool": seen}
    wrong: dict[str, str] = {}
    if len(seen) < len(asked) or set(step.args["tools"]) - asked.keys():
        wrong["has_tool"] = f"expected true or false for each name, got {safe_repr(has)}"
    for member in ("get_available_tools", "tools"):
        names = told.get(member)
        good = isinstance(names, list) and all(isinstance(name, str) for name in names)
        looks[member] = names if good else None
        if not good:
            wrong[member] = f"expected a list of names, got {safe_repr(names)}"
    return {**looks, "wrong": wrong}


_SHAPES: dict[str, Callable[[Step, Any], Any]] = {
    "register": _form,
    "inspect": _members,
    "ask_support": _support,
    "look": _looks,
    "cleanup": lambda step, value: None,
}
