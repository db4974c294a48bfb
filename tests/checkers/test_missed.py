"""RECOVERY-5: what a user missed comes over their next socket: once, in order, marked."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build import ALICE, BOB, Line, invoke, ok, token_of, up
from tests.judged import broken, findings, outcome, red, verdicts
from tests.rooms import closed, comes, frame, goes, link_of, tells, told

from goldenpath import spec
from goldenpath.cards import card_of
from goldenpath.declare import Declaration
from goldenpath.model import Outcome, User

EVENTS = dict.fromkeys(spec.FIVE, "native")
REPLAYS: dict[str, Any] = {
    "kind": "transport",
    "card": card_of(Declaration("transport", EVENTS, options={"replay": True})),
}

#: Alice was here, and is away (entries 0 to 5).
AWAY = [*comes(ALICE), *goes(ALICE)]


def again(number: int, link: int = 2, who: User = ALICE, mark: Any = None) -> Line:
    """What was missed comes, marked as the reference does."""
    data = {"text": token_of(who, number)}
    marked = {"recovered": True} if mark is None else mark
    return frame(who, {"type": "notification", "data": data, **marked}, link)


def back(*meanwhile: Line, link: int = 2, who: User = ALICE) -> list[Line]:
    """She comes back, and so much happens before the connection is accepted."""
    step = f"connect-{link_of(who, link)}"
    asked = invoke(who, "connect", step, socket=link_of(who, link))
    return [asked, up(who, link), *meanwhile, ok(who, "connect", step)]


def missed(*numbers: int, who: User = ALICE) -> list[Line]:
    """Nobody takes what she is told: two lines each."""
    return [line for number in numbers for line in told(who, number=number)]


def chances(lines: list[Line]) -> int:
    found = verdicts(lines, **REPLAYS)["RECOVERY-5"]
    assert "RECOVERY-5" not in red(lines, **REPLAYS)
    return found.opportunities


def test_what_was_missed_comes_once_in_order_and_marked() -> None:
    """Before the connection is accepted, or after it."""
    before = [*AWAY, *missed(16, 17), *back(again(16), again(17))]
    after = [*AWAY, *missed(16, 17), *back(), again(16), again(17)]

    assert chances(before) == chances(after) == 2


@pytest.mark.parametrize("mark", ["recovered", "replayed", "is_replay", "missed"])
def test_the_mark_has_several_names(mark: str) -> None:
    """In the frame itself, or in a part of it; it must be true."""
    lines = [*AWAY, *missed(16)]
    data = {"text": token_of(ALICE, 16)}
    inner = frame(ALICE, {"type": "notification", "data": {**data, mark: True}}, 2)

    assert chances([*lines, *back(again(16, mark={mark: True}))]) == 1
    assert chances([*lines, *back(inner)]) == 1
    assert "RECOVERY-5" in red([*lines, *back(again(16, mark={mark: False}))], **REPLAYS)


WRONG: dict[str, tuple[list[Line], str]] = {
    "never": ([], "what alice missed came never over alice/2"),
    "twice": ([again(16), again(17), again(17)], "what alice missed came 2 times over alice/2"),
    "backwards": ([again(17), again(16)], "came over alice/2 before what was told earlier"),
    "without a mark": ([again(16, mark={}), again(17)], "came over alice/2 without a mark"),
}


@pytest.mark.parametrize("how", WRONG)
def test_what_comes_otherwise_is_found(how: str) -> None:
    came, said = WRONG[how]
    lines = [*AWAY, *missed(16, 17), *back(*came)]

    found = findings("RECOVERY-5", lines, **REPLAYS)

    assert any(said in message for message, _ in found)


@pytest.mark.parametrize("came", [[], [again(16)], [again(16, mark={})]], ids=len)
def test_what_is_told_meanwhile_is_not_lost(came: list[Line]) -> None:
    """While the connection is being made; marked or not, and in whichever order."""
    lines = [*AWAY, *missed(17), *back(tells(ALICE), again(17), *came)]

    assert ("RECOVERY-5" in red(lines, **REPLAYS)) is (not came)


def test_what_is_told_meanwhile_comes_once() -> None:
    """And not as what it is and as what was missed."""
    lines = [*AWAY, *missed(17), *back(tells(ALICE), again(16, mark={}), again(17), again(16))]

    assert broken("RECOVERY-5", lines, **REPLAYS)[0] == (
        "what alice missed came 2 times over alice/2"
    )


NOTHING: dict[str, list[Line]] = {
    "she was never here": [*missed(16), *back()],
    "she does not come back": [*AWAY, *missed(16)],
    "another socket of hers was there": [
        *comes(ALICE), *comes(ALICE, 2), *goes(ALICE), *told(ALICE, 2), *back(link=3),
    ],
    "somebody else comes": [*AWAY, *missed(16), *comes(BOB)],
    "the socket was closed on the way": [
        *AWAY, *back(tells(ALICE), closed(ALICE, link=2)),
    ],
}  # fmt: skip


@pytest.mark.parametrize("lines", NOTHING.values(), ids=NOTHING)
def test_where_nothing_was_missed_nothing_is_owed(lines: list[Line]) -> None:
    assert "RECOVERY-5" not in red(lines, **REPLAYS)
    assert verdicts(lines, **REPLAYS)["RECOVERY-5"].opportunities == 0


def test_each_misses_their_own() -> None:
    """Bob was here, too, and missed nothing."""
    lines = [*comes(BOB), *goes(BOB), *AWAY, *missed(16), *back(who=BOB), *back(again(16))]

    assert chances(lines) == 1


def test_where_it_is_not_declared_it_is_not_asked_for() -> None:
    card = {**REPLAYS["card"], "replay": "UNSUPPORTED: it is not declared"}
    lines = [*AWAY, *missed(16), *back()]

    assert outcome("RECOVERY-5", lines, kind="transport", card=card) is Outcome.UNSUPPORTED
