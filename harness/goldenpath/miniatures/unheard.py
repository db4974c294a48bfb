"""What becomes of calls and claims when the link of their user is gone."""

from __future__ import annotations

from typing import Any, ClassVar
from weakref import WeakSet

from goldenpath.miniatures.base import miniature
from goldenpath.reference import Execution, RequestScopedDispatcher, UserEmitter

# --- ISOLATION-1 ---------------------------------------------------------------------------------


@miniature("ISOLATION-1", implied={"ISOLATION-2": "it takes the data of its owner along"})
class GoesToWhoIsThere(UserEmitter):
    """An event that its user cannot get goes to another who is connected."""

    everybody: ClassVar[WeakSet[UserEmitter]] = WeakSet()

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.everybody.add(self)

    async def _deliver(self, message: dict[str, Any]) -> bool:
        if await super()._deliver(message):
            return True
        manager: Any = self.manager
        others = sorted({other.context.user_id for other in self.everybody})
        for user_id in [other for other in others if manager.is_connected(other)][:1]:
            await manager.send_to_user(user_id, message)
        return False


# --- TOOL-3 --------------------------------------------------------------------------------------


@miniature("TOOL-3")
class FailsUnheard(RequestScopedDispatcher):
    """A call whose end its user cannot be told of fails, though its tool worked."""

    async def _report(self, execution: Execution) -> None:
        await super()._report(execution)
        manager: Any = self._emitter.manager if self._emitter is not None else None
        if manager is not None and not manager.is_connected(self.context.user_id):
            raise ConnectionError("nobody is there")


# --- DELIVERY-6 ----------------------------------------------------------------------------------


@miniature("DELIVERY-6")
class ClaimsWhatDidNotRaise(UserEmitter):
    """Whatever could be sent without an error is said to be delivered."""

    async def _deliver(self, message: dict[str, Any]) -> bool:
        await super()._deliver(message)
        return True
