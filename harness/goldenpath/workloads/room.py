"""The words that workloads of routers are written in: users who connect, speak, and leave."""

from __future__ import annotations

from collections import Counter
from typing import Any

from goldenpath.model import Step
from goldenpath.workloads.script import Script

CHAT, TASK = "chat_message", "task_request"

#: A type that nothing handles.
UNHEARD_OF = "unheard_of"


class Room:
    """Users around one router. The newest socket of each is the one they speak on."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.anybody = next(iter(script.users))
        self._opened: Counter[str] = Counter()
        self._handlers = 0

    def link(self, name: str, number: int | None = None) -> str:
        """The name of a user's socket, the newest if no number is given."""
        return f"{name}/{number or self._opened[name]}"

    def connect(self, name: str) -> Step:
        """Open one more socket."""
        self._opened[name] += 1
        return self.script.step(name, "connect", socket=self.link(name))

    def disconnect(self, name: str, number: int | None = None) -> Step:
        """Close a socket, and tell the router."""
        step = self.script.step
        return step(name, "disconnect", socket=self.link(name, number), abrupt=True)

    def turn(self, name: str, condition: str, number: int | None = None) -> Step:
        """Let a socket be in another condition."""
        link = self.link(name, number)
        return self.script.step(name, "turn", socket=link, condition=condition)

    def rest(self) -> Step:
        """Wait until what was asked has come to its end."""
        return self.script.step(self.anybody, "rest")

    def handler(
        self, *types: str, behaviour: str = "takes", owner: str = "", name: str = ""
    ) -> Step:
        """Add a handler of these types, for all or for the owner's newest socket."""
        self._handlers += 1
        args: dict[str, Any] = {"handler": name or f"handler {self._handlers}"}
        if owner:
            args["socket"] = self.link(owner)
        args |= {"types": list(types), "behaviour": behaviour}
        return self.script.step(owner or self.anybody, "add_handler", **args)

    def remove(self, added: Step) -> Step:
        """Remove a handler that was added."""
        return self.script.step(added.actor, "remove_handler", handler=added.args["handler"])

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
