"""The runner: lanes side by side, steps in a row, and every wait with an end. On virtual time."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import pytest

from goldenpath.adapters.base import Reply, done, guarded, raised
from goldenpath.model import Entry, Kind, Step
from goldenpath.plant import Plant, plant_user
from goldenpath.recorder import Recorder
from goldenpath.runner import BRIEFLY, LONGEST, NAP, Deadlines, Runner
from tests import virtual

DEADLINES = Deadlines(call=5.0, delivery=2.0, settle=0.03)

Action = Callable[[Step], Awaitable[Any]]


async def at_once(step: Step) -> None:
    """Do nothing."""


async def turn(step: Step) -> None:
    """Let everybody else have a turn or two."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def never(step: Step) -> None:
    """Wait for ever."""
    await asyncio.Event().wait()


class Fake:
    """An adapter whose actions are given as functions; one that is not known returns at once."""

    def __init__(self, **actions: Action) -> None:
        self.actions = actions

    async def open(self, plant: Plant) -> None: ...

    async def perform(self, step: Step) -> Reply:
        result = await self.actions.get(step.action, at_once)(step)
        return result if isinstance(result, Reply) else done(result)

    async def close(self) -> None: ...


class Watcher:
    """An observer that is told what is owed and which runs have ended."""

    def __init__(self) -> None:
        self.owed: list[str] = []
        self.ended: set[str] = set()

    def see(self, entry: Entry) -> None: ...

    def owes(self) -> list[str]:
        return self.owed

    def run_ended(self, step: str) -> bool:
        return step in self.ended


class Stage:
    """Everything around one run: what was recorded, and when it ended."""

    def __init__(self, **actions: Action) -> None:
        self.users = [plant_user(0, n) for n in range(2)]
        self.recorder = Recorder()
        self.plant = Plant(self.recorder, self.users)
        self.watcher = Watcher()
        self.entries: list[Entry] = []
        self.recorder.listen(self.entries.append)
        self.adapter = Fake(**actions)
        self.after: Callable[[], Awaitable[None]] | None = None

    def run(self, *lanes: Iterable[Step], deadlines: Deadlines = DEADLINES) -> list[str]:
        """Drive the lanes on virtual time; the lines say kind and step."""
        virtual.run(self._run(lanes, deadlines))
        return self.lines()

    async def _run(self, lanes: Iterable[Iterable[Step]], deadlines: Deadlines) -> None:
        loop = asyncio.get_running_loop()
        self.recorder.clock = loop.time
        runner = Runner(self.adapter, self.plant, self.watcher, deadlines)
        await runner.run([tuple(lane) for lane in lanes])
        self.seconds = loop.time()
        if self.after:
            await self.after()

    def lines(self) -> list[str]:
        return [f"{e.kind} {e.step}" for e in self.entries if e.step]

    def value(self, kind: Kind, step: str) -> Any:
        """The value of the only entry of this kind for a step."""
        (value,) = [e.value for e in self.entries if e.kind is kind and e.step == step]
        return value

    def truth(self, what: str, token: str) -> None:
        """Record that a planted tool did something."""
        self.recorder.record(Kind.TOOL, "alice", None, what, {"tool": "hold", "token": token})


def step(
    id: str, action: str = "do", *lanes: Iterable[Step], actor: str = "alice", **args: Any
) -> Step:
    return Step(id, actor, action, args, tuple(tuple(lane) for lane in lanes))


def together(id: str, *lanes: Iterable[Step]) -> Step:
    return step(id, "together", *lanes)


# --- lanes -------------------------------------------------------------------------------------


def test_the_steps_of_a_lane_come_one_after_the_other() -> None:
    """A step is asked for when the one before it has been answered."""
    lines = Stage(do=turn).run([step("a"), step("b"), step("c")])

    assert lines == ["INVOKE a", "OK a", "INVOKE b", "OK b", "INVOKE c", "OK c"]


