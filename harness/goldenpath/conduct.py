"""Conducts one workload: script, history, runner and judge, put together and taken apart again."""

from __future__ import annotations

import asyncio
import os
import platform
import warnings
from collections.abc import Awaitable, Callable
from contextlib import chdir, suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

from msgspec.structs import replace

from goldenpath import rulebook
from goldenpath.adapters.base import Adapter, Facts
from goldenpath.adapters.targets import Target
from goldenpath.capabilities import untestable
from goldenpath.catalogue import OURS, Catalogue
from goldenpath.checkers.performance import COUNTED, improvements
from goldenpath.deadlines import Deadlines
from goldenpath.errors import Exit, TargetProblem
from goldenpath.hanging import Abandoned
from goldenpath.history import Header
from goldenpath.judge import Judge
from goldenpath.model import Kind, User, Verdict
from goldenpath.performance import baseline, counters, stored
from goldenpath.plant import Plant, plant_user
from goldenpath.plant.transport import MAX_FRAME
from goldenpath.recorder import FileSink, Listener, Recorder
from goldenpath.runner import Runner
from goldenpath.waited import Waited
from goldenpath.workloads import Script, Workload
from goldenpath.workloads.doubles import in_doubles
from goldenpath.workloads.script import Lane

T = TypeVar("T")


@dataclass(frozen=True)
class Options:
    """How to run. histories: the folder for them, or None to keep none. baseline: the folder of
    stored baselines, or None where none is asked for. beat: called again and again while the loop
    turns, so that waiting is told apart from hanging. catalogue: what there is to run, and to judge
    by.
    """

    seed: int = 0
    tier: str = "quick"
    time_scale: float = 1.0
    max_frame: int = MAX_FRAME
    histories: Path | None = None
    baseline: Path | None = None
    beat: Callable[[], None] = lambda: None
    loop_factory: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
    catalogue: Catalogue = OURS


@dataclass(frozen=True)
class Conducted:
    """What came of one workload. abandoned: why it did not go to its end."""

    workload: str
    verdicts: list[Verdict]
    notes: tuple[str, ...] = ()
    history: Path | None = None
    unread: dict[str, int] = field(default_factory=dict)
    abandoned: str = ""


def versions() -> dict[str, str]:
    """What the history was made with: Hypothesis, too, by whose version the drawn values differ."""
    made = {"goldenpath": metadata.version("goldenpath"), "python": platform.python_version()}
    with suppress(metadata.PackageNotFoundError):
        made["hypothesis"] = metadata.version("hypothesis")
    return made


def probe(target: Target, options: Options) -> Facts:
    """Find out what the target is, in a loop of its own."""
    return in_loop(lambda: target.probe(options.time_scale), options)


def header_of(facts: Facts, workload: Workload, options: Options) -> Header:
    """Make the header, script and all, from the seed."""
    users = users_of(facts, workload.users[options.tier], options.seed)
    script = Script(facts.kind, options.seed, users, facts.card, facts.declared)
    lanes = workload.build(script, workload.size[options.tier])
    return replace(
        bare_header(facts, workload.name, owed(facts.kind, workload, options), users, options),
        baseline=_baseline(facts, workload, options),
        shapes=_shapes(facts, workload, options),
        script=_fit(lanes, facts),
    )


def owed(kind: str, workload: Workload, options: Options) -> tuple[str, ...]:
    """The rules whose verdict it owes; what is compared on request only where that was made."""
    proves = workload.proves.get(kind, ())
    if options.baseline is not None or workload.on_request:
        return proves
    return tuple(rule for rule in proves if rule not in rulebook.ON_REQUEST)


def bare_header(
    facts: Facts,
    workload: str,
    proves: tuple[str, ...],
    users: tuple[User, ...],
    options: Options,
) -> Header:
    """Make a header without a script: what is asked for is not known beforehand."""
    deadlines = Deadlines(**facts.declared.get("deadlines", {}))
    return Header(
        target=facts.target,
        kind=facts.kind,
        workload=workload,
        proves=proves,
        seed=options.seed,
        tier=options.tier,
        versions=versions(),
        deadlines=asdict(deadlines.scaled(options.time_scale)),
        card=facts.card,
        events=facts.events,
        declared=facts.declared,
        dialect=facts.dialect,
        users=users,
        own=options.catalogue.own,
    )


def _baseline(facts: Facts, workload: Workload, options: Options) -> dict[str, Any]:
    if options.baseline is None or not workload.on_request:
        return {}
    if untestable(rulebook.RULES["PERF-1"], facts.card):
        return {}
    return baseline.asked(options.baseline, facts.target, workload, facts.kind, options.tier)


def _shapes(facts: Facts, workload: Workload, options: Options) -> dict[str, Any]:
    if options.baseline is None or "CONTENT-8" not in workload.proves[facts.kind]:
        return {}
    if untestable(rulebook.RULES["CONTENT-8"], facts.card):
        return {}
    return stored.asked(options.baseline, facts.target, facts.dialect)


def users_of(facts: Facts, count: int, seed: int) -> tuple[User, ...]:
    """The users of a workload. A live endpoint has its own ids, and may have fewer users."""
    planted = [plant_user(seed, n) for n in range(count)]
    if facts.kind != "endpoint":
        return tuple(planted)
    mark = facts.declared["threads"]
    return tuple(
        replace(
            user,
            user_id=known,
            thread_id=None if mark is None else f"{user.thread_id}{mark}",
            run_id=None,
        )
        for user, known in zip(planted, facts.declared["user_ids"], strict=False)
    )


