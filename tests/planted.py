"""What is planted in tests: two users, a canary of the first, her tools, and a step of hers."""

from __future__ import annotations

import asyncio
from typing import Any

from goldenpath.canary import mint
from goldenpath.model import Entry, Step
from goldenpath.plant import TOOL_NAMES, Plant, plant_user
from goldenpath.recorder import Recorder

USERS = [plant_user(0, n) for n in range(2)]
USER = USERS[0]
TOKEN = mint(USER.owner, 16)


def step(action: str, actor: str = "alice", **args: Any) -> Step:
    return Step("s1", actor, action, args)


class Planted:
    """Tools of one user, and what they recorded."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        recorder = Recorder()
        recorder.listen(self.entries.append)
        self.plant = Plant(recorder, [USER])
        self.tools = {tool.name: tool for tool in self.plant.tools("alice", TOOL_NAMES)}

    def call(self, name: str, /, **parameters: Any) -> Any:
        return asyncio.run(self.tools[name].arun(**parameters))

    def story(self) -> list[str]:
        return [entry.what for entry in self.entries]
