"""An agent that follows a plan where a real one would ask a model.

Everything around the model is as in a real agent: it says that it has begun, thinks aloud
before each round, makes the calls of a round in parallel, goes on if a tool fails, and closes
the run with exactly one terminal event, however it ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from .dispatcher import RequestScopedDispatcher
from .emitter import UserEmitter
from .errors import PlatformError, SessionClosed
from .plan import AnyCall, AnyPlan


class ScriptedAgent:
    """Runs plans for one user, one at a time."""

    name = "scripted_agent"

    def __init__(self, dispatcher: RequestScopedDispatcher, emitter: UserEmitter) -> None:
        """Bind to the session's tools and to the way to its user."""
        self.dispatcher = dispatcher
        self.emitter = emitter
        self._running = asyncio.Lock()
        self._closed = False

    async def run(self, message: str, plan: AnyPlan) -> str:
        """Follow a plan and return its answer; ends with a terminal event in any case."""
        self._refuse_if_closed()
        async with self._running:
            self._refuse_if_closed()
            try:
                await self._begin(message)
                for calls in plan.rounds:
                    await self._think(calls)
                    await self._round(calls)
                answer = plan.answer
            except asyncio.CancelledError:
                await self._cancelled()
                raise
            except Exception as error:
                await self._failed(error)
                raise
            return await self._finish(answer)

    async def cleanup(self) -> None:
        """Close the session, and wait until a run that was under way has said its last word."""
        self._closed = True
        await self.dispatcher.cleanup()
        async with self._running:
            pass

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise SessionClosed

    async def _begin(self, message: str) -> None:
        """Announce the run; a real agent would hand the message to its model here."""
        await self.emitter.agent_started(self.name)

    async def _think(self, calls: Sequence[AnyCall]) -> None:
        tools = ", ".join(str(call.tool) for call in calls)
        await self.emitter.agent_thinking(f"I will use: {tools}" if calls else "I need no tool.")

    async def _round(self, calls: Sequence[AnyCall]) -> None:
        """Make all calls at once and wait for every one of them, also when the run is cancelled.

        A call that fails is its own affair, which its events tell; only the end of the session
        ends the run.
        """
        outcomes = await asyncio.gather(*map(self._call, calls), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, SessionClosed):
                raise outcome

    async def _call(self, call: AnyCall) -> object:
        return await self.dispatcher._execute(call.tool, call.arguments, call.id)

    async def _finish(self, answer: str) -> str:
        await self.emitter.agent_completed(answer)
        return answer

    async def _cancelled(self) -> None:
        await self.emitter.agent_cancelled()

    async def _failed(self, error: Exception) -> None:
        """Tell the user that it failed; why is told only in words that were written for users."""
        ours = isinstance(error, PlatformError)
        await self.emitter.agent_failed(str(error) if ours else "the agent failed unexpectedly")
