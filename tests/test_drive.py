"""Driving a target from a test: the same parts, the same verdicts, and nobody blamed wrongly."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from goldenpath import agent, dispatcher
from goldenpath.adapters.targets import Target, of_factory, resolve
from goldenpath.builtin import reference_agent, reference_dispatcher
from goldenpath.conduct import Options
from goldenpath.drive import Drive, drive
from goldenpath.driver import Driver
from goldenpath.errors import Exit, UsageProblem
from goldenpath.history import History, load
from goldenpath.miniatures import MINIATURES
from goldenpath.model import Kind, Outcome
from goldenpath.offline import judge_file
from goldenpath.reference import RequestScopedDispatcher, UserContext, UserEmitter
from goldenpath.results import Report
from tests.strangers.test_strangers import FAULTS, HERE
from tests.virtual import VirtualLoop
from tests.virtual import run as run_virtually

Work = Callable[[Drive], Any]
#: Correct strangers, and whether they work in other threads, which need the real clock.
CORRECT = {
    name: noted.get("threads", False) for name, noted in FAULTS.items() if not noted["breaks"]
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


# --- the verdict is that of the suites ------------------------------------------------------------


@pytest.mark.parametrize("name", ["reference", "reference-agent", *CORRECT])
def test_a_correct_target_passes(name: str, tmp_path: Path) -> None:
    """No false alarm, whoever wrote it; and the history says the same again."""
    target = f"{HERE / name}.py:make" if name in CORRECT else name
    report = conducted(target, two_at_work, tmp_path, threads=CORRECT.get(name, False))

    assert red(report) == set()
    assert report.exit == Exit.CONFORMS, report.problems
    assert report.counts["PASS"] >= 10
    again = judge_file(tmp_path / "mine.jsonl")[1].verdicts
    assert [v for v in again if v.opportunities] == [v for v in report.verdicts if v.opportunities]
    assert kept(tmp_path).footer


@pytest.mark.parametrize("name", sorted(MINIATURES))
def test_what_turns_red_was_noted_beforehand(name: str, tmp_path: Path) -> None:
    """No rule is broken here that the suites do not see broken as well."""
    report = conducted(f"miniature:{name}", two_at_work, tmp_path)

    assert red(report) <= MINIATURES[name].red


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("last-user-wins", "ISOLATION-1"),
        ("recent-results", "ISOLATION-2"),
        ("errors-of-others", "ISOLATION-3"),
        ("runs-twice", "TOOL-1"),
        ("adds-parameter", "TOOL-2"),
        ("falsy-becomes-empty", "TOOL-3"),
        ("failure-is-a-value", "TOOL-4"),
        ("unknown-tool-accepted", "TOOL-5"),
        ("not-announced", "DELIVERY-2"),
        ("announced-twice", "DELIVERY-3"),
        ("failure-not-closed", "DELIVERY-5"),
        ("announced-late", "ORDER-4"),
        ("repr-frame", "CONTENT-1"),
        ("error-says-success", "CONTENT-5"),
        ("never-thinks", "DELIVERY-1"),
        ("never-ends", "DELIVERY-4"),
        ("never-started", "ORDER-1"),
        ("thinks-after-end", "ORDER-2"),
        ("agent-last-user-wins", "ISOLATION-1"),
    ],
)
def test_a_broken_target_is_caught_by_passing_calls_alone(
    name: str, rule: str, tmp_path: Path
) -> None:
    """The test asserts nothing of its own: the judge does."""
    report = conducted(f"miniature:{name}", two_at_work, tmp_path)

    assert rule in red(report)
    assert report.exit == Exit.VIOLATIONS


def test_a_stricter_look_is_asked_for_by_rule(tmp_path: Path) -> None:
    """A rule that was to be proved and had no opportunity is UNKNOWN, and that is not green."""
    reports = [
        conducted("reference", one_call, tmp_path, proves=proves)
        for proves in ((), ("TOOL-1",), ("ISOLATION-1",))
    ]

    assert [report.exit for report in reports] == [0, 0, Exit.INCONCLUSIVE]
    assert kept(tmp_path).header.proves == ("ISOLATION-1",)


@pytest.mark.parametrize("work", ["nothing", "only opened"])
def test_a_test_that_asks_nothing_is_not_green(work: str, tmp_path: Path) -> None:
    """Never 0 where nothing was checked."""

    async def idle(session: Drive) -> None:
        if work == "only opened":
            await session.user("alice").create()

    report = conducted("reference", idle, tmp_path)

    assert report.exit == Exit.INCONCLUSIVE
    assert "the test asked nothing of reference" in report.problems


class Nameless:
    """Keeps the contract as far as it is used here; its events name neither call nor content."""

    def __init__(self, tap: Any, tools: Any) -> None:
        self.send, self.tools = tap.manager.send_event, {tool.name: tool for tool in tools}

    async def execute_tool(self, tool_name: str, parameters: Any = None) -> Any:
        await self.send("tool_executing", {"tool_name": tool_name})
        result = await self.tools[tool_name].arun(**(parameters or {}))
        told = {"tool_name": tool_name, "status": "success", "result": result}
        await self.send("tool_completed", told)
        return result

    async def cleanup(self) -> None:
        self.tools = {}


@dispatcher()
def nameless(user: Any, tap: Any, tools: Any) -> Nameless:
    return Nameless(tap, tools)


@pytest.mark.parametrize(("count", "code"), [(1, Exit.CONFORMS), (2, Exit.INCONCLUSIVE)])
def test_what_cannot_be_told_is_not_green(count: int, code: Exit, tmp_path: Path) -> None:
    """Overlapping calls that nothing tells apart are UNKNOWN: exit 3. A single one is no riddle."""

    async def side_by_side(session: Drive) -> None:
        alice = session.user("alice")
        await alice.create(["lookup"])
        await asyncio.gather(*(alice.execute("lookup", plain=True) for _ in range(count)))

    report = conducted(of_factory(nameless), side_by_side, tmp_path)

    assert red(report) == set()
    assert report.exit == code


# --- asking ---------------------------------------------------------------------------------------


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


# --- excuses --------------------------------------------------------------------------------------


def excusing(*rules: str, **more: Any) -> Work:
    async def work(session: Drive) -> None:
        for rule in rules:
            session.excuse(rule, "ticket 12", **more)
        await one_call(session)

    return work


def test_a_rule_is_excused_by_name_with_a_reason(tmp_path: Path) -> None:
    """It must be broken then; where it is not, that is what is wrong. Flaky: it may be."""
    broken, sound = "miniature:runs-twice", "reference"
    excused = conducted(broken, excusing("TOOL-1"), tmp_path)
    stale = conducted(sound, excusing("TOOL-1"), tmp_path)
    idle = conducted(sound, excusing("RECOVERY-1"), tmp_path)
    other = conducted(broken, excusing("TOOL-2"), tmp_path)

    assert excused.exit == Exit.CONFORMS
    assert [v.reason[:16] for v in excused.verdicts if v.outcome is Outcome.KNOWN] == [
        "known: ticket 12"
    ]
    assert stale.stale == ("the excuse (TOOL-1 mine) passes: remove it",)
    assert idle.stale == (
        "the excuse (RECOVERY-1 mine) matches nothing that was tested: remove it",
    )
    assert (stale.exit, idle.exit, other.exit) == (1, 1, 1)
    for target in (broken, sound):
        assert conducted(target, excusing("TOOL-1", flaky=True), tmp_path).exit == 0


# --- the test's own mistakes ----------------------------------------------------------------------


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
    "plain hold": ("reference", after(lambda a: a.begin("hold", plain=True)), "has none"),
    "run": ("reference", after(lambda a: a.run(["lookup"])), "execute() or begin()"),
    "execute": ("reference-agent", after(lambda a: a.execute("lookup")), "run() or begin_run()"),
    "held run": ("reference-agent", after(lambda a: a.run(["hold"])), "begin_run"),
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


# --- the end --------------------------------------------------------------------------------------


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
