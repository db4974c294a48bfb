"""The end of a driven session: what is under way, late, or asked too late."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from goldenpath import agent, dispatcher
from goldenpath.adapters.targets import of_factory, resolve
from goldenpath.builtin import reference_agent
from goldenpath.conduct import Options
from goldenpath.drive import Drive, drive
from goldenpath.errors import Exit, UsageProblem
from goldenpath.miniatures import MINIATURES
from goldenpath.model import Kind, Outcome
from tests.driving import conducted, kept, one_call
from tests.virtual import run as run_virtually


def test_what_is_under_way_at_the_end_is_waited_for(tmp_path: Path) -> None:
    """Calls that nobody awaits are let go and answered; every session is cleaned up, once."""

    async def leave(session: Drive) -> None:
        alice, bob = session.users("alice", "bob")
        await alice.create()
        await bob.create()
        await bob.cleanup()
        held = await alice.begin("hold")
        assert await held.started()

    report = conducted("reference", leave, tmp_path)

    history = kept(tmp_path)
    answers = [(e.actor, e.what) for e in history.entries if e.kind is Kind.OK]
    assert report.exit == Exit.CONFORMS
    assert answers[-3:] == [("bob", "cleanup"), ("alice", "execute"), ("alice", "cleanup")]


def test_late_events_are_waited_for(tmp_path: Path) -> None:
    """What is owed may come after the test's last line."""

    @agent()
    def make(user: Any, tap: Any, tools: Any) -> Any:
        late = type("Late", (), {})()

        async def send_to_user(user_id: str, message: Any) -> bool:
            loop = asyncio.get_running_loop()
            loop.call_later(0.5, lambda: asyncio.ensure_future(sending(user_id, message)))
            return True

        sending = tap.manager.send_to_user
        late.send_to_user = send_to_user
        tap.manager = late
        return reference_agent(user, tap, tools)

    async def work(session: Drive) -> None:
        alice = session.user("alice")
        await alice.create()
        await alice.run([])

    report = conducted(of_factory(make), work, tmp_path)

    (ended,) = [v for v in report.verdicts if v.rule == "DELIVERY-4"]
    assert (ended.outcome, ended.opportunities) == (Outcome.PASS, 1)
    assert [e for e in kept(tmp_path).entries if e.kind is Kind.FRAME]


def test_nothing_can_be_asked_once_it_was_judged(tmp_path: Path) -> None:
    """The history has ended."""

    async def main() -> None:
        session = await drive(resolve("reference"), "mine", Options(), tmp_path)
        await one_call(session)
        await session.judge()
        with pytest.raises(UsageProblem, match="the history has ended"):
            await session.user("bob").create()

    run_virtually(main())


def test_another_event_loop_is_refused(tmp_path: Path) -> None:
    """What belongs to one loop cannot be awaited in another: said before anything hangs."""
    with asyncio.Runner() as first:
        session = first.run(drive(resolve("reference"), "mine", Options(), tmp_path))
        with asyncio.Runner() as second, pytest.raises(UsageProblem, match="loop_scope"):
            second.run(one_call(session))
        first.run(session.abandon())


def test_a_test_that_fails_by_itself_leaves_a_cut_history(tmp_path: Path) -> None:
    """What was broken by then is known, what never came is not held against the target, sessions
    are cleaned up, and nothing of that is recorded.
    """
    cleaned = []

    @dispatcher()
    async def make(user: Any, tap: Any, tools: Any) -> Any:
        made = MINIATURES["runs-twice"].factory(user, tap, tools)
        made = await made if asyncio.iscoroutine(made) else made
        inner = made.cleanup

        async def cleanup() -> None:
            cleaned.append(user.name)
            await inner()

        made.cleanup = cleanup
        return made

    async def main() -> list[str]:
        session = await drive(of_factory(make), "mine", Options(), tmp_path)
        session.excuse("TOOL-2", "not broken, and not complained of here")
        await one_call(session)
        await session.user("alice").begin("hold")
        return [verdict.rule for verdict in await session.abandon()]

    assert run_virtually(main()) == ["TOOL-1"]
    history = kept(tmp_path)
    assert history.footer is None
    assert cleaned.count("alice") == 1
    assert "cleanup" not in {entry.what for entry in history.entries}
