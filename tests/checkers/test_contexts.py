"""CONTEXT-1 and -2: which ids a context holds, and whose data."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import pytest
from tests import judged
from tests.build import ALICE, BOB, Line, invoke, ok, token_of

from goldenpath.cards import card_of
from goldenpath.declare import Declaration
from goldenpath.model import Outcome, User

CARD = {**card_of(Declaration("context", {})), "notes": "yes"}
verdicts = partial(judged.verdicts, kind="context", card=CARD)


def made(who: User) -> list[Line]:
    """A context of this user."""
    given = {"run_id": who.run_id, "thread_id": who.thread_id}
    return [
        invoke(who, "create", "create-" + who.name, **given),
        ok(who, "create", "create-" + who.name),
    ]


def reads(who: User, n: int, notes: Iterable[str] = (), **other: str | None) -> list[Line]:
    """What stands in it; its own ids where no others are named."""
    own = {"user_id": who.user_id, "thread_id": who.thread_id, "run_id": who.run_id}
    ids = {**own, "request_id": f"request-{who.name}", **other}
    step = f"read-{who.name}-{n}"
    answer = ok(who, "read_context", step, {"ids": ids, "notes": sorted(notes)})
    return [invoke(who, "read_context", step), answer]


def notes(who: User) -> list[Line]:
    """Something is put into it."""
    step = f"note-{who.name}"
    return [invoke(who, "note", step, token=token_of(who)), ok(who, "note", step)]


def red(lines: list[Line]) -> set[str]:
    found = verdicts(lines)
    return {rule for rule in ("CONTEXT-1", "CONTEXT-2") if found[rule].outcome is Outcome.FAIL}


def test_ones_own_ids_and_notes_are_right() -> None:
    """Each could have been wrong."""
    noted = [*made(ALICE), *made(BOB), *notes(ALICE)]
    lines = [*noted, *reads(ALICE, 1, [token_of(ALICE)]), *reads(BOB, 1)]
    found = verdicts(lines)

    assert red(lines) == set()
    assert [found[rule].opportunities for rule in ("CONTEXT-1", "CONTEXT-2")] == [8, 2]


@pytest.mark.parametrize("name", ["user_id", "thread_id", "run_id"])
@pytest.mark.parametrize("value", ["another", "", None])
def test_an_id_that_is_not_the_one_given(name: str, value: str | None) -> None:
    """Whatever stands there instead."""
    assert red([*made(ALICE), *reads(ALICE, 1, **{name: value})]) == {"CONTEXT-1"}


def test_a_context_may_choose_its_request_but_not_share_it() -> None:
    """None is no id; that of another context, or another of its own ids, is a wrong one."""
    both = [*made(ALICE), *made(BOB), *reads(ALICE, 1)]

    assert red([*both, *reads(BOB, 1, request_id="chosen")]) == set()
    assert red([*both, *reads(BOB, 1, request_id=None)]) == set()
    assert red([*both, *reads(BOB, 1, request_id="request-alice")]) == {"CONTEXT-1"}
    assert red([*both, *reads(BOB, 1, request_id=BOB.run_id)]) == {"CONTEXT-1"}


def test_what_was_noted_is_in_its_own_context_and_in_no_other() -> None:
    """It may be lost, or be found elsewhere."""
    noted = [*made(ALICE), *made(BOB), *notes(ALICE)]

    assert red([*noted, *reads(ALICE, 1)]) == {"CONTEXT-2"}
    assert red([*noted, *reads(BOB, 1, [token_of(ALICE)])]) == {"CONTEXT-2"}
    assert red([*noted, *reads(BOB, 1, [token_of(ALICE, 9)])]) == {"CONTEXT-2"}
