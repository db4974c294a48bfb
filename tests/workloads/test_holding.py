"""What registries and contexts are asked: each change is looked at from all sides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from goldenpath import spec
from goldenpath.model import Step
from goldenpath.plant import plant_user
from goldenpath.workloads import WORKLOADS, Script

HAS = dict.fromkeys(("removes", "freezes", "apart", "notes", "placeholders"), "yes")
LOOKS = {"look_up", "has_item", "list_items"}
CHANGES = {"register_item", "remove_item", "freeze"}


def asked(name: str, kind: str, size: int = 2, **card: str) -> list[Step]:
    """All steps in order; of those at once, each."""
    workload = WORKLOADS[name]
    users = [plant_user(1, n) for n in range(workload.users["quick"])]
    script = Script(kind, 1, users, HAS | card)
    lanes = workload.build(script, size)
    return list(_flat(step for lane in lanes for step in lane))


def _flat(steps: Iterator[Step]) -> Iterator[Step]:
    for step in steps:
        yield step
        for lane in step.lanes:
            yield from _flat(iter(lane))


def actions(steps: list[Step]) -> set[str]:
    return {step.action for step in steps}


def names(steps: list[Step], action: str) -> list[str]:
    return [step.args["name"] for step in steps if step.action == action]


# --- registries -----------------------------------------------------------------------------------


def test_each_change_is_looked_at_from_all_sides() -> None:
    """Before the next; the name that was changed is looked up, asked for and listed."""
    steps = asked("registry", "registry")
    places = [at for at, step in enumerate(steps) if step.action in CHANGES]
    frozen = next(at for at, step in enumerate(steps) if step.action == "freeze")

    for at, following in zip(places, [*places[1:], len(steps)], strict=True):
        between = steps[at + 1 : following]
        changed = steps[at].args.get("name")
        looked = {step.args.get("name") for step in between if step.action in LOOKS}
        if between:  # what is registered at last in a round is looked at after the next change
            assert actions(between) == LOOKS
            assert changed is None or changed in looked or at > frozen


def test_names_are_taken_twice_removed_and_given_again() -> None:
    """Also ones that are no identifiers; what was never there is removed, too."""
    steps = asked("registry", "registry", size=4, freezes="UNSUPPORTED: no")
    put, gone = names(steps, "register_item"), names(steps, "remove_item")

    assert any(not name.isidentifier() for name in put)
    assert any(put.count(name) > gone.count(name) + 1 for name in put)
    assert set(gone) - set(put)
    assert set(gone) & set(put)


def test_once_frozen_every_change_is_tried() -> None:
    """A new name, one that is taken, and to remove one."""
    steps = asked("registry", "registry")
    frozen = next(at for at, step in enumerate(steps) if step.action == "freeze")
    before, after = steps[:frozen], steps[frozen:]

    tried = names(after, "register_item")
    assert set(tried) - set(names(before, "register_item"))
    assert set(tried) & set(names(before, "register_item"))
    assert names(after, "remove_item")


@pytest.mark.parametrize(
    ("card", "never"),
    [
        ({"removes": "UNSUPPORTED: no"}, {"remove_item"}),
        ({"freezes": "UNSUPPORTED: no"}, {"freeze"}),
    ],
)
@pytest.mark.parametrize("name", ["registry", "registry_at_once", "two_registries"])
def test_what_it_has_not_it_is_not_asked(name: str, card: dict[str, str], never: set[str]) -> None:
    assert not actions(asked(name, "registry", **card)) & never


def test_at_once_each_round_has_names_of_its_own() -> None:
    """Whatever becomes of a round, the next is not told by it; the first two are for one name."""
    steps = asked("registry_at_once", "registry", size=5)
    bursts = [step for step in steps if step.action == "together"]
    first = [names([inner for lane in burst.lanes for inner in lane], "register_item")
             for burst in bursts]  # fmt: skip

    assert len([put for put in first if len(put) == 2 and len(set(put)) == 1]) == 5
    assert all(len(burst.lanes) in (2, 3) for burst in bursts)
    new = [name for put in first for name in dict.fromkeys(put)]
    assert len(set(new)) >= 4 * 5


def test_two_users_use_the_same_names() -> None:
    """And one of each name is the other's own item."""
    steps = asked("two_registries", "registry")
    put = {actor: set[str]() for actor in ("alice", "bob")}
    tokens: list[str] = []
    for step in steps:
        if step.action == "register_item":
            put[step.actor].add(step.args["name"])
            tokens.append(step.args["token"])

    assert put["alice"] & put["bob"]
    assert put["alice"] - put["bob"]
    assert put["bob"] - put["alice"]
    assert len(set(tokens)) == len(tokens)


def test_who_share_one_are_not_asked_whether_it_is_kept_apart() -> None:
    assert asked("two_registries", "registry", apart="UNSUPPORTED: shared") == []


# --- contexts -------------------------------------------------------------------------------------


def test_invalid_contexts_come_with_a_control() -> None:
    """Each way to be nobody once, and one that is right; placeholders where they are refused."""
    steps = asked("invalid_ids", "context")
    wrong = [step.args["user"] for step in steps if step.action == "create_invalid"]

    assert wrong == [*spec.INVALID_IDS, *spec.PLACEHOLDER_USERS]
    assert [step.action for step in steps].count("create") == 1
    without = asked("invalid_ids", "context", placeholders="UNSUPPORTED: no")
    assert len(without) == len(steps) - len(spec.PLACEHOLDER_USERS)


def test_after_each_note_all_contexts_are_read() -> None:
    """Of two users, and of several runs of one."""
    steps = asked("contexts", "context", size=3)
    made = [step.who for step in steps if step.action == "create"]
    notes = [at for at, step in enumerate(steps) if step.action == "note"]

    assert len(made) == len(set(made)) == 5
    assert [steps[at].who for at in notes] == made
    for at in notes:
        assert [step.who for step in steps[at + 1 : at + 6]] == made


def test_what_cannot_be_noted_is_not() -> None:
    """The contexts are read all the same, at first and at last."""
    steps = asked("contexts", "context", notes="UNOBSERVABLE: no")
    reads: Mapping[str, Any] = {
        who: sum(step.who == who for step in steps if step.action == "read_context")
        for who in {step.who for step in steps if step.action == "create"}
    }

    assert "note" not in actions(steps)
    assert set(reads.values()) == {2}
