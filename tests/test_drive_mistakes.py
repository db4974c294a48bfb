"""Mistakes of the user's own test are told apart from those of the target."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from goldenpath import dispatcher
from goldenpath.adapters.targets import of_factory
from goldenpath.builtin import reference_dispatcher
from goldenpath.drive import Drive
from goldenpath.driver import Driver
from goldenpath.errors import UsageProblem
from tests.driving import conducted, one_call, red


async def _twice(session: Drive, alice: Driver) -> None:
    await alice.create()
    await alice.create()


async def _run_twice(session: Drive, alice: Driver) -> None:
    await alice.create()
    await alice.run(["lookup"])
    await alice.run(["lookup"])


def after(ask: Callable[[Driver], Any]) -> Callable[[Drive, Driver], Any]:
    async def work(session: Drive, alice: Driver) -> None:
        await alice.create()
        await ask(alice)

    return work


def at_once(ask: Callable[[Drive, Driver], Any]) -> Callable[[Drive, Driver], Any]:
    async def work(session: Drive, alice: Driver) -> None:
        done = ask(session, alice)
        if done is not None:
            await done

    return work


MISTAKES: dict[str, tuple[str, Callable[[Drive, Driver], Any], str]] = {
    "user": ("reference", at_once(lambda s, a: s.user("zoe")), "expected: one of alice, bob"),
    "tool": ("reference", at_once(lambda s, a: a.create(["lokup"])), "there is no tool 'lokup'"),
    "transport": (
        "reference",
        at_once(lambda s, a: a.create(transport="abscent")),
        "expected: one of working, absent, raising",
    ),
    "no session": ("reference", at_once(lambda s, a: a.execute("lookup")), "no session"),
    "no session to end": ("reference", at_once(lambda s, a: a.cleanup()), "await alice.create"),
    "two sessions": ("reference", _twice, "alice has a session open"),
    "via": ("reference", after(lambda a: a.execute("lookup", via="call")), "no member 'call'"),
    "query": (
        "reference",
        after(lambda a: a.execute("lookup", {"query": "x"})),
        "plain=True to send these parameters",
    ),
    "no JSON": ("reference", after(lambda a: a.execute("echo", {"x": {1}})), "no JSON data"),
    "held": ("reference", after(lambda a: a.execute("hold")), 'await alice.begin("hold")'),
    "lingers": ("reference", after(lambda a: a.execute("linger")), 'await alice.begin("linger")'),
    "plain hold": ("reference", after(lambda a: a.begin("hold", plain=True)), "has none"),
    "plain linger": ("reference", after(lambda a: a.begin("linger", plain=True)), "has none"),
    "no names": (
        "reference",
        after(lambda a: a.execute("lookup", [1])),
        'expected: a dict such as {"page": 1}',
    ),
    "no names in a run": (
        "reference-agent",
        after(lambda a: a.run([("lookup", [1])])),
        "the parameters are no names with values",
    ),
    "run": ("reference", after(lambda a: a.run(["lookup"])), "execute() or begin()"),
    "run of none": ("reference", after(lambda a: a.run(["lookup"])), "run() is for an agent,"),
    "execute": ("reference-agent", after(lambda a: a.execute("lookup")), "run() or begin_run()"),
    "held run": ("reference-agent", after(lambda a: a.run(["hold"])), "begin_run"),
    "lingering run": ("reference-agent", after(lambda a: a.run(["linger"])), "begin_run"),
    "second run": ("reference-agent", _run_twice, "an agent runs once in each"),
    "excuse": (
        "reference",
        at_once(lambda s, a: s.excuse("TOOL1", "why")),
        "do you mean TOOL-1?",
    ),
    "no reason": ("reference", at_once(lambda s, a: s.excuse("TOOL-1", " ")), "without a reason"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_of_the_test_says_what_to_do(mistake: str, tmp_path: Path) -> None:
    """Whoever writes it is told at once, and the target is not asked."""
    target, ask, said = MISTAKES[mistake]

    async def work(session: Drive) -> None:
        await ask(session, session.user("alice"))

    with pytest.raises(UsageProblem) as caught:
        conducted(target, work, tmp_path)
    assert said in str(caught.value)


def test_an_endpoint_is_referred_to_the_command(tmp_path: Path) -> None:
    """It has no sessions that a test could make."""
    with pytest.raises(UsageProblem, match="goldenpath smoke reference-ws"):
        conducted("reference-ws", one_call, tmp_path)


def test_rules_to_prove_must_be_there(tmp_path: Path) -> None:
    """A misspelt one would never be missed."""
    with pytest.raises(UsageProblem, match="do you mean TOOL-1"):
        conducted("reference", one_call, tmp_path, proves=["TOOL1"])


@pytest.mark.parametrize("awaited", [True, False])
def test_a_call_that_is_held_for_too_long_is_the_mistake_of_the_test(
    awaited: bool, tmp_path: Path
) -> None:
    """Not a target that hangs."""

    async def forget(session: Drive) -> None:
        alice = session.user("alice")
        await alice.create()
        held = await alice.begin("hold")
        assert await held.started()
        await (held if awaited else asyncio.sleep(60))

    with pytest.raises(UsageProblem, match=r"release\(\) it sooner"):
        conducted("miniature:taken-name-ignored", forget, tmp_path)  # no timeout of its own


def test_a_target_that_hangs_is_blamed_for_it(tmp_path: Path) -> None:
    """Also where the test would have held the tool that never ran."""

    @dispatcher()
    async def make(user: Any, tap: Any, tools: Any) -> Any:
        made = await reference_dispatcher(user, tap, tools)
        if user.name == "alice":
            made.execute_tool = lambda *_: asyncio.Event().wait()  # type: ignore[method-assign]
        return made

    async def hold(session: Drive) -> None:
        alice = session.user("alice")
        await alice.create()
        held = await alice.begin("hold")
        assert not await held.started()
        assert (await held).error == "it did not answer in time"

    assert red(conducted(of_factory(make), hold, tmp_path)) == {"RECOVERY-8"}
