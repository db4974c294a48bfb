"""The runner: drives the lanes of a script through an adapter and records what happens.

The only loop of the harness. Lanes run side by side, the steps of a lane one after the other, in
one task, as a request handler would. Every wait stands here, and waits for something: an entry, a
step, silence. Patience is counted in naps, so that a machine that stalls stretches it.
"""

from __future__ import annotations

import asyncio
import copy
import threading
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from contextvars import Context
from typing import Any, Protocol

from msgspec.structs import replace

from goldenpath.adapters.base import Adapter, Reply, raised
from goldenpath.deadlines import TICK, Deadlines, patient
from goldenpath.hanging import MOST_HUNG, Hung
from goldenpath.model import DROPPED, Entry, Kind, Step, patience
from goldenpath.plant import Plant
from goldenpath.stillness import is_still

#: Seconds of one nap; patience is a number of them.
NAP = 0.01

#: At the end of a workload it must be silent for this many settle times: whatever batches events,
#: commonly for 50 to 100 ms, has sent what it held by then.
LAST_SILENCE = 5

#: Settle times that a step which need not come to anything is waited for.
BRIEFLY = 10

#: Naps cut short by news do not count; so that a target that never falls silent ends all the same,
#: nothing is waited for longer than this many times its patience.
LONGEST = 10


_Lanes = set[asyncio.Task[None]]


class Observer(Protocol):
    """What the runner asks of whoever reads the history while it is recorded."""

    def see(self, entry: Entry) -> None:
        """Take in an entry."""

    def owes(self) -> list[str]:
        """What the target must still deliver."""

    def run_ended(self, step: str) -> bool:
        """Whether the run asked for by this step has shown its end."""


