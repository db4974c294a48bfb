"""The adapter for user contexts: several of each user, made of their ids, read again later."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from goldenpath import spec
from goldenpath.adapters.base import Reply, done, failed, guarded, missing
from goldenpath.declare import Declaration
from goldenpath.jsonable import jsonable
from goldenpath.model import Step
from goldenpath.overheard import overheard
from goldenpath.plant import Plant, PlantedUser
from goldenpath.plant.users import INVALID


class ContextAdapter:
    """Performs steps on the contexts that a factory makes."""

    def __init__(self, factory: Callable[..., Any], declaration: Declaration) -> None:
        self._factory, self._declaration = factory, declaration
        self._made: dict[str, Any] = {}
        self._actions: Mapping[str, Callable[[Step], Awaitable[Reply]]] = {
            "inspect": self._inspect,
            "read_context": self._read,
            "note": self._note,
        }

    async def open(self, plant: Plant) -> None:
        """Nothing is made before the first step."""
        self._plant = plant

    async def perform(self, step: Step) -> Reply:
        """Do what the step asks of its session's context."""
        if step.action in ("create", "create_invalid"):
            return await self._create(step)
        act = self._actions.get(step.action)
        if act is None:
            return missing(step.action)
        return await act(step) if step.who in self._made else missing(f"context of {step.who}")

    async def close(self) -> None:
        """Nothing of a context is to be closed."""

    async def make(self, name: str) -> Any:
        """What the factory makes for this user; a Reply where it fails."""
        return await self._make(self._plant.user(name, self._plant.users[name].run_id or ""))

    def member(self, made: Any, name: str) -> Any:
        """The member of a context under its declared name, or None."""
        try:
            return getattr(made, self._declaration.members.get(name, name), None)
        except Exception:
            return None

    def reach(self, made: Any) -> Mapping[str, str]:
        """What this reach has, by what was made: whether data can be put into it."""
        return {"notes": "yes"} if isinstance(self._notes(made), MutableMapping) else {}

    async def _make(self, user: PlantedUser) -> Any:
        ids = {name: getattr(user, name) for name in spec.CONTEXT_IDS}
        return await guarded(lambda: self._factory(**ids))

    async def _create(self, step: Step) -> Reply:
        thread = step.args.get("thread_id") if step.session else None
        user = self._plant.user(step.actor, step.args["run_id"], thread_id=thread)
        wrong = step.args.get("user")
        seen = INVALID[wrong](user) if wrong is not None else user
        if seen is None:
            return missing("context of nobody")
        made = await self._make(seen)
        if isinstance(made, Reply):
            return made
        if made is None:
            return failed("the factory returned None", None)
        if wrong is None:
            self._made[step.who] = made
        return done(type(made).__name__)

    async def _inspect(self, step: Step) -> Reply:
        made, names = self._made[step.who], self._declaration.members
        there = {name: hasattr(made, names.get(name, name)) for name in spec.CONTEXT_IDS}
        return done({name: "attribute" if has else "missing" for name, has in there.items()})

    async def _read(self, step: Step) -> Reply:
        """The ids as they stand there, and the canaries in its data and anywhere else in it."""
        made = self._made[step.who]
        ids = {name: jsonable(self.member(made, name)) for name in spec.CONTEXT_IDS}
        notes = self._notes(made)
        found = overheard(dict(notes)) if isinstance(notes, Mapping) else []
        return done({"ids": ids, "notes": sorted({*found, *overheard(made)})})

    async def _note(self, step: Step) -> Reply:
        """Put something into its data."""
        notes = self._notes(self._made[step.who])
        if not isinstance(notes, MutableMapping):
            return missing("metadata that can be changed")
        token = step.args["token"]
        noted = await guarded(lambda: notes.__setitem__(f"note {token}", token))
        return noted if isinstance(noted, Reply) else done()

    def _notes(self, made: Any) -> Any:
        return self.member(made, "metadata")
