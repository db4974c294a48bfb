"""A dispatcher that works with LangChain's tools alone, and two that go wrong with them.

Over the reference, so that all else is sound: `make` conforms, `drops` and `by_text` do not.
"""

from __future__ import annotations

from typing import Any

from langchain_core.tools import BaseTool

from goldenpath import dispatcher
from goldenpath.reference import RequestScopedDispatcher, UserContext, UserEmitter


class Wrapped:
    """One of LangChain's tools, as the platform runs it."""

    def __init__(self, tool: BaseTool) -> None:
        self.tool, self.name, self.description = tool, tool.name, tool.description
        self.parameters: Any = tool.args_schema
        self.admin_only = getattr(tool, "admin_only", False)

    async def arun(self, /, **parameters: Any) -> Any:
        return await self.tool.arun(parameters)


class ByText(Wrapped):
    """Gives the tool its parameters as one text."""

    async def arun(self, /, **parameters: Any) -> Any:
        return await self.tool.arun({"input": str(parameters)})


class LangChainDispatcher(RequestScopedDispatcher):
    wrap = Wrapped

    def __init__(self, context: Any, emitter: Any, tools: list[BaseTool]) -> None:
        super().__init__(context, emitter)
        for tool in tools:
            self.register_tool(tool)

    def register_tool(self, tool: Any) -> None:
        self._refuse_if_closed()
        if not isinstance(tool, BaseTool):
            raise TypeError(f"expected a BaseTool, got {type(tool).__name__}")
        super().register_tool(self.wrap(tool))


class Drops(RequestScopedDispatcher):
    """Takes our tools, and drops LangChain's without a word."""

    def register_tool(self, tool: Any) -> None:
        if not isinstance(tool, BaseTool):
            super().register_tool(tool)


class DispatcherByText(LangChainDispatcher):
    wrap = ByText


def _made(kind: type[RequestScopedDispatcher], user: Any, tap: Any, tools: Any) -> Any:
    context = UserContext.from_user(user)
    emitter = UserEmitter(context, tap.manager) if tap.manager else None
    return kind(context, emitter, tools)


@dispatcher(accepts={"langchain"})
def make(user: Any, tap: Any, tools: Any) -> Any:
    return _made(LangChainDispatcher, user, tap, tools.as_langchain())


@dispatcher(accepts={"langchain"})
def by_text(user: Any, tap: Any, tools: Any) -> Any:
    return _made(DispatcherByText, user, tap, tools.as_langchain())


@dispatcher(accepts={"langchain", "tool"})
def drops(user: Any, tap: Any, tools: Any) -> Any:
    return _made(Drops, user, tap, tools)
