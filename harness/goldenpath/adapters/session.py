"""What dispatcher and agent adapters share: making sessions of users out of a factory."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from goldenpath.adapters.base import Reply, done, failed, guarded, heard, missing
from goldenpath.declare import Declaration
from goldenpath.errors import UsageProblem
from goldenpath.model import Step
from goldenpath.plant import Plant


class Sessions:
    """One object of the target per user, made by its factory."""

    def __init__(
        self,
        factory: Callable[..., Any],
        declaration: Declaration,
        plant: Plant,
        awaited: set[str] | None = None,
    ) -> None:
        self.factory, self.declaration, self.plant = factory, declaration, plant
        self.awaited = set() if awaited is None else awaited
        self._objects: dict[str, Any] = {}

    def __getitem__(self, actor: str) -> Any:
        return self._objects[actor]

    def __contains__(self, actor: str) -> bool:
        return actor in self._objects

    def member(self, actor: str, name: str) -> Any:
        """The member of the user's object under its declared name, or None. One that raises when
        it is looked up, as a facade that was closed may, raises when it is called.
        """
        try:
            return getattr(self._objects[actor], self.declaration.members.get(name, name), None)
        except Exception as error:
            return _raising(error)

    async def create(self, step: Step) -> Reply:
        """Call the factory for the step's user. What it returns is kept as it is."""
        args = step.args
        user = self.plant.user(step.actor, args["run_id"])
        tap = self.plant.tap(step.actor, args.get("transport", "working"))
        tools = self.plant.tools(step.actor, args["tools"])
        made = await guarded(lambda: self.factory(user, tap, tools))
        if isinstance(made, Reply):
            return made
        if made is None:
            return failed("the factory returned None", None)
        self._objects[step.actor] = made
        return done(type(made).__name__)

    async def cleanup(self, step: Step) -> Reply:
        """Clean up the user's object, once more if asked."""
        member = self.member(step.actor, "cleanup")
        if not callable(member):
            return missing("cleanup")
        reply = await self.call("cleanup", member)
        return reply if isinstance(reply, Reply) else heard(done(), reply)

    async def call(
        self, name: str, member: Callable[..., Any], /, *args: Any, **keywords: Any
    ) -> Any:
        """Call a member, guarded, and note whether what it gave could be awaited: a decorated
        `def` that hands on a coroutine is as good as an `async def`.
        """

        def noted() -> Any:
            given = member(*args, **keywords)
            if inspect.isawaitable(given):
                self.awaited.add(name)
            return given

        return await guarded(noted)


def _raising(error: Exception) -> Callable[..., Any]:
    def member(*_: Any, **__: Any) -> Any:
        raise error

    return member


def check_factory(factory: Callable[..., Any], target: str) -> None:
    """Raise UsageProblem where the factory cannot be called with (user, tap, tools)."""
    try:
        signature = inspect.signature(factory)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(None, None, None)
    except TypeError as error:
        raise UsageProblem(
            f"the factory of {target} cannot be called: {error}",
            expected="a factory make(user, tap, tools)",
            got=f"{getattr(factory, '__name__', 'it')}{signature}",
            hint="see 'Point it at yours' in the README",
        ) from None