def test_lanes_run_side_by_side() -> None:
    """All are at work before any goes on: each of three waits for the other two."""
    barrier = asyncio.Barrier(3)

    async def meet(step: Step) -> None:
        await barrier.wait()

    lines = Stage(do=meet).run(*([step(f"a{n}")] for n in range(3)))

    assert lines[:3] == ["INVOKE a0", "INVOKE a1", "INVOKE a2"]
    assert sorted(lines[3:]) == ["OK a0", "OK a1", "OK a2"]


def test_lanes_within_a_lane_run_side_by_side_and_are_waited_for() -> None:
    """`together` has lanes of its own; the step after it comes when they have all ended."""
    barrier = asyncio.Barrier(2)

    async def meet(step: Step) -> None:
        await barrier.wait()

    stage = Stage(meet=meet)
    lines = stage.run([together("t", [step("a", "meet")], [step("b", "meet")]), step("c")])

    assert set(lines[:4]) == {"INVOKE a", "INVOKE b", "OK a", "OK b"}
    assert lines[4:] == ["INVOKE c", "OK c"]


def test_a_lane_is_one_task_with_one_context() -> None:
    """What a target sets in a context variable in `create` is there in later steps, in that lane
    and in lanes within it, and nowhere else.
    """
    current: contextvars.ContextVar[str] = contextvars.ContextVar("current", default="nobody")
    tasks: dict[str, set[Any]] = {"alice": set(), "bob": set()}

    async def create(step: Step) -> None:
        tasks[step.actor].add(asyncio.current_task())
        current.set(step.actor)

    async def look(step: Step) -> str:
        if step.id.startswith("own"):
            tasks[step.actor].add(asyncio.current_task())
        return current.get()

    stage = Stage(create=create, look=look)
    stage.run(
        [
            step("c1", "create"),
            step("own1", "look"),
            together("t", [step("in", "look")], [step("in2", "create", actor="bob")]),
            step("own2", "look"),
        ],
        [step("other", "look", actor="bob")],
    )
    seen = {name: stage.value(Kind.OK, name) for name in ("own1", "in", "own2", "other")}

    assert {name: value["value"] for name, value in seen.items()} == {
        "own1": "alice",
        "in": "alice",
        "own2": "alice",
        "other": "nobody",
    }
    assert len(tasks["alice"]) == 1


def test_what_was_asked_and_answered_is_recorded() -> None:
    """INVOKE has the step's arguments, OK and FAIL what the caller was told."""

    async def fail(step: Step) -> Reply:
        return raised(ValueError("no"))

    async def answer(step: Step) -> int:
        return 42

    stage = Stage(good=answer, bad=fail)
    lines = stage.run([step("a", "good", tool="lookup"), step("b", "bad")])

    assert lines == ["INVOKE a", "OK a", "INVOKE b", "FAIL b"]
    assert stage.value(Kind.INVOKE, "a") == {"tool": "lookup"}
    assert stage.value(Kind.INVOKE, "b") is None
    assert stage.value(Kind.OK, "a") == {"value": 42}
    assert stage.value(Kind.FAIL, "b")["type"] == "ValueError"


def test_a_bug_of_an_adapter_is_not_taken_for_an_answer() -> None:
    """An adapter never raises; where one does the run ends with what it raised."""

    async def bug(step: Step) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Stage(bug=bug, never=never).run([step("a", "bug")], [step("b", "never")])


def test_a_script_without_lanes_ends() -> None:
    """Nothing is asked, and nothing is recorded."""
    assert Stage().run() == []


# --- waiting for the target --------------------------------------------------------------------


