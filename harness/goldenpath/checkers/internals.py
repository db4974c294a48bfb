"""CONTENT-7: no event shows what is inside the platform.

Searched for are what was planted to be seen if it leaks (the repr of an object, the file of a
traceback, a credential: canaries of their own kind) and stack traces. What merely looks like a path
or a secret is not searched for, and a tool's own error text is content (DESIGN section 9).
"""

from __future__ import annotations

import re

from goldenpath.canary import INTERNALS
from goldenpath.checkers.base import Check, Fold
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.model import Outcome
from goldenpath.runs import Seen

#: Forms of stack traces: words that are in it, which is quick to tell, and how a line of it looks
#: in the text of a frame, where quotes, tabs and the ends of lines may be written out. What is
#: repeated is bounded, so that no frame takes long.
_TRACES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (words, re.compile(line))
    for words, line in (
        # Python
        ("Traceback (most", r"Traceback \(most recent call last\)"),
        ('", line ', r'File \\*"[^"\n]{1,400}", line \d+, in '),
        # JavaScript: `at work (/srv/engine.js:10:15)`, `at node:internal/main:1:2`
        (
            "at ",
            r"(?:\n|\\n)[\s\\t]{1,20}at (?:[^\n()\\]{1,200} \()?"
            r"(?:node:[\w/]{1,200}|(?:(?!\\n)[^\s()]){1,300}\.[cm]?[jt]sx?):\d+:\d+",
        ),
        # Java, Kotlin, Scala: `at shop.Engine.work(Engine.java:10)`
        (
            "at ",
            r"(?:\s|\\[nt])at [\w$.<>/@-]{1,400}"
            r"\((?:[\w$-]{1,200}\.(?:java|kt|scala):\d+|Native Method|Unknown Source)\)",
        ),
        # C#: `at Shop.Engine.Work(String query) in /srv/Engine.cs:line 10`
        (":line ", r"\) in [^\n\"]{1,400}\.(?:cs|fs|vb):line \d+"),
        # Go: `goroutine 1 [running]:`
        ("goroutine ", r"goroutine \d{1,20} \[[^\]\n]{1,80}\]:"),
        # Ruby: `engine.rb:10:in 'work'`
        (".rb:", r"\.rb:\d+:in [`']"),
        # PHP: `#0 /srv/engine.php(10): work()`
        (".php(", r"#\d{1,4} [^\s()]{1,400}\.php\(\d+\): "),
    )
)
_NOT_PLANTED = (
    Outcome.UNOBSERVABLE,
    "nothing could be planted in it; no stack trace was shown",
)


class _Hidden(Fold):
    """CONTENT-7: looks at the text of every frame, events or not."""

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._planted = header.card.get("truth") == "yes"

    def frame(self, seen: Seen) -> None:
        text = seen.entry.value
        if not isinstance(text, str):
            return
        self.tally.chance(self._planted)
        self.tally.excuse = _NOT_PLANTED
        found: tuple[str, ...] = ()
        for token in seen.tokens:
            if token.number in INTERNALS and INTERNALS[token.number] not in found:
                found += (INTERNALS[token.number],)
        if _traced(text):
            found += ("a stack trace",)
        if found:
            what = seen.event.type if seen.event else seen.kind or "a frame"
            self.tally.fail(f"{what} to {seen.user} shows {', '.join(found)}", seen.entry.index)


def _traced(text: str) -> bool:
    return any(words in text and line.search(text) for words, line in _TRACES)


CHECKS = (Check("CONTENT-7", fold=_Hidden),)
