"""Users who get, see or are told what belongs to others. The state of a class is the bug here."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any, ClassVar
from weakref import WeakSet

from goldenpath.declare import agent, dispatcher
from goldenpath.miniatures.base import Parts, miniature
from goldenpath.miniatures.bridge import OverBridge
from goldenpath.plant import PlantedUser, Tap, Tools
from goldenpath.reference import (
    EventFactory,
    Execution,
    PlatformError,
    RequestScopedDispatcher,
    ScriptedAgent,
    UserContext,
    UserEmitter,
)

_ASTRAY = {
    "ISOLATION-2": "an event that goes astray takes the data of its owner along",
    "DELIVERY-2": "the owner does not get what goes astray",
    "DELIVERY-5": "the owner's tool_executing stays open where only its tool_completed goes astray",
    "ISOLATION-8": "what another user's coming leads astray is missed from then on",
}
_RUN_ASTRAY = {
    **_ASTRAY,
    "DELIVERY-1": "the owner does not see the events of a golden run that go astray",
    "DELIVERY-4": "the owner does not see the terminal event that goes astray",
}
_OTHER_RUN = {"CONTENT-3": "a bridge is addressed by run, so that an event astray names another's"}
_TOO_MANY = "to the other user an event astray is one too many of a run of their own"
_ALIKE = "of equal calls of two users the one's result is reported under the run of the other"
_WAITS = "whoever sends to everybody waits for the slowest"
_COPIED = {
    "ISOLATION-2": "an event that goes to others takes the data of its owner along",
    "RESOURCE-2": "whoever came once is remembered for ever",
    **dict.fromkeys(("DELIVERY-2", "RECOVERY-3"), _WAITS),
}

#: How many users get what is sent to everybody: else a session would cost more the more have come.
_LAST = 10

# --- ISOLATION-1 ---------------------------------------------------------------------------------


@miniature("ISOLATION-1", implied=_ASTRAY)
class LastUserWins(UserEmitter):
    """Events go to the user who came last."""

    latest: ClassVar[UserContext | None] = None

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        LastUserWins.latest = self.context

    async def _deliver(self, message: dict[str, Any]) -> bool:
        latest = LastUserWins.latest
        if self.manager is None or latest is None:
            return False
        return await self.manager.send_to_user(latest.user_id, message)


@miniature("ISOLATION-1", implied={**_COPIED, "DELIVERY-5": _WAITS})
class EverybodyGetsIt(UserEmitter):
    """Events go to everybody who is connected, of the last who came."""

    everybody: ClassVar[dict[str, None]] = {}

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.everybody.pop(self.context.user_id, None)  # whoever comes again is the last
        self.everybody[self.context.user_id] = None

    async def _deliver(self, message: dict[str, Any]) -> bool:
        sent = await super()._deliver(message)
        for user_id in list(islice(reversed(self.everybody), _LAST)):
            if self.manager is not None and user_id != self.context.user_id:
                await self.manager.send_to_user(user_id, message)
        return sent


class _LastRunWins(OverBridge):
    latest = ""

    def run_id(self, data: dict[str, Any]) -> str:
        return _LastRunWins.latest


@miniature(
    "ISOLATION-1",
    implied={
        **_ASTRAY,
        **_OTHER_RUN,
        **dict.fromkeys(("ORDER-3", "DELIVERY-3"), _TOO_MANY),
        "CONTENT-6": _ALIKE,
        "RECOVERY-7": "what cleanup ends is reported to somebody else",
        "API-9": "... whose session may be over",
    },
)
@dispatcher()
def bridge_of_last_run(user: PlantedUser, tap: Tap, tools: Tools) -> RequestScopedDispatcher:
    """Over a bridge events name the run that came last."""
    _LastRunWins.latest = user.run_id
    emitter = Parts().emit(user, _LastRunWins(tap.bridge)) if tap.bridge else None
    return RequestScopedDispatcher(UserContext.from_user(user), emitter, tools)


@miniature(
    "ISOLATION-1",
    implied={
        **_COPIED,
        **dict.fromkeys(("DELIVERY-1", "DELIVERY-4", "DELIVERY-5", "RECOVERY-8"), _WAITS),
    },
    kind="agent",
)
class AgentEverybodyGetsIt(EverybodyGetsIt):
    """Events of an agent go to everybody who is connected, of the last who came."""

    everybody: ClassVar[dict[str, None]] = {}


@miniature("ISOLATION-1", implied=_RUN_ASTRAY, kind="agent")
class AgentLastUserWins(LastUserWins):
    """Events of an agent go to the user who came last."""


@miniature(
    "ISOLATION-1",
    implied={
        **_RUN_ASTRAY,
        **_OTHER_RUN,
        **dict.fromkeys(("ORDER-1", "ORDER-2", "DELIVERY-3", "CONTENT-5"), _TOO_MANY),
        "ORDER-5": "numbers of two runs are mixed",
        "RECOVERY-7": "events of others come after the end of a session",
    },
)
@agent()
def agent_bridge_of_last_run(user: PlantedUser, tap: Tap, tools: Tools) -> ScriptedAgent:
    """Over a bridge events of an agent name the run that came last."""
    _LastRunWins.latest = user.run_id
    emitter = Parts().emit(user, _LastRunWins(tap.bridge) if tap.bridge else None)
    return ScriptedAgent(RequestScopedDispatcher(emitter.context, emitter, tools), emitter)


# --- ISOLATION-2 ---------------------------------------------------------------------------------


@miniature("ISOLATION-2")
class RecentResults(EventFactory):
    """tool_completed also tells what the last call of anybody found."""

    latest: ClassVar[Any] = None

    def tool_completed(self, *args: Any, **more: Any) -> dict[str, Any]:
        event = super().tool_completed(*args, **more)
        event["data"]["metadata"]["related"] = RecentResults.latest
        RecentResults.latest = event["data"]["metadata"].get("result")
        return event


@miniature("ISOLATION-2", kind="agent")
class AgentRecentResults(RecentResults):
    """tool_completed of an agent also tells what the last call of anybody found."""


@miniature("ISOLATION-2", implied={"RESOURCE-2": "every conversation is remembered for ever"})
class ThoughtOfOthers(ScriptedAgent):
    """The agent thinks of the last other conversation, in two halves."""

    threads: ClassVar[list[str]] = []

    async def _begin(self, message: str) -> None:
        await super()._begin(message)
        own = self.emitter.context.thread_id
        for thread in [t for t in self.threads if t != own][-1:]:
            await self.emitter.agent_thinking(f"This is like {thread[:-9]}")
            await self.emitter.agent_thinking(f"{thread[-9:]}.")
        self.threads.append(own)


@miniature("ISOLATION-2")
class NotesOfTheCancelled(ScriptedAgent):
    """What a cancelled run had noted is left in a pool, and thought aloud by the next."""

    notes: ClassVar[list[str]] = []

    async def _begin(self, message: str) -> None:
        await super()._begin(message)
        for note in self.notes:
            await self.emitter.agent_thinking(f"Known so far: {note}")
        self.notes.append(message)

    async def _finish(self, answer: str) -> str:
        self.notes.clear()
        return await super()._finish(answer)


@miniature("ISOLATION-2")
class ErrorKept(EventFactory):
    """Once a tool has failed, the next tool_completed of anybody that succeeds tells its error."""

    kept: ClassVar[Any] = None

    def tool_completed(self, *args: Any, **more: Any) -> dict[str, Any]:
        event = super().tool_completed(*args, **more)
        data = event["data"]["metadata"]
        if "error" in data:
            ErrorKept.kept = data["error"]
        elif ErrorKept.kept is not None:
            data["warning"], ErrorKept.kept = ErrorKept.kept, None
        return event


@miniature("ISOLATION-2")
class ListsWhoIsThere(UserEmitter):
    """Each event lists the ids of the sessions that are open."""

    sessions: ClassVar[WeakSet[UserEmitter]] = WeakSet()

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.sessions.add(self)

    async def _deliver(self, message: dict[str, Any]) -> bool:
        message["peers"] = sorted(each.context.session_id for each in self.sessions)
        return await super()._deliver(message)


# --- ISOLATION-3 ---------------------------------------------------------------------------------


@miniature(
    "ISOLATION-3",
    implied={
        "ISOLATION-2": "the event of a call answered from the cache holds the other's result",
        "TOOL-1": "a call that is answered from the cache was accepted and never ran",
        "CONTENT-5": "success is reported of a tool that never ran",
    },
)
class SharedCache(RequestScopedDispatcher):
    """Results are remembered by tool and parameters, for all users."""

    memory: ClassVar[dict[tuple[str, str], Any]] = {}

    async def _invoke(self, execution: Execution) -> Any:
        key = execution.tool.name, json.dumps(execution.parameters)
        if key not in self.memory:
            self.memory[key] = await super()._invoke(execution)
        return self.memory[key]


@miniature("ISOLATION-3")
class ErrorsOfOthers(RequestScopedDispatcher):
    """The error that a caller gets also tells the error before it, whosever it was."""

    latest: ClassVar[str] = ""

    async def _execute(self, *args: Any) -> Any:
        try:
            return await super()._execute(*args)
        except PlatformError:
            raise
        except Exception as error:
            before, ErrorsOfOthers.latest = ErrorsOfOthers.latest, str(error)
            raise RuntimeError(f"{error} (before: {before})") from error


@miniature("ISOLATION-3")
class AnswersOfOthers(ScriptedAgent):
    """The answer that a caller gets holds the answer before it, whosever it was."""

    latest: ClassVar[str] = ""

    async def run(self, message: str, plan: Any) -> str:
        answer = await super().run(message, plan)
        before, AnswersOfOthers.latest = AnswersOfOthers.latest, answer
        return f"{answer} {before}"