def test_a_held_tool_is_waited_for_and_released() -> None:
    """`wait_for` ends when the call with this token did what was named, `release` lets it go on."""
    stage = Stage()

    async def call(step: Step) -> None:
        await asyncio.sleep(1.0)
        stage.truth("started", "T")
        await stage.plant.gates.wait("T")
        stage.truth("ended", "T")

    stage.adapter.actions["call"] = call
    freed = [
        step("w", "wait_for", token="T", what="started"),
        step("b", "mark"),
        step("r", "release", token="T"),
    ]
    stage.run([together("t", [step("a", "call")], freed)])

    assert [f"{e.kind} {e.step or e.what}" for e in stage.entries] == [
        "INVOKE a",
        "TOOL started",
        "INVOKE b",
        "OK b",
        "TOOL ended",
        "OK a",
    ]


def test_waiting_has_an_end_that_is_recorded() -> None:
    """What does not come within the delivery deadline was waited for in vain; the lane goes on."""
    stage = Stage()
    stage.run([step("w", "wait_for", token="T", what="started"), step("b")])

    assert [f"{e.kind} {e.what}" for e in stage.entries] == [
        "MEASURE waited in vain",
        "INVOKE do",
        "OK do",
    ]
    assert stage.entries[0].value == {"token": "T", "what": "started"}
    assert stage.entries[0].at / 1e9 == pytest.approx(2.0, abs=0.1)


def test_only_the_named_deed_of_the_named_call_is_waited_for() -> None:
    """Another token's start, or the same token's end, is not it."""
    stage = Stage()

    async def other(step: Step) -> None:
        stage.truth("started", "U")
        stage.truth("ended", "T")

    stage.adapter.actions["other"] = other
    lines = stage.run([step("o", "other"), step("w", "wait_for", token="T", what="started")])

    assert lines[-1] == "MEASURE w"


def test_a_run_is_waited_for_until_it_shows_its_end() -> None:
    """`wait_for` a run asks whoever reads the history."""
    stage = Stage()

    async def answer(step: Step) -> None:
        stage.plant.transport.connect("alice", "working")
        await asyncio.sleep(1.0)
        stage.watcher.ended.add("r")
        stage.recorder.record(Kind.FRAME, "alice/1", None, "text", "{}")

    stage.adapter.actions["answer"] = answer
    lines = stage.run([step("a", "answer")], [step("w", "wait_for", run="r"), step("b")])

    assert lines == ["INVOKE a", "OK a", "INVOKE b", "OK b"]


@pytest.mark.parametrize(("link", "seconds"), [("up", 2.0), ("down", 0.0), ("never", 0.0)])
def test_a_run_is_not_waited_for_where_nobody_listens(link: str, seconds: float) -> None:
    """Without a link of its user the end of a run cannot come, so patience ends at once."""
    stage = Stage()

    async def change(step: Step) -> None:
        stage.plant.transport.connect("bob", "working")
        if link != "never":
            stage.plant.transport.connect("alice", "working")
        if link == "down":
            stage.plant.transport.disconnect("alice")

    stage.adapter.actions["change"] = change
    lines = stage.run([step("c", "change"), step("w", "wait_for", run="r")])
    waited = next(e.at for e in stage.entries if e.step == "w") / 1e9

    assert lines[-1] == "MEASURE w"
    assert waited == pytest.approx(seconds, abs=0.1)


def test_what_must_not_happen_is_waited_for_briefly() -> None:
    """The settle time, not the delivery deadline; a run that goes on was then not in vain."""
    stage = Stage()

    async def connect(step: Step) -> None:
        stage.plant.transport.connect("alice", "working")

    stage.adapter.actions["connect"] = connect
    lane = [step("c", "connect"), step("w", "wait_for", run="r", briefly=True), step("b")]
    lines = stage.run(lane)

    assert lines == ["INVOKE c", "OK c", "INVOKE b", "OK b"]
    assert stage.entries[-1].at / 1e9 == pytest.approx(DEADLINES.settle, abs=0.05)


