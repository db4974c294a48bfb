"""The fresh process: performs the steps of one history's header, and counts what dispatches cost.

`python -P -m goldenpath.performance.worker RESULT` reads the header from its standard input and
writes what it counted, or why it could not, to the file RESULT. Sessions are opened and left by the
adapter; a dispatch is the bare call of the target's own member. After each, time passes until what
the target still does of it is done; that is counted too.
"""

from __future__ import annotations

import asyncio
import copy
import gc
import random
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from goldenpath.adapters.agent import AgentAdapter, read_plan
from goldenpath.adapters.base import Facts, takes
from goldenpath.adapters.dispatcher import DispatcherAdapter
from goldenpath.adapters.targets import recorded
from goldenpath.dialects import DIALECTS, Dialect, FrameReader
from goldenpath.history import Header, read_header
from goldenpath.jsonable import safe_text
from goldenpath.model import Entry, Kind, Outcome, Step
from goldenpath.performance.clock import JumpingLoop, Outside, Stuck
from goldenpath.performance.counters import Counted, key
from goldenpath.performance.counting import Counter
from goldenpath.plant import Plant
from goldenpath.recorder import Recorder
from goldenpath.workloads.performance import WARM_UP

#: Seconds, of a clock that jumps, in which a target may end what it still does of a dispatch.
AFTERWARDS = 0.2

#: Where the work of a target goes that cannot be seen from here, by what it was caught doing.
_ELSEWHERE = {
    "_thread.start_new_thread": "threads",  # Python 3.12; 3.11 tells nothing
    "_thread.start_joinable_thread": "threads",  # Python 3.13
    "subprocess.Popen": "other processes",
    "os.fork": "other processes",
    "os.posix_spawn": "other processes",
    "socket.connect": "sockets",
}


class Refused(Exception):
    """Nothing can be counted: the outcome that follows, and why."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        self.outcome, self.reason = outcome, reason
        super().__init__(reason)


def _invalid(reason: str) -> Refused:
    return Refused(Outcome.UNKNOWN, f"INVALID: {reason}")


def _elsewhere(where: str) -> Refused:
    return Refused(Outcome.UNOBSERVABLE, f"part of its work is done by {where}")


def disturbances(loop: asyncio.AbstractEventLoop) -> list[str]:
    """What makes counts in this process worthless, in words."""
    tools = getattr(sys, "monitoring", None)
    return [
        what
        for what, there in (
            ("another tracer is at work (sys.settrace)", sys.gettrace() is not None),
            ("another profiler is at work (sys.setprofile)", sys.getprofile() is not None),
            (
                "another tool is at work (sys.monitoring)",
                tools is not None and any(tools.get_tool(n) for n in range(6)),
            ),
            ("asyncio is in debug mode", loop.get_debug()),
            ("Python leaves assertions out (-O)", bool(sys.flags.optimize)),
            ("the seed of hashes is not pinned", sys.flags.hash_randomization != 0),
        )
        if there
    ]


class Watch:
    """Notes where work went that leaves this thread, while it is on."""

    def __init__(self) -> None:
        self.on = False
        self.seen: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, _: Any) -> None:
        if self.on and event in _ELSEWHERE:
            self.seen.append(_ELSEWHERE[event])


class Worker:
    """Performs the steps, and counts the dispatches after the first few."""

    def __init__(self, header: Header, loop: JumpingLoop) -> None:
        self._header, self._loop = header, loop
        self._watch = Watch()
        self._counter = Counter(
            (_dispatched.__code__,), look_out=(threading.Thread.start.__code__,)
        )
        self._recorder = Recorder(clock=loop.time)
        self._recorder.listen(self._notice)
        self._ran = self._dispatches = 0

    async def work(self) -> Counted:
        """Perform all steps. Raises Refused."""
        header = self._header
        target = recorded(header.target, header.declared, _spoken(header))
        facts = Facts(
            header.target, header.kind, header.events, header.card, header.declared, header.dialect
        )
        adapter = target.adapter(facts)
        if not isinstance(adapter, DispatcherAdapter | AgentAdapter):
            raise _elsewhere("a process that is not ours")
        await adapter.open(Plant(self._recorder, header.users))
        for step in self._steps():
            if step.action in ("execute", "run"):
                await self._dispatch(_call(adapter, step))
            else:
                reply = await adapter.perform(step)
                if not reply.ok:
                    raise Refused(Outcome.UNKNOWN, f"{step.action} failed: {reply.value['text']}")
        dispatches = self._dispatches - WARM_UP
        counts = {"calls": self._counter.calls, "instructions": self._counter.instructions}
        return Counted(key=key(), dispatches=dispatches, counts=counts)

    def _steps(self) -> Iterator[Step]:
        for lane in self._header.script:
            for step in lane:
                yield msgspec.structs.replace(step, args=copy.deepcopy(dict(step.args)))

    def _notice(self, entry: Entry) -> None:
        self._ran += entry.kind is Kind.TOOL and entry.what == "ended"

    async def _dispatch(self, call: Callable[[], Any]) -> None:
        """One dispatch, counted or to warm up; its one tool must have run."""
        self._dispatches += 1
        ran = self._ran
        counted = self._dispatches > WARM_UP
        if counted:
            self._begin()
        try:
            await _dispatched(call)
            await self._afterwards()
        except (Exception, asyncio.CancelledError) as error:
            said = f"{type(error).__name__}: {safe_text(error, 200)}"
            raise Refused(Outcome.UNKNOWN, f"a dispatch failed: {said}") from None
        finally:
            if counted:
                self._end()
        if self._ran != ran + 1:
            raise Refused(Outcome.UNKNOWN, "a dispatch did not run its tool once")

    def _begin(self) -> None:
        wrong = disturbances(self._loop)
        if wrong:
            raise _invalid("; ".join(wrong))
        if self._dispatches == WARM_UP + 1:
            gc.collect()
            gc.disable()  # it would run finalizers of before in the middle of what is counted
        if threading.active_count() > 1:
            raise _elsewhere("threads")
        self._watch.on = True
        self._counter.start()

    def _end(self) -> None:
        undisturbed = self._counter.stop()
        self._watch.on = False
        seen = {*self._watch.seen, *("threads" for _ in self._counter.met)}
        if seen:
            raise _elsewhere(" and ".join(sorted(seen)))
        if not undisturbed:
            raise _invalid("the target took our tracer away")

    async def _afterwards(self) -> None:
        over = self._loop.create_future()
        self._loop.call_later(AFTERWARDS, over.set_result, None)
        await over


def _spoken(header: Header) -> dict[str, Dialect]:
    """The dialects by name; one of a user's own, which is not known here, as the header has it."""
    own = FrameReader(header.dialect).own
    return {own.name: own, **DIALECTS}


