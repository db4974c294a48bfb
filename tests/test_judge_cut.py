"""Where a history of a sound target was cut, or abandoned, nothing is said to be broken."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from goldenpath.history import Footer, History, load
from goldenpath.judge import judge
from goldenpath.model import Outcome

SOUND = sorted((Path(__file__).parent / "histories").glob("ok-*.jsonl"))

#: Where each is cut, as so many places of it.
CUTS = 15


@pytest.mark.parametrize("path", SOUND, ids=lambda path: path.stem)
def test_a_sound_history_is_not_blamed_for_what_is_gone(path: Path) -> None:
    with path.open("rb") as lines:
        whole = load(lines)
    chance = random.Random(path.stem)
    for at in (chance.randrange(len(whole.entries)) for _ in range(CUTS)):
        for footer in (None, Footer(entries=at, abandoned="for a test")):
            found = judge(History(whole.header, whole.entries[:at], footer))
            blamed = [(v.rule, v.reason) for v in found if v.outcome is Outcome.FAIL]
            assert blamed == [], f"cut before entry {at}"
