"""The end of a workload, and of a link: what is held, what is owed, silence."""

from __future__ import annotations

import asyncio

import pytest

from goldenpath.adapters.base import Reply, done
from goldenpath.deadlines import Deadlines
from goldenpath.model import Entry, Kind, Step
from goldenpath.runner import BRIEFLY, LAST_SILENCE, LONGEST, NAP, Runner
from tests import virtual
from tests.stage import DEADLINES, Stage, never, step, together, turn

# --- the end ---


def test_at_the_end_what_is_held_is_released() -> None:
    """No call of the target is left hanging in a planted tool."""
    stage = Stage()
    ended: list[str] = []

    async def start(step: Step) -> None:
        async def orphan() -> None:
            await stage.plant.gates.wait("T")
            ended.append("T")

        stage.adapter.actions["kept"] = asyncio.create_task(orphan())  # type: ignore[assignment]
        await asyncio.sleep(0)

    stage.adapter.actions["start"] = start
    stage.run([step("a", "start")])

    assert ended == ["T"]


def test_what_is_owed_is_waited_for() -> None:
    """A delivery that comes after the last step, and within its deadline, is in the history."""
    stage = Stage()
    stage.watcher.owed = ["alice: tool_completed"]

    async def deliver() -> None:
        await asyncio.sleep(1.5)
        stage.watcher.owed = []
        stage.recorder.record(Kind.FRAME, "alice/1", None, "send", "{}")

    async def start(step: Step) -> None:
        stage.adapter.actions["kept"] = asyncio.create_task(deliver())  # type: ignore[assignment]

    stage.adapter.actions["start"] = start
    stage.run([step("a", "start")])

    assert stage.entries[-1].kind is Kind.FRAME
    assert stage.recorder.notes == []
    assert stage.seconds == pytest.approx(1.5, abs=0.2)


async def ticks(step: Step) -> None:
    """Leave a timer: something can still happen."""
    asyncio.get_running_loop().call_later(60, print)


def test_patience_for_what_is_owed_ends() -> None:
    """A note names what never arrived."""
    stage = Stage(start=ticks)
    stage.watcher.owed = ["alice: tool_completed", "bob: agent_completed"]
    stage.run([step("a", "start")])

    assert stage.recorder.notes == ["never arrived: alice: tool_completed; bob: agent_completed"]
    assert stage.seconds == pytest.approx(2.0 + LAST_SILENCE * DEADLINES.settle, abs=0.2)


def test_what_can_never_come_is_not_waited_for() -> None:
    stage = Stage()
    stage.watcher.owed = ["alice: tool_completed"]
    stage.run([step("a")])

    assert stage.recorder.notes == ["never arrived: alice: tool_completed"]
    assert stage.seconds == 0


def test_what_did_not_come_is_waited_for_at_one_rest_only() -> None:
    """And is named at the end, though nobody waits for it by then."""
    stage = Stage(start=ticks)
    stage.watcher.owed = ["alice: a broadcast"]

    async def forget(step: Step) -> None:
        stage.watcher.owed = []

    stage.adapter.actions["forget"] = forget
    rests = [step(f"r{n}", "rest") for n in range(5)]
    stage.run([step("a", "start"), *rests, step("b", "forget")])

    assert stage.recorder.notes == ["never arrived: alice: a broadcast"]
    silences = (5 + LAST_SILENCE) * DEADLINES.settle
    assert stage.seconds == pytest.approx(2.0 + silences, abs=0.2)


def test_a_rest_ends_when_what_is_owed_has_come_and_silence_after_it() -> None:
    """However much later than the call that promised it returned, within the deadline."""
    stage = Stage()
    stage.watcher.owed = ["alice: a broadcast"]

    def deliver() -> None:
        stage.watcher.owed = []
        stage.recorder.record(Kind.FRAME, "alice/1", None, "send", "{}")

    async def start(step: Step) -> None:
        asyncio.get_running_loop().call_later(1.0, deliver)

    stage.adapter.actions["start"] = start
    stage.run([step("a", "start"), step("r", "rest"), step("b")])

    assert [entry.kind for entry in stage.entries][-3:] == [Kind.FRAME, Kind.INVOKE, Kind.OK]
    assert stage.recorder.notes == []


def test_where_nothing_can_happen_any_more_nothing_is_waited_for() -> None:
    """A task that waits for nobody does not count: nothing will ever wake it."""
    stage = Stage()

    async def start(step: Step) -> None:
        forever = asyncio.create_task(asyncio.Event().wait())
        stage.adapter.actions["kept"] = forever  # type: ignore[assignment]

    stage.adapter.actions["start"] = start
    stage.run([step("a", "start")])

    assert stage.seconds == 0


