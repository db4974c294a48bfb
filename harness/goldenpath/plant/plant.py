"""The plant: everything of ours that a target is given in one workload."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from goldenpath.canary import SELF, mint
from goldenpath.model import User
from goldenpath.plant.handlers import PlantedHandler
from goldenpath.plant.shapes import Tap
from goldenpath.plant.sockets import Sockets
from goldenpath.plant.tools import Gates, Owner, Tools, plant_tools
from goldenpath.plant.transport import MAX_FRAME, Transport
from goldenpath.plant.users import PlantedUser, as_planted
from goldenpath.recorder import Recorder


class Plant:
    """Users, tools and one transport, sharing one recorder."""

    def __init__(
        self, recorder: Recorder, users: Iterable[User], *, max_frame: int = MAX_FRAME
    ) -> None:
        self.recorder = recorder
        self.max_frame = max_frame
        self.users = {user.name: user for user in users}
        self.gates = Gates()
        self.transport = Transport(recorder, self.users.values(), max_frame, self.gates)
        self.sockets = Sockets(recorder, self.gates, max_frame)

    def user(
        self, name: str, run_id: str, *, is_admin: bool = False, thread_id: str | None = None
    ) -> PlantedUser:
        """The user as a factory sees it; the run belongs to this user from now on. thread_id: of a
        session that works in a thread of its own.
        """
        self.transport.own_run(run_id, name)
        user = self.users[name]
        if thread_id is not None:
            user = replace(user, thread_id=thread_id)
        return as_planted(user, run_id, is_admin=is_admin)

    def tap(self, name: str, condition: str, *, falters: bool = False, session: str = "") -> Tap:
        """Open a link for the user and return their view of the transport. falters: one that is
        raising does so now and then, and ever another error. session: one of several of theirs,
        which share the link that they have, if any.
        """
        if not session:
            self.transport.disconnect(name)
        if condition != "absent" and not self.transport.linked(name):
            self.transport.connect(name, condition, falters=falters)
        return Tap(self.transport, name, absent=condition == "absent", session=session)

    def tools(
        self, name: str, tools: Iterable[str], *, twin: bool = False, session: str = ""
    ) -> Tools:
        """Make tools for this user, or for one of several sessions of theirs; `twin`: to be
        registered under names that are taken.
        """
        mark = mint(self.users[name].owner, SELF)
        owner = Owner(name, mark, self.recorder, self.gates, twin, session)
        return plant_tools(tools, owner)

    def handler(
        self, name: str, types: Iterable[str], behaviour: str, link: str | None = None
    ) -> PlantedHandler:
        """Make a handler of messages of these types, for all or for one connection."""
        socket = self.sockets[link] if link is not None else None
        user_id = self.users[socket.user].user_id if socket is not None else None
        made = (name, tuple(types), behaviour, self.recorder, self.gates)
        return PlantedHandler(*made, user_id, socket)
