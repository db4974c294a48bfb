r"""Makes text of a target fit to be shown: one line, bounded, nothing that acts on a terminal.

Control characters, direction marks and lone surrogates are shown as what they are (`\x1b`), so that
nothing disappears and nothing acts. Each format escapes its own syntax on top of this.
"""

from __future__ import annotations

import json
import unicodedata
from typing import Any

#: Letters of a name, a reason or a fact.
NAME = 300
#: Letters of a message or of a witness line.
MESSAGE = 2_000
#: A rest of more letters is longer than the note that it was cut.
_LONGEST = 20


def plain(text: str, limit: int = NAME, beyond: int = 0) -> str:
    """Return `text` printable, on one line and cut at `limit` letters, saying how many are left.

    It is never cut where the rest is shorter than the note of the cut. beyond: letters that were
    left out of `text` before.
    """
    if len(text) <= limit and not beyond and text.isprintable():
        return text
    shown = [_printable(letter) for letter in text[: limit + _LONGEST]]
    kept = size = 0
    while kept < len(shown) and size + len(shown[kept]) <= limit:
        size += len(shown[kept])
        kept += 1
    left = len(text) - kept + beyond
    note = f"… (+{count(left, 'letter')})" if left else ""
    rest = "".join(shown[kept:])
    if left == len(shown) - kept and len(rest) <= len(note):
        return "".join(shown)
    return "".join(shown[:kept]) + note


def _printable(letter: str) -> str:
    return letter if letter.isprintable() else _named(letter)


def _named(letter: str) -> str:
    if unicodedata.category(letter) == "Zs":
        return " "
    return letter.encode("unicode_escape").decode("ascii")


def fact(value: Any) -> str:
    """Return any value as plain text: a string as it is, data as JSON."""
    return plain(value if isinstance(value, str) else json.dumps(value, default=_type_name))


def _type_name(value: object) -> str:
    return f"<{type(value).__name__}>"


def count(number: int, noun: str) -> str:
    """Return `1 rule`, `1,234 rules`."""
    plural = f"{noun[:-1]}ies" if noun.endswith("ty") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"