async def _dispatched(call: Callable[[], Any]) -> None:
    """The door to the target: the call and its awaiting are the target's, this is ours."""
    given = call()
    if hasattr(given, "__await__"):
        await given


def _call(adapter: DispatcherAdapter | AgentAdapter, step: Step) -> Callable[[], Any]:
    """The bare call of the target's member that the step asks for."""
    name = "run" if step.action == "run" else "execute_tool"
    member = adapter.sessions.member(step.who, name)
    if not callable(member):
        raise Refused(Outcome.UNKNOWN, f"there is no {name}")
    args = step.args
    if name == "run":
        more = {"run_id": args["run_id"]} if takes(member, "run_id") else {}
        plan = read_plan(args["plan"])
        return lambda: member(args["message"], plan, **more)
    return lambda: member(args["tool"], args["parameters"])


def count(header: Header) -> Counted:
    """What the dispatches of this header cost in this process, or why that cannot be told."""
    random.seed(0)
    loop = JumpingLoop()
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(Worker(header, loop).work())
    except BaseException as error:  # a target may raise SystemExit
        refused = _refusal(error)
        return Counted(outcome=refused.outcome, reason=refused.reason)


def _refusal(error: BaseException) -> Refused:
    if isinstance(error, Refused):
        return error
    if isinstance(error, Stuck | Outside) and threading.active_count() > 1:
        return _elsewhere("threads")
    if isinstance(error, Outside):
        return _elsewhere("sockets or processes")
    if isinstance(error, Stuck):
        return Refused(Outcome.UNKNOWN, "a dispatch never returned")
    text = "; ".join(map(str.strip, safe_text(error, 400).splitlines()))
    said = f"{type(error).__name__}: {text}"
    return Refused(Outcome.UNKNOWN, f"the target could not be used: {said}")


def main() -> None:
    """Count, and write what came of it."""
    counted = count(read_header(sys.stdin.buffer.readline()))
    Path(sys.argv[1]).write_bytes(msgspec.json.encode(counted))


if __name__ == "__main__":
    main()
