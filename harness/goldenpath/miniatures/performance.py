"""What does the right thing with more work than the reference, or in events of another shape."""

from __future__ import annotations

import copy
from typing import Any

from goldenpath.miniatures.base import miniature
from goldenpath.reference import EventFactory, Execution, RequestScopedDispatcher, ScriptedAgent
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


@miniature("CONTENT-8")
class RequestIdRenamed(EventFactory):
    """Somebody has renamed a field that no rule but the golden shape asks for."""

    def _ids(self) -> dict[str, str]:
        ids = super()._ids()
        return {"requestId" if name == "request_id" else name: ids[name] for name in ids}


@miniature("CONTENT-8", kind="agent")
class AttemptIsText(EventFactory):
    """A number has become text."""

    def _envelope(self, *told: Any, **more: Any) -> dict[str, Any]:
        envelope = super()._envelope(*told, **more)
        return {**envelope, "attempt": str(envelope["attempt"])}
