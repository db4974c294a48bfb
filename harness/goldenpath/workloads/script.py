"""The words that workloads are written in: users who open sessions, ask, and leave.

The same workload serves every kind of target. What a user asks becomes calls on a dispatcher, a
plan for an agent, a message to an endpoint. A script is made of its seed alone.
"""

from __future__ import annotations

import random
import uuid
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from goldenpath.canary import FIRST_CALL, mint
from goldenpath.model import Step, User, whose

#: Numbers that each workload has to itself; beyond them they run on into another's.
OWN_NUMBERS = 1 << 12

Lane = tuple[Step, ...]


@dataclass(frozen=True)
class Ask:
    """One tool call that a user wants: the tool and its parameters, which get a canary.

    plain: leave the parameters as they are, without a canary. more: further arguments of the step.
    """

    tool: str
    parameters: Mapping[str, Any] | None = None
    plain: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)


class Script:
    """Builds the steps of one workload for one kind of target; through a transport the harness
    tells what it does as an agent.
    """

    def __init__(
        self,
        kind: str,
        seed: int,
        users: Iterable[User],
        card: Mapping[str, str] | None = None,
        declared: Mapping[str, Any] | None = None,
    ) -> None:
        self.kind, self.seed = ("agent" if kind == "transport" else kind), seed
        self._leaves = "disconnect" if kind in ("endpoint", "transport") else "cleanup"
        self._card, self.declared = card or {}, declared or {}
        self.users = {user.name: user for user in users}
        self.random = random.Random(f"script:{seed}")
        self._steps = 0
        self._first = FIRST_CALL
        self._calls: dict[str, int] = {}
        self._runs: dict[str, str] = {}  # of each session the run id that it was given

    # --- single steps --------------------------------------------------------------------------

    def step(
        self, actor: str, action: str, lanes: Iterable[Lane] = (), *, session: str = "", **args: Any
    ) -> Step:
        """One step with the next id. session: which of the actor's, where they have several."""
        self._steps += 1
        if session:
            args["session"] = session
        return Step(f"s{self._steps}", actor, action, args, tuple(lanes))

    def number_for(self, workload: str) -> None:
        """Count canaries and draw ids where no other workload does: what is left of one and comes
        up in another is taken for nobody else's.
        """
        self.random = random.Random(f"script:{self.seed}:{workload}")
        self._first = FIRST_CALL + OWN_NUMBERS * (zlib.crc32(workload.encode()) % OWN_NUMBERS)

    def token(self, name: str) -> str:
        """A new canary of this user."""
        number = self._calls.get(name, self._first)
        self._calls[name] = number + 1
        return mint(self.users[name].owner, number)

    def can(self, capability: str) -> bool:
        """Whether the target has a capability: a workload does not ask for what it has not."""
        return self._card.get(capability) == "yes"

    def create(
        self,
        name: str,
        tools: Iterable[str] = ("lookup",),
        transport: str = "working",
        action: str = "create",
        session: str = "",
        **more: Any,
    ) -> Step:
        """Open a session of this user, or for an endpoint a connection. session: beside others of
        theirs, in a thread of its own, over the link that they have.
        """
        if self.kind == "endpoint":
            return self.step(name, "connect")
        first = name not in self._runs and not session
        run_id = self.users[name].run_id if first else str(self._uuid())
        self._runs[whose(name, session)] = run_id = run_id or str(self._uuid())
        return self.step(
            name,
            action,
            session=session,
            run_id=run_id,
            thread_id=self._thread(name, session),
            tools=list(tools),
            transport=transport,
            **more,
        )

    def _uuid(self) -> uuid.UUID:
        return uuid.UUID(int=self.random.getrandbits(128), version=4)

    def _thread(self, name: str, session: str) -> str | None:
        thread = self.users[name].thread_id
        return f"{thread}_{session}" if session else thread

    def cleanup(self, name: str, session: str = "") -> Step:
        """End the user's session or connection."""
        return self.step(name, self._leaves, session=session)

    def together(self, *lanes: Iterable[Step]) -> Step:
        """Lanes side by side, within the lane where this step stands."""
        return self.step("", "together", lanes=tuple(tuple(lane) for lane in lanes))

    # --- asking --------------------------------------------------------------------------------

    def execute(self, name: str, ask: Ask, session: str = "") -> Step:
        """One call of a dispatcher."""
        token = "" if ask.plain else self.token(name)
        given = ask.parameters
        if not ask.plain:
            given = {**(given or {}), "query": f"what is {token}?"}
        more = dict(ask.more)
        args = {"tool": ask.tool, "token": token, **more}
        if given is not None:
            args["parameters"] = dict(given)
        return self.step(name, "execute", session=session, **args)

    def run(
        self,
        name: str,
        rounds: Iterable[Iterable[Ask]],
        *,
        golden: bool = True,
        session: str = "",
    ) -> Step:
        """One run of an agent or endpoint that makes these calls, round after round."""
        token = self.token(name)
        plan = {
            "rounds": [[self._planned(name, ask) for ask in round_] for round_ in rounds],
            "answer": f"This is the answer {token}.",
        }
        return self.step(
            name,
            "run",
            session=session,
            run_id=self._runs.get(whose(name, session)),
            thread_id=self._thread(name, session),
            message=f"Please work on {token}.",
            plan=plan,
            golden=golden,
        )

    def _planned(self, name: str, ask: Ask) -> dict[str, Any]:
        token = self.token(name)
        given = dict(ask.parameters or {})
        if not ask.plain:
            given["query"] = f"what is {token}?"
        call = {"id": f"call_{token}", "tool": ask.tool, "arguments": given, "token": token}
        return {**call, **ask.more}

    def ask(
        self, name: str, *rounds: Iterable[Ask], golden: bool = True, session: str = ""
    ) -> list[Step]:
        """What the user asks, in the form of this kind of target, up to its end."""
        if self.kind != "dispatcher":
            run = self.run(name, rounds, golden=golden, session=session)
            if self.kind == "endpoint":
                return [run, self.step(name, "wait_for", run=run.id)]
            return [run]
        steps: list[Step] = []
        for round_ in rounds:
            calls = [self.execute(name, ask, session) for ask in round_]
            steps += calls if len(calls) == 1 else [self.together(*([call] for call in calls))]
        return steps

    def tokens(self, steps: Iterable[Step]) -> list[str]:
        """The canaries of the calls in these steps, in order."""
        found: list[str] = []
        for step in steps:
            if step.args.get("token"):
                found.append(step.args["token"])
            for round_ in step.args.get("plan", {}).get("rounds", ()):
                found += [call["token"] for call in round_]
            for lane in step.lanes:
                found += self.tokens(lane)
        return found

    def session(
        self,
        name: str,
        *rounds: Iterable[Ask],
        transport: str = "working",
        golden: bool = True,
    ) -> Lane:
        """A whole session: open it with the tools that it needs, ask, leave."""
        tools = sorted({ask.tool for round_ in rounds for ask in round_ if ask.tool in KNOWN})
        return (
            self.create(name, tools, transport),
            *self.ask(name, *rounds, golden=golden),
            self.cleanup(name),
        )

    def given_up(self, name: str, via: str = "execute_tool", *, briefly: bool = False) -> Step:
        """One call of a tool that is held, given up in the middle. A target that lets the tool end
        rather than cancel it is not kept waiting for ever. A run would make one more call after it.
        briefly: that it starts is not waited for as long as for what must come, and that the call
        ends hardly at all, because it is one of many.
        """
        held = Ask("hold", more={"via": via} if via != "execute_tool" else {})
        rounds = [[held]] if self.kind == "dispatcher" else [[held], [Ask("lookup")]]
        asked = self.ask(name, *rounds, golden=False)
        token, *_ = self.tokens(asked)
        patience: dict[str, Any] = {"settles": 2} if briefly else {"briefly": True}
        caller = (
            self.step(name, "wait_for", token=token, what="started", briefly=briefly),
            self.step(name, "cancel", step=asked[0].id),
            self.step(name, "join", step=asked[0].id, **patience),
            self.step(name, "release", token=token),
        )
        return self.together(asked, caller)

    def beside(self, *trouble: Step) -> Lane:
        """A lane in which another user listens while the first has trouble, and works when it is
        over: what goes astray then, and what is left over of it, would show.
        """
        name = list(self.users)[1]
        rounds = [[Ask("lookup")], [Ask("echo")]]
        more = [[Ask("explode")]] if self.kind == "dispatcher" else []
        created, *work = self.session(name, *rounds, *more)
        return (created, *trouble, *work)


#: The planted tools that a session can be given.
KNOWN = frozenset(
    {
        *("lookup", "echo", "give", "explode", "collapse", "crash", "opaque"),
        *("stumble", "get-weather", "hold", "linger"),
        *("block", "recall", "choke", "administer"),
    }
)

#: Those that any session can be given: not the synchronous ones, and not the one for admins.
ORDINARY = KNOWN - {"block", "recall", "choke", "administer"}
