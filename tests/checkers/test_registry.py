"""REGISTRY-1 to -6: each is red for its own reason, and what is right is red in none."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from tests import judged
from tests.build import ALICE, BOB, Line, fail, invoke, lost, ok, token_of

from goldenpath.cards import card_of
from goldenpath.declare import Declaration
from goldenpath.model import Outcome, Step, User

CARD = {**card_of(Declaration("registry", {})), "overlaps": "yes"}
verdicts = partial(judged.verdicts, kind="registry", card=CARD, declared={})

RULES = [f"REGISTRY-{n}" for n in range(1, 7)]
_numbers = iter(range(1, 1 << 20))


def red(lines: list[Line], **more: Any) -> set[str]:
    """The rules of registries that are broken."""
    found = verdicts(lines, **more)
    return {rule for rule in RULES if found[rule].outcome is Outcome.FAIL}


def asks(who: User, what: str, value: Any = None, refused: bool = False, **args: str) -> list[Line]:
    """One call and its answer."""
    step = f"{what}-{next(_numbers)}"
    answer = fail(who, what, step) if refused else ok(who, what, step, value)
    return [invoke(who, what, step, **args), answer]


def put(who: User, name: str, number: int = 16, refused: bool = False) -> list[Line]:
    token = token_of(who, number)
    return asks(who, "register_item", refused=refused, name=name, token=token)


def removes(who: User, name: str, refused: bool = False) -> list[Line]:
    return asks(who, "remove_item", refused=refused, name=name)


def freezes(who: User) -> list[Line]:
    return asks(who, "freeze")


def finds(who: User, name: str, number: int | None = 16, of: User | None = None) -> list[Line]:
    if number is None:
        return asks(who, "look_up", refused=True, name=name)
    return asks(who, "look_up", {"token": token_of(of or who, number)}, name=name)


def has(who: User, name: str, there: bool) -> list[Line]:
    return asks(who, "has_item", {"has": there}, name=name)


def lists(who: User, *names: str) -> list[Line]:
    return asks(who, "list_items", {"names": list(names)})


A, B = ALICE, BOB
KEPT = [*put(A, "x"), *has(A, "x", True), *finds(A, "x"), *lists(A, "x")]

BROKEN = {
    "found under a name that nothing has": ({"REGISTRY-1"}, [*KEPT, *finds(A, "y")]),
    "not found": ({"REGISTRY-1"}, [*put(A, "x"), *finds(A, "x", None)]),
    "another item": ({"REGISTRY-1"}, [*put(A, "x"), *put(A, "y", 17), *finds(A, "y")]),
    "has says no": ({"REGISTRY-1"}, [*put(A, "x"), *has(A, "x", False)]),
    "not listed": ({"REGISTRY-1"}, [*put(A, "x"), *lists(A)]),
    "listed twice": ({"REGISTRY-1"}, [*put(A, "x"), *lists(A, "x", "x")]),
    "a free name is refused": ({"REGISTRY-1"}, put(A, "x", refused=True)),
    "the second is ignored": ({"REGISTRY-2"}, [*KEPT, *put(A, "x", 17), *finds(A, "x")]),
    "refused and there": (
        {"REGISTRY-2"},
        [*KEPT, *put(A, "x", 17, refused=True), *finds(A, "x", 17)],
    ),
    "still found": ({"REGISTRY-3"}, [*KEPT, *removes(A, "x"), *finds(A, "x")]),
    "not removed": ({"REGISTRY-3"}, [*KEPT, *removes(A, "x", refused=True)]),
    "its name is spent": ({"REGISTRY-3"}, [*KEPT, *removes(A, "x"), *put(A, "x", 17, True)]),
    "takes one when frozen": ({"REGISTRY-4"}, [*KEPT, *freezes(A), *put(A, "y", 17)]),
    "lets one go when frozen": ({"REGISTRY-4"}, [*KEPT, *freezes(A), *removes(A, "x")]),
    "forgets when frozen": ({"REGISTRY-4"}, [*KEPT, *freezes(A), *finds(A, "x", None)]),
    "another's item": ({"REGISTRY-6"}, [*put(A, "x"), *finds(B, "x", of=A)]),
    "another's removal": (
        {"REGISTRY-6"},
        [*KEPT, *put(B, "x"), *removes(B, "x"), *finds(A, "x", None)],
    ),
    "another's freezing": ({"REGISTRY-6"}, [*KEPT, *freezes(A), *put(B, "z", refused=True)]),
}


@pytest.mark.parametrize("name", BROKEN)
def test_one_rule_is_broken_and_no_other(name: str) -> None:
    """Which one depends on what was last done about the name."""
    rules, lines = BROKEN[name]

    assert red(lines) == rules


RIGHT = {
    "kept": [*KEPT, *has(A, "y", False), *finds(A, "y", None)],
    "replaced": [*KEPT, *put(A, "x", 17), *finds(A, "x", 17), *lists(A, "x")],
    "refused": [*KEPT, *put(A, "x", 17, refused=True), *finds(A, "x"), *lists(A, "x")],
    "removed": [
        *KEPT,
        *removes(A, "x"),
        *finds(A, "x", None),
        *put(A, "x", 17),
        *finds(A, "x", 17),
    ],
    "nothing to remove": [*removes(A, "y"), *removes(A, "y", refused=True), *lists(A)],
    "frozen": [*KEPT, *freezes(A), *put(A, "y", 17, refused=True), *finds(A, "x"), *lists(A, "x")],
    "two users": [*KEPT, *put(B, "x"), *finds(B, "x"), *removes(B, "x"), *finds(A, "x")],
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_breaks_nothing(name: str) -> None:
    """However it refuses, and whether it refuses or replaces."""
    found = verdicts(RIGHT[name])

    assert red(RIGHT[name]) == set()
    assert sum(found[rule].opportunities for rule in RULES) > 0


def at_once(first: list[Line], second: list[Line]) -> list[Line]:
    """Two calls that overlap."""
    return [first[0], second[0], first[1], second[1]]


def test_two_at_once_may_come_in_either_order_and_in_no_other() -> None:
    """What is looked at afterwards says which, and that neither was lost."""
    both = at_once(put(A, "x"), put(A, "y", 17))
    right = [*both, *finds(A, "x"), *finds(A, "y", 17)]
    gone = [*both, *finds(A, "x", None), *finds(A, "y", 17)]
    taken = [*KEPT, *put(A, "x", 17, refused=True)]
    twice = [*taken, *at_once(put(A, "z", 18), put(A, "z", 19))]

    assert red(right) == set()
    assert red(gone) == {"REGISTRY-5"}
    assert red(twice) == {"REGISTRY-5"}


def test_who_takes_one_after_the_other_is_asked_at_once_all_the_same() -> None:
    """It never lets the loop turn, so that no two calls are open at a time: that is an order."""
    lines = [*put(A, "x"), *put(A, "y", 17), *lists(A, "x", "y")]
    steps = [Step(line[2] or "", A.name, line[3]) for line in lines[:4:2]]
    together = Step("t", "", "together", lanes=tuple((step,) for step in steps))
    alone = Step("t", "", "together", lanes=(tuple(steps),))

    def chances(*script: Step) -> tuple[Outcome, int]:
        found = verdicts(lines, script=(script,))["REGISTRY-5"]
        return found.outcome, found.opportunities

    assert chances(together) == (Outcome.PASS, 2)
    assert chances(alone)[1] == chances(*steps)[1] == 0


def test_of_a_call_that_nobody_answered_nothing_is_known() -> None:
    """It may have come to something or not: what is looked at next is right either way."""
    step = "register_item-lost"
    asked = invoke(A, "register_item", step, name="x", token=token_of(A))
    cut = [asked, lost(A, "register_item", step)]

    assert red([*cut, *finds(A, "x"), *finds(A, "x")]) == set()
    assert red([*cut, *finds(A, "x", None), *has(A, "x", False)]) == set()
    assert red([*cut, *finds(A, "x"), *finds(A, "x", None)]) != set()


def test_what_cannot_be_recognised_is_a_doubt() -> None:
    """Nobody can say whether it is what was registered."""
    lines = [*put(A, "x"), *asks(A, "look_up", {"odd": "<Wrapped>"}, name="x")]

    assert verdicts(lines)["REGISTRY-1"].outcome is Outcome.UNKNOWN


def test_one_that_all_share_is_one() -> None:
    """Then what one user registered is another's to find."""
    lines = [*put(A, "x"), *finds(B, "x", of=A)]

    assert red(lines, declared={"shared": True}) == set()
