"""The bench: planted tools, run here for a program in another process.

The program writes `started`, the harness runs the tool and sends what came of it, and the program
writes `ended`, `failed` or `cancelled` as the first thing once it has it. These lines, in their
order among the frames of the same stdout, are the ground truth: as it is recorded in process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from goldenpath.adapters.lines import Cancelled, Exec, Failed, LineProblem, Over, Started
from goldenpath.jsonable import jsonable, safe_text
from goldenpath.model import NOT_JSON
from goldenpath.plant import PlantedTool

#: Executions that may be under way at once.
MOST_RUNNING = 10_000


@dataclass(eq=False)
class _Execution:
    """One run of a tool. sent: what came of it, once the program was told: value or error."""

    session: str
    tool: PlantedTool
    truth: dict[str, Any]
    sent: dict[str, Any] = field(default_factory=dict)
    task: asyncio.Task[None] | None = None


class Bench:
    """The planted tools of every session, and those of them that run. `write` sends a line of the
    type that it is given, with these fields.
    """

    def __init__(self, write: Callable[..., None]) -> None:
        self._write = write
        self._tools: dict[str, tuple[str, PlantedTool]] = {}
        self._running: dict[Exec, _Execution] = {}

    def lay_out(self, session: str, tools: Iterable[PlantedTool]) -> list[dict[str, Any]]:
        """Give a session these tools, and return how the program is told of them: each with an id
        of its own, by which that very one is run.
        """
        return [self._told(session, tool) for tool in tools]

    def _told(self, session: str, tool: PlantedTool) -> dict[str, Any]:
        id_ = f"tool-{len(self._tools) + 1}"
        self._tools[id_] = session, tool
        about = {"description": tool.description, "parameters": tool.parameters}
        return {"id": id_, "name": tool.name, **about, "admin_only": tool.admin_only}

    def started(self, line: Started) -> None:
        """Record that a tool started, and run it. Raises LineProblem."""
        if line.exec in self._running:
            raise LineProblem(
                f"exec {line.exec!r} is under way already",
                "give each run of a tool an exec of its own",
            )
        if len(self._running) >= MOST_RUNNING:
            raise LineProblem(
                f"more than {MOST_RUNNING} tools are under way at once",
                "write ended, failed or cancelled for each exec that is over",
            )
        if line.tool not in self._tools:
            raise LineProblem(
                f"no tool has the id {line.tool!r}",
                "tool is the id, not the name, that came with create or register",
            )
        session, tool = self._tools[line.tool]
        execution = _Execution(session, tool, tool.begin(line.parameters))
        self._running[line.exec] = execution
        work = self._run(line.exec, execution, line.parameters)
        execution.task = asyncio.get_running_loop().create_task(work)

    async def _run(self, exec_: Exec, execution: _Execution, parameters: dict[str, Any]) -> None:
        try:
            result = await execution.tool.work(parameters, execution.truth)
            execution.sent = {"value": plain(jsonable(result))}
        except Exception as error:
            said = {"type": type(error).__name__, "text": safe_text(error)}
            execution.sent = {"error": said}
        self._write("result", exec=exec_, **execution.sent)

    def over(self, line: Over) -> None:
        """Record how an execution went, as the program has it. Raises LineProblem."""
        what = type(line).__name__.lower()
        execution = self._running.get(line.exec)
        if execution is None:
            raise LineProblem(
                f"exec {line.exec!r} has not been started, or is over already",
                "write started first, then one of ended, failed and cancelled, once",
            )
        sent = execution.sent
        if isinstance(line, Cancelled):
            more = {}
            if execution.task is not None:
                execution.task.cancel()
        elif isinstance(line, Failed) == ("error" in sent) and sent:
            more = (
                {"error": sent["error"]["text"]} if "error" in sent else {"result": sent["value"]}
            )
        else:
            had = f"its {next(iter(sent))} was sent" if sent else "nothing of it was sent yet"
            raise LineProblem(
                f"exec {line.exec!r} cannot have {what}: {had}",
                "await the result, then write ended for a value, failed for an error",
            )
        del self._running[line.exec]
        execution.tool.record(what, {**execution.truth, **more})

    def unreported(self, session: str) -> list[str]:
        """The tools of this session whose result was sent, and of which no end was told."""
        mine = (run for run in self._running.values() if run.session == session)
        return [run.tool.name for run in mine if run.sent]

    def clear(self) -> None:
        """Stop whatever runs."""
        for execution in self._running.values():
            if execution.task is not None:
                execution.task.cancel()


def plain(value: Any) -> Any:
    """A result as it can be sent: of what JSON cannot hold, no more than that."""
    if isinstance(value, dict):
        known = {key: plain(item) for key, item in value.items() if key != NOT_JSON}
        return known if len(known) == len(value) else "[no JSON]"
    return [plain(item) for item in value] if isinstance(value, list) else value
