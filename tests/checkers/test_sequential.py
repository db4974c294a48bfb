"""The sequential specification of a registry, and what calls at once may have answered."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from goldenpath.checkers.sequential import UNSURE, Operation, State, after, linearized

EMPTY = State({})
NAMES = st.sampled_from(["a", "b"])
ASKED = st.tuples(
    st.sampled_from(["register_item", "remove_item", "look_up", "has_item", "list_items"]), NAMES
)


def performed(asked: Sequence[tuple[str, str]], frozen: bool = False) -> list[Operation]:
    """What a right registry, one that refuses a name that is taken, answers one by one."""
    held: dict[str, str] = {}
    done = []
    for n, (what, name) in enumerate(asked):
        each = Operation(what, name, 2 * n, 2 * n + 1, token=f"t{n}")
        if what == "register_item":
            each = replace(each, refused=name in held)
            held.setdefault(name, each.token)
        elif what == "remove_item":
            each = replace(each, refused=held.pop(name, None) is None)
        elif what == "look_up":
            each = replace(each, refused=name not in held, found=held.get(name))
        elif what == "has_item":
            each = replace(each, found=name in held)
        else:
            each = replace(each, found=list(held))
        done.append(each)
    return done


def brute(operations: tuple[Operation, ...]) -> set[State]:
    """The same by trying every order."""
    ends = set()
    for order in itertools.permutations(operations):
        if any(later.ended < one.began for one, later in itertools.combinations(order, 2)):
            continue
        state: State | None = EMPTY
        for each in order:
            state = after(state, each) if state is not None else None
        if state is not None:
            ends.add(state)
    return ends


@given(st.lists(ASKED, max_size=6), st.lists(st.integers(0, 12), min_size=6, max_size=6))
def test_what_was_done_one_by_one_is_found_however_the_calls_overlap(
    asked: list[tuple[str, str]], earlier: list[int]
) -> None:
    """Calls that begin earlier than they took effect: their order is among those that are tried."""
    done = tuple(
        replace(each, began=max(0, each.began - more))
        for each, more in zip(performed(asked), earlier, strict=False)
    )

    assert linearized({EMPTY}, done)


@given(st.lists(ASKED, min_size=1, max_size=5), st.data())
def test_the_search_finds_what_trying_every_order_finds(
    asked: list[tuple[str, str]], data: st.DataObject
) -> None:
    """Also where answers are wrong, and none explains them."""
    done = [
        replace(
            each,
            began=each.began - 2 * data.draw(st.integers(0, 3)),
            refused=each.refused ^ data.draw(st.booleans()),
        )
        for each in performed(asked)
    ]

    assert set(linearized({EMPTY}, tuple(done))) == brute(tuple(done))


@given(st.lists(ASKED, min_size=1, max_size=6), st.data())
def test_a_look_that_says_the_contrary_is_explained_by_no_order(
    asked: list[tuple[str, str]], data: st.DataObject
) -> None:
    """Of calls one after the other one answer that is turned round cannot be."""
    looks = [*asked, ("has_item", data.draw(NAMES))]
    *before, last = performed(looks)

    assert linearized({EMPTY}, (*before, last))
    assert not linearized({EMPTY}, (*before, replace(last, found=not last.found)))


def test_two_that_register_one_name_are_not_both_let_in_where_the_second_is_refused() -> None:
    """What it does with a name that is taken is known of it."""
    both = tuple(Operation("register_item", "a", 0, 9, token=f"t{n}") for n in range(2))

    assert linearized({State({}, again="replace")}, both)
    assert not linearized({State({}, again="refuse")}, both)


def test_of_what_is_not_known_the_next_look_says_what_it_is() -> None:
    """Either answer is right, and is held to from then on."""
    unsure = State({"a": UNSURE})
    found = Operation("look_up", "a", 0, 1, found="t0")
    gone = Operation("look_up", "a", 0, 1, refused=True)

    assert after(unsure, found) == State({"a": "t0"})
    assert after(unsure, gone) == EMPTY


def test_nothing_changes_once_it_is_frozen() -> None:
    """Changes are refused, and looks go on."""
    frozen = State({"a": "t0"}, frozen=True)
    change = Operation("register_item", "b", 0, 1, token="t1")

    assert after(frozen, change) is None
    assert after(frozen, replace(change, refused=True)) == frozen
    assert after(frozen, Operation("remove_item", "a", 0, 1)) is None
    assert after(frozen, Operation("look_up", "a", 0, 1, found="t0")) == frozen
