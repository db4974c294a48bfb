"""Steps that are performed on a program, and what came of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from tests.adapters.programs import HELLO, dispatcher
from tests.planted import TOKEN, USERS, step

from goldenpath.adapters.base import Reply
from goldenpath.adapters.lines import Hello, read_hello
from goldenpath.adapters.remote import ProcessAdapter
from goldenpath.model import Entry, Kind, Step
from goldenpath.plant import Plant
from goldenpath.recorder import Recorder

ALL = ("working", "absent", "raising")
WHOLE = read_hello(
    "x",
    json.dumps(
        {"type": "hello", "protocol": 1, "kind": "dispatcher", "transports": list(ALL)}
    ).encode(),
)


def create(actor: str = "alice", **args: Any) -> Step:
    given = {"run_id": f"run-{actor}", "tools": ["lookup", "explode", "give"], **args}
    return step("create", actor, **given)


def call(tool: str, actor: str = "alice", **args: Any) -> Step:
    return step("execute", actor, tool=tool, parameters={"query": TOKEN}, **args)


class Performed:
    """What came of some steps: replies and entries."""

    def __init__(self, replies: list[Reply], entries: list[Entry]) -> None:
        self.replies, self.entries = replies, entries

    @property
    def story(self) -> list[str]:
        """Truth and frames, in their order."""
        return [
            f"{entry.actor} {json.loads(entry.value)['type']}"
            if entry.kind is Kind.FRAME
            else f"{entry.actor} {entry.what}"
            for entry in self.entries
            if entry.kind in (Kind.FRAME, Kind.TOOL, Kind.FAULT)
        ]


def perform(
    *steps: Step,
    before: str = "",
    hello: str = HELLO,
    known: Hello = WHOLE,
    shape: str = "value",
    command: Sequence[str] = (),
) -> Performed:
    async def main() -> Performed:
        entries: list[Entry] = []
        recorder = Recorder()
        recorder.listen(entries.append)
        adapter = ProcessAdapter(command or dispatcher(before, hello), known, shape)
        try:
            await adapter.open(Plant(recorder, USERS))
            return Performed([await adapter.perform(each) for each in steps], entries)
        finally:
            await adapter.close()

    return asyncio.run(main())
