"""Who is asking: the ids that every call, event and tool of one request is bound to.

A context is made once, at the door, from what the login proved. It is frozen and it is passed
on by hand: no component of the platform looks the current user up in a global, and therefore
none can find the wrong one there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

REQUIRED_IDS = ("user_id", "thread_id", "run_id", "request_id", "session_id")


@dataclass(frozen=True, slots=True)
class UserContext:
    """One user's one request; refuses to exist with a missing, empty or blank id.

    metadata: what those who work on the request note for each other; it belongs to this context.
    """

    user_id: str
    thread_id: str
    run_id: str
    request_id: str
    session_id: str
    is_admin: bool = False
    roles: tuple[str, ...] = ()
    metadata: dict[str, Any] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        """Refuse ids that could stand for nobody or for everybody."""
        for name in REQUIRED_IDS:
            value = getattr(self, name)
            if not isinstance(value, str) or not value.strip():
                raise ValueError(f"a user context needs a {name}, got {value!r}")

    @classmethod
    def from_user(cls, user: object) -> UserContext:
        """Take the context from any object with these attributes; a context is returned as is."""
        if isinstance(user, UserContext):
            return user
        if user is None:
            raise ValueError("a user context is required, got None")
        ids: dict[str, Any] = {name: getattr(user, name, None) for name in REQUIRED_IDS}
        return cls(
            **ids,
            is_admin=getattr(user, "is_admin", False) is True,
            roles=tuple(getattr(user, "roles", ())),
        )
