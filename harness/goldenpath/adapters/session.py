"""What dispatcher and agent adapters share: making sessions of users out of a factory."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from goldenpath import spec
from goldenpath.adapters.base import Reply, done, failed, guarded, heard, missing, settle
from goldenpath.declare import Declaration
from goldenpath.errors import UsageProblem
from goldenpath.making import misfit
from goldenpath.model import Step
from goldenpath.plant import Plant, PlantedUser, Tap, Tools
from goldenpath.plant.users import INVALID

Act = Callable[[Step], Awaitable[Reply]]

_ENTRIES, _EXITS = ("__aenter__", "__enter__"), ("__aexit__", "__exit__")


class Given(NamedTuple):
    """What a session is made of."""

    user: PlantedUser
    tap: Tap
    tools: Tools


def plant_for(plant: Plant, step: Step) -> Given:
    """What a step that makes a session asks for. One of several of a user is in a thread of its
    own, and shares the link that is open.
    """
    args, session = step.args, step.session
    thread = args.get("thread_id") if session else None
    condition, falters = args.get("transport", "working"), bool(args.get("falters"))
    return Given(
        plant.user(step.actor, args["run_id"], is_admin=bool(args.get("admin")), thread_id=thread),
        plant.tap(step.actor, condition, falters=falters, session=session),
        plant.tools(step.actor, args["tools"], session=session),
    )


class BodyFailed(Exception):
    """What the body of a context raises when it is to be left so."""


#: What a body raises, by the word of the step, where it is no ordinary error.
_BODIES: dict[object, type[BaseException]] = {"cancelled": asyncio.CancelledError}


class Sessions:
    """One object of the target for each session, made by its factory. They are known by `who`: by
    their user, or, where a user has several at once, by user and session.

    makes, uses: by action of a step, what makes an object, and what is done with one.
    """

    def __init__(
        self,
        factory: Callable[..., Any],
        declaration: Declaration,
        plant: Plant,
        awaited: set[str] | None = None,
    ) -> None:
        self.declaration, self.plant = declaration, plant
        self.factories = {"": factory, **declaration.making.factories}
        self.awaited = set() if awaited is None else awaited
        self._objects: dict[str, Any] = {}
        self.run_ids: dict[str, str] = {}
        self._contexts: dict[str, Any] = {}
        self._around: dict[str, Any] = {}
        self.makes: Mapping[str, Act] = {
            "create": self.create,
            "create_invalid": self.create_invalid,
            "create_directly": self.create_directly,
        }
        self.uses: Mapping[str, Act] = {
            "cleanup": self.cleanup,
            "enter": self.enter,
            "leave": self.leave,
        }

    def __getitem__(self, who: str) -> Any:
        return self._objects[who]

    def __contains__(self, who: str) -> bool:
        return who in self._objects

    def member(self, who: str, name: str) -> Any:
        """The member of the session's object under its declared name, or None. One that raises when
        it is looked up, as a facade that was closed may, raises when it is called.
        """
        return self._member(self._objects[who], name)

    def _member(self, made: Any, name: str) -> Any:
        try:
            return getattr(made, self.declaration.members.get(name, name), None)
        except Exception as error:
            return _raising(error)

    def has(self, who: str, name: str) -> bool:
        """Whether the object has this member, even one that raises when it is looked up."""
        try:
            return hasattr(self._objects[who], self.declaration.members.get(name, name))
        except Exception:
            return True

    async def create(self, step: Step) -> Reply:
        """Call the factory for the step's user. What it returns is kept as it is, unless that is
        only a context in which to have it: then it is entered.
        """
        made = around = await self._make(step, lambda user: user)
        if not isinstance(made, Reply) and self._is_around(made):
            made = await self._through(made, _ENTRIES)
        if isinstance(made, Reply):
            return made
        if made is None:
            return failed("the factory returned None", None)
        self._objects[step.who] = made
        self.run_ids[step.who] = step.args["run_id"]
        self._contexts.pop(step.who, None)
        self._around.pop(step.who, None)
        if around is not made:
            self._around[step.who] = around
        return done(type(made).__name__)

    def entered(self, who: str) -> bool:
        """Whether the session was had by entering a context, which is still to be left."""
        return who in self._around

    def _is_around(self, made: Any) -> bool:
        """Whether it is a context manager that can do nothing itself of what a session does."""
        names = (*spec.VIAS, "run")
        does = any(self._member(made, name) is not None for name in names)
        return not does and any(callable(getattr(type(made), name, None)) for name in _ENTRIES)

    async def create_invalid(self, step: Step) -> Reply:
        """Ask for a session with a user context that is wrong; one that is made is put away."""
        made = await self._make(step, INVALID[step.args["user"]])
        if isinstance(made, Reply):
            return made
        if made is None:
            return failed("the factory returned None", None)
        await self._put_away(made)
        return done("a session")

    async def create_directly(self, step: Step) -> Reply:
        """Construct past the factories, in the declared way; else what the session before this one
        is, without arguments. One that is made is put away.
        """
        direct = self.declaration.making.direct
        if direct is None and step.who not in self:
            return missing(f"session of {step.who} whose class could be called")
        given = plant_for(self.plant, step)
        if direct is not None:
            made = await guarded(lambda: direct(given.user, given.tap, given.tools))
        else:
            made = await guarded(type(self._objects[step.who]))
        if isinstance(made, Reply):
            return made
        await self._put_away(made)
        return done("a session")

    async def _put_away(self, made: Any) -> None:
        cleanup = self._member(made, "cleanup")
        if callable(cleanup):
            await guarded(cleanup)

    async def _make(self, step: Step, seen_as: Callable[[PlantedUser], Any]) -> Any:
        name = step.args.get("factory", "")
        factory = self.factories.get(name)
        if factory is None:
            return missing(f"factory {name}")
        given = plant_for(self.plant, step)
        user = seen_as(given.user)
        return await guarded(lambda: factory(user, given.tap, given.tools))

    async def enter(self, step: Step) -> Reply:
        """Enter the object's context, where it is a context manager; what that gives is used, and
        what was entered is what can be left.
        """
        if step.who in self._around:
            return done()  # it was entered when it was made
        made = self._objects[step.who]
        entered = await self._through(made, _ENTRIES)
        if isinstance(entered, Reply):
            return entered
        self._contexts[step.who] = made
        self._objects[step.who] = made if entered is None else entered
        return done()

    async def leave(self, step: Step) -> Reply:
        """Leave the object's context, as at the end of a `with`, or where its body raises."""
        made = self._contexts.pop(step.who, self._objects[step.who])
        made = self._around.pop(step.who, made)
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
        """Clean up the session's object, once more if asked; and leave the context in which it was
        had, which ends with it.
        """
        member = self.member(step.who, "cleanup")
        around = self._around.pop(step.who, None)
        if not callable(member) and around is None:
            return missing("cleanup")
        reply = await self.call("cleanup", member) if callable(member) else None
        if around is not None:
            left = await self._through(around, _EXITS, None, None, None)
            reply = reply if isinstance(reply, Reply) else left
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
    if why := misfit(factory):
        raise UsageProblem(
            f"the factory of {target} cannot be called",
            expected="a factory make(user, tap, tools)",
            got=why,
            hint="see 'Point it at yours' in the README",
        )