def test_an_entry_of_another_thread_is_noticed() -> None:
    """A tool that runs in a thread is waited for like any other; on the real clock."""
    stage = Stage()

    async def call(step: Step) -> None:
        thread = threading.Thread(target=stage.truth, args=("started", "T"))
        thread.start()
        await asyncio.to_thread(thread.join)

    stage.adapter.actions["call"] = call
    lane = [step("w", "wait_for", token="T", what="started")]
    patient = Deadlines(call=60, delivery=60, settle=0.001)
    asyncio.run(stage._run([lane, [step("a", "call")]], patient))

    assert stage.lines() == ["INVOKE a", "OK a"]


@pytest.mark.parametrize(
    ("steps", "first"),
    [
        ([step("w", "wait_for", token="T", what="started")], "started"),
        ([step("j", "join", step="a")], "ended"),
    ],
    ids=["wait_for", "join"],
)
def test_lanes_wait_for_each_other(steps: list[Step], first: str) -> None:
    """One lane's step comes after what the other lane's call did, however long that took."""
    stage = Stage()

    async def call(step: Step) -> None:
        await asyncio.sleep(1.0)
        stage.truth("started", "T")
        await asyncio.sleep(0.5)
        stage.truth("ended", "T")

    stage.adapter.actions["call"] = call
    stage.run([step("a", "call")], [*steps, step("b")])
    order = [e.what if e.kind is Kind.TOOL else f"{e.kind} {e.step}" for e in stage.entries]

    assert order.index("INVOKE b") > order.index(first)


def test_joining_what_never_ends_has_an_end() -> None:
    """Twice a call's deadline, then the lane goes on."""
    stage = Stage()
    lines = stage.run([step("j", "join", step="no such step"), step("b")])

    assert lines == ["INVOKE b", "OK b"]
    assert stage.entries[0].at / 1e9 == pytest.approx(10.0, abs=0.2)


# --- giving up ---------------------------------------------------------------------------------


def test_a_cancelled_step_is_lost_and_the_lane_goes_on() -> None:
    """The caller gave up: nobody knows whether it happened. What follows is not cancelled."""
    told: list[str] = []

    async def call(step: Step) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            told.append(step.id)
            raise

    stage = Stage(call=call, do=turn)
    lines = stage.run(
        [together("t", [step("a", "call"), step("b")], [step("c", "cancel", step="a")])]
    )

    assert lines == ["INVOKE a", "LOST a", "INVOKE b", "OK b"]
    assert stage.value(Kind.LOST, "a")["why"] == "cancelled"
    assert told == ["a"]


@pytest.mark.parametrize("wanted", ["b", "x"], ids=["not begun", "never there"])
def test_cancelling_what_is_not_being_performed_does_nothing(wanted: str) -> None:
    """A step that has ended, has not begun or is not there is left alone."""
    lines = Stage(do=turn).run([step("a"), step("c", "cancel", step="a"), step("b")])
    other = Stage(do=turn).run([step("c", "cancel", step=wanted), step("b")])

    assert lines == ["INVOKE a", "OK a", "INVOKE b", "OK b"]
    assert other == ["INVOKE b", "OK b"]


async def _swallow(step: Step) -> str:
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        return "as if nothing had happened"
    raise AssertionError


async def _convert(step: Step) -> Any:
    async def call() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise RuntimeError("given up") from None

    return await guarded(call)


@pytest.mark.parametrize(("call", "kind"), [(_swallow, "OK"), (_convert, "FAIL")])
def test_a_swallowed_cancellation_leaves_no_trace_in_the_lane(call: Action, kind: str) -> None:
    """What the caller was told is recorded, and the next step is asked by a task that is as good
    as new: a TaskGroup of the target would otherwise take it for cancelled.
    """
    pending: list[int] = []

    async def look(step: Step) -> Any:
        task = asyncio.current_task()
        assert task is not None
        pending.append(task.cancelling())

        async def work() -> None:
            async def fail() -> None:
                raise ValueError("of a sibling")

            async with asyncio.TaskGroup() as group:
                group.create_task(fail())
                group.create_task(never(step))

        return await guarded(work)

    stage = Stage(call=call, look=look)
    lane = [step("a", "call"), step("b", "look")]
    lines = stage.run([together("t", lane, [step("c", "cancel", step="a")])])

    assert lines == ["INVOKE a", f"{kind} a", "INVOKE b", "FAIL b"]
    assert pending == [0]
    assert stage.value(Kind.FAIL, "b")["type"] == "ExceptionGroup"


