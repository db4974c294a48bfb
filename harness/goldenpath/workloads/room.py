"""The words that workloads of routers are written in: users who connect, speak, and leave."""

from __future__ import annotations

from collections import Counter
from typing import Any

from goldenpath.model import Step
from goldenpath.workloads.script import Script

CHAT, TASK = "chat_message", "task_request"

#: A second type that the handler of tasks is for.
UPDATE = "task_update"

#: Types that nothing handles, some of which are nearly those that something does.
UNHEARD_OF = ("unheard_of", "chat_message_x", "chat")


def number_of(link: str) -> int:
    """Which of a user's sockets it is."""
    return int(link.rpartition("/")[2])


class Room:
    """Users around one router. The newest socket of each is the one they speak on, but for those
    on which they only listen.
    """

    def __init__(self, script: Script) -> None:
        self.script = script
        self.anybody = next(iter(script.users))
        self._opened: Counter[str] = Counter()
        self._speaks: dict[str, int] = {}
        self._handlers = 0

    def link(self, name: str, number: int | None = None) -> str:
        """The name of a user's socket, of the one they speak on if no number is given."""
        return f"{name}/{number or self._speaks[name]}"

    def speak_on(self, name: str, link: str) -> None:
        """The user speaks on this socket from now on."""
        self._speaks[name] = number_of(link)

    def connect(self, name: str, *, listens: bool = False, **more: Any) -> Step:
        """Open one more socket, on which the user speaks from now on, or only listens."""
        self._opened[name] += 1
        if not listens:
            self._speaks[name] = self._opened[name]
        link = self.link(name, self._opened[name])
        return self.script.step(name, "connect", socket=link, **more)

    def connect_two(self, name: str) -> list[Step]:
        """Open a socket to speak on, and one that is newer, where a user may have several."""
        spoken = self.connect(name)
        return (
            [spoken, self.connect(name, listens=True)] if self.script.can("fan_out") else [spoken]
        )

    def disconnect(self, name: str, number: int | None = None, **more: Any) -> Step:
        """Close a socket, and tell the router."""
        step = self.script.step
        return step(name, "disconnect", socket=self.link(name, number), abrupt=True, **more)

    def turn(self, name: str, condition: str, number: int | None = None) -> Step:
        """Let a socket be in another condition."""
        link = self.link(name, number)
        return self.script.step(name, "turn", socket=link, condition=condition)

    def rest(self) -> Step:
        """Wait until what was asked has come to its end."""
        return self.script.step(self.anybody, "rest")

    def handler(
        self,
        *types: str,
        behaviour: str = "takes",
        owner: str = "",
        name: str = "",
        **more: Any,
    ) -> Step:
        """Add a handler of these types, for all or for the owner's newest socket."""
        self._handlers += 1
        args: dict[str, Any] = {"handler": name or f"handler {self._handlers}"}
        if owner:
            args["socket"] = self.link(owner)
        args |= {"types": list(types), "behaviour": behaviour, **more}
        return self.script.step(owner or self.anybody, "add_handler", **args)

    def remove(self, added: Step, **more: Any) -> Step:
        """Remove a handler that was added."""
        handler = added.args["handler"]
        return self.script.step(added.actor, "remove_handler", handler=handler, **more)

    def say(self, name: str, type: str = CHAT, **more: Any) -> Step:
        """One message of a user."""
        token = self.script.token(name)
        message = {
            "type": type,
            "payload": {"content": f"I say {token}."},
            "thread_id": self.script.users[name].thread_id,
        }
        return self._route(name, token=token, message=message, **more)

    def ping(self, name: str, type: str) -> Step:
        """A heartbeat."""
        return self._route(name, message={"type": type})

    def malformed(self, name: str, message: Any) -> Step:
        """Something that is no message."""
        return self._route(name, message=message, malformed=True)

    def _route(self, name: str, **args: Any) -> Step:
        return self.script.step(name, "route", socket=self.link(name), **args)

    def broadcast(self, name: str, **more: Any) -> Step:
        """Something is told to a user."""
        token = self.script.token(name)
        event = {"type": "notification", "data": {"text": f"They say {token}."}}
        return self.script.step(name, "broadcast", token=token, event=event, **more)
