"""The adapter for transports: the harness is the agent, and tells its events through the target.

Behind the transport are planted sockets, one for each session that is created, more where a
workload connects them. Tools are run by the harness, one after the other, so that what they do is
no affair of the target's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from goldenpath.adapters.agent import PlannedCall, read_plan
from goldenpath.adapters.base import Reply, done, guarded, heard, missing
from goldenpath.adapters.router import NOBODY
from goldenpath.adapters.sender import BRIDGE, EMITTER, Sender, shape_of
from goldenpath.declare import Declaration
from goldenpath.errors import TargetProblem
from goldenpath.jsonable import safe_text
from goldenpath.model import Step
from goldenpath.plant import Plant, PlantedUser


class TransportAdapter:
    """Performs steps on a transport that all users share."""

    def __init__(
        self,
        name: str,
        factory: Callable[..., Any],
        declaration: Declaration,
        shape: str = "",
        *,
        bound: bool = False,
    ) -> None:
        self._name, self._factory, self._declaration = name, factory, declaration
        self.shape, self._bound = shape, bound
        self._senders: dict[str, Sender] = {}
        self._own: dict[str, str] = {}
        self._opened: dict[str, int] = {}
        self._tools: dict[str, Mapping[str, Any]] = {}
        self._actions: Mapping[str, Callable[[Step], Awaitable[Reply]]] = {
            "create": self._create,
            "run": self._run,
            "connect": self._connect,
            "disconnect": self._disconnect,
            "broadcast": self._broadcast,
        }

    async def open(self, plant: Plant) -> None:
        """Make the transport."""
        self._plant = plant
        self.made = await guarded(lambda: self._factory())
        if isinstance(self.made, Reply) or self.made is None:
            got = "None" if self.made is None else f"{self.made.value['type']}: {self.made.error}"
            raise TargetProblem(
                f"{self._name}: the factory made nothing", expected="its transport", got=got
            )

    async def perform(self, step: Step) -> Reply:
        """Do what the step asks."""
        act = self._actions.get(step.action)
        return await act(step) if act is not None else missing(step.action)

    async def close(self) -> None:
        """Nothing of a transport is to be closed."""

    def look(self, made: Any, name: str) -> Any:
        """A member of what was made, under its declared name, or None."""
        try:
            return getattr(made, self._declaration.members.get(name, name), None)
        except Exception:
            return None

    # --- sessions ------------------------------------------------------------------------------

    async def sender(self, name: str, run_id: str) -> Sender | Reply:
        """What tells the events of this user's run, made by `for_user` where there is such."""
        user = self._plant.user(name, run_id)
        bound = await self._teller(user)
        if isinstance(bound, Reply):
            return bound

        def look(member: str) -> Any:
            return self.look(bound, member)

        return Sender(look, self.shape or shape_of(look), user)

    async def _teller(self, user: PlantedUser) -> Any:
        bind = self.look(self.made, "for_user")
        return await guarded(lambda: bind(user)) if callable(bind) else self.made

    async def is_bound(self, shape: str, *names: str) -> bool:
        """Whether an event goes to a user without being told whom: by an emitter, or by a bridge of
        their own, which is told only what the run is called.
        """
        if shape != BRIDGE:
            return shape == EMITTER
        bridges = [await self._teller(self._plant.user(name, "a run")) for name in names]
        return len(set(map(id, bridges))) == len(names)

    async def _create(self, step: Step) -> Reply:
        number = self._opened[step.actor] = self._opened.get(step.actor, 0) + 1
        link = self._own[step.actor] = f"{step.actor}/{number}"
        opened = await self._open_socket(step.actor, link)
        sender = await self.sender(step.actor, step.args["run_id"])
        if isinstance(sender, Reply):
            return sender
        self._senders[step.actor] = sender
        made = self._plant.tools(step.actor, step.args["tools"])
        self._tools[step.actor] = {tool.name: tool for tool in made}
        return opened

    async def _connect(self, step: Step) -> Reply:
        return await self._open_socket(step.actor, step.args["socket"], step.args.get("condition"))

    async def _disconnect(self, step: Step) -> Reply:
        """Close a socket; where none is named the session ends, and its own is closed."""
        if "socket" in step.args:
            return await self._close_socket(step.actor, step.args["socket"])
        self._senders.pop(step.actor, None)
        return await self._close_socket(step.actor, self._own.pop(step.actor, "of no session"))

    async def _open_socket(self, name: str, link: str, condition: str | None = None) -> Reply:
        socket = self._plant.sockets.open(link, name)
        if condition is not None:
            await self._plant.sockets.turn(link, condition)
        return await self._told("connect", name, socket)

    async def _close_socket(self, name: str, link: str) -> Reply:
        if link not in self._plant.sockets:
            return missing(f"socket {link}")
        self._plant.sockets.close(link)
        return await self._told("disconnect", name, self._plant.sockets[link])

    async def _told(self, what: str, name: str, socket: Any) -> Reply:
        member = self.look(self.made, what)
        if not callable(member):
            return missing(what)
        user_id = self._plant.users[name].user_id
        returned = await guarded(lambda: member(user_id, socket))
        return returned if isinstance(returned, Reply) else heard(done(), returned)

    # --- events --------------------------------------------------------------------------------

    async def _broadcast(self, step: Step) -> Reply:
        """Tell a thought to a user, or to nobody, where it is told whom."""
        sender = self._senders.get(step.actor) or await self._bystander(step.actor)
        if isinstance(sender, Reply):
            return sender
        to = None
        if (odd := step.args.get("nobody")) is not None:
            if self._bound:
                return missing("address")
            to = replace(sender.user, user_id=NOBODY[odd], run_id=NOBODY[odd])
        thought = step.args["event"]["data"]["text"]
        returned = await sender.tell("agent_thinking", to, reasoning=thought)
        return returned if isinstance(returned, Reply) else heard(done(returned), returned)

    async def _bystander(self, name: str) -> Sender | Reply:
        """Of a user who has no session: made once."""
        sender = await self.sender(name, self._plant.users[name].run_id or "")
        if isinstance(sender, Sender):
            self._senders[name] = sender
        return sender

    async def _run(self, step: Step) -> Reply:
        """Follow a plan as an agent does, and tell of it. An event that cannot be told is noted: it
        will be missing.
        """
        sender = self._senders.get(step.actor)
        if sender is None:
            return missing(f"session of {step.actor}")
        plan, wrong = read_plan(step.args["plan"]), list[str]()
        await _noting(wrong, sender.tell("agent_started"))
        for round_ in plan:
            names = ", ".join(call.tool for call in round_)
            await _noting(wrong, sender.tell("agent_thinking", reasoning=f"I will use {names}."))
            for call in round_:
                await self._call(sender, step.actor, call, wrong)
        await _noting(wrong, sender.tell("agent_completed", result=plan.answer))
        reply = done(plan.answer)
        return Reply(True, {**reply.value, "not told": wrong}) if wrong else reply

    async def _call(self, sender: Sender, name: str, call: PlannedCall, wrong: list[str]) -> None:
        told = {"tool_name": call.tool, "parameters": dict(call.arguments)}
        await _noting(wrong, sender.tell("tool_executing", **told))
        try:
            ended = {"result": await self._tools[name][call.tool].arun(**call.arguments)}
        except Exception as error:
            ended = {"error": safe_text(error), "status": "error"}
        await _noting(wrong, sender.tell("tool_completed", tool_name=call.tool, **ended))


async def _noting(wrong: list[str], telling: Awaitable[Any]) -> None:
    returned = await telling
    if isinstance(returned, Reply):
        wrong.append(f"{returned.value['type']}: {returned.error}")
