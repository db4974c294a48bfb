"""The words in which a test drives a target: its users, and what they have asked for."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Generator, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from goldenpath.adapters.base import Reply
from goldenpath.errors import UsageProblem
from goldenpath.jsonable import jsonable, safe_repr
from goldenpath.model import NOT_JSON, Step, User
from goldenpath.plant.tools import ADMIN_ONLY, HELD
from goldenpath.spec import VIAS
from goldenpath.workloads.script import KNOWN, ORDINARY, Ask

if TYPE_CHECKING:
    from goldenpath.drive import Drive

#: A call that an agent is to make: the name of the tool, or the name with its parameters.
Call = str | tuple[str, Mapping[str, Any]]

#: Tools with which a run shows all five events and succeeds.
_SOUND = frozenset({"lookup", "echo", "give"}) | HELD
_TRANSPORTS = ("working", "absent", "raising")


class Asked:
    """A call or run that may still be under way; await it for its Reply.

    Awaiting it in a task that is cancelled gives it up, as a caller who hangs up does.
    """

    task: asyncio.Task[Reply]

    def __init__(self, drive: Drive, step: Step) -> None:
        self.step, self._drive = step, drive
        calls = _calls_of(step)
        self._tokens = [token for _, token in calls]
        self.held = {token for tool, token in calls if tool in HELD}
        self.made = asyncio.Event()
        self.reply = Reply(False, {"by": "harness", "type": "", "text": "it was never made"})
        self.misuse = ""

    def __await__(self) -> Generator[Any, None, Reply]:
        return self.task.__await__()

    async def started(self, nth: int = 0) -> bool:
        """Wait until the nth of its tool calls really runs; whether it came to that in time."""
        token = self._tokens[nth]
        if not token:
            raise UsageProblem("a plain call has no canary by which to know that it runs")
        return await self._drive.has_started(self.step.actor, token)

    def release(self) -> None:
        """Let its calls of tools that are held go on."""
        for token in self.held:
            self._drive.release(token)
        self.held = set()

    def give_up(self) -> None:
        """Cancel it, as a caller who hangs up does; it then answers that it was given up."""
        self._drive.give_up(self.step)


def _calls_of(step: Step) -> list[tuple[str, str]]:
    """Tool and token of each call that the step makes, in order."""
    planned = (step.args.get("plan") or {}).get("rounds", ())
    calls = [step.args] if step.action == "execute" else [c for round_ in planned for c in round_]
    return [(call["tool"], call["token"]) for call in calls]


class Driver:
    """One user. What they ask is performed in a context of their own, as on their own connection.

    Calls of the planted tools get a further parameter, `query`, which holds the call's canary.
    """

    def __init__(self, drive: Drive, user: User) -> None:
        self.user, self._drive, self._script = user, drive, drive.script
        self._context = contextvars.copy_context()
        self._last: Asked | None = None
        self._made = self._open = self._ran = False
        self._why = "has opened no session"
        self._sound: frozenset[str] = frozenset()

    # --- sessions -------------------------------------------------------------------------------

    async def create(
        self, tools: Iterable[str] = tuple(sorted(ORDINARY)), transport: str = "working"
    ) -> Reply:
        """Open a session with these planted tools, over a transport that is working, absent or
        raising.
        """
        held = list(tools)
        _check_words("tool", held, sorted(KNOWN))
        _check_words("transport", [transport], _TRANSPORTS)
        if self._open:
            raise UsageProblem(
                f"{self.user.name} has a session open",
                hint=f"await {self.user.name}.cleanup() first, or take another user",
            )
        reply = await self._ask(self._script.create(self.user.name, held, transport))
        self._made = self._open = reply.ok
        self._ran = False
        self._why = f"could not open a session: {reply.error}"
        self._sound = _SOUND & set(held) if transport == "working" else frozenset()
        return reply

    async def cleanup(self) -> Reply:
        """End the session. A dispatcher may be asked after it, and must refuse."""
        self._check_session()
        self._open = False
        return await self._ask(self._script.cleanup(self.user.name))

    async def leave(self) -> None:
        """End the session if it is still open."""
        if self._open:
            await self.cleanup()

    # --- a dispatcher ---------------------------------------------------------------------------

    async def execute(
        self,
        tool: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        via: str = "execute_tool",
        plain: bool = False,
    ) -> Reply:
        """Call a tool, which need not exist. plain: with exactly these parameters, no canary."""
        if tool in HELD:
            raise UsageProblem(
                f"the tool {tool} waits until it is released",
                hint=f'call = await alice.begin("{tool}"); ...; call.release(); await call',
            )
        return await self._execute(tool, parameters, via, plain=plain)

    async def begin(
        self,
        tool: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        via: str = "execute_tool",
        plain: bool = False,
    ) -> Asked:
        """Like `execute`, but return as soon as the call has been made."""
        asked = self._execute(tool, parameters, via, plain=plain)
        await asked.made.wait()
        return asked

    def _execute(
        self, tool: str, parameters: Mapping[str, Any] | None, via: str, *, plain: bool
    ) -> Asked:
        self._check("dispatcher", "execute")
        _check_words("member", [via], VIAS)
        if plain and tool in HELD:
            raise UsageProblem(f"{tool} is released by its canary, and a plain call has none")
        given = _checked(parameters, plain=plain)
        more: dict[str, Any] = {} if via == "execute_tool" else {"via": via}
        if tool in ADMIN_ONLY:  # and a user of a test is none
            more["forbidden"] = True
        return self._ask(self._script.execute(self.user.name, Ask(tool, given, plain, more)))

    async def register(self, tool: str) -> Reply:
        """Register a planted tool."""
        self._check("dispatcher", "register")
        _check_words("tool", [tool], sorted(KNOWN))
        more: dict[str, Any] = {"forbidden": True} if tool in ADMIN_ONLY else {}
        return await self._ask(self._script.step(self.user.name, "register", tool=tool, **more))

    async def look(self, *tools: str) -> Reply:
        """Ask has_tool of these names, and for both listings."""
        self._check("dispatcher", "look")
        return await self._ask(self._script.step(self.user.name, "look", tools=list(tools)))

    # --- an agent -------------------------------------------------------------------------------

    async def run(self, *rounds: Iterable[Call], golden: bool | None = None) -> Reply:
        """Run the agent: rounds one after the other, the calls of a round in parallel.

        golden: whether the run must show all five events; left out, where all its tools work.
        """
        plan = _planned(rounds)
        for held in (ask.tool for round_ in plan for ask in round_ if ask.tool in HELD):
            raise UsageProblem(
                f"the tool {held} waits until it is released",
                hint=f'run = await alice.begin_run(["{held}"]); ...; run.release(); await run',
            )
        return await self._run(plan, golden)

    async def begin_run(self, *rounds: Iterable[Call], golden: bool | None = None) -> Asked:
        """Like `run`, but return as soon as the agent has been asked."""
        asked = self._run(_planned(rounds), golden)
        await asked.made.wait()
        return asked

    def _run(self, plan: list[list[Ask]], golden: bool | None) -> Asked:
        self._check("agent", "run")
        if self._ran or not self._open:
            raise UsageProblem(
                f"the session of {self.user.name} is over: an agent runs once in each",
                hint=f"await {self.user.name}.cleanup(), then create()",
            )
        tools = {ask.tool for round_ in plan for ask in round_}
        if golden is None:
            golden = bool(tools) and tools <= self._sound
        self._ran = True
        return self._ask(self._script.run(self.user.name, plan, golden=golden))

    # --- asking ---------------------------------------------------------------------------------

    def _ask(self, step: Step) -> Asked:
        """In the user's own context, or beside what is under way in a copy of it."""
        busy = self._last is not None and not self._last.task.done()
        self._last = self._drive.ask(step, self._context.copy() if busy else self._context)
        return self._last

    def _check(self, kind: str, verb: str) -> None:
        if self._drive.kind != kind:
            other = "run() or begin_run()" if kind == "dispatcher" else "execute() or begin()"
            whom = {"dispatcher": "a dispatcher", "agent": "an agent"}[kind]
            raise UsageProblem(f"{verb}() is for {whom}, and this target is none", hint=other)
        self._check_session()

    def _check_session(self) -> None:
        if not self._made:
            name = self.user.name
            raise UsageProblem(f"{name} {self._why}", hint=f"await {name}.create(...) first")


