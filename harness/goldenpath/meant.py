"""What somebody meant who wrote a word that is not there."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

#: How alike a word must be to be taken for a misspelt one: as a whole, and an id of a rule, since
#: `-1` is common to all families.
WORDS, RULES = 0.6, 0.75


def nearest(word: object, there: Iterable[str], alike: float = WORDS) -> str:
    """The word of these that was most likely meant, whatever its case; or nothing."""
    spelt = {name.upper(): name for name in there}
    near = difflib.get_close_matches(str(word).upper(), spelt, 1, alike)
    return spelt[near[0]] if near else ""


def meant(word: object, there: Iterable[str], otherwise: str = "", *, alike: float = WORDS) -> str:
    """The question whether the nearest was meant, or `otherwise` where none is near."""
    near = nearest(word, there, alike)
    return f"do you mean {near}?" if near else otherwise


def asking(
    problem: str, word: object, there: Iterable[str], otherwise: str = "", *, alike: float = WORDS
) -> str:
    """The problem, and after it that question."""
    question = meant(word, there, otherwise, alike=alike)
    return f"{problem}; {question}" if question else problem
