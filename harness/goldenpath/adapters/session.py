"""What dispatcher and agent adapters share: making sessions of users out of a factory."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from goldenpath.adapters.base import Reply, done, failed, guarded, heard, missing, settle
from goldenpath.declare import Declaration
from goldenpath.errors import UsageProblem
from goldenpath.model import Step
from goldenpath.plant import Plant, PlantedUser
from goldenpath.plant.users import INVALID

Act = Callable[[Step], Awaitable[Reply]]

_EXITS = ("__aexit__", "__exit__")


class BodyFailed(Exception):
    """What the body of a context raises when it is to be left so."""


#: What a body raises, by the word of the step, where it is no ordinary error.
_BODIES: dict[object, type[BaseException]] = {"cancelled": asyncio.CancelledError}


class Sessions:
    """One object of the target per user, made by its factory.

    makes, uses: by action of a step, what makes an object, and what is done with one.
    """

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
        self.run_ids: dict[str, str] = {}
        self._contexts: dict[str, Any] = {}
        self.makes: Mapping[str, Act] = {
            "create": self.create,
            "create_invalid": self.create_invalid,
        }
        self.uses: Mapping[str, Act] = {
            "cleanup": self.cleanup,
            "enter": self.enter,
            "leave": self.leave,
        }

    def __getitem__(self, actor: str) -> Any:
        return self._objects[actor]

    def __contains__(self, actor: str) -> bool:
        return actor in self._objects

    def member(self, actor: str, name: str) -> Any:
        """The member of the user's object under its declared name, or None. One that raises when
        it is looked up, as a facade that was closed may, raises when it is called.
        """
        return self._member(self._objects[actor], name)

    def _member(self, made: Any, name: str) -> Any:
        try:
            return getattr(made, self.declaration.members.get(name, name), None)
        except Exception as error:
            return _raising(error)

    def has(self, actor: str, name: str) -> bool:
        """Whether the user's object has this member, even one that raises when it is looked up."""
        try:
            return hasattr(self._objects[actor], self.declaration.members.get(name, name))
        except Exception:
            return True

    async def create(self, step: Step) -> Reply:
        """Call the factory for the step's user. What it returns is kept as it is."""
        made = await self._make(step, lambda user: user)
        if isinstance(made, Reply):
            return made
        if made is None:
            return failed("the factory returned None", None)
        self._objects[step.actor] = made
        self.run_ids[step.actor] = step.args["run_id"]
        self._contexts.pop(step.actor, None)
        return done(type(made).__name__)

    async def create_invalid(self, step: Step) -> Reply:
        """Ask for a session with a user context that is wrong; one that is made is put away."""
        made = await self._make(step, INVALID[step.args["user"]])
        if isinstance(made, Reply):
            return made
        if made is None:
            return failed("the factory returned None", None)
        cleanup = self._member(made, "cleanup")
        if callable(cleanup):
            await guarded(cleanup)
        return done("a session")

    async def _make(self, step: Step, seen_as: Callable[[PlantedUser], Any]) -> Any:
        args = step.args
        admin = bool(args.get("admin"))
        user = seen_as(self.plant.user(step.actor, args["run_id"], is_admin=admin))
        falters = bool(args.get("falters"))
        tap = self.plant.tap(step.actor, args.get("transport", "working"), falters=falters)
        tools = self.plant.tools(step.actor, args["tools"])
        return await guarded(lambda: self.factory(user, tap, tools))

    async def enter(self, step: Step) -> Reply:
        """Enter the object's context, where it is a context manager; what that gives is used, and
        what was entered is what can be left.
        """
        made = self._objects[step.actor]
        entered = await self._through(made, ("__aenter__", "__enter__"))
        if isinstance(entered, Reply):
            return entered
        self._contexts[step.actor] = made
        self._objects[step.actor] = made if entered is None else entered
        return done()

    async def leave(self, step: Step) -> Reply:
        """Leave the object's context, as at the end of a `with`, or where its body raises."""
        made = self._contexts.pop(step.actor, self._objects[step.actor])
        if raising := step.args.get("raising"):
            return await self._raise_out_of(made, _BODIES.get(raising, BodyFailed))
        left = await self._through(made, _EXITS, None, None, None)
        return left if isinstance(left, Reply) else done()

    async def _raise_out_of(self, made: Any, kind: type[BaseException]) -> Reply:
        """What is raised by the body comes out, as it is, or in what was raised instead of it."""
        body = kind("the body of the context raised this")
        raised: list[BaseException] = []
        left = await self._through(made, _EXITS, kind, body, None, raised=raised)
        if raised and _holds(raised[0], body):
            return done()
        return left if isinstance(left, Reply) else done({"swallowed": bool(left)})

    async def _through(
        self,
        made: Any,
        names: tuple[str, ...],
        *arguments: Any,
        raised: list[BaseException] | None = None,
    ) -> Any:
        members = (getattr(type(made), name, None) for name in names)
        member = next(filter(callable, members), None)
        if member is None:
            return missing("context manager")

        async def noting() -> Any:
            try:
                return await settle(member(made, *arguments))
            except BaseException as error:
                if raised is not None:
                    raised.append(error)
                raise

        return await guarded(noting)

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


def _holds(error: BaseException, body: BaseException) -> bool:
    """Whether it is what the body raised, or was made of it: its cause, or a group around it."""
    inner = getattr(error, "exceptions", ())
    causes = [error.__cause__] if error.__cause__ is not None else []
    return error is body or any(_holds(each, body) for each in (*causes, *inner))


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