def test_after_a_wait_that_was_given_up_a_timer_of_the_target_is_still_seen() -> None:
    """A caller without a lane waits for a tool and leaves; a timer of ours is then gone with it."""
    stage, heard = Stage(), []

    async def main() -> None:
        runner = Runner(stage.adapter, stage.plant, stage.watcher, DEADLINES)
        waiting = asyncio.create_task(runner.ask(step("w", "wait_for", token="T", what="started")))
        await asyncio.sleep(NAP)
        waiting.cancel()
        await asyncio.wait({waiting})
        asyncio.get_running_loop().call_later(DEADLINES.settle / 2, heard.append, "late")
        await runner.rest()

    virtual.run(main())

    assert heard == ["late"]


def test_a_timer_that_runs_is_waited_for() -> None:
    """It is later than the silence: that it might have said something is reason enough to wait."""
    stage = Stage()

    async def start(step: Step) -> None:
        asyncio.get_running_loop().call_later(60, print)

    stage.adapter.actions["start"] = start
    stage.run([step("a", "start")])

    assert stage.seconds == pytest.approx(LAST_SILENCE * DEADLINES.settle)


def test_the_run_ends_when_nothing_more_happens() -> None:
    """Frames that nobody owed are still taken in, as long as they come within the settle time."""
    stage = Stage()

    async def start(step: Step) -> None:
        async def chat() -> None:
            for _ in range(5):
                await asyncio.sleep(0.02)
                stage.recorder.record(Kind.FRAME, "alice/1", None, "send", "{}")

        stage.adapter.actions["kept"] = asyncio.create_task(chat())  # type: ignore[assignment]

    stage.adapter.actions["start"] = start
    stage.run([step("a", "start")])

    assert sum(entry.kind is Kind.FRAME for entry in stage.entries) == 5


@pytest.mark.parametrize("what", ["settling", "owed"])
def test_a_target_that_never_falls_silent_ends_all_the_same(what: str) -> None:
    """Naps that news cut short do not count, but not for ever."""
    stage = Stage()
    if what == "owed":
        stage.watcher.owed = ["alice: tool_completed"]

    async def start(step: Step) -> None:
        async def chat() -> None:
            while True:
                await asyncio.sleep(NAP / 4)
                stage.recorder.record(Kind.FRAME, "alice/1", None, "send", "{}")

        stage.adapter.actions["kept"] = asyncio.create_task(chat())  # type: ignore[assignment]

    stage.adapter.actions["start"] = start
    stage.run([step("a", "start")])

    assert stage.seconds < LONGEST * DEADLINES.delivery + 21 * DEADLINES.settle + 0.1


def test_before_a_user_leaves_what_is_owed_to_them_is_heard_out() -> None:
    """Only theirs: what another is owed does not keep them. An abrupt leaver does not wait."""
    stage = Stage()
    stage.watcher.owed = ["bob: tool_completed"]
    calm = step("a", "disconnect")
    stage.run([calm])
    before = stage.entries[0].at / 1e9
    waiting = Stage()
    waiting.watcher.owed = ["alice: tool_completed"]
    waiting.run([calm])
    abrupt = Stage()
    abrupt.watcher.owed = ["alice: tool_completed"]
    abrupt.run([step("a", "disconnect", abrupt=True)])

    assert before == pytest.approx(0.0, abs=0.1)
    assert waiting.entries[0].at / 1e9 == pytest.approx(2.0, abs=0.2)
    assert abrupt.entries[0].at == 0


def test_hearing_a_user_out_is_not_being_stuck() -> None:
    """A delivery may take longer than a call, and the lane is still there when it has come."""
    stage = Stage()
    stage.watcher.owed = ["alice: tool_completed"]
    slow = Deadlines(call=1.0, delivery=30.0, settle=0.03)
    lines = stage.run([step("a", "disconnect"), step("b")], deadlines=slow)

    assert lines == ["INVOKE a", "OK a", "INVOKE b", "OK b"]
    assert not [note for note in stage.recorder.notes if "swallowed" in note]


@pytest.mark.parametrize("factor", [0.5, 1.0, 20.0])
def test_one_factor_scales_every_deadline(factor: float) -> None:
    """Slow machines get more time for everything alike."""
    scaled = DEADLINES.scaled(factor)

    assert (scaled.call, scaled.delivery, scaled.settle) == (
        5.0 * factor,
        2.0 * factor,
        0.03 * factor,
    )


@pytest.mark.parametrize("lanes", [1, 2, 5])
def test_the_same_script_gives_the_same_history(lanes: int) -> None:
    """On one clock two runs of one script are the same, entry for entry."""

    def once() -> list[Entry]:
        stage = Stage(do=turn)
        stage.run(
            *(
                [step(f"a{n}"), together(f"t{n}", [step(f"b{n}")], [step(f"c{n}")])]
                for n in range(lanes)
            )
        )
        return stage.entries

    assert once() == once()


