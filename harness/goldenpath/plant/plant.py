"""The plant: everything of ours that a target is given in one workload."""

from __future__ import annotations

from collections.abc import Iterable

from goldenpath.canary import SELF, mint
from goldenpath.model import User
from goldenpath.plant.handlers import PlantedHandler
from goldenpath.plant.shapes import Tap
from goldenpath.plant.sockets import Sockets
from goldenpath.plant.tools import Gates, Tools, plant_tools
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

    def user(self, name: str, run_id: str, *, is_admin: bool = False) -> PlantedUser:
        """The user as a factory sees it; the run belongs to this user from now on."""
        self.transport.own_run(run_id, name)
        return as_planted(self.users[name], run_id, is_admin=is_admin)

    def tap(self, name: str, condition: str, *, falters: bool = False) -> Tap:
        """Open a link for the user and return their view of the transport. falters: one that is
        raising does so now and then, and ever another error.
        """
        self.transport.disconnect(name)
        if condition != "absent":
            self.transport.connect(name, condition, falters=falters)
        return Tap(self.transport, name, absent=condition == "absent")

    def tools(self, name: str, tools: Iterable[str], *, twin: bool = False) -> Tools:
        """Make tools for this user; `twin`: to be registered under names that are taken."""
        mark = mint(self.users[name].owner, SELF)
        return plant_tools(tools, name, mark, self.recorder, self.gates, twin=twin)

    def handler(
        self, name: str, types: Iterable[str], behaviour: str, link: str | None = None
    ) -> PlantedHandler:
        """Make a handler of messages of these types, for all or for one connection."""
        socket = self.sockets[link] if link is not None else None
        user_id = self.users[socket.user].user_id if socket is not None else None
        made = (name, tuple(types), behaviour, self.recorder, self.gates)
        return PlantedHandler(*made, user_id, socket)
