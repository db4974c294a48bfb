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

_TRACE = "Traceback (most recent call last)"
_LINE = '", line '
_FRAME = re.compile(r'File \\*"[^"\n]{1,400}", line \d+, in ')
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
        if _TRACE in text or (_LINE in text and _FRAME.search(text)):
            found += ("a stack trace",)
        if found:
            what = seen.event.type if seen.event else seen.kind or "a frame"
            self.tally.fail(f"{what} to {seen.user} shows {', '.join(found)}", seen.entry.index)


CHECKS = (Check("CONTENT-7", fold=_Hidden),)
