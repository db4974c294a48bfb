"""Sessions of a factory of one's own, and the step that makes one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.planted import USERS

from goldenpath.adapters.session import Sessions
from goldenpath.declare import Declaration
from goldenpath.model import Entry, Step
from goldenpath.plant import Plant, PlantedUser, Tap, Tools
from goldenpath.recorder import Recorder


class Made:
    """What a factory made, with what it was given."""

    def __init__(self, user: PlantedUser, tap: Tap, tools: Tools) -> None:
        self.user, self.tap, self.given = user, tap, tools
        self.cleaned = 0

    async def execute_tool(self, tool_name: str, parameters: Any = None) -> None:
        """What makes it a dispatcher."""

    async def cleanup(self) -> None:
        self.cleaned += 1


def sessions(
    factory: Callable[..., Any], entries: list[Entry] | None = None, **members: str
) -> Sessions:
    recorder = Recorder()
    if entries is not None:
        recorder.listen(entries.append)
    return Sessions(factory, Declaration("dispatcher", {}, members), Plant(recorder, USERS))


def create(actor: str = "alice", **args: Any) -> Step:
    return Step("s1", actor, "create", {"run_id": f"run-{actor}", "tools": ["lookup"], **args})


CREATE = create(run_id="r1")
