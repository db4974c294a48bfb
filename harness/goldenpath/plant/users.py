"""Planted users: realistic ids made from the seed, and the canaries that mark them."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

from goldenpath.canary import CREDENTIAL, SELF, THREAD, USERS, mint, owner_mark, request_ids
from goldenpath.model import User

NAMES = (
    *("alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi"),
    *("ivan", "judy", "kim", "leo", "mia", "nina", "oscar", "peggy"),
)


@dataclass(frozen=True)
class PlantedUser:
    """What a factory is given as `user`. `canary` is the token that marks this user's things.
    `token` is what they logged in with: it belongs into no event.
    """

    name: str
    user_id: str
    thread_id: str
    run_id: str
    request_id: str
    session_id: str
    canary: str
    token: str
    is_admin: bool = False
    roles: tuple[str, ...] = ("user",)


def name_of(position: int) -> str:
    """The name of the user at this position, without end: alice, bob, ..., alice2, ..."""
    again, place = divmod(position, len(NAMES))
    return NAMES[place] + (str(again + 1) if again else "")


def plant_user(seed: int, position: int) -> User:
    """Make the user at `position`; the same seed gives the same ids."""
    rng = random.Random(f"user:{seed}:{position}")
    owner = owner_mark(seed, position)
    return User(
        name=name_of(position),
        owner=owner,
        user_id=str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        thread_id=f"thread_{mint(owner, THREAD)}",
        run_id=str(uuid.UUID(int=rng.getrandbits(128), version=4)),
    )


#: The user of a probe, who is none of a run's, and their canary.
PROBE = plant_user(0, USERS)
PROBE_MARK = mint(PROBE.owner, SELF)

#: The user contexts of `spec.INVALID_USERS`, `INVALID_IDS` and `PLACEHOLDER_USERS`, made of one
#: that is right.
INVALID: dict[str, Callable[[PlantedUser], PlantedUser | None]] = {
    "None": lambda _: None,
    "a user_id that is None": lambda user: replace(user, user_id=None),  # type: ignore[arg-type]
    "an empty user_id": lambda user: replace(user, user_id=""),
    "a blank user_id": lambda user: replace(user, user_id="   "),
    "an empty thread_id": lambda user: replace(user, thread_id=""),
    "a blank thread_id": lambda user: replace(user, thread_id="   "),
    "an empty run_id": lambda user: replace(user, run_id=""),
    "a blank run_id": lambda user: replace(user, run_id="   "),
    "the user_id 'placeholder'": lambda user: replace(user, user_id="placeholder"),
    "the user_id 'default_user'": lambda user: replace(user, user_id="default_user"),
}


def as_planted(user: User, run_id: str, *, is_admin: bool = False) -> PlantedUser:
    """The user as a factory sees it, for the run or session `run_id`."""
    request_id, session_id = request_ids(run_id)
    return PlantedUser(
        name=user.name,
        user_id=user.user_id or "",
        thread_id=user.thread_id or "",
        run_id=run_id,
        request_id=request_id,
        session_id=session_id,
        canary=mint(user.owner, SELF),
        token=f"tok_{mint(user.owner, CREDENTIAL)}",
        is_admin=is_admin,
        roles=("admin", "user") if is_admin else ("user",),
    )
