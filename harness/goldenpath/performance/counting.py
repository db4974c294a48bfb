"""Counts the bytecodes and calls of one thread while it is told to, leaving out what is ours.

`sys.settrace` with opcodes on Python 3.11, `sys.monitoring` from 3.12 on, where the former is
broken. What is ours is left out with everything that it calls: planted tools, the transport, the
recorder, the clock. A door is ours and left out alone: the target's work begins behind it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import goldenpath

#: How one turn of the loop comes about is the loop's affair; what it calls is the target's.
LOOP_DOORS = (
    asyncio.BaseEventLoop.run_until_complete.__code__,
    asyncio.BaseEventLoop.run_forever.__code__,
    asyncio.BaseEventLoop._run_once.__code__,  # type: ignore[attr-defined]  # private, and there
    asyncio.SelectorEventLoop._process_events.__code__,  # type: ignore[attr-defined]
    asyncio.Handle._run.__code__,
)

_PACKAGE = Path(goldenpath.__file__).parent

#: What of our package is a target, or part of one, and is counted as any other.
_TARGETS = ("reference", "miniatures", "adapters/frameworks", "builtin.py")


def is_ours(file: str) -> bool:
    """Whether the code in this file belongs to the harness rather than to a target."""
    path = Path(file)
    if not path.is_relative_to(_PACKAGE):
        return False
    return not any(path.is_relative_to(_PACKAGE / part) for part in _TARGETS)


class Counter:
    """instructions: bytecodes. calls: functions of Python entered, and coroutines resumed.

    met: which of the functions that were to be looked out for were among them.
    """

    def __init__(self, doors: Iterable[CodeType] = (), look_out: Iterable[CodeType] = ()) -> None:
        self.instructions = self.calls = 0
        self.met: set[CodeType] = set()
        self._look_out = frozenset(look_out)
        self._doors = frozenset((*LOOP_DOORS, *doors))
        self._files: dict[str, bool] = {}

    def _counts(self, frame: FrameType | None) -> bool:
        """Whether the work in this frame is the target's: what stands nearest above it decides."""
        if frame is None or frame.f_code in self._doors:
            return False
        while frame is not None and frame.f_code not in self._doors:
            if self._ours(frame.f_code.co_filename):
                return False
            frame = frame.f_back
        return True

    def _call(self, code: CodeType) -> None:
        self.calls += 1
        if code in self._look_out:
            self.met.add(code)

    def _ours(self, file: str) -> bool:
        if file not in self._files:
            self._files[file] = is_ours(file)
        return self._files[file]

    if sys.version_info >= (3, 12):

        def start(self) -> None:
            """Count from now on. Raises ValueError where another profiler is at work."""
            watch, tool = sys.monitoring, sys.monitoring.PROFILER_ID
            watch.use_tool_id(tool, "goldenpath")
            on = watch.events
            for event in (on.PY_START, on.PY_RESUME, on.PY_THROW):
                watch.register_callback(tool, event, self._entered)
            watch.register_callback(tool, on.INSTRUCTION, self._stepped)
            watch.set_events(tool, on.PY_START | on.PY_RESUME | on.PY_THROW | on.INSTRUCTION)

        def stop(self) -> bool:
            """Count no longer; whether nobody has taken our place meanwhile."""
            watch, tool = sys.monitoring, sys.monitoring.PROFILER_ID
            undisturbed = watch.get_tool(tool) == "goldenpath"
            watch.set_events(tool, watch.events.NO_EVENTS)
            watch.free_tool_id(tool)
            return undisturbed

        def _entered(self, code: CodeType, offset: int, error: object = None) -> None:
            if self._counts(sys._getframe(1)):
                self._call(code)

        def _stepped(self, code: CodeType, offset: int) -> None:
            self.instructions += self._counts(sys._getframe(1))

    else:

        def start(self) -> None:
            """Count from now on."""
            sys.settrace(self._entered)

        def stop(self) -> bool:
            """Count no longer; whether nobody has taken our place meanwhile."""
            undisturbed = sys.gettrace() == self._entered
            sys.settrace(None)
            return undisturbed

        def _entered(self, frame: FrameType, event: str, arg: Any) -> Any:
            frame.f_trace_lines = False
            frame.f_trace_opcodes = self._counts(frame)
            if not frame.f_trace_opcodes:
                return None
            self._call(frame.f_code)
            return self._stepped

        def _stepped(self, frame: FrameType, event: str, arg: Any) -> Any:
            self.instructions += event == "opcode"
            return self._stepped