def test_a_target_that_cancels_its_caller_has_failed() -> None:
    """It is told as a failure of that step, and the lane goes on."""

    async def cancels(_: Step) -> Reply:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(0)
        return done()

    stage = Stage(do=cancels, fine=turn)
    lines = stage.run([step("a"), step("b", "fine")])

    assert lines == ["INVOKE a", "FAIL a", "INVOKE b", "OK b"]
    assert stage.value(Kind.FAIL, "a")["type"] == "CancelledError"


def test_a_plan_of_many_rounds_has_more_time() -> None:
    """A fifth of the deadline for each: a real agent asks its model between rounds."""
    stage = Stage(do=never)
    stage.run([step("a", plan={"rounds": [[]] * 10})])

    assert stage.value(Kind.LOST, "a") == {"why": "deadline", "seconds": 15.0}


def test_a_call_that_hangs_when_it_is_given_up_is_past_its_deadline() -> None:
    """Its caller gave up, and was still not let go."""

    async def clings(_: Step) -> None:
        try:
            await asyncio.sleep(1e6)
        except asyncio.CancelledError:
            await asyncio.sleep(1e6)

    stage = Stage(do=clings)
    stage.run([step("a")], [step("c", "cancel", step="a")])

    assert stage.value(Kind.LOST, "a")["why"] == "deadline"


@pytest.mark.parametrize(
    ("briefly", "seconds", "recorded"),
    [(True, BRIEFLY * DEADLINES.settle, False), (False, DEADLINES.delivery, True)],
)
def test_a_tool_that_need_not_do_something_is_waited_for_briefly(
    briefly: bool, seconds: float, recorded: bool
) -> None:
    """A target that makes one call after the other is not kept waiting, nor blamed for it."""
    stage = Stage()
    wait = step("w", "wait_for", token="T", what="started", briefly=briefly)
    stage.run([wait, step("b")])

    assert ("MEASURE w" in stage.lines()) is recorded
    assert stage.entries[-1].at / 1e9 == pytest.approx(seconds, abs=2 * NAP)


def test_a_tool_that_does_it_in_time_is_not_waited_for_longer() -> None:
    """Brief is the longest, not the shortest."""
    stage = Stage()

    async def call(step: Step) -> None:
        await asyncio.sleep(0.1)
        stage.truth("started", "T")

    stage.adapter.actions["call"] = call
    wait = step("w", "wait_for", token="T", what="started", briefly=True)
    stage.run([step("a", "call")], [wait, step("b")])

    assert next(e.at for e in stage.entries if e.step == "b") / 1e9 == pytest.approx(0.1, abs=NAP)


# --- a link that is cut ---


class Cut(Stage):
    """Alice and bob have a link each, and alice's is dropped in between."""

    def cut(self, *before: Step) -> list[str]:
        async def connect(step: Step) -> None:
            for user in self.users:
                self.plant.transport.connect(user.name, "working")
            asyncio.get_running_loop().call_later(60, print)  # so that something may yet come

        self.adapter.actions["connect"] = connect
        self.run([step("c", "connect"), *before, step("d", "drop"), step("b")])
        return [f"{e.kind} {e.what} {e.actor}" for e in self.entries]


def test_a_link_is_cut_as_a_network_does_it() -> None:
    """It is a fault of ours, said before it is done, of this user's links only."""
    lines = Cut().cut()

    assert lines[-4:] == [
        *("FAULT dropped alice", "LINK down alice/1", "INVOKE do alice", "OK do alice"),
    ]
    assert "LINK down bob/1" not in lines


@pytest.mark.parametrize(
    ("owed", "seconds"),
    [(["alice: tool_completed"], DEADLINES.delivery), (["bob: tool_completed"], 0.0), ([], 0.0)],
)
def test_before_a_link_is_cut_what_is_owed_to_its_user_is_heard_out(
    owed: list[str], seconds: float
) -> None:
    """What was under way is not lost by the harness; what another is owed does not keep it."""
    stage = Cut()
    stage.watcher.owed = owed
    stage.cut()
    at = next(e.at for e in stage.entries if e.kind is Kind.FAULT) / 1e9

    assert at == pytest.approx(seconds + DEADLINES.settle, abs=2 * NAP)


def test_a_link_is_cut_when_what_was_owed_has_come() -> None:
    """And not before: the frame stands before the fault."""
    stage = Cut()

    async def deliver() -> None:
        await asyncio.sleep(0.5)
        stage.watcher.owed = []
        stage.recorder.record(Kind.FRAME, "alice/1", None, "send", "{}")

    async def start(step: Step) -> None:
        stage.watcher.owed = ["alice: tool_completed"]
        stage.adapter.actions["kept"] = asyncio.create_task(deliver())  # type: ignore[assignment]

    stage.adapter.actions["start"] = start
    lines = stage.cut(step("s", "start"))

    assert lines.index("FRAME send alice/1") < lines.index("FAULT dropped alice")
    assert lines.index("FAULT dropped alice") < lines.index("LINK down alice/1")
