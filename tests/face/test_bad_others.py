"""Routers, broadcasts, transports, registries and contexts that misbehave, at the command line."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
from tests.face.commands import goldenpath, verdicts

HEAD = """
import asyncio, sys, time
from dataclasses import dataclass
from goldenpath import context, registry, router, transport
from goldenpath.reference import ConnectionManager, EventEmitter, MessageRouter, UserContext
from goldenpath.reference import ToolRegistry

class Router(MessageRouter):
    def __init__(self):
        super().__init__(ConnectionManager(socket_timeout=1))
"""


class Case(NamedTuple):
    """code: of the run. said: in its output. red: the rules that fail, where there are any, and
    among others.
    """

    source: str
    code: int
    said: str
    red: frozenset[str] = frozenset()


CASES = {
    "a router that swallows all": Case(
        "@router()\nclass make(Router):\n"
        "    async def route_message(self, user_id, socket, message): return None",
        1,
        "ROUTING-1",
        frozenset({"ROUTING-1", "ROUTING-4"}),
    ),
    "a router that answers another user": Case(
        "@router()\nclass make(Router):\n"
        "    last = None\n"
        "    async def connect(self, user_id, socket):\n"
        "        await super().connect(user_id, socket)\n"
        "        self.last, self.before = (user_id, socket), self.last\n"
        "    async def route_message(self, user_id, socket, message):\n"
        "        user_id, socket = self.before or (user_id, socket)\n"
        "        return await super().route_message(user_id, socket, message)",
        1,
        "ISOLATION",
        frozenset({"ISOLATION-6"}),
    ),
    "a router that hangs": Case(
        "@router()\nclass make(Router):\n"
        "    async def route_message(self, user_id, socket, message):\n"
        "        await asyncio.Event().wait()",
        1,
        "did not return",
        frozenset({"RECOVERY-8"}),
    ),
    "a router that blocks the loop": Case(
        "@router()\nclass make(Router):\n"
        "    async def route_message(self, user_id, socket, message):\n"
        "        while True: pass",
        3,
        "made no progress",
    ),
    "a factory of routers that raises": Case(
        "@router()\ndef make(): raise ValueError('no database')", 3, "ValueError: no database"
    ),
    "a router that routes nothing": Case("@router()\nclass make: pass", 3, "route_message"),
    "a broadcast that goes to all": Case(
        "@router(routes=False)\nclass make(ConnectionManager):\n"
        "    def __init__(self):\n        super().__init__(socket_timeout=1)\n"
        "    async def broadcast_to_user(self, user_id, event):\n"
        "        for user in list(self._sockets): await self.broadcast(user, event)\n"
        "        return 1",
        1,
        "ROUTING-8",
        frozenset({"ROUTING-8", "ISOLATION-2"}),
    ),
    "a transport that loses everything": Case(
        "class Deaf(EventEmitter):\n"
        "    def __getattribute__(self, name):\n"
        "        if not name.startswith('notify'): return super().__getattribute__(name)\n"
        "        async def emit(*args, **more): return None\n"
        "        return emit\n"
        "@transport()\nclass make(ConnectionManager):\n"
        "    def for_user(self, user): return Deaf(UserContext.from_user(user), self)",
        1,
        "DELIVERY-2",
        frozenset({"DELIVERY-2"}),
    ),
    "a registry without most members": Case(
        "@registry()\nclass make:\n"
        "    def __init__(self, user): self.tools = {}\n"
        "    def register(self, tool): self.tools[tool.name] = tool\n"
        "    def get(self, name): return self.tools[name]",
        1,
        "has: expected a method",
        frozenset({"API-1"}),
    ),
    "a registry that finds another's": Case(
        "tools = {}\n@registry(list='names')\nclass make(ToolRegistry):\n"
        "    def __init__(self, user):\n        super().__init__()\n        self._tools = tools",
        1,
        "REGISTRY-6",
        frozenset({"REGISTRY-6", "ISOLATION-3"}),
    ),
    "a registry that hangs": Case(
        "@registry(list='names')\nclass make(ToolRegistry):\n"
        "    def __init__(self, user): super().__init__()\n"
        "    async def get(self, name): await asyncio.Event().wait()",
        1,
        "RECOVERY-8",
        frozenset({"RECOVERY-8"}),
    ),
    "what is no registry": Case("@registry()\ndef make(user): return 42", 3, "it is no registry"),
    "a registry for nobody": Case(
        "@registry()\ndef make(): return ToolRegistry()", 2, "shared=True"
    ),
    "a context that takes anything": Case(
        "@context()\n@dataclass\nclass make:\n"
        "    user_id: str\n    thread_id: str\n    run_id: str\n    request_id: str",
        1,
        "API-13",
        frozenset({"API-13"}),
    ),
    "a context that cannot be made": Case(
        "@context()\ndef make(user_id): return user_id", 2, "thread_id"
    ),
    "a context that is nothing": Case(
        "@context()\ndef make(**ids): return None", 3, "the factory made nothing"
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_wrong_is_named_and_reported(name: str, tmp_path: Path) -> None:
    """The exit code is right, what was wrong is said, and the reports are there."""
    case = CASES[name]
    (tmp_path / "bad.py").write_text(HEAD + case.source)
    scale = ("--time-scale", "0.15", "--stall", "6")
    done = goldenpath(tmp_path, "run", "./bad.py:make", *scale)

    assert case.said in done.stdout + done.stderr
    assert done.returncode == case.code
    written = verdicts(tmp_path / "reports/latest")
    assert written["exit"] == case.code
    assert case.red <= {v["rule"] for v in written["verdicts"] if v["outcome"] == "FAIL"}
    assert (tmp_path / "reports/latest/report.html").stat().st_size
