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


def plain(text: str, limit: int = NAME) -> str:
    """Return `text` printable, on one line and cut at `limit` letters, saying how many are left."""
    if len(text) <= limit and text.isprintable():
        return text
    kept: list[str] = []
    size = 0
    for letter in text[:limit]:
        shown = letter if letter.isprintable() else _named(letter)
        size += len(shown)
        if size > limit:
            break
        kept.append(shown)
    left = len(text) - len(kept)
    return "".join(kept) + (f"… (+{left:,} letters)" if left else "")


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
