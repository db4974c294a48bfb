"""What a driven session can be asked, and what its caller is told."""

from __future__ import annotations

import asyncio
import contextvars
from pathlib import Path
from typing import Any

import pytest

from goldenpath import dispatcher
from goldenpath.adapters.targets import of_factory
from goldenpath.drive import Drive
from goldenpath.errors import Exit
from goldenpath.model import Kind
from goldenpath.reference import RequestScopedDispatcher, UserContext, UserEmitter
from tests.driving import conducted, kept, one_call, red, two_at_work


def test_a_tool_for_admins_is_refused_to_users_of_a_test(tmp_path: Path) -> None:
    """None of them is an admin, so a target that refuses it keeps every rule."""
    replies = []

    async def look(session: Drive) -> None:
        alice = session.user("alice")
        await alice.create(["lookup", "administer"])
        replies.append(await alice.execute("lookup"))
        replies.append(await alice.execute("administer"))
        await alice.register("administer")
        replies.append(await alice.execute("administer", via="dispatch"))

    report = conducted("reference", look, tmp_path)

    assert [reply.ok for reply in replies] == [True, False, False]
    assert report.exit == Exit.CONFORMS
    assert red(conducted("miniature:everybody-is-admin", look, tmp_path)) == {"API-14"}


def test_a_reply_is_what_its_caller_was_told(tmp_path: Path) -> None:
    """A value, an error, a refusal; and it is a copy, with which the test may do as it likes."""
    replies = []

    async def look(session: Drive) -> None:
        alice = session.user("alice")
        replies.append(await alice.create(["give", "explode"]))
        replies.append(await alice.execute("give", {"value": {"deep": [1, None]}}))
        replies[-1].value["value"]["deep"].append("mine")
        replies.append(await alice.execute("explode"))
        replies.append(await alice.execute("no_such_tool"))
        replies.append(await alice.register("echo"))
        replies.append(await alice.execute("echo", {"n": 1}, via="dispatch"))
        replies.append(await alice.look("echo", "give", "other"))
        replies.append(await alice.cleanup())
        replies.append(await alice.execute("give"))

    report = conducted("reference", look, tmp_path)
    made, given, failed, unknown, registered, echoed, seen, cleaned, refused = replies

    assert report.exit == Exit.CONFORMS
    assert [reply.ok for reply in (made, registered, cleaned)] == [True, True, True]
    assert given.result == {"deep": [1, None, "mine"]}
    assert (failed.ok, failed.result) == (False, None)
    assert "explode cannot work" in failed.error
    assert "no_such_tool" in unknown.error
    assert echoed.result["echo"]["n"] == 1
    assert seen.result["has_tool"] == {"echo": True, "give": True, "other": False}
    assert not refused.ok
    assert refused.error


def test_calls_of_one_user_side_by_side(tmp_path: Path) -> None:
    """Held, they end in another order than they began, and each caller gets its own answer."""
    order: list[int] = []

    async def overlap(session: Drive) -> None:
        alice = session.user("alice")
        await alice.create(["hold"])
        held = [await alice.begin("hold") for _ in range(4)]
        assert all(await asyncio.gather(*(each.started() for each in held)))
        for number in (2, 0, 3, 1):
            held[number].release()
            assert (await held[number]).ok
            order.append(number)

    report = conducted("reference", overlap, tmp_path)

    assert report.exit == Exit.CONFORMS
    assert order == [2, 0, 3, 1]


@pytest.mark.parametrize("name", ["reference", "reference-agent"])
def test_whatever_is_held_is_released(name: str, tmp_path: Path) -> None:
    """Both tools of docs/own-tests.md; else a correct target would be blamed for hanging."""

    async def hold_both(session: Drive) -> None:
        for user, tool in zip(session.users("alice", "bob"), ("hold", "linger"), strict=True):
            await user.create([tool])
            begin = user.begin_run([tool]) if session.kind == "agent" else user.begin(tool)
            held = await begin
            assert await held.started()
            held.release()
            assert (await held).ok

    assert conducted(name, hold_both, tmp_path).exit == Exit.CONFORMS


