"""A target that a test drives itself: its users ask, and at the end the history is judged.

The parts are those of `conduct`; the test stands in the place of the script. Whatever is asked goes
through the runner, so that deadlines, records and cancellation are the same as in the suites.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Iterable, Iterator
from contextlib import chdir
from contextvars import Context
from pathlib import Path

from goldenpath import rulebook
from goldenpath.adapters.base import Facts, Reply
from goldenpath.adapters.targets import Target
from goldenpath.campaign import REST, check_options, make_report
from goldenpath.choice import Choice, check_choice
from goldenpath.conduct import Conducted, Options, Rig, bare_header, users_of
from goldenpath.driver import Asked, Driver
from goldenpath.errors import UsageProblem
from goldenpath.history import Header
from goldenpath.judge import relevant
from goldenpath.known import Line, excuse
from goldenpath.model import Entry, Kind, Outcome, Step, Verdict
from goldenpath.plant.users import NAMES
from goldenpath.recorder import FileSink, Recorder
from goldenpath.results import Report
from goldenpath.store import make_folder
from goldenpath.workloads import Script

#: Targets that no hand drives: what they are, and which command is for them.
_NOT_DRIVEN = {"endpoint": ("a live endpoint", "smoke"), "router": ("a router", "run")}
_NOT_DRIVEN |= {kind: (f"a {kind}", "run") for kind in ("transport", "registry", "context")}

#: What opens and ends a session; whoever asks for nothing else tests nothing.
_FRAME = frozenset({"create", "cleanup"})


async def drive(
    target: Target,
    name: str,
    options: Options,
    folder: Path,
    *,
    proves: Iterable[str] = (),
    strict: bool = False,
) -> Drive:
    """Find out what the target is, and begin a history of this name in the folder.

    proves: rules that must have been tested in the end. Raises UsageProblem where the order
    is wrong, TargetProblem where no session comes about.
    """
    proved = tuple(rulebook.spelt(rule, options.catalogue.rules) for rule in proves)
    check_choice(Choice(rules=proved), options.catalogue)
    check_options(options)
    if target.kind in _NOT_DRIVEN:
        what, command = _NOT_DRIVEN[target.kind]
        raise UsageProblem(
            f"{target.name} is {what}",
            expected="a dispatcher or an agent",
            hint=f"for {what}: goldenpath {command} {target.name}",
        )
    folder = folder.absolute()
    with chdir("."):  # a target may go elsewhere
        facts = await target.probe(options.time_scale)
    users = users_of(facts, len(NAMES), options.seed)
    header = bare_header(facts, name, proved, users, options)
    make_folder(folder)
    begun = Drive(target, facts, header, options, folder / f"{name}.jsonl", strict=strict)
    await begun.open()
    return begun


class Drive:
    """One target under test, with its users and its history."""

    def __init__(
        self,
        target: Target,
        facts: Facts,
        header: Header,
        options: Options,
        history: Path,
        *,
        strict: bool = False,
    ) -> None:
        self.history, self.kind = history, header.kind
        self._facts, self._header, self._options, self._strict = facts, header, options, strict
        self._sink = FileSink(str(history))
        self._rig = Rig(target.adapter(facts), header, Recorder(self._sink), options)
        self._rig.recorder.listen(self._hear)
        self.script = Script(header.kind, header.seed, header.users)
        self.script.number_for(header.workload)
        self._loop = asyncio.get_running_loop()
        self._drivers: dict[str, Driver] = {}
        self._excuses: list[Line] = []
        self._asked: dict[str, Asked] = {}
        self._under_way: set[asyncio.Task[Reply]] = set()
        self._idle, self._over, self._misuse = True, False, ""

    async def open(self) -> None:
        """Open the adapter."""
        await self._rig.adapter.open(self._rig.plant)

    # --- what a test says -----------------------------------------------------------------------

    def user(self, name: str) -> Driver:
        """The user of this name, who drives a session of their own."""
        if name not in self._rig.plant.users:
            raise UsageProblem(
                f"there is no user {name!r}",
                expected=f"one of {', '.join(self._rig.plant.users)}",
            )
        if name not in self._drivers:
            self._drivers[name] = Driver(self, self._rig.plant.users[name])
        return self._drivers[name]

    def users(self, *names: str) -> tuple[Driver, ...]:
        """The users of these names."""
        return tuple(map(self.user, names))

    def excuse(self, rule: str, reason: str, *, flaky: bool = False) -> None:
        """Expect this rule to be broken, for a reason: it must be, or, if flaky, may be."""
        rule = rulebook.spelt(rule, self._options.catalogue.rules)
        check_choice(Choice(rules=(rule,)), self._options.catalogue)
        if not reason.strip():
            raise UsageProblem(f"{rule} is excused without a reason", expected="a few words")
        self._excuses.append(Line(0, rule, self._header.workload, reason, flaky))

    # --- asking ---------------------------------------------------------------------------------

    def ask(self, step: Step, context: Context | None = None) -> Asked:
        """Begin to perform a step in a task of its own."""
        if self._over:
            raise UsageProblem("the history has ended: nothing more can be asked")
        self._check_loop()
        self._idle = self._idle and step.action in _FRAME
        asked = self._asked[step.id] = Asked(self, step)
        asked.task = asyncio.create_task(self._perform(asked, context))
        self._under_way.add(asked.task)
        asked.task.add_done_callback(self._done)
        return asked

    def _done(self, task: asyncio.Task[Reply]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()  # it may be that nobody awaits it; `judge` knows as well

    async def _perform(self, asked: Asked, context: Context | None) -> Reply:
        try:
            await self._rig.runner.ask(asked.step, context)
        finally:
            asked.made.set()
            del self._asked[asked.step.id]
        if asked.misuse:
            raise UsageProblem(asked.misuse)
        return asked.reply

    def _hear(self, entry: Entry) -> None:
        asked = self._asked.get(entry.step or "")
        if asked is None:
            return
        if entry.kind is Kind.INVOKE:
            asked.made.set()
        elif entry.kind in (Kind.OK, Kind.FAIL):
            asked.reply = Reply(entry.kind is Kind.OK, copy.deepcopy(entry.value))
        elif entry.kind is Kind.LOST:
            asked.reply = _unanswered(entry)
            if entry.value["why"] == "deadline" and any(map(self._runs, asked.held)):
                self._misuse = asked.misuse = (
                    f"{entry.what} of {entry.actor} was held for longer than a call may take,"
                    f" {entry.value['seconds']} seconds: release() it sooner"
                )

    async def has_started(self, actor: str, token: str) -> bool:
        """Wait until the tool call with this token runs; whether it came to that in time."""
        step = self.script.step(actor, "wait_for", token=token, what="started")
        await self._rig.runner.ask(step)
        return self._runs(token)

    def _runs(self, token: str) -> bool:
        return self._rig.runner.saw(token, "started")

    def release(self, token: str) -> None:
        """Let the call with this token go on."""
        self._rig.plant.gates.release(token)

    def give_up(self, step: Step) -> None:
        """Cancel a step that is under way."""
        self._rig.runner.give_up(step.id)

    def _check_loop(self) -> None:
        if asyncio.get_running_loop() is not self._loop:
            raise UsageProblem(
                "this target was opened in another event loop",
                expected="one loop for the whole test",
                hint="open it in the test itself, or give fixture and test the same loop_scope",
            )

    # --- the end --------------------------------------------------------------------------------

    async def judge(self) -> Report:
        """Wait for what is owed and for silence, clean up, end the history: what came of it."""
        self._check_loop()
        runner = self._rig.runner
        try:
            self._rig.plant.gates.release_all()
            await self._all_answered()
            await runner.rest()
            for driver in self._drivers.values():
                await driver.leave()
            await runner.end()
            await self._rig.adapter.close()
            if self._misuse:
                raise UsageProblem(self._misuse)
            result = self._rig.conclude(self.history)
        finally:
            self.close()
        nothing = f"the test asked nothing of {self._header.target}"
        return self._report(result, (nothing,) if self._idle else ())

    async def abandon(self) -> list[Verdict]:
        """End it where the test has failed by itself, with a cut history: what was broken by then,
        as far as it was not what never came, and is not excused.
        """
        self._rig.recorder.seal()
        verdicts = [] if self._misuse else self._rig.judge.finish(None)
        try:
            if asyncio.get_running_loop() is self._loop:
                await self._clean_up()
        finally:
            self.close()
        excused = [excuse(verdict, self._excuses) for verdict in verdicts]
        return [verdict for verdict in excused if verdict.outcome is Outcome.FAIL]

    async def _clean_up(self) -> None:
        """Leave no session of the target behind; nothing of it is recorded."""
        self._rig.plant.gates.release_all()
        for task in self._under_way:
            task.cancel()
        await self._all_answered()
        for driver in self._drivers.values():
            await driver.leave()
        await self._rig.adapter.close()

    async def _all_answered(self) -> None:
        if self._under_way:
            await asyncio.wait(self._under_way)

    def close(self) -> None:
        """Record nothing more. Closing again does nothing."""
        if not self._over:
            self._over = True
            self._rig.recorder.seal()
            self._sink.close()

    def _report(self, result: Conducted, problems: tuple[str, ...]) -> Report:
        verdicts = [excuse(v, self._excuses) for v in relevant(result.verdicts)]
        problems += tuple(_unproved(verdicts))
        name = self._header.workload
        return make_report(
            self._header.target,
            self.kind,
            {name: (REST,)},
            {name: Conducted(name, verdicts, result.notes, result.history, result.unread)},
            self._options,
            Choice(known=tuple(self._excuses), strict=self._strict),
            partial=True,
            facts=self._facts,
            problems=problems,
        )


#: Outcomes that a rule has which was tested.
_TESTED = frozenset({Outcome.PASS, Outcome.FAIL, Outcome.KNOWN})


def _unproved(verdicts: Iterable[Verdict]) -> Iterator[str]:
    """What the test set out to prove and did not come to test, whatever its level."""
    for verdict in verdicts:
        if verdict.proves and verdict.outcome not in _TESTED:
            yield f"{verdict.rule} was to be proved and is {verdict.outcome}: {verdict.reason}"


_WHY = {"deadline": "it did not answer in time", "cancelled": "it was given up"}


def _unanswered(entry: Entry) -> Reply:
    return Reply(False, {"by": "harness", "type": "", "text": _WHY[entry.value["why"]]})
