"""Sessions of one user that get in each other's way: what is kept by user where it is a session's.

What is kept goes with the session that it is of, so that nothing else is wrong with them.
"""

from __future__ import annotations

from typing import Any, ClassVar
from weakref import WeakSet, WeakValueDictionary

from goldenpath.declare import dispatcher
from goldenpath.miniatures.base import Parts, miniature
from goldenpath.plant import PlantedUser, Tap, Tools
from goldenpath.reference import EventFactory, RequestScopedDispatcher, UserContext

# --- CONTENT-3 -----------------------------------------------------------------------------------


class _IdsOfUser(EventFactory):
    """Takes some ids from another session of the same user."""

    fields: tuple[str, ...] = ()

    def other(self) -> UserContext:
        """The context of the session that they are taken from."""
        raise NotImplementedError

    def _ids(self) -> dict[str, str]:
        other = self.other()
        return {**super()._ids(), **{name: getattr(other, name) for name in self.fields}}


class _OfTheLast(_IdsOfUser):
    last: ClassVar[WeakValueDictionary[str, EventFactory]] = WeakValueDictionary()

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.last[self._context.user_id] = self

    def other(self) -> UserContext:
        return self.last.get(self._context.user_id, self)._context


class _OfTheFirst(_IdsOfUser):
    first: ClassVar[WeakValueDictionary[str, EventFactory]] = WeakValueDictionary()

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.kept = self.first.setdefault(self._context.user_id, self)

    def other(self) -> UserContext:
        return self.kept._context


@miniature("CONTENT-3")
class LastRunOfUser(_OfTheLast):
    """Events of all sessions of a user name the run and thread of the one that was made last."""

    fields = ("run_id", "thread_id")


@miniature("CONTENT-3", kind="agent")
class AgentLastThreadOfUser(_OfTheLast):
    """Events of all runs of a user name the thread of the session that was made last."""

    fields = ("thread_id",)


@miniature("CONTENT-3")
class RequestIdKept(_OfTheFirst):
    """Events name the request of the user's first session that is still there."""

    fields = ("request_id",)


@miniature("CONTENT-3", kind="agent")
class AgentSessionIdKept(_OfTheFirst):
    """Events of an agent name the session that the user had before, while that is still there."""

    fields = ("session_id",)


# --- ISOLATION-8a --------------------------------------------------------------------------------


class _KnownByUser(RequestScopedDispatcher):
    """Knows the other sessions of its user."""

    known: ClassVar[WeakSet[RequestScopedDispatcher]] = WeakSet()

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.known.add(self)

    def others(self) -> list[RequestScopedDispatcher]:
        """The other sessions of the same user."""
        mine = self.context.user_id
        return [one for one in self.known if one is not self and one.context.user_id == mine]


@miniature("ISOLATION-8a")
class CleanupClosesAllOfUser(_KnownByUser):
    """Cleaning up one session closes all sessions of its user."""

    async def cleanup(self) -> None:
        for other in self.others():
            await RequestScopedDispatcher.cleanup(other)
        await super().cleanup()


@miniature(
    "ISOLATION-8a",
    implied={"DELIVERY-1": "a golden run that is stopped with another session fails"},
    kind="agent",
)
class AgentCleanupClosesAllOfUser(CleanupClosesAllOfUser):
    """Cleaning up an agent's session closes all sessions of its user."""


@miniature("ISOLATION-8a", implied={"API-4": "a tool that had not run by then is refused"})
class OneSessionPerUser(_KnownByUser):
    """A user's new session closes the one before."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        for other in self.others():
            other._closed = True
            other._stop(other._in_flight)


class _Kept:
    """The open session of each user."""

    sessions: ClassVar[WeakValueDictionary[str, RequestScopedDispatcher]] = WeakValueDictionary()


@miniature("ISOLATION-8a", "CONTENT-3")
@dispatcher()
def session_of_user(user: PlantedUser, tap: Tap, tools: Tools) -> RequestScopedDispatcher:
    """Who has a session open gets it once more instead of a new one."""
    kept = _Kept.sessions.get(user.user_id)
    if kept is not None and not kept._closed:
        return kept
    emitter = Parts().emit(user, tap.manager) if tap.manager else None
    made = RequestScopedDispatcher(UserContext.from_user(user), emitter, tools)
    _Kept.sessions[user.user_id] = made
    return made
