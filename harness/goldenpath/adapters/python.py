"""Targets written in Python: a decorated factory, found by name, by file or in the table below.

A probe opens one session for a user of its own, calls one tool that works, and notes what it finds.
It runs once per target and process, with a transport of its own, and leaves no history.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from goldenpath.adapters import outcome
from goldenpath.adapters.agent import AgentAdapter
from goldenpath.adapters.base import Adapter, Facts, Reply, guarded, settle, takes
from goldenpath.adapters.dialect import declared_dialect
from goldenpath.adapters.dispatcher import DispatcherAdapter
from goldenpath.adapters.probing import PROBE_SECONDS
from goldenpath.adapters.session import Sessions
from goldenpath.adapters.stream import streams
from goldenpath.cards import card_of
from goldenpath.declare import Declaration
from goldenpath.dialects import DIALECTS, Dialect
from goldenpath.errors import TargetProblem
from goldenpath.model import Step
from goldenpath.plant import Plant
from goldenpath.plant.forms import INSTALL, has_langchain
from goldenpath.plant.users import PROBE, PROBE_MARK
from goldenpath.recorder import Recorder
from goldenpath.spec import VIAS

_FOUND = {"found": PROBE_MARK, "by": PROBE_MARK}


@dataclass
class PythonTarget:
    """A decorated factory. dialects: those that it may name."""

    name: str
    factory: Callable[..., Any]
    declaration: Declaration
    dialects: Mapping[str, Dialect] = field(default_factory=lambda: DIALECTS)
    _patience: float = PROBE_SECONDS
    _awaited: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        dialect = self.declaration.dialect
        self._dialect_data = declared_dialect(self.name, dialect, self.dialects)

    @property
    def kind(self) -> str:
        """Dispatcher or agent."""
        return self.declaration.kind

    async def probe(self, time_scale: float = 1.0) -> Facts:
        """Open one session and see what is there. Raises TargetProblem where there is nothing."""
        self._patience = PROBE_SECONDS * time_scale
        user = PROBE
        plant = Plant(Recorder(), [user])
        sessions = Sessions(self.factory, self.declaration, plant, self._awaited)
        step = Step("probe", user.name, "create", {"run_id": user.run_id or "", "tools": ["give"]})
        reply = await self._in_time("create a session", sessions.create(step))
        if not reply.ok:
            raise TargetProblem(
                f"{self.name}: no session could be created",
                expected=f"the factory to return its {self.declaration.kind}",
                got=_said(reply),
            )
        self._check_members(sessions, user.name)
        look = self._look_at_dispatcher if self.declaration.kind == "dispatcher" else self._agent
        shown = {"made": reply.value["value"], **await look(sessions, user.name)}
        card = {**card_of(self.declaration), **self._unmakeable()}
        if self.declaration.kind == "agent" and "streams" not in self.declaration.options:
            card |= {"stream": "yes"} if streams(sessions.member(user.name, "run")) else {}
        if self.declaration.kind == "dispatcher" and "sync_tools" not in card:
            card |= await self._sync_tools(sessions, user.name, shown)
        unchecked = [name for name in ("replay",) if name in self.declaration.options]
        if unchecked:
            shown["declared, not checked yet"] = ", ".join(unchecked)
        await self._in_time("clean up", sessions.cleanup(step))
        return Facts(
            target=self.name,
            kind=self.declaration.kind,
            events=dict(self.declaration.events),
            card=card,
            declared=self._declared(),
            dialect=self._dialect_data,
            shown=shown,
        )

    def adapter(self, facts: Facts) -> Adapter:
        """A fresh adapter for one workload."""
        if self.declaration.kind == "agent":
            return AgentAdapter(self.factory, self.declaration)
        shape = facts.shown.get("outcome", "value")
        return DispatcherAdapter(self.factory, self.declaration, shape, self._awaited)

    def _declared(self) -> dict[str, Any]:
        """What it says of itself, as a header can hold it: factories by name."""
        said = {**self.declaration.options, "members": dict(self.declaration.members)}
        named = list(self.declaration.making.factories)
        return {**said, "factories": named} if named else said

    def _unmakeable(self) -> dict[str, str]:
        """What cannot be told because tools of a declared form cannot be made here."""
        taken = self.declaration.options.get("accepts", ()) if self.kind == "dispatcher" else ()
        if "langchain" not in taken or has_langchain():
            return {}
        why = f"UNKNOWN: accepts names langchain, and langchain-core is not installed: {INSTALL}"
        return dict.fromkeys(("langchain_tools", "API-4"), why)

    def _check_members(self, sessions: Sessions, name: str) -> None:
        """A member that the declaration maps must be there."""
        made = sessions[name]
        wrong = [
            f"{ours}={theirs!r}"
            for ours, theirs in self.declaration.members.items()
            if inspect.getattr_static(made, theirs, None) is None and not _has(made, theirs)
        ]
        if wrong:
            raise TargetProblem(
                f"{self.name}: the declaration names members that are not there",
                expected=f"a {type(made).__name__} with them",
                got=", ".join(wrong),
            )

    async def _look_at_dispatcher(self, sessions: Sessions, name: str) -> dict[str, str]:
        """Which member executes, and in which shape it answers."""
        for via in VIAS:
            member = sessions.member(name, via)
            if callable(member):
                return await self._call_once(via, member)
        raise TargetProblem(
            f"{self.name}: the session offers no way to execute anything",
            expected="one of execute_tool, dispatch_tool, dispatch",
            got=f"a {type(sessions[name]).__name__} without any of them",
            hint='map other names by a keyword: @dispatcher(execute_tool="run_tool")',
        )

    async def _call_once(self, via: str, member: Callable[..., Any]) -> dict[str, str]:
        """Call `give`, which returns its parameter, and recognise the shape of the answer."""
        given = {"value": f"a value of {PROBE_MARK}"}  # a leak of it would show
        how = ((), given) if via == "dispatch" else ((given,), {})
        returned = await self._in_time(
            f"call {via}", guarded(lambda: member("give", *how[0], **how[1]))
        )
        failed = _said(returned) if isinstance(returned, Reply) else ""
        shape = outcome.found(self.declaration.outcome, returned, given["value"], failed)
        return {"executes by": via, **shape}

    async def _sync_tools(
        self, sessions: Sessions, name: str, shown: Mapping[str, str]
    ) -> dict[str, str]:
        """Whether it takes a synchronous tool and runs it: then that may be asked of it."""
        adapter = DispatcherAdapter(self.factory, self.declaration, shown["outcome"])
        adapter.sessions = sessions
        more = {"via": shown["executes by"], "parameters": {"query": PROBE_MARK}}
        for action, given in (("register", {}), ("execute", more)):
            step = Step("probe", name, action, {"tool": "block", **given})
            reply = await self._in_time("try a synchronous tool", adapter.perform(step))
            if not reply.ok:
                return {}
        return {"sync_tools": "yes"} if reply.value["value"] == _FOUND else {}

    async def _agent(self, sessions: Sessions, name: str) -> dict[str, str]:
        run = sessions.member(name, "run")
        if not callable(run):
            raise TargetProblem(
                f"{self.name}: the session offers no way to run anything",
                expected="a method run(message, plan)",
                got=f"a {type(sessions[name]).__name__} without it",
                hint='map another name by a keyword: @agent(run="answer")',
            )
        return {"runs per session": "many" if takes(run, "run_id") else "one"}

    async def _in_time(self, doing: str, work: Any) -> Any:
        try:
            async with asyncio.timeout(self._patience):
                return await settle(work)
        except TimeoutError:
            raise TargetProblem(
                f"{self.name}: to {doing} took longer than {self._patience:.0f} seconds",
                expected="an answer",
                got="none",
            ) from None


def _has(made: Any, name: str) -> bool:
    try:
        return hasattr(made, name)
    except Exception:  # a property that raises is there
        return True


def _said(reply: Reply) -> str:
    kind = reply.value.get("type")
    text = str(reply.value.get("text", ""))
    at = f" (at {reply.value['at']})" if "at" in reply.value else ""
    return f"{kind}: {text}{at}" if kind else text
