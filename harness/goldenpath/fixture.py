"""The fixture `goldenpath_session`: a test of the user's own drives a target and has it judged.

The fixture itself is synchronous and puts a coroutine around the test. So everything happens in the
loop and the task of the test, whatever its loop_scope, while its other fixtures are still there,
and what is found fails the test itself rather than its teardown.
"""

from __future__ import annotations

import functools
import inspect
import re
import shlex
import zlib
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

from goldenpath.adapters.targets import Dialects, Target, of_factory, resolve
from goldenpath.conduct import Options
from goldenpath.drive import Drive, drive
from goldenpath.errors import GoldenpathError
from goldenpath.extensions import of_pytest
from goldenpath.report.plain import MESSAGE, plain
from goldenpath.report.text import as_text, render_brief
from goldenpath.results import Report
from goldenpath.store import read_witnesses

#: Letters of the name of a history, which is the name of a file.
_LONGEST = 150
_PUNCTUATION = str.maketrans({"/": ".", "[": "-", "]": ""})


class Opener:
    """What a test gets: called with a target, it opens it."""

    def __init__(self, item: pytest.Function, folder: Path) -> None:
        self._item, self._folder = item, folder
        self._drives: list[Drive] = []

    async def __call__(
        self,
        target: str | Callable[..., Any],
        *,
        proves: Collection[str] = (),
        histories: str | Path | None = None,
    ) -> Drive:
        """Open a target: the string that names one, or a decorated factory itself.

        proves: rules that must have been tested by the end. histories: the folder for the
        history, tmp_path where left out. Raises UsageProblem or TargetProblem.
        """
        option, catalogue = self._item.config.getoption, of_pytest(self._item.config)
        opened = await drive(
            _target(target, catalogue.dialects),
            history_name(self._item.nodeid, len(self._drives)),
            Options(
                seed=option("goldenpath_seed"),
                time_scale=option("goldenpath_time_scale"),
                max_frame=option("goldenpath_max_frame"),
                catalogue=catalogue,
            ),
            self._folder if histories is None else Path(histories),
            proves=proves,
            strict=bool(option("goldenpath_strict")),
        )
        self._drives.append(opened)
        return opened

    async def judge(self) -> None:
        """Judge every target that was opened. Fails the test where one does not conform."""
        __tracebackhide__ = True
        if not self._drives:
            pytest.fail("goldenpath_session was asked for and never opened a target", pytrace=False)
        try:
            judged = [(each, await each.judge()) for each in self._drives]
        except GoldenpathError as error:  # of the test as a whole: no line of it is to blame
            pytest.fail(str(error), pytrace=False)
        red = [self._text(each, report) for each, report in judged if report.exit]
        if red:
            pytest.fail("\n".join(red), pytrace=False)

    async def abandon(self) -> None:
        """The test has failed by itself: what was broken by then is told beside, and in short."""
        for each in self._drives:
            broken = await each.abandon()
            said = [f"broken by then: {v.rule}: {plain(v.reason, MESSAGE)}\n" for v in broken]
            self._item.add_report_section("call", "goldenpath", "".join(said) + self._where(each))

    def close(self) -> None:
        """Leave no file open, whatever happened."""
        for each in self._drives:
            each.close()

    def _text(self, opened: Drive, report: Report) -> str:
        history = opened.history
        lines = read_witnesses(report, history.parent, {history.stem: history})
        return as_text(render_brief(report, witnesses=lines)) + "\n" + self._where(opened)

    def _where(self, opened: Drive) -> str:
        return (
            f"history: {opened.history}\n"
            f"judge it again: {shlex.join(['goldenpath', 'check', str(opened.history)])}\n"
            f"run it again: {shlex.join(['pytest', self._item.nodeid])}\n"
        )


def _target(target: str | Callable[..., Any], dialects: Dialects) -> Target:
    if isinstance(target, str):
        return resolve(target, dialects=dialects)
    return of_factory(target, dialects)


def history_name(nodeid: str, number: int) -> str:
    """Name a history after its test, and after how many came before it in the same test."""
    words = nodeid.translate(_PUNCTUATION).replace(".py::", ".").replace("::", ".")
    name = re.sub(r"[^\w.-]+", "-", words).strip("-.")[:_LONGEST]
    if name != words:  # what was left out may be all that tells it from another
        name += f"-{zlib.crc32(nodeid.encode()):08x}"
    return f"{name}-{number + 1}" if number else name


def opened(request: pytest.FixtureRequest, folder: Path) -> Iterator[Opener]:
    """Put the judging around the test for as long as the fixture lives."""
    item = request.node
    _check(item)
    opener, test = Opener(item, folder), item.obj

    @functools.wraps(test)
    async def judged(*args: Any, **keywords: Any) -> None:
        __tracebackhide__ = True
        try:
            await test(*args, **keywords)
        except GoldenpathError as error:
            await opener.abandon()
            raise error.with_traceback(_outside(error.__traceback__)) from None
        except (Exception, pytest.fail.Exception, pytest.skip.Exception):
            await opener.abandon()
            raise
        await opener.judge()

    item.obj = judged
    try:
        yield opener
    finally:
        item.obj = test
        opener.close()


def _outside(frames: TracebackType | None) -> TracebackType | None:
    """The traceback without our own frames: a mistake of the test shows the test alone."""
    if frames is None:
        return None
    rest, frame = _outside(frames.tb_next), frames.tb_frame
    if frame.f_globals.get("__name__", "").partition(".")[0] == __package__:
        return rest
    return TracebackType(rest, frame, frames.tb_lasti, frames.tb_lineno)


def _check(item: pytest.Function) -> None:
    """Fail, in words, where the test would not be run as a coroutine."""
    if not item.config.pluginmanager.has_plugin("asyncio"):
        _refuse("goldenpath_session needs pytest-asyncio", "pip install pytest-asyncio")
    if not inspect.iscoroutinefunction(item.obj):
        _refuse("goldenpath_session drives targets from an `async def` test", "make it async")
    if item.get_closest_marker("asyncio") is None:
        _refuse(
            "goldenpath_session needs a test that pytest-asyncio runs",
            "mark it with @pytest.mark.asyncio, or set asyncio_mode = auto",
        )


def _refuse(problem: str, hint: str) -> None:
    pytest.fail(f"{problem}\n  to do: {hint}", pytrace=False)
