"""Parameters and results that arrive other than they were, or not at all."""

from __future__ import annotations

import asyncio
import functools
import json
from typing import Any

from goldenpath.miniatures.base import miniature
from goldenpath.reference import Execution, RequestScopedDispatcher

_EVERYWHERE = {
    "RECOVERY-1": "the outcome is changed with every transport, so also where there is none",
    "RECOVERY-2": "the outcome is changed with every transport, so also with one that raises",
}

# --- TOOL-2 --------------------------------------------------------------------------------------


class _Changed(RequestScopedDispatcher):
    async def _invoke(self, execution: Execution) -> Any:
        execution.parameters = self.change(execution.parameters)
        return await super()._invoke(execution)

    def change(self, parameters: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError


@miniature("TOOL-2")
class DropsContext(_Changed):
    """A parameter called context is taken for the platform's own."""

    def change(self, parameters: dict[str, Any]) -> dict[str, Any]:
        return {k: v for k, v in parameters.items() if k != "context"}


@miniature("TOOL-2")
class DropsFalsy(_Changed):
    """Parameters with a falsy value are left out."""

    def change(self, parameters: dict[str, Any]) -> dict[str, Any]:
        return {k: v for k, v in parameters.items() if v}


@miniature("TOOL-2")
class FloatsNumbers(_Changed):
    """Whole numbers become floats."""

    def change(self, parameters: dict[str, Any]) -> dict[str, Any]:
        return {k: float(v) if type(v) is int else v for k, v in parameters.items()}


@miniature("TOOL-2")
class AddsParameter(_Changed):
    """The user's id is slipped in among the parameters."""

    def change(self, parameters: dict[str, Any]) -> dict[str, Any]:
        return {**parameters, "user_id": self.context.user_id}


@miniature("TOOL-2")
class NameCollides(RequestScopedDispatcher):
    """A parameter called like an argument of the platform's own function is refused."""

    async def _invoke(self, execution: Execution) -> Any:
        return await self._run(execution.tool, **execution.parameters)

    async def _run(self, tool: Any, **parameters: Any) -> Any:
        return await tool.arun(**parameters)


@miniature("TOOL-2")
class TakesConfig(_Changed):
    """Parameters that LangChain's tools take for their own are left out."""

    def change(self, parameters: dict[str, Any]) -> dict[str, Any]:
        return {k: v for k, v in parameters.items() if k not in ("config", "callbacks", "tags")}


@miniature("TOOL-2")
class LongTextsCut(_Changed):
    """Text in parameters is cut at 64 KiB."""

    def change(self, parameters: dict[str, Any]) -> dict[str, Any]:
        return {k: v[: 1 << 16] if isinstance(v, str) else v for k, v in parameters.items()}


@miniature("TOOL-2")
class GreatNumbersRounded(_Changed):
    """Whole numbers of more than 64 bits become floats."""

    def change(self, parameters: dict[str, Any]) -> dict[str, Any]:
        great = {k: v for k, v in parameters.items() if type(v) is int and v.bit_length() > 64}
        return {**parameters, **{k: float(v) for k, v in great.items()}}


@miniature("TOOL-2")
class DotsOpened(_Changed):
    """A parameter with a dot in its name becomes a parameter within another."""

    def change(self, parameters: dict[str, Any]) -> dict[str, Any]:
        opened: dict[str, Any] = {}
        for name, value in parameters.items():
            outer, dot, inner = name.partition(".")
            opened[outer] = {inner: value} if dot else value
        return opened


@miniature("TOOL-2", kind="agent")
class AgentDropsContext(DropsContext):
    """An agent's tools never get a parameter called context."""


class _InThread(RequestScopedDispatcher):
    async def _invoke(self, execution: Execution) -> Any:
        if hasattr(execution.tool, "arun"):
            return await super()._invoke(execution)
        return await self._in_thread(func=execution.tool, **execution.parameters)

    async def _in_thread(self, /, func: Any, **parameters: Any) -> Any:
        return await asyncio.to_thread(functools.partial(func, **parameters))


@miniature("TOOL-2")
class SyncNameCollides(_InThread):
    """A synchronous tool with a parameter called func is refused."""


# --- TOOL-3 --------------------------------------------------------------------------------------


@miniature("TOOL-3", implied=_EVERYWHERE)
class FalsyBecomesEmpty(RequestScopedDispatcher):
    """A falsy result becomes {}."""

    async def _execute(self, *args: Any) -> Any:
        return (await super()._execute(*args)) or {}


@miniature(
    "TOOL-3",
    implied=_EVERYWHERE,
    unknown=dict.fromkeys(
        ("ISOLATION-8", "ISOLATION-8a"), "nothing is right without another's trouble either"
    ),
)
class ResultBecomesText(RequestScopedDispatcher):
    """Every result becomes text."""

    async def _execute(self, *args: Any) -> Any:
        return str(await super()._execute(*args))


@miniature("TOOL-3")
class ResultCut(RequestScopedDispatcher):
    """A long result is cut."""

    async def _execute(self, *args: Any) -> Any:
        result = await super()._execute(*args)
        return result[:500] if isinstance(result, list | str) else result


@miniature("TOOL-3")
class FloatsRounded(RequestScopedDispatcher):
    """Floats of a result lose what is beyond their sixth digit."""

    async def _execute(self, *args: Any) -> Any:
        return self._rounded(await super()._execute(*args))

    def _rounded(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._rounded(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._rounded(item) for item in value]
        return float(f"{value:.6g}") if isinstance(value, float) else value


@miniature("TOOL-3")
class ResultUnwrapped(RequestScopedDispatcher):
    """A result that looks like an envelope is opened."""

    async def _execute(self, *args: Any) -> Any:
        result = await super()._execute(*args)
        return result.get("result", result) if isinstance(result, dict) else result


@miniature("TOOL-3")
class OnlyValueUnwrapped(RequestScopedDispatcher):
    """A result whose only key is output, content or data is opened."""

    async def _execute(self, *args: Any) -> Any:
        result = await super()._execute(*args)
        if isinstance(result, dict) and len(result) == 1:
            (key,) = result
            return result[key] if key in ("output", "content", "data") else result
        return result


@miniature("TOOL-3")
class JsonTextParsed(RequestScopedDispatcher):
    """A result that is text and looks like an object or array of JSON is parsed."""

    async def _execute(self, *args: Any) -> Any:
        result = await super()._execute(*args)
        looks = isinstance(result, str) and result[:1] in ("{", "[")
        return json.loads(result) if looks else result


@miniature("TOOL-3")
class DeepBecomesText(RequestScopedDispatcher):
    """A result of more than 50 levels becomes text."""

    async def _execute(self, *args: Any) -> Any:
        result = await super()._execute(*args)
        return json.dumps(result) if self._levels(result) > 50 else result

    def _levels(self, value: Any) -> int:
        inner = value.values() if isinstance(value, dict) else value
        return 1 + max(map(self._levels, inner), default=0) if isinstance(value, dict | list) else 0


class _RaisesResults(RequestScopedDispatcher):
    async def _execute(self, *args: Any) -> Any:
        result = await super()._execute(*args)
        if self.is_error(result):
            raise RuntimeError(str(result))
        return result

    def is_error(self, result: Any) -> bool:
        raise NotImplementedError


@miniature("TOOL-3")
class ErrorKeyRaised(_RaisesResults):
    """A result that says {"error": ...} of its own is raised."""

    def is_error(self, result: Any) -> bool:
        return isinstance(result, dict) and bool(result.get("error"))


@miniature("TOOL-3")
class ErrorTextRaised(_RaisesResults):
    """A result that is text and begins with Error is raised."""

    def is_error(self, result: Any) -> bool:
        return isinstance(result, str) and result.startswith("Error")


@miniature("TOOL-3")
class RefusesFalseSuccess(RequestScopedDispatcher):
    """A result that says {"success": false} of its own is raised as an error."""

    async def _execute(self, *args: Any) -> Any:
        result = await super()._execute(*args)
        if isinstance(result, dict) and result.get("success") is False:
            raise RuntimeError("the tool was not successful")
        return result
