"""Tests of a user, as functions: what they do with a session, and how they are run and judged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from goldenpath.adapters.targets import Target, resolve
from goldenpath.conduct import Options
from goldenpath.drive import Drive, drive
from goldenpath.history import History, load
from goldenpath.model import Outcome
from goldenpath.results import Report
from tests.strangers.test_strangers import FAULTS
from tests.virtual import VirtualLoop

Work = Callable[[Drive], Any]
#: Correct strangers, and whether they work in other threads, which need the real clock.
CORRECT = {
    name: noted.get("threads", False)
    for name, noted in FAULTS.items()
    if not noted["breaks"] and name.startswith(("dispatcher_", "agent_"))  # what a hand can drive
}


def conducted(
    target: str | Target, work: Work, folder: Path, *, threads: bool = False, **more: Any
) -> Report:
    """Drive a target as `work` says, and judge it."""

    async def main() -> Report:
        found = resolve(target) if isinstance(target, str) else target
        session = await drive(found, "mine", Options(), folder, **more)
        await work(session)
        return await session.judge()

    with asyncio.Runner(loop_factory=None if threads else VirtualLoop) as runner:
        return runner.run(main())


def kept(folder: Path) -> History:
    with (folder / "mine.jsonl").open("rb") as lines:
        return load(lines)


def red(report: Report) -> set[str]:
    return {v.rule for v in report.verdicts if v.outcome is Outcome.FAIL}


async def two_at_work(session: Drive) -> None:
    """What a test of somebody's own may look like: two users, each with everything once."""
    alice, bob = session.users("alice", "bob")
    for user in (alice, bob):
        await user.create()
    if session.kind == "agent":
        await asyncio.gather(alice.run(["lookup", ("echo", {"page": 1})]), bob.run(["lookup"]))
        await alice.cleanup()
        await alice.create()
        await alice.run(["lookup"], ["explode"])
        return
    await asyncio.gather(
        *(user.execute("lookup", {"page": n}) for user in (alice, bob) for n in range(3))
    )
    for user in (alice, bob):
        await user.execute("give", {"value": None})
        await user.execute("explode")
        await user.execute("no_such_tool")
    held = await alice.begin("hold")
    await held.started()
    await bob.execute("lookup")
    held.release()
    await held


async def one_call(session: Drive) -> None:
    alice = session.user("alice")
    await alice.create()
    await alice.execute("lookup")
