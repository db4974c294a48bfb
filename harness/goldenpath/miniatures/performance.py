"""What does the right thing with more work than the reference."""

from __future__ import annotations

import copy
from typing import Any

from goldenpath.miniatures.base import miniature
from goldenpath.reference import Execution, RequestScopedDispatcher, ScriptedAgent
from goldenpath.reference.execution import checked


@miniature("PERF-1")
class ValidatesAgain(RequestScopedDispatcher):
    """Parameters are validated again and again on their way to the tool."""

    async def _invoke(self, execution: Execution) -> Any:
        for _ in range(10):
            checked(execution.parameters)
        return await super()._invoke(execution)


@miniature("PERF-1")
class AgentCopiesArguments(ScriptedAgent):
    """The arguments of each call are copied, deeply, before it is made."""

    async def _call(self, call: Any) -> object:
        copy.deepcopy(dict(call.arguments))
        return await super()._call(call)