@pytest.mark.parametrize("how", ["given up", "timed out", "its task was cancelled"])
@pytest.mark.parametrize("name", ["reference", "miniature:cancelled-says-success"])
def test_a_caller_that_hangs_up(how: str, name: str, tmp_path: Path) -> None:
    """It is recorded as such, whichever way a test says it, the target is judged by it, and the
    next call works.
    """

    async def hang_up(session: Drive) -> None:
        alice = session.user("alice")
        await alice.create(["hold", "lookup"])
        held = await alice.begin("hold")
        assert await held.started()
        if how == "given up":
            held.give_up()
            assert (await held).error == "it was given up"
        elif how == "timed out":
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await held
        else:
            waiting = asyncio.ensure_future(_until(held))
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        assert (await alice.execute("lookup")).ok

    report = conducted(name, hang_up, tmp_path)

    lost = [entry.value["why"] for entry in kept(tmp_path).entries if entry.kind is Kind.LOST]
    assert lost == ["cancelled"]
    assert red(report) == (set() if name == "reference" else {"CONTENT-5"})


async def _until(asked: Any) -> Any:
    return await asked


def test_a_call_that_is_cancelled_before_it_began_is_never_made(tmp_path: Path) -> None:
    """There is nothing for the target to lose."""

    async def too_early(session: Drive) -> None:
        await one_call(session)
        task = asyncio.create_task(session.user("alice").execute("echo"))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    report = conducted("reference", too_early, tmp_path)

    assert "echo" not in {(e.value or {}).get("tool") for e in kept(tmp_path).entries if e.step}
    assert report.exit == Exit.CONFORMS


def test_a_golden_run_that_is_given_up_shows_no_golden_path(tmp_path: Path) -> None:
    """Nobody can expect all five events of it; one that goes on must show them."""

    async def give_up(session: Drive) -> None:
        alice = session.user("alice")
        await alice.create()
        run = await alice.begin_run(["hold"])
        assert await run.started()
        run.give_up()
        assert not (await run).ok

    async def go_on(session: Drive) -> None:
        alice = session.user("alice")
        await alice.create()
        run = await alice.begin_run(["hold"])
        assert await run.started()
        run.release()
        assert (await run).ok

    assert conducted("reference-agent", give_up, tmp_path).exit == Exit.CONFORMS
    assert conducted("reference-agent", go_on, tmp_path, proves=["DELIVERY-1"]).exit == 0
    assert red(conducted("miniature:never-thinks", give_up, tmp_path)) == set()
    assert red(conducted("miniature:never-thinks", go_on, tmp_path)) == {"DELIVERY-1"}


_CURRENT: contextvars.ContextVar[Any] = contextvars.ContextVar("_CURRENT")


def test_each_user_has_a_context_of_their_own(tmp_path: Path) -> None:
    """As on connections of their own: what a target keeps in one for alice it does not find as bob,
    though one test asks for both; and alice finds it again, also beside what is under way.
    """

    class Contextual(RequestScopedDispatcher):
        async def execute_tool(self, name: str, parameters: Any = None) -> Any:
            return await RequestScopedDispatcher.execute_tool(_CURRENT.get(), name, parameters)

    @dispatcher()
    def make(user: Any, tap: Any, tools: Any) -> Any:
        context = UserContext.from_user(user)
        made = Contextual(context, UserEmitter(context, tap.manager), tools)
        _CURRENT.set(made)
        return made

    report = conducted(of_factory(make), two_at_work, tmp_path)

    assert report.exit == Exit.CONFORMS
    assert _CURRENT.get(None) is None


def test_transports_can_be_left_out_or_raise(tmp_path: Path) -> None:
    """The conditions are those of the suites, and their rules speak."""

    async def without(session: Drive) -> None:
        alice, bob = session.users("alice", "bob")
        await alice.create(["lookup"], transport="absent")
        await bob.create(["lookup"], transport="raising")
        await alice.execute("lookup")
        await bob.execute("lookup")

    proves = ("RECOVERY-1", "RECOVERY-2")

    assert conducted("reference", without, tmp_path, proves=proves).exit == Exit.CONFORMS
    assert red(conducted("miniature:needs-transport", without, tmp_path)) == {"RECOVERY-1"}
    assert red(conducted("miniature:sending-raises", without, tmp_path)) == {"RECOVERY-2"}