def _fit(lanes: tuple[Lane, ...], facts: Facts) -> tuple[Lane, ...]:
    """The steps as far as this target can take them."""
    if facts.declared.get("numbers") == "double":
        lanes = tuple(map(in_doubles, lanes))
    return lanes if facts.declared.get("plan", True) else tuple(map(_without_plans, lanes))


def _without_plans(lane: Lane) -> Lane:
    """The same steps for an endpoint that takes no plan: what it does is then its own affair."""
    return tuple(
        replace(
            step,
            args={key: value for key, value in step.args.items() if key != "plan"},
            lanes=tuple(map(_without_plans, step.lanes)),
        )
        for step in lane
    )


def conduct(target: Target, facts: Facts, workload: Workload, options: Options) -> Conducted:
    """Run one workload against the target and judge it."""
    return perform(target, facts, header_of(facts, workload, options), options)


def perform(
    target: Target,
    facts: Facts,
    header: Header,
    options: Options,
    listener: Listener | None = None,
) -> Conducted:
    """Perform the script of a header, new or replayed; `listener` is told each entry."""
    path = options.histories / f"{header.workload}.jsonl" if options.histories else None
    sink = FileSink(str(path)) if path else None
    recorder = Recorder(sink)
    try:
        if listener:
            recorder.listen(listener)
        work = partial(_perform, target, facts, header, options, recorder, path)
        return in_loop(work, options, over=recorder.seal)
    finally:
        recorder.seal()
        if sink:
            sink.close()


async def _perform(
    target: Target,
    facts: Facts,
    header: Header,
    options: Options,
    recorder: Recorder,
    path: Path | None,
) -> Conducted:
    rig = Rig(target.adapter(facts), header, recorder, options)
    if header.baseline:  # first, before the target can change this process
        _count(header, recorder, options)
    abandoned = ""
    try:
        await rig.adapter.open(rig.plant)
        await rig.runner.run(header.script)
    except Abandoned as error:
        abandoned = str(error)
    finally:
        await rig.adapter.close()
    return rig.conclude(path, abandoned)


class Rig:
    """The parts around one adapter, put together in the loop that runs: what happens is recorded,
    and judged as it comes.
    """

    def __init__(
        self, adapter: Adapter, header: Header, recorder: Recorder, options: Options
    ) -> None:
        self.adapter, self.header, self.recorder = adapter, header, recorder
        recorder.clock = asyncio.get_running_loop().time
        if "LATENCY-1" in header.proves:
            recorder.waited = Waited().so_far
        recorder.begin(header)
        self.judge = Judge(header, options.catalogue.checks)
        recorder.listen(self.judge.see)
        self.plant = Plant(recorder, header.users, max_frame=options.max_frame)
        deadlines = Deadlines(**header.deadlines)
        self.runner = Runner(adapter, self.plant, self.judge, deadlines, options.beat)

    def conclude(self, path: Path | None, abandoned: str = "") -> Conducted:
        """End the history, which is kept at `path`, and judge it: as a cut one, where not all of it
        could be written.
        """
        footer, broken = self.recorder.end(abandoned), self.recorder.broken
        verdicts = self.judge.finish(None if broken else footer)
        notes = (*footer.notes, broken) if broken else footer.notes
        unread = dict(self.judge.unread)
        return Conducted(self.header.workload, verdicts, notes, path, unread, abandoned)


def _count(header: Header, recorder: Recorder, options: Options) -> None:
    """Record what fresh processes count of the same steps."""
    values = []
    for value in counters.repeated(header, options.time_scale):
        recorder.record(Kind.MEASURE, "", None, COUNTED, value)
        values.append(value)
        options.beat()
    recorder.notes += improvements(header.baseline, values)


def in_loop(
    work: Callable[[], Awaitable[T]], options: Options, over: Callable[[], None] = lambda: None
) -> T:
    """Run `work` in a loop of its own, and leave no task of the target behind. `over` is called
    when the work is over, however it ended: what our clearing up brings about is no evidence.

    The target may have gone to another folder: the current one is as before. Of one that forks, the
    copy of us ends here, and says nothing: two would write the same history and the same reports.

    Not asyncio.Runner: its close waits for ever for a task that swallows its cancellation. Warnings
    of the target are its own affair and must not fail a stranger's strict test run.
    """
    loop, ours = options.loop_factory(), os.getpid()
    with chdir("."), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            asyncio.set_event_loop(loop)
            return loop.run_until_complete(_main(work))
        except SystemExit as error:  # asyncio lets it through from any task
            raise TargetProblem(
                f"the target called sys.exit({error.code!r}) in a task of its own"
            ) from None
        except asyncio.CancelledError:
            raise TargetProblem("the target cancelled the task of the harness") from None
        except RuntimeError as error:
            if not str(error).startswith("Event loop stopped before"):
                raise
            raise TargetProblem("the target stopped the event loop") from None
        finally:
            if os.getpid() != ours:
                os._exit(Exit.INCONCLUSIVE)
            over()
            _abandon(loop)
            asyncio.set_event_loop(None)
            loop.close()


async def _main(work: Callable[[], Awaitable[T]]) -> T:
    return await work()


def _abandon(loop: asyncio.AbstractEventLoop) -> None:
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    loop.set_exception_handler(lambda *_: None)
    if left:
        with suppress(SystemExit):
            loop.run_until_complete(asyncio.wait(left, timeout=1.0))
    loop.run_until_complete(loop.shutdown_asyncgens())
