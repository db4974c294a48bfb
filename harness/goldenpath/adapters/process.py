"""Targets in a process of their own, in any language: `cmd:program args` (docs/process.md).

The program is started once for its hello, which says what it is, once for the probe, and once per
workload. It offers what a dispatcher or an agent offers in Python; planted tools run on the bench,
and the frames that it writes go through the planted transport, by address.
"""

from __future__ import annotations

import asyncio
import shlex
import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from goldenpath import spec
from goldenpath.adapters import outcome
from goldenpath.adapters.base import Adapter, Facts, Reply
from goldenpath.adapters.connection import Connection
from goldenpath.adapters.lines import Hello, excerpt
from goldenpath.adapters.remote import STARTING, ProcessAdapter
from goldenpath.cards import card_of
from goldenpath.declare import Declaration
from goldenpath.dialects import DIALECTS, Dialect
from goldenpath.errors import TargetProblem, UsageProblem
from goldenpath.model import Step
from goldenpath.plant import Plant
from goldenpath.plant.transport import MAX_FRAME
from goldenpath.plant.users import PROBE, PROBE_MARK
from goldenpath.recorder import Recorder

#: Seconds: another process may have to wait for the processor.
DEADLINES = {"call": 10.0, "delivery": 3.0, "settle": 0.05}

#: What cannot be had of a program, whatever it is.
ELSEWHERE = {
    "memory": "UNOBSERVABLE: it lives in another process",
    "counters": "UNOBSERVABLE: it works in a process that is not ours",
    "RECOVERY-3": "UNOBSERVABLE: its users cannot be made slow from here",
    "RECOVERY-8a": "UNOBSERVABLE: its users cannot be made to stall from here",
    "sync_tools": "UNOBSERVABLE: planted tools run here, and block nothing there",
}


def process_target(
    name: str, command_line: str, dialects: Mapping[str, Dialect] = DIALECTS
) -> ProcessTarget:
    """Start the program once, and make a target of what its hello says. Raises UsageProblem where
    it is not there or declares something wrongly, TargetProblem where it does not say hello.
    """
    try:
        command = shlex.split(command_line)
    except ValueError as error:
        raise UsageProblem(f"{name} cannot be read: {error}", expected="cmd:program args") from None
    if not command:
        raise UsageProblem(f"{name} names no program", expected="cmd:program args")
    if shutil.which(command[0]) is None:
        raise UsageProblem(
            f"there is no program {command[0]!r}",
            expected="a program of the PATH, or a path such as ./program, that can be executed",
            hint=f"for a script, name its interpreter: cmd:python3 {command_line}",
        )
    return ProcessTarget(name, tuple(command), _met(command, dialects), dialects)


def _met(command: Sequence[str], dialects: Mapping[str, Dialect]) -> Hello:
    """The hello of a program, which is started for it; in a loop of its own."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(_meet(command, dialects))
    with ThreadPoolExecutor(1) as aside:  # whoever asks runs in a loop already
        return aside.submit(lambda: asyncio.run(_meet(command, dialects))).result()


async def _meet(command: Sequence[str], dialects: Mapping[str, Dialect]) -> Hello:
    connection = Connection(command, dialects=dialects)
    try:
        return await connection.open(MAX_FRAME, STARTING)
    finally:
        await connection.close()


@dataclass
class ProcessTarget:
    """A program, and what its hello said. scale: of every time that we give it."""

    name: str
    command: tuple[str, ...]
    hello: Hello
    dialects: Mapping[str, Dialect] = field(default_factory=lambda: DIALECTS)
    scale: float = 1.0

    @property
    def kind(self) -> str:
        """Dispatcher or agent."""
        return self.hello.kind

    async def probe(self, time_scale: float = 1.0) -> Facts:
        """Open one session, and call one tool of a dispatcher. Raises TargetProblem."""
        self.scale = time_scale
        adapter = self._adapter("value")
        try:
            await adapter.open(Plant(Recorder(), [PROBE]))
            async with asyncio.timeout(STARTING * time_scale):
                shown = await self._look(adapter)
        except TimeoutError:
            raise TargetProblem(
                f"{self.name}: a probe took longer than {STARTING * time_scale:.0f} seconds",
                expected="a session, and for a dispatcher a call of one tool",
            ) from None
        finally:
            await adapter.close()
        return self._facts(shown)

    def adapter(self, facts: Facts) -> Adapter:
        """A fresh adapter for one workload."""
        return self._adapter(facts.shown.get("outcome", "value"))

    def _adapter(self, shape: str) -> ProcessAdapter:
        return ProcessAdapter(self.command, self.hello, shape, self.scale, self.dialects)

    async def _look(self, adapter: ProcessAdapter) -> dict[str, str]:
        name = PROBE.name
        created = {"run_id": PROBE.run_id or "", "tools": ["give"], "transport": "working"}
        reply = await adapter.perform(Step("probe", name, "create", created))
        if not reply.ok:
            raise TargetProblem(
                f"{self.name}: no session could be created",
                expected="an answer with a value to create",
                got=_said(reply),
            )
        made = reply.value["value"]
        shown = {"program": self.command[0], **({} if made is None else {"made": str(made)})}
        if self.kind == "dispatcher":
            shown |= await self._call_once(adapter)
        await adapter.perform(Step("probe", name, "cleanup"))
        return shown

    async def _call_once(self, adapter: ProcessAdapter) -> dict[str, str]:
        """Call `give`, which returns its parameter, and recognise the shape of the answer."""
        given = {"value": f"a value of {PROBE_MARK}"}
        step = Step("probe", PROBE.name, "execute", {"tool": "give", "parameters": given})
        reply = await adapter.perform(step)
        if not reply.ok and reply.value["by"] == "missing":
            raise TargetProblem(
                f"{self.name}: the session offers no way to execute anything",
                expected="an answer with a value or an error to execute",
                got=_said(reply),
            )
        failed = "" if reply.ok else _said(reply)
        return outcome.found(self.hello.outcome, reply.result, given["value"], failed)

    def _facts(self, shown: Mapping[str, str]) -> Facts:
        hello = self.hello
        native, absent = str(spec.Origin.NATIVE), str(spec.Origin.ABSENT)
        events = {name: native if name in hello.events else absent for name in spec.FIVE}
        declaration = Declaration(
            hello.kind, events, transport=len(hello.transports) > 1, options=hello.options
        )
        card = {**card_of(declaration), **ELSEWHERE, **hello.untold}
        return Facts(
            target=self.name,
            kind=hello.kind,
            events=events,
            card=card,
            declared={**hello.options, "numbers": hello.numbers, "deadlines": dict(DEADLINES)},
            dialect=hello.dialect or {},
            shown={**shown, "numbers": hello.numbers, "transports": ", ".join(hello.transports)},
        )


def _said(reply: Reply) -> str:
    said = f"{reply.value.get('type', '')} {reply.value.get('text', '')}"
    return excerpt(said.strip().encode())
