"""How the events of one run get to its user, and to nobody else.

An emitter is bound to one user context when it is made. Its promises:

- An event is one call of `send_to_user`, addressed to the user of the context.
- Events go out one at a time, in the order in which they were asked for.
- An event once begun is sent whole, even if whoever asked for it is cancelled meanwhile.
- Trouble with the transport never reaches the caller: the answer is False, and the work goes on.
- A user who does not take an event in time is cut off for the rest of the run: better an end
  than a hole.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Protocol

from .context import UserContext
from .events import Clock, Envelope, EventFactory, utc_now
from .waiting import settle

SEND_TIMEOUT = 3.0

logger = logging.getLogger(__name__)


class Manager(Protocol):
    """The transport: something that knows where users are connected."""

    async def send_to_user(self, user_id: str, message: Envelope, /) -> bool:
        """Send a message to one user; True if it was taken."""


class UserEmitter:
    """Sends the events of one run to its user; without a manager it sends nothing and says so."""

    def __init__(
        self,
        context: UserContext,
        manager: Manager | None,
        *,
        clock: Clock = utc_now,
        send_timeout: float = SEND_TIMEOUT,
    ) -> None:
        """Bind to a user and a transport."""
        self.context = UserContext.from_user(context)
        self.manager = manager
        self.events = EventFactory(self.context, clock)
        self._send_timeout = send_timeout
        self._turn = asyncio.Lock()
        self._cut_off = False

    @property
    def has_transport(self) -> bool:
        """Say whether there is anything to send with."""
        return self.manager is not None

    async def agent_started(self, agent_name: str) -> bool:
        """Tell that work has begun."""
        return await self._send(self.events.agent_started(agent_name))

    async def agent_thinking(self, reasoning: str) -> bool:
        """Tell what the agent is about to do."""
        return await self._send(self.events.agent_thinking(reasoning))

    async def tool_executing(
        self, tool_name: str, call_id: str, parameters: Mapping[str, Any]
    ) -> bool:
        """Tell that a tool is about to start."""
        return await self._send(self.events.tool_executing(tool_name, call_id, parameters))

    async def tool_completed(
        self,
        tool_name: str,
        call_id: str,
        status: str,
        result: Any = None,
        error: str | None = None,
    ) -> bool:
        """Tell how a tool has ended."""
        return await self._send(
            self.events.tool_completed(tool_name, call_id, status, result, error)
        )

    async def agent_completed(self, answer: Any) -> bool:
        """Tell the answer."""
        return await self._send(self.events.agent_completed(answer))

    async def agent_failed(self, error: str) -> bool:
        """Tell that the run has ended without an answer."""
        return await self._send(self.events.agent_failed(error))

    async def agent_cancelled(self) -> bool:
        """Tell that the run was called off."""
        return await self._send(self.events.agent_cancelled())

    async def _deliver(self, message: Envelope) -> bool:
        """Hand one message to the transport: the only place where that happens."""
        if self.manager is None:
            return False
        return await self.manager.send_to_user(self.context.user_id, message)

    async def _send(self, message: Envelope) -> bool:
        """See one message through, whatever happens to the caller."""
        if self.manager is None:
            return False
        sending = asyncio.create_task(self._send_in_turn(message))
        await settle(sending)
        return sending.result()

    async def _send_in_turn(self, message: Envelope) -> bool:
        async with self._turn:
            if self._cut_off:
                return False
            deadline = asyncio.timeout(self._send_timeout)
            try:
                async with deadline:
                    return bool(await self._deliver(message))
            except Exception as error:
                self._cut_off = deadline.expired()
                logger.info("%s was not delivered: %s", message["type"], type(error).__name__)
                return False