class Runner:
    """Runs one script against one opened adapter. `beat` is called while the loop turns."""

    def __init__(
        self,
        adapter: Adapter,
        plant: Plant,
        observer: Observer,
        deadlines: Deadlines,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self._beat = beat
        self._adapter, self._plant, self._observer = adapter, plant, observer
        self._deadlines = deadlines
        self._recorder = plant.recorder
        self._news = asyncio.Event()
        self._thread = threading.get_ident()
        self._finished: set[str] = set()
        self._current: dict[asyncio.Task[None], tuple[Step, int]] = {}
        self._performing: dict[str, asyncio.Task[None]] = {}
        self._left: set[asyncio.Task[None]] = set()
        self._dropped: set[asyncio.Task[None]] = set()
        self._to_cancel: set[str] = set()
        self._truth: dict[tuple[str, str], int] = {}
        self._up: set[str] = set()
        self._driving = 0  # how many wait for lanes, each by a timer of the loop
        self._in_vain: dict[str, None] = {}  # what was owed at a rest, and did not come
        self._hung = Hung()
        self._recorder.listen(self._notice)
        self._actions: dict[str, Callable[[Step], Awaitable[None]]] = {
            "together": lambda step: self._drive(step.lanes),
            "wait_for": self._wait_for,
            "release": self._release,
            "cancel": self._cancel,
            "drop": self._drop,
            "clog": self._clog,
            "unclog": self._unclog,
            "turn": self._turn,
            "rest": lambda _: self.rest(),
            "idle": self._idle,
            "join": self._join,
        }

    async def run(self, lanes: Iterable[tuple[Step, ...]]) -> None:
        """Drive all lanes to their end, then wait for what is owed, then for silence. Raises
        Abandoned where calls hang again and again.
        """
        self._hung = Hung(MOST_HUNG)
        await self._drive(tuple(lanes))
        await self.end()

    async def end(self) -> None:
        """Let go of what is held, wait for what is owed, then for the last silence."""
        self._plant.gates.release_all()
        if not await self._settled():
            self._in_vain |= dict.fromkeys(self._observer.owes())
        if self._in_vain:
            self._recorder.notes.append("never arrived: " + "; ".join([*self._in_vain][:5]))
        await self._silence(LAST_SILENCE)

    async def rest(self) -> None:
        """Wait for what is owed, then for silence. What did not come is waited for only once."""
        if not await self._settled():
            self._in_vain |= dict.fromkeys(self._observer.owes())
        await self._silence()

    async def ask(self, step: Step, context: Context | None = None) -> None:
        """Perform one step for a caller who has no lane, in `context`. A caller who is cancelled
        gives the step up; one that was not even begun is then never made.
        """
        lane = asyncio.create_task(self._drive(((step,),), context))
        try:
            await asyncio.shield(lane)
        except asyncio.CancelledError:
            if not self.give_up(step.id):
                lane.cancel()
            await asyncio.wait({lane})
            raise

    def give_up(self, step: str) -> bool:
        """Cancel a step, as a caller that gives up would; whether it was being performed."""
        task = self._performing.get(step)
        if task is not None:
            self._to_cancel.add(step)
            task.cancel()
        return task is not None

    def saw(self, token: str, what: str) -> bool:
        """Whether the tool call with this token did that: started, ended, failed, cancelled."""
        return self._truth.get((token, what), 0) > 0

    async def _settled(self) -> bool:
        """Wait for what is owed, with fresh patience while some of it comes: slow is not lost. It
        is waited for only where something can still happen.
        """
        while owed := self._owed():
            less = lambda owed=owed: self._owed() < owed  # noqa: E731
            if await is_still(self._driving):
                return not self._owed()
            if not await self._until(less, self._deadlines.delivery):
                return False
        return True

    def _owed(self) -> int:
        """How much is owed that may still come."""
        return sum(line not in self._in_vain for line in self._observer.owes())

    # --- lanes ---------------------------------------------------------------------------------

    async def _drive(
        self, lanes: tuple[tuple[Step, ...], ...], context: Context | None = None
    ) -> None:
        tasks = {asyncio.create_task(self._lane(lane), context=context) for lane in lanes}
        try:
            while tasks:
                done, tasks = await self._look_at(tasks)
                self._beat()
                for task in done:
                    task.result()
                tasks = {task for task in tasks if done or not self._stuck(task)}
        finally:
            self._dropped |= tasks
            for task in tasks:
                task.cancel()

    async def _look_at(self, lanes: _Lanes) -> tuple[_Lanes, _Lanes]:
        """Wait a tick for some lanes: those that are done, and the others."""
        self._driving += 1
        try:
            return await asyncio.wait(lanes, timeout=TICK)
        finally:
            self._driving -= 1

    def _stuck(self, task: asyncio.Task[None]) -> bool:
        """Whether the lane's step went on long after it was cancelled; then the lane is left."""
        step, ticks = self._current.get(task, (None, 0))
        if step is None:
            return False
        self._current[task] = step, ticks + 1
        if ticks * TICK < 2 * self._patience(step) + 1:
            return False
        self._lost(step, "deadline")
        self._recorder.notes.append(f"{step.action} of {step.actor} swallowed its cancellation")
        self._left.add(task)
        return True

    async def _lane(self, lane: tuple[Step, ...]) -> None:
        task = asyncio.current_task()
        assert task is not None
        for step in lane:
            control = self._actions.get(step.action)
            await (control(step) if control else self._perform(step, task))
            if task in self._left:
                return
            self._finished.add(step.id)
            self._news.set()
            self._hung.check()

    async def _perform(self, step: Step, task: asyncio.Task[None]) -> None:
        if step.action == "disconnect" and not step.args.get("abrupt"):
            await self._hear_out(step.actor)
        self._record(Kind.INVOKE, step, dict(step.args) or None)
        self._hung.begins(step)
        given = replace(step, args=copy.deepcopy(dict(step.args)))  # the target may change its copy
        self._performing[step.id] = task
        self._current[task] = step, 0
        try:
            async with patient(self._patience(step)) as limit:
                reply = await self._adapter.perform(given)
        except TimeoutError:
            if task not in self._left:
                self._lost(step, "deadline")
        except asyncio.CancelledError as error:
            if step.id in self._to_cancel:
                self._lost(step, "deadline" if limit.expired() else "cancelled")
            elif task in self._dropped:
                raise
            else:  # the target cancelled its caller: a failure like any other
                task.uncancel()
                self._reply(step, raised(error))
        else:
            if task in self._left:
                return
            if limit.expired():  # it swallowed the cancellation, and answered when it was too late
                self._lost(step, "deadline")
            else:
                self._reply(step, reply)
        finally:
            del self._performing[step.id], self._current[task]
            if step.id in self._to_cancel:  # however it went: the next step starts afresh
                task.uncancel()

    def _reply(self, step: Step, reply: Reply) -> None:
        self._hung.returns(step)
        kind = Kind.LOST if reply.lost else Kind.OK if reply.ok else Kind.FAIL
        self._record(kind, step, reply.value)

    def _lost(self, step: Step, why: str) -> None:
        value = {"why": why, "seconds": round(self._patience(step), 3)}
        self._record(Kind.LOST, step, value)
        if why == "deadline":
            self._hung.hangs(step)

    def _record(self, kind: Kind, step: Step, value: Any) -> None:
        self._recorder.record(kind, step.actor, step.id, step.action, value, step.session)

    def _patience(self, step: Step) -> float:
        return patience(step.args, self._deadlines.call)

    # --- what the harness itself does ------------------------------------------------------------

    async def _wait_for(self, step: Step) -> None:
        """Wait for a run's end, until the tool call with a token did something, until a token has
        arrived at some sockets, or until somebody waits to send on one.

        `briefly`: wait no longer than for what must not happen; that it does not come is then
        right.
        """
        briefly = bool(step.args.get("briefly"))
        if "run" in step.args:
            run: str = step.args["run"]
            patience = self._deadlines.settle if briefly else self._deadlines.delivery
            await self._until(lambda: self._over(run, step.actor), patience)
            met = self._observer.run_ended(run)
        elif "held" in step.args:
            link = step.args["held"]
            patience = BRIEFLY * self._deadlines.settle
            met = await self._until(lambda: self._plant.sockets.holds(link), patience)
        elif "sockets" in step.args:
            links, token = step.args["sockets"], step.args["token"]
            patience = self._deadlines.delivery
            met = await self._until(lambda: self._plant.sockets.have(links, token), patience)
        else:
            wanted = (step.args["token"], step.args["what"])
            patience = BRIEFLY * self._deadlines.settle if briefly else self._deadlines.delivery
            met = await self._until(lambda: self.saw(*wanted), patience)
        if not met and not briefly:
            self._recorder.record(
                Kind.MEASURE, step.actor, step.id, "waited in vain", dict(step.args)
            )

    async def _release(self, step: Step) -> None:
        self._plant.gates.release(step.args["token"])

    async def _cancel(self, step: Step) -> None:
        self.give_up(step.args["step"])

    async def _drop(self, step: Step) -> None:
        """Cut the user's link, as a network does, once what is owed to them has come."""
        await self._hear_out(step.actor)
        self._recorder.record(Kind.FAULT, step.actor, step.id, DROPPED, {})
        self._plant.transport.disconnect(step.actor)

    async def _clog(self, step: Step) -> None:
        self._plant.transport.clog(step.actor, step.id)

    async def _unclog(self, step: Step) -> None:
        """Give the target the time to hear what was said to it meanwhile, and let it go on."""
        await self._idle(step)
        self._plant.transport.unclog(step.actor, step.args.get("given_up"))

    async def _turn(self, step: Step) -> None:
        """Let one socket of the user be in another condition from now on."""
        await self._plant.sockets.turn(step.args["socket"], step.args["condition"], step.id)

    async def _idle(self, step: Step) -> None:
        """Let so many settle times pass, in which nothing should happen. That nothing can is no
        reason to leave it out: what has expired meanwhile may be found out only by the next call.
        """
        for _ in range(step.args.get("settles", 1)):
            await asyncio.sleep(self._deadlines.settle)
            self._beat()

    async def _join(self, step: Step) -> None:
        """Wait until another lane has done a step; `briefly`, or for so many settle times or
        deadlines: go on where it cannot be done yet.
        """
        settles: int = step.args.get("settles", BRIEFLY if step.args.get("briefly") else 0)
        longest = patience({"deadlines": 2, **step.args}, self._deadlines.call)
        await self._until(
            lambda: step.args["step"] in self._finished, settles * self._deadlines.settle or longest
        )

    # --- waiting -----------------------------------------------------------------------------

    def _notice(self, entry: Entry) -> None:
        if entry.kind in (Kind.TOOL, Kind.FAULT) and entry.value.get("token"):
            key = (entry.value["token"], entry.what)
            self._truth[key] = self._truth.get(key, 0) + 1
        if entry.kind is Kind.LINK:
            (self._up.add if entry.what == "up" else self._up.discard)(entry.actor)
        if threading.get_ident() == self._thread:  # an entry of another thread is found by a nap
            self._news.set()

    async def _nap(self) -> None:
        self._news.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(NAP):
                await self._news.wait()

    async def _until(self, met: Callable[[], bool], patience: float) -> bool:
        """Wait until `met()`, at most `patience`; whether it came to that."""
        naps, began = 0, self._recorder.clock()
        while not met():
            before = self._recorder.clock()
            if naps * NAP >= patience or before - began > LONGEST * patience:
                return False
            await self._nap()
            self._beat()
            naps += self._recorder.clock() - before >= NAP / 2
        return True

    def _over(self, run: str, user: str) -> bool:
        """Whether a run has ended, or its user has no link any more that could show it."""
        listens = any(link.partition("/")[0] == user for link in self._up)
        return self._observer.run_ended(run) or not listens

    async def _hear_out(self, user: str) -> None:
        """Before a user leaves: wait for what is owed to them, then for what may not come."""
        owed = f"{user}: "
        await self._until(
            lambda: not any(line.startswith(owed) for line in self._observer.owes()),
            self._deadlines.delivery,
        )
        await self._silence()

    async def _silence(self, times: int = 1) -> None:
        """Wait until nothing was recorded for so many settle times, at most for 20 of them; or not
        at all, where nothing can be recorded any more.
        """
        for _ in range(20 // times):
            if await is_still(self._driving):
                return
            count = self._recorder.count
            await asyncio.sleep(times * self._deadlines.settle)
            if self._recorder.count == count:
                return
