"""The demo: the reference over a real socket passes, and a broken variant of it is caught."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from goldenpath.choice import Choice
from goldenpath.conduct import Options
from goldenpath.errors import Exit
from goldenpath.miniatures import MINIATURES
from goldenpath.model import Outcome
from goldenpath.report.text import render
from goldenpath.results import Report, strongest
from goldenpath.store import read_witnesses
from goldenpath.supervise import Order, supervise
from goldenpath.terminal import Bar

Say = Callable[[Iterable[tuple[str, str]]], None]

#: A dispatcher that sends a user's events to whoever came last.
BROKEN = "last-user-wins"


def demonstrate(folder: Path, say: Say) -> int:
    """Run both, say both, and return 0 exactly if each came out as it should."""
    miniature = MINIATURES[BROKEN]
    say(
        [
            ("title", "1. The reference platform, in another process, over a real WebSocket:"),
            ("", ""),
        ]
    )
    good = _run("reference-ws", folder / "good")
    say(render(good, where=str(folder / "good")))
    say([("", ""), ("title", f"2. The same with one fault put in: {miniature.about}"), ("", "")])
    bad = _run(f"miniature:{BROKEN}", folder / "broken")
    say(render(bad, where=str(folder / "broken"), witnesses=read_witnesses(bad, folder / "broken")))
    caught = sorted(
        rule for rule, v in strongest(bad.verdicts).items() if v.outcome is Outcome.FAIL
    )
    right = good.exit == Exit.CONFORMS and set(miniature.breaks) <= set(caught)
    say([("", ""), *_last(right, caught, folder)])
    return 0 if right else int(Exit.BUG)


def _run(target: str, folder: Path) -> Report:
    with Bar() as bar:
        return supervise(
            Order(target, folder, Options(), Choice(), ("--goldenpath-only-ours",)), bar.show
        )


def _last(right: bool, caught: list[str], folder: Path) -> Iterable[tuple[str, str]]:
    if right:
        yield "pass", f"The reference conforms; the broken one was caught by {', '.join(caught)}."
    else:
        yield "fail", "The demo did not come out as it should: this is a bug of goldenpath."
    yield "", f"Look at {folder / 'good' / 'report.html'} and {folder / 'broken' / 'report.html'}."
    yield "", "Now your own: goldenpath doctor ./mine.py:make"