def test_a_call_that_does_not_return_is_lost_at_its_deadline() -> None:
    """The lane goes on, and says how long it waited."""
    stage = Stage(call=never)
    lines = stage.run([step("a", "call"), step("b")])

    assert lines == ["INVOKE a", "LOST a", "INVOKE b", "OK b"]
    assert stage.value(Kind.LOST, "a") == {"why": "deadline", "seconds": 5.0}


def test_a_deadline_cuts_its_own_lane_only() -> None:
    """The other lane's steps are answered while this one hangs."""
    stage = Stage(call=never)
    lines = stage.run([step("a", "call")], [step("b"), step("c")])

    assert lines == ["INVOKE a", "INVOKE b", "OK b", "INVOKE c", "OK c", "LOST a"]


class Deaf:
    """Swallows every cancellation until it is let go, as a target that retries for ever does."""

    def __init__(self, end: type[BaseException] | None = None) -> None:
        self.free = asyncio.Event()
        self.end = end

    async def __call__(self, step: Step) -> None:
        while not self.free.is_set():
            try:
                await self.free.wait()
            except asyncio.CancelledError:
                continue
        if self.end:
            raise self.end


def test_a_lane_that_is_stuck_is_left() -> None:
    """It is lost, a note says so, and everything else is brought to its end."""
    deaf = Deaf()
    stage = Stage(call=deaf)

    async def free() -> None:
        deaf.free.set()
        await asyncio.sleep(0.1)

    stage.after = free
    lines = stage.run([together("t", [step("a", "call"), step("b")], [step("c")]), step("d")])

    assert lines == ["INVOKE a", "INVOKE c", "OK c", "LOST a", "INVOKE d", "OK d"]
    assert stage.recorder.notes == ["call of alice swallowed its cancellation"]


@pytest.mark.parametrize("end", [None, asyncio.CancelledError])
def test_a_lane_that_was_left_does_nothing_more(end: type[BaseException] | None) -> None:
    """When the target lets go after all, its step is not answered twice and no step follows."""
    deaf = Deaf(end)

    async def let_go(step: Step) -> None:
        deaf.free.set()
        await asyncio.sleep(1.0)

    stage = Stage(call=deaf, let_go=let_go)
    lane = [together("t", [step("a", "call"), step("b")]), step("f", "let_go")]
    lines = stage.run(lane)

    assert lines == ["INVOKE a", "LOST a", "INVOKE f", "OK f"]


def test_an_answer_that_comes_too_late_is_lost() -> None:
    """Swallowing the deadline and returning soon after is no answer; the lane goes on."""

    async def slowly(step: Step) -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.sleep(1.0)
        return "late"

    stage = Stage(call=slowly)
    lines = stage.run([step("a", "call"), step("b")])

    assert lines == ["INVOKE a", "LOST a", "INVOKE b", "OK b"]
    assert stage.recorder.notes == []


# --- the end -----------------------------------------------------------------------------------


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


def test_patience_for_what_is_owed_ends() -> None:
    """A note names what never arrived."""
    stage = Stage()
    stage.watcher.owed = ["alice: tool_completed", "bob: agent_completed"]
    stage.run([step("a")])

    assert stage.recorder.notes == ["never arrived: alice: tool_completed; bob: agent_completed"]
    assert stage.seconds == pytest.approx(2.0, abs=0.2)


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


# --- a link that is cut --------------------------------------------------------------------------


class Cut(Stage):
    """Alice and bob have a link each, and alice's is dropped in between."""

    def cut(self, *before: Step) -> list[str]:
        async def connect(step: Step) -> None:
            for user in self.users:
                self.plant.transport.connect(user.name, "working")

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