def _planned(rounds: Iterable[Iterable[Call]]) -> list[list[Ask]]:
    pairs = [[(c, None) if isinstance(c, str) else c for c in round_] for round_ in rounds]
    return [[Ask(tool, _checked(given)) for tool, given in round_] for round_ in pairs]


def _checked(parameters: Mapping[str, Any] | None, *, plain: bool = False) -> Any:
    """The parameters as JSON data, which is what can be recorded and compared."""
    if parameters is not None and not isinstance(parameters, Mapping):
        raise UsageProblem(
            "the parameters are no names with values",
            expected='a dict such as {"page": 1}',
            got=safe_repr(parameters),
        )
    given = None if parameters is None else jsonable(dict(parameters))
    if NOT_JSON in repr(given):
        raise UsageProblem("the parameters are no JSON data", got=safe_repr(parameters))
    if given and "query" in given and not plain:
        raise UsageProblem(
            "the parameter query is where the canary of a call stands",
            hint="take another name, or plain=True to send these parameters and no canary",
        )
    return given


def _check_words(what: str, words: Iterable[str], there: Iterable[str]) -> None:
    wrong = [word for word in words if word not in there]
    if wrong:
        raise UsageProblem(
            f"there is no {what} {', '.join(map(repr, wrong))}",
            expected=f"one of {', '.join(there)}",
        )
