"""Planted users: realistic ids out of the seed, and canaries that mark what is theirs."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenpath import spec
from goldenpath.canary import FIRST_CALL, SELF, THREAD, find
from goldenpath.plant import PlantedUser, plant_user
from goldenpath.plant.users import INVALID, NAMES, as_planted, name_of

SEEDS = st.integers(0, 2**32)


@pytest.mark.parametrize(
    ("position", "name"),
    [(0, "alice"), (1, "bob"), (15, "peggy"), (16, "alice2"), (31, "peggy2"), (32, "alice3")],
)
def test_names_have_no_end(position: int, name: str) -> None:
    """They begin again with a number, and none comes twice."""
    assert name_of(position) == name
    assert len({name_of(n) for n in range(10 * len(NAMES))}) == 10 * len(NAMES)


@given(SEEDS, st.integers(0, 255))
def test_the_same_seed_gives_the_same_user(seed: int, position: int) -> None:
    """Nothing about a user depends on anything else."""
    assert plant_user(seed, position) == plant_user(seed, position)


@given(SEEDS)
def test_users_of_a_run_have_nothing_in_common(seed: int) -> None:
    """Names, ids, threads, runs and marks are all different, for as many users as there can be."""
    users = [plant_user(seed, n) for n in range(256)]

    for field in ("name", "owner", "user_id", "thread_id", "run_id"):
        assert len({getattr(user, field) for user in users}) == 256


@given(SEEDS, SEEDS)
def test_another_seed_gives_other_ids(one: int, other: int) -> None:
    """What a target remembers of another run is not taken for this one's."""
    first, second = plant_user(one, 0), plant_user(other, 0)

    assert (first.user_id == second.user_id) is (one == other)


@given(SEEDS, st.integers(0, 255))
def test_ids_are_realistic(seed: int, position: int) -> None:
    """UUIDs, because targets check them; the thread holds a canary of its user."""
    user = plant_user(seed, position)

    assert uuid.UUID(user.user_id).version == 4
    assert uuid.UUID(user.run_id).version == 4
    assert [(token.owner, token.number) for token in find(user.thread_id or "")] == [
        (user.owner, THREAD)
    ]


@pytest.mark.parametrize(
    ("admin", "roles"), [(False, ("user",)), (True, ("admin", "user"))], ids=["user", "admin"]
)
def test_a_factory_sees_the_user_for_one_run(admin: bool, roles: tuple[str, ...]) -> None:
    """The user's ids, the run's id, and a canary that is theirs."""
    user = plant_user(0, 0)
    planted = as_planted(user, "run-1", is_admin=admin)

    assert (planted.name, planted.user_id, planted.thread_id) == (
        user.name,
        user.user_id,
        user.thread_id,
    )
    assert planted.run_id == "run-1"
    assert (planted.is_admin, planted.roles) == (admin, roles)
    assert [(token.owner, token.number) for token in find(planted.canary)] == [(user.owner, SELF)]


def test_requests_and_sessions_belong_to_a_run() -> None:
    """The same run has the same ids again, another run has others, and no two are the same."""
    user = plant_user(0, 0)
    one, again, other = (as_planted(user, run) for run in ("run-1", "run-1", "run-2"))

    assert one == again
    assert len({one.request_id, one.session_id, other.request_id, other.session_id}) == 4


def test_calls_are_counted_where_nothing_else_is() -> None:
    """The numbers of the user and the thread are below those of the calls."""
    assert max(SELF, THREAD) < FIRST_CALL


GOOD = as_planted(plant_user(0, 0), "run-1")


def test_each_invalid_user_of_the_contract_can_be_made() -> None:
    """Those that must be refused and the placeholders, and no other."""
    others = [how for how in spec.INVALID_IDS if how not in spec.INVALID_USERS]
    assert list(INVALID) == [*spec.INVALID_USERS, *others, *spec.PLACEHOLDER_USERS]


@pytest.mark.parametrize("how", INVALID)
def test_an_invalid_user_is_wrong_in_the_one_way_that_its_name_says(how: str) -> None:
    """All else is the good user's, whose own ids are no placeholder."""
    made = INVALID[how](GOOD)

    assert made != GOOD
    if how == "None":
        assert made is None
    else:
        assert isinstance(made, PlantedUser)
        name = next(name for name in spec.CONTEXT_IDS if name in how)
        assert replace(made, **{name: getattr(GOOD, name)}) == GOOD


@pytest.mark.parametrize("how", spec.INVALID_USERS[1:])
def test_an_id_that_must_be_refused_says_nothing(how: str) -> None:
    """None, empty or blank: whatever a target looks at, it is nobody's."""
    made = INVALID[how](GOOD)

    assert made is not None
    assert not (made.user_id or "").strip()


@pytest.mark.parametrize("how", spec.PLACEHOLDER_USERS)
def test_a_placeholder_stands_in_its_name(how: str) -> None:
    """So that a finding shows what was let in."""
    made = INVALID[how](GOOD)

    assert made is not None
    assert repr(made.user_id) in how
