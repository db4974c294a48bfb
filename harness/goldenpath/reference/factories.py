"""The ways to a dispatcher. Whichever is taken, what comes is the same.

- `create_request_scoped_tool_dispatcher` (in `dispatcher`): a function, for one request.
- `UnifiedToolDispatcher.create_for_user`: a classmethod, and the only way to this class, which
  lets a user have so many at once and no more.
- `ToolExecutorFactory`: an object that knows the way to the users, so that its callers need not.
- `tool_dispatcher`: a context in which there is a dispatcher, and after which there is none.
- `create_tool_dispatcher`: the old facade, with its arguments in the old order, not awaited.

None of them remembers what another call gave it: a default that was taken from one user would be
another user's.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Self
from weakref import WeakSet

from .context import UserContext
from .dispatcher import RequestScopedDispatcher, create_request_scoped_tool_dispatcher
from .emitter import SEND_TIMEOUT, Manager, UserEmitter
from .errors import NotByFactory, NotPermitted, TooManyDispatchers
from .registry import AnyTool

#: Dispatchers that a user may have at once.
MAX_PER_USER = 3

_BY_FACTORY = object()


class UnifiedToolDispatcher(RequestScopedDispatcher):
    """Made by its factory only. A place is taken by each that is open, and given back by its end,
    also where it is forgotten without one.
    """

    _open: ClassVar[dict[str, WeakSet[UnifiedToolDispatcher]]] = {}

    def __init__(self, *args: Any, by: object = None, admin_tools: bool = False) -> None:
        """Refuse whoever does not come from the factory, and one more than a user may have."""
        if by is not _BY_FACTORY:
            raise NotByFactory(type(self).__name__)
        super().__init__(*args)
        self._admin_tools = admin_tools
        mine = self._open.setdefault(self.context.user_id, WeakSet())
        if len(mine) >= MAX_PER_USER:
            raise TooManyDispatchers(MAX_PER_USER)
        mine.add(self)

    @classmethod
    async def create_for_user(
        cls,
        user_context: UserContext,
        websocket_bridge: UserEmitter | None = None,
        tools: Iterable[AnyTool] | None = None,
        enable_admin_tools: bool = False,
        tool_timeout: float | None = None,
    ) -> Self:
        """Make a dispatcher for this user, with admin tools if asked for and if they are an admin.

        Raises TooManyDispatchers where the user has as many as they may.
        """
        given = (user_context, websocket_bridge, tools or (), tool_timeout)
        return cls(*given, by=_BY_FACTORY, admin_tools=enable_admin_tools)

    async def cleanup(self) -> None:
        """Close the session, and give its place back."""
        await super().cleanup()
        mine = self._open.get(self.context.user_id)
        if mine is not None:
            mine.discard(self)
            if not mine:
                del self._open[self.context.user_id]

    def _authorize(self, tool: AnyTool) -> None:
        super()._authorize(tool)
        if getattr(tool, "admin_only", False) and not self._admin_tools:
            raise NotPermitted(tool.name)


class ToolExecutorFactory:
    """Makes dispatchers that reach their users by one manager of connections."""

    def __init__(
        self,
        websocket_manager: Manager | None = None,
        tool_timeout: float | None = None,
        send_timeout: float = SEND_TIMEOUT,
    ) -> None:
        """Take the manager for all that are made without one of their own."""
        self._manager = websocket_manager
        self._tool_timeout, self._send_timeout = tool_timeout, send_timeout

    async def create_request_scoped_dispatcher(
        self,
        user_context: UserContext,
        tools: Iterable[AnyTool] | None = None,
        websocket_manager: Manager | None = None,
    ) -> RequestScopedDispatcher:
        """Make the dispatcher of one request; a manager given here is for this one only."""
        manager = websocket_manager or self._manager
        emitter = None
        if manager is not None:
            emitter = UserEmitter(user_context, manager, send_timeout=self._send_timeout)
        return await create_request_scoped_tool_dispatcher(
            user_context, tools, emitter, self._tool_timeout
        )


@asynccontextmanager
async def tool_dispatcher(
    user_context: UserContext,
    tools: Iterable[AnyTool] | None = None,
    websocket_emitter: UserEmitter | None = None,
    tool_timeout: float | None = None,
) -> AsyncIterator[RequestScopedDispatcher]:
    """Give a dispatcher for as long as the context lasts."""
    dispatcher = await create_request_scoped_tool_dispatcher(
        user_context, tools, websocket_emitter, tool_timeout
    )
    async with dispatcher:
        yield dispatcher


def create_tool_dispatcher(
    tools: Iterable[AnyTool],
    websocket_emitter: UserEmitter | None,
    user_context: UserContext,
    tool_timeout: float | None = None,
) -> RequestScopedDispatcher:
    """Make a dispatcher as old consumers ask for one."""
    return RequestScopedDispatcher(user_context, websocket_emitter, tools, tool_timeout)
